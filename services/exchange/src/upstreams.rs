//! What this service asks of the catalogue and of the agreements.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, EntryId};
use govshare_proto::agreement::internal::v1::GetAgreementFactsRequest;
use govshare_proto::agreement::internal::v1::agreement_facts_service_client::AgreementFactsServiceClient;
use govshare_proto::agreement::v1::{self as agreement_pb, AgreementState};
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::internal::v1::{GetEntryFactsRequest, ObserveUpdateRequest};
use govshare_proto::catalog::v1::{EntryState, SharingType};
use prost::Message;
use service_kit::client::{Upstream, retrying};
use service_kit::outbox::Destination;
use service_kit::validate::date_to_proto;
use service_kit::{Failure, Refusal, Violations};
use tonic::Code;

use crate::agreement::{Agreement, State};
use crate::basis::Entry;
use crate::data_version::DataVersion;

/// Destination of published data in the outbox: an update of its entry (art. 19).
pub const UPDATES: &str = "catalog-updates";

/// The command that tells the catalogue of published data.
pub fn observe_update(version: &DataVersion) -> ObserveUpdateRequest {
    let day = Some(date_to_proto(shanghai_date(version.published)));
    ObserveUpdateRequest { entry_id: version.entry.to_string(), day }
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

    pub async fn entry(&self, id: EntryId) -> Result<Entry, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            let request = GetEntryFactsRequest { entry_id: id.to_string(), version: 0 };
            async move { client.get_entry_facts(request).await }
        })
        .await
        .map_err(|failure| unless_missing(failure, "entry", id))?;
        let entry = facts.entry.ok_or_else(|| Failure::internal("entry facts without an entry"))?;
        let state = match entry.state() {
            EntryState::Published => "PUBLISHED",
            EntryState::Suspended => "SUSPENDED",
            EntryState::Retired => "RETIRED",
            EntryState::Draft | EntryState::Unspecified => "DRAFT",
        };
        let content = facts.version.and_then(|version| version.content);
        Ok(Entry {
            provider: entry.provider_unit_id.parse().map_err(Failure::internal)?,
            state,
            is_active: content.is_some_and(|content| content.sharing_type() == SharingType::Unconditional),
        })
    }

    /// Delivers updates; the catalogue takes repeats.
    pub fn updates(&self) -> Destination {
        let client = self.client.clone();
        Destination::commands(UPDATES, move |payload| {
            let mut client = client.clone();
            async move {
                let command = ObserveUpdateRequest::decode(payload.as_slice())
                    .map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
                client.observe_update(command).await.map(drop)
            }
        })
    }
}

/// Client of the agreements' facts.
#[derive(Clone)]
pub struct Agreements {
    client: AgreementFactsServiceClient<Upstream>,
}

impl Agreements {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: AgreementFactsServiceClient::new(upstream) }
    }

    /// An agreement as it is today.
    pub async fn agreement(&self, id: AgreementId) -> Result<Agreement, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            let request = GetAgreementFactsRequest { agreement_id: id.to_string() };
            async move { client.get_agreement_facts(request).await }
        })
        .await
        .map_err(|failure| unless_missing(failure, "agreement", id))?;
        let found =
            facts.agreement.ok_or_else(|| Failure::internal("agreement facts without an agreement"))?;
        parse(id, &found)
    }
}

fn parse(id: AgreementId, found: &agreement_pb::Agreement) -> Result<Agreement, Failure> {
    let state = match found.state() {
        AgreementState::AwaitingSignatures => State::AwaitingSignatures,
        AgreementState::Active => State::Active,
        AgreementState::Cancelled => State::Cancelled,
        AgreementState::Expired => State::Expired,
        AgreementState::Suspended => State::Suspended,
        AgreementState::Terminated => State::Terminated,
        AgreementState::Replaced => State::Replaced,
        AgreementState::Unspecified => return Err(Failure::internal("an agreement without a state")),
    };
    let valid_from = found.terms.as_ref().and_then(|terms| terms.valid_from.as_ref());
    let valid_from = Violations::new()
        .date("valid_from", valid_from)
        .ok_or_else(|| Failure::internal("an agreement without a first day"))?;
    Ok(Agreement {
        id,
        case: found.case_id.parse().map_err(Failure::internal)?,
        entry: found.entry_id.parse().map_err(Failure::internal)?,
        applicant: found.applicant_unit_id.parse().map_err(Failure::internal)?,
        provider: found.provider_unit_id.parse().map_err(Failure::internal)?,
        state,
        valid_from,
    })
}

/// What does not exist there answers here as what the caller may not know of does.
fn unless_missing(failure: Failure, kind: &'static str, id: impl ToString) -> Failure {
    match failure {
        Failure::Upstream(status) if status.code() == Code::NotFound => Refusal::not_found(kind, id).into(),
        other => other,
    }
}
