//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::archiving_service_server::ArchivingService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::record::{Mark, Record, Rejection, Transition};
use super::store::{ArchiveStore, Filter};
use super::{convert, policy};
use crate::convert::{given, parse_step};
use crate::entries::EntryStore;

pub struct Archiving {
    pub database: Database,
    pub store: ArchiveStore,
    pub entries: EntryStore,
    pub archives_bureau: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl Archiving {
    /// The record named in a refusal and hidden from whoever may not read it.
    fn authorize(&self, actor: &Actor, method: &str, record: &Record) -> Result<(), Refusal> {
        service_kit::auth::access::authorize(
            policy::RULES,
            method,
            policy::READ,
            actor,
            &policy::relations(actor, record, &self.archives_bureau),
            record.state.name(),
            ("archive-record", &record.id),
        )
    }

    /// A record names entries of its own unit only.
    async fn check_entry(&self, entry: Option<EntryId>, unit: &UnitId) -> Result<(), Failure> {
        let Some(id) = entry else { return Ok(()) };
        if self.entries.view(id).await?.provider == *unit {
            return Ok(());
        }
        Err(Refusal::not_found("entry", id).into())
    }

    /// The steps that every transition of one record takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: Uuid,
        step: impl FnOnce(Record) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::ArchiveRecord>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        self.authorize(&call.actor, method, &found)?;
        let changed = step(found)?;
        self.store.save(&mut tx, &changed, &call.actor).await?;
        let reply = reply(Some(convert::to_proto(changed.record())));
        Ok(Response::new(tx.commit(call, reply).await?))
    }
}

#[tonic::async_trait]
impl ArchivingService for Archiving {
    async fn create_archive_record(
        &self,
        request: Request<pb::CreateArchiveRecordRequest>,
    ) -> Reply<pb::CreateArchiveRecordResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let information = convert::information(body.information.as_ref(), violations)?;
        self.check_entry(information.entry, &call.actor.unit).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let now = self.database.clock().now();
        let created = Record::create(Uuid::now_v7(), information, &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &created, &call.actor).await?;
        let archive_record = Some(convert::to_proto(created.record()));
        let reply = pb::CreateArchiveRecordResponse { archive_record };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_archive_record(
        &self,
        request: Request<pb::GetArchiveRecordRequest>,
    ) -> Reply<pb::GetArchiveRecordResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("archive_record_id", &request.get_ref().archive_record_id);
        let found = self.store.load(given(id, violations)?).await?;
        self.authorize(&actor, policy::READ, &found)?;
        let archive_record = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetArchiveRecordResponse { archive_record }))
    }

    async fn list_archive_records(
        &self,
        request: Request<pb::ListArchiveRecordsRequest>,
    ) -> Reply<pb::ListArchiveRecordsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListArchiveRecordsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::ArchiveRecordState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        let due_until = violations.date("due_until", body.due_until.as_ref());
        violations.finish()?;
        let reads_all = policy::reads_all(&actor, &self.archives_bureau);
        let found = self
            .store
            .list(Filter {
                unit: unit.as_ref(),
                state: convert::state_name(body.state()),
                due_until,
                viewer: (!reads_all).then_some(&actor.unit),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let (archive_records, next_page_token) =
            page.cut(found, |record| record.id, |record| convert::to_proto(&record));
        Ok(Response::new(pb::ListArchiveRecordsResponse { archive_records, next_page_token }))
    }

    async fn record_archiving(
        &self,
        request: Request<pb::RecordArchivingRequest>,
    ) -> Reply<pb::RecordArchivingResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let number = violations.text("archive_number", &body.archive_number, 1, 100);
        let day = violations.date("day", body.day.as_ref());
        let (call, id) =
            parse_step(&request, &body.request_id, "archive_record_id", &body.archive_record_id, violations)?;
        let now = self.database.clock().now();
        let mark =
            Mark { number, day: day.unwrap_or(shanghai_date(now)), by: Some(call.actor.subject.clone()) };
        let archive = |record: Record| record.archive(mark, now);
        let reply = |archive_record| pb::RecordArchivingResponse { archive_record };
        Ok(self.change(&call, "RecordArchiving", id, archive, reply).await?)
    }

    async fn confirm_archiving(
        &self,
        request: Request<pb::ConfirmArchivingRequest>,
    ) -> Reply<pb::ConfirmArchivingResponse> {
        let body = request.get_ref();
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "archive_record_id",
            &body.archive_record_id,
            Violations::new(),
        )?;
        let now = self.database.clock().now();
        let confirm = |record: Record| record.confirm(&call.actor, now);
        let reply = |archive_record| pb::ConfirmArchivingResponse { archive_record };
        Ok(self.change(&call, "ConfirmArchiving", id, confirm, reply).await?)
    }

    async fn object_to_archiving(
        &self,
        request: Request<pb::ObjectToArchivingRequest>,
    ) -> Reply<pb::ObjectToArchivingResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let objection = violations.text("objection", &body.objection, 1, 2000);
        let (call, id) =
            parse_step(&request, &body.request_id, "archive_record_id", &body.archive_record_id, violations)?;
        let now = self.database.clock().now();
        let object = |record: Record| record.object(objection, now);
        let reply = |archive_record| pb::ObjectToArchivingResponse { archive_record };
        Ok(self.change(&call, "ObjectToArchiving", id, object, reply).await?)
    }
}
