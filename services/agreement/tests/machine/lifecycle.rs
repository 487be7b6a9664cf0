//! What follows activity: each step from each state, and the user's duty after the end.

use agreement::agreement::duty::Disposal;
use agreement::agreement::lifecycle::{End, Fault, ReplacementKind, Rules};
use agreement::agreement::{Agreement, DocumentKind, Happened, Rejection, State, Transition};
use agreement::case::{Case, Ground, Matter, Standing};
use agreement::terms::{Terms, TermsProblem};
use govshare_model::id::AgreementId;
use govshare_model::{Actor, Role};
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};
use uuid::uuid;

use crate::support::{
    ALL, NOW, NUMBER, active, actor, case, drafted, drafter, pack, parties, rendered, resource, sign, signed,
    terms,
};

/// After the last day of validity.
const OVER: OffsetDateTime = datetime!(2027-01-01 00:00 +8);
const NEW: AgreementId = AgreementId(uuid!("0192f0c1-0000-7000-8000-000000000009"));

fn faulty(faults: &[Fault]) -> Rejection {
    Rejection::Faulty(faults.to_vec())
}

fn words(text: &str) -> String {
    text.to_owned()
}

fn suspended() -> Agreement {
    let by = actor("weishengju", Role::Approver);
    after(active().0.suspend(words("超范围使用"), None, &by, NOW))
}

fn terminated() -> Agreement {
    let by = actor("jiaowei", Role::Approver);
    after(active().0.terminate(words("不再需要"), words("已协商一致"), &by, NOW))
}

fn expired() -> Agreement {
    after(active().0.expire(OVER))
}

fn after(step: Result<Transition, Rejection>) -> Agreement {
    step.expect("a step that is possible").agreement().clone()
}

fn replacement(of: &Agreement, kind: ReplacementKind, terms: Terms) -> Result<Transition, Rejection> {
    replacement_at(of, kind, terms, NOW)
}

fn replacement_at(
    of: &Agreement,
    kind: ReplacementKind,
    terms: Terms,
    now: OffsetDateTime,
) -> Result<Transition, Rejection> {
    let case = Case { standing: Standing::Agreed, entry_version: 4, ..case() };
    let (resource, parties) = (resource(&[]), parties());
    let matter = Matter {
        number: NUMBER,
        case: &case,
        resource: &resource,
        parties: &parties,
        pack: pack("xicheng-2014"),
    };
    of.draft_replacement(NEW, kind, &matter, terms, &drafter(), now)
}

fn longer() -> Terms {
    Terms { valid_until: date!(2028 - 12 - 31), ..terms() }
}

fn replaced() -> Agreement {
    let (former, _) = active();
    let draft = after(replacement(&former, ReplacementKind::Amendment, terms()));
    after(former.replace(&draft, NOW))
}

/// One agreement in each state, by the state's name.
fn in_every_state() -> Vec<Agreement> {
    let (awaiting, _) = drafted(&[]);
    let cancelled = after(awaiting.clone().cancel(words("改期"), NOW));
    vec![awaiting, active().0, suspended(), cancelled, expired(), terminated(), replaced()]
}

/// The states from which a step is possible; from all others it is refused as the wrong state.
fn possible_from(step: impl Fn(Agreement) -> Result<Transition, Rejection>) -> Vec<&'static str> {
    let mut possible = Vec::new();
    for agreement in in_every_state() {
        let name = agreement.state.name();
        match step(agreement) {
            Ok(_) => possible.push(name),
            Err(Rejection::WrongState { state }) => assert_eq!(state, name),
            Err(other) => panic!("{name}: {other:?}"),
        }
    }
    possible
}

#[test]
fn each_step_is_possible_from_the_states_that_the_contract_names() {
    let approver = actor("weishengju", Role::Approver);
    let office = actor("info-office", Role::InfoOffice);
    let user = actor("jiaowei", Role::Approver);
    let text = || words("理由");
    assert_eq!(possible_from(|a| a.suspend(text(), None, &approver, NOW)), ["ACTIVE"]);
    assert_eq!(possible_from(|a| a.resume(&approver, NOW)), ["SUSPENDED"]);
    assert_eq!(possible_from(|a| a.terminate(text(), text(), &office, NOW)), ["ACTIVE", "SUSPENDED"]);
    assert_eq!(possible_from(|a| a.file_termination(NOW)), ["TERMINATED"]);
    let amend = |a: Agreement| replacement(&a, ReplacementKind::Amendment, terms());
    assert_eq!(possible_from(amend), ["ACTIVE", "SUSPENDED"]);
    let attest = |a: Agreement| a.attest(Disposal::Destroyed, text(), &user, NOW);
    assert_eq!(possible_from(attest), ["EXPIRED", "TERMINATED"]);
    let expiring = |a: &Agreement| a.clone().expire(OVER).is_ok();
    let names: Vec<_> = in_every_state().iter().filter(|a| expiring(a)).map(|a| a.state.name()).collect();
    assert_eq!(names, ["ACTIVE", "SUSPENDED"]);
}

#[test]
fn after_the_last_day_nothing_is_suspended_resumed_terminated_or_replaced() {
    let by = actor("weishengju", Role::Approver);
    let over = Some(Rejection::WrongState { state: "EXPIRED" });
    for agreement in [active().0, suspended()] {
        let text = || words("理由");
        assert_eq!(agreement.clone().suspend(text(), None, &by, OVER).err(), over);
        assert_eq!(agreement.clone().resume(&by, OVER).err(), over);
        assert_eq!(agreement.clone().terminate(text(), text(), &by, OVER).err(), over);
        assert_eq!(replacement_at(&agreement, ReplacementKind::Renewal, longer(), OVER).err(), over);
    }
    assert_eq!(suspended().state_on(date!(2027 - 01 - 01)), "EXPIRED");
}

#[test]
fn a_suspension_has_grounds_and_where_the_pack_asks_for_it_a_term() {
    let by = actor("weishengju", Role::Approver);
    let (agreement, _) = active();
    let suspend = |agreement: &Agreement, grounds: &str, until: Option<Date>| {
        agreement.clone().suspend(words(grounds), until, &by, NOW).err()
    };
    assert_eq!(suspend(&agreement, "", None), Some(faulty(&[Fault::GroundsMissing])));
    let yesterday = Some(date!(2026 - 03 - 01));
    let both = faulty(&[Fault::GroundsMissing, Fault::MendingTermPassed]);
    assert_eq!(suspend(&agreement, "", yesterday), Some(both));
    assert_eq!(suspend(&agreement, "超范围使用", yesterday), Some(faulty(&[Fault::MendingTermPassed])));
    assert_eq!(suspend(&agreement, "超范围使用", Some(date!(2026 - 03 - 02))), None);
    let national = Agreement { rules: Rules::of(pack("national-2025")), ..agreement };
    assert_eq!(suspend(&national, "超范围使用", None), Some(faulty(&[Fault::MendingTermMissing])));
    assert_eq!(suspend(&national, "超范围使用", Some(date!(2026 - 03 - 12))), None);
}

#[test]
fn whoever_suspended_resumes_or_the_info_office_and_the_signatures_stand() {
    let (office, provider) = (actor("info-office", Role::InfoOffice), actor("weishengju", Role::Approver));
    let by_office = after(active().0.suspend(words("投诉"), None, &office, NOW));
    assert_eq!(by_office.clone().resume(&provider, NOW).err(), Some(Rejection::SuspendedByOther));
    let resumed = after(by_office.resume(&office, NOW));
    assert_eq!(resumed.state, active().0.state);
    assert_eq!(after(suspended().resume(&office, NOW)).state.name(), "ACTIVE");
    assert_eq!(after(suspended().resume(&provider, NOW)).state.name(), "ACTIVE");
}

#[test]
fn a_party_terminates_with_grounds_and_negotiation_and_the_info_office_files_it() {
    let (office, user) = (actor("info-office", Role::InfoOffice), actor("jiaowei", Role::Approver));
    let terminate = |grounds: &str, negotiation: &str, by| {
        active().0.terminate(words(grounds), words(negotiation), by, NOW)
    };
    assert_eq!(terminate("", "已协商", &user).err(), Some(faulty(&[Fault::GroundsMissing])));
    let both = faulty(&[Fault::GroundsMissing, Fault::NegotiationMissing]);
    assert_eq!(terminate("", "", &user).err(), Some(both));
    assert_eq!(terminate("不再需要", "", &user).err(), Some(faulty(&[Fault::NegotiationMissing])));
    let terminated = after(terminate("不再需要", "已协商", &user));
    let filed = after(terminated.file_termination(NOW));
    assert_eq!(filed.clone().file_termination(NOW).err(), Some(Rejection::FiledBefore));
    assert!(matches!(&filed.state, State::Ended { end: End::Terminated { termination, .. }, .. }
        if termination.filed == Some(NOW)));
    let by_office = after(terminate("查实违规", "", &office));
    assert_eq!(by_office.file_termination(NOW).err(), Some(Rejection::FiledBefore), "it is on file with it");

    let unfiled = Agreement {
        rules: Rules { termination_filed: false, ..Rules::of(pack("xicheng-2014")) },
        ..active().0
    };
    let terminated = after(unfiled.terminate(words("不再需要"), String::new(), &user, NOW));
    let nothing = Some(Rejection::WrongState { state: "TERMINATED" });
    assert_eq!(terminated.file_termination(NOW).err(), nothing, "this pack has nothing filed");
}

#[test]
fn art23_the_user_attests_once_what_became_of_the_copies() {
    let user = actor("jiaowei", Role::Approver);
    let due = |agreement: &Agreement| agreement.state.duty().expect("a duty").due;
    assert_eq!(due(&expired()), date!(2027 - 01 - 30), "thirty days after the last day");
    assert_eq!(due(&terminated()), date!(2026 - 04 - 01), "thirty days after the termination");
    assert_eq!(replaced().state.duty(), None);

    let attest =
        |agreement: Agreement, disposal, now| agreement.attest(disposal, words("已销毁"), &user, now);
    let attested = after(attest(terminated(), Disposal::Destroyed, NOW));
    let found = attested.state.duty().and_then(|duty| duty.attestation.clone()).expect("attested");
    assert_eq!((found.disposal, found.at), (Disposal::Destroyed, NOW));
    assert_eq!(attested.state.duty().and_then(|duty| duty.overdue), None);
    assert_eq!(attest(attested, Disposal::Kept, NOW).err(), Some(Rejection::DutyDischarged));

    let only_destroyed = Agreement {
        rules: Rules { disposals: vec![Disposal::Destroyed], ..Rules::of(pack("xicheng-2014")) },
        ..terminated()
    };
    assert_eq!(
        attest(only_destroyed.clone(), Disposal::Kept, NOW).err(),
        Some(Rejection::DisposalNotAllowed)
    );
    after(attest(only_destroyed, Disposal::Destroyed, NOW));

    let unswept = attest(active().0, Disposal::Kept, OVER).expect("over, though no sweeper came by");
    let happened: Vec<_> = unswept.happened().map(|(_, happened)| happened.clone()).collect();
    assert_eq!(happened, [Happened::Expired, Happened::DisposalAttested]);
    assert_eq!(unswept.agreement().state.name(), "EXPIRED");
}

#[test]
fn art23_an_overdue_duty_is_marked_once_and_stays_marked_when_it_is_late() {
    let user = actor("jiaowei", Role::Approver);
    let last_moment = datetime!(2026-04-01 23:59:59 +8);
    let late = datetime!(2026-04-02 00:00 +8);
    assert_eq!(terminated().mark_duty_overdue(last_moment).err(), Some(Rejection::DutyNotOverdue));
    let overdue = after(terminated().mark_duty_overdue(late));
    assert_eq!(overdue.state.duty().and_then(|duty| duty.overdue), Some(late));
    assert_eq!(overdue.clone().mark_duty_overdue(late).err(), Some(Rejection::DutyNotOverdue));
    let attested = after(overdue.attest(Disposal::Destroyed, words("已销毁"), &user, late));
    assert_eq!(attested.state.duty().and_then(|duty| duty.overdue), Some(late));
    assert_eq!(attested.mark_duty_overdue(late).err(), Some(Rejection::DutyNotOverdue));
    let unmarked = after(terminated().attest(Disposal::Kept, words("留存备查"), &user, late));
    assert_eq!(unmarked.state.duty().and_then(|duty| duty.overdue), Some(late), "late without a sweep");
}

#[test]
fn a_replacement_begins_at_once_and_a_renewal_lasts_longer() {
    let (former, _) = active();
    let problems = |kind, terms| match replacement(&former, kind, terms) {
        Err(Rejection::TermsInvalid { problems }) => problems,
        other => panic!("{other:?}"),
    };
    let later = Terms { valid_from: date!(2026 - 03 - 03), ..longer() };
    assert_eq!(problems(ReplacementKind::Amendment, later), [TermsProblem::StartsLater]);
    assert_eq!(problems(ReplacementKind::Renewal, terms()), [TermsProblem::NoLonger]);
    let draft = replacement(&former, ReplacementKind::Renewal, longer()).expect("longer");
    assert_eq!(draft.agreement().replaces.as_ref().map(|replaced| replaced.agreement), Some(former.id));
    assert_eq!(draft.agreement().entry_version, 4, "the version that is published now");
}

#[test]
fn the_last_signature_of_a_replacement_names_the_one_that_ends_with_it() {
    let (former, _) = active();
    let drafted = replacement(&former, ReplacementKind::Renewal, longer()).expect("longer");
    let documents = rendered(&drafted);
    assert_eq!(drafted.replaced(), None);
    let mut new = drafted.agreement().clone();
    for by in &ALL[..2] {
        new = sign(new, &documents, DocumentKind::Agreement, by);
    }
    let last = new.sign(&signed(&documents, DocumentKind::Agreement, ALL[2], 1), NOW);
    let last = last.expect("may sign").expect("is new");
    assert_eq!(last.replaced(), Some(former.id));
    let ended = former.clone().replace(last.agreement(), NOW).expect("in force");
    assert!(matches!(ended.agreement().state, State::Ended { end: End::Replaced { by: NEW }, .. }));

    let over = |former: Agreement, now| former.replace(last.agreement(), now).err();
    assert_eq!(over(former, OVER), Some(Rejection::ReplacedOver { state: "EXPIRED" }));
    assert_eq!(over(terminated(), NOW), Some(Rejection::ReplacedOver { state: "TERMINATED" }));
    assert_eq!(over(replaced(), NOW), Some(Rejection::ReplacedOver { state: "REPLACED" }));
    let (stranger, _) = active();
    let stranger = Agreement { id: NEW, ..stranger };
    assert_eq!(over(stranger, NOW), Some(Rejection::ReplacedOver { state: "ACTIVE" }), "another agreement");
}

#[test]
fn art31_a_replacement_asks_for_the_confidentiality_agreement_of_the_entry_as_it_is_now() {
    let (former, _) = active();
    assert_eq!(former.documents.len(), 1);
    let (case, parties) = (Case { standing: Standing::Agreed, ..case() }, parties());
    let resource = resource(&[Ground::ProviderSensitive]);
    let matter = Matter {
        number: NUMBER,
        case: &case,
        resource: &resource,
        parties: &parties,
        pack: pack("xicheng-2014"),
    };
    let drafted = former
        .draft_replacement(NEW, ReplacementKind::Amendment, &matter, terms(), &drafter(), NOW)
        .expect("in force");
    let documents = rendered(&drafted);
    let signed = ALL.iter().fold(drafted.agreement().clone(), |agreement, by| {
        sign(agreement, &documents, DocumentKind::Agreement, by)
    });
    assert_eq!(signed.state.name(), "AWAITING_SIGNATURES");
    assert_eq!(signed.documents.len(), 2);
}

#[test]
fn each_state_waits_for_those_whose_step_it_is() {
    let waiting: Vec<_> = in_every_state()
        .iter()
        .map(|agreement| {
            let kinds: Vec<_> = agreement.tasks().into_iter().map(|task| task.kind).collect();
            (agreement.state.name(), kinds)
        })
        .collect();
    assert_eq!(
        waiting,
        [
            ("AWAITING_SIGNATURES", vec!["sign-as-applicant", "sign-as-provider", "sign-as-info-office"]),
            ("ACTIVE", vec![]),
            ("SUSPENDED", vec!["mend", "decide-suspension"]),
            ("CANCELLED", vec![]),
            ("EXPIRED", vec!["attest-disposal"]),
            ("TERMINATED", vec!["attest-disposal", "file-termination"]),
            ("REPLACED", vec![]),
        ]
    );
    let (agreement, documents) = drafted(&[Ground::TradeSecret]);
    assert_eq!(agreement.tasks().len(), 5);
    let signed = sign(agreement, &documents, DocumentKind::Confidentiality, "jiaowei");
    assert!(!signed.tasks().iter().any(|task| task.kind == "sign-confidentiality-as-applicant"));

    let user = actor("jiaowei", Role::Approver);
    let attested = after(terminated().attest(Disposal::Destroyed, words("已销毁"), &user, NOW));
    assert!(after(attested.file_termination(NOW)).tasks().is_empty(), "nothing is left to do");
}

#[test]
fn the_term_to_mend_ends_with_the_agreement() {
    let suspend = |until| {
        let (agreement, _) = active();
        let provider = actor("weishengju", Role::Approver);
        agreement.suspend("用途不符".to_owned(), Some(until), &provider, NOW).map(drop)
    };
    assert_eq!(suspend(terms().valid_until), Ok(()));
    let after = terms().valid_until.next_day().expect("a day");
    assert_eq!(suspend(after), Err(faulty(&[Fault::MendingTermAfterEnd])));
}

#[test]
fn an_approver_of_a_party_terminates_as_the_party_whatever_else_they_are() {
    let terminate = |by: &Actor| {
        let (agreement, _) = active();
        agreement.terminate("不再需要".to_owned(), String::new(), by, NOW).map(drop)
    };
    let both = [Role::Approver, Role::InfoOffice].into_iter().collect();
    let party = Actor { roles: both, ..actor("weishengju", Role::Approver) };
    assert_eq!(terminate(&party), Err(faulty(&[Fault::NegotiationMissing])));
    assert_eq!(terminate(&actor("info-office", Role::InfoOffice)), Ok(()));
}
