//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::inspection_service_server::InspectionService;
use service_kit::page::Page;
use service_kit::{Call, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{state_name, to_proto};
use super::policy;
use crate::desk::{Desk, day, step};
use crate::procedure::inspection::Inspection;
use crate::records::Filter;
use crate::upstreams::Catalog;

pub struct Inspections {
    pub desk: Desk<Inspection>,
    pub catalog: Catalog,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl InspectionService for Inspections {
    async fn create_inspection(
        &self,
        request: Request<pb::CreateInspectionRequest>,
    ) -> Reply<pb::CreateInspectionResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let today = shanghai_date(self.desk.now());
        let unit: Option<UnitId> = violations.parse("unit_id", &body.unit_id);
        let subject = violations.text("subject", &body.subject, 1, 500);
        let visit = day("visit_date", body.visit_date.as_ref(), today, &mut violations);
        violations.finish()?;
        let unit = unit.unwrap_or_else(|| call.actor.unit.clone());
        if let Some(reply) = self.desk.records.database().replay(&call).await? {
            return Ok(Response::new(reply));
        }
        self.catalog.unit(&unit).await?;
        let reply = self.desk.open(
            &call,
            None,
            |id, step| Ok(Inspection::notify(id, unit, subject, visit, step.actor, step.now)?),
            |found| pb::CreateInspectionResponse { inspection: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn get_inspection(
        &self,
        request: Request<pb::GetInspectionRequest>,
    ) -> Reply<pb::GetInspectionResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().inspection_id;
        let found = self.desk.read(&actor, policy::READ, "inspection_id", id).await?;
        Ok(Response::new(pb::GetInspectionResponse { inspection: Some(to_proto(&found)) }))
    }

    async fn list_inspections(
        &self,
        request: Request<pb::ListInspectionsRequest>,
    ) -> Reply<pb::ListInspectionsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListInspectionsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::InspectionState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let filter = Filter {
            unit: unit.as_ref(),
            state: state_name(body.state()),
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let show = |found: Inspection| to_proto(&found);
        let (inspections, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListInspectionsResponse { inspections, next_page_token }))
    }

    async fn record_findings(
        &self,
        request: Request<pb::RecordFindingsRequest>,
    ) -> Reply<pb::RecordFindingsResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "inspection_id";
        let (call, id) = step(&request, field, &body.inspection_id, &body.request_id, &mut violations)?;
        violations.check(body.findings.len() <= 100, "findings", "must not be more than 100 / 不得超过100项");
        let findings = body.findings.iter().take(100);
        let findings: Vec<_> =
            findings.map(|finding| violations.text("findings", finding, 1, 2000)).collect();
        let today = shanghai_date(self.desk.now());
        let due = day("statement_due", body.statement_due.as_ref(), today, &mut violations);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "RecordFindings",
            id,
            |found, step| Ok(found.find(findings, due, step.actor, step.now)?),
            |found| pb::RecordFindingsResponse { inspection: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn state_on_findings(
        &self,
        request: Request<pb::StateOnFindingsRequest>,
    ) -> Reply<pb::StateOnFindingsResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "inspection_id";
        let (call, id) = step(&request, field, &body.inspection_id, &body.request_id, &mut violations)?;
        let statement = violations.text("statement", &body.statement, 1, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "StateOnFindings",
            id,
            |found, step| Ok(found.state_on_findings(statement, step.actor, step.now)?),
            |found| pb::StateOnFindingsResponse { inspection: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn close_inspection(
        &self,
        request: Request<pb::CloseInspectionRequest>,
    ) -> Reply<pb::CloseInspectionResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "inspection_id";
        let (call, id) = step(&request, field, &body.inspection_id, &body.request_id, &mut violations)?;
        let conclusion = violations.text("conclusion", &body.conclusion, 1, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "CloseInspection",
            id,
            |found, step| Ok(found.close(conclusion, step.now)?),
            |found| pb::CloseInspectionResponse { inspection: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }
}
