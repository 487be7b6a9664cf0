//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::{AgreementId, DisclosureId};
use govshare_proto::agreement::v1 as pb;
use govshare_proto::agreement::v1::disclosure_service_server::DisclosureService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{self, authorize, authorize_request};
use super::store::{Filter, Store};
use super::{Disclosure, Rejection, Transition, Wish, policy};
use crate::convert::day;
use crate::policy::reads_all;
use crate::store;

pub struct Disclosures {
    pub database: Database,
    pub agreements: store::Store,
    pub store: Store,
}

type Reply<T> = Result<Response<T>, Status>;

impl Disclosures {
    /// The steps that every change of one record takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: DisclosureId,
        step: impl FnOnce(Disclosure) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::Disclosure>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &found)?;
        let transition = step(found)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let shown = Some(convert::to_proto(transition.disclosure()));
        Ok(Response::new(tx.commit(call, reply(shown)).await?))
    }
}

#[tonic::async_trait]
impl DisclosureService for Disclosures {
    async fn request_disclosure(
        &self,
        request: Request<pb::RequestDisclosureRequest>,
    ) -> Reply<pb::RequestDisclosureResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let agreement = violations.parse("agreement_id", &body.agreement_id);
        let wish = Wish {
            third_party: violations.text("third_party", &body.third_party, 1, 200),
            scope: violations.text("scope", &body.scope, 1, 2000),
            purpose: violations.text("purpose", &body.purpose, 1, 2000),
        };
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let agreement = agreement.unwrap_or(AgreementId(Uuid::nil()));
        let agreement = self.agreements.load_for_update(&mut tx, agreement).await?;
        authorize_request(&call.actor, &agreement)?;
        let now = self.database.clock().now();
        let id = DisclosureId(Uuid::now_v7());
        let transition = Disclosure::request(id, &agreement, wish, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let disclosure = Some(convert::to_proto(transition.disclosure()));
        let reply = pb::RequestDisclosureResponse { disclosure };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn consent_disclosure(
        &self,
        request: Request<pb::ConsentDisclosureRequest>,
    ) -> Reply<pb::ConsentDisclosureResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("disclosure_id", &request.get_ref().disclosure_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let consent = |disclosure: Disclosure| disclosure.consent(now);
        let reply = |disclosure| pb::ConsentDisclosureResponse { disclosure };
        let id = id.unwrap_or(DisclosureId(Uuid::nil()));
        Ok(self.change(&call, "ConsentDisclosure", id, consent, reply).await?)
    }

    async fn refuse_disclosure(
        &self,
        request: Request<pb::RefuseDisclosureRequest>,
    ) -> Reply<pb::RefuseDisclosureResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("disclosure_id", &body.disclosure_id);
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let now = self.database.clock().now();
        let refuse = |disclosure: Disclosure| disclosure.refuse(reasons, now);
        let reply = |disclosure| pb::RefuseDisclosureResponse { disclosure };
        let id = id.unwrap_or(DisclosureId(Uuid::nil()));
        Ok(self.change(&call, "RefuseDisclosure", id, refuse, reply).await?)
    }

    async fn record_disclosure(
        &self,
        request: Request<pb::RecordDisclosureRequest>,
    ) -> Reply<pb::RecordDisclosureResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("disclosure_id", &body.disclosure_id);
        let on = day("disclosed_on", body.disclosed_on.as_ref(), &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id.unwrap_or(DisclosureId(Uuid::nil()))).await?;
        authorize(&call.actor, "RecordDisclosure", &found)?;
        let agreement = self.agreements.load_for_update(&mut tx, found.agreement).await?;
        let now = self.database.clock().now();
        let transition = found.make(&agreement, on, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let disclosure = Some(convert::to_proto(transition.disclosure()));
        Ok(Response::new(tx.commit(&call, pb::RecordDisclosureResponse { disclosure }).await?))
    }

    async fn get_disclosure(
        &self,
        request: Request<pb::GetDisclosureRequest>,
    ) -> Reply<pb::GetDisclosureResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("disclosure_id", &request.get_ref().disclosure_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(DisclosureId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        let disclosure = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetDisclosureResponse { disclosure }))
    }

    async fn list_disclosures(
        &self,
        request: Request<pb::ListDisclosuresRequest>,
    ) -> Reply<pb::ListDisclosuresResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListDisclosuresRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::DisclosureState>("state", body.state);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                party: (!reads_all(&actor)).then_some(&actor.unit),
                agreement,
                state: convert::state_name(body.state()),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |disclosure| convert::to_proto(&disclosure);
        let (disclosures, next_page_token) = page.cut(found, |disclosure| disclosure.id.0, show);
        Ok(Response::new(pb::ListDisclosuresResponse { disclosures, next_page_token }))
    }
}
