//! What this service asks of the catalogue.

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_model::pack::SharingClass;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::internal::v1::holiday_service_client::HolidayServiceClient;
use govshare_proto::catalog::internal::v1::{
    GetEntryFactsRequest, GetEntryFactsResponse, GetUnitFactsRequest, RecordHolidayNoticeRequest,
};
use govshare_proto::catalog::v1::{EntryState, EntryVersion, SharingType};
use prost::Message;
use service_kit::client::{Upstream, retrying};
use service_kit::outbox::Destination;
use service_kit::{Failure, Refusal};
use tonic::Code;

use crate::access_request::{Rejection, Resource};

/// Destination of loaded holiday notices in the outbox.
pub const HOLIDAY_NOTICES: &str = "catalog.record-holiday-notice";

/// A unit as the register names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredUnit {
    pub name: String,
    /// What the numbers of its documents begin with (机关代字).
    pub prefix: String,
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

    /// A unit of the register, which refuses what it does not know.
    pub async fn unit(&self, unit: &UnitId) -> Result<RegisteredUnit, Failure> {
        let request = GetUnitFactsRequest { unit_id: unit.to_string() };
        let facts = retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_unit_facts(request).await }
        })
        .await?;
        let found = facts.unit.ok_or_else(|| Failure::internal("unit facts without a unit"))?;
        Ok(RegisteredUnit { name: found.display_name, prefix: facts.document_prefix })
    }

    /// As [`Catalog::unit`]; what is not registered goes by its id.
    pub async fn named(&self, unit: &UnitId) -> Result<RegisteredUnit, Failure> {
        match self.unit(unit).await {
            Err(Failure::Upstream(status)) if status.code() == Code::NotFound => {
                Ok(RegisteredUnit { name: unit.to_string(), prefix: unit.to_string() })
            }
            found => found,
        }
    }

    /// The published version of an entry, if it can be applied for. What was never published does not exist for
    /// other units than its provider.
    pub async fn resource(&self, id: EntryId, asking: &Actor) -> Result<Resource, Failure> {
        let entry =
            self.entry(id, 0).await?.entry.ok_or_else(|| Failure::internal("facts without an entry"))?;
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
        resource(id, &entry.provider_unit_id, version)
    }

    /// The version of an entry that a case was received for, whatever became of the entry since.
    pub async fn received(&self, id: EntryId, version: i32) -> Result<Resource, Failure> {
        let facts = self.entry(id, version).await?;
        let entry = facts.entry.ok_or_else(|| Failure::internal("facts without an entry"))?;
        let version = facts.version.ok_or_else(|| Failure::internal("facts without the version"))?;
        resource(id, &entry.provider_unit_id, version)
    }

    /// Version 0: the published one.
    async fn entry(&self, id: EntryId, version: i32) -> Result<GetEntryFactsResponse, Failure> {
        let request = GetEntryFactsRequest { entry_id: id.to_string(), version };
        retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_entry_facts(request).await }
        })
        .await
    }
}

/// Delivers loaded holiday notices; the catalogue takes repeats.
pub fn holiday_notices(catalog: Upstream) -> Destination {
    let client = HolidayServiceClient::new(catalog);
    Destination::commands(HOLIDAY_NOTICES, move |payload| {
        let mut client = client.clone();
        async move {
            let command = RecordHolidayNoticeRequest::decode(payload.as_slice())
                .map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
            client.record_holiday_notice(command).await.map(drop)
        }
    })
}

fn resource(entry: EntryId, provider: &str, version: EntryVersion) -> Result<Resource, Failure> {
    let content = version.content.ok_or_else(|| Failure::internal("a version without content"))?;
    let class = match content.sharing_type() {
        SharingType::Unconditional => SharingClass::Active,
        SharingType::Conditional => SharingClass::OnApplication,
        SharingType::Withheld => SharingClass::NotShared,
        SharingType::Unspecified => return Err(Failure::internal("published without a sharing type")),
    };
    Ok(Resource {
        entry,
        provider: provider.parse().map_err(Failure::internal)?,
        title: content.title,
        version: version.version,
        class,
        items: content.items.into_iter().map(|item| item.name).collect(),
    })
}
