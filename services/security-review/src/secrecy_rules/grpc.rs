//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::UnitId;
use govshare_proto::security_review::v1 as pb;
use govshare_proto::security_review::v1::secrecy_rules_service_server::SecrecyRulesService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Violations, call};
use tonic::{Request, Response, Status};

use super::convert::{self, authorize};
use super::store::{Filter, Store};
use super::{Rejection, SecrecyRules, Transition, policy};

pub struct Rules {
    pub database: Database,
    pub store: Store,
}

type Reply<T> = Result<Response<T>, Status>;

impl Rules {
    /// The steps that every decision of the secrecy bureau takes; `step` is the machine's.
    async fn decide<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        unit: Option<UnitId>,
        step: impl FnOnce(SecrecyRules) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::SecrecyRules>) -> R,
    ) -> Result<Response<R>, Failure> {
        let unit = unit.ok_or_else(|| Failure::internal("a unit was parsed"))?;
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, &unit).await?;
        let found = found.ok_or_else(|| Refusal::not_found("secrecy-rules", &unit))?;
        authorize(&call.actor, method, &unit, found.state.name())?;
        let transition = step(found)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let shown = Some(convert::to_proto(transition.rules()));
        Ok(Response::new(tx.commit(call, reply(shown)).await?))
    }
}

#[tonic::async_trait]
impl SecrecyRulesService for Rules {
    async fn file_secrecy_rules(
        &self,
        request: Request<pb::FileSecrecyRulesRequest>,
    ) -> Reply<pb::FileSecrecyRulesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let title = violations.text("title", &body.title, 1, 200);
        let text = violations.text("text", &body.text, 1, 50_000);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        authorize(&call.actor, "FileSecrecyRules", &call.actor.unit, "")?;
        let former = self.store.load_for_update(&mut tx, &call.actor.unit).await?;
        let now = self.database.clock().now();
        let transition = SecrecyRules::file(former, title, text, &call.actor, now);
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let secrecy_rules = Some(convert::to_proto(transition.rules()));
        Ok(Response::new(tx.commit(&call, pb::FileSecrecyRulesResponse { secrecy_rules }).await?))
    }

    async fn guide_secrecy_rules(
        &self,
        request: Request<pb::GuideSecrecyRulesRequest>,
    ) -> Reply<pb::GuideSecrecyRulesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let unit = violations.parse("unit_id", &body.unit_id);
        let guidance = violations.text("guidance", &body.guidance, 1, 5000);
        violations.finish()?;
        let now = self.database.clock().now();
        let guide = |rules: SecrecyRules| rules.guide(body.revision, guidance, now);
        let reply = |secrecy_rules| pb::GuideSecrecyRulesResponse { secrecy_rules };
        Ok(self.decide(&call, "GuideSecrecyRules", unit, guide, reply).await?)
    }

    async fn accept_secrecy_rules(
        &self,
        request: Request<pb::AcceptSecrecyRulesRequest>,
    ) -> Reply<pb::AcceptSecrecyRulesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let unit = violations.parse("unit_id", &body.unit_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let accept = |rules: SecrecyRules| rules.accept(body.revision, &call.actor, now);
        let reply = |secrecy_rules| pb::AcceptSecrecyRulesResponse { secrecy_rules };
        Ok(self.decide(&call, "AcceptSecrecyRules", unit, accept, reply).await?)
    }

    async fn get_secrecy_rules(
        &self,
        request: Request<pb::GetSecrecyRulesRequest>,
    ) -> Reply<pb::GetSecrecyRulesResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let unit: Option<UnitId> = violations.parse("unit_id", &request.get_ref().unit_id);
        violations.finish()?;
        let unit = unit.ok_or_else(|| Failure::internal("a unit was parsed"))?;
        let found = self.store.load(&unit).await?;
        let found = found.ok_or_else(|| Refusal::not_found("secrecy-rules", &unit))?;
        authorize(&actor, policy::READ, &unit, found.state.name())?;
        let secrecy_rules = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetSecrecyRulesResponse { secrecy_rules }))
    }

    async fn list_secrecy_rules(
        &self,
        request: Request<pb::ListSecrecyRulesRequest>,
    ) -> Reply<pb::ListSecrecyRulesResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListSecrecyRulesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<String> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::SecrecyRulesState>("state", body.state);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                unit: (!policy::reads_all(&actor)).then_some(&actor.unit),
                state: convert::state_name(body.state()),
                after: page.after.clone(),
                limit: page.size + 1,
            })
            .await?;
        let show = |rules| convert::to_proto(&rules);
        let (secrecy_rules, next_page_token) = page.cut(found, |rules| rules.unit.to_string(), show);
        Ok(Response::new(pb::ListSecrecyRulesResponse { secrecy_rules, next_page_token }))
    }
}
