//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::regulation_service_server::RegulationService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::regulation::{Regulation, Rejection, Transition};
use super::store::{Filter, RegulationStore};
use super::{convert, policy};
use crate::convert::{given, parse_step};
use crate::shared_databases::SharedDatabaseStore;
use crate::shared_databases::shared_database::SharedDatabaseId;

pub struct Regulations {
    pub database: Database,
    pub store: RegulationStore,
    pub databases: SharedDatabaseStore,
}

type Reply<T> = Result<Response<T>, Status>;

impl Regulations {
    /// Whether a unit leads a database today; nobody has to lead where none is named.
    async fn leads(&self, unit: &UnitId, database: Option<&SharedDatabaseId>) -> Result<bool, Failure> {
        let Some(id) = database else { return Ok(false) };
        let today = shanghai_date(self.database.clock().now());
        Ok(self.databases.load(id).await?.is_led_by(unit, today))
    }

    /// The steps that every transition of one regulation takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        (id, sent): (Uuid, &str),
        step: impl FnOnce(Regulation) -> Result<Option<Transition>, Rejection>,
        reply: impl FnOnce(Option<pb::Regulation>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        convert::authorize(&call.actor, method, &found)?;
        etag::check(sent, &etag::of(found.version), "regulation", id)?;
        let changed = step(found.clone())?;
        if let Some(changed) = &changed {
            self.store.save(&mut tx, changed, &call.actor).await?;
        }
        let shown = changed.as_ref().map_or(&found, Transition::regulation);
        let shown = convert::to_proto(shown, &call.actor, true);
        Ok(Response::new(tx.commit(call, reply(Some(shown))).await?))
    }
}

#[tonic::async_trait]
impl RegulationService for Regulations {
    async fn create_regulation(
        &self,
        request: Request<pb::CreateRegulationRequest>,
    ) -> Reply<pb::CreateRegulationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let words = convert::words(&body.title, &body.text, &mut violations);
        let kind = convert::kind(body.kind);
        violations.check(kind.is_some(), "kind", "must be one of the four kinds / 须为四类之一");
        let named = kind.and_then(|kind| convert::database(kind, &body.shared_database_id, &mut violations));
        let kind = given(kind, violations)?;
        let leads = self.leads(&call.actor.unit, named.as_ref()).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let now = self.database.clock().now();
        let drafted = Regulation::draft(Uuid::now_v7(), kind, named, words, leads, &call.actor, now);
        let drafted = drafted.map_err(Failure::from)?;
        self.store.save(&mut tx, &drafted, &call.actor).await?;
        let regulation = Some(convert::to_proto(drafted.regulation(), &call.actor, true));
        let reply = pb::CreateRegulationResponse { regulation };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_regulation(
        &self,
        request: Request<pb::GetRegulationRequest>,
    ) -> Reply<pb::GetRegulationResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("regulation_id", &request.get_ref().regulation_id);
        let found = self.store.load(given(id, violations)?).await?;
        convert::authorize(&actor, policy::READ, &found)?;
        let former = self.store.former(&found).await?;
        let former = former.iter().map(|was| convert::edition_to_proto(&was.edition, Some(was.since), false));
        Ok(Response::new(pb::GetRegulationResponse {
            former_editions: former.collect(),
            regulation: Some(convert::to_proto(&found, &actor, true)),
        }))
    }

    async fn list_regulations(
        &self,
        request: Request<pb::ListRegulationsRequest>,
    ) -> Reply<pb::ListRegulationsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListRegulationsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        let database = violations.parse_optional("shared_database_id", &body.shared_database_id);
        violations.known::<pb::RegulationKind>("kind", body.kind);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                unit: unit.as_ref(),
                kind: convert::kind(body.kind),
                database: database.as_ref(),
                viewer: &actor.unit,
                reads_all: policy::reads_all(&actor),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |found: Regulation| convert::to_proto(&found, &actor, false);
        let (regulations, next_page_token) = page.cut(found, |found| found.id, show);
        Ok(Response::new(pb::ListRegulationsResponse { regulations, next_page_token }))
    }

    async fn update_regulation(
        &self,
        request: Request<pb::UpdateRegulationRequest>,
    ) -> Reply<pb::UpdateRegulationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (title, text) = convert::words(&body.title, &body.text, &mut violations);
        let (call, id) =
            parse_step(&request, &body.request_id, "regulation_id", &body.regulation_id, violations)?;
        let now = self.database.clock().now();
        let revise = |found: Regulation| found.revise(title, text, &call.actor, now);
        let reply = |regulation| pb::UpdateRegulationResponse { regulation };
        Ok(self.change(&call, "UpdateRegulation", (id, &body.etag), revise, reply).await?)
    }

    async fn submit_regulation(
        &self,
        request: Request<pb::SubmitRegulationRequest>,
    ) -> Reply<pb::SubmitRegulationResponse> {
        let body = request.get_ref();
        let (call, id) =
            parse_step(&request, &body.request_id, "regulation_id", &body.regulation_id, Violations::new())?;
        let found = self.store.load(id).await?;
        convert::authorize(&call.actor, "SubmitRegulation", &found)?;
        let leads = self.leads(&found.unit, found.database.as_ref()).await?;
        let now = self.database.clock().now();
        let submit = |found: Regulation| found.submit(leads, &call.actor, now).map(Some);
        let reply = |regulation| pb::SubmitRegulationResponse { regulation };
        Ok(self.change(&call, "SubmitRegulation", (id, ""), submit, reply).await?)
    }

    async fn approve_regulation(
        &self,
        request: Request<pb::ApproveRegulationRequest>,
    ) -> Reply<pb::ApproveRegulationResponse> {
        let body = request.get_ref();
        let (call, id) =
            parse_step(&request, &body.request_id, "regulation_id", &body.regulation_id, Violations::new())?;
        let now = self.database.clock().now();
        let approve = |found: Regulation| found.approve(&call.actor, now).map(Some);
        let reply = |regulation| pb::ApproveRegulationResponse { regulation };
        Ok(self.change(&call, "ApproveRegulation", (id, ""), approve, reply).await?)
    }

    async fn return_regulation(
        &self,
        request: Request<pb::ReturnRegulationRequest>,
    ) -> Reply<pb::ReturnRegulationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reasons = violations.text("reasons", &body.reasons, 1, 2000);
        let (call, id) =
            parse_step(&request, &body.request_id, "regulation_id", &body.regulation_id, violations)?;
        let now = self.database.clock().now();
        let back = |found: Regulation| found.give_back(reasons, now).map(Some);
        let reply = |regulation| pb::ReturnRegulationResponse { regulation };
        Ok(self.change(&call, "ReturnRegulation", (id, ""), back, reply).await?)
    }
}
