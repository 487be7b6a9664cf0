//! The handlers that ask the catalogue what the resource is before they change anything.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_proto::access_request::v1 as pb;
use service_kit::{Begin, Call, Failure, Violations};
use time::Date;
use tonic::{Request, Response};
use uuid::Uuid;

use crate::access_request::{AccessRequest, Asked, Destination, Received, Renewal, Resource};
use crate::changing::{Reply, Requests, given, numbered, parse};
use crate::convert::{self, authorize};

impl Requests {
    pub async fn create(
        &self,
        request: Request<pb::CreateAccessRequestRequest>,
    ) -> Reply<pb::CreateAccessRequestResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let entry: Option<EntryId> = violations.parse_optional("entry_id", &body.entry_id);
        let renewed: Option<CaseId> =
            violations.parse_optional("renews_access_request_id", &body.renews_access_request_id);
        let wanted = violations.text("wanted", &body.wanted, 0, 2000);
        violations.check(
            body.entry_id.is_empty() != wanted.is_empty(),
            "entry_id",
            "either the entry or what is wanted is to be named / 目录条目与所需信息须填写其一",
        );
        violations.check(
            renewed.is_none() || entry.is_some(),
            "renews_access_request_id",
            "a renewal names its entry / 续办须指明目录条目",
        );
        let form = convert::form(body.form, &mut violations);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let now = self.now();
        let asked = match entry {
            Some(entry) => Asked::Entry(self.catalog.resource(entry, &call.actor).await?),
            None => Asked::Wanted(wanted),
        };
        let renewal = match (renewed, entry) {
            (Some(case), Some(entry)) => Some(self.renewal(&call, case, entry, shanghai_date(now)).await?),
            _ => None,
        };

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let number = self.store.next_number(&mut tx, shanghai_date(now).year()).await?;
        let id = CaseId(Uuid::now_v7());
        let transition = AccessRequest::draft(id, number, &asked, renewal, form, &call.actor, now);
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply =
            pb::CreateAccessRequestResponse { access_request: self.show(transition.request(), &call) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    /// What the caller's unit has agreed and may go on with.
    async fn renewal(
        &self,
        call: &Call,
        case: CaseId,
        entry: EntryId,
        today: Date,
    ) -> Result<Renewal, Failure> {
        let agreed = self.store.load(case).await?;
        authorize(&call.actor, crate::policy::READ, &agreed)?;
        Ok(agreed.renewal(&call.actor.unit, entry, today)?)
    }

    pub async fn submit(
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
        let (resource, calendar, issuer) = tokio::join!(
            self.known(&draft, &call),
            self.holidays.calendar(),
            self.catalog.named(&call.actor.unit),
        );
        let (resource, calendar, now) = (resource?, calendar?, self.now());
        let submit = |case: AccessRequest| {
            let pack = self.rules.in_force(shanghai_date(now))?;
            Ok(match &resource {
                Some(resource) => case.submit(resource, pack, &calendar, &call.actor, now)?,
                None => case.submit_to_info_office(pack, &call.actor, now)?,
            })
        };
        let reply = |access_request| pb::SubmitAccessRequestResponse { access_request };
        Ok(self.carry_out(&call, ("SubmitAccessRequest", id), issuer, submit, reply).await?)
    }

    pub async fn enter_paper(
        &self,
        request: Request<pb::EnterPaperRequestRequest>,
    ) -> Reply<pb::EnterPaperRequestResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let applicant: Option<UnitId> = violations.parse("applicant_unit_id", &body.applicant_unit_id);
        let entry: Option<EntryId> = violations.parse("entry_id", &body.entry_id);
        let form = convert::form(body.form, &mut violations);
        let on = violations.date("receive_date", body.receive_date.as_ref());
        violations.check(body.receive_date.is_some(), "receive_date", "is required / 必填");
        let reason = violations.text("reason", &body.reason, 1, 2000);
        violations.finish()?;
        let (Some(applicant), Some(entry), Some(on)) = (applicant, entry, on) else {
            return Err(Failure::internal("fields without a violation").into());
        };
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let issuer = self.catalog.unit(&applicant).await?;
        let resource = self.catalog.resource(entry, &call.actor).await?;
        let (calendar, now) = (self.holidays.calendar().await?, self.now());
        let pack = self.rules.in_force(on).map_err(Failure::from)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let number = self.store.next_number(&mut tx, shanghai_date(now).year()).await?;
        let (id, received) = (CaseId(Uuid::now_v7()), Received { applicant, on, reason });
        let by = &call.actor;
        let transition =
            AccessRequest::enter_paper(id, number, received, &resource, form, pack, &calendar, by, now)
                .map_err(Failure::from)?;
        let transition = numbered(&mut tx, transition, Ok(issuer)).await?;
        self.store.save(&mut tx, &transition, Some(by)).await?;
        let reply = pb::EnterPaperRequestResponse { access_request: self.show(transition.request(), &call) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    pub async fn forward(
        &self,
        request: Request<pb::ForwardAccessRequestRequest>,
    ) -> Reply<pb::ForwardAccessRequestResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("access_request_id", &body.access_request_id);
        let provider: Option<UnitId> = violations.parse("provider_unit_id", &body.provider_unit_id);
        let entry: Option<EntryId> = violations.parse_optional("entry_id", &body.entry_id);
        let note = violations.text("note", &body.note, 0, 4000);
        violations.finish()?;
        let id = given(id);
        let Some(provider) = provider else {
            return Err(Failure::internal("fields without a violation").into());
        };
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        authorize(&call.actor, "ForwardAccessRequest", &self.store.load(id).await?)?;
        self.catalog.unit(&provider).await?;
        let resource = match entry {
            Some(entry) => Some(self.catalog.resource(entry, &call.actor).await?),
            None => None,
        };
        let (calendar, now) = (self.holidays.calendar().await?, self.now());
        let forward = |case: AccessRequest| {
            let pack = self.rules.in_force(shanghai_date(now))?;
            let to = Destination { provider, resource };
            Ok(case.forward(to, note, pack, &calendar, &call.actor, now)?)
        };
        let reply = |access_request| pb::ForwardAccessRequestResponse { access_request };
        Ok(self.change(&call, "ForwardAccessRequest", id, forward, reply).await?)
    }

    pub async fn name(&self, request: Request<pb::NameEntryRequest>) -> Reply<pb::NameEntryResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("access_request_id", &body.access_request_id);
        let entry: Option<EntryId> = violations.parse("entry_id", &body.entry_id);
        violations.finish()?;
        let (id, entry) = (given(id), entry.unwrap_or(EntryId(Uuid::nil())));
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        authorize(&call.actor, "NameEntry", &self.store.load(id).await?)?;
        let resource = self.catalog.resource(entry, &call.actor).await?;
        let now = self.now();
        let name = |case: AccessRequest| {
            let pack = self.rules.of(&case)?;
            Ok(case.name_entry(&resource, pack, now)?)
        };
        let reply = |access_request| pb::NameEntryResponse { access_request };
        Ok(self.change(&call, "NameEntry", id, name, reply).await?)
    }

    /// The resource of a request that has an entry, as the catalogue knows it now.
    pub async fn known(&self, request: &AccessRequest, call: &Call) -> Result<Option<Resource>, Failure> {
        match &request.entry {
            Some(entry) => Ok(Some(self.catalog.resource(entry.id, &call.actor).await?)),
            None => Ok(None),
        }
    }
}
