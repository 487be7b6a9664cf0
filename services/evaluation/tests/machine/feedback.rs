//! The form on the use of data (art. 28): its states as a table, its term by pack, four eyes and who sees what.

use evaluation::procedure::feedback::{Feedback, Outcome, Problem, Receipt, Resource};
use evaluation::procedure::{Procedure, Rejection};
use govshare_model::Subject;
use govshare_model::calendar::Calendar;
use govshare_model::id::EntryId;
use govshare_model::pack::{Aspect, Pack};
use time::Duration;
use time::macros::{date, datetime};
use uuid::Uuid;

use crate::people::*;

fn resource() -> Resource {
    Resource {
        entry: EntryId(Uuid::from_u128(2)),
        version: 3,
        title: "小学在校生人数".to_owned(),
        provider: unit("jiaowei"),
    }
}

pub fn submitted(pack: &Pack) -> Feedback {
    let problem =
        Problem {
            aspect: Aspect::Accuracy, description: "人数与年鉴不符".to_owned(), items: Vec::new()
        };
    let receipt = Receipt::under(pack, Calendar::builtin(), NOW);
    let user = actor("fagaiwei", "li");
    done(Feedback::submit(Uuid::from_u128(1), resource(), None, vec![problem], receipt, &user))
}

fn verifying() -> Feedback {
    done(submitted(pack()).verify(NOW))
}

fn proposed() -> Feedback {
    done(verifying().propose(Outcome::Corrected, "已更正".to_owned(), &actor("jiaowei", "wang"), NOW))
}

fn answered() -> Feedback {
    done(proposed().answer("已更正".to_owned(), &actor("jiaowei", "zhao"), NOW))
}

fn every_state() -> Vec<Feedback> {
    vec![
        submitted(pack()),
        verifying(),
        proposed(),
        answered(),
        done(answered().file("已备案".to_owned(), &actor("info-office", "sun"), NOW)),
        done(verifying().withdraw("系本单位误读".to_owned(), NOW)),
    ]
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let (wang, zhao, sun) = (actor("jiaowei", "wang"), actor("jiaowei", "zhao"), actor("info-office", "sun"));
    each_step_is_possible_in_exactly(
        every_state(),
        vec![
            ("verify", Box::new(|form: Feedback| form.verify(NOW)), &["SUBMITTED"]),
            (
                "propose",
                Box::new(|form| form.propose(Outcome::Confirmed, "无误".to_owned(), &wang, NOW)),
                &["VERIFYING", "ANSWER_PROPOSED"],
            ),
            ("answer", Box::new(|form| form.answer("无误".to_owned(), &zhao, NOW)), &["ANSWER_PROPOSED"]),
            ("file", Box::new(|form| form.file(String::new(), &sun, NOW)), &["ANSWERED"]),
            (
                "withdraw",
                Box::new(|form| form.withdraw("误读".to_owned(), NOW)),
                &["SUBMITTED", "VERIFYING", "ANSWER_PROPOSED"],
            ),
        ],
    );
}

#[test]
fn what_waits_follows_the_state_and_an_ended_form_waits_for_nobody() {
    let expected: [&[&str]; 6] = [&["verify"], &["propose"], &["answer"], &["file"], &[], &[]];
    for (form, expected) in every_state().iter().zip(expected) {
        assert_eq!(task_kinds(form), expected, "{}", form.state());
        survives_storage(form);
    }
    let answer = proposed().tasks().remove(0);
    assert_eq!(answer.not, [Subject("wang".to_owned())], "who proposed does not answer");
}

#[test]
fn a_term_runs_only_where_the_pack_has_one_and_is_marked_once_after_its_last_day() {
    let promptly = submitted(pack());
    assert_eq!((promptly.receipt.due, promptly.due()), (None, None), "the text says 及时 and no figure");
    assert_eq!(promptly.mark_overdue(NOW + Duration::days(400)), Err(Rejection::NotOverdue));

    let form = submitted(national());
    let due = form.receipt.due.expect("10 working days");
    assert_eq!((due.date, due.provisional), (date!(2026 - 03 - 17), false));
    assert_eq!(form.tasks()[0].due.map(|due| due.date), Some(date!(2026 - 03 - 17)));
    assert_eq!(form.clone().mark_overdue(datetime!(2026-03-17 15:59:59 UTC)), Err(Rejection::NotOverdue));
    let marked = done(form.mark_overdue(datetime!(2026-03-17 16:00 UTC)));
    assert_eq!((marked.state(), marked.due()), ("SUBMITTED", None), "shown beside the state, swept once");
    assert_eq!(marked.clone().mark_overdue(datetime!(2026-03-18 16:00 UTC)), Err(Rejection::NotOverdue));
    let late = datetime!(2026-03-20 1:00 UTC);
    let proposed = done(done(marked.verify(late)).propose(
        Outcome::Corrected,
        "已更正".to_owned(),
        &actor("jiaowei", "wang"),
        late,
    ));
    let answered = done(proposed.answer("已更正".to_owned(), &actor("jiaowei", "zhao"), late));
    assert_eq!(answered.overdue, Some(datetime!(2026-03-17 16:00 UTC)), "a late answer leaves the mark");
    assert_eq!(answered.attributes()["in_time"], "false");
}

#[test]
fn who_proposed_an_answer_gives_it_only_where_the_pack_asks_for_no_four_eyes() {
    let wang = actor("jiaowei", "wang");
    let own = proposed().answer("已更正".to_owned(), &wang, NOW);
    assert_eq!(own, Err(Rejection::SelfApproval { article: "28" }));
    let mut single = proposed();
    single.receipt.four_eyes = false;
    assert!(single.answer("已更正".to_owned(), &wang, NOW).is_ok());
}

#[test]
fn nobody_gives_feedback_on_their_own_data() {
    let receipt = Receipt::under(pack(), Calendar::builtin(), NOW);
    let own = Feedback::submit(Uuid::nil(), resource(), None, Vec::new(), receipt, &actor("jiaowei", "li"));
    assert_eq!(own, Err(Rejection::OwnResource));
}

#[test]
fn a_proposal_is_the_providers_and_its_event_concerns_nobody_else() {
    let form = proposed();
    assert_eq!((form.state(), form.outer_state()), ("ANSWER_PROPOSED", "VERIFYING"));
    assert_eq!(form.concerns(), vec![unit("jiaowei")]);
    assert_eq!(answered().concerns(), vec![unit("fagaiwei"), unit("jiaowei")]);
}
