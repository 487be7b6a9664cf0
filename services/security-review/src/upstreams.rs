//! What this service asks of the catalogue and tells it.

use govshare_model::Subject;
use govshare_model::id::UnitId;
use govshare_proto::catalog::internal::v1 as pb;
use govshare_proto::catalog::internal::v1::catalog_facts_service_client::CatalogFactsServiceClient;
use govshare_proto::catalog::v1::EntryVersionState;
use prost::Message;
use service_kit::client::{Upstream, retrying};
use service_kit::outbox::Destination;
use service_kit::{Failure, Reason, Refusal};

use crate::review::{EntryVersion, Happened, Submission, Transition};

/// Destination of decided reviews in the outbox.
pub const OUTCOMES: &str = "catalog.record-review-outcomes";

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
    let refusal = Refusal::new(reason, english, chinese).article("16");
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
        }
    };
    pb::RecordReviewOutcomesRequest { outcomes: transitions.iter().map(outcome).collect() }
}
