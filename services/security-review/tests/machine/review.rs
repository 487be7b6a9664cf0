//! The state machine of a secrecy review: one decision, by somebody else than the drafter, on the exact content.

use govshare_model::id::EntryId;
use govshare_model::{Actor, Role, Subject};
use proptest::prelude::*;
use security_review::review::{EntryVersion, Happened, Rejection, Review, State, Submission, Transition};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::uuid;

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 +8);

fn version(version: i32) -> EntryVersion {
    EntryVersion { entry: EntryId(uuid!("0192f0c1-0000-7000-8000-000000000001")), version }
}

fn digest(of: u8) -> String {
    format!("{of:02x}").repeat(32)
}

fn reviewer(subject: &str) -> Actor {
    Actor {
        subject: Subject(subject.to_owned()),
        unit: "jiaowei".parse().expect("a slug"),
        roles: [Role::Reviewer, Role::Drafter].into_iter().collect(),
    }
}

fn open() -> Review {
    let submission = Submission {
        version: version(2),
        provider: "jiaowei".parse().expect("a slug"),
        title: "幼儿园名录".to_owned(),
        content_digest: digest(1),
        drafter: Subject("drafter".to_owned()),
        also_written_by: [Subject("earlier".to_owned())].into(),
    };
    Review::open(submission, NOW).review().clone()
}

#[test]
fn a_version_has_one_review_id_and_shares_it_with_no_other() {
    assert_eq!(version(2).review_id(), version(2).review_id());
    assert_ne!(version(2).review_id(), version(3).review_id());
    let other = EntryVersion { entry: EntryId(uuid!("0192f0c1-0000-7000-8000-000000000002")), version: 2 };
    assert_ne!(version(2).review_id(), other.review_id());
    assert_eq!(
        version(2).review_id().to_string(),
        "2e9ea72f-43bd-5db9-a178-73827d9db660",
        "stored reviews are found by this id: it never changes"
    );
}

#[test]
fn art16_a_reviewer_who_is_not_the_drafter_passes_the_exact_content() {
    let passed =
        open().pass(&digest(1), &reviewer("reviewer"), NOW).expect("open, other person, same content");
    assert_eq!(passed.happened(), Happened::Passed);
    assert_eq!(passed.review().version, 2);
    assert!(
        matches!(&passed.review().state, State::Passed { decision } if decision.by.as_str() == "reviewer")
    );
    assert_eq!(passed.decision().at, NOW);
}

#[test]
fn a_rejection_carries_its_reasons() {
    let rejected = open().reject("含个人信息".to_owned(), &reviewer("reviewer"), NOW).expect("open");
    assert_eq!(rejected.happened(), Happened::Rejected);
    assert_eq!(rejected.review().state.reasons(), "含个人信息");
}

#[test]
fn every_refusal_is_the_one_that_the_contract_names() {
    let (drafter, other) = (reviewer("drafter"), reviewer("reviewer"));
    let earlier = reviewer("earlier");
    let passed = || open().pass(&digest(1), &other, NOW).expect("open").review().clone();
    let rejected = || open().reject("理由".to_owned(), &other, NOW).expect("open").review().clone();
    let reasons = || "理由".to_owned();
    let cases: [(&str, Result<Transition, Rejection>, Rejection); 9] = [
        ("an earlier drafter passes", open().pass(&digest(1), &earlier, NOW), Rejection::SelfApproval),
        ("the drafter passes", open().pass(&digest(1), &drafter, NOW), Rejection::SelfApproval),
        ("the drafter rejects", open().reject(reasons(), &drafter, NOW), Rejection::SelfApproval),
        ("other content", open().pass(&digest(2), &other, NOW), Rejection::ContentMismatch),
        ("no reasons", open().reject(String::new(), &other, NOW), Rejection::ReasonsMissing),
        (
            "passed is passed again",
            passed().pass(&digest(1), &other, NOW),
            Rejection::NotOpen { state: "PASSED" },
        ),
        (
            "passed is rejected",
            passed().reject(reasons(), &other, NOW),
            Rejection::NotOpen { state: "PASSED" },
        ),
        (
            "rejected is passed",
            rejected().pass(&digest(1), &other, NOW),
            Rejection::NotOpen { state: "REJECTED" },
        ),
        (
            "rejected is rejected again",
            rejected().reject(reasons(), &other, NOW),
            Rejection::NotOpen { state: "REJECTED" },
        ),
    ];
    for (case, result, wanted) in cases {
        assert_eq!(result, Err(wanted), "{case}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Pass { by: &'static str, content: u8 },
    Reject { by: &'static str, reasons: &'static str },
}

fn step() -> impl Strategy<Value = Step> {
    let people = prop::sample::select(vec!["drafter", "reviewer", "another"]);
    let reasons = prop::sample::select(vec!["", "理由"]);
    prop_oneof![
        (people.clone(), 0..3u8).prop_map(|(by, content)| Step::Pass { by, content }),
        (people, reasons).prop_map(|(by, reasons)| Step::Reject { by, reasons }),
    ]
}

proptest! {
    /// Whatever is tried in whatever order: at most one decision, never the drafter's, a pass only with the digest
    /// under review, a rejection only with reasons; and nothing but state and version changes.
    #[test]
    fn a_review_is_decided_once_and_never_by_its_drafter(steps in prop::collection::vec(step(), 0..12)) {
        let mut review = open();
        let mut decisions = 0;
        for (at, step) in steps.into_iter().enumerate() {
            let now = NOW + Duration::minutes(i64::try_from(at).expect("few steps"));
            let before = review.clone();
            let tried = match &step {
                Step::Pass { by, content } => review.pass(&digest(*content), &reviewer(by), now),
                Step::Reject { by, reasons } => review.reject((*reasons).to_owned(), &reviewer(by), now),
            };
            review = match tried {
                Err(_) => before,
                Ok(transition) => {
                    decisions += 1;
                    prop_assert_eq!(&before.state, &State::Open);
                    let after = transition.review().clone();
                    prop_assert_eq!(after.version, before.version + 1);
                    prop_assert_eq!(after.id, before.id);
                    prop_assert_eq!(&after.submission, &before.submission);
                    prop_assert_ne!(&transition.decision().by, &after.submission.drafter);
                    match step {
                        Step::Pass { content, .. } => prop_assert_eq!(content, 1),
                        Step::Reject { reasons, .. } => prop_assert_eq!(after.state.reasons(), reasons),
                    }
                    after
                }
            };
        }
        prop_assert_eq!(review.version, 1 + decisions);
        prop_assert!(decisions <= 1);
    }
}

#[test]
fn every_method_of_the_contract_has_a_rule_and_no_rule_names_another() {
    for service in security_review::ACCESS.public {
        let methods = service_kit::server::methods_of(service.name);
        assert!(!methods.is_empty());
        for method in &methods {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{method} has no rule");
        }
        for rule in service.rules {
            assert!(methods.iter().any(|method| method == rule.method), "{} is no method", rule.method);
        }
    }
}

#[test]
fn art31_content_that_is_a_state_secret_is_rejected_with_where_it_belongs() {
    let reviewer = reviewer("reviewer");
    let rejected = open().reject_as_state_secret("", &reviewer, NOW).expect("open");
    assert_eq!(rejected.happened(), Happened::RejectedAsStateSecret);
    assert!(rejected.review().state.reasons().contains("区保密局"));
    let with_words = open().reject_as_state_secret("见线下函件", &reviewer, NOW).expect("open");
    assert!(with_words.review().state.reasons().ends_with("\n见线下函件"));
    let own = open().reject_as_state_secret("", &self::reviewer("drafter"), NOW).err();
    assert_eq!(own, Some(Rejection::SelfApproval));
}

#[test]
fn an_open_review_waits_for_a_reviewer_who_wrote_none_of_it_and_a_decided_one_for_nobody() {
    let tasks = open().tasks();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].not, ["drafter", "earlier"].map(|writer| Subject(writer.to_owned())));
    let passed = open().pass(&digest(1), &reviewer("reviewer"), NOW).expect("open");
    assert!(passed.review().tasks().is_empty());
}
