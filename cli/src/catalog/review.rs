//! Secrecy review and publication of many entries at once, by the people whose task each step is (art. 16).

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1::{self as pb, EntryVersionState};
use govshare_proto::security_review::v1 as review;
use serde::Serialize;

use crate::connect::{Caller, pages, request_id, retrying};
use crate::failure::Failure;

/// Versions or reviews in one call.
const BATCH: usize = 1000;
/// Records on one page: each carries the entry's whole content.
const PAGE: i32 = 500;
/// Units whose people work at once.
const UNITS_AT_ONCE: usize = 16;

/// What a batch step did.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub done: u64,
    pub refused: Vec<RefusedRecord>,
}

/// One record that a step was refused for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRecord {
    pub title: String,
    /// `govshare.error.v1.Reason` without its prefix.
    pub reason: String,
    pub description: String,
}

impl Outcome {
    fn add(&mut self, title: &str, reason: String, description: String) {
        if reason.is_empty() {
            self.done += 1;
        } else {
            self.refused.push(RefusedRecord { title: title.to_owned(), reason, description });
        }
    }

    fn join(mut self, other: Outcome) -> Outcome {
        self.done += other.done;
        self.refused.extend(other.refused);
        self
    }
}

/// Latest versions in `state` of one unit, or (`""`) of all.
pub async fn versions(
    caller: &Caller,
    unit: &str,
    state: EntryVersionState,
) -> Result<Vec<pb::Entry>, Failure> {
    let (entries, _) = pages(0, |_, page_token| {
        let wanted = pb::ListEntriesRequest {
            provider_unit_id: unit.to_owned(),
            latest_state: state.into(),
            page_size: PAGE,
            page_token,
        };
        async move {
            let page = retrying(|| {
                let (mut client, wanted) = (caller.entries(), wanted.clone());
                async move { client.list_entries(wanted).await }
            })
            .await?;
            Ok((page.entries, page.next_page_token))
        }
    })
    .await?;
    Ok(entries)
}

/// Asks for the review of the latest version of each entry; `caller` is the info office or a drafter of the unit.
pub async fn ask(caller: &Caller, entries: &[pb::Entry]) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for entries in entries.chunks(BATCH) {
        let latest = entries.iter().filter_map(|entry| entry.latest.as_ref());
        let versions = latest.map(|version| review::ReviewSubject {
            entry_id: version.entry_id.clone(),
            version: version.version,
        });
        let wanted =
            review::BatchCreateReviewsRequest { versions: versions.collect(), request_id: request_id() };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.reviews(), wanted.clone());
            async move { client.batch_create_reviews(wanted).await }
        })
        .await?;
        for (entry, result) in entries.iter().zip(reply.results) {
            outcome.add(title(entry), result.reason, result.description);
        }
    }
    Ok(outcome)
}

/// Open reviews of one unit, or (`""`) of all.
pub async fn open_reviews(caller: &Caller, unit: &str) -> Result<Vec<review::Review>, Failure> {
    let (reviews, _) = pages(0, |page_size, page_token| {
        let wanted = review::ListReviewsRequest {
            provider_unit_id: unit.to_owned(),
            state: review::ReviewState::Open.into(),
            page_size,
            page_token,
        };
        async move {
            let page = retrying(|| {
                let (mut client, wanted) = (caller.reviews(), wanted.clone());
                async move { client.list_reviews(wanted).await }
            })
            .await?;
            Ok((page.reviews, page.next_page_token))
        }
    })
    .await?;
    Ok(reviews)
}

/// Passes reviews of one unit; `caller` is its reviewer.
pub async fn pass(caller: &Caller, reviews: &[review::Review]) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for reviews in reviews.chunks(BATCH) {
        let passed = reviews.iter().map(|read| review::PassedReview {
            review_id: read.review_id.clone(),
            content_digest: read.content_digest.clone(),
        });
        let wanted = review::BatchPassReviewsRequest { reviews: passed.collect(), request_id: request_id() };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.reviews(), wanted.clone());
            async move { client.batch_pass_reviews(wanted).await }
        })
        .await?;
        for (review, result) in reviews.iter().zip(reply.results) {
            outcome.add(&review.title, result.reason, result.description);
        }
    }
    Ok(outcome)
}

/// Publishes the latest versions of entries of one unit; `caller` is its approver.
pub async fn publish(caller: &Caller, entries: &[pb::Entry]) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for entries in entries.chunks(BATCH) {
        let latest = entries.iter().filter_map(|entry| entry.latest.as_ref());
        let versions = latest.map(|version| pb::EntryVersionRef {
            entry_id: version.entry_id.clone(),
            version: version.version,
        });
        let wanted =
            pb::BatchPublishEntriesRequest { versions: versions.collect(), request_id: request_id() };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.entries(), wanted.clone());
            async move { client.batch_publish_entries(wanted).await }
        })
        .await?;
        for (entry, result) in entries.iter().zip(reply.results) {
            outcome.add(title(entry), result.reason, result.description);
        }
    }
    Ok(outcome)
}

/// Lets each unit's person with `role` do `step` on that unit's records, several units at once.
pub async fn by_unit<T, F>(
    records: BTreeMap<String, Vec<T>>,
    role: Role,
    person: impl Fn(&UnitId, Role) -> Result<Caller, Failure>,
    step: impl Fn(Caller, Vec<T>) -> F,
) -> Result<Outcome, Failure>
where
    F: Future<Output = Result<Outcome, Failure>>,
{
    let (person, step) = (&person, &step);
    stream::iter(records)
        .map(|(unit, records)| async move {
            let unit: UnitId = unit.parse().map_err(Failure::local)?;
            step(person(&unit, role)?, records).await
        })
        .buffer_unordered(UNITS_AT_ONCE)
        .try_fold(Outcome::default(), |all, one| async { Ok(all.join(one)) })
        .await
}

/// Records by the unit that they belong to.
pub fn grouped<T>(records: Vec<T>, unit: impl Fn(&T) -> &str) -> BTreeMap<String, Vec<T>> {
    let mut groups: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for record in records {
        groups.entry(unit(&record).to_owned()).or_default().push(record);
    }
    groups
}

fn title(entry: &pb::Entry) -> &str {
    let content = entry.latest.as_ref().and_then(|version| version.content.as_ref());
    content.map(|content| content.title.as_str()).unwrap_or_default()
}
