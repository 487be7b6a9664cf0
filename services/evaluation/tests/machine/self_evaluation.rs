//! A unit's evaluation of itself (art. 32): its states as a table, and its six aspects.

use evaluation::procedure::self_evaluation::{Assessment, Period, SelfEvaluation};
use evaluation::procedure::{Procedure, Rejection};
use govshare_model::pack::Aspect;
use time::macros::{date, datetime};
use uuid::Uuid;

use crate::people::*;

pub const ASPECTS: [Aspect; 6] = [
    Aspect::Truth,
    Aspect::Completeness,
    Aspect::Accuracy,
    Aspect::Timeliness,
    Aspect::Degree,
    Aspect::Results,
];

pub fn assessments(aspects: &[Aspect]) -> Vec<Assessment> {
    let assessment =
        |aspect: &Aspect| Assessment { aspect: *aspect, score: 90, remarks: "抽查".to_owned() };
    aspects.iter().map(assessment).collect()
}

pub fn draft(aspects: &[Aspect]) -> SelfEvaluation {
    let period = Period { start: date!(2025 - 01 - 01), end: date!(2025 - 12 - 31) };
    let by = actor("jiaowei", "li");
    SelfEvaluation::draft(Uuid::from_u128(1), period, assessments(aspects), &by, NOW).into_record()
}

fn submitted() -> SelfEvaluation {
    done(draft(&ASPECTS).submit(pack(), &actor("jiaowei", "zhao"), NOW))
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let (zhao, sun) = (actor("jiaowei", "zhao"), actor("info-office", "sun"));
    let states = vec![
        draft(&ASPECTS),
        submitted(),
        done(submitted().accept(&sun, NOW)),
        done(submitted().give_back("请补充".to_owned(), NOW)),
    ];
    let waits: Vec<_> = states.iter().map(task_kinds).collect();
    assert_eq!(waits, [vec!["submit"], vec!["accept"], vec![], vec!["submit"]]);
    states.iter().for_each(survives_storage);
    each_step_is_possible_in_exactly(
        states,
        vec![
            ("revise", Box::new(|found: SelfEvaluation| found.revise(Vec::new(), NOW)), &["DRAFT"]),
            ("submit", Box::new(|found| found.submit(pack(), &zhao, NOW)), &["DRAFT"]),
            ("accept", Box::new(|found| found.accept(&sun, NOW)), &["SUBMITTED"]),
            ("give back", Box::new(|found| found.give_back("请补充".to_owned(), NOW)), &["SUBMITTED"]),
        ],
    );
}

#[test]
fn nobody_accepts_what_they_submitted_nor_submits_before_the_period_is_over() {
    let zhao = actor("jiaowei", "zhao");
    assert_eq!(submitted().accept(&zhao, NOW), Err(Rejection::SelfApproval { article: "32" }));
    let early = draft(&ASPECTS).submit(pack(), &zhao, datetime!(2025-12-30 15:59 UTC));
    assert_eq!(
        early,
        Err(Rejection::TooEarly { state: "DRAFT", from: date!(2025 - 12 - 31), article: "32" })
    );
    assert!(draft(&ASPECTS).submit(pack(), &zhao, datetime!(2025-12-30 16:00 UTC)).is_ok(), "the last day");
}

#[test]
fn a_number_is_given_with_the_first_submission_and_kept() {
    let mut first = draft(&ASPECTS).submit(pack(), &actor("jiaowei", "zhao"), NOW).expect("submitted");
    *first.unnumbered().expect("a new document") = "教委评〔2026〕1号".to_owned();
    let returned = done(first.into_record().give_back("请补充".to_owned(), NOW));
    let mut again = returned.submit(pack(), &actor("jiaowei", "zhao"), NOW).expect("submitted again");
    assert_eq!(again.unnumbered(), None);
    assert_eq!(again.record().number, "教委评〔2026〕1号");
    assert_eq!(again.record().attributes()["document_number"], "教委评〔2026〕1号");
    assert!(draft(&ASPECTS).unnumbered().is_none());
}

#[test]
fn every_aspect_of_the_pack_must_be_spoken_to_and_all_missing_ones_are_named() {
    let partial = draft(&[Aspect::Truth, Aspect::Degree]);
    let refused = partial.submit(pack(), &actor("jiaowei", "zhao"), NOW).expect_err("four are missing");
    let missing = ["COMPLETENESS", "ACCURACY", "TIMELINESS", "RESULTS"];
    let missing = missing.map(|aspect| format!("assessments.ASPECT_{aspect}")).to_vec();
    assert_eq!(refused, Rejection::FormIncomplete { missing, article: "32" });
}

#[test]
fn a_draft_is_nobodys_but_the_units() {
    assert_eq!(draft(&[]).concerns(), vec![unit("jiaowei")]);
    assert_eq!(draft(&[]).attributes()["owner"], "jiaowei");
}
