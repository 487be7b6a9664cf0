//! Objection, unknown providers, superior bodies, papers and overdue answers (art. 26, 27).

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{
    AccessRequest, AnswerKind, Destination, Outcome, Received, Rejection, Resource,
};
use govshare_model::id::CaseId;
use time::macros::{date, datetime};
use time::{Date, Duration};
use uuid::Uuid;

use crate::support::*;

fn due(request: &AccessRequest) -> Date {
    request.state.receipt().expect("received").clock.due
}

#[test]
fn a_coordinated_refusal_is_answered_anew_under_a_clock_of_its_own_or_stands() {
    let late = datetime!(2026-03-20 2:00 UTC);
    let proposal = proposed(AnswerKind::Refusal);
    let refusal = done(proposal.refuse(words(), pack(), &zhao(), late));
    assert!(refusal.overdue.is_some());
    let objection = done(refusal.object(words(), &asking(), late));
    let coordinate =
        |outcome| done(objection.clone().coordinate(outcome, words(), pack(), calendar(), &group(), late));
    let stands = coordinate(Outcome::RefusalStands);
    assert_eq!(stands.state.name(), "REFUSAL_STANDS");

    let anew = coordinate(Outcome::AnswerAnew);
    assert_eq!((anew.state.name(), anew.overdue), ("COORDINATED", None));
    // 15 working days from Friday 20 March, over 清明节.
    assert_eq!(due(&anew), date!(2026 - 04 - 13));
    assert!(anew.was_overdue(), "the first answer was late");
    let [contested] = anew.file.contested.as_slice() else { panic!("one refusal") };
    assert_eq!((contested.due, contested.overdue), (date!(2026 - 03 - 09), Some(late)));
    let marked = done(anew.clone().mark_overdue(datetime!(2026-04-13 16:00 UTC)));
    assert!(marked.overdue.is_some(), "the second answer is late as well");
    let proposed = done(anew.propose(wording(AnswerKind::Consent), pack(), &wang(), late));
    let consented = done(proposed.consent(pack(), &zhao(), late));
    assert_eq!((consented.state.name(), consented.overdue), ("CONSENTED", None));
}

#[test]
fn what_the_provider_prepares_is_told_to_nobody_else() {
    let proposed = proposed(AnswerKind::Consent);
    assert_eq!((proposed.state.name(), proposed.told()), ("ANSWER_PROPOSED", "SUBMITTED"));
    let anew = coordinated(Outcome::AnswerAnew);
    let anew = done(anew.propose(wording(AnswerKind::Consent), pack(), &wang(), NOW));
    assert_eq!((anew.state.name(), anew.told()), ("ANSWER_PROPOSED", "COORDINATED"));
    let (by, now) = (asking(), NOW);
    let told = Rejection::WrongState { state: "SUBMITTED" };
    assert_eq!(proposed.clone().revise(form(), &by, now), Err(told.clone()));
    assert_eq!(proposed.clone().object(words(), &by, now), Err(told.clone()));
    let submit = proposed.clone().submit(&resource(), pack(), calendar(), &by, now);
    assert_eq!(submit, Err(told.clone()));
    let coordinate =
        proposed.clone().coordinate(Outcome::AnswerAnew, words(), pack(), calendar(), &group(), now);
    assert_eq!(coordinate, Err(told));
    let early = proposed.escalate(EscalationKind::Reminder, words(), &office(), now);
    assert_eq!(early, Err(Rejection::NothingOverdue { state: "SUBMITTED" }));
}

#[test]
fn a_case_taken_back_after_its_last_day_was_overdue() {
    let late = datetime!(2026-03-09 16:00 UTC);
    assert_eq!(done(submitted().withdraw(late)).overdue, Some(late), "no sweeper came by before");
    assert_eq!(done(submitted().withdraw(late - Duration::seconds(1))).overdue, None);
    let asked = submitted_under(national()).request_supplement(vec![words()], national(), &wang(), NOW);
    assert_eq!(done(done(asked).withdraw(late)).overdue, None, "the clock rested");
}

#[test]
fn a_refusal_given_anew_can_be_objected_to_again() {
    let anew = coordinated(Outcome::AnswerAnew);
    let proposed = done(anew.propose(wording(AnswerKind::Refusal), pack(), &wang(), NOW));
    let refused = done(proposed.refuse(words(), pack(), &zhao(), NOW));
    assert_eq!(done(refused.object(words(), &asking(), NOW)).state.name(), "OBJECTED");
}

#[test]
fn forwarding_is_the_receipt_and_consent_waits_for_an_entry() {
    let later = datetime!(2026-03-03 2:00 UTC);
    let forward =
        |to: Destination| at_info_office().forward(to, words(), pack(), calendar(), &office(), later);
    let forwarded = done(forward(to(None)));
    assert_eq!((forwarded.state.name(), due(&forwarded)), ("SUBMITTED", date!(2026 - 03 - 24)));
    let proposed = done(forwarded.propose(wording(AnswerKind::Consent), pack(), &wang(), later));
    assert_eq!(proposed.clone().consent(pack(), &zhao(), later), Err(Rejection::EntryNotNamed));
    let foreign = Resource { provider: unit("weishengju"), ..resource() };
    assert_eq!(proposed.clone().name_entry(&foreign, pack(), later), Err(Rejection::EntryOfOtherUnit));
    let named = done(proposed.name_entry(&resource(), pack(), later));
    assert_eq!(named.entry.as_ref().and_then(|entry| entry.version), Some(3));
    assert!(named.clone().name_entry(&resource(), pack(), later).is_err(), "once");
    assert_eq!(done(named.consent(pack(), &zhao(), later)).state.name(), "CONSENTED");

    let with_entry = done(forward(to(Some(resource()))));
    assert!(with_entry.entry.is_some());
    assert_eq!(forward(to(Some(foreign))), Err(Rejection::EntryOfOtherUnit));
    let own = Destination { provider: unit("fagaiwei"), resource: None };
    assert_eq!(forward(own), Err(Rejection::OwnResource));
}

fn in_liaison() -> AccessRequest {
    done(proposed(AnswerKind::Consent).start_liaison("市教委".to_owned(), words(), &wang(), NOW))
}

fn superior_refused() -> AccessRequest {
    done(in_liaison().superior_refuses(words(), &zhao(), NOW))
}

fn not_provided(stage: &'static str) -> Rejection {
    Rejection::SuperiorNotIn { stage }
}

#[test]
fn the_superior_body_stands_beside_the_clock_and_before_the_consent() {
    let liaison = in_liaison();
    assert_eq!((liaison.state.name(), due(&liaison)), ("ANSWER_PROPOSED", date!(2026 - 03 - 09)));
    assert_eq!(liaison.clone().consent(pack(), &zhao(), NOW), Err(not_provided("LIAISON")));
    assert_eq!(liaison.clone().start_liaison(words(), words(), &wang(), NOW), Err(Rejection::LiaisonExists));
    assert!(liaison.clone().mark_overdue(NOW + Duration::days(60)).is_ok(), "the clock runs on");
    let obtained = done(liaison.superior_consents(words(), &wang(), NOW));
    assert_eq!(done(obtained.consent(pack(), &zhao(), NOW)).state.name(), "CONSENTED");

    assert_eq!(in_liaison().superior_refuses(words(), &wang(), NOW), Err(Rejection::SelfApproval));
    let refused = superior_refused();
    assert_eq!(refused.clone().consent(pack(), &zhao(), NOW), Err(not_provided("REFUSED")));
    assert_eq!(refused.clone().superior_consents(words(), &wang(), NOW), Err(not_provided("REFUSED")));
    assert_eq!(submitted().ask_city(words(), &office(), NOW), Err(not_provided("NONE")));
    assert_eq!(in_liaison().ask_city(words(), &office(), NOW), Err(not_provided("LIAISON")));
    let asked = done(refused.ask_city(words(), &office(), NOW));
    let coordinate =
        |provided| asked.clone().city_coordinated(provided, words(), pack(), calendar(), &office(), NOW);
    let without = done(coordinate(false));
    assert_eq!(without.consent(pack(), &zhao(), NOW), Err(not_provided("CITY_REFUSED")));
    let with = done(coordinate(true));
    assert_eq!(with.state.name(), "ANSWER_PROPOSED");
    assert_eq!(done(with.consent(pack(), &zhao(), NOW)).state.name(), "CONSENTED");
}

#[test]
fn what_the_city_obtains_after_a_refusal_is_answered_anew() {
    let later = datetime!(2026-03-20 2:00 UTC);
    let proposal = done(superior_refused().propose(wording(AnswerKind::Refusal), pack(), &wang(), NOW));
    let refused = done(proposal.refuse(words(), pack(), &zhao(), NOW));
    let asked = done(refused.ask_city(words(), &office(), NOW));
    let anew = done(asked.city_coordinated(true, words(), pack(), calendar(), &office(), later));
    assert_eq!((anew.state.name(), due(&anew)), ("COORDINATED", date!(2026 - 04 - 13)));
    assert_eq!(anew.file.contested[0].objection, None);
}

#[test]
fn a_paper_counts_from_the_day_on_which_it_was_received() {
    let enter = |on| {
        let received = Received { applicant: unit("fagaiwei"), on, reason: words() };
        let id = CaseId(Uuid::from_u128(1));
        AccessRequest::enter_paper(
            id,
            words(),
            received,
            &resource(),
            form(),
            pack(),
            calendar(),
            &office(),
            NOW,
        )
    };
    let entered = done(enter(date!(2026 - 01 - 05)));
    assert_eq!((entered.state.name(), entered.version), ("SUBMITTED", 1));
    assert_eq!(due(&entered), date!(2026 - 01 - 26));
    assert!(entered.is_past_due(NOW));
    assert_eq!(enter(date!(2026 - 02 - 11)), Err(Rejection::ReceiptDayWrong));
    assert_eq!(enter(date!(2021 - 02 - 01)), Err(Rejection::ReceiptDayWrong));
    let own = Received { applicant: unit("jiaowei"), on: date!(2026 - 01 - 05), reason: words() };
    let id = CaseId(Uuid::from_u128(1));
    let own =
        AccessRequest::enter_paper(id, words(), own, &resource(), form(), pack(), calendar(), &office(), NOW);
    assert_eq!(own, Err(Rejection::OwnResource));
}

#[test]
fn only_an_overdue_answer_is_escalated_and_at_most_twenty_times() {
    assert_eq!(remind(submitted(), NOW), Err(Rejection::NothingOverdue { state: "SUBMITTED" }));
    let late = NOW + Duration::days(60);
    let mut request = submitted();
    for number in 0..20 {
        let kind = if number % 2 == 0 { EscalationKind::Reminder } else { EscalationKind::Report };
        request = done(request.escalate(kind, words(), &office(), late));
    }
    assert_eq!(request.file.escalations.len(), 20);
    assert_eq!(remind(request, late), Err(Rejection::EscalatedEnough));
}
