//! What waits for whom in each state.

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{AccessRequest, AnswerKind, Outcome};
use govshare_model::WaitsFor;
use time::Duration;
use time::macros::date;

use crate::support::*;

fn kinds(request: &AccessRequest) -> Vec<&'static str> {
    request.tasks().iter().map(|task| task.kind).collect()
}

#[test]
fn each_state_waits_for_what_the_table_says() {
    let table = [
        ("DRAFT", vec![]),
        ("AT_INFO_OFFICE", vec!["forward"]),
        ("SETTLED", vec![]),
        ("SUBMITTED", vec!["propose-answer"]),
        ("ANSWER_PROPOSED", vec!["answer"]),
        ("SUPPLEMENT_REQUESTED", vec!["supplement"]),
        ("CONSENTED", vec!["draft-agreement"]),
        ("REFUSED", vec![]),
        ("OBJECTED", vec!["coordinate"]),
        ("COORDINATED", vec!["propose-answer"]),
        ("REFUSAL_STANDS", vec![]),
        ("WITHDRAWN", vec![]),
        ("AGREED", vec![]),
    ];
    let found: Vec<_> = every_state().iter().map(|request| (request.state.name(), kinds(request))).collect();
    assert_eq!(found, table);
}

#[test]
fn the_answer_waits_for_the_provider_until_its_last_day_and_not_for_who_proposed_it() {
    let [task] = proposed(AnswerKind::Consent).tasks().try_into().expect("one task");
    assert_eq!(task.waits_for, WaitsFor::Unit(unit("jiaowei")));
    assert_eq!(task.due.map(|due| due.date), Some(date!(2026 - 03 - 09)));
    assert_eq!(task.not, [wang().subject]);
    let [task] = objected().tasks().try_into().expect("one task");
    assert_eq!((task.waits_for, task.due), (WaitsFor::District, None));
}

#[test]
fn what_stands_beside_the_clock_waits_beside_the_answer() {
    assert_eq!(kinds(&forwarded()), ["propose-answer", "name-entry"]);
    let liaison = done(submitted().start_liaison(words(), words(), &wang(), NOW));
    assert_eq!(kinds(&liaison), ["propose-answer", "superior-outcome"]);
    let refused = done(liaison.superior_refuses(words(), &zhao(), NOW));
    assert_eq!(kinds(&refused), ["propose-answer"]);
    let asked = done(refused.ask_city(words(), &office(), NOW));
    assert_eq!(kinds(&asked), ["propose-answer", "record-city"]);
    let extension = submitted_under(national()).request_extension(1, words(), national(), &wang(), NOW);
    assert_eq!(kinds(&done(extension)), ["propose-answer", "decide-extension"]);
    let late = NOW + Duration::days(60);
    let overdue = done(coordinated(Outcome::AnswerAnew).mark_overdue(late));
    assert_eq!(kinds(&overdue), ["propose-answer", "remind"]);
    let reminded = done(remind(overdue, late));
    assert_eq!(kinds(&reminded), ["propose-answer"]);
    let reported = done(reminded.escalate(EscalationKind::Report, words(), &office(), late));
    assert_eq!(kinds(&reported), ["propose-answer", "urge"]);
}
