//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::Packs;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::yearly_evaluation_service_server::YearlyEvaluationService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Failure, Refusal, Violations, call};
use time::{Date, Month};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{result_to_proto, scheme_or, state_name, to_proto};
use super::{Account, frozen, policy, report};
use crate::desk::{Desk, step};
use crate::procedure::Rejection;
use crate::procedure::scheme::Scheme;
use crate::procedure::yearly_evaluation::YearlyEvaluation;
use crate::records::Filter;

pub struct YearlyEvaluations {
    pub desk: Desk<YearlyEvaluation>,
    pub account: Account,
    pub packs: Arc<Packs>,
}

type Reply<T> = Result<Response<T>, Status>;

impl YearlyEvaluations {
    async fn read(
        &self,
        actor: &govshare_model::Actor,
        method: &str,
        id: &str,
    ) -> Result<YearlyEvaluation, Failure> {
        self.desk.read(actor, method, "yearly_evaluation_id", id).await
    }
}

#[tonic::async_trait]
impl YearlyEvaluationService for YearlyEvaluations {
    async fn create_yearly_evaluation(
        &self,
        request: Request<pb::CreateYearlyEvaluationRequest>,
    ) -> Reply<pb::CreateYearlyEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let (year, now) = (body.year, self.desk.now());
        let past = (2014..=shanghai_date(now).year()).contains(&year);
        violations.check(past, "year", "must be 2014 to the current year / 须为2014年至本年度");
        let scheme = scheme_or(body.scheme.as_ref(), Scheme::builtin());
        if !violations.is_empty() {
            violations.check(scheme.is_ok(), "scheme", "has weights that make no scheme / 权重设置有误");
        }
        violations.finish()?;
        let scheme = scheme?;
        let mut tx = match self.desk.records.database().begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let computation = self.account.compute(&mut tx, year, &scheme).await?;
        let transition = YearlyEvaluation::compute(Uuid::now_v7(), year, scheme, computation, now)
            .map_err(Failure::from)?;
        self.desk.records.save(&mut tx, &transition, Some(&call.actor)).await?;
        let yearly_evaluation = Some(to_proto(transition.record()));
        let reply = pb::CreateYearlyEvaluationResponse { yearly_evaluation };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn recompute_yearly_evaluation(
        &self,
        request: Request<pb::RecomputeYearlyEvaluationRequest>,
    ) -> Reply<pb::RecomputeYearlyEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "yearly_evaluation_id";
        let (call, id) =
            step(&request, field, &body.yearly_evaluation_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let mut tx = match self.desk.records.database().begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.desk.records.load_for_update(&mut tx, id).await?;
        policy::authorize(&call.actor, "RecomputeYearlyEvaluation", &found)?;
        let scheme = scheme_or(body.scheme.as_ref(), found.scheme.clone())?;
        let computation = self.account.compute(&mut tx, found.year, &scheme).await?;
        let transition = found.recompute(scheme, computation, self.desk.now()).map_err(Failure::from)?;
        self.desk.records.save(&mut tx, &transition, Some(&call.actor)).await?;
        let yearly_evaluation = Some(to_proto(transition.record()));
        let reply = pb::RecomputeYearlyEvaluationResponse { yearly_evaluation };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn freeze_yearly_evaluation(
        &self,
        request: Request<pb::FreezeYearlyEvaluationRequest>,
    ) -> Reply<pb::FreezeYearlyEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "yearly_evaluation_id";
        let (call, id) =
            step(&request, field, &body.yearly_evaluation_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "FreezeYearlyEvaluation",
            id,
            |found, step| Ok(found.freeze(step.actor, step.now)?),
            |found| pb::FreezeYearlyEvaluationResponse { yearly_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn report_yearly_evaluation(
        &self,
        request: Request<pb::ReportYearlyEvaluationRequest>,
    ) -> Reply<pb::ReportYearlyEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "yearly_evaluation_id";
        let (call, id) =
            step(&request, field, &body.yearly_evaluation_id, &body.request_id, &mut violations)?;
        let summary = violations.text("summary", &body.summary, 0, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "ReportYearlyEvaluation",
            id,
            |found, step| Ok(found.report(summary, step.actor, step.now)?),
            |found| pb::ReportYearlyEvaluationResponse { yearly_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn get_yearly_evaluation(
        &self,
        request: Request<pb::GetYearlyEvaluationRequest>,
    ) -> Reply<pb::GetYearlyEvaluationResponse> {
        let actor = call::actor(&request)?;
        let found = self.read(&actor, policy::READ, &request.get_ref().yearly_evaluation_id).await?;
        Ok(Response::new(pb::GetYearlyEvaluationResponse { yearly_evaluation: Some(to_proto(&found)) }))
    }

    async fn list_yearly_evaluations(
        &self,
        request: Request<pb::ListYearlyEvaluationsRequest>,
    ) -> Reply<pb::ListYearlyEvaluationsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListYearlyEvaluationsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::YearlyEvaluationState>("state", body.state);
        violations.finish()?;
        let filter = Filter {
            state: state_name(body.state()),
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let show = |found: YearlyEvaluation| to_proto(&found);
        let (yearly_evaluations, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListYearlyEvaluationsResponse { yearly_evaluations, next_page_token }))
    }

    async fn list_unit_results(
        &self,
        request: Request<pb::ListUnitResultsRequest>,
    ) -> Reply<pb::ListUnitResultsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListUnitResultsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<usize> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.parse::<Uuid>("yearly_evaluation_id", &body.yearly_evaluation_id);
        violations.finish()?;
        let found = self.read(&actor, "ListUnitResults", &body.yearly_evaluation_id).await?;
        let (all, wanted) = (policy::reads_all(&actor), usize::try_from(page.size + 1).unwrap_or(usize::MAX));
        let results = found.computation.results.iter().enumerate();
        let results = results.filter(|(_, result)| all || result.unit == actor.unit);
        let after = |place: &usize| page.after.is_none_or(|after| *place > after);
        let results: Vec<_> = results.filter(|(place, _)| after(place)).take(wanted).collect();
        let (results, next_page_token) =
            page.cut(results, |(place, _)| *place, |(_, result)| result_to_proto(result));
        Ok(Response::new(pb::ListUnitResultsResponse { results, next_page_token }))
    }

    async fn verify_yearly_evaluation(
        &self,
        request: Request<pb::VerifyYearlyEvaluationRequest>,
    ) -> Reply<pb::VerifyYearlyEvaluationResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().yearly_evaluation_id;
        let found = self.read(&actor, "VerifyYearlyEvaluation", id).await?;
        let again = self.account.recompute(&found).await?;
        Ok(Response::new(pb::VerifyYearlyEvaluationResponse {
            reproduced: again == found.computation,
            results_sha256: again.digest,
            event_count: again.feed_position,
        }))
    }

    async fn check_yearly_evaluations(
        &self,
        request: Request<pb::CheckYearlyEvaluationsRequest>,
    ) -> Reply<pb::CheckYearlyEvaluationsResponse> {
        let year = request.get_ref().year;
        let mut violations = Violations::new();
        violations.check((2014..=2999).contains(&year), "year", "must be 2014 to 2999 / 须为2014至2999");
        violations.finish()?;
        let end = Date::from_calendar_date(year, Month::December, 31).map_err(Failure::internal)?;
        let pack = self.packs.in_force(end).ok_or_else(|| Failure::from(Rejection::NoPolicy))?;
        let rule = &pack.evaluation.district_per_year;
        let required = i32::from(rule.value);
        let done = frozen(self.desk.records.database(), year).await?;
        let done = i32::try_from(done.len()).unwrap_or(i32::MAX);
        Ok(Response::new(pb::CheckYearlyEvaluationsResponse {
            required,
            frozen: done,
            missing: (required - done).max(0),
            basis: format!("{}/{} {}", pack.id, pack.version, rule.article.within_its_text()),
        }))
    }

    async fn list_priority_units(
        &self,
        request: Request<pb::ListPriorityUnitsRequest>,
    ) -> Reply<pb::ListPriorityUnitsResponse> {
        let year = request.get_ref().year;
        let mut violations = Violations::new();
        violations.check((2014..=2999).contains(&year), "year", "must be 2014 to 2999 / 须为2014至2999");
        violations.finish()?;
        let frozen = frozen(self.desk.records.database(), year).await?;
        let found = frozen
            .first()
            .ok_or_else(|| Failure::from(Refusal::not_found("yearly-evaluation", year).article("6")))?;
        let units = found.outstanding().map(result_to_proto).collect();
        let yearly_evaluation_id = found.head.id.to_string();
        Ok(Response::new(pb::ListPriorityUnitsResponse { units, yearly_evaluation_id }))
    }

    async fn render_yearly_report(
        &self,
        request: Request<pb::RenderYearlyReportRequest>,
    ) -> Reply<pb::RenderYearlyReportResponse> {
        let actor = call::actor(&request)?;
        let body = request.get_ref();
        let mut violations = Violations::new();
        let format = report::Format::from_proto(body.format(), &mut violations);
        violations.parse::<Uuid>("yearly_evaluation_id", &body.yearly_evaluation_id);
        violations.finish()?;
        let found = self.read(&actor, "RenderYearlyReport", &body.yearly_evaluation_id).await?;
        let rendered = report::render(&found, format)?;
        Ok(Response::new(pb::RenderYearlyReportResponse {
            content: rendered.content,
            media_type: rendered.media_type.to_owned(),
            file_name: rendered.file_name,
        }))
    }
}
