//! Inspections (art. 33): their states as a table, the day of the visit, and nobody judged unheard.

use evaluation::procedure::inspection::Inspection;
use evaluation::procedure::{Procedure, Rejection};
use time::Duration;
use time::macros::{date, datetime};
use uuid::Uuid;

use crate::people::*;

pub fn notified() -> Inspection {
    let by = actor("zhengfuban", "he");
    let visit = date!(2026 - 03 - 03);
    done(Inspection::notify(Uuid::from_u128(1), unit("jiaowei"), "目录更新".to_owned(), visit, &by, NOW))
}

fn found() -> Inspection {
    let by = actor("zhengfuban", "he");
    done(notified().find(vec!["三项目录逾期未更新".to_owned()], date!(2026 - 03 - 10), &by, NOW))
}

fn stated() -> Inspection {
    done(found().state_on_findings("已整改".to_owned(), &actor("jiaowei", "zhao"), NOW))
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let (he, zhao) = (actor("zhengfuban", "he"), actor("jiaowei", "zhao"));
    let states = vec![notified(), found(), stated(), done(stated().close("整改到位".to_owned(), NOW))];
    let waits: Vec<_> = states.iter().map(task_kinds).collect();
    assert_eq!(waits, [vec!["find"], vec!["state"], vec!["close"], vec![]]);
    states.iter().for_each(survives_storage);
    each_step_is_possible_in_exactly(
        states,
        vec![
            (
                "find",
                Box::new(|found: Inspection| found.find(Vec::new(), date!(2026 - 03 - 10), &he, NOW)),
                &["NOTIFIED"],
            ),
            ("state", Box::new(|found| found.state_on_findings("已整改".to_owned(), &zhao, NOW)), &["FOUND"]),
            ("close", Box::new(|found| found.close("整改到位".to_owned(), NOW)), &["STATED"]),
        ],
    );
}

#[test]
fn nothing_is_found_before_the_visit() {
    let he = actor("zhengfuban", "he");
    let eve = datetime!(2026-03-02 15:59:59 UTC);
    let early = notified().find(Vec::new(), date!(2026 - 03 - 10), &he, eve);
    assert_eq!(
        early,
        Err(Rejection::TooEarly { state: "NOTIFIED", from: date!(2026 - 03 - 03), article: "33" })
    );
    let day = datetime!(2026-03-02 16:00 UTC);
    assert!(notified().find(Vec::new(), date!(2026 - 03 - 10), &he, day).is_ok(), "from 0:00 in Shanghai on");
}

#[test]
fn no_inspection_is_closed_before_the_unit_spoke_or_its_last_day_passed() {
    let early = found().close("未整改".to_owned(), NOW);
    assert_eq!(early, Err(Rejection::NotHeard { until: date!(2026 - 03 - 10), article: "33" }));
    let closed = done(found().close("未整改".to_owned(), NOW + Duration::days(8)));
    assert_eq!((closed.state(), closed.state.statement()), ("CLOSED", None));
}

#[test]
fn no_unit_inspects_itself() {
    let own = actor("jiaowei", "he");
    let refused =
        Inspection::notify(Uuid::nil(), unit("jiaowei"), String::new(), date!(2026 - 03 - 03), &own, NOW);
    assert_eq!(refused, Err(Rejection::OwnUnit { article: "33" }));
}
