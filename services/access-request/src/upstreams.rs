//! What this service asks of the catalogue.

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_model::pack::SharingClass;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::internal::v1::{GetEntryFactsRequest, GetUnitFactsRequest};
use govshare_proto::catalog::v1::{EntryState, SharingType};
use service_kit::client::{Upstream, retrying};
use service_kit::{Failure, Refusal};

use crate::access_request::{Rejection, Resource};

/// Client of the catalogue's facts.
#[derive(Clone)]
pub struct Catalog {
    client: CatalogFactsServiceClient<Upstream>,
}

impl Catalog {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: CatalogFactsServiceClient::new(upstream) }
    }

    /// Refuses a unit that is not in the register.
    pub async fn check_unit(&self, unit: &UnitId) -> Result<(), Failure> {
        let request = GetUnitFactsRequest { unit_id: unit.to_string() };
        retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_unit_facts(request).await }
        })
        .await?;
        Ok(())
    }

    /// The published version of an entry, if it can be applied for. What was never published does not exist for
    /// other units than its provider.
    pub async fn resource(&self, id: EntryId, asking: &Actor) -> Result<Resource, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            async move {
                client.get_entry_facts(GetEntryFactsRequest { entry_id: id.to_string(), version: 0 }).await
            }
        })
        .await?;
        let entry = facts.entry.ok_or_else(|| Failure::internal("entry facts without an entry"))?;
        if entry.published.is_none() && entry.provider_unit_id != asking.unit.as_str() {
            return Err(Refusal::not_found("entry", id).into());
        }
        let state = match entry.state() {
            EntryState::Published => None,
            EntryState::Suspended => Some("SUSPENDED"),
            EntryState::Retired => Some("RETIRED"),
            EntryState::Draft | EntryState::Unspecified => Some("DRAFT"),
        };
        if let Some(state) = state {
            return Err(Rejection::ResourceNotPublished { state }.into());
        }
        let version =
            entry.published.ok_or_else(|| Failure::internal("a published entry without a version"))?;
        let content = version.content.ok_or_else(|| Failure::internal("a version without content"))?;
        let class = match content.sharing_type() {
            SharingType::Unconditional => SharingClass::Active,
            SharingType::Conditional => SharingClass::OnApplication,
            SharingType::Withheld => SharingClass::NotShared,
            SharingType::Unspecified => {
                return Err(Failure::internal("published without a sharing type"));
            }
        };
        Ok(Resource {
            entry: id,
            provider: entry.provider_unit_id.parse().map_err(Failure::internal)?,
            title: content.title,
            version: version.version,
            class,
            items: content.items.into_iter().map(|item| item.name).collect(),
        })
    }
}
