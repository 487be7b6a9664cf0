//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_model::pack::Packs;
use govshare_proto::access_request::v1 as pb;
use govshare_proto::access_request::v1::access_request_service_server::AccessRequestService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::access_request::{AccessRequest, Rejection, Transition};
use crate::convert::{self, authorize};
use crate::policy;
use crate::store::{Filter, Store};
use crate::upstreams::Catalog;

pub struct Requests {
    pub database: Database,
    pub store: Store,
    pub catalog: Catalog,
    pub info_office: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl Requests {
    fn show(&self, request: &AccessRequest, call: &Call) -> Option<pb::AccessRequest> {
        Some(convert::to_proto(request, Some(&call.actor), &self.info_office))
    }

    /// The steps that every transition of one record takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: CaseId,
        step: impl FnOnce(AccessRequest) -> Result<Transition, Failure>,
        reply: impl FnOnce(Option<pb::AccessRequest>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let request = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &request)?;
        let transition = step(request)?;
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = reply(self.show(transition.request(), call));
        Ok(Response::new(tx.commit(call, reply).await?))
    }
}

/// Id and request id of a transition without further fields.
fn parse<M: prost::Message>(
    request: &Request<M>,
    id: &str,
    request_id: &str,
) -> Result<(Call, CaseId), Failure> {
    let mut violations = Violations::new();
    let call = Call::new(request, request_id, &mut violations)?;
    let id = violations.parse("access_request_id", id);
    violations.finish()?;
    Ok((call, id.unwrap_or(CaseId(Uuid::nil()))))
}

#[tonic::async_trait]
impl AccessRequestService for Requests {
    async fn create_access_request(
        &self,
        request: Request<pb::CreateAccessRequestRequest>,
    ) -> Reply<pb::CreateAccessRequestResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let entry: Option<EntryId> = violations.parse("entry_id", &body.entry_id);
        let form = convert::form(body.form, &mut violations);
        violations.finish()?;
        let entry = entry.unwrap_or(EntryId(Uuid::nil()));
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let resource = self.catalog.resource(entry, &call.actor).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let now = self.database.clock().now();
        let number = self.store.next_number(&mut tx, shanghai_date(now).year()).await?;
        let id = CaseId(Uuid::now_v7());
        let transition = AccessRequest::draft(id, number, &resource, entry, form, &call.actor, now);
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply =
            pb::CreateAccessRequestResponse { access_request: self.show(transition.request(), &call) };
        Ok(Response::new(tx.commit(&call, reply).await?))
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

    async fn list_access_requests(
        &self,
        request: Request<pb::ListAccessRequestsRequest>,
    ) -> Reply<pb::ListAccessRequestsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListAccessRequestsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let page: Page<Uuid> = Page::parse(body.page_size, &body.page_token, 50, 1000, &filters)?;
        let mut violations = Violations::new();
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
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let form = convert::form(body.form, &mut violations);
        let mask = convert::form_mask(body.update_mask, &mut violations);
        violations.finish()?;
        let now = self.database.clock().now();
        let revise = |request: AccessRequest| {
            convert::check_etag(&body.etag, &request, &call.actor, &self.info_office)?;
            let form = mask.merge(request.form.clone(), form);
            Ok(request.revise(form, now)?)
        };
        let reply = |access_request| pb::UpdateAccessRequestResponse { access_request };
        Ok(self.change(&call, "UpdateAccessRequest", id, revise, reply).await?)
    }

    async fn submit_access_request(
        &self,
        request: Request<pb::SubmitAccessRequestRequest>,
    ) -> Reply<pb::SubmitAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let draft = self.store.load(id).await?;
        authorize(&call.actor, "SubmitAccessRequest", &draft)?;
        let resource = self.catalog.resource(draft.entry, &call.actor).await?;
        let now = self.database.clock().now();
        let submit = |request: AccessRequest| {
            let pack = Packs::builtin().in_force(shanghai_date(now)).ok_or(Rejection::NoPolicy)?;
            Ok(request.submit(&resource, pack, Calendar::builtin(), now)?)
        };
        let reply = |access_request| pb::SubmitAccessRequestResponse { access_request };
        Ok(self.change(&call, "SubmitAccessRequest", id, submit, reply).await?)
    }

    async fn propose_answer(
        &self,
        request: Request<pb::ProposeAnswerRequest>,
    ) -> Reply<pb::ProposeAnswerResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let kind = convert::answer_kind(body.kind(), &mut violations);
        let reasons = violations.text("reasons", &body.reasons, 0, 4000);
        violations.finish()?;
        let now = self.database.clock().now();
        let propose = |request: AccessRequest| Ok(request.propose(kind, reasons, &call.actor, now)?);
        let reply = |access_request| pb::ProposeAnswerResponse { access_request };
        Ok(self.change(&call, "ProposeAnswer", id, propose, reply).await?)
    }

    async fn consent_access_request(
        &self,
        request: Request<pb::ConsentAccessRequestRequest>,
    ) -> Reply<pb::ConsentAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let now = self.database.clock().now();
        let consent = |request: AccessRequest| Ok(request.consent(&call.actor, now)?);
        let reply = |access_request| pb::ConsentAccessRequestResponse { access_request };
        Ok(self.change(&call, "ConsentAccessRequest", id, consent, reply).await?)
    }

    async fn refuse_access_request(
        &self,
        request: Request<pb::RefuseAccessRequestRequest>,
    ) -> Reply<pb::RefuseAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let mut violations = Violations::new();
        let reasons = violations.text("reasons", &request.get_ref().reasons, 0, 4000);
        violations.finish()?;
        let now = self.database.clock().now();
        let refuse = |request: AccessRequest| Ok(request.refuse(reasons, &call.actor, now)?);
        let reply = |access_request| pb::RefuseAccessRequestResponse { access_request };
        Ok(self.change(&call, "RefuseAccessRequest", id, refuse, reply).await?)
    }

    async fn withdraw_access_request(
        &self,
        request: Request<pb::WithdrawAccessRequestRequest>,
    ) -> Reply<pb::WithdrawAccessRequestResponse> {
        let (call, id) =
            parse(&request, &request.get_ref().access_request_id, &request.get_ref().request_id)?;
        let now = self.database.clock().now();
        let withdraw = |request: AccessRequest| Ok(request.withdraw(now)?);
        let reply = |access_request| pb::WithdrawAccessRequestResponse { access_request };
        Ok(self.change(&call, "WithdrawAccessRequest", id, withdraw, reply).await?)
    }
}
