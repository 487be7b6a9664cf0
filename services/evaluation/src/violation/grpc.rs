//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::sync::Arc;

use govshare_model::Actor;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_model::pack::Packs;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::violation_service_server::ViolationService;
use service_kit::document_number::Series;
use service_kit::page::Page;
use service_kit::{Call, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{state_name, to_proto};
use super::policy;
use crate::desk::{Desk, day, step};
use crate::procedure::Rejection;
use crate::procedure::violation::Violation;
use crate::records::Filter;
use crate::upstreams::Catalog;

pub struct Violations {
    pub desk: Desk<Violation>,
    pub catalog: Catalog,
    pub packs: Arc<Packs>,
}

type Reply<T> = Result<Response<T>, Status>;

fn show(found: &Violation, actor: &Actor) -> Option<pb::Violation> {
    Some(to_proto(found, actor))
}

#[tonic::async_trait]
impl ViolationService for Violations {
    async fn report_violation(
        &self,
        request: Request<pb::ReportViolationRequest>,
    ) -> Reply<pb::ReportViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let unit: Option<UnitId> = violations.parse("unit_id", &body.unit_id);
        let facts = violations.text("facts", &body.facts, 1, 4000);
        let resource = violations.text("resource", &body.resource, 0, 200);
        violations.finish()?;
        let unit = unit.unwrap_or_else(|| call.actor.unit.clone());
        if let Some(reply) = self.desk.records.database().replay(&call).await? {
            return Ok(Response::new(reply));
        }
        self.catalog.unit(&unit).await?;
        let reply = self.desk.open(
            &call,
            None,
            |id, step| Ok(Violation::report(id, unit, facts, resource, step.actor, step.now)?),
            |found| pb::ReportViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn get_violation(
        &self,
        request: Request<pb::GetViolationRequest>,
    ) -> Reply<pb::GetViolationResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().violation_id;
        let found = self.desk.read(&actor, policy::READ, "violation_id", id).await?;
        Ok(Response::new(pb::GetViolationResponse { violation: show(&found, &actor) }))
    }

    async fn list_violations(
        &self,
        request: Request<pb::ListViolationsRequest>,
    ) -> Reply<pb::ListViolationsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListViolationsRequest { page_size: 0, page_token: String::new(), ..body };
        let mut violations = service_kit::Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::ViolationState>("state", body.state);
        violations.finish()?;
        let filter = Filter {
            state: state_name(body.state()),
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let show = |found: Violation| to_proto(&found, &actor);
        let (violations, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListViolationsResponse { violations, next_page_token }))
    }

    async fn investigate_violation(
        &self,
        request: Request<pb::InvestigateViolationRequest>,
    ) -> Reply<pb::InvestigateViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let charge = violations.text("charge", &body.charge, 1, 4000);
        let today = shanghai_date(self.desk.now());
        let tomorrow = today.next_day().unwrap_or(today);
        let due = day("answer_due", body.answer_due.as_ref(), tomorrow, &mut violations);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "InvestigateViolation",
            id,
            |found, step| Ok(found.investigate(charge, due, step.actor, step.now)?),
            |found| pb::InvestigateViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn answer_violation(
        &self,
        request: Request<pb::AnswerViolationRequest>,
    ) -> Reply<pb::AnswerViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let statement = violations.text("statement", &body.statement, 1, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "AnswerViolation",
            id,
            |found, step| Ok(found.answer(statement, step.actor, step.now)?),
            |found| pb::AnswerViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn find_violation(
        &self,
        request: Request<pb::FindViolationRequest>,
    ) -> Reply<pb::FindViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let facts = violations.text("facts", &body.facts, 1, 4000);
        violations.check(!body.grave || !body.kind.is_empty(), "grave", "needs a kind / 须先认定违规类型");
        violations.finish()?;
        let kind = Some(body.kind.as_str()).filter(|kind| !kind.is_empty());
        let numbers = self.catalog.numbers(&call.actor.unit, Series::Violation).await?;
        let reply = self.desk.change_document(
            &call,
            Some(numbers),
            "FindViolation",
            id,
            |found, step| {
                let pack = self.packs.in_force(found.reported_on()).ok_or(Rejection::NoPolicy)?;
                Ok(found.find(pack, kind, facts, body.grave, step.actor, step.now)?)
            },
            |found| pb::FindViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn refer_violation(
        &self,
        request: Request<pb::ReferViolationRequest>,
    ) -> Reply<pb::ReferViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let department: Option<UnitId> = violations.parse("department_unit_id", &body.department_unit_id);
        violations.finish()?;
        let department = department.unwrap_or_else(|| call.actor.unit.clone());
        if let Some(reply) = self.desk.records.database().replay(&call).await? {
            return Ok(Response::new(reply));
        }
        self.catalog.unit(&department).await?;
        let reply = self.desk.change(
            &call,
            "ReferViolation",
            id,
            |found, step| Ok(found.refer(department, step.now)?),
            |found| pb::ReferViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn record_sanction(
        &self,
        request: Request<pb::RecordSanctionRequest>,
    ) -> Reply<pb::RecordSanctionResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let sanction = violations.text("sanction", &body.sanction, 1, 4000);
        violations.finish()?;
        let numbers = self.catalog.numbers(&call.actor.unit, Series::Violation).await?;
        let reply = self.desk.change_document(
            &call,
            Some(numbers),
            "RecordSanction",
            id,
            |found, step| Ok(found.sanction(sanction, step.now)?),
            |found| pb::RecordSanctionResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }

    async fn close_violation(
        &self,
        request: Request<pb::CloseViolationRequest>,
    ) -> Reply<pb::CloseViolationResponse> {
        let body = request.get_ref();
        let mut violations = service_kit::Violations::new();
        let field = "violation_id";
        let (call, id) = step(&request, field, &body.violation_id, &body.request_id, &mut violations)?;
        let remark = violations.text("remark", &body.remark, 1, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "CloseViolation",
            id,
            |found, step| Ok(found.close(remark, step.now)?),
            |found| pb::CloseViolationResponse { violation: show(found, &call.actor) },
        );
        Ok(reply.await?)
    }
}
