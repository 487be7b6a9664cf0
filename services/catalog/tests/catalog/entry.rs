use catalog::classification::code::ResourceCode;
use catalog::entries::content::{Content, ContentDigest, Outline, Sharing, Statement};
use catalog::entries::entry::{Entry, Happened, Rejection, State, Transition, Verdict, VersionState};
use govshare_model::calendar::Calendar;
use govshare_model::id::{EntryId, ReviewId};
use govshare_model::pack::{Assessment, EntryField, Pack};
use govshare_model::{Actor, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{minute, person};

const REVIEW: ReviewId = ReviewId(Uuid::from_u128(7));
const OTHER_REVIEW: ReviewId = ReviewId(Uuid::from_u128(8));

fn pack() -> &'static Pack {
    Pack::builtin("xicheng-2014").expect("it ships")
}

/// What the pack requires, and nothing else.
fn all_said() -> Vec<Statement> {
    let required = Statement::required(pack(), Some(Sharing::Conditional));
    required.into_iter().map(|(statement, _)| statement).collect()
}

fn verdict(passed: bool) -> Verdict {
    if passed { Verdict::Passed } else { Verdict::Rejected }
}

fn drafter() -> Actor {
    person("jiaowei", "drafter", &[Role::Drafter])
}

fn approver() -> Actor {
    person("jiaowei", "approver", &[Role::Approver])
}

fn officer() -> Actor {
    person("info-office", "officer", &[Role::InfoOffice])
}

/// Content that says `words`; without a sharing type it is incomplete.
fn says(words: &str, sharing: Option<Sharing>) -> Content {
    let outline = Outline { title: words.to_owned(), sharing, ..Outline::default() };
    Content::new(outline, format!("{words}{sharing:?}").into_bytes(), None).expect("listable")
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
    after(draft().begin_review(1, REVIEW, &all_said(), pack(), minute(1)))
}

fn reviewed(passed: bool) -> Entry {
    let entry = in_review();
    let digest = entry.latest.digest;
    after(entry.end_review(1, REVIEW, digest, verdict(passed), minute(2)))
}

fn published() -> Entry {
    after(reviewed(true).publish(1, false, &approver(), minute(3)))
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
            outcome(&entry.clone().begin_review(1, OTHER_REVIEW, &all_said(), pack(), minute(9))),
            outcome(&entry.clone().end_review(1, REVIEW, digest, Verdict::Passed, minute(9))),
            outcome(&entry.clone().publish(1, false, &approver(), minute(9))),
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
    assert_eq!(in_review().begin_review(1, REVIEW, &all_said(), pack(), minute(9)), Ok(None));
    assert_eq!(reviewed(true).begin_review(1, REVIEW, &all_said(), pack(), minute(9)), Ok(None));
    for (entry, passed) in [(reviewed(true), true), (published(), true), (reviewed(false), false)] {
        let digest = entry.latest.digest;
        assert_eq!(entry.clone().end_review(1, REVIEW, digest, verdict(passed), minute(9)), Ok(None));
        assert!(
            entry.end_review(1, REVIEW, digest, verdict(!passed), minute(9)).is_err(),
            "the outcome stays"
        );
    }
}

#[test]
fn a_review_ends_for_the_content_and_the_review_that_began() {
    let digest = in_review().latest.digest;
    let other_content = in_review().end_review(1, REVIEW, ContentDigest([0; 32]), Verdict::Passed, minute(9));
    assert_eq!(other_content, Err(Rejection::OtherContent));
    let other_review = in_review().end_review(1, OTHER_REVIEW, digest, Verdict::Passed, minute(9));
    assert_eq!(other_review, Err(Rejection::WrongVersionState { state: "IN_REVIEW" }));
}

#[test]
fn a_review_ends_even_when_the_entry_was_retired_meanwhile() {
    let retired = in_review().retire("停用".to_owned(), minute(2)).expect("allowed").entry().clone();
    let digest = retired.latest.digest;
    let ended = after(retired.end_review(1, REVIEW, digest, Verdict::Passed, minute(3)));
    assert_eq!(ended.state.name(), "RETIRED");
    assert_eq!(ended.latest.state, VersionState::Registered { review: REVIEW });
}

#[test]
fn a_version_without_a_sharing_type_is_neither_reviewed_nor_published() {
    let entry = draft_of(says("one", None));
    let incomplete = Err(Rejection::Incomplete { missing: vec!["sharing_type"], article: "24".to_owned() });
    assert_eq!(entry.clone().begin_review(1, REVIEW, &all_said(), pack(), minute(1)), incomplete);
    assert_eq!(entry.publish(1, false, &approver(), minute(1)), incomplete);
}

#[test]
fn nobody_publishes_what_they_drafted() {
    let own = person("jiaowei", "drafter", &[Role::Drafter, Role::Approver]);
    assert_eq!(reviewed(true).publish(1, false, &own, minute(3)), Err(Rejection::SelfApproval));
}

#[test]
fn who_wrote_an_unpublished_version_does_not_publish_what_another_typed_again() {
    let by = |name: &str| person("jiaowei", name, &[Role::Drafter, Role::Approver]);
    let registered = |entry: Entry, number: i32| {
        let review = ReviewId(Uuid::from_u128(number as u128));
        let entry = after(entry.begin_review(number, review, &all_said(), pack(), minute(6)));
        let digest = entry.latest.digest;
        after(entry.end_review(number, review, digest, Verdict::Passed, minute(7)))
    };
    let second = after(draft().revise(words("two"), &by("second"), minute(5)));
    let third = registered(after(second.revise(words("three"), &by("third"), minute(5))), 3);
    for writer in ["drafter", "second", "third"] {
        let own = third.clone().publish(3, false, &by(writer), minute(8));
        assert_eq!(own, Err(Rejection::SelfApproval), "{writer}");
    }
    // What is published was seen by another: who wrote it may publish what somebody else makes of it.
    let published = after(third.publish(3, false, &approver(), minute(8)));
    let fourth = registered(after(published.revise(words("four"), &by("fourth"), minute(9))), 4);
    after(fourth.publish(4, false, &by("second"), minute(10)));
}

#[test]
fn publication_replaces_the_published_version_and_ends_a_suspension() {
    for entry in [published(), suspended()] {
        let entry = after(entry.revise(words("two"), &drafter(), minute(5)));
        let entry = after(entry.begin_review(2, OTHER_REVIEW, &all_said(), pack(), minute(6)));
        let digest = entry.latest.digest;
        let entry = after(entry.end_review(2, OTHER_REVIEW, digest, Verdict::Passed, minute(7)));
        let again = entry.publish(2, false, &approver(), minute(8)).expect("allowed").expect("a change");
        assert_eq!(again.entry().state, State::Published { published: 2 });
        assert_eq!(again.superseded(), Some(1));
        assert_eq!(again.entry().clone().publish(2, false, &approver(), minute(9)), Ok(None));
        let former = again.entry().clone().publish(1, false, &approver(), minute(9));
        assert_eq!(former, Err(Rejection::WrongVersionState { state: "SUPERSEDED" }));
    }
}

#[test]
fn versions_that_never_were_are_not_found() {
    for number in [-1, 0, 2, i32::MAX] {
        let rejection = Err(Rejection::NoSuchVersion { number });
        assert_eq!(draft().publish(number, false, &approver(), minute(9)), rejection);
        assert_eq!(draft().begin_review(number, REVIEW, &all_said(), pack(), minute(9)), rejection);
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
                Step::Begin => entry.clone().begin_review(number, ReviewId(Uuid::from_u128(count as u128)), &all_said(), pack(), now),
                Step::End(passed) => {
                    entry.clone().end_review(number, review.unwrap_or(REVIEW), digest, verdict(passed), now)
                }
                Step::Publish(own) => {
                    entry.clone().publish(number, false, &if own { drafter() } else { approver() }, now)
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

#[test]
fn a_resource_code_is_given_once_and_stays() {
    let (node, other) = ("307001".parse().expect("a code"), "307002".parse().expect("a code"));
    let code = ResourceCode::new(node, 12).expect("a resource code");
    for (name, entry) in all().into_iter().filter(|(name, _)| *name != "retired") {
        assert_eq!(entry.needs_code(code.node()), Ok(true), "{name}");
        let coded = after(entry.assign_code(code.clone(), minute(9)));
        assert_eq!(coded.code, Some(code.clone()), "{name}");
        assert_eq!(coded.clone().assign_code(code.clone(), minute(10)), Ok(None), "{name}");
        let rejection = Rejection::HasCode { code: code.clone() };
        assert_eq!(coded.needs_code(&other), Err(rejection), "{name}");
    }
    assert_eq!(retired().assign_code(code, minute(9)), Err(Rejection::WrongState { state: "RETIRED" }));
}

#[test]
fn what_the_pack_requires_is_named_before_the_review_with_its_article() {
    let unsaid = |pack: &Pack, stated: &[Statement]| draft().begin_review(1, REVIEW, stated, pack, minute(1));
    let title = [Statement::Field(EntryField::Title), Statement::Field(EntryField::SharingClass)];
    let (missing, article) = (vec!["update_cycle"], "16".to_owned());
    assert_eq!(unsaid(pack(), &title), Err(Rejection::Incomplete { missing, article }));

    let national = Pack::builtin("national-2025").expect("it ships");
    let missing = vec![
        "items",
        "formats",
        "update_cycle",
        "sharing_mode",
        "sharing_conditions",
        "grading",
        "personal_information_assessment",
    ];
    let article = "国务院令第809号 art. 13".to_owned();
    assert_eq!(unsaid(national, &title), Err(Rejection::Incomplete { missing, article }));
    let required = Statement::required(national, Some(Sharing::Unconditional));
    let conditions = Statement::Field(EntryField::SharingConditions);
    assert!(
        required.iter().all(|(wanted, _)| *wanted != conditions),
        "conditions are those of what is applied for"
    );
    assert!(required.iter().all(|(wanted, _)| *wanted != Statement::Assessment(Assessment::Secrecy)));
}

#[test]
fn where_the_pack_asks_for_it_the_info_office_approves_before_publication() {
    let registered = reviewed(true);
    let early = registered.clone().publish(1, true, &approver(), minute(3));
    assert_eq!(early, Err(Rejection::NotApproved));
    assert_eq!(
        registered.clone().approve(1, false, &officer(), minute(3)),
        Err(Rejection::NoAuthorityReview { state: "REGISTERED" })
    );
    assert_eq!(registered.clone().approve(1, true, &drafter(), minute(3)), Err(Rejection::SelfApproval));
    let approved = after(registered.clone().approve(1, true, &officer(), minute(3)));
    assert_eq!(approved.latest.state, VersionState::Approved { review: REVIEW });
    assert_eq!(approved.clone().approve(1, true, &officer(), minute(4)), Ok(None));
    let wrong = Err(Rejection::WrongVersionState { state: "APPROVED" });
    assert_eq!(approved.clone().give_back(1, "x".to_owned(), true, minute(4)), wrong);
    assert!(approved.clone().revise(words("two"), &drafter(), minute(4)).expect("allowed").is_some());
    let published = after(approved.publish(1, true, &approver(), minute(4)));
    assert_eq!(published.state, State::Published { published: 1 });

    let returned = registered.give_back(1, "补充共享条件".to_owned(), true, minute(3)).expect("allowed");
    assert_eq!(returned.happened(), &Happened::Returned("补充共享条件".to_owned()));
    assert_eq!(returned.entry().latest.state, VersionState::Rejected { review: REVIEW });
    for (name, entry) in all().into_iter().filter(|(name, _)| *name != "registered") {
        assert!(entry.approve(1, true, &officer(), minute(9)).is_err(), "{name}");
    }
}

#[test]
fn a_class_that_the_text_does_not_know_is_not_reviewed_for_listing() {
    let outline = Outline {
        title: "one".to_owned(),
        sharing: Some(Sharing::Withheld),
        has_conditions: true,
        ..Outline::default()
    };
    let withheld = draft_of(Content::new(outline, b"one".to_vec(), None).expect("listable"));
    let national = Pack::builtin("national-2025").expect("it ships");
    let every = |pack| {
        let required = Statement::required(pack, Some(Sharing::Withheld)).into_iter();
        required.map(|(statement, _)| statement).collect::<Vec<_>>()
    };
    let under = |pack| withheld.clone().begin_review(1, REVIEW, &every(pack), pack, minute(1));
    let article = "16".to_owned();
    assert_eq!(under(pack()), Err(Rejection::ClassUnknown { sharing: Sharing::Withheld, article }));
    assert!(under(national).expect("the decree knows it").is_some());
}

#[test]
fn a_registered_entry_waits_for_the_info_office_where_the_pack_asks_for_it_and_then_for_an_approver() {
    let national = Pack::builtin("national-2025").expect("it ships");
    let registered = reviewed(true);
    let waiting = |entry: &Entry, pack| {
        let told =
            |task: govshare_model::Task| format!("{}:{:?}:{}", task.kind, task.roles, task.due.is_some());
        entry.tasks(Some(pack), Calendar::builtin()).into_iter().map(told).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(waiting(&registered, pack()), "publish:[Approver]:false");
    assert_eq!(waiting(&registered, national), "approve:[InfoOffice]:true");
    assert_eq!(
        registered.tasks(Some(national), Calendar::builtin())[0].not,
        [drafter().subject],
        "who drafted it does not approve"
    );
    let approved = after(registered.approve(1, true, &officer(), minute(3)));
    assert_eq!(waiting(&approved, national), "publish:[Approver]:false");
    assert_eq!(waiting(&reviewed(false), pack()), "revise:[Drafter]:false");
    for quiet in [draft(), in_review(), after(approved.publish(1, true, &approver(), minute(4)))] {
        assert!(quiet.tasks(Some(pack()), Calendar::builtin()).is_empty(), "{}", quiet.latest.state.name());
    }
}
