//! What this service asks of the audit and the catalogue.

use govshare_model::id::UnitId;
use govshare_proto::audit::internal::v1::ReadFeedRequest;
use govshare_proto::audit::internal::v1::audit_feed_service_client::AuditFeedServiceClient;
use govshare_proto::catalog::internal::v1::GetUnitFactsRequest;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use service_kit::Failure;
use service_kit::client::{Upstream, retrying};

const FEED_LIMIT: i32 = 1000;

/// Client of the audit's feed.
#[derive(Clone)]
pub struct Audit {
    client: AuditFeedServiceClient<Upstream>,
}

impl Audit {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: AuditFeedServiceClient::new(upstream) }
    }

    /// The next leaves with their positions, from `from_position` on.
    pub async fn read(&self, from_position: i64) -> Result<Vec<(i64, Vec<u8>)>, Failure> {
        let feed = retrying(|| {
            let mut client = self.client.clone();
            async move { client.read_feed(ReadFeedRequest { from_position, limit: FEED_LIMIT }).await }
        })
        .await?;
        Ok(feed.events.into_iter().map(|event| (event.position, event.leaf)).collect())
    }
}

/// Client of the catalogue's facts.
#[derive(Clone)]
pub struct Catalog {
    client: CatalogFactsServiceClient<Upstream>,
}

impl Catalog {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: CatalogFactsServiceClient::new(upstream) }
    }

    /// Refuses with NOT_FOUND if the unit is not registered.
    pub async fn require_unit(&self, unit: &UnitId) -> Result<(), Failure> {
        retrying(|| {
            let mut client = self.client.clone();
            async move { client.get_unit_facts(GetUnitFactsRequest { unit_id: unit.to_string() }).await }
        })
        .await?;
        Ok(())
    }
}
