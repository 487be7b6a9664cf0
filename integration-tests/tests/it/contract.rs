//! Any method of the contracts, called by its name with JSON; what is mandatory and not given is filled in. So a test over
//! all methods needs no line for each.

use std::path::Path;
use std::sync::LazyLock;

use bytes::{Buf, BufMut, Bytes};
use integration_tests::Person;
use integration_tests::steps::request_id;
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, SerializeOptions, Value,
};
use prost_types::FileDescriptorSet;
use serde_json::{Map, Value as Json, json};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};

/// Compiled anew, as the descriptors that the services reflect have no options.
static CONTRACTS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../proto"));
    let mut compiler =
        protox::Compiler::new([folder, &folder.join("vendor")]).expect("the contracts' folders");
    let files =
        FileDescriptorSet::decode(govshare_proto::DESCRIPTORS).expect("the build made these descriptors");
    let names = files.file.iter().map(|file| file.name()).filter(|name| name.starts_with("govshare/"));
    compiler.open_files(names).expect("the contracts compile");
    compiler.descriptor_pool()
});

static FIELD_BEHAVIOR: LazyLock<ExtensionDescriptor> = LazyLock::new(|| {
    CONTRACTS.get_extension_by_name("google.api.field_behavior").expect("the contracts use it")
});

/// REQUIRED of `google.api.FieldBehavior`.
const REQUIRED: i32 = 2;

/// A method and a message for it.
pub struct Prepared {
    path: http::uri::PathAndQuery,
    message: Bytes,
    method: MethodDescriptor,
}

/// A call of `method` of `service` with the fields `given`, wherever in the request fields of these names stand.
pub fn prepare(service: &str, method: &str, given: &Json) -> Prepared {
    let found = CONTRACTS.get_service_by_name(service).expect("a service of the contracts");
    let method = found.methods().find(|known| known.name() == method).expect("a method of it");
    let nothing = Map::new();
    let json = Json::Object(filled(&method.input(), given.as_object().unwrap_or(&nothing)));
    let message = DynamicMessage::deserialize(method.input(), &json)
        .unwrap_or_else(|error| panic!("{}: {error}: {json}", method.full_name()));
    let path = format!("/{service}/{}", method.name()).parse().expect("a path");
    Prepared { path, message: message.encode_to_vec().into(), method }
}

/// A call of `method` of `service` with these bytes, whatever they are.
pub fn with_bytes(service: &str, method: &str, message: &'static [u8]) -> Prepared {
    Prepared { message: Bytes::from_static(message), ..prepare(service, method, &Json::Null) }
}

/// Sends it, and gives the first message of the reply.
pub async fn send(person: &Person, prepared: &Prepared) -> Result<Bytes, Status> {
    send_all(person, prepared.path.clone(), vec![prepared.message.clone()]).await
}

/// Sends messages one after the other to the method at `path`, and gives the first message of the reply.
pub async fn send_all(
    person: &Person,
    path: http::uri::PathAndQuery,
    messages: Vec<Bytes>,
) -> Result<Bytes, Status> {
    let mut client = tonic::client::Grpc::new(person.client());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let reply = client.streaming(Request::new(tokio_stream::iter(messages)), path, AsItIs).await?;
    reply.into_inner().message().await?.ok_or_else(|| Status::new(Code::DataLoss, "no message"))
}

/// As [`send`], with the reply as JSON by the names of its fields.
pub async fn call(person: &Person, service: &str, method: &str, given: Json) -> Result<Json, Status> {
    let prepared = prepare(service, method, &given);
    let reply = send(person, &prepared).await?;
    let reply = DynamicMessage::decode(prepared.method.output(), reply).expect("the reply of the contract");
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    let json = reply.serialize_with_options(serde_json::value::Serializer, &options);
    Ok(json.expect("every message has a JSON form"))
}

fn filled(kind: &MessageDescriptor, given: &Map<String, Json>) -> Map<String, Json> {
    let mut message = Map::new();
    for field in kind.fields() {
        match given.get(field.name()) {
            Some(value) => message.insert(field.name().to_owned(), completed(&field, value)),
            None if is_required(&field) => message.insert(field.name().to_owned(), example(&field, given)),
            None => None,
        };
    }
    message
}

fn is_required(field: &FieldDescriptor) -> bool {
    let options = field.options();
    match &*options.get_extension(&FIELD_BEHAVIOR) {
        Value::List(list) => list.iter().any(|value| value.as_enum_number() == Some(REQUIRED)),
        _ => false,
    }
}

/// A given value, with what is mandatory in its messages.
fn completed(field: &FieldDescriptor, given: &Json) -> Json {
    match (field.kind(), given) {
        (Kind::Message(kind), Json::Object(fields)) => Json::Object(filled(&kind, fields)),
        (Kind::Message(kind), Json::Array(messages)) => messages
            .iter()
            .map(|message| message.as_object().map_or(message.clone(), |fields| filled(&kind, fields).into()))
            .collect(),
        _ => given.clone(),
    }
}

/// A value that the contract allows.
fn example(field: &FieldDescriptor, given: &Map<String, Json>) -> Json {
    let one = match field.kind() {
        Kind::String if field.name().ends_with("_id") => json!(request_id()),
        Kind::String => json!("经研究"),
        Kind::Bytes => json!("AAAA"),
        Kind::Bool => json!(false),
        Kind::Enum(kind) => json!(kind.values().nth(1).expect("a value beside the unspecified").name()),
        Kind::Message(kind) => match kind.full_name() {
            "google.type.Date" => json!({ "year": 2026, "month": 12, "day": 31 }),
            "google.protobuf.FieldMask" => json!(""),
            _ => Json::Object(filled(&kind, given)),
        },
        _ => json!(1),
    };
    if field.is_list() { json!([one]) } else { one }
}

/// Messages as their bytes.
#[derive(Clone, Copy)]
struct AsItIs;

impl Codec for AsItIs {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for AsItIs {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for AsItIs {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
