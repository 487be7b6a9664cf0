//! Between contract and domain.

use std::collections::HashSet;

use govshare_model::Actor;
use govshare_model::id::{EntryId, ReviewId};
use govshare_proto::security_review::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Refusal, Violations};
use uuid::Uuid;

use crate::policy;
use crate::review::{EntryVersion, Review, State};

/// Rows in one batch.
const BATCH: usize = 1000;

/// Parses the name of a version; `at` goes before the fields' names, e.g. `versions[3].`.
pub fn version(at: &str, entry: &str, version: i32, violations: &mut Violations) -> EntryVersion {
    let entry = violations.parse(&format!("{at}entry_id"), entry);
    violations.check(version > 0, format!("{at}version"), "must be at least 1 / 须不小于1");
    EntryVersion { entry: entry.unwrap_or(EntryId(Uuid::nil())), version }
}

pub fn versions(subjects: &[pb::ReviewSubject], violations: &mut Violations) -> Vec<EntryVersion> {
    if !batch("versions", subjects.len(), violations) {
        return Vec::new();
    }
    let mut known = HashSet::new();
    let parse = |(at, subject): (usize, &pb::ReviewSubject)| {
        let found = version(&format!("versions[{at}]."), &subject.entry_id, subject.version, violations);
        violations.check(known.insert(found), format!("versions[{at}]"), "is named before / 重复");
        found
    };
    subjects.iter().enumerate().map(parse).collect()
}

/// A review and the digest of what the reviewer read.
pub fn passed(
    at: &str,
    review: &str,
    content_digest: &str,
    violations: &mut Violations,
) -> (ReviewId, String) {
    let id = violations.parse(&format!("{at}review_id"), review);
    let hexadecimal = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    violations.check(
        content_digest.len() == 64 && content_digest.chars().all(hexadecimal),
        format!("{at}content_digest"),
        "must be 64 characters of 0-9 and a-f / 须为64位小写十六进制",
    );
    (id.unwrap_or(ReviewId(Uuid::nil())), content_digest.to_owned())
}

pub fn passed_reviews(reviews: &[pb::PassedReview], violations: &mut Violations) -> Vec<(ReviewId, String)> {
    if !batch("reviews", reviews.len(), violations) {
        return Vec::new();
    }
    let mut known = HashSet::new();
    let parse = |(at, review): (usize, &pb::PassedReview)| {
        let found = passed(&format!("reviews[{at}]."), &review.review_id, &review.content_digest, violations);
        violations.check(known.insert(found.0), format!("reviews[{at}]"), "is named before / 重复");
        found
    };
    reviews.iter().enumerate().map(parse).collect()
}

pub fn batch(field: &str, rows: usize, violations: &mut Violations) -> bool {
    let fits = (1..=BATCH).contains(&rows);
    violations.check(fits, field, format!("must be 1 to {BATCH}, are {rows} / 须为1至{BATCH}项"));
    fits
}

pub fn state_name(state: pb::ReviewState) -> Option<&'static str> {
    match state {
        pb::ReviewState::Unspecified => None,
        pb::ReviewState::Open => Some("OPEN"),
        pb::ReviewState::Passed => Some("PASSED"),
        pb::ReviewState::Rejected => Some("REJECTED"),
    }
}

fn state_to_proto(state: &State) -> pb::ReviewState {
    match state {
        State::Open => pb::ReviewState::Open,
        State::Passed { .. } => pb::ReviewState::Passed,
        State::Rejected { .. } => pb::ReviewState::Rejected,
    }
}

pub fn to_proto(review: &Review) -> pb::Review {
    let submission = &review.submission;
    pb::Review {
        review_id: review.id.to_string(),
        entry_id: submission.version.entry.to_string(),
        version: submission.version.version,
        provider_unit_id: submission.provider.to_string(),
        title: submission.title.clone(),
        content_digest: submission.content_digest.clone(),
        state: state_to_proto(&review.state).into(),
        reasons: review.state.reasons().to_owned(),
        create_time: Some(time_to_proto(review.created)),
        decide_time: review.state.decision().map(|decision| time_to_proto(decision.at)),
        etag: format!("\"{}\"", review.version),
    }
}

/// One row of a batch's reply.
pub fn result(outcome: &Result<Review, Refusal>) -> pb::ReviewResult {
    match outcome {
        Ok(review) => pb::ReviewResult {
            review_id: review.id.to_string(),
            state: state_to_proto(&review.state).into(),
            ..Default::default()
        },
        Err(refusal) => pb::ReviewResult {
            reason: refusal.reason_name().to_owned(),
            description: format!("{} / {}", refusal.chinese(), refusal.english()),
            ..Default::default()
        },
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, review: &Review) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &policy::relations(actor, &review.submission.provider),
        review.state.name(),
        ("review", &review.id),
    )
}
