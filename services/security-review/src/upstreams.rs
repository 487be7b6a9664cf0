//! What this service asks of the catalogue and tells it.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use govshare_model::Subject;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::internal::v1 as pb;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::v1::{EntryVersionState, SharingType};
use prost::Message;
use service_kit::client::{Upstream, retrying};
use service_kit::outbox::Destination;
use service_kit::{Failure, Reason, Refusal};
use tonic::Code;

use crate::restriction::{Listed, Sharing};
use crate::review::{EntryVersion, Happened, Submission, Transition};

/// Destination of decided reviews in the outbox.
pub const OUTCOMES: &str = "catalog.record-review-outcomes";

/// Entries that are asked for at once.
const AT_ONCE: usize = 16;

/// Client of the catalogue's facts.
#[derive(Clone)]
pub struct Catalog {
    client: CatalogFactsServiceClient<Upstream>,
}

impl Catalog {
    pub fn new(upstream: Upstream) -> Self {
        Self { client: CatalogFactsServiceClient::new(upstream) }
    }

    /// Puts versions under review, told one by one in their order; those that are already stay so. Versions of other
    /// units than `provider`, if there is one, are refused as if they did not exist.
    pub async fn begin_reviews(
        &self,
        versions: &[EntryVersion],
        provider: Option<&UnitId>,
    ) -> Result<Vec<Result<Submission, Refusal>>, Failure> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let begin = |version: &EntryVersion| pb::BeginReview {
            review_id: version.review_id().to_string(),
            entry_id: version.entry.to_string(),
            version: version.version,
        };
        let request = pb::BeginReviewsRequest {
            reviews: versions.iter().map(begin).collect(),
            provider_unit_id: provider.map(UnitId::to_string).unwrap_or_default(),
        };
        let reply = retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.begin_reviews(request).await }
        })
        .await?;
        if reply.results.len() != versions.len() {
            return Err(Failure::internal("the catalogue answered for other reviews than asked"));
        }
        versions.iter().zip(reply.results).map(|(version, result)| submission(*version, result)).collect()
    }

    /// The latest version of each entry, told one by one in their order.
    pub async fn latest(&self, entries: &[EntryId]) -> Result<Vec<Result<Listed, Refusal>>, Failure> {
        let facts = entries.iter().copied().map(|entry| self.facts(entry, 0));
        let found: Vec<_> = stream::iter(facts).buffered(AT_ONCE).collect().await;
        let listed = |(entry, facts): (&EntryId, Result<pb::GetEntryFactsResponse, Failure>)| match facts {
            Ok(facts) => {
                let known = facts.entry.ok_or_else(|| Failure::internal("entry facts without an entry"))?;
                let content = known.latest.and_then(|version| version.content);
                let content = content.ok_or_else(|| Failure::internal("an entry without content"))?;
                let sharing = sharing(content.sharing_type());
                let provider = known.provider_unit_id.parse().map_err(Failure::internal)?;
                Ok(Ok(Listed { entry: *entry, provider, title: content.title, sharing }))
            }
            Err(Failure::Upstream(status)) if status.code() == Code::NotFound => {
                Ok(Err(Refusal::not_found("entry", entry)))
            }
            Err(failure) => Err(failure),
        };
        entries.iter().zip(found).map(listed).collect()
    }

    /// How exact versions are shared; content of a version never changes.
    pub async fn sharing(
        &self,
        versions: &[EntryVersion],
    ) -> Result<HashMap<EntryVersion, Sharing>, Failure> {
        let each = versions.iter().copied().map(async |version: EntryVersion| {
            let facts = self.facts(version.entry, version.version).await?;
            let content = facts.version.and_then(|found| found.content);
            let content = content.ok_or_else(|| Failure::internal("entry facts without content"))?;
            Ok((version, sharing(content.sharing_type())))
        });
        stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn facts(&self, entry: EntryId, version: i32) -> Result<pb::GetEntryFactsResponse, Failure> {
        let request = pb::GetEntryFactsRequest { entry_id: entry.to_string(), version };
        retrying(|| {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.get_entry_facts(request).await }
        })
        .await
    }

    /// Delivers decided reviews; the catalogue takes repeats.
    pub fn outcomes(&self) -> Destination {
        let client = self.client.clone();
        Destination::commands(OUTCOMES, move |payload| {
            let mut client = client.clone();
            async move {
                let command = pb::RecordReviewOutcomesRequest::decode(payload.as_slice())
                    .map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
                client.record_review_outcomes(command).await.map(drop)
            }
        })
    }
}

fn sharing(sharing: SharingType) -> Sharing {
    match sharing {
        SharingType::Unspecified => Sharing::Unsaid,
        SharingType::Unconditional => Sharing::Active,
        SharingType::Conditional => Sharing::OnApplication,
        SharingType::Withheld => Sharing::Withheld,
    }
}

fn submission(
    version: EntryVersion,
    result: pb::BeginReviewResult,
) -> Result<Result<Submission, Refusal>, Failure> {
    if !result.reason.is_empty() {
        return Ok(Err(refusal(version, &result)));
    }
    let provider: UnitId = result.provider_unit_id.parse().map_err(Failure::internal)?;
    Ok(Ok(Submission {
        version,
        provider,
        title: result.title,
        content_digest: result.content_digest,
        drafter: Subject(result.drafter),
        also_written_by: result.also_written_by.into_iter().map(Subject).collect(),
    }))
}

/// The catalogue's refusal of one version, in its words (Chinese, ` / `, English).
fn refusal(version: EntryVersion, result: &pb::BeginReviewResult) -> Refusal {
    let reason = Reason::from_str_name(&format!("REASON_{}", result.reason)).unwrap_or(Reason::WrongState);
    if reason == Reason::NotFound {
        return Refusal::not_found("entry-version", version);
    }
    let words = result.description.as_str();
    let (chinese, english) = words.split_once(" / ").unwrap_or((words, words));
    let article = if result.article.is_empty() { "16" } else { result.article.as_str() };
    let refusal = Refusal::new(reason, english, chinese).article(article);
    match result.state() {
        EntryVersionState::Unspecified => refusal,
        state => {
            let name = state.as_str_name();
            refusal.state(name.strip_prefix("ENTRY_VERSION_STATE_").unwrap_or(name))
        }
    }
}

/// What the catalogue records of decided reviews.
pub fn record_outcomes(transitions: &[Transition]) -> pb::RecordReviewOutcomesRequest {
    let outcome = |transition: &Transition| {
        let review = transition.review();
        pb::ReviewOutcome {
            review_id: review.id.to_string(),
            entry_id: review.submission.version.entry.to_string(),
            version: review.submission.version.version,
            content_digest: review.submission.content_digest.clone(),
            passed: transition.happened() == Happened::Passed,
            state_secret: transition.happened() == Happened::RejectedAsStateSecret,
        }
    };
    pb::RecordReviewOutcomesRequest { outcomes: transitions.iter().map(outcome).collect() }
}
