//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::id::{AgreementId, OutsideDeliveryId};
use govshare_proto::agreement::v1 as pb;
use govshare_proto::agreement::v1::outside_delivery_service_server::OutsideDeliveryService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{self, authorize, authorize_recording};
use super::store::{Filter, Store};
use super::{OutsideDelivery, Rejection, Transition, policy};
use crate::convert::day;
use crate::policy::reads_all;
use crate::store;

pub struct OutsideDeliveries {
    pub database: Database,
    pub agreements: store::Store,
    pub store: Store,
}

type Reply<T> = Result<Response<T>, Status>;

impl OutsideDeliveries {
    /// The steps that every change of one record takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: OutsideDeliveryId,
        step: impl FnOnce(OutsideDelivery) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::OutsideDelivery>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &found)?;
        let transition = step(found)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let shown = Some(convert::to_proto(transition.delivery()));
        Ok(Response::new(tx.commit(call, reply(shown)).await?))
    }
}

#[tonic::async_trait]
impl OutsideDeliveryService for OutsideDeliveries {
    async fn record_outside_delivery(
        &self,
        request: Request<pb::RecordOutsideDeliveryRequest>,
    ) -> Reply<pb::RecordOutsideDeliveryResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let agreement = violations.parse("agreement_id", &body.agreement_id);
        let description = violations.text("description", &body.description, 1, 2000);
        let delivered_on = day("delivered_on", body.delivered_on.as_ref(), &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let agreement = agreement.unwrap_or(AgreementId(Uuid::nil()));
        let agreement = self.agreements.load_for_update(&mut tx, agreement).await?;
        authorize_recording(&call.actor, &agreement)?;
        let now = self.database.clock().now();
        let id = OutsideDeliveryId(Uuid::now_v7());
        let transition =
            OutsideDelivery::record(id, &agreement, description, delivered_on, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let outside_delivery = Some(convert::to_proto(transition.delivery()));
        let reply = pb::RecordOutsideDeliveryResponse { outside_delivery };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn confirm_outside_delivery(
        &self,
        request: Request<pb::ConfirmOutsideDeliveryRequest>,
    ) -> Reply<pb::ConfirmOutsideDeliveryResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("outside_delivery_id", &request.get_ref().outside_delivery_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let confirm = |delivery: OutsideDelivery| delivery.confirm(now);
        let reply = |outside_delivery| pb::ConfirmOutsideDeliveryResponse { outside_delivery };
        let id = id.unwrap_or(OutsideDeliveryId(Uuid::nil()));
        Ok(self.change(&call, "ConfirmOutsideDelivery", id, confirm, reply).await?)
    }

    async fn deny_outside_delivery(
        &self,
        request: Request<pb::DenyOutsideDeliveryRequest>,
    ) -> Reply<pb::DenyOutsideDeliveryResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("outside_delivery_id", &body.outside_delivery_id);
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let now = self.database.clock().now();
        let deny = |delivery: OutsideDelivery| delivery.deny(reasons, now);
        let reply = |outside_delivery| pb::DenyOutsideDeliveryResponse { outside_delivery };
        let id = id.unwrap_or(OutsideDeliveryId(Uuid::nil()));
        Ok(self.change(&call, "DenyOutsideDelivery", id, deny, reply).await?)
    }

    async fn get_outside_delivery(
        &self,
        request: Request<pb::GetOutsideDeliveryRequest>,
    ) -> Reply<pb::GetOutsideDeliveryResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("outside_delivery_id", &request.get_ref().outside_delivery_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(OutsideDeliveryId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        let outside_delivery = Some(convert::to_proto(&found));
        Ok(Response::new(pb::GetOutsideDeliveryResponse { outside_delivery }))
    }

    async fn list_outside_deliveries(
        &self,
        request: Request<pb::ListOutsideDeliveriesRequest>,
    ) -> Reply<pb::ListOutsideDeliveriesResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters =
            pb::ListOutsideDeliveriesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::OutsideDeliveryState>("state", body.state);
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
        let show = |delivery| convert::to_proto(&delivery);
        let (outside_deliveries, next_page_token) = page.cut(found, |delivery| delivery.id.0, show);
        Ok(Response::new(pb::ListOutsideDeliveriesResponse { outside_deliveries, next_page_token }))
    }
}
