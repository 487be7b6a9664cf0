//! The platform as a test sees it: a gateway, and an issuer that mints tokens for whoever acts.

use std::time::Duration;

use govshare_cluster::Identity;
use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::{access_request, agreement, audit, catalog, evaluation, exchange, security_review};
use tonic::Status;
use tonic::transport::Channel;

use crate::people::Person;

/// People and steps against one gateway, whoever runs the services behind it.
#[derive(Clone)]
pub struct Platform {
    pub identity: Identity,
    channel: Channel,
}

impl Platform {
    pub fn at(gateway: &str, identity: Identity) -> Self {
        let channel = Channel::from_shared(gateway.to_owned()).expect("an address").connect_lazy();
        Self { identity, channel }
    }

    /// A person of `unit` with one role, as the sandbox would mint them.
    pub fn person(&self, unit: &str, role: Role) -> Person {
        self.someone(unit, &format!("{unit}.{}", role.as_str()), &[role])
    }

    /// Any person.
    pub fn someone(&self, unit: &str, subject: &str, roles: &[Role]) -> Person {
        let unit: UnitId = unit.parse().expect("a unit id");
        let token = self.identity.mint_for(&unit, subject, roles).expect("a token");
        Person::new(self.channel.clone(), &token, unit)
    }

    /// Whoever sends this token; an empty one sends none.
    pub fn bearer(&self, token: &str) -> Person {
        Person::new(self.channel.clone(), token, "nobody".parse().expect("a unit id"))
    }

    pub fn info_office(&self) -> Person {
        self.someone("info-office", "info-office.officer", &[Role::InfoOffice, Role::Drafter])
    }

    /// Events as the info office reads them, to the last page.
    pub async fn events(&self, of: audit::v1::ListEventsRequest) -> Result<Vec<audit::v1::Event>, Status> {
        let mut request = audit::v1::ListEventsRequest { page_size: 1000, ..of };
        let mut events = Vec::new();
        loop {
            let page = self.info_office().audit().list_events(request.clone()).await?.into_inner();
            events.extend(page.events);
            if page.next_page_token.is_empty() {
                return Ok(events);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The events of a case, see [`Platform::events`].
    pub async fn events_of_case(&self, case: &str) -> Result<Vec<audit::v1::Event>, Status> {
        self.events(audit::v1::ListEventsRequest { case_id: case.to_owned(), ..Default::default() }).await
    }

    /// The events of one record, `kind/id`, see [`Platform::events`].
    pub async fn events_of(&self, aggregate: &str) -> Result<Vec<audit::v1::Event>, Status> {
        let of = audit::v1::ListEventsRequest { aggregate: aggregate.to_owned(), ..Default::default() };
        self.events(of).await
    }

    /// Waits until every service answers through the gateway.
    pub async fn wait_until_ready(&self) {
        let anyone = self.person("jiaowei", Role::Drafter);
        eventually("every service answers through the gateway", async || {
            let answers = [
                anyone.units().list_units(catalog::v1::ListUnitsRequest::default()).await.map(drop),
                anyone.entries().search_entries(catalog::v1::SearchEntriesRequest::default()).await.map(drop),
                anyone
                    .requests()
                    .list_access_requests(access_request::v1::ListAccessRequestsRequest::default())
                    .await
                    .map(drop),
                anyone
                    .reviews()
                    .list_reviews(security_review::v1::ListReviewsRequest::default())
                    .await
                    .map(drop),
                anyone
                    .agreements()
                    .list_agreements(agreement::v1::ListAgreementsRequest::default())
                    .await
                    .map(drop),
                anyone
                    .exchange()
                    .list_deliveries(exchange::v1::ListDeliveriesRequest::default())
                    .await
                    .map(drop),
                anyone.audit().list_events(audit::v1::ListEventsRequest::default()).await.map(drop),
                anyone
                    .evaluation()
                    .list_unit_indicators(evaluation::v1::ListUnitIndicatorsRequest::default())
                    .await
                    .map(drop),
            ];
            answers.into_iter().collect::<Result<(), _>>()
        })
        .await;
    }
}

/// Repeats `check` until it holds; a test that waits for something waits on it, never for a time.
pub async fn eventually<T, E: std::fmt::Display>(claim: &str, check: impl AsyncFn() -> Result<T, E>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        match check().await {
            Ok(value) => return value,
            Err(why) if tokio::time::Instant::now() > deadline => panic!("not in 30 s: {claim}: {why}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
