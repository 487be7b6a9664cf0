//! Which step is possible in which state, and what each refuses besides.

use access_request::access_request::{
    AccessRequest, AnswerKind, Asked, Fault, Form, Outcome, Rejection, Resource, Wording, Wrong,
};
use govshare_model::Actor;
use govshare_model::pack::SharingClass;
use time::Duration;
use time::macros::{date, datetime};

use crate::support::*;

const OPEN: &[&str] = &["SUBMITTED", "ANSWER_PROPOSED", "COORDINATED"];

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let late = NOW + Duration::days(60);
    let steps: Vec<(&str, Step, &[&str])> = vec![
        ("revise", Box::new(|request| request.revise(form(), &asking(), NOW).map(drop)), &["DRAFT"]),
        (
            "submit",
            Box::new(|request| request.submit(&resource(), pack(), calendar(), &asking(), NOW).map(drop)),
            &["DRAFT"],
        ),
        (
            "forward",
            Box::new(|request| {
                request.forward(to(None), words(), pack(), calendar(), &office(), NOW).map(drop)
            }),
            &["AT_INFO_OFFICE"],
        ),
        (
            "settle",
            Box::new(|request| request.settle(words(), &office(), NOW).map(drop)),
            &["AT_INFO_OFFICE"],
        ),
        (
            "propose",
            Box::new(|request| request.propose(wording(AnswerKind::Consent), pack(), &wang(), NOW).map(drop)),
            OPEN,
        ),
        (
            "consent",
            Box::new(|request| request.consent(pack(), &zhao(), NOW).map(drop)),
            &["ANSWER_PROPOSED"],
        ),
        (
            "withdraw",
            Box::new(|request| request.withdraw(NOW).map(drop)),
            &["AT_INFO_OFFICE", "SUBMITTED", "ANSWER_PROPOSED", "SUPPLEMENT_REQUESTED", "COORDINATED"],
        ),
        ("agree", Box::new(|request| request.agree(agreement(), NOW).map(drop)), &["CONSENTED", "AGREED"]),
        ("object", Box::new(|request| request.object(words(), &asking(), NOW).map(drop)), &["REFUSED"]),
        (
            "coordinate",
            Box::new(|request| {
                let anew = Outcome::AnswerAnew;
                request.coordinate(anew, words(), pack(), calendar(), &group(), NOW).map(drop)
            }),
            &["OBJECTED"],
        ),
        (
            "start liaison",
            Box::new(|request| request.start_liaison(words(), words(), &wang(), NOW).map(drop)),
            OPEN,
        ),
        (
            "request supplement",
            Box::new(|request| request.request_supplement(vec![words()], national(), &wang(), NOW).map(drop)),
            OPEN,
        ),
        (
            "supplement",
            Box::new(|request| {
                let resource = resource();
                let (text, pack, by) = (words(), national(), asking());
                request.supplement(form(), text, Some(&resource), pack, calendar(), &by, NOW).map(drop)
            }),
            &["SUPPLEMENT_REQUESTED"],
        ),
        (
            "request extension",
            Box::new(|request| request.request_extension(5, words(), national(), &wang(), NOW).map(drop)),
            OPEN,
        ),
        ("mark overdue", Box::new(|request| request.mark_overdue(late).map(drop)), OPEN),
        ("remind", Box::new(|request| remind(request, late).map(drop)), OPEN),
    ];
    for (name, step, allowed) in steps {
        for request in every_state() {
            let state = request.state.name();
            let outcome = step(request);
            assert_eq!(outcome.is_ok(), allowed.contains(&state), "{name} from {state}: {outcome:?}");
        }
    }
}

#[test]
fn submission_is_refused_for_what_cannot_be_applied_for() {
    let submit = |resource: &Resource, request: AccessRequest| {
        request.submit(resource, pack(), calendar(), &asking(), NOW).expect_err("refused")
    };
    let class = |class| Resource { class, ..resource() };
    assert_eq!(submit(&class(SharingClass::Active), draft()), Rejection::SharedActively);
    assert_eq!(submit(&class(SharingClass::NotShared), draft()), Rejection::NotShared);
    assert_eq!(
        submit(&Resource { provider: unit("fagaiwei"), ..resource() }, draft()),
        Rejection::OwnResource
    );
    let with = |form| AccessRequest { form, ..draft() };
    let faults = |form| match submit(&resource(), with(form)) {
        Rejection::FormFaulty { faults, pack } if pack == "xicheng-2014" => faults,
        other => panic!("{other:?}"),
    };
    let told = |faults: Vec<Fault>| -> Vec<_> {
        faults.into_iter().map(|fault| (fault.field, fault.wrong, fault.article)).collect()
    };
    let of = |field, wrong| (field, wrong, "26".to_owned());
    let missing = ["form.purpose", "form.basis", "form.use_until"].map(|field| of(field, Wrong::Missing));
    assert_eq!(told(faults(Form::default())), missing);
    let past = Some(date!(2026 - 02 - 10));
    assert_eq!(told(faults(Form { use_until: past, ..form() })), [of("form.use_until", Wrong::TermPassed)]);
    let items = vec!["学校".to_owned(), "身份证号".to_owned()];
    let unknown = ("form.items", Wrong::NoSuchItem("身份证号".to_owned()), "14".to_owned());
    assert_eq!(told(faults(Form { items: items.clone(), ..form() })), vec![unknown.clone()]);
    let several = Form { basis: String::new(), use_until: past, items, ..form() };
    let all = [of("form.basis", Wrong::Missing), of("form.use_until", Wrong::TermPassed), unknown];
    assert_eq!(told(faults(several)), all, "every fault at once");
}

#[test]
fn the_receipt_keeps_pack_version_and_last_day() {
    let request = submitted();
    let receipt = request.state.receipt().expect("received");
    assert_eq!((receipt.clock.due, receipt.clock.provisional), (date!(2026 - 03 - 09), false));
    let version = request.entry.as_ref().and_then(|entry| entry.version);
    assert_eq!((receipt.pack.as_str(), receipt.pack_version, version), ("xicheng-2014", 1, Some(3)));
}

#[test]
fn a_request_is_overdue_after_24_00_of_the_last_day_in_shanghai_and_marked_once() {
    let last_moment = datetime!(2026-03-09 15:59:59 UTC);
    let midnight = datetime!(2026-03-09 16:00 UTC);
    assert_eq!(submitted().mark_overdue(last_moment), Err(Rejection::NotOverdue));
    let marked = done(submitted().mark_overdue(midnight));
    assert_eq!((marked.overdue, marked.state.name()), (Some(midnight), "SUBMITTED"));
    assert_eq!(marked.mark_overdue(midnight), Err(Rejection::NotOverdue));
    for request in every_state() {
        let open = OPEN.contains(&request.state.name());
        assert_eq!(request.mark_overdue(midnight).is_ok(), open);
    }
}

#[test]
fn a_late_answer_is_an_answer_and_leaves_the_request_marked() {
    let late = NOW + Duration::days(60);
    let consented = done(proposed(AnswerKind::Consent).consent(pack(), &zhao(), late));
    assert_eq!((consented.state.name(), consented.overdue), ("CONSENTED", Some(late)));
}

#[test]
fn nobody_gives_the_answer_they_proposed_nor_another_than_the_proposed() {
    let (wang, zhao) = (wang(), zhao());
    let refuse = |request: AccessRequest, by: &Actor| request.refuse(words(), pack(), by, NOW);
    assert_eq!(proposed(AnswerKind::Consent).consent(pack(), &wang, NOW), Err(Rejection::SelfApproval));
    assert_eq!(refuse(proposed(AnswerKind::Refusal), &wang), Err(Rejection::SelfApproval));
    assert_eq!(
        proposed(AnswerKind::Refusal).consent(pack(), &zhao, NOW),
        Err(Rejection::OtherAnswerProposed)
    );
    assert_eq!(refuse(proposed(AnswerKind::Consent), &zhao), Err(Rejection::OtherAnswerProposed));
    let unreasoned = proposed(AnswerKind::Refusal).refuse(String::new(), pack(), &zhao, NOW);
    assert_eq!(unreasoned, Err(Rejection::ReasonsMissing));
    let silent = Wording { reasons: String::new(), ..wording(AnswerKind::Refusal) };
    assert_eq!(submitted().propose(silent, pack(), &wang, NOW), Err(Rejection::ReasonsMissing));
}

#[test]
fn an_agreed_case_of_the_same_unit_and_entry_is_renewed_before_its_use_ends() {
    let (entry, last) = (resource().entry, date!(2027 - 12 - 31));
    let renewal = agreed().renewal(&unit("fagaiwei"), entry, last).expect("on the last day");
    assert_eq!((renewal.case, renewal.until), (agreed().id, Some(last)));
    let refused = |request: AccessRequest, unit_id: &str, day| {
        matches!(request.renewal(&unit(unit_id), entry, day), Err(Rejection::NotRenewable { .. }))
    };
    assert!(refused(agreed(), "fagaiwei", date!(2028 - 01 - 01)));
    assert!(refused(agreed(), "weishengju", last));
    assert!(refused(submitted(), "fagaiwei", last));
    let id = agreed().id;
    let asked = Asked::Entry(resource());
    let new = AccessRequest::draft(id, words(), &asked, Some(renewal), form(), &asking(), NOW).into_request();
    let longer = Form { use_until: Some(date!(2029 - 12 - 31)), ..form() };
    let too_late = AccessRequest { form: longer, ..new.clone() };
    let submit = |request: AccessRequest, now| {
        request.submit(&resource(), pack(), calendar(), &asking(), now).map(drop)
    };
    assert_eq!(submit(new, NOW), Ok(()));
    let ended = datetime!(2028-01-03 2:00 UTC);
    assert_eq!(submit(too_late, ended), Err(Rejection::NotRenewable { state: "AGREED" }));
}
