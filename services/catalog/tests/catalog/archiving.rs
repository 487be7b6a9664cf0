use catalog::archiving::record::{Information, Mark, Record, Rejection, Transition};
use govshare_model::{Actor, Role, WaitsFor};
use proptest::prelude::*;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::person;

const NOW: OffsetDateTime = datetime!(2026-03-03 2:00 UTC);

fn information() -> Information {
    Information {
        title: "2025年度学籍信息".to_owned(),
        start: date!(2025 - 01 - 01),
        end: date!(2025 - 12 - 31),
        system: "区教育管理平台".to_owned(),
        entry: None,
        archive_due: date!(2026 - 06 - 30),
    }
}

fn marker() -> Actor {
    person("jiaowei", "marker", &[Role::Drafter])
}

fn examiner() -> Actor {
    person("danganju", "examiner", &[Role::Approver])
}

fn mark() -> Mark {
    Mark { number: "JW-2026-0012".to_owned(), day: date!(2026 - 03 - 03), by: Some(marker().subject) }
}

fn after(step: Result<Transition, Rejection>) -> Record {
    step.expect("allowed").record().clone()
}

fn recorded() -> Record {
    let drafter = person("jiaowei", "drafter", &[Role::Drafter]);
    after(Record::create(Uuid::from_u128(1), information(), &drafter, NOW))
}

#[test]
fn what_each_step_does_from_each_state() {
    let archived = after(recorded().archive(mark(), NOW));
    let objected = after(archived.clone().object("缺目录".to_owned(), NOW));
    let confirmed = after(archived.clone().confirm(&examiner(), NOW));
    let expected = [
        // archive, confirm, object; what waits for whom
        "TO_ARCHIVE done no no archive:jiaowei",
        "ARCHIVED no done done examine:danganju",
        "OBJECTED done no no mend:jiaowei",
        "CONFIRMED no no no ",
    ];
    let bureau = "danganju".parse().expect("a slug");
    let outcome = |step: Result<Transition, Rejection>| if step.is_ok() { "done" } else { "no" }.to_owned();
    for (record, expected) in [recorded(), archived, objected, confirmed].into_iter().zip(expected) {
        let tasks = record.tasks(&bureau).into_iter().map(|task| match task.waits_for {
            WaitsFor::Unit(unit) => format!("{}:{unit}", task.kind),
            WaitsFor::District => task.kind.to_owned(),
        });
        let found = [
            record.state.name().to_owned(),
            outcome(record.clone().archive(mark(), NOW)),
            outcome(record.clone().confirm(&examiner(), NOW)),
            outcome(record.clone().object("x".to_owned(), NOW)),
            tasks.collect::<Vec<_>>().join(","),
        ];
        assert_eq!(found.join(" "), expected);
    }
}

#[test]
fn days_that_contradict_each_other_are_refused() {
    let drafter = person("jiaowei", "drafter", &[Role::Drafter]);
    let create = |information| Record::create(Uuid::from_u128(1), information, &drafter, NOW).map(drop);
    let backwards = Information { end: date!(2024 - 12 - 31), ..information() };
    assert_eq!(create(backwards), Err(Rejection::EndsBeforeStart));
    let early = Information { archive_due: date!(2025 - 12 - 30), ..information() };
    assert_eq!(create(early), Err(Rejection::DueBeforeEnd));
    let to_come = Mark { day: date!(2026 - 03 - 04), ..mark() };
    assert_eq!(recorded().archive(to_come, NOW), Err(Rejection::DayToCome));
    let early = Mark { day: date!(2025 - 12 - 30), ..mark() };
    assert_eq!(recorded().archive(early, NOW), Err(Rejection::DayBeforeEnd));
}

#[test]
fn whoever_made_the_mark_does_not_confirm_it() {
    let archived = after(recorded().archive(mark(), NOW));
    assert_eq!(archived.clone().confirm(&marker(), NOW), Err(Rejection::SelfApproval));
    assert!(archived.confirm(&examiner(), NOW).is_ok());
}

#[test]
fn what_is_not_archived_is_objected_to_only_after_its_last_day() {
    let objection = || "逾期未归档".to_owned();
    assert_eq!(recorded().object(objection(), NOW), Err(Rejection::NotOverdue));
    let last_day = datetime!(2026-06-30 15:59:59 UTC);
    assert_eq!(recorded().object(objection(), last_day), Err(Rejection::NotOverdue));
    let objected = after(recorded().object(objection(), last_day + Duration::SECOND));
    assert_eq!((objected.state.name(), objected.state.mark()), ("OBJECTED", None));
}

proptest! {
    /// Whatever is tried: nothing is confirmed that was not archived, and what is confirmed stays.
    #[test]
    fn only_what_was_archived_is_confirmed(steps in prop::collection::vec((0..3_u8, 0..300_i64), 0..20)) {
        let mut record = recorded();
        for (step, days) in steps {
            let (now, from) = (NOW + Duration::days(days), record.clone());
            let tried = match step {
                0 => from.clone().archive(mark(), now),
                1 => from.clone().confirm(&examiner(), now),
                _ => from.clone().object("x".to_owned(), now),
            };
            let Ok(done) = tried else { continue };
            record = done.record().clone();
            prop_assert_eq!(record.version, from.version + 1);
            prop_assert_ne!(from.state.name(), "CONFIRMED");
            if record.state.name() == "CONFIRMED" {
                prop_assert_eq!(from.state.name(), "ARCHIVED");
                prop_assert_eq!(record.state.mark(), from.state.mark());
            }
        }
    }
}
