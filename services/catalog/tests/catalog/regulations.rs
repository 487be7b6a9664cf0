use catalog::regulations::policy;
use catalog::regulations::regulation::{Happened, Kind, Regulation, Rejection, Transition};
use govshare_model::authority::decide;
use govshare_model::{Actor, Decision, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{minute, person};

fn drafter() -> Actor {
    person("jiaowei", "drafter", &[Role::Drafter])
}

fn approver() -> Actor {
    person("jiaowei", "approver", &[Role::Approver])
}

fn decider() -> Actor {
    person("info-office", "decider", &[Role::InfoOffice, Role::WorkingGroup])
}

fn words(text: &str) -> (String, String) {
    ("管理办法".to_owned(), text.to_owned())
}

fn draft(kind: Kind) -> Regulation {
    let database = kind.is_of_database().then(|| "jiaoyu".parse().expect("a slug"));
    let drafted =
        Regulation::draft(Uuid::from_u128(1), kind, database, words("一"), true, &drafter(), minute(0));
    drafted.expect("allowed").regulation().clone()
}

fn after(step: Result<Transition, Rejection>) -> Regulation {
    step.expect("allowed").regulation().clone()
}

fn submitted(kind: Kind) -> Regulation {
    after(draft(kind).submit(true, &approver(), minute(1)))
}

fn in_force(kind: Kind) -> Regulation {
    match kind {
        Kind::Procedure => submitted(kind),
        _ => after(submitted(kind).approve(&decider(), minute(2))),
    }
}

#[test]
fn what_each_step_does_from_each_state() {
    let kind = Kind::ManagementMeasures;
    let returned = after(submitted(kind).give_back("补充".to_owned(), minute(2)));
    let expected = [
        // revise, submit, approve, return; what waits
        "DRAFT done done no no submit",
        "SUBMITTED no no done done approve",
        "RETURNED done no no no revise",
        "IN_FORCE done no no no ",
    ];
    let outcome = |step: Result<(), Rejection>| if step.is_ok() { "done" } else { "no" }.to_owned();
    for (regulation, expected) in
        [draft(kind), submitted(kind), returned, in_force(kind)].into_iter().zip(expected)
    {
        let (title, text) = words("二");
        let found = [
            regulation.state().to_owned(),
            outcome(regulation.clone().revise(title, text, &drafter(), minute(9)).map(drop)),
            outcome(regulation.clone().submit(true, &approver(), minute(9)).map(drop)),
            outcome(regulation.clone().approve(&decider(), minute(9)).map(drop)),
            outcome(regulation.clone().give_back("x".to_owned(), minute(9)).map(drop)),
            regulation.tasks().iter().map(|task| task.kind).collect::<Vec<_>>().join(","),
        ];
        assert_eq!(found.join(" "), expected);
    }
}

#[test]
fn a_procedure_is_the_units_own_and_in_force_at_once() {
    assert_eq!(submitted(Kind::Procedure).state(), "IN_FORCE");
    for kind in [Kind::TechnicalScheme, Kind::ManagementMeasures, Kind::ImplementingRules] {
        assert_eq!(submitted(kind).state(), "SUBMITTED");
    }
}

#[test]
fn only_a_lead_unit_makes_measures_and_schemes_and_only_while_it_leads() {
    for kind in Kind::ALL {
        let drafted =
            Regulation::draft(Uuid::from_u128(1), kind, None, words("一"), false, &drafter(), minute(0));
        let refused = kind.is_of_database();
        assert_eq!(drafted == Err(Rejection::NotLead), refused, "{kind:?}");
        let submitted = draft(kind).submit(false, &approver(), minute(1));
        assert_eq!(submitted == Err(Rejection::NotLead), refused, "{kind:?}");
    }
}

#[test]
fn the_info_office_decides_on_schemes_and_the_working_group_on_measures_and_rules() {
    let decided = |kind: Kind, role: Role| {
        let actor = person("elsewhere", "somebody", &[role]);
        let standing = policy::standing(&submitted(kind));
        decide(policy::RULES, "ApproveRegulation", policy::READ, &actor, &[], standing) == Decision::Allowed
    };
    for kind in [Kind::TechnicalScheme, Kind::ManagementMeasures, Kind::ImplementingRules] {
        for role in Role::ALL {
            let wanted = match kind {
                Kind::TechnicalScheme => Role::InfoOffice,
                _ => Role::WorkingGroup,
            };
            assert_eq!(decided(kind, *role), *role == wanted, "{kind:?} {role:?}");
        }
    }
}

#[test]
fn whoever_wrote_on_an_edition_does_not_submit_it() {
    let article = "35";
    let own = draft(Kind::ImplementingRules).submit(true, &drafter(), minute(1));
    assert_eq!(own, Err(Rejection::SelfApproval { article }));
}

#[test]
fn whoever_wrote_or_submitted_an_edition_does_not_approve_it() {
    for kind in [Kind::TechnicalScheme, Kind::ManagementMeasures, Kind::ImplementingRules] {
        let article = kind.article();
        for involved in [drafter(), approver()] {
            let own = submitted(kind).approve(&involved, minute(2));
            assert_eq!(own, Err(Rejection::SelfApproval { article }), "{involved:?}");
        }
        assert_eq!(submitted(kind).tasks()[0].not, [approver().subject]);
    }
}

#[test]
fn what_is_in_force_stays_until_the_next_edition_is() {
    let (title, text) = words("二");
    let next = in_force(Kind::ImplementingRules).revise(title, text, &drafter(), minute(3));
    let next = next.expect("allowed").expect("a change").regulation().clone();
    assert_eq!(next.in_force.as_ref().map(|now| now.edition.number), Some(1));
    let next =
        after(next.submit(true, &approver(), minute(4))).approve(&decider(), minute(5)).expect("allowed");
    let Happened::CameIntoForce { former: Some(former) } = next.happened() else { panic!("{next:?}") };
    assert_eq!((former.edition.number, former.edition.text.as_str()), (1, "一"));
    assert_eq!(next.regulation().in_force.as_ref().map(|now| now.edition.number), Some(2));
}

proptest! {
    /// Whatever is tried: editions come into force one by one, each as it was submitted, and never without approval.
    #[test]
    fn editions_come_into_force_in_order(kind in 0..4_usize, steps in prop::collection::vec(0..4_u8, 0..40)) {
        let kind = Kind::ALL[kind];
        let mut regulation = draft(kind);
        for (count, step) in (1..).zip(steps) {
            let (now, from) = (minute(count), regulation.clone());
            let (title, text) = words(&count.to_string());
            let tried = match step {
                0 => from.clone().revise(title, text, &drafter(), now),
                1 => from.clone().submit(true, &approver(), now).map(Some),
                2 => from.clone().approve(&decider(), now).map(Some),
                _ => from.clone().give_back("x".to_owned(), now).map(Some),
            };
            let Ok(Some(done)) = tried else { continue };
            regulation = done.regulation().clone();
            prop_assert_eq!(regulation.version, from.version + 1);
            prop_assert!(regulation.pending.is_some() || regulation.in_force.is_some());
            let number = |of: &Regulation| of.in_force.as_ref().map_or(0, |now| now.edition.number);
            if number(&regulation) != number(&from) {
                prop_assert_eq!(number(&regulation), number(&from) + 1);
                let wanted = if kind == Kind::Procedure { "DRAFT" } else { "SUBMITTED" };
                prop_assert_eq!(from.state(), wanted);
                let (now, was) = (regulation.in_force.clone(), from.pending.clone());
                prop_assert_eq!(now.map(|now| now.edition), was.map(|was| was.edition));
            } else {
                prop_assert_eq!(&regulation.in_force, &from.in_force);
            }
        }
    }
}
