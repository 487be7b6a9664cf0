//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::shared_database_service_server::SharedDatabaseService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Tx, Violations, etag};
use tonic::{Request, Response, Status};

use super::convert;
use super::policy;
use super::shared_database::{Field, Lead, Rejection, SharedDatabase, SharedDatabaseId, Transition};
use super::store::{SharedDatabaseStore, already_exists};
use crate::convert::{given, parse_step};
use crate::units::store::UnitStore;

pub struct SharedDatabases {
    pub database: Database,
    pub store: SharedDatabaseStore,
    pub units: UnitStore,
}

type Reply<T> = Result<Response<T>, Status>;

impl SharedDatabases {
    /// Names the leads that are not registered units.
    async fn check_leads(&self, tx: &mut Tx, leads: &[Lead]) -> Result<(), Failure> {
        let ids: Vec<_> = leads.iter().map(|lead| lead.unit.to_string()).collect();
        let mut violations = Violations::new();
        for unknown in self.units.unknown(tx, &ids).await? {
            let problem = format!("there is no unit {unknown} / 单位未登记");
            violations.add("shared_database.leads.unit_id", problem);
        }
        Ok(violations.finish()?)
    }

    /// What the working group decides on proposed leads; `step` is the machine's.
    async fn decide<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        (id, etag): (&SharedDatabaseId, &str),
        step: impl FnOnce(SharedDatabase) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::SharedDatabase>) -> R,
    ) -> Result<Response<R>, Failure> {
        authorize(&call.actor, method, id)?;
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        let found = found.ok_or_else(|| Failure::from(Refusal::not_found("shared-database", id)))?;
        etag::check(etag, &etag::of(found.version), "shared-database", id)?;
        let decided = step(found)?;
        self.store.save(&mut tx, &decided, &call.actor).await?;
        let shown = Some(convert::to_proto(decided.database()));
        Ok(Response::new(tx.commit(call, reply(shown)).await?))
    }
}

fn authorize(actor: &Actor, method: &str, id: &SharedDatabaseId) -> Result<(), Refusal> {
    let resource = ("shared-database", id as &dyn std::fmt::Display);
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &[],
        "REGISTERED",
        resource,
    )
}

#[tonic::async_trait]
impl SharedDatabaseService for SharedDatabases {
    async fn create_shared_database(
        &self,
        request: Request<pb::CreateSharedDatabaseRequest>,
    ) -> Reply<pb::CreateSharedDatabaseResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner().shared_database.unwrap_or_default();
        let id = violations.parse("shared_database.shared_database_id", &body.shared_database_id);
        let record = convert::record(&body, &Field::ALL, &mut violations);
        let id = given(id, violations)?;
        authorize(&call.actor, "CreateSharedDatabase", &id)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        if self.store.load_for_update(&mut tx, &id).await?.is_some() {
            return Err(already_exists(&id).into());
        }
        self.check_leads(&mut tx, &record.leads).await?;
        let now = self.database.clock().now();
        let created = SharedDatabase::create(id, record, &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &created, &call.actor).await?;
        let shared_database = Some(convert::to_proto(created.database()));
        let reply = pb::CreateSharedDatabaseResponse { shared_database };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_shared_database(
        &self,
        request: Request<pb::GetSharedDatabaseRequest>,
    ) -> Reply<pb::GetSharedDatabaseResponse> {
        let mut violations = Violations::new();
        let id = violations.parse("shared_database_id", &request.get_ref().shared_database_id);
        let found = self.store.load(&given(id, violations)?).await?;
        let shared_database = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetSharedDatabaseResponse { shared_database }))
    }

    async fn list_shared_databases(
        &self,
        request: Request<pb::ListSharedDatabasesRequest>,
    ) -> Reply<pb::ListSharedDatabasesResponse> {
        let body = request.into_inner();
        let filters = pb::ListSharedDatabasesRequest::default();
        let mut violations = Violations::new();
        let page: Page<String> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.finish()?;
        let found = self.store.list(page.after.as_deref(), page.size + 1).await?;
        let (shared_databases, next_page_token) =
            page.cut(found, |database| database.id.to_string(), |database| convert::to_proto(&database));
        Ok(Response::new(pb::ListSharedDatabasesResponse { shared_databases, next_page_token }))
    }

    async fn update_shared_database(
        &self,
        request: Request<pb::UpdateSharedDatabaseRequest>,
    ) -> Reply<pb::UpdateSharedDatabaseResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let new = body.shared_database.unwrap_or_default();
        let id = violations.parse("shared_database.shared_database_id", &new.shared_database_id);
        let fields = convert::mask(body.update_mask, &mut violations);
        let record = convert::record(&new, &fields, &mut violations);
        let id = given(id, violations)?;
        authorize(&call.actor, "UpdateSharedDatabase", &id)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, &id).await?;
        let found = found.ok_or_else(|| Failure::from(Refusal::not_found("shared-database", &id)))?;
        etag::check(&new.etag, &etag::of(found.version), "shared-database", &id)?;
        self.check_leads(&mut tx, &record.leads).await?;
        let now = self.database.clock().now();
        let updated = found.clone().update(&fields, record, &call.actor, now).map_err(Failure::from)?;
        if let Some(updated) = &updated {
            self.store.save(&mut tx, updated, &call.actor).await?;
        }
        let found = updated.as_ref().map_or(&found, |updated| updated.database());
        let reply = pb::UpdateSharedDatabaseResponse { shared_database: Some(convert::to_proto(found)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn approve_shared_database_leads(
        &self,
        request: Request<pb::ApproveSharedDatabaseLeadsRequest>,
    ) -> Reply<pb::ApproveSharedDatabaseLeadsResponse> {
        let body = request.get_ref();
        let (field, violations) = ("shared_database_id", Violations::new());
        let (call, id) = parse_step(&request, &body.request_id, field, &body.shared_database_id, violations)?;
        let (now, etag) = (self.database.clock().now(), body.etag.clone());
        let approve = |database: SharedDatabase| database.approve_leads(&call.actor, now);
        let reply = |shared_database| pb::ApproveSharedDatabaseLeadsResponse { shared_database };
        Ok(self.decide(&call, "ApproveSharedDatabaseLeads", (&id, &etag), approve, reply).await?)
    }

    async fn return_shared_database_leads(
        &self,
        request: Request<pb::ReturnSharedDatabaseLeadsRequest>,
    ) -> Reply<pb::ReturnSharedDatabaseLeadsResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reasons = violations.text("reasons", &body.reasons, 1, 2000);
        let field = "shared_database_id";
        let (call, id) = parse_step(&request, &body.request_id, field, &body.shared_database_id, violations)?;
        let (now, etag) = (self.database.clock().now(), body.etag.clone());
        let give_back = |database: SharedDatabase| database.return_leads(reasons, now);
        let reply = |shared_database| pb::ReturnSharedDatabaseLeadsResponse { shared_database };
        Ok(self.decide(&call, "ReturnSharedDatabaseLeads", (&id, &etag), give_back, reply).await?)
    }
}
