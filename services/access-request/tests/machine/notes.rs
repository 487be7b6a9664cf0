//! Notes between the parties of a case: who writes them in which part, and when (art. 26).

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{AccessRequest, AnswerKind, Outcome};
use access_request::case_note::{Added, MOST_NOTES, Note, Part, Rejection};
use govshare_model::id::NoteId;
use govshare_model::{Actor, Role};
use time::macros::datetime;
use uuid::Uuid;

use crate::support::*;

fn with(role: Role, actor: Actor) -> Actor {
    Actor { roles: [role].into_iter().collect(), ..actor }
}

fn write(case: &AccessRequest, before: i32, by: &Actor) -> Result<Added, Rejection> {
    Note::write(NoteId(Uuid::from_u128(7)), case, before, "请问包括民办学校吗".to_owned(), by, NOW)
}

fn part(case: &AccessRequest, by: &Actor) -> Result<Part, Rejection> {
    write(case, 0, by).map(|added| added.note().part)
}

#[test]
fn each_party_writes_in_its_part_in_every_state_after_the_draft() {
    let (applicant, provider) = (asking(), with(Role::Drafter, wang()));
    let office = with(Role::InfoOffice, office());
    assert_eq!(part(&draft(), &applicant), Err(Rejection::Draft));
    let waiting = at_info_office();
    assert_eq!(part(&waiting, &applicant), Ok(Part::Applicant));
    assert_eq!(part(&waiting, &office), Ok(Part::InfoOffice));
    for case in [
        submitted(),
        proposed(AnswerKind::Consent),
        refused(),
        objected(),
        coordinated(Outcome::AnswerAnew),
        coordinated(Outcome::RefusalStands),
        done(submitted().withdraw(NOW)),
    ] {
        assert_eq!(part(&case, &applicant), Ok(Part::Applicant), "{}", case.state.name());
        assert_eq!(part(&case, &provider), Ok(Part::Provider), "{}", case.state.name());
        assert_eq!(part(&case, &office), Ok(Part::InfoOffice), "{}", case.state.name());
    }
    // Of the info office's unit, but here for the party that it is a member of.
    let both = Actor { roles: [Role::Drafter, Role::InfoOffice].into_iter().collect(), ..wang() };
    assert_eq!(part(&submitted(), &both), Ok(Part::Provider));
}

#[test]
fn the_working_group_writes_once_it_is_concerned() {
    let group = with(Role::WorkingGroup, group());
    for case in [submitted(), proposed(AnswerKind::Refusal), refused()] {
        let state = case.told();
        assert_eq!(part(&case, &group), Err(Rejection::NotBeforeTheGroup { state }));
    }
    for case in [objected(), coordinated(Outcome::RefusalStands), coordinated(Outcome::AnswerAnew)] {
        assert_eq!(part(&case, &group), Ok(Part::WorkingGroup), "{}", case.state.name());
    }
    let anew = coordinated(Outcome::AnswerAnew);
    let anew = done(anew.propose(wording(AnswerKind::Consent), pack(), &wang(), NOW));
    let consented = done(anew.consent(pack(), &zhao(), NOW));
    assert_eq!(part(&consented, &group), Ok(Part::WorkingGroup), "it stays concerned");

    let late = datetime!(2026-03-20 2:00 UTC);
    let reminded = done(submitted().escalate(EscalationKind::Reminder, words(), &office(), late));
    assert!(part(&reminded, &group).is_err(), "a reminder is the info office's own");
    let reported = done(submitted().escalate(EscalationKind::Report, words(), &office(), late));
    assert_eq!(part(&reported, &group), Ok(Part::WorkingGroup));
}

#[test]
fn notes_are_numbered_in_their_case_and_bounded() {
    let case = submitted();
    let added = write(&case, 41, &asking()).expect("taken");
    assert_eq!((added.note().number, added.case_number()), (42, case.number.as_str()));
    assert_eq!(added.concerns(), [unit("fagaiwei"), unit("jiaowei")]);
    assert_eq!(write(&at_info_office(), 0, &asking()).expect("taken").concerns(), [unit("fagaiwei")]);
    assert_eq!(write(&case, MOST_NOTES - 1, &asking()).expect("the last").note().number, MOST_NOTES);
    assert_eq!(write(&case, MOST_NOTES, &asking()), Err(Rejection::Full));
}
