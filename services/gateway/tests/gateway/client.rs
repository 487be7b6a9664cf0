//! A gRPC client that sends and gets plain bytes, whatever the method's messages are: the gateway decodes nothing.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use tokio_stream::{Stream, StreamExt};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, MetadataMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};

pub const GET_UNIT: &str = "/govshare.catalog.v1.UnitService/GetUnit";
pub const LIST_UNITS: &str = "/govshare.catalog.v1.UnitService/ListUnits";
pub const PUBLISH: &str = "/govshare.exchange.v1.ExchangeService/PublishDataVersion";

/// Messages as bytes.
#[derive(Clone, Copy, Default)]
pub struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;
    fn encoder(&mut self) -> Plain {
        Plain
    }
    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Client {
    pub channel: Channel,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    pub fn new(channel: Channel, token: &str) -> Self {
        Self { channel, headers: vec![("authorization", format!("Bearer {token}"))] }
    }

    pub async fn connect(address: &str, token: &str) -> Self {
        let endpoint = Endpoint::from_shared(address.to_owned()).expect("an address");
        Self::new(endpoint.connect().await.expect("the gateway is up"), token)
    }

    pub fn without_token(&self) -> Self {
        Self { channel: self.channel.clone(), headers: Vec::new() }
    }

    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| *known != name);
        client.headers.push((name, value.to_owned()));
        client
    }

    pub fn with_token(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub async fn unary(
        &self,
        path: &'static str,
        message: impl Into<Bytes>,
    ) -> Result<Response<Bytes>, Status> {
        let mut grpc = self.ready().await?;
        grpc.unary(self.request(message.into()), PathAndQuery::from_static(path), Plain).await
    }

    /// A call with a stream in each direction.
    pub async fn stream<S>(
        &self,
        path: &'static str,
        messages: S,
    ) -> Result<Response<Streaming<Bytes>>, Status>
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let mut grpc = self.ready().await?;
        grpc.streaming(self.request(messages), PathAndQuery::from_static(path), Plain).await
    }

    async fn ready(&self) -> Result<tonic::client::Grpc<Channel>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone()).max_decoding_message_size(64 << 20);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut metadata = MetadataMap::new();
        for (name, value) in &self.headers {
            metadata.insert(AsciiMetadataKey::from_static(name), value.parse().expect("ASCII"));
        }
        Request::from_parts(metadata, Default::default(), message)
    }
}

/// All messages of a stream, and the status at its end.
pub async fn drain(mut stream: Streaming<Bytes>) -> (Vec<Bytes>, Option<Status>) {
    let mut messages = Vec::new();
    while let Some(message) = stream.next().await {
        match message {
            Ok(message) => messages.push(message),
            Err(status) => return (messages, Some(status)),
        }
    }
    (messages, None)
}
