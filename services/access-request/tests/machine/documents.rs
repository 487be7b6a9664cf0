//! Which steps issue a document, whose it is, and where its number stands (文号, art. 26, 27).

use access_request::access_request::{
    AccessRequest, AnswerKind, DocumentKind, Outcome, Rejection, Transition,
};
use service_kit::document_number::Series;

use crate::support::*;

fn issued(transition: Result<Transition, Rejection>) -> (DocumentKind, String, AccessRequest) {
    let transition = transition.expect("a legal step");
    let (kind, unit) = transition.issues().expect("a document");
    let unit = unit.to_string();
    let numbered = transition.numbered("第1号".to_owned());
    assert_eq!(numbered.document_number(), Some("第1号"));
    (kind, unit, numbered.into_request())
}

#[test]
fn the_application_is_the_applicants_and_numbered_when_it_is_handed_in() {
    let submit = draft().submit(&resource(), pack(), calendar(), &asking(), NOW);
    let (kind, unit, case) = issued(submit);
    assert_eq!(
        (kind, unit.as_str(), kind.series()),
        (DocumentKind::Application, "fagaiwei", Series::Application)
    );
    assert_eq!(case.document_number, "第1号");
    let (kind, _, _) = issued(sought().submit_to_info_office(pack(), &asking(), NOW));
    assert_eq!(kind, DocumentKind::Application);
}

#[test]
fn an_answer_and_a_statement_are_the_providers_and_an_answer_anew_has_a_number_of_its_own() {
    let (kind, unit, refused) = issued(proposed(AnswerKind::Refusal).refuse(words(), pack(), &zhao(), NOW));
    assert_eq!((kind, unit.as_str(), kind.series()), (DocumentKind::Answer, "jiaowei", Series::Answer));
    assert_eq!(refused.state.answer().expect("answered").number, "第1号");
    let objected = done(refused.object(words(), &asking(), NOW));
    assert_eq!(objected.state.answer().expect("kept").number, "第1号");
    let anew = objected.coordinate(Outcome::AnswerAnew, words(), pack(), calendar(), &group(), NOW);
    let anew = done(anew);
    assert_eq!(anew.file.contested[0].answer.number, "第1号");
    let proposed = done(anew.propose(wording(AnswerKind::Consent), pack(), &wang(), NOW));
    let consent = proposed.consent(pack(), &zhao(), NOW).expect("consents");
    let consented = consent.numbered("第2号".to_owned()).into_request();
    assert_eq!(consented.state.answer().expect("answered").number, "第2号");
    assert_eq!(consented.file.contested[0].answer.number, "第1号");

    let liaison = done(submitted().start_liaison(words(), words(), &wang(), NOW));
    let (kind, unit, told) = issued(liaison.superior_refuses(words(), &zhao(), NOW));
    assert_eq!(
        (kind, unit.as_str(), kind.series()),
        (DocumentKind::SuperiorStatement, "jiaowei", Series::SuperiorStatement)
    );
    assert_eq!(told.file.superior.expect("a matter").document_number, "第1号");
}

#[test]
fn other_steps_issue_nothing() {
    for step in [
        draft().revise(form(), &asking(), NOW),
        submitted().propose(wording(AnswerKind::Consent), pack(), &wang(), NOW),
        submitted().withdraw(NOW),
        refused().object(words(), &asking(), NOW),
        at_info_office().forward(to(Some(resource())), words(), pack(), calendar(), &office(), NOW),
        at_info_office().settle(words(), &office(), NOW),
    ] {
        let step = step.expect("a legal step");
        assert_eq!((step.issues(), step.document_number()), (None, None), "{:?}", step.happened());
        let before = step.request().clone();
        assert_eq!(step.numbered("第1号".to_owned()).into_request(), before, "a number has no place there");
    }
}
