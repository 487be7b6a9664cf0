//! The state machine of a request as a table, its invariants under random sequences, and the rule table.

use access_request::access_request::{
    AccessRequest, AnswerKind, Form, Happened, Rejection, Resource, State, Transition,
};
use access_request::{ACCESS, policy};
use govshare_model::authority::decide;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::pack::{Pack, Packs, SharingClass};
use govshare_model::{Actor, Decision, Relation, Role, Roles, Subject};
use proptest::prelude::*;
use service_kit::server::methods_of;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-02-10 2:00 UTC);

fn unit(id: &str) -> UnitId {
    id.parse().expect("a unit id")
}

fn actor(unit_id: &str, subject: &str) -> Actor {
    Actor { subject: Subject(subject.to_owned()), unit: unit(unit_id), roles: Roles::default() }
}

fn pack() -> &'static Pack {
    Packs::builtin().in_force(date!(2026 - 02 - 10)).expect("xicheng-2014")
}

fn resource() -> Resource {
    Resource {
        provider: unit("jiaowei"),
        title: "小学在校生人数".to_owned(),
        version: 3,
        class: SharingClass::OnApplication,
        items: vec!["学校".to_owned(), "人数".to_owned()],
    }
}

fn form() -> Form {
    Form {
        purpose: "编制学位预测".to_owned(),
        basis: "三定规定".to_owned(),
        use_until: Some(date!(2027 - 12 - 31)),
        ..Form::default()
    }
}

fn draft() -> AccessRequest {
    let drafter = actor("fagaiwei", "li");
    let id = CaseId(Uuid::from_u128(1));
    AccessRequest::draft(
        id,
        "2026-000001".to_owned(),
        &resource(),
        EntryId(Uuid::from_u128(2)),
        form(),
        &drafter,
        NOW,
    )
    .into_request()
}

fn submitted() -> AccessRequest {
    done(draft().submit(&resource(), pack(), Calendar::builtin(), NOW))
}

fn proposed(kind: AnswerKind) -> AccessRequest {
    done(submitted().propose(kind, "理由".to_owned(), &actor("jiaowei", "wang"), NOW))
}

fn agreement() -> AgreementId {
    AgreementId(Uuid::from_u128(9))
}

fn done(result: Result<Transition, Rejection>) -> AccessRequest {
    result.expect("a legal step").into_request()
}

/// One request in each state, by name.
fn every_state() -> Vec<AccessRequest> {
    let approver = actor("jiaowei", "zhao");
    let consented = done(proposed(AnswerKind::Consent).consent(&approver, NOW));
    vec![
        draft(),
        submitted(),
        proposed(AnswerKind::Consent),
        consented.clone(),
        done(proposed(AnswerKind::Refusal).refuse("理由".to_owned(), &approver, NOW)),
        done(submitted().withdraw(NOW)),
        consented.agree(agreement(), NOW).expect("a legal step").expect("a change").into_request(),
    ]
}

#[test]
fn each_step_is_possible_in_exactly_the_states_of_the_table() {
    let approver = actor("jiaowei", "zhao");
    let drafter = actor("jiaowei", "wang");
    type Step<'s> = Box<dyn Fn(AccessRequest) -> Result<(), Rejection> + 's>;
    let steps: Vec<(&str, Step, &[&str])> = vec![
        ("revise", Box::new(|request| request.revise(form(), NOW).map(drop)), &["DRAFT"]),
        (
            "submit",
            Box::new(|request| request.submit(&resource(), pack(), Calendar::builtin(), NOW).map(drop)),
            &["DRAFT"],
        ),
        (
            "propose",
            Box::new(|request| request.propose(AnswerKind::Consent, String::new(), &drafter, NOW).map(drop)),
            &["SUBMITTED", "ANSWER_PROPOSED"],
        ),
        ("consent", Box::new(|request| request.consent(&approver, NOW).map(drop)), &["ANSWER_PROPOSED"]),
        ("withdraw", Box::new(|request| request.withdraw(NOW).map(drop)), &["SUBMITTED", "ANSWER_PROPOSED"]),
        ("agree", Box::new(|request| request.agree(agreement(), NOW).map(drop)), &["CONSENTED", "AGREED"]),
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
        request.submit(resource, pack(), Calendar::builtin(), NOW).expect_err("refused")
    };
    let class = |class| Resource { class, ..resource() };
    assert_eq!(submit(&class(SharingClass::Active), draft()), Rejection::SharedActively);
    assert_eq!(submit(&class(SharingClass::NotShared), draft()), Rejection::NotShared);
    assert_eq!(
        submit(&Resource { provider: unit("fagaiwei"), ..resource() }, draft()),
        Rejection::OwnResource
    );
    let with = |form| AccessRequest { form, ..draft() };
    let missing = submit(&resource(), with(Form::default()));
    let missing_fields = vec!["form.purpose", "form.basis", "form.use_until"];
    assert_eq!(missing, Rejection::FormIncomplete { missing: missing_fields });
    let past = with(Form { use_until: Some(date!(2026 - 02 - 10)), ..form() });
    assert_eq!(submit(&resource(), past), Rejection::TermPassed);
    let unknown = with(Form { items: vec!["学校".to_owned(), "身份证号".to_owned()], ..form() });
    assert_eq!(submit(&resource(), unknown), Rejection::UnknownItems { items: vec!["身份证号".to_owned()] });
}

#[test]
fn the_receipt_keeps_pack_version_and_last_day() {
    let request = submitted();
    let receipt = request.state.receipt().expect("received");
    assert_eq!((receipt.due, receipt.provisional), (date!(2026 - 03 - 09), false));
    assert_eq!((receipt.pack.as_str(), receipt.pack_version, receipt.entry_version), ("xicheng-2014", 1, 3));
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
        let open = ["SUBMITTED", "ANSWER_PROPOSED"].contains(&request.state.name());
        assert_eq!(request.mark_overdue(midnight).is_ok(), open);
    }
}

#[test]
fn a_late_answer_is_an_answer_and_leaves_the_request_marked() {
    let approver = actor("jiaowei", "zhao");
    let late = NOW + Duration::days(60);
    let consented = done(proposed(AnswerKind::Consent).consent(&approver, late));
    assert_eq!((consented.state.name(), consented.overdue), ("CONSENTED", Some(late)));
}

#[test]
fn nobody_gives_the_answer_they_proposed_nor_another_than_the_proposed() {
    let (wang, zhao) = (actor("jiaowei", "wang"), actor("jiaowei", "zhao"));
    let refuse = |request: AccessRequest, by: &Actor| request.refuse("理由".to_owned(), by, NOW);
    assert_eq!(proposed(AnswerKind::Consent).consent(&wang, NOW), Err(Rejection::SelfApproval));
    assert_eq!(refuse(proposed(AnswerKind::Refusal), &wang), Err(Rejection::SelfApproval));
    assert_eq!(proposed(AnswerKind::Refusal).consent(&zhao, NOW), Err(Rejection::OtherAnswerProposed));
    assert_eq!(refuse(proposed(AnswerKind::Consent), &zhao), Err(Rejection::OtherAnswerProposed));
    let unreasoned = proposed(AnswerKind::Refusal).refuse(String::new(), &zhao, NOW);
    assert_eq!(unreasoned, Err(Rejection::ReasonsMissing));
    let unreasoned = submitted().propose(AnswerKind::Refusal, String::new(), &wang, NOW);
    assert_eq!(unreasoned, Err(Rejection::ReasonsMissing));
}

#[derive(Debug, Clone)]
enum Command {
    Submit,
    Propose(bool, u8),
    Consent(u8),
    Refuse(u8),
    Withdraw,
    Agree,
    Overdue(i64),
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = prop_oneof![
        Just(Command::Submit),
        (any::<bool>(), 0..3u8).prop_map(|(consent, by)| Command::Propose(consent, by)),
        (0..3u8).prop_map(Command::Consent),
        (0..3u8).prop_map(Command::Refuse),
        Just(Command::Withdraw),
        Just(Command::Agree),
        (0..40i64).prop_map(Command::Overdue),
    ];
    prop::collection::vec(command, 1..30)
}

proptest! {
    /// Whatever is tried in whatever order: answers are given by another than the proposer, refusals have
    /// reasons, the receipt never changes, versions have no gap, and an end is an end.
    #[test]
    fn random_sequences_keep_the_invariants(commands in commands()) {
        let people = ["wang", "zhao", "qian"].map(|name| actor("jiaowei", name));
        let mut request = draft();
        let mut now = NOW;
        for command in commands {
            let before = request.clone();
            let outcome = match command {
                Command::Submit => request.submit(&resource(), pack(), Calendar::builtin(), now).map(Some),
                Command::Propose(consent, by) => {
                    let kind = if consent { AnswerKind::Consent } else { AnswerKind::Refusal };
                    request.propose(kind, "理由".to_owned(), &people[usize::from(by)], now).map(Some)
                }
                Command::Consent(by) => request.consent(&people[usize::from(by)], now).map(Some),
                Command::Refuse(by) => request.refuse("理由".to_owned(), &people[usize::from(by)], now).map(Some),
                Command::Withdraw => request.withdraw(now).map(Some),
                Command::Agree => request.agree(agreement(), now),
                Command::Overdue(days) => {
                    now += Duration::days(days);
                    request.mark_overdue(now).map(Some)
                }
            };
            request = match outcome {
                Ok(Some(transition)) => {
                    prop_assert_eq!(transition.request().version, before.version + 1);
                    if transition.happened() == Happened::Overdue {
                        prop_assert_eq!(transition.request().state.name(), before.state.name());
                    }
                    transition.into_request()
                }
                Ok(None) | Err(_) => before.clone(),
            };
            if let (Some(old), Some(new)) = (before.state.receipt(), request.state.receipt()) {
                prop_assert_eq!(old, new);
            }
            if let Some(answer) = request.state.answer() {
                prop_assert_ne!(&answer.by, &answer.proposal.by);
                prop_assert!(answer.proposal.kind == AnswerKind::Consent || !answer.reasons.is_empty());
                let receipt = request.state.receipt().expect("an answer follows a receipt");
                prop_assert_eq!(request.overdue.is_some(), request.overdue.is_some_and(|at| shanghai_date(at) > receipt.due));
                if shanghai_date(answer.at) > receipt.due {
                    prop_assert!(request.overdue.is_some());
                }
            }
            if matches!(before.state, State::Refused { .. } | State::Withdrawn { .. } | State::Agreed { .. }) {
                prop_assert_eq!(request.state.name(), before.state.name());
            }
            if before.overdue.is_some() {
                prop_assert_eq!(request.overdue, before.overdue);
            }
        }
    }
}

#[test]
fn every_method_of_the_contract_has_a_rule_and_every_rule_a_method() {
    for service in ACCESS.public {
        let methods = methods_of(service.name);
        assert!(!methods.is_empty(), "{} has no methods", service.name);
        for method in &methods {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{method} has no rule");
        }
        for rule in service.rules {
            assert!(methods.iter().any(|method| method == rule.method), "{} is no method", rule.method);
        }
    }
    for service in ACCESS.internal {
        let listed: Vec<_> = service.callers.iter().map(|(method, _)| (*method).to_owned()).collect();
        assert_eq!(listed, methods_of(service.name));
    }
}

#[test]
fn a_draft_is_hidden_from_everybody_but_the_applicant() {
    for role in Role::ALL {
        for relation in [Relation::Provider, Relation::Anyone] {
            let somebody = Actor { roles: [*role].into_iter().collect(), ..actor("x1", "x") };
            for method in methods_of("govshare.access_request.v1.AccessRequestService") {
                let decision = decide(policy::RULES, &method, policy::READ, &somebody, &[relation], "DRAFT");
                let about_no_record =
                    ["CreateAccessRequest", "ListAccessRequests"].contains(&method.as_str());
                if !about_no_record {
                    assert_eq!(decision, Decision::Hidden, "{method} by {role:?} as {relation:?}");
                }
            }
        }
    }
}
