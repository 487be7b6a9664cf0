//! The contract's methods behind the gateway: parse, load, authorize, transition, save, respond.

use aws_lc_rs::rand;
use govshare_model::Actor;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, CaseId, DataVersionId, DeliveryId, EntryId, UnitId};
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::exchange_service_server::ExchangeService;
use service_kit::clock::real_now;
use service_kit::page::Page;
use service_kit::validate::time_to_proto;
use service_kit::{Database, Failure, Reason, Violations, call};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::data_version::publish::Publisher;
use crate::data_version::store::Versions;
use crate::delivery::store::{Deliveries, Filter};
use crate::ticket::store::Tickets;
use crate::ticket::{self, Digest, Lifetime, Ticket};
use crate::upstreams::{Agreements, Catalog};
use crate::{data_version, delivery, policy};

pub struct Exchange {
    pub database: Database,
    pub versions: Versions,
    pub tickets: Tickets,
    pub deliveries: Deliveries,
    pub publisher: Publisher,
    pub catalog: Catalog,
    pub agreements: Agreements,
    pub lifetime: Lifetime,
    /// Address of the data port as tickets tell it.
    pub download_uri: String,
}

type Reply<T> = Result<Response<T>, Status>;

impl Exchange {
    /// The applicant of the agreement that a user names, if data of `entry` may flow under it now.
    async fn user_of(
        &self,
        entry: EntryId,
        agreement: Option<AgreementId>,
    ) -> Result<Option<UnitId>, Failure> {
        let Some(agreement) = agreement else { return Ok(None) };
        let agreement = match self.agreements.agreement(agreement).await {
            Ok(agreement) => agreement,
            Err(Failure::Refused(refusal)) if refusal.reason() == Reason::NotFound => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let flows = agreement.lets_flow(shanghai_date(self.database.clock().now())).is_ok();
        Ok((flows && agreement.entry == entry).then_some(agreement.applicant))
    }

    async fn user_if_needed(
        &self,
        actor: &Actor,
        provider: &UnitId,
        entry: EntryId,
        agreement: Option<AgreementId>,
    ) -> Result<Option<UnitId>, Failure> {
        if policy::needs_agreement(actor, provider) { self.user_of(entry, agreement).await } else { Ok(None) }
    }
}

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn publish_data_version(
        &self,
        request: Request<Streaming<pb::PublishDataVersionRequest>>,
    ) -> Reply<pb::PublishDataVersionResponse> {
        let caller = call::caller(&request)?.clone();
        Ok(Response::new(self.publisher.publish(&caller, request.into_inner()).await?))
    }

    async fn get_data_version(
        &self,
        request: Request<pb::GetDataVersionRequest>,
    ) -> Reply<pb::GetDataVersionResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let id = violations.parse("data_version_id", &body.data_version_id);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        let version = self.versions.load(id.unwrap_or(DataVersionId(Uuid::nil()))).await?;
        let user = self.user_if_needed(&actor, &version.provider, version.entry, agreement).await?;
        policy::authorize_reading(&actor, &version, user.as_ref())?;
        let data_version = Some(data_version::convert::to_proto(&version));
        Ok(Response::new(pb::GetDataVersionResponse { data_version }))
    }

    async fn list_data_versions(
        &self,
        request: Request<pb::ListDataVersionsRequest>,
    ) -> Reply<pb::ListDataVersionsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListDataVersionsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let page: Page<i32> = Page::parse(body.page_size, &body.page_token, 50, 1000, &filters)?;
        let mut violations = Violations::new();
        let entry = violations.parse("entry_id", &body.entry_id);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        let entry = entry.unwrap_or(EntryId(Uuid::nil()));
        let provider = self.catalog.entry(entry).await?.provider;
        let user = self.user_if_needed(&actor, &provider, entry, agreement).await?;
        policy::authorize_listing(&actor, &provider, entry, user.as_ref())?;
        let found = self.versions.list(entry, page.after, page.size + 1).await?;
        let show = |version| data_version::convert::to_proto(&version);
        let (data_versions, next_page_token) = page.cut(found, |version| version.version, show);
        Ok(Response::new(pb::ListDataVersionsResponse { data_versions, next_page_token }))
    }

    async fn create_ticket(
        &self,
        request: Request<pb::CreateTicketRequest>,
    ) -> Reply<pb::CreateTicketResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let agreement = violations.parse("agreement_id", &body.agreement_id);
        let version = violations.parse("data_version_id", &body.data_version_id);
        violations.finish()?;
        let agreement = self.agreements.agreement(agreement.unwrap_or(AgreementId(Uuid::nil()))).await?;
        policy::authorize_taking(&actor, &agreement)?;
        let version = self.versions.load(version.unwrap_or(DataVersionId(Uuid::nil()))).await?;
        agreement.lets_flow(shanghai_date(self.database.clock().now())).map_err(Failure::from)?;
        let issue =
            Ticket::issue(&agreement, &version, &actor, self.lifetime, real_now()).map_err(Failure::from)?;

        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| Failure::internal("no random numbers"))?;
        let ticket = ticket::text(random);
        self.tickets.save(&issue, Digest::of(&ticket)).await?;
        Ok(Response::new(pb::CreateTicketResponse {
            ticket,
            download_uri: self.download_uri.clone(),
            expire_time: Some(time_to_proto(issue.ticket().expire)),
            data_version: Some(data_version::convert::to_proto(&version)),
        }))
    }

    async fn get_delivery(&self, request: Request<pb::GetDeliveryRequest>) -> Reply<pb::GetDeliveryResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("delivery_id", &request.get_ref().delivery_id);
        violations.finish()?;
        let found = self.deliveries.load(id.unwrap_or(DeliveryId(Uuid::nil()))).await?;
        policy::authorize_delivery(&actor, &found)?;
        let delivery = Some(delivery::convert::to_proto(&found));
        Ok(Response::new(pb::GetDeliveryResponse { delivery }))
    }

    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Reply<pb::ListDeliveriesResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListDeliveriesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let page: Page<Uuid> = Page::parse(body.page_size, &body.page_token, 50, 1000, &filters)?;
        let mut violations = Violations::new();
        let case: Option<CaseId> = violations.parse_optional("case_id", &body.case_id);
        violations.finish()?;
        let found = self
            .deliveries
            .list(Filter {
                party: (!policy::reads_all(&actor)).then_some(&actor.unit),
                case,
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |delivery| delivery::convert::to_proto(&delivery);
        let (deliveries, next_page_token) = page.cut(found, |delivery| delivery.id.0, show);
        Ok(Response::new(pb::ListDeliveriesResponse { deliveries, next_page_token }))
    }
}
