//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_model::pack::Duplicates;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::collection_service_server::CollectionService;
use service_kit::packs::Policy;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::check::Check;
use super::plan::{Plan, Transition};
use super::store::{Filter, PlanStore};
use super::{convert, policy};
use crate::convert::{given, parse_step};
use crate::error::lost_race;

pub struct Collection {
    pub database: Database,
    pub store: PlanStore,
    pub check: Check,
    pub policy: Policy,
    pub statistics_bureau: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl Collection {
    /// The record named in a refusal and hidden from whoever may not read it.
    fn authorize(&self, actor: &Actor, method: &str, plan: &Plan) -> Result<(), Refusal> {
        service_kit::auth::access::authorize(
            policy::RULES,
            method,
            policy::READ,
            actor,
            &policy::relations(actor, plan, &self.statistics_bureau),
            policy::standing(&plan.state),
            ("collection-plan", &plan.id),
        )
    }

    /// The steps that every transition of one plan takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        (id, sent): (Uuid, &str),
        step: impl FnOnce(Plan) -> Result<Option<Transition>, Failure>,
        reply: impl FnOnce(Option<pb::CollectionPlan>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        self.authorize(&call.actor, method, &found)?;
        etag::check(sent, &etag::of(found.version), "collection-plan", id)?;
        let changed = step(found.clone())?;
        if let Some(changed) = &changed {
            self.store.save(&mut tx, changed, &call.actor).await?;
        }
        let shown = convert::to_proto(changed.as_ref().map_or(&found, Transition::plan));
        Ok(Response::new(tx.commit(call, reply(Some(shown))).await?))
    }
}

#[tonic::async_trait]
impl CollectionService for Collection {
    async fn create_collection_plan(
        &self,
        request: Request<pb::CreateCollectionPlanRequest>,
    ) -> Reply<pb::CreateCollectionPlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let content = convert::content(&body.title, &body.items, &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let drafted = Plan::draft(Uuid::now_v7(), content, &call.actor, self.database.clock().now());
        self.store.save(&mut tx, &drafted, &call.actor).await?;
        let collection_plan = Some(convert::to_proto(drafted.plan()));
        let reply = pb::CreateCollectionPlanResponse { collection_plan };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_collection_plan(
        &self,
        request: Request<pb::GetCollectionPlanRequest>,
    ) -> Reply<pb::GetCollectionPlanResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("collection_plan_id", &request.get_ref().collection_plan_id);
        let found = self.store.load(given(id, violations)?).await?;
        self.authorize(&actor, policy::READ, &found)?;
        let collection_plan = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetCollectionPlanResponse { collection_plan }))
    }

    async fn list_collection_plans(
        &self,
        request: Request<pb::ListCollectionPlansRequest>,
    ) -> Reply<pb::ListCollectionPlansResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListCollectionPlansRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::CollectionPlanState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                unit: unit.as_ref(),
                state: convert::state_name(body.state()),
                viewer: &actor.unit,
                reads_all: policy::reads_all(&actor, &self.statistics_bureau),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let (collection_plans, next_page_token) =
            page.cut(found, |plan| plan.id, |plan| convert::to_proto(&plan));
        Ok(Response::new(pb::ListCollectionPlansResponse { collection_plans, next_page_token }))
    }

    async fn update_collection_plan(
        &self,
        request: Request<pb::UpdateCollectionPlanRequest>,
    ) -> Reply<pb::UpdateCollectionPlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let content = convert::content(&body.title, &body.items, &mut violations);
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "collection_plan_id",
            &body.collection_plan_id,
            violations,
        )?;
        let now = self.database.clock().now();
        let revise = |plan: Plan| Ok(plan.revise(content, &call.actor, now)?);
        let reply = |collection_plan| pb::UpdateCollectionPlanResponse { collection_plan };
        Ok(self.change(&call, "UpdateCollectionPlan", (id, &body.etag), revise, reply).await?)
    }

    async fn check_duplicates(
        &self,
        request: Request<pb::CheckDuplicatesRequest>,
    ) -> Reply<pb::CheckDuplicatesResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let items = convert::items(&request.get_ref().items, &mut violations);
        violations.finish()?;
        let rule = self.policy.today().map_err(Failure::from)?.collection.duplicates.value;
        let findings = self.check.findings(&actor.unit, &items).await?;
        Ok(Response::new(pb::CheckDuplicatesResponse {
            findings: convert::findings(&items, &findings),
            duplicates_refused: rule == Duplicates::Refuse,
        }))
    }

    async fn submit_collection_plan(
        &self,
        request: Request<pb::SubmitCollectionPlanRequest>,
    ) -> Reply<pb::SubmitCollectionPlanResponse> {
        let body = request.get_ref();
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "collection_plan_id",
            &body.collection_plan_id,
            Violations::new(),
        )?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let checked = self.store.load(id).await?;
        self.authorize(&call.actor, "SubmitCollectionPlan", &checked)?;
        let findings = self.check.findings(&checked.unit, &checked.content.items).await?;
        let (now, pack) = (self.database.clock().now(), self.policy.today().map_err(Failure::from)?);
        let submit = |plan: Plan| {
            if plan.version != checked.version {
                return Err(lost_race().into());
            }
            Ok(Some(plan.submit(findings, pack, &call.actor, now)?))
        };
        let reply = |collection_plan| pb::SubmitCollectionPlanResponse { collection_plan };
        Ok(self.change(&call, "SubmitCollectionPlan", (id, ""), submit, reply).await?)
    }

    async fn approve_survey(
        &self,
        request: Request<pb::ApproveSurveyRequest>,
    ) -> Reply<pb::ApproveSurveyResponse> {
        let body = request.get_ref();
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "collection_plan_id",
            &body.collection_plan_id,
            Violations::new(),
        )?;
        let now = self.database.clock().now();
        let approve = |plan: Plan| Ok(Some(plan.approve_survey(&call.actor, now)?));
        let reply = |collection_plan| pb::ApproveSurveyResponse { collection_plan };
        Ok(self.change(&call, "ApproveSurvey", (id, ""), approve, reply).await?)
    }

    async fn return_survey(
        &self,
        request: Request<pb::ReturnSurveyRequest>,
    ) -> Reply<pb::ReturnSurveyResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reasons = violations.text("reasons", &body.reasons, 1, 2000);
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "collection_plan_id",
            &body.collection_plan_id,
            violations,
        )?;
        let now = self.database.clock().now();
        let back = |plan: Plan| Ok(Some(plan.return_survey(reasons, now)?));
        let reply = |collection_plan| pb::ReturnSurveyResponse { collection_plan };
        Ok(self.change(&call, "ReturnSurvey", (id, ""), back, reply).await?)
    }

    async fn withdraw_collection_plan(
        &self,
        request: Request<pb::WithdrawCollectionPlanRequest>,
    ) -> Reply<pb::WithdrawCollectionPlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reason = violations.text("reason", &body.reason, 1, 500);
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "collection_plan_id",
            &body.collection_plan_id,
            violations,
        )?;
        let now = self.database.clock().now();
        let withdraw = |plan: Plan| Ok(Some(plan.withdraw(reason, now)?));
        let reply = |collection_plan| pb::WithdrawCollectionPlanResponse { collection_plan };
        Ok(self.change(&call, "WithdrawCollectionPlan", (id, ""), withdraw, reply).await?)
    }
}
