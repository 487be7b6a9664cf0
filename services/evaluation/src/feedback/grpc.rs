//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_model::pack::Packs;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::feedback_service_server::FeedbackService;
use service_kit::document_number::Series;
use service_kit::form::Print;
use service_kit::page::Page;
use service_kit::{Call, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, form, policy};
use crate::desk::{Desk, step};
use crate::procedure::Rejection;
use crate::procedure::feedback::{Feedback, Receipt};
use crate::records::{Filter, parties_of_case};
use crate::upstreams::Catalog;

pub struct FeedbackForms {
    pub desk: Desk<Feedback>,
    pub catalog: Catalog,
    pub packs: Arc<Packs>,
    pub info_office: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl FeedbackForms {
    fn show(&self, feedback: &Feedback, call: &Call) -> Option<pb::Feedback> {
        Some(convert::to_proto(feedback, &call.actor, &self.info_office))
    }

    /// A case that is the caller's as applicant with this provider.
    async fn require_case(&self, case: CaseId, user: &UnitId, provider: &UnitId) -> Result<(), Failure> {
        let parties = parties_of_case(self.desk.records.database(), case).await?;
        if parties.is_some_and(|(applicant, of)| applicant == user.as_str() && of == provider.as_str()) {
            return Ok(());
        }
        let mut violations = Violations::new();
        violations.add("case_id", "is no case of your unit with this provider / 不是本单位与该提供方的申请");
        Ok(violations.finish()?)
    }
}

#[tonic::async_trait]
impl FeedbackService for FeedbackForms {
    async fn submit_feedback(
        &self,
        request: Request<pb::SubmitFeedbackRequest>,
    ) -> Reply<pb::SubmitFeedbackResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let entry: Option<EntryId> = violations.parse("entry_id", &body.entry_id);
        let case: Option<CaseId> = violations.parse_optional("case_id", &body.case_id);
        let problems = convert::problems(&body.problems, &mut violations);
        violations.finish()?;
        if let Some(reply) = self.desk.records.database().replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let resource = self.catalog.resource(entry.unwrap_or(EntryId(Uuid::nil())), &call.actor).await?;
        if let Some(case) = case {
            self.require_case(case, &call.actor.unit, &resource.provider).await?;
        }
        let pack =
            self.packs.in_force(shanghai_date(self.desk.now())).ok_or(Failure::from(Rejection::NoPolicy))?;
        let calendar = self.desk.records.database().calendar()?;
        let numbers = self.catalog.numbers(&call.actor.unit, Series::Feedback).await?;
        let reply = self.desk.open(
            &call,
            Some(numbers),
            |id, step| {
                let receipt = Receipt::under(pack, &calendar, step.now);
                Ok(Feedback::submit(id, resource, case, problems, receipt, step.actor)?)
            },
            |feedback| pb::SubmitFeedbackResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }

    async fn get_feedback(&self, request: Request<pb::GetFeedbackRequest>) -> Reply<pb::GetFeedbackResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().feedback_id;
        let found = self.desk.read(&actor, policy::READ, "feedback_id", id).await?;
        let feedback = Some(convert::to_proto(&found, &actor, &self.info_office));
        Ok(Response::new(pb::GetFeedbackResponse { feedback }))
    }

    async fn get_feedback_document(
        &self,
        request: Request<pb::GetFeedbackDocumentRequest>,
    ) -> Reply<pb::GetFeedbackDocumentResponse> {
        let actor = call::actor(&request)?;
        let id = &request.get_ref().feedback_id;
        let found = self.desk.read(&actor, policy::DOCUMENT, "feedback_id", id).await?;
        let (user, provider) =
            tokio::try_join!(self.catalog.unit(&found.user), self.catalog.unit(&found.resource.provider))?;
        let pack = self.packs.kept(&found.receipt.pack, found.receipt.pack_version);
        let Print { content, content_type, sha256, file_name } =
            form::filled(&found, pack, &user.name, &provider.name).print();
        let content_type = content_type.to_owned();
        Ok(Response::new(pb::GetFeedbackDocumentResponse { content, content_type, sha256, file_name }))
    }

    async fn list_feedback(
        &self,
        request: Request<pb::ListFeedbackRequest>,
    ) -> Reply<pb::ListFeedbackResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListFeedbackRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::FeedbackState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let filter = Filter {
            unit: unit.as_ref(),
            state: convert::state_name(body.state()),
            overdue: body.overdue,
            ..Filter::of(&actor.unit, policy::open_states(&actor))
        };
        let show = |feedback: Feedback| convert::to_proto(&feedback, &actor, &self.info_office);
        let (feedback, next_page_token) = self.desk.list(&page, filter, show).await?;
        Ok(Response::new(pb::ListFeedbackResponse { feedback, next_page_token }))
    }

    async fn verify_feedback(
        &self,
        request: Request<pb::VerifyFeedbackRequest>,
    ) -> Reply<pb::VerifyFeedbackResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "feedback_id", &body.feedback_id, &body.request_id, &mut violations)?;
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "VerifyFeedback",
            id,
            |feedback, step| Ok(feedback.verify(step.now)?),
            |feedback| pb::VerifyFeedbackResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }

    async fn propose_feedback_answer(
        &self,
        request: Request<pb::ProposeFeedbackAnswerRequest>,
    ) -> Reply<pb::ProposeFeedbackAnswerResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "feedback_id", &body.feedback_id, &body.request_id, &mut violations)?;
        let outcome = convert::outcome(body.outcome(), &mut violations);
        let text = violations.text("text", &body.text, 1, 4000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "ProposeFeedbackAnswer",
            id,
            |feedback, step| Ok(feedback.propose(outcome, text, step.actor, step.now)?),
            |feedback| pb::ProposeFeedbackAnswerResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }

    async fn answer_feedback(
        &self,
        request: Request<pb::AnswerFeedbackRequest>,
    ) -> Reply<pb::AnswerFeedbackResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "feedback_id", &body.feedback_id, &body.request_id, &mut violations)?;
        let text = violations.text("text", &body.text, 1, 4000);
        violations.finish()?;
        let numbers = self.catalog.numbers(&call.actor.unit, Series::FeedbackAnswer).await?;
        let reply = self.desk.change_document(
            &call,
            Some(numbers),
            "AnswerFeedback",
            id,
            |feedback, step| Ok(feedback.answer(text, step.actor, step.now)?),
            |feedback| pb::AnswerFeedbackResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }

    async fn file_feedback(
        &self,
        request: Request<pb::FileFeedbackRequest>,
    ) -> Reply<pb::FileFeedbackResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "feedback_id", &body.feedback_id, &body.request_id, &mut violations)?;
        let remark = violations.text("remark", &body.remark, 0, 1000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "FileFeedback",
            id,
            |feedback, step| Ok(feedback.file(remark, step.actor, step.now)?),
            |feedback| pb::FileFeedbackResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }

    async fn withdraw_feedback(
        &self,
        request: Request<pb::WithdrawFeedbackRequest>,
    ) -> Reply<pb::WithdrawFeedbackResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let (call, id) = step(&request, "feedback_id", &body.feedback_id, &body.request_id, &mut violations)?;
        let reason = violations.text("reason", &body.reason, 1, 1000);
        violations.finish()?;
        let reply = self.desk.change(
            &call,
            "WithdrawFeedback",
            id,
            |feedback, step| Ok(feedback.withdraw(reason, step.now)?),
            |feedback| pb::WithdrawFeedbackResponse { feedback: self.show(feedback, &call) },
        );
        Ok(reply.await?)
    }
}
