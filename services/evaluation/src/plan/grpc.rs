//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::Packs;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::plan_service_server::PlanService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Failure, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, policy};
use crate::desk::{Desk, step};
use crate::error::reasons_missing;
use crate::procedure::Rejection;
use crate::procedure::plan::{Consultation, Plan, Priority};
use crate::records::Filter;
use crate::yearly_evaluation::latest_frozen;

pub struct Plans {
    pub desk: Desk<Plan>,
    pub packs: Arc<Packs>,
}

type Reply<T> = Result<Response<T>, Status>;

impl Plans {
    fn show(&self, found: &Plan) -> Option<pb::Plan> {
        Some(convert::to_proto(found, self.desk.now()))
    }

    /// Whose items come first: units outstanding in the last evaluation that was frozen before the plan begins.
    async fn priority(&self, plan: &Plan) -> Result<Priority, Failure> {
        let today = shanghai_date(self.desk.now());
        let pack = self.packs.in_force(today).ok_or_else(|| Failure::from(Rejection::NoPolicy))?;
        let evaluation = latest_frozen(self.desk.records.database(), plan.years.0 - 1).await?;
        let outstanding =
            evaluation.iter().flat_map(|found| found.outstanding().map(|result| result.unit.clone()));
        Ok(Priority {
            given: pack.plan.priority_for_sharing.value,
            outstanding: outstanding.collect(),
            evaluation: evaluation.as_ref().map(|found| found.head.id),
        })
    }
}

#[tonic::async_trait]
impl PlanService for Plans {
    async fn create_plan(&self, request: Request<pb::CreatePlanRequest>) -> Reply<pb::CreatePlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let years = (body.first_year, body.last_year);
        let kind = convert::kind(body.kind(), years, &mut violations);
        let title = violations.text("title", &body.title, 1, 200);
        let items = convert::items(&body.items, &mut violations);
        let replaces: Option<Uuid> = violations.parse_optional("replaces_plan_id", &body.replaces_plan_id);
        let replaced = match replaces {
            Some(id) => Some(self.desk.records.load(id).await?),
            None => None,
        };
        let same = replaced.as_ref().is_none_or(|plan| (plan.kind, plan.years) == (kind, years));
        violations.check(
            same,
            "replaces_plan_id",
            "is of another kind or other years / 计划类型或者年度不一致",
        );
        violations.finish()?;
        let reply = self.desk.open(
            &call,
            None,
            |id, step| match replaced {
                Some(plan) => Ok(plan.new_edition(id, title, items, step.now)?),
                None => Ok(Plan::draft(id, kind, years, title, items, step.now)),
            },
            |found| pb::CreatePlanResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }

    async fn get_plan(&self, request: Request<pb::GetPlanRequest>) -> Reply<pb::GetPlanResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().plan_id;
        let found = self.desk.read(&actor, policy::READ, "plan_id", id).await?;
        Ok(Response::new(pb::GetPlanResponse { plan: self.show(&found) }))
    }

    async fn list_plans(&self, request: Request<pb::ListPlansRequest>) -> Reply<pb::ListPlansResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListPlansRequest { page_size: 0, page_token: String::new(), ..body };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::PlanState>("state", body.state);
        violations.finish()?;
        let filter = Filter {
            state: convert::state_name(body.state()),
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let now = self.desk.now();
        let show = |found: Plan| convert::to_proto(&found, now);
        let (plans, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListPlansResponse { plans, next_page_token }))
    }

    async fn update_plan(&self, request: Request<pb::UpdatePlanRequest>) -> Reply<pb::UpdatePlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &body.plan_id, &body.request_id, &mut violations)?;
        let title = violations.text("title", &body.title, 1, 200);
        let items = convert::items(&body.items, &mut violations);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "UpdatePlan",
            id,
            |found, step| {
                etag::check(&body.etag, &etag::of(found.head.version), "plan", id)?;
                Ok(found.revise(title, items, step.now)?)
            },
            |found| pb::UpdatePlanResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }

    async fn record_consultation(
        &self,
        request: Request<pb::RecordConsultationRequest>,
    ) -> Reply<pb::RecordConsultationResponse> {
        let given = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &given.plan_id, &given.request_id, &mut violations)?;
        let body = convert::body(given.body(), &mut violations);
        let opinion = violations.text("opinion", &given.opinion, 1, 4000);
        let today = shanghai_date(self.desk.now());
        violations.check(given.opinion_date.is_some(), "opinion_date", "is required / 必填");
        let date = violations.date("opinion_date", given.opinion_date.as_ref()).unwrap_or(today);
        violations.check(date <= today, "opinion_date", "must not lie after today / 不得晚于今日");
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "RecordConsultation",
            id,
            |found, step| Ok(found.consult(Consultation { body, opinion, date }, step.now)?),
            |found| pb::RecordConsultationResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }

    async fn submit_plan(&self, request: Request<pb::SubmitPlanRequest>) -> Reply<pb::SubmitPlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &body.plan_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "SubmitPlan",
            id,
            |found, step| Ok(found.submit(step.actor, step.now)?),
            |found| pb::SubmitPlanResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }

    async fn return_plan(&self, request: Request<pb::ReturnPlanRequest>) -> Reply<pb::ReturnPlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &body.plan_id, &body.request_id, &mut violations)?;
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "ReturnPlan",
            id,
            |found, step| {
                if reasons.is_empty() {
                    return Err(reasons_missing("reasons", "7").into());
                }
                Ok(found.give_back(reasons, step.now)?)
            },
            |found| pb::ReturnPlanResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }

    async fn issue_plan(&self, request: Request<pb::IssuePlanRequest>) -> Reply<pb::IssuePlanResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &body.plan_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let records = &self.desk.records;
        let mut tx = match records.database().begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = records.load_for_update(&mut tx, id).await?;
        policy::authorize(&call.actor, "IssuePlan", &found)?;
        let (priority, replaces, now) = (self.priority(&found).await?, found.replaces, self.desk.now());
        let earlier = match replaces {
            Some(earlier) => Some(records.load_for_update(&mut tx, earlier).await?),
            None => None,
        };
        let issued = found.issue(&priority, earlier.as_ref(), &call.actor, now).map_err(Failure::from)?;
        if let Some(earlier) = earlier {
            let replaced = earlier.replace(now).map_err(Failure::from)?;
            records.save(&mut tx, &replaced, Some(&call.actor)).await?;
        }
        records.save(&mut tx, &issued, Some(&call.actor)).await?;
        let reply = pb::IssuePlanResponse { plan: self.show(issued.record()) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn record_progress(
        &self,
        request: Request<pb::RecordProgressRequest>,
    ) -> Reply<pb::RecordProgressResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "plan_id", &body.plan_id, &body.request_id, &mut violations)?;
        let percent = u8::try_from(body.percent).ok().filter(|percent| *percent <= 100);
        violations.check(percent.is_some(), "percent", "must be 0 to 100 / 须为0至100");
        let remark = violations.text("remark", &body.remark, 0, 1000);
        violations.finish()?;
        let (number, percent) = (u32::try_from(body.number).unwrap_or_default(), percent.unwrap_or_default());
        let reply = self.desk.change(
            &call,
            "RecordProgress",
            id,
            |found, step| Ok(found.progress(number, percent, remark, step.actor, step.now)?),
            |found| pb::RecordProgressResponse { plan: self.show(found) },
        );
        Ok(reply.await?)
    }
}
