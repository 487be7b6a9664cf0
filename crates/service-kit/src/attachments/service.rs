//! `AttachmentService` of every service over its own records.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::attachment::v1::Attachment;
use govshare_proto::error::v1::Reason;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::store::{self, Row};
use super::upload::{Content, Header, Part, Rejection, Upload};
use super::{MAX_PER_RECORD, Record, Records, Resource};
use crate::call::{self, Call, Caller};
use crate::database::{Begin, Database};
use crate::event::Event;
use crate::failure::{Failure, Refusal};
use crate::page::Page;
use crate::shares::{Share, Shares};
use crate::validate::Violations;

/// Whoever opens a call and says nothing is given up sooner than an upload that is not complete.
const HEADER_WITHIN: Duration = Duration::from_secs(10);
const LONGEST_UPLOAD: Duration = Duration::from_secs(120);
/// Uploads in work, in MiB of what they announced; while a file is written it is in memory twice.
const UPLOADS_MIB: usize = 64;
/// The largest of one unit leave room for others.
const UPLOADS_PER_UNIT: usize = 2;

/// The attachments of one service's records.
#[derive(Clone)]
pub struct Attachments {
    database: Database,
    records: Arc<dyn Records>,
    memory: Arc<Semaphore>,
    shares: Shares<UnitId>,
}

/// Held while an upload is in memory.
type Place = (OwnedSemaphorePermit, Share<UnitId>);

/// What came of an upload.
enum Received {
    /// The call was carried out before.
    Replay(Attachment),
    New(Call, Content, Place),
}

impl Attachments {
    pub fn new(database: Database, records: impl Records) -> Self {
        Self {
            database,
            records: Arc::new(records),
            memory: Arc::new(Semaphore::new(UPLOADS_MIB)),
            shares: Shares::of(UPLOADS_PER_UNIT),
        }
    }

    async fn record(&self, actor: &Actor, resource: &Resource) -> Result<Record, Failure> {
        self.records.load(actor, resource).await.map_err(|failure| resource.unless_missing(failure))
    }

    async fn add(
        &self,
        caller: &Caller,
        parts: impl Stream<Item = Result<Part, Status>> + Unpin,
    ) -> Result<Attachment, Status> {
        let received = tokio::time::timeout(LONGEST_UPLOAD, self.receive(caller, parts)).await;
        match received.map_err(|_| Status::deadline_exceeded("the upload did not come to its end"))?? {
            Received::Replay(attachment) => Ok(attachment),
            Received::New(call, content, _place) => Ok(self.keep(&call, content).await?),
        }
    }

    /// Takes the bytes of whoever may add; no transaction is open meanwhile.
    async fn receive(
        &self,
        caller: &Caller,
        mut parts: impl Stream<Item = Result<Part, Status>> + Unpin,
    ) -> Result<Received, Status> {
        let first = tokio::time::timeout(HEADER_WITHIN, parts.next()).await;
        let first = first.map_err(|_| Status::deadline_exceeded("no header came"))?;
        let Some(Part::Header(announced)) = first.transpose()? else {
            return Err(Refusal::from(Rejection::HeaderMissing).into());
        };
        let mut violations = Violations::new();
        let call = Call::over(caller, &announced.encode_to_vec(), &announced.request_id, &mut violations)?;
        let header = Header::parse(&announced, violations)?;
        let record = self.record(&call.actor, &header.resource).await?;
        record.admit_adding(&header.resource)?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Received::Replay(reply));
        }
        record.check_open(&header.resource)?;
        let place = self.place(&call.actor.unit, header.size).ok_or_else(overloaded)?;

        let mut upload = Upload::begin(header);
        while let Some(part) = parts.next().await.transpose()? {
            upload.accept(part).map_err(Refusal::from)?;
        }
        let checked = tokio::task::spawn_blocking(|| upload.finish()).await;
        let content = checked.map_err(Failure::internal)?.map_err(Refusal::from)?;
        Ok(Received::New(call, content, place))
    }

    fn place(&self, unit: &UnitId, size: usize) -> Option<Place> {
        let share = self.shares.take(unit.clone())?;
        let mebibytes = u32::try_from(size.div_ceil(1 << 20)).ok()?;
        Some((Arc::clone(&self.memory).try_acquire_many_owned(mebibytes).ok()?, share))
    }

    /// Writes the attachment with its event, if the record still takes it.
    async fn keep(&self, call: &Call, content: Content) -> Result<Attachment, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(reply),
            Begin::Fresh(tx) => tx,
        };
        let resource = content.header().resource.clone();
        let locked = self.records.lock(&mut tx, &call.actor, &resource).await;
        let record = locked.map_err(|failure| resource.unless_missing(failure))?;
        record.admit_adding(&resource)?;
        record.check_open(&resource)?;
        let id = Uuid::now_v7();
        let added = store::add(&mut tx, id, content, &call.actor).await?;
        let attachment = added.ok_or_else(|| full(&resource, &record))?;
        tx.emit(Some(&call.actor), &event(&attachment, record))?;
        tx.commit(call, attachment).await
    }

    /// The description of an attachment that `actor` may read.
    async fn find(&self, actor: &Actor, id: &str) -> Result<Row, Failure> {
        let mut violations = Violations::new();
        let id: Option<Uuid> = violations.parse("attachment_id", id);
        violations.finish()?;
        let id = id.unwrap_or_default();
        let not_found = || Refusal::not_found("attachment", id);
        let row = store::find(self.database.pool(), id).await?.ok_or_else(not_found)?;
        let resource = row.resource.parse().map_err(Failure::internal)?;
        let record = self.record(actor, &resource).await;
        record.and_then(|record| Ok(record.admit_reading(&resource)?)).map_err(|failure| match failure {
            Failure::Refused(_) => not_found().into(),
            other => other,
        })?;
        Ok(row)
    }

    fn pieces(&self, row: &Row) -> impl Stream<Item = Result<Vec<u8>, Status>> + Send + use<> {
        let (pool, id, size) = (self.database.pool().clone(), row.id, row.size_bytes);
        stream::try_unfold(0, move |from| {
            let pool = pool.clone();
            async move {
                if from >= size {
                    return Ok(None);
                }
                let piece = store::piece(&pool, id, from).await?;
                let next = from + i32::try_from(piece.len()).unwrap_or(size);
                Ok(Some((piece, next)))
            }
        })
    }

    async fn list(
        &self,
        actor: &Actor,
        resource: &str,
        (size, token): (i32, &str),
        filters: &impl Message,
    ) -> Result<(Vec<Attachment>, String), Failure> {
        let mut violations = Violations::new();
        let resource: Option<Resource> = violations.parse("resource", resource);
        let page = Page::parse(size, token, 50, 1000, filters, &mut violations);
        violations.finish()?;
        let resource = resource.ok_or_else(|| Failure::internal("a bad field was not named"))?;
        self.record(actor, &resource).await?.admit_reading(&resource)?;
        let rows = store::list(self.database.pool(), &resource, page.after, page.size + 1).await?;
        Ok(page.cut(rows, |row| row.id, Attachment::from))
    }
}

/// The file name stays out of the leaf: people's names stand in file names.
fn event(attachment: &Attachment, record: Record) -> Event {
    Event {
        aggregate: format!("attachment/{}", attachment.attachment_id),
        version: 1,
        kind: "attachment.added",
        case: record.case,
        state: record.state,
        article: record.article,
        concerns: record.concerns,
        attributes: BTreeMap::from([
            ("media_type", attachment.media_type.clone()),
            ("resource", attachment.resource.clone()),
            ("sha256", attachment.sha256.clone()),
            ("size_bytes", attachment.size_bytes.to_string()),
        ]),
    }
}

fn full(resource: &Resource, record: &Record) -> Refusal {
    Refusal::new(
        Reason::AttachmentsFull,
        format!("{resource} has {MAX_PER_RECORD} attachments and takes no more"),
        format!("{resource} 的附件已达{MAX_PER_RECORD}件，不能再添加"),
    )
    .with("max", MAX_PER_RECORD.to_string())
    .state(record.state)
    .article(record.article)
}

fn overloaded() -> Refusal {
    Refusal::new(Reason::Overloaded, "too many uploads run; come back soon", "附件上传繁忙，请稍后重试")
        .retry_after(Duration::from_secs(1))
}

/// The same implementation for the `AttachmentService` of each package.
macro_rules! serves {
    ($($package:ident),+) => {$(
        mod $package {
            use govshare_proto::$package::v1 as pb;
            use govshare_proto::$package::v1::attachment_service_server::AttachmentService;
            use pb::add_attachment_request::Part as Added;
            use pb::get_attachment_response::Part as Shown;

            use super::*;

            fn part(message: pb::AddAttachmentRequest) -> Part {
                match message.part {
                    Some(Added::Header(header)) => Part::Header(header),
                    Some(Added::Chunk(chunk)) => Part::Chunk(chunk),
                    None => Part::Nothing,
                }
            }

            fn shown(part: Shown) -> pb::GetAttachmentResponse {
                pb::GetAttachmentResponse { part: Some(part) }
            }

            #[tonic::async_trait]
            impl AttachmentService for Attachments {
                async fn add_attachment(
                    &self,
                    request: Request<Streaming<pb::AddAttachmentRequest>>,
                ) -> Result<Response<pb::AddAttachmentResponse>, Status> {
                    let caller = call::caller(&request)?.clone();
                    let attachment = self.add(&caller, request.into_inner().map_ok(part)).await?;
                    Ok(Response::new(pb::AddAttachmentResponse { attachment: Some(attachment) }))
                }

                type GetAttachmentStream =
                    Pin<Box<dyn Stream<Item = Result<pb::GetAttachmentResponse, Status>> + Send>>;

                async fn get_attachment(
                    &self,
                    request: Request<pb::GetAttachmentRequest>,
                ) -> Result<Response<Self::GetAttachmentStream>, Status> {
                    let actor = call::actor(&request)?;
                    let row = self.find(&actor, &request.get_ref().attachment_id).await?;
                    let pieces = self.pieces(&row).map_ok(|piece| shown(Shown::Chunk(piece)));
                    let first = shown(Shown::Attachment(row.into()));
                    Ok(Response::new(Box::pin(stream::iter([Ok(first)]).chain(pieces))))
                }

                async fn list_attachments(
                    &self,
                    request: Request<pb::ListAttachmentsRequest>,
                ) -> Result<Response<pb::ListAttachmentsResponse>, Status> {
                    let actor = call::actor(&request)?;
                    let body = request.get_ref();
                    let filters = pb::ListAttachmentsRequest {
                        resource: body.resource.clone(),
                        ..Default::default()
                    };
                    let page = (body.page_size, body.page_token.as_str());
                    let (attachments, next_page_token) =
                        self.list(&actor, &body.resource, page, &filters).await?;
                    Ok(Response::new(pb::ListAttachmentsResponse { attachments, next_page_token }))
                }
            }
        }
    )+};
}

serves!(access_request, agreement, catalog, evaluation, security_review);
