//! Long random sequences of commands, legal and illegal, over the machines of the written procedures: whatever is tried
//! in whatever order, what must hold holds. `make test-long` runs 10,000 commands; `GOVSHARE_COMMANDS` sets the number.

use evaluation::procedure::feedback::{Feedback, Outcome};
use evaluation::procedure::inspection::Inspection;
use evaluation::procedure::plan::{Plan, Priority};
use evaluation::procedure::self_evaluation::SelfEvaluation;
use evaluation::procedure::violation::Violation;
use evaluation::procedure::{Procedure, Rejection, Transition};
use govshare_model::Actor;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use time::{Duration, OffsetDateTime};

use crate::people::*;
use crate::{inspection, plan, self_evaluation, violation};

/// What one random command is made of; each machine reads it in its own way.
#[derive(Debug, Clone)]
struct Draw {
    step: u8,
    person: usize,
    days: i64,
    flag: bool,
}

fn draws(length: usize) -> impl Strategy<Value = Vec<Draw>> {
    let draw = (0..12_u8, 0..3_usize, 0..4_i64, any::<bool>());
    prop::collection::vec(
        draw.prop_map(|(step, person, days, flag)| Draw { step, person, days, flag }),
        length,
    )
}

fn length() -> usize {
    let long = std::env::var("PROPTEST_CASES").is_ok_and(|cases| cases.len() > 3);
    let asked = std::env::var("GOVSHARE_COMMANDS").ok().and_then(|number| number.parse().ok());
    asked.unwrap_or(if long { 10_000 } else { 400 })
}

/// Runs the commands over one record after the other: an ended one is followed by a new one.
fn run<P: Procedure + PartialEq + std::fmt::Debug>(
    new: impl Fn() -> P,
    step: impl Fn(P, &Draw, &Actor, OffsetDateTime) -> Result<Transition<P>, Rejection>,
    holds: impl Fn(&P, &P) -> Result<(), TestCaseError>,
) {
    let config = Config { cases: 3, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let people = ["wang", "zhao", "qian"].map(|name| actor("jiaowei", name));
    let tried = TestRunner::new(config).run(&draws(length()), |commands| {
        let (mut record, mut now, mut legal) = (new(), NOW, 0);
        for draw in &commands {
            now += Duration::days(draw.days);
            let before = record.clone();
            match step(record, draw, &people[draw.person], now) {
                Ok(transition) => {
                    legal += 1;
                    record = transition.into_record();
                    prop_assert_eq!(record.head().version, before.head().version + 1);
                    prop_assert!(record.head().updated >= before.head().updated);
                    prop_assert_eq!(record.head().id, before.head().id);
                    prop_assert!(
                        record.parties().iter().collect::<std::collections::BTreeSet<_>>().len()
                            == record.parties().len()
                    );
                    holds(&before, &record)?;
                    let document = serde_json::to_value(&record).expect("a document");
                    prop_assert_eq!(&serde_json::from_value::<P>(document).expect("read"), &record);
                }
                Err(_) => record = before,
            }
            if record.tasks().is_empty() {
                record = new();
            }
        }
        prop_assert!(legal * 20 > commands.len(), "only {} of {} commands were legal", legal, commands.len());
        Ok(())
    });
    tried.expect("the invariants hold");
}

#[test]
fn feedback_keeps_its_receipt_its_mark_and_four_eyes() {
    let step = |form: Feedback, draw: &Draw, by: &Actor, now| match draw.step {
        0 | 1 => form.verify(now),
        2..=4 => form.propose(Outcome::Corrected, "已更正".to_owned(), by, now),
        5 | 6 => form.answer("已更正".to_owned(), by, now),
        7 | 8 => form.file(String::new(), by, now),
        9 if draw.flag && draw.person == 0 => form.withdraw("误读".to_owned(), now),
        _ => form.mark_overdue(now),
    };
    run(
        || crate::feedback::submitted(national()),
        step,
        |before, after| {
            prop_assert_eq!(&before.receipt, &after.receipt);
            if before.overdue.is_some() {
                prop_assert_eq!(before.overdue, after.overdue);
            }
            if let Some(answer) = after.state.answer() {
                prop_assert_ne!(&answer.by, &answer.proposal.by);
                let due = after.receipt.due.expect("the national pack has a term").date;
                let late = govshare_model::calendar::shanghai_date(answer.at) > due;
                prop_assert_eq!(after.overdue.is_some(), late);
            }
            prop_assert!(after.due().is_none() || after.overdue().is_none());
            Ok(())
        },
    );
}

#[test]
fn a_self_evaluation_is_never_accepted_without_its_six_aspects() {
    let step = |found: SelfEvaluation, draw: &Draw, by: &Actor, now| match draw.step {
        0..=3 => {
            let aspects = if draw.flag { 6 } else { usize::from(draw.step) };
            found.revise(self_evaluation::assessments(&self_evaluation::ASPECTS[..aspects]), now)
        }
        4..=7 => found.submit(pack(), by, now),
        8 | 9 => found.accept(by, now),
        _ => found.give_back("请补充".to_owned(), now),
    };
    run(
        || self_evaluation::draft(&[]),
        step,
        |before, after| {
            if after.state() != "DRAFT" {
                prop_assert_eq!(after.assessments.len(), 6);
            }
            prop_assert_eq!(before.period, after.period);
            Ok(())
        },
    );
}

#[test]
fn no_inspection_ends_unheard() {
    let step = |found: Inspection, draw: &Draw, by: &Actor, now: OffsetDateTime| match draw.step {
        0..=3 => found.find(Vec::new(), (now + Duration::days(9)).date(), by, now),
        4..=6 => found.state_on_findings("已整改".to_owned(), by, now),
        _ => found.close("结束".to_owned(), now),
    };
    run(inspection::notified, step, |before, after| {
        if after.state() == "CLOSED" && after.state.statement().is_none() {
            let findings = after.state.findings().expect("found before it was closed");
            prop_assert!(
                govshare_model::calendar::shanghai_date(after.head.updated) > findings.statement_due
            );
        }
        prop_assert_eq!(&before.notice, &after.notice);
        Ok(())
    });
}

#[test]
fn no_violation_is_found_unheard_or_sanctioned_unless_grave() {
    let step = |found: Violation, draw: &Draw, by: &Actor, now: OffsetDateTime| match draw.step {
        0 | 1 => found.investigate("?".to_owned(), (now + Duration::days(5)).date(), by, now),
        2 | 3 => found.answer("!".to_owned(), by, now),
        4 | 5 => {
            let kind = (draw.person > 0).then_some("breach");
            found.find(pack(), kind, "查证".to_owned(), draw.flag, by, now)
        }
        6 | 7 => found.refer(unit("renlishebaoju"), now),
        8 | 9 => found.sanction("通报批评".to_owned(), now),
        _ => found.close("结案".to_owned(), now),
    };
    run(violation::reported, step, |before, after| {
        if after.state.sanction().is_some() {
            prop_assert!(after.state.finding().is_some_and(|finding| finding.grave));
        }
        if let (Some(finding), None) = (after.state.finding(), after.state.statement()) {
            let charge = after.state.charge().expect("charged before found");
            prop_assert!(govshare_model::calendar::shanghai_date(finding.at) > charge.answer_due);
        }
        prop_assert!(before.parties().iter().all(|party| after.parties().contains(party)));
        Ok(())
    });
}

#[test]
fn a_plan_is_issued_by_another_than_submitted_it_and_keeps_its_items_then() {
    let step = |found: Plan, draw: &Draw, by: &Actor, now| match draw.step {
        0 | 1 => found.revise("计划".to_owned(), vec![plan::item(1, "jiaowei", draw.flag)], now),
        2 | 3 => found.submit(by, now),
        4 if draw.flag => found.give_back("请补充".to_owned(), now),
        4..=6 => found.issue(&Priority { given: draw.flag, ..Priority::default() }, None, by, now),
        7..=9 => found.progress(1, 100, String::new(), by, now),
        _ if draw.person == 0 => found.replace(now),
        _ => found.progress(9, 1, String::new(), by, now),
    };
    run(plan::draft, step, |before, after| {
        if before.state() == "ISSUED" {
            prop_assert_eq!(before.items.len(), after.items.len());
        }
        if let (
            evaluation::procedure::plan::State::Submitted { by, .. },
            evaluation::procedure::plan::State::Issued { issue },
        ) = (&before.state, &after.state)
        {
            prop_assert_ne!(by, &issue.by);
        }
        Ok(())
    });
}
