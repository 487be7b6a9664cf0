//! Attachments over gRPC on a real PostgreSQL: kept as they came, with their event, or refused with nothing left.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use govshare_cluster::TestDatabase;
use govshare_model::{Actor, Role, Subject};
use govshare_proto::agreement::v1 as pb;
use govshare_proto::agreement::v1::add_attachment_request::Part;
use govshare_proto::agreement::v1::attachment_service_client::AttachmentServiceClient;
use govshare_proto::agreement::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::agreement::v1::get_attachment_response::Part as Shown;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use service_kit::attachments::{MAX_BYTES, MAX_PER_RECORD, Record, Records, Resource};
use service_kit::call::Caller;
use service_kit::{Attachments, Database, Failure, Tx};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::database::database;

/// Boxes take what their owner `jiaowei` puts in, `fagaiwei` may look into them, others know of none. `box/open` and
/// those with a number are open.
struct Boxes;

fn look(actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
    let id: String = resource.id("box")?;
    let (state, open) = match id.as_str() {
        "closed" => ("CLOSED", false),
        _ => ("OPEN", true),
    };
    let unit = actor.unit.as_str();
    Ok(Record {
        case: "case-1".to_owned(),
        state,
        article: "26",
        concerns: vec!["jiaowei".parse().expect("a unit"), "fagaiwei".parse().expect("a unit")],
        reads: ["jiaowei", "fagaiwei"].contains(&unit),
        adds: unit == "jiaowei",
        open,
    })
}

#[tonic::async_trait]
impl Records for Boxes {
    async fn load(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        look(actor, resource)
    }

    async fn lock(&self, tx: &mut Tx, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))")
            .bind(resource.to_string())
            .execute(&mut **tx)
            .await?;
        look(actor, resource)
    }
}

struct Place {
    database: Database,
    client: AttachmentServiceClient<Channel>,
    _owned: TestDatabase,
}

/// The server; the unit that calls stands in the metadata.
async fn place() -> Place {
    let (owned, database) = database().await;
    let attachments = Attachments::new(database.clone(), Boxes);
    let service = AttachmentServiceServer::with_interceptor(attachments, |mut request: Request<()>| {
        let unit = request.metadata().get("unit").expect("a unit").to_str().expect("ASCII").to_owned();
        let actor = Actor {
            subject: Subject(format!("{unit}.drafter")),
            unit: unit.parse().expect("a unit"),
            roles: [Role::Drafter].into_iter().collect(),
        };
        let method = "AttachmentService/AddAttachment".into();
        request.extensions_mut().insert(Caller { actor: Arc::new(actor), method });
        Ok(request)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(
        Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let channel = Channel::from_shared(address).expect("an address").connect_lazy();
    Place { database, client: AttachmentServiceClient::new(channel), _owned: owned }
}

fn by<M>(unit: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("unit", unit.parse().expect("ASCII"));
    request
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn header(resource: &str, bytes: &[u8]) -> AttachmentHeader {
    AttachmentHeader {
        resource: resource.to_owned(),
        file_name: "王某某的说明.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: i64::try_from(bytes.len()).expect("small"),
        sha256: sha256(bytes),
        request_id: Uuid::now_v7().to_string(),
    }
}

impl Place {
    async fn send(&self, unit: &str, parts: Vec<Part>) -> Result<Attachment, Status> {
        let messages = parts.into_iter().map(|part| pb::AddAttachmentRequest { part: Some(part) });
        let request = by(unit, tokio_stream::iter(messages.collect::<Vec<_>>()));
        let reply = self.client.clone().add_attachment(request).await?.into_inner();
        Ok(reply.attachment.expect("an attachment"))
    }

    async fn add(&self, unit: &str, header: AttachmentHeader, bytes: &[u8]) -> Result<Attachment, Status> {
        let chunks = bytes.chunks(1 << 20).map(|chunk| Part::Chunk(chunk.to_vec()));
        self.send(unit, [Part::Header(header)].into_iter().chain(chunks).collect()).await
    }

    async fn get(&self, unit: &str, id: &str) -> Result<(Attachment, Vec<u8>), Status> {
        let request = by(unit, pb::GetAttachmentRequest { attachment_id: id.to_owned() });
        let mut stream = self.client.clone().get_attachment(request).await?.into_inner();
        let (mut attachment, mut bytes) = (None, Vec::new());
        while let Some(message) = stream.message().await? {
            match message.part.expect("a part") {
                Shown::Attachment(shown) => attachment = Some(shown),
                Shown::Chunk(chunk) => {
                    assert!(chunk.len() <= 256 << 10, "{} bytes in a message", chunk.len());
                    bytes.extend(chunk);
                }
            }
        }
        Ok((attachment.expect("a description"), bytes))
    }

    async fn list(&self, unit: &str, resource: &str, size: i32) -> Result<Vec<String>, Status> {
        let (mut ids, mut page_token) = (Vec::new(), String::new());
        loop {
            let resource = resource.to_owned();
            let request = by(unit, pb::ListAttachmentsRequest { resource, page_size: size, page_token });
            let page = self.client.clone().list_attachments(request).await?.into_inner();
            assert!(size == 0 || page.attachments.len() <= usize::try_from(size).expect("positive"));
            ids.extend(page.attachments.into_iter().map(|attachment| attachment.attachment_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(ids);
            }
        }
    }

    async fn count(&self, table: &str) -> i64 {
        let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(statement).fetch_one(self.database.pool()).await.expect("a count")
    }
}

fn reason(result: Result<Attachment, Status>, code: Code) -> (String, String) {
    let status = result.expect_err("refused");
    assert_eq!(status.code(), code, "{status:?}");
    let info = status.get_details_error_info().expect("a reason");
    (info.reason, info.metadata.get("article").cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_added_is_read_as_it_came_and_its_event_names_no_file() {
    let place = place().await;
    let bytes = "涉密情况说明\n".repeat(40_000).into_bytes();
    let announced = header("box/open", &bytes);
    let added = place.add("jiaowei", announced.clone(), &bytes).await.expect("added");
    assert_eq!((&added.resource, &added.file_name), (&announced.resource, &announced.file_name));
    assert_eq!((added.size_bytes, &added.sha256), (announced.size_bytes, &announced.sha256));
    assert_eq!(added.unit_id, "jiaowei");
    let (read, content) = place.get("fagaiwei", &added.attachment_id).await.expect("read");
    assert!(read == added && content == bytes, "{read:?}, {} bytes", content.len());

    let leaves: Vec<Vec<u8>> = sqlx::query_scalar("SELECT payload FROM outbox")
        .fetch_all(place.database.pool())
        .await
        .expect("the outbox");
    let [leaf] = leaves.as_slice() else { panic!("{} events", leaves.len()) };
    let leaf: serde_json::Value = serde_json::from_slice(leaf).expect("a leaf");
    assert_eq!(leaf["type"], "attachment.added");
    assert_eq!((&leaf["case"], &leaf["state"]), (&"case-1".into(), &"OPEN".into()));
    assert_eq!(leaf["aggregate"], format!("attachment/{}", added.attachment_id));
    assert_eq!(
        leaf["attributes"],
        serde_json::json!({
            "media_type": "text/plain",
            "resource": "box/open",
            "sha256": added.sha256,
            "size_bytes": added.size_bytes.to_string(),
        })
    );
    assert!(!leaf.to_string().contains("王某某"), "{leaf}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_is_taken_and_one_byte_more_is_not() {
    let place = place().await;
    let bytes = vec![b'a'; MAX_BYTES];
    let added = place.add("jiaowei", header("box/open", &bytes), &bytes).await.expect("added");
    let (_, content) = place.get("jiaowei", &added.attachment_id).await.expect("read");
    assert!(content == bytes, "{} bytes", content.len());
    let larger = vec![b'a'; MAX_BYTES + 1];
    let refused = place.add("jiaowei", header("box/open", &larger), &larger).await;
    let expected = ("ATTACHMENT_TOO_LARGE".to_owned(), "20".to_owned());
    assert_eq!(reason(refused, Code::InvalidArgument), expected);
    assert_eq!(place.count("attachments").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_as_announced_is_refused_by_name_and_leaves_nothing() {
    let place = place().await;
    let bytes = b"plain words";
    let good = header("box/open", bytes);
    let program = b"MZ\x90\0not a document";
    let pdf = AttachmentHeader {
        media_type: "application/pdf".to_owned(),
        file_name: "a.pdf".to_owned(),
        ..header("box/open", program)
    };
    let cases: [(&str, AttachmentHeader, &[u8], &str); 8] = [
        ("another type", pdf.clone(), program, "ATTACHMENT_TYPE_MISMATCH"),
        (
            "another ending",
            AttachmentHeader { file_name: "a.exe".to_owned(), ..good.clone() },
            bytes,
            "ATTACHMENT_TYPE_MISMATCH",
        ),
        (
            "a program",
            AttachmentHeader { media_type: "application/x-msdownload".to_owned(), ..pdf },
            program,
            "ATTACHMENT_TYPE_NOT_TAKEN",
        ),
        (
            "another digest",
            AttachmentHeader { sha256: sha256(b"other"), ..good.clone() },
            bytes,
            "CONTENT_MISMATCH",
        ),
        ("fewer bytes", good.clone(), &bytes[1..], "CONTENT_MISMATCH"),
        ("more bytes", good.clone(), b"plain words and more", "CONTENT_MISMATCH"),
        (
            "a path",
            AttachmentHeader { file_name: "../a.txt".to_owned(), ..good.clone() },
            bytes,
            "FIELD_INVALID",
        ),
        (
            "no request id",
            AttachmentHeader { request_id: String::new(), ..good.clone() },
            bytes,
            "FIELD_INVALID",
        ),
    ];
    for (what, header, bytes, expected) in cases {
        let (found, article) = reason(place.add("jiaowei", header, bytes).await, Code::InvalidArgument);
        assert_eq!(found, expected, "{what}");
        assert!(article == "20" || expected == "FIELD_INVALID", "{what}: article {article:?}");
    }
    let chunk = || Part::Chunk(bytes.to_vec());
    for (what, parts) in [
        ("no header", vec![chunk()]),
        ("nothing", vec![]),
        ("two headers", vec![Part::Header(good.clone()), Part::Header(good.clone())]),
        ("a chunk too large", vec![Part::Header(good.clone()), Part::Chunk(vec![b'a'; (1 << 20) + 1])]),
    ] {
        let (found, _) = reason(place.send("jiaowei", parts).await, Code::InvalidArgument);
        assert_eq!(found, "FIELD_INVALID", "{what}");
    }
    for table in ["attachments", "outbox", "idempotency"] {
        assert_eq!(place.count(table).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_hidden_from_strangers_and_takes_from_its_writers_while_it_is_open() {
    let place = place().await;
    let bytes = b"plain words";
    let add = async |unit, resource| place.add(unit, header(resource, bytes), bytes).await;
    let added = add("jiaowei", "box/open").await.expect("added");
    assert_eq!(reason(add("fagaiwei", "box/open").await, Code::PermissionDenied).0, "ROLE_NOT_ALLOWED");
    assert_eq!(reason(add("weishengju", "box/open").await, Code::NotFound).0, "NOT_FOUND");
    assert_eq!(reason(add("jiaowei", "drawer/open").await, Code::NotFound).0, "NOT_FOUND");
    let closed = ("WRONG_STATE".to_owned(), "26".to_owned());
    assert_eq!(reason(add("jiaowei", "box/closed").await, Code::FailedPrecondition), closed);

    let read = place.get("weishengju", &added.attachment_id).await.expect_err("hidden");
    let none = place.get("weishengju", &Uuid::nil().to_string()).await.expect_err("none");
    assert_eq!((read.code(), none.code()), (Code::NotFound, Code::NotFound));
    let hidden = place.list("weishengju", "box/open", 0).await.expect_err("hidden");
    assert_eq!(hidden.code(), Code::NotFound);
    assert_eq!(place.list("fagaiwei", "box/open", 0).await.expect("listed"), [added.attachment_id]);
    let changed = sqlx::query("UPDATE attachments SET file_name = 'b.txt'").execute(place.database.pool());
    assert!(changed.await.expect_err("kept as it came").to_string().contains("permission denied"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_gets_the_first_reply_and_another_file_under_its_request_id_is_refused() {
    let place = place().await;
    let bytes = b"plain words";
    let announced = header("box/open", bytes);
    let first = place.add("jiaowei", announced.clone(), bytes).await.expect("added");
    let again = place.add("jiaowei", announced.clone(), bytes).await.expect("the first reply");
    assert_eq!(again, first);
    let other = AttachmentHeader { request_id: announced.request_id, ..header("box/open", b"other") };
    let refused = place.add("jiaowei", other, b"other").await;
    assert_eq!(reason(refused, Code::InvalidArgument).0, "REQUEST_ID_REUSED");
    assert_eq!((place.count("attachments").await, place.count("outbox").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_takes_fifty_however_many_come_at_once_and_lists_them_in_pages() {
    let place = place().await;
    let mut added = Vec::new();
    for number in 0..MAX_PER_RECORD - 1 {
        let bytes = number.to_string().into_bytes();
        let attachment = place.add("jiaowei", header("box/1", &bytes), &bytes).await.expect("added");
        added.push(attachment.attachment_id);
    }
    let (last, other) = (b"the last", b"too many");
    let (one, two) = tokio::join!(
        place.add("jiaowei", header("box/1", last), last),
        place.add("jiaowei", header("box/1", other), other)
    );
    let (kept, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    added.push(kept.expect("one of them is the fiftieth").attachment_id);
    assert_eq!(reason(refused, Code::FailedPrecondition).0, "ATTACHMENTS_FULL");
    assert_eq!(place.list("jiaowei", "box/1", 7).await.expect("listed"), added);
    place.add("jiaowei", header("box/2", last), last).await.expect("another record is not full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_uploads_of_a_unit_one_is_shed_until_another_is_over() {
    let place = place().await;
    let bytes = b"plain words";
    let mut uploads = JoinSet::new();
    let mut senders = Vec::new();
    for number in 0..3 {
        let (sender, receiver) = mpsc::channel(4);
        let message = pb::AddAttachmentRequest { part: Some(Part::Header(header("box/open", bytes))) };
        sender.send(message).await.expect("the call reads");
        senders.push(sender);
        let mut client = place.client.clone();
        uploads.spawn(async move {
            (number, client.add_attachment(by("jiaowei", ReceiverStream::new(receiver))).await)
        });
    }
    let ended = tokio::time::timeout(Duration::from_secs(30), uploads.join_next()).await;
    let (shed, refused) = ended.expect("one ends at once").expect("an upload").expect("no panic");
    let refused = refused.map(|_| Attachment::default());
    assert_eq!(reason(refused, Code::ResourceExhausted).0, "OVERLOADED");

    senders.remove(shed);
    let sender = senders.remove(0);
    let chunk = pb::AddAttachmentRequest { part: Some(Part::Chunk(bytes.to_vec())) };
    sender.send(chunk).await.expect("the call goes on");
    drop(sender);
    let (_, completed) = uploads.join_next().await.expect("an upload").expect("no panic");
    completed.expect("added");
    place.add("jiaowei", header("box/open", bytes), bytes).await.expect("there is a place again");
}
