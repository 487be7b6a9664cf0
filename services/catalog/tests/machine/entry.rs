use catalog::entries::content::{Content, ContentDigest, Outline, Sharing};
use catalog::entries::entry::{Entry, Happened, Rejection, State, Transition, VersionState};
use govshare_model::id::{EntryId, ReviewId};
use govshare_model::{Actor, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{minute, person};

const REVIEW: ReviewId = ReviewId(Uuid::from_u128(7));
const OTHER_REVIEW: ReviewId = ReviewId(Uuid::from_u128(8));

fn drafter() -> Actor {
    person("jiaowei", "drafter", &[Role::Drafter])
}

fn approver() -> Actor {
    person("jiaowei", "approver", &[Role::Approver])
}

/// Content that says `words`; without a sharing type it is incomplete.
fn says(words: &str, sharing: Option<Sharing>) -> Content {
    let outline = Outline { title: words.to_owned(), sharing, ..Outline::default() };
    Content::new(outline, format!("{words}{sharing:?}").into_bytes()).expect("listable")
}

fn words(words: &str) -> Content {
    says(words, Some(Sharing::Conditional))
}

fn draft_of(content: Content) -> Entry {
    let provider = "jiaowei".parse().expect("a slug");
    let id = EntryId(Uuid::from_u128(1));
    Entry::draft(id, provider, None, content, &drafter(), minute(0)).entry().clone()
}

fn after(step: Result<Option<Transition>, Rejection>) -> Entry {
    step.expect("allowed").expect("a change").entry().clone()
}

fn draft() -> Entry {
    draft_of(words("one"))
}

fn in_review() -> Entry {
    after(draft().begin_review(1, REVIEW, minute(1)))
}

fn reviewed(passed: bool) -> Entry {
    let entry = in_review();
    let digest = entry.latest.digest;
    after(entry.end_review(1, REVIEW, digest, passed, minute(2)))
}

fn published() -> Entry {
    after(reviewed(true).publish(1, &approver(), minute(3)))
}

fn suspended() -> Entry {
    published().suspend("核对".to_owned(), minute(4)).expect("allowed").entry().clone()
}

fn retired() -> Entry {
    published().retire("停用".to_owned(), minute(4)).expect("allowed").entry().clone()
}

/// Every state that an entry with one version can be in.
fn all() -> Vec<(&'static str, Entry)> {
    vec![
        ("draft", draft()),
        ("in review", in_review()),
        ("rejected", reviewed(false)),
        ("registered", reviewed(true)),
        ("published", published()),
        ("suspended", suspended()),
        ("retired", retired()),
    ]
}

fn outcome<T>(step: &Result<T, Rejection>) -> String {
    match step {
        Ok(_) => "done".to_owned(),
        Err(rejection) => format!("{rejection:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn what_each_step_does_from_each_state() {
    // revise, begin another review, pass, publish, suspend, resume, retire
    let expected = [
        ("draft", "done done WrongVersionState NotReviewed WrongState WrongState done"),
        ("in review", "WrongVersionState WrongVersionState done NotReviewed WrongState WrongState done"),
        ("rejected", "done WrongVersionState WrongVersionState NotReviewed WrongState WrongState done"),
        ("registered", "done WrongVersionState done done WrongState WrongState done"),
        ("published", "done WrongVersionState done done done WrongState done"),
        ("suspended", "done WrongVersionState done done WrongState done done"),
        ("retired", "WrongState WrongVersionState done WrongState WrongState WrongState WrongState"),
    ];
    for ((name, entry), (wanted_name, wanted)) in all().into_iter().zip(expected) {
        assert_eq!(name, wanted_name);
        let digest = entry.latest.digest;
        let found = [
            outcome(&entry.clone().revise(words("two"), &drafter(), minute(9))),
            outcome(&entry.clone().begin_review(1, OTHER_REVIEW, minute(9))),
            outcome(&entry.clone().end_review(1, REVIEW, digest, true, minute(9))),
            outcome(&entry.clone().publish(1, &approver(), minute(9))),
            outcome(&entry.clone().suspend("x".to_owned(), minute(9))),
            outcome(&entry.clone().resume(minute(9))),
            outcome(&entry.retire("x".to_owned(), minute(9))),
        ];
        assert_eq!(found.join(" "), wanted, "{name}");
    }
}

#[test]
fn the_same_content_is_no_change_in_any_state() {
    for (name, entry) in all() {
        assert_eq!(entry.revise(words("one"), &drafter(), minute(9)), Ok(None), "{name}");
    }
}

#[test]
fn another_content_supersedes_a_version_that_is_not_published() {
    for (name, entry) in all().into_iter().filter(|(name, _)| !["in review", "retired"].contains(name)) {
        let state = entry.state.clone();
        let revised = entry.revise(words("two"), &drafter(), minute(9)).expect("allowed").expect("a change");
        let was_published = state.published().is_some();
        assert_eq!(revised.superseded(), (!was_published).then_some(1), "{name}");
        assert_eq!(revised.entry().latest.number, 2, "{name}");
        assert_eq!(revised.entry().latest.state, VersionState::Draft, "{name}");
        assert_eq!(revised.entry().state, state, "{name}: the published version stays what it is");
    }
}

#[test]
fn repeats_of_the_review_change_nothing() {
    assert_eq!(in_review().begin_review(1, REVIEW, minute(9)), Ok(None));
    assert_eq!(reviewed(true).begin_review(1, REVIEW, minute(9)), Ok(None));
    for (entry, passed) in [(reviewed(true), true), (published(), true), (reviewed(false), false)] {
        let digest = entry.latest.digest;
        assert_eq!(entry.clone().end_review(1, REVIEW, digest, passed, minute(9)), Ok(None));
        assert!(entry.end_review(1, REVIEW, digest, !passed, minute(9)).is_err(), "the outcome stays");
    }
}

#[test]
fn a_review_ends_for_the_content_and_the_review_that_began() {
    let digest = in_review().latest.digest;
    let other_content = in_review().end_review(1, REVIEW, ContentDigest([0; 32]), true, minute(9));
    assert_eq!(other_content, Err(Rejection::OtherContent));
    let other_review = in_review().end_review(1, OTHER_REVIEW, digest, true, minute(9));
    assert_eq!(other_review, Err(Rejection::WrongVersionState { state: "IN_REVIEW" }));
}

#[test]
fn a_review_ends_even_when_the_entry_was_retired_meanwhile() {
    let retired = in_review().retire("停用".to_owned(), minute(2)).expect("allowed").entry().clone();
    let digest = retired.latest.digest;
    let ended = after(retired.end_review(1, REVIEW, digest, true, minute(3)));
    assert_eq!(ended.state.name(), "RETIRED");
    assert_eq!(ended.latest.state, VersionState::Registered { review: REVIEW });
}

#[test]
fn a_version_without_a_sharing_type_is_neither_reviewed_nor_published() {
    let entry = draft_of(says("one", None));
    let incomplete = Err(Rejection::Incomplete { missing: "sharing_type" });
    assert_eq!(entry.clone().begin_review(1, REVIEW, minute(1)), incomplete);
    assert_eq!(entry.publish(1, &approver(), minute(1)), incomplete);
}

#[test]
fn nobody_publishes_what_they_drafted() {
    let own = person("jiaowei", "drafter", &[Role::Drafter, Role::Approver]);
    assert_eq!(reviewed(true).publish(1, &own, minute(3)), Err(Rejection::SelfApproval));
}

#[test]
fn publication_replaces_the_published_version_and_ends_a_suspension() {
    for entry in [published(), suspended()] {
        let entry = after(entry.revise(words("two"), &drafter(), minute(5)));
        let entry = after(entry.begin_review(2, OTHER_REVIEW, minute(6)));
        let digest = entry.latest.digest;
        let entry = after(entry.end_review(2, OTHER_REVIEW, digest, true, minute(7)));
        let again = entry.publish(2, &approver(), minute(8)).expect("allowed").expect("a change");
        assert_eq!(again.entry().state, State::Published { published: 2 });
        assert_eq!(again.superseded(), Some(1));
        assert_eq!(again.entry().clone().publish(2, &approver(), minute(9)), Ok(None));
        let former = again.entry().clone().publish(1, &approver(), minute(9));
        assert_eq!(former, Err(Rejection::WrongVersionState { state: "SUPERSEDED" }));
    }
}

#[test]
fn versions_that_never_were_are_not_found() {
    for number in [-1, 0, 2, i32::MAX] {
        let rejection = Err(Rejection::NoSuchVersion { number });
        assert_eq!(draft().publish(number, &approver(), minute(9)), rejection);
        assert_eq!(draft().begin_review(number, REVIEW, minute(9)), rejection);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Revise(u8),
    Begin,
    End(bool),
    Publish(bool),
    Suspend,
    Resume,
    Retire,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u8..4).prop_map(Step::Revise),
        4 => Just(Step::Begin),
        4 => any::<bool>().prop_map(Step::End),
        4 => any::<bool>().prop_map(Step::Publish),
        1 => Just(Step::Suspend),
        1 => Just(Step::Resume),
        1 => prop::bool::weighted(0.1).prop_map(|retire| if retire { Step::Retire } else { Step::Begin }),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever is tried: records count their changes, versions only grow, what is published was reviewed and
    /// drafted by somebody else, and search hears exactly of what changes for it.
    #[test]
    fn no_order_of_steps_breaks_an_entry(steps in steps()) {
        let mut entry = draft();
        for (count, step) in steps.into_iter().enumerate() {
            let now = minute(10 + i64::try_from(count).expect("few steps"));
            let (number, digest) = (entry.latest.number, entry.latest.digest);
            let review = entry.latest.state.review();
            let from = entry.clone();
            let tried = match step {
                Step::Revise(word) => entry.clone().revise(words(&format!("word {word}")), &drafter(), now),
                Step::Begin => entry.clone().begin_review(number, ReviewId(Uuid::from_u128(count as u128)), now),
                Step::End(passed) => {
                    entry.clone().end_review(number, review.unwrap_or(REVIEW), digest, passed, now)
                }
                Step::Publish(own) => {
                    entry.clone().publish(number, &if own { drafter() } else { approver() }, now)
                }
                Step::Suspend => entry.clone().suspend("x".to_owned(), now).map(Some),
                Step::Resume => entry.clone().resume(now).map(Some),
                Step::Retire => entry.clone().retire("x".to_owned(), now).map(Some),
            };
            let Ok(Some(done)) = tried else { continue };
            entry = done.entry().clone();
            prop_assert_eq!(entry.version, from.version + 1);
            prop_assert_eq!(entry.updated, now);
            prop_assert!(entry.latest.number >= from.latest.number);
            let was_retired = matches!(from.state, State::Retired { .. });
            prop_assert!(!was_retired || entry.state == from.state);
            let is_found = |entry: &Entry| match entry.state {
                State::Published { published } => Some(published),
                State::Draft | State::Suspended { .. } | State::Retired { .. } => None,
            };
            prop_assert!(is_found(&from) == is_found(&entry) || done.concerns_search());
            if *done.happened() == Happened::Published {
                prop_assert_eq!(from.latest.state.name(), "REGISTERED");
                prop_assert_eq!(&from.latest.drafted_by, &drafter().subject);
                prop_assert_eq!(done.superseded(), from.state.published());
                prop_assert_eq!(entry.state.published(), Some(entry.latest.number));
            }
            if let VersionState::Published { .. } = entry.latest.state {
                prop_assert_eq!(entry.state.published(), Some(entry.latest.number));
            }
        }
    }
}
