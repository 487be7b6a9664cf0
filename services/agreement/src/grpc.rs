//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::{AgreementId, CaseId};
use govshare_proto::agreement::v1 as pb;
use govshare_proto::agreement::v1::agreement_service_server::AgreementService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::case::{Case, Matter};
use crate::changing::Agreements;
use crate::convert::{self, authorize, authorize_drafting};
use crate::policy;
use crate::store::Filter;

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl AgreementService for Agreements {
    async fn create_agreement(
        &self,
        request: Request<pb::CreateAgreementRequest>,
    ) -> Reply<pb::CreateAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let case = violations.parse("case_id", &body.case_id);
        let terms = convert::terms(body.terms, &mut violations);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let received = self.cases.received(case.unwrap_or(CaseId(Uuid::nil()))).await?;
        authorize_drafting(&call.actor, &received, &self.info_office)?;
        let case = received.case()?;
        let pack = case.pack(&self.packs).map_err(Failure::from)?;
        let (resource, named) = tokio::try_join!(
            self.catalog.resource(case.entry, case.entry_version),
            self.named_parties(&case),
        )?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let id = AgreementId(Uuid::now_v7());
        let now = self.database.clock().now();
        let number = self.next_number(&mut tx, &named).await?;
        let matter = Matter { case: &case, resource: &resource, parties: &named, pack, number: &number };
        let transition = Agreement::draft(id, &matter, terms, &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = pb::CreateAgreementResponse { agreement: self.show(transition.agreement()) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_agreement(
        &self,
        request: Request<pb::GetAgreementRequest>,
    ) -> Reply<pb::GetAgreementResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(AgreementId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        Ok(Response::new(pb::GetAgreementResponse { agreement: self.show(&found) }))
    }

    async fn list_agreements(
        &self,
        request: Request<pb::ListAgreementsRequest>,
    ) -> Reply<pb::ListAgreementsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListAgreementsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::AgreementState>("state", body.state);
        let case: Option<CaseId> = violations.parse_optional("case_id", &body.case_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                party: (!policy::reads_all(&actor)).then_some(&actor.unit),
                case,
                state: convert::state_name(body.state()),
                today: self.today(),
                duty_overdue: body.duty_overdue,
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |agreement| self.show(&agreement).unwrap_or_default();
        let (agreements, next_page_token) = page.cut(found, |agreement| agreement.id.0, show);
        Ok(Response::new(pb::ListAgreementsResponse { agreements, next_page_token }))
    }

    async fn get_agreement_document(
        &self,
        request: Request<pb::GetAgreementDocumentRequest>,
    ) -> Reply<pb::GetAgreementDocumentResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        let kind = convert::kind(request.get_ref().kind(), &mut violations);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(AgreementId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ_DOCUMENT, &found)?;
        let rendered = self.store.document(found.id, kind).await?;
        Ok(Response::new(pb::GetAgreementDocumentResponse {
            document: Some(convert::document_to_proto(&rendered.document)),
            content: rendered.content,
        }))
    }

    async fn sign_agreement(
        &self,
        request: Request<pb::SignAgreementRequest>,
    ) -> Reply<pb::SignAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let kind = convert::kind(request.get_ref().kind(), &mut violations);
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        convert::signature(&body.key_id, &body.signature, &mut violations);
        violations.finish()?;
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        let found = self.store.load(id).await?;
        authorize(&call.actor, "SignAgreement", &found)?;
        let verified = self.verify(&found, &call.actor.unit, kind, &body.key_id, body.signature).await?;
        let now = self.database.clock().now();
        let sign = |agreement: Agreement| match &verified {
            Some(verified) => Ok(agreement.sign(verified, now)?),
            None => Ok(None),
        };
        let reply = |agreement| pb::SignAgreementResponse { agreement };
        Ok(self.change(&call, "SignAgreement", id, sign, reply).await?)
    }

    async fn cancel_agreement(
        &self,
        request: Request<pb::CancelAgreementRequest>,
    ) -> Reply<pb::CancelAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let reason = violations.text("reason", &body.reason, 1, 500);
        violations.finish()?;
        let now = self.database.clock().now();
        let cancel = |agreement: Agreement| Ok(Some(agreement.cancel(reason, now)?));
        let reply = |agreement| pb::CancelAgreementResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "CancelAgreement", id, cancel, reply).await?)
    }

    async fn draft_replacement(
        &self,
        request: Request<pb::DraftReplacementRequest>,
    ) -> Reply<pb::DraftReplacementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let kind = convert::replacement(request.get_ref().kind(), &mut violations);
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let terms = convert::terms(body.terms, &mut violations);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        let found = self.store.load(id).await?;
        authorize(&call.actor, "DraftReplacement", &found)?;
        let case = self.cases.received(found.case).await?.case()?;
        let pack = case.pack(&self.packs).map_err(Failure::from)?;
        let ((entry_version, resource), named) =
            tokio::try_join!(self.catalog.published(found.entry), self.named_parties(&case))?;
        let case = Case { entry_version, ..case };

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        let now = self.database.clock().now();
        let number = self.next_number(&mut tx, &named).await?;
        let matter = Matter { case: &case, resource: &resource, parties: &named, pack, number: &number };
        let new = AgreementId(Uuid::now_v7());
        let drafted = found.draft_replacement(new, kind, &matter, terms, &call.actor, now);
        let transition = drafted.map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = pb::DraftReplacementResponse { agreement: self.show(transition.agreement()) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn suspend_agreement(
        &self,
        request: Request<pb::SuspendAgreementRequest>,
    ) -> Reply<pb::SuspendAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let grounds = violations.text("grounds", &body.grounds, 0, 2000);
        let mend_until = violations.date("mend_until", body.mend_until.as_ref());
        if !violations.is_empty() {
            violations.check(!grounds.is_empty(), "grounds", "written grounds are required / 须书面说明理由");
        }
        violations.finish()?;
        let now = self.database.clock().now();
        let suspend =
            |agreement: Agreement| Ok(Some(agreement.suspend(grounds, mend_until, &call.actor, now)?));
        let reply = |agreement| pb::SuspendAgreementResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "SuspendAgreement", id, suspend, reply).await?)
    }

    async fn resume_agreement(
        &self,
        request: Request<pb::ResumeAgreementRequest>,
    ) -> Reply<pb::ResumeAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let resume = |agreement: Agreement| Ok(Some(agreement.resume(&call.actor, now)?));
        let reply = |agreement| pb::ResumeAgreementResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "ResumeAgreement", id, resume, reply).await?)
    }

    async fn terminate_agreement(
        &self,
        request: Request<pb::TerminateAgreementRequest>,
    ) -> Reply<pb::TerminateAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let grounds = violations.text("grounds", &body.grounds, 0, 2000);
        let negotiation = violations.text("negotiation", &body.negotiation, 0, 2000);
        if !violations.is_empty() {
            violations.check(!grounds.is_empty(), "grounds", "written grounds are required / 须书面说明理由");
        }
        violations.finish()?;
        let now = self.database.clock().now();
        let terminate =
            |agreement: Agreement| Ok(Some(agreement.terminate(grounds, negotiation, &call.actor, now)?));
        let reply = |agreement| pb::TerminateAgreementResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "TerminateAgreement", id, terminate, reply).await?)
    }

    async fn file_termination(
        &self,
        request: Request<pb::FileTerminationRequest>,
    ) -> Reply<pb::FileTerminationResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let file = |agreement: Agreement| Ok(Some(agreement.file_termination(now)?));
        let reply = |agreement| pb::FileTerminationResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "FileTermination", id, file, reply).await?)
    }

    async fn attest_disposal(
        &self,
        request: Request<pb::AttestDisposalRequest>,
    ) -> Reply<pb::AttestDisposalResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let disposal = convert::disposal(request.get_ref().disposal(), &mut violations);
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let statement = violations.text("statement", &body.statement, 1, 2000);
        violations.finish()?;
        let now = self.database.clock().now();
        let attest =
            |agreement: Agreement| Ok(Some(agreement.attest(disposal, statement, &call.actor, now)?));
        let reply = |agreement| pb::AttestDisposalResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "AttestDisposal", id, attest, reply).await?)
    }
}
