//! Violations (art. 34): their states as a table, the right to answer, kinds of the pack, and who is concerned.

use evaluation::procedure::violation::Violation;
use evaluation::procedure::{Procedure, Rejection, Transition};
use time::Duration;
use time::macros::date;
use uuid::Uuid;

use crate::people::*;

pub fn reported() -> Violation {
    let by = actor("fagaiwei", "li");
    done(Violation::report(
        Uuid::from_u128(1),
        unit("jiaowei"),
        "拒不提供".to_owned(),
        String::new(),
        &by,
        NOW,
    ))
}

fn investigating() -> Violation {
    done(reported().investigate(
        "是否拒不配合".to_owned(),
        date!(2026 - 03 - 12),
        &actor("working-group", "qian"),
        NOW,
    ))
}

fn heard() -> Violation {
    done(investigating().answer("系统故障所致".to_owned(), &actor("jiaowei", "zhao"), NOW))
}

fn find(record: Violation, kind: Option<&str>, grave: bool) -> Result<Transition<Violation>, Rejection> {
    record.find(pack(), kind, "查证属实".to_owned(), grave, &actor("working-group", "qian"), NOW)
}

fn found(grave: bool) -> Violation {
    done(find(heard(), Some("inaction"), grave))
}

fn referred() -> Violation {
    done(found(true).refer(unit("renlishebaoju"), NOW))
}

fn sanctioned() -> Violation {
    done(referred().sanction("通报批评".to_owned(), NOW))
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let (qian, zhao) = (actor("working-group", "qian"), actor("jiaowei", "zhao"));
    let states = vec![
        reported(),
        investigating(),
        heard(),
        done(find(heard(), None, false)),
        found(true),
        referred(),
        sanctioned(),
        done(sanctioned().close("结案".to_owned(), NOW)),
    ];
    let names: Vec<_> = states.iter().map(Procedure::state).collect();
    let all =
        ["REPORTED", "INVESTIGATING", "HEARD", "UNFOUNDED", "FOUND", "REFERRED", "SANCTIONED", "CLOSED"];
    assert_eq!(names, all);
    let waits: Vec<_> = states.iter().map(task_kinds).collect();
    let expected: [&[&str]; 8] =
        [&["investigate"], &["answer", "find"], &["find"], &[], &["refer"], &["sanction"], &["close"], &[]];
    assert_eq!(waits, expected);
    states.iter().for_each(survives_storage);
    each_step_is_possible_in_exactly(
        states,
        vec![
            (
                "investigate",
                Box::new(|found: Violation| {
                    found.investigate("?".to_owned(), date!(2026 - 03 - 12), &qian, NOW)
                }),
                &["REPORTED"],
            ),
            ("answer", Box::new(|found| found.answer("!".to_owned(), &zhao, NOW)), &["INVESTIGATING"]),
            ("find", Box::new(|found| find(found, Some("breach"), true)), &["HEARD"]),
            ("refer", Box::new(|found| found.refer(unit("renlishebaoju"), NOW)), &["FOUND"]),
            ("sanction", Box::new(|found| found.sanction("通报批评".to_owned(), NOW)), &["REFERRED"]),
            ("close", Box::new(|found| found.close("结案".to_owned(), NOW)), &["SANCTIONED"]),
        ],
    );
}

#[test]
fn nobody_is_judged_before_they_spoke_or_let_their_last_day_pass() {
    let early = find(investigating(), Some("breach"), true);
    assert_eq!(early, Err(Rejection::NotHeard { until: date!(2026 - 03 - 12), article: "34" }));
    let (qian, late) = (actor("working-group", "qian"), NOW + Duration::days(10));
    let found = investigating().find(pack(), Some("breach"), "属实".to_owned(), true, &qian, late);
    assert_eq!(done(found).state.statement(), None);
}

#[test]
fn a_finding_names_a_kind_of_the_pack_in_force() {
    let unknown = find(heard(), Some("wider-scope"), false);
    let known = vec!["breach".to_owned(), "inaction".to_owned()];
    assert_eq!(unknown, Err(Rejection::UnknownKind { known }), "a kind of the national text only");
    let qian = actor("working-group", "qian");
    let national = heard().find(national(), Some("wider-scope"), "属实".to_owned(), false, &qian, NOW);
    let finding = done(national).state.finding().cloned().expect("found");
    assert_eq!((finding.pack.as_str(), finding.article.as_str()), ("national-2025", "25"));
}

#[test]
fn only_what_was_grave_goes_to_a_department_and_never_to_the_unit_itself() {
    assert_eq!(found(false).refer(unit("renlishebaoju"), NOW), Err(Rejection::NotGrave));
    assert!(found(false).close("责令改正".to_owned(), NOW).is_ok());
    assert_eq!(task_kinds(&found(false)), ["close"]);
    assert_eq!(found(true).refer(unit("jiaowei"), NOW), Err(Rejection::OwnUnit { article: "34" }));
}

#[test]
fn the_unit_is_concerned_from_the_investigation_on_and_never_beside_who_reported_it() {
    assert_eq!(reported().concerns(), vec![unit("fagaiwei")]);
    for record in [investigating(), heard(), found(true), referred()] {
        let concerns = record.concerns();
        assert!(concerns.contains(&unit("jiaowei")) && !concerns.contains(&unit("fagaiwei")), "{concerns:?}");
    }
    assert_eq!(referred().parties(), vec![unit("fagaiwei"), unit("jiaowei"), unit("renlishebaoju")]);
    let own =
        Violation::report(Uuid::nil(), unit("ab"), String::new(), String::new(), &actor("ab", "x"), NOW);
    assert_eq!(own, Err(Rejection::OwnUnit { article: "34" }));
}
