//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::{SystemId, UnitId};
use govshare_proto::security_review::v1 as pb;
use govshare_proto::security_review::v1::information_system_service_server::InformationSystemService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{self, authorize};
use super::store::{Filter, Store};
use super::{System, policy};

pub struct Systems {
    pub database: Database,
    pub store: Store,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl InformationSystemService for Systems {
    async fn register_information_system(
        &self,
        request: Request<pb::RegisterInformationSystemRequest>,
    ) -> Reply<pb::RegisterInformationSystemResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let name = violations.text("name", &body.name, 1, 200);
        let level = convert::level(body.level, &mut violations);
        violations.finish()?;
        let level = level.ok_or_else(|| Failure::internal("a level was parsed"))?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        authorize(&call.actor, "RegisterInformationSystem", &call.actor.unit, &name)?;
        let now = self.database.clock().now();
        let id = SystemId(Uuid::now_v7());
        let transition = System::register(id, call.actor.unit.clone(), name, level, now);
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let information_system = Some(convert::to_proto(transition.system()));
        let reply = pb::RegisterInformationSystemResponse { information_system };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn change_security_level(
        &self,
        request: Request<pb::ChangeSecurityLevelRequest>,
    ) -> Reply<pb::ChangeSecurityLevelResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("system_id", &body.system_id);
        let level = convert::level(body.level, &mut violations);
        let authority = convert::authority(body.authority, &mut violations);
        violations.finish()?;
        let level = level.ok_or_else(|| Failure::internal("a level was parsed"))?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id.unwrap_or(SystemId(Uuid::nil()))).await?;
        authorize(&call.actor, "ChangeSecurityLevel", &found.unit, &found.id)?;
        let now = self.database.clock().now();
        let changed = found.clone().change_level(level, authority, now).map_err(Failure::from)?;
        let mut shown = convert::to_proto(&found);
        if let Some(transition) = changed {
            self.store.save(&mut tx, &transition, &call.actor).await?;
            shown = convert::to_proto(transition.system());
        }
        let reply = pb::ChangeSecurityLevelResponse { information_system: Some(shown) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_information_system(
        &self,
        request: Request<pb::GetInformationSystemRequest>,
    ) -> Reply<pb::GetInformationSystemResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("system_id", &request.get_ref().system_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(SystemId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found.unit, &found.id)?;
        let information_system = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetInformationSystemResponse { information_system }))
    }

    async fn list_information_systems(
        &self,
        request: Request<pb::ListInformationSystemsRequest>,
    ) -> Reply<pb::ListInformationSystemsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListInformationSystemsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let own = (!policy::reads_all(&actor)).then_some(&actor.unit);
        if own.is_some() && unit.is_some() && own != unit.as_ref() {
            return Ok(Response::new(pb::ListInformationSystemsResponse::default()));
        }
        let filter = Filter { unit: own.or(unit.as_ref()), before: page.after, limit: page.size + 1 };
        let found = self.store.list(filter).await?;
        let show = |system| convert::to_proto(&system);
        let (information_systems, next_page_token) = page.cut(found, |system| system.id.0, show);
        Ok(Response::new(pb::ListInformationSystemsResponse { information_systems, next_page_token }))
    }
}
