//! What this service asks of access-request and the catalogue, and tells the former.

use std::collections::HashMap;

use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_proto::access_request::internal::v1::case_facts_service_client::CaseFactsServiceClient;
use govshare_proto::access_request::internal::v1::{GetCaseFactsRequest, RecordAgreementRequest};
use govshare_proto::access_request::v1::{AccessRequest, AccessRequestState};
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::internal::v1::{
    GetEntryFactsRequest, GetEntryFactsResponse, GetEntryWarningsRequest, GetUnitFactsRequest,
    GetUnitKeyFactsRequest,
};
use govshare_proto::catalog::v1::{EntryState, EntryVersion, Sensitivity, UnitKeyState};
use prost::Message;
use service_kit::client::{Upstream, retrying};
use service_kit::outbox::Destination;
use service_kit::{Failure, Reason, Refusal};
use time::OffsetDateTime;
use tonic::Code;

use crate::agreement::warning::{EntryWarning, Withdrawn};
use crate::agreement::{Agreement, Rejection};
use crate::case::{Case, Ground, Party, Resource, Standing};
use crate::signing::Key;

/// Destination of active agreements in the outbox.
pub const AGREED: &str = "access-request.record-agreement";

/// A case as far as it says who may know of it.
pub struct Received {
    pub id: CaseId,
    pub applicant: UnitId,
    /// None while nobody knows who has the resource.
    pub provider: Option<UnitId>,
    request: AccessRequest,
}

/// Client of the facts about cases.
#[derive(Clone)]
pub struct Cases {
    client: CaseFactsServiceClient<Upstream>,
}

impl Cases {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: CaseFactsServiceClient::new(upstream) }
    }

    /// A case that was received; a draft is known to its applicant only. What it says is told after who asks is
    /// authorized: [`Received::case`].
    pub async fn received(&self, id: CaseId) -> Result<Received, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            async move { client.get_case_facts(GetCaseFactsRequest { case_id: id.to_string() }).await }
        })
        .await?;
        let request = facts.access_request.ok_or_else(|| Failure::internal("case facts without a case"))?;
        if request.state() == AccessRequestState::Draft {
            return Err(Refusal::not_found("access-request", id).into());
        }
        let provider = Some(&request.provider_unit_id).filter(|provider| !provider.is_empty());
        Ok(Received {
            id,
            applicant: request.applicant_unit_id.parse().map_err(Failure::internal)?,
            provider: provider.map(|provider| provider.parse()).transpose().map_err(Failure::internal)?,
            request,
        })
    }

    /// Tells of active agreements; access-request takes repeats.
    pub fn agreed(&self) -> Destination {
        let client = self.client.clone();
        Destination::commands(AGREED, move |payload| {
            let mut client = client.clone();
            async move {
                let command = RecordAgreementRequest::decode(payload.as_slice())
                    .map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
                client.record_agreement(command).await.map(drop)
            }
        })
    }
}

impl Received {
    /// The case, if it is about an entry: what has none yet has no consent either.
    pub fn case(self) -> Result<Case, Failure> {
        let Self { id, applicant, provider, request } = self;
        let standing = standing(request.state())?;
        let provider = match (standing, provider) {
            (_, Some(provider)) if !request.entry_id.is_empty() => provider,
            (Standing::WithoutConsent { state }, _) => {
                return Err(Rejection::CaseNotConsented { state }.into());
            }
            (Standing::Consented | Standing::Agreed, _) => {
                return Err(Failure::internal("a consent to no entry"));
            }
        };
        Ok(Case {
            id,
            number: request.case_number,
            applicant,
            provider,
            entry: request.entry_id.parse().map_err(Failure::internal)?,
            entry_version: request.entry_version,
            items: request.form.map(|form| form.items).unwrap_or_default(),
            in_words: !request.wanted.is_empty(),
            conditions: request.answer.map(|answer| answer.conditions).unwrap_or_default(),
            standing,
            pack: request.policy_pack,
        })
    }
}

fn standing(state: AccessRequestState) -> Result<Standing, Failure> {
    let without = |state| Ok(Standing::WithoutConsent { state });
    match state {
        AccessRequestState::Consented => Ok(Standing::Consented),
        AccessRequestState::Agreed => Ok(Standing::Agreed),
        // What the provider prepares is not the others' business.
        AccessRequestState::Submitted | AccessRequestState::AnswerProposed => without("SUBMITTED"),
        AccessRequestState::AtInfoOffice => without("AT_INFO_OFFICE"),
        AccessRequestState::Settled => without("SETTLED"),
        AccessRequestState::SupplementRequested => without("SUPPLEMENT_REQUESTED"),
        AccessRequestState::Objected => without("OBJECTED"),
        AccessRequestState::Coordinated => without("COORDINATED"),
        AccessRequestState::RefusalStands => without("REFUSAL_STANDS"),
        AccessRequestState::Refused => without("REFUSED"),
        AccessRequestState::Withdrawn => without("WITHDRAWN"),
        AccessRequestState::Draft | AccessRequestState::Unspecified => {
            Err(Failure::internal("a received case without a state"))
        }
    }
}

/// What access-request records of an active agreement.
pub fn record_agreement(agreement: &Agreement) -> RecordAgreementRequest {
    RecordAgreementRequest { case_id: agreement.case.to_string(), agreement_id: agreement.id.to_string() }
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

    /// One version of an entry.
    pub async fn resource(&self, entry: EntryId, version: i32) -> Result<Resource, Failure> {
        resource(self.entry(entry, version).await?.version)
    }

    /// The published version of an entry, with its number.
    pub async fn published(&self, entry: EntryId) -> Result<(i32, Resource), Failure> {
        let facts = self.entry(entry, 0).await?;
        let state = facts.entry.map(|entry| entry.state()).unwrap_or_default();
        match state {
            EntryState::Published => {}
            EntryState::Suspended => return Err(Rejection::EntryNotPublished { state: "SUSPENDED" }.into()),
            EntryState::Retired => return Err(Rejection::EntryNotPublished { state: "RETIRED" }.into()),
            EntryState::Draft | EntryState::Unspecified => {
                return Err(Rejection::EntryNotPublished { state: "DRAFT" }.into());
            }
        }
        let number = facts.version.as_ref().map_or(0, |version| version.version);
        Ok((number, resource(facts.version)?))
    }

    /// Version 0: the published one.
    async fn entry(&self, entry: EntryId, version: i32) -> Result<GetEntryFactsResponse, Failure> {
        let request = GetEntryFactsRequest { entry_id: entry.to_string(), version };
        retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_entry_facts(request).await }
        })
        .await
    }

    /// Which of these entries, at most 1000, users are to be warned of.
    pub async fn warnings(&self, entries: &[EntryId]) -> Result<HashMap<EntryId, EntryWarning>, Failure> {
        let request =
            GetEntryWarningsRequest { entry_ids: entries.iter().map(ToString::to_string).collect() };
        let found = retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_entry_warnings(request).await }
        })
        .await?;
        found.warnings.into_iter().map(warning).collect()
    }

    /// A party by name. A unit that the register does not know counts as provisional.
    pub async fn party(&self, unit: &UnitId) -> Result<Party, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            async move { client.get_unit_facts(GetUnitFactsRequest { unit_id: unit.to_string() }).await }
        })
        .await;
        match facts {
            Ok(facts) => {
                let found = facts.unit.ok_or_else(|| Failure::internal("unit facts without a unit"))?;
                Ok(Party {
                    unit: unit.clone(),
                    name: found.display_name,
                    prefix: facts.document_prefix,
                    provisional: found.provisional,
                })
            }
            Err(Failure::Upstream(status)) if status.code() == Code::NotFound => {
                let (name, prefix) = (unit.to_string(), unit.to_string());
                Ok(Party { unit: unit.clone(), name, prefix, provisional: true })
            }
            Err(failure) => Err(failure),
        }
    }

    /// A signing key. One that is not registered signs as little as one that is not active.
    pub async fn key(&self, id: &str) -> Result<Key, Failure> {
        let facts = retrying(|| {
            let mut client = self.client.clone();
            async move { client.get_unit_key_facts(GetUnitKeyFactsRequest { key_id: id.to_owned() }).await }
        })
        .await;
        let key = match facts {
            Ok(facts) => facts.key.ok_or_else(|| Failure::internal("key facts without a key"))?,
            Err(Failure::Upstream(status)) if status.code() == Code::NotFound => {
                return Err(Rejection::KeyNotActive.into());
            }
            Err(failure) => return Err(failure),
        };
        Ok(Key {
            active: key.state() == UnitKeyState::Active,
            unit: key.unit_id.parse().map_err(Failure::internal)?,
            id: key.key_id,
            algorithm: key.algorithm,
            public_key: key.public_key,
        })
    }
}

fn resource(version: Option<EntryVersion>) -> Result<Resource, Failure> {
    let content = version.and_then(|version| version.content);
    let content = content.ok_or_else(|| Failure::internal("entry facts without content"))?;
    let grounds = content.sensitivities().map(ground).collect::<Result<_, _>>()?;
    let items = content.items.into_iter().map(|item| item.name).collect();
    Ok(Resource { title: content.title, items, grounds })
}

fn warning(found: govshare_proto::catalog::v1::EntryWarning) -> Result<(EntryId, EntryWarning), Failure> {
    let withdrawn = match found.state() {
        EntryState::Suspended => Withdrawn::Suspended,
        EntryState::Retired => Withdrawn::Retired,
        EntryState::Draft | EntryState::Published | EntryState::Unspecified => {
            return Err(Failure::internal("a warning of an entry that is neither suspended nor retired"));
        }
    };
    let since = found.since.ok_or_else(|| Failure::internal("a warning that does not say since when"))?;
    let since = i128::from(since.seconds) * 1_000_000_000 + i128::from(since.nanos);
    let since = OffsetDateTime::from_unix_timestamp_nanos(since).map_err(Failure::internal)?;
    let entry = found.entry_id.parse().map_err(Failure::internal)?;
    Ok((entry, EntryWarning { withdrawn, reason: found.reason, since }))
}

fn ground(sensitivity: Sensitivity) -> Result<Ground, Failure> {
    match sensitivity {
        Sensitivity::WorkSecret => Ok(Ground::WorkSecret),
        Sensitivity::TradeSecret => Ok(Ground::TradeSecret),
        Sensitivity::PersonalPrivacy => Ok(Ground::PersonalPrivacy),
        Sensitivity::ProviderSensitive => Ok(Ground::ProviderSensitive),
        Sensitivity::StateSecret => Err(Refusal::new(
            Reason::StateSecretRefused,
            "state secrets are not shared over this platform",
            "涉及国家秘密的信息不在本平台共享",
        )
        .article("31")
        .into()),
        Sensitivity::Unspecified => Err(Failure::internal("an entry with an unnamed ground")),
    }
}
