//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::{CaseId, UnitId};
use govshare_proto::access_request::v1 as pb;
use govshare_proto::access_request::v1::access_request_service_server::AccessRequestService;
use service_kit::page::Page;
use service_kit::{Call, Violations, call};
use tonic::{Request, Response};
use uuid::Uuid;

use crate::access_request::AccessRequest;
use crate::access_request::case_file::EscalationKind;
use crate::changing::{Reply, Requests, given, parse, parse_with, written};
use crate::convert::{self, authorize};
use crate::policy;
use crate::store::Filter;

#[tonic::async_trait]
impl AccessRequestService for Requests {
    async fn create_access_request(
        &self,
        request: Request<pb::CreateAccessRequestRequest>,
    ) -> Reply<pb::CreateAccessRequestResponse> {
        self.create(request).await
    }

    async fn get_access_request(
        &self,
        request: Request<pb::GetAccessRequestRequest>,
    ) -> Reply<pb::GetAccessRequestResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("access_request_id", &request.get_ref().access_request_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(CaseId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        let access_request = Some(convert::to_proto(&found, Some(&actor), &self.info_office));
        Ok(Response::new(pb::GetAccessRequestResponse { access_request }))
    }

    async fn get_access_request_document(
        &self,
        request: Request<pb::GetAccessRequestDocumentRequest>,
    ) -> Reply<pb::GetAccessRequestDocumentResponse> {
        self.document(request).await
    }

    async fn list_access_requests(
        &self,
        request: Request<pb::ListAccessRequestsRequest>,
    ) -> Reply<pb::ListAccessRequestsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListAccessRequestsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::AccessRequestState>("state", body.state);
        let applicant: Option<UnitId> =
            violations.parse_optional("applicant_unit_id", &body.applicant_unit_id);
        let provider: Option<UnitId> = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                party: (!policy::reads_all(&actor)).then_some(&actor.unit),
                applicant: applicant.as_ref(),
                provider: provider.as_ref(),
                drafts_of: policy::MEMBERS.iter().any(|role| actor.is(*role)).then_some(&actor.unit),
                viewer: &actor.unit,
                state: convert::state_name(body.state()),
                overdue: body.overdue,
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |request| convert::to_proto(&request, Some(&actor), &self.info_office);
        let (access_requests, next_page_token) = page.cut(found, |request| request.id.0, show);
        Ok(Response::new(pb::ListAccessRequestsResponse { access_requests, next_page_token }))
    }

    async fn update_access_request(
        &self,
        request: Request<pb::UpdateAccessRequestRequest>,
    ) -> Reply<pb::UpdateAccessRequestResponse> {
        let mut violations = Violations::new();
        let body = request.get_ref();
        let form = convert::form(body.form.clone(), &mut violations);
        let mask = convert::form_mask(body.update_mask.clone(), &mut violations);
        let (call, id) = parse_with(&request, &body.access_request_id, &body.request_id, violations)?;
        let now = self.now();
        let revise = |request: AccessRequest| {
            convert::check_etag(&body.etag, &request, &call.actor, &self.info_office)?;
            let form = mask.merge(request.form.clone(), form);
            Ok(request.revise(form, &call.actor, now)?)
        };
        let reply = |access_request| pb::UpdateAccessRequestResponse { access_request };
        Ok(self.change(&call, "UpdateAccessRequest", id, revise, reply).await?)
    }

    async fn submit_access_request(
        &self,
        request: Request<pb::SubmitAccessRequestRequest>,
    ) -> Reply<pb::SubmitAccessRequestResponse> {
        self.submit(request).await
    }

    async fn supplement_access_request(
        &self,
        request: Request<pb::SupplementAccessRequestRequest>,
    ) -> Reply<pb::SupplementAccessRequestResponse> {
        self.supplement(request).await
    }

    async fn enter_paper_request(
        &self,
        request: Request<pb::EnterPaperRequestRequest>,
    ) -> Reply<pb::EnterPaperRequestResponse> {
        self.enter_paper(request).await
    }

    async fn forward_access_request(
        &self,
        request: Request<pb::ForwardAccessRequestRequest>,
    ) -> Reply<pb::ForwardAccessRequestResponse> {
        self.forward(request).await
    }

    async fn name_entry(&self, request: Request<pb::NameEntryRequest>) -> Reply<pb::NameEntryResponse> {
        self.name(request).await
    }

    async fn propose_answer(
        &self,
        request: Request<pb::ProposeAnswerRequest>,
    ) -> Reply<pb::ProposeAnswerResponse> {
        let mut violations = Violations::new();
        let body = request.get_ref();
        let wording = convert::wording(body, &mut violations);
        let (call, id) = parse_with(&request, &body.access_request_id, &body.request_id, violations)?;
        let now = self.now();
        let propose = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.propose(wording, pack, &call.actor, now)?)
        };
        let reply = |access_request| pb::ProposeAnswerResponse { access_request };
        Ok(self.change(&call, "ProposeAnswer", id, propose, reply).await?)
    }

    async fn consent_access_request(
        &self,
        request: Request<pb::ConsentAccessRequestRequest>,
    ) -> Reply<pb::ConsentAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let now = self.now();
        let etag = &request.get_ref().etag;
        let consent = |case: AccessRequest| {
            convert::check_etag(etag, &case, &call.actor, &self.info_office)?;
            let pack = self.rules.of(&case)?;
            Ok(case.consent(pack, &call.actor, now)?)
        };
        let reply = |access_request| pb::ConsentAccessRequestResponse { access_request };
        Ok(self.issue(&call, "ConsentAccessRequest", id, consent, reply).await?)
    }

    async fn refuse_access_request(
        &self,
        request: Request<pb::RefuseAccessRequestRequest>,
    ) -> Reply<pb::RefuseAccessRequestResponse> {
        let mut violations = Violations::new();
        let body = request.get_ref();
        let reasons = violations.text("reasons", &body.reasons, 0, 4000);
        let (call, id) = parse_with(&request, &body.access_request_id, &body.request_id, violations)?;
        let now = self.now();
        let etag = &request.get_ref().etag;
        let refuse = |case: AccessRequest| {
            convert::check_etag(etag, &case, &call.actor, &self.info_office)?;
            let pack = self.rules.of(&case)?;
            Ok(case.refuse(reasons, pack, &call.actor, now)?)
        };
        let reply = |access_request| pb::RefuseAccessRequestResponse { access_request };
        Ok(self.issue(&call, "RefuseAccessRequest", id, refuse, reply).await?)
    }

    async fn withdraw_access_request(
        &self,
        request: Request<pb::WithdrawAccessRequestRequest>,
    ) -> Reply<pb::WithdrawAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let now = self.now();
        let withdraw = |case: AccessRequest| Ok(case.withdraw(now)?);
        let reply = |access_request| pb::WithdrawAccessRequestResponse { access_request };
        Ok(self.change(&call, "WithdrawAccessRequest", id, withdraw, reply).await?)
    }

    async fn object_to_refusal(
        &self,
        request: Request<pb::ObjectToRefusalRequest>,
    ) -> Reply<pb::ObjectToRefusalResponse> {
        let body = request.get_ref();
        let grounds = ("grounds", &*body.grounds);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, grounds)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.object(text, &call.actor, now)?);
        let reply = |access_request| pb::ObjectToRefusalResponse { access_request };
        Ok(self.change(&call, "ObjectToRefusal", id, step, reply).await?)
    }

    async fn settle_access_request(
        &self,
        request: Request<pb::SettleAccessRequestRequest>,
    ) -> Reply<pb::SettleAccessRequestResponse> {
        let body = request.get_ref();
        let outcome = ("outcome", &*body.outcome);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, outcome)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.settle(text, &call.actor, now)?);
        let reply = |access_request| pb::SettleAccessRequestResponse { access_request };
        Ok(self.change(&call, "SettleAccessRequest", id, step, reply).await?)
    }

    async fn record_superior_consent(
        &self,
        request: Request<pb::RecordSuperiorConsentRequest>,
    ) -> Reply<pb::RecordSuperiorConsentResponse> {
        let body = request.get_ref();
        let outcome = ("outcome", &*body.outcome);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, outcome)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.superior_consents(text, &call.actor, now)?);
        let reply = |access_request| pb::RecordSuperiorConsentResponse { access_request };
        Ok(self.change(&call, "RecordSuperiorConsent", id, step, reply).await?)
    }

    async fn state_superior_refusal(
        &self,
        request: Request<pb::StateSuperiorRefusalRequest>,
    ) -> Reply<pb::StateSuperiorRefusalResponse> {
        let body = request.get_ref();
        let statement = ("statement", &*body.statement);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, statement)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.superior_refuses(text, &call.actor, now)?);
        let reply = |access_request| pb::StateSuperiorRefusalResponse { access_request };
        Ok(self.issue(&call, "StateSuperiorRefusal", id, step, reply).await?)
    }

    async fn request_city_coordination(
        &self,
        request: Request<pb::RequestCityCoordinationRequest>,
    ) -> Reply<pb::RequestCityCoordinationResponse> {
        let body = request.get_ref();
        let statement = ("statement", &*body.statement);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, statement)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.ask_city(text, &call.actor, now)?);
        let reply = |access_request| pb::RequestCityCoordinationResponse { access_request };
        Ok(self.change(&call, "RequestCityCoordination", id, step, reply).await?)
    }

    async fn remind_provider(
        &self,
        request: Request<pb::RemindProviderRequest>,
    ) -> Reply<pb::RemindProviderResponse> {
        let body = request.get_ref();
        let statement = ("statement", &*body.statement);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, statement)?;
        let now = self.now();
        let step =
            |case: AccessRequest| Ok(case.escalate(EscalationKind::Reminder, text, &call.actor, now)?);
        let reply = |access_request| pb::RemindProviderResponse { access_request };
        Ok(self.change(&call, "RemindProvider", id, step, reply).await?)
    }

    async fn report_to_working_group(
        &self,
        request: Request<pb::ReportToWorkingGroupRequest>,
    ) -> Reply<pb::ReportToWorkingGroupResponse> {
        let body = request.get_ref();
        let statement = ("statement", &*body.statement);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, statement)?;
        let now = self.now();
        let step = |case: AccessRequest| Ok(case.escalate(EscalationKind::Report, text, &call.actor, now)?);
        let reply = |access_request| pb::ReportToWorkingGroupResponse { access_request };
        Ok(self.change(&call, "ReportToWorkingGroup", id, step, reply).await?)
    }

    async fn coordinate_objection(
        &self,
        request: Request<pb::CoordinateObjectionRequest>,
    ) -> Reply<pb::CoordinateObjectionResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let id = violations.parse("access_request_id", &body.access_request_id);
        let outcome = convert::outcome(body.outcome(), &mut violations);
        let opinion = violations.text("opinion", &body.opinion, 1, 4000);
        violations.finish()?;
        let (calendar, now) = (self.holidays.calendar().await?, self.now());
        let coordinate = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.coordinate(outcome, opinion, pack, &calendar, &call.actor, now)?)
        };
        let reply = |access_request| pb::CoordinateObjectionResponse { access_request };
        Ok(self.change(&call, "CoordinateObjection", given(id), coordinate, reply).await?)
    }

    async fn start_superior_liaison(
        &self,
        request: Request<pb::StartSuperiorLiaisonRequest>,
    ) -> Reply<pb::StartSuperiorLiaisonResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let id = violations.parse("access_request_id", &body.access_request_id);
        let superior = violations.text("body", &body.body, 1, 200);
        let statement = violations.text("statement", &body.statement, 1, 4000);
        violations.finish()?;
        let now = self.now();
        let start = |case: AccessRequest| Ok(case.start_liaison(superior, statement, &call.actor, now)?);
        let reply = |access_request| pb::StartSuperiorLiaisonResponse { access_request };
        Ok(self.change(&call, "StartSuperiorLiaison", given(id), start, reply).await?)
    }

    async fn record_city_coordination(
        &self,
        request: Request<pb::RecordCityCoordinationRequest>,
    ) -> Reply<pb::RecordCityCoordinationResponse> {
        let body = request.get_ref();
        let outcome = ("outcome", &*body.outcome);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, outcome)?;
        let (provided, calendar, now) = (body.provided, self.holidays.calendar().await?, self.now());
        let record = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.city_coordinated(provided, text, pack, &calendar, &call.actor, now)?)
        };
        let reply = |access_request| pb::RecordCityCoordinationResponse { access_request };
        Ok(self.change(&call, "RecordCityCoordination", id, record, reply).await?)
    }

    async fn request_supplement(
        &self,
        request: Request<pb::RequestSupplementRequest>,
    ) -> Reply<pb::RequestSupplementResponse> {
        self.ask_for_supplement(request).await
    }

    async fn request_extension(
        &self,
        request: Request<pb::RequestExtensionRequest>,
    ) -> Reply<pb::RequestExtensionResponse> {
        self.ask_for_extension(request).await
    }

    async fn decide_extension(
        &self,
        request: Request<pb::DecideExtensionRequest>,
    ) -> Reply<pb::DecideExtensionResponse> {
        self.decide(request).await
    }
}
