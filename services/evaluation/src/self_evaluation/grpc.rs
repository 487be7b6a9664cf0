//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_model::pack::Packs;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::self_evaluation_service_server::SelfEvaluationService;
use service_kit::document_number::Series;
use service_kit::form::Print;
use service_kit::page::Page;
use service_kit::{Call, Failure, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{self, to_proto};
use super::{form, policy};
use crate::desk::{Desk, step};
use crate::error::reasons_missing;
use crate::procedure::Rejection;
use crate::procedure::self_evaluation::{SelfEvaluation, State};
use crate::records::Filter;
use crate::upstreams::Catalog;

pub struct SelfEvaluations {
    pub desk: Desk<SelfEvaluation>,
    pub catalog: Catalog,
    pub packs: Arc<Packs>,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl SelfEvaluationService for SelfEvaluations {
    async fn create_self_evaluation(
        &self,
        request: Request<pb::CreateSelfEvaluationRequest>,
    ) -> Reply<pb::CreateSelfEvaluationResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let period = convert::period(body.period_start.as_ref(), body.period_end.as_ref(), &mut violations);
        let assessments = convert::assessments(&body.assessments, &mut violations);
        violations.finish()?;
        let period =
            period.ok_or_else(|| Failure::internal("a period that is neither parsed nor refused"))?;
        let reply = self.desk.open(
            &call,
            None,
            |id, step| Ok(SelfEvaluation::draft(id, period, assessments, step.actor, step.now)),
            |found| pb::CreateSelfEvaluationResponse { self_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn get_self_evaluation(
        &self,
        request: Request<pb::GetSelfEvaluationRequest>,
    ) -> Reply<pb::GetSelfEvaluationResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().self_evaluation_id;
        let found = self.desk.read(&actor, policy::READ, "self_evaluation_id", id).await?;
        Ok(Response::new(pb::GetSelfEvaluationResponse { self_evaluation: Some(to_proto(&found)) }))
    }

    async fn get_self_evaluation_document(
        &self,
        request: Request<pb::GetSelfEvaluationDocumentRequest>,
    ) -> Reply<pb::GetSelfEvaluationDocumentResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().self_evaluation_id;
        let found = self.desk.read(&actor, policy::DOCUMENT, "self_evaluation_id", id).await?;
        let unit = self.catalog.unit(&found.unit).await?;
        let submitted = match &found.state {
            State::Draft { .. } => self.desk.now(),
            State::Submitted { at, .. } | State::Accepted { submitted: at, .. } => *at,
        };
        let pack = self.packs.in_force(shanghai_date(submitted));
        let Print { content, content_type, sha256, file_name } =
            form::filled(&found, pack, &unit.name).print();
        let content_type = content_type.to_owned();
        let reply = pb::GetSelfEvaluationDocumentResponse { content, content_type, sha256, file_name };
        Ok(Response::new(reply))
    }

    async fn list_self_evaluations(
        &self,
        request: Request<pb::ListSelfEvaluationsRequest>,
    ) -> Reply<pb::ListSelfEvaluationsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListSelfEvaluationsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::SelfEvaluationState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let filter = Filter {
            unit: unit.as_ref(),
            state: convert::state_name(body.state()),
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let show = |found: SelfEvaluation| to_proto(&found);
        let (self_evaluations, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListSelfEvaluationsResponse { self_evaluations, next_page_token }))
    }

    async fn update_self_evaluation(
        &self,
        request: Request<pb::UpdateSelfEvaluationRequest>,
    ) -> Reply<pb::UpdateSelfEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "self_evaluation_id";
        let (call, id) = step(&request, field, &body.self_evaluation_id, &body.request_id, &mut violations)?;
        let assessments = convert::assessments(&body.assessments, &mut violations);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "UpdateSelfEvaluation",
            id,
            |found, step| {
                etag::check(&body.etag, &etag::of(found.head.version), "self-evaluation", id)?;
                Ok(found.revise(assessments, step.now)?)
            },
            |found| pb::UpdateSelfEvaluationResponse { self_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn submit_self_evaluation(
        &self,
        request: Request<pb::SubmitSelfEvaluationRequest>,
    ) -> Reply<pb::SubmitSelfEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "self_evaluation_id";
        let (call, id) = step(&request, field, &body.self_evaluation_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let numbers = self.catalog.numbers(&call.actor.unit, Series::SelfEvaluation).await?;
        let reply = self.desk.change_document(
            &call,
            Some(numbers),
            "SubmitSelfEvaluation",
            id,
            |found, step| {
                let pack = self.packs.in_force(shanghai_date(step.now)).ok_or(Rejection::NoPolicy)?;
                Ok(found.submit(pack, step.actor, step.now)?)
            },
            |found| pb::SubmitSelfEvaluationResponse { self_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn accept_self_evaluation(
        &self,
        request: Request<pb::AcceptSelfEvaluationRequest>,
    ) -> Reply<pb::AcceptSelfEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "self_evaluation_id";
        let (call, id) = step(&request, field, &body.self_evaluation_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "AcceptSelfEvaluation",
            id,
            |found, step| Ok(found.accept(step.actor, step.now)?),
            |found| pb::AcceptSelfEvaluationResponse { self_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }

    async fn return_self_evaluation(
        &self,
        request: Request<pb::ReturnSelfEvaluationRequest>,
    ) -> Reply<pb::ReturnSelfEvaluationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let field = "self_evaluation_id";
        let (call, id) = step(&request, field, &body.self_evaluation_id, &body.request_id, &mut violations)?;
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "ReturnSelfEvaluation",
            id,
            |found, step| {
                if reasons.is_empty() {
                    return Err(reasons_missing("reasons", "32").into());
                }
                Ok(found.give_back(reasons, step.now)?)
            },
            |found| pb::ReturnSelfEvaluationResponse { self_evaluation: Some(to_proto(found)) },
        );
        Ok(reply.await?)
    }
}
