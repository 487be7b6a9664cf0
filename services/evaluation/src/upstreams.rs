//! What this service asks of the audit and the catalogue.

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::audit::internal::v1::ReadFeedRequest;
use govshare_proto::audit::internal::v1::audit_feed_service_client::AuditFeedServiceClient;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::internal::v1::{GetEntryFactsRequest, GetUnitFactsRequest};
use service_kit::client::{Upstream, retrying};
use service_kit::document_number::Series;
use service_kit::{Failure, Refusal};
use tonic::Code;

use crate::desk::Numbers;
use crate::procedure::feedback::Resource;

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

/// A unit of the register.
pub struct RegisteredUnit {
    pub name: String,
    /// 机关代字.
    pub document_prefix: String,
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

    /// A unit as the register knows it; NOT_FOUND if it is not registered.
    pub async fn unit(&self, unit: &UnitId) -> Result<RegisteredUnit, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            async move { client.get_unit_facts(GetUnitFactsRequest { unit_id: unit.to_string() }).await }
        })
        .await?;
        let name = facts.unit.map(|unit| unit.display_name).unwrap_or_default();
        Ok(RegisteredUnit { name, document_prefix: facts.document_prefix })
    }

    /// Numbers of `unit`'s documents in a series; what is not registered goes by its id.
    pub async fn numbers(&self, unit: &UnitId, series: Series) -> Result<Numbers, Failure> {
        let prefix = match self.unit(unit).await {
            Ok(found) => found.document_prefix,
            Err(Failure::Upstream(status)) if status.code() == Code::NotFound => unit.to_string(),
            Err(failure) => return Err(failure),
        };
        Ok(Numbers { prefix, series })
    }

    /// The published version of an entry, suspended and retired ones too: data that was taken before may be found
    /// wrong later. What was never published does not exist for other units than its provider.
    pub async fn resource(&self, id: EntryId, asking: &Actor) -> Result<Resource, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            let request = GetEntryFactsRequest { entry_id: id.to_string(), version: 0 };
            async move { client.get_entry_facts(request).await }
        })
        .await?;
        let entry = facts.entry.ok_or_else(|| Failure::internal("entry facts without an entry"))?;
        let unlisted = || Failure::from(Refusal::not_found("entry", id));
        if entry.published.is_none() && entry.provider_unit_id != asking.unit.as_str() {
            return Err(unlisted());
        }
        let version = entry.published.or(facts.version).ok_or_else(unlisted)?;
        Ok(Resource {
            entry: id,
            version: version.version,
            title: version.content.map(|content| content.title).unwrap_or_default(),
            provider: entry.provider_unit_id.parse().map_err(Failure::internal)?,
        })
    }
}
