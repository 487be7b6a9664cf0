//! The handlers of supplement and extension, for cases whose pack knows them.

use govshare_proto::access_request::v1 as pb;
use service_kit::{Call, Failure, Violations};
use tonic::{Request, Response};

use crate::access_request::{AccessRequest, Entry, Rejection, State};
use crate::changing::{Reply, Requests, given, written};
use crate::convert::{self, authorize};

impl Requests {
    pub async fn ask_for_supplement(
        &self,
        request: Request<pb::RequestSupplementRequest>,
    ) -> Reply<pb::RequestSupplementResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let id = violations.parse("access_request_id", &body.access_request_id);
        let missing = convert::missing(&body.missing, &mut violations);
        violations.finish()?;
        let now = self.now();
        let step = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.request_supplement(missing, pack, &call.actor, now)?)
        };
        let reply = |access_request| pb::RequestSupplementResponse { access_request };
        Ok(self.change(&call, "RequestSupplement", given(id), step, reply).await?)
    }

    pub async fn supplement(
        &self,
        request: Request<pb::SupplementAccessRequestRequest>,
    ) -> Reply<pb::SupplementAccessRequestResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("access_request_id", &body.access_request_id);
        let form = convert::form(body.form, &mut violations);
        let statement = violations.text("statement", &body.statement, 1, 4000);
        violations.finish()?;
        let id = given(id);
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let incomplete = self.store.load(id).await?;
        authorize(&call.actor, "SupplementAccessRequest", &incomplete)?;
        let State::SupplementRequested { .. } = incomplete.state else {
            return Err(Failure::from(Rejection::WrongState { state: incomplete.told() }).into());
        };
        let resource = match &incomplete.entry {
            Some(Entry { id, version: Some(version), .. }) => {
                Some(self.catalog.received(*id, *version).await?)
            }
            Some(Entry { version: None, .. }) | None => None,
        };
        let (calendar, now) = (self.holidays.calendar().await?, self.now());
        let supplement = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            let by = &call.actor;
            Ok(case.supplement(form, statement, resource.as_ref(), pack, &calendar, by, now)?)
        };
        let reply = |access_request| pb::SupplementAccessRequestResponse { access_request };
        Ok(self.change(&call, "SupplementAccessRequest", id, supplement, reply).await?)
    }

    pub async fn ask_for_extension(
        &self,
        request: Request<pb::RequestExtensionRequest>,
    ) -> Reply<pb::RequestExtensionResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let id = violations.parse("access_request_id", &body.access_request_id);
        let days = u16::try_from(body.working_days).unwrap_or_default();
        violations.check(days > 0, "working_days", "must be at least 1 / 须至少为1个工作日");
        let reason = violations.text("reason", &body.reason, 1, 4000);
        violations.finish()?;
        let now = self.now();
        let step = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.request_extension(days, reason, pack, &call.actor, now)?)
        };
        let reply = |access_request| pb::RequestExtensionResponse { access_request };
        Ok(self.change(&call, "RequestExtension", given(id), step, reply).await?)
    }

    pub async fn decide(
        &self,
        request: Request<pb::DecideExtensionRequest>,
    ) -> Reply<pb::DecideExtensionResponse> {
        let body = request.get_ref();
        let decision = ("decision", &*body.decision);
        let (call, id, text) = written(&request, &body.access_request_id, &body.request_id, decision)?;
        let (granted, calendar, now) = (body.granted, self.holidays.calendar().await?, self.now());
        let decide =
            |case: AccessRequest| Ok(case.decide_extension(granted, text, &calendar, &call.actor, now)?);
        let reply = |access_request| pb::DecideExtensionResponse { access_request };
        Ok(self.change(&call, "DecideExtension", id, decide, reply).await?)
    }
}
