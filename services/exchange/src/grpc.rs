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

use crate::basis::Entry;
use crate::data_version::DataVersion;
use crate::data_version::publish::Publisher;
use crate::data_version::store::Versions;
use crate::defect::store::Defects;
use crate::delivery::store::{Deliveries, Filter};
use crate::ticket::store::Tickets;
use crate::ticket::{self, Digest, Issue, Lifetime, Ticket};
use crate::upstreams::{Agreements, Catalog};
use crate::{data_version, delivery, error, policy};

pub struct Exchange {
    pub database: Database,
    pub versions: Versions,
    pub tickets: Tickets,
    pub deliveries: Deliveries,
    pub defects: Defects,
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
    async fn applicant_of(&self, entry: EntryId, agreement: AgreementId) -> Result<Option<UnitId>, Failure> {
        let agreement = match self.agreements.agreement(agreement).await {
            Ok(agreement) => agreement,
            Err(Failure::Refused(refusal)) if refusal.reason() == Reason::NotFound => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let flows = agreement.lets_flow(shanghai_date(self.database.clock().now())).is_ok();
        Ok((flows && agreement.entry == entry).then_some(agreement.applicant))
    }

    /// The caller's unit, if it may take data of the entry now, by active sharing or under the agreement it names.
    pub async fn user(
        &self,
        actor: &Actor,
        entry: &Entry,
        id: EntryId,
        agreement: Option<AgreementId>,
    ) -> Result<Option<UnitId>, Failure> {
        if entry.lets_flow().is_ok() {
            return Ok(Some(actor.unit.clone()));
        }
        match agreement {
            Some(agreement) => self.applicant_of(id, agreement).await,
            None => Ok(None),
        }
    }

    /// A ticket under an agreement.
    async fn ticket_under(
        &self,
        actor: &Actor,
        agreement: AgreementId,
        version: DataVersionId,
    ) -> Result<(Issue, DataVersion), Failure> {
        let agreement = self.agreements.agreement(agreement).await?;
        policy::authorize_taking(actor, &agreement)?;
        let version = self.versions.load(version).await?;
        agreement.lets_flow(shanghai_date(self.database.clock().now()))?;
        let issue = Ticket::issue(&agreement, &version, actor, self.lifetime, real_now())?;
        Ok((issue, version))
    }

    /// A ticket for what its provider shares actively.
    async fn ticket_actively(
        &self,
        actor: &Actor,
        version: DataVersionId,
    ) -> Result<(Issue, DataVersion), Failure> {
        let version = match self.versions.load(version).await {
            Err(Failure::Refused(refusal)) if refusal.reason() == Reason::NotFound => {
                return Err(error::no_active_sharing(version));
            }
            found => found?,
        };
        let entry = self.catalog.entry(version.entry).await?;
        if policy::needs_permission(actor, &version.provider) {
            entry.lets_flow().map_err(|_| error::no_active_sharing(version.id))?;
            policy::authorize_active_taking(actor, &version)?;
        } else {
            policy::authorize_active_taking(actor, &version)?;
            entry.lets_flow()?;
        }
        let issue = Ticket::issue_actively(&version, actor, self.lifetime, real_now());
        Ok((issue, version))
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
        let user = if policy::needs_permission(&actor, &version.provider) {
            let entry = self.catalog.entry(version.entry).await?;
            self.user(&actor, &entry, version.entry, agreement).await?
        } else {
            None
        };
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
        let mut violations = Violations::new();
        let page: Page<i32> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let entry = violations.parse("entry_id", &body.entry_id);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        let id = entry.unwrap_or(EntryId(Uuid::nil()));
        let entry = self.catalog.entry(id).await?;
        let user = if policy::needs_permission(&actor, &entry.provider) {
            self.user(&actor, &entry, id, agreement).await?
        } else {
            None
        };
        policy::authorize_listing(&actor, &entry.provider, id, user.as_ref())?;
        let found = self.versions.list(id, page.after, page.size + 1).await?;
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
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        let version = violations.parse("data_version_id", &body.data_version_id);
        violations.finish()?;
        let version = version.unwrap_or(DataVersionId(Uuid::nil()));
        let (issue, version) = match agreement {
            Some(agreement) => self.ticket_under(&actor, agreement, version).await?,
            None => self.ticket_actively(&actor, version).await?,
        };
        self.defects.check_acknowledged(version.id, &actor.unit).await?;

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
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
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
