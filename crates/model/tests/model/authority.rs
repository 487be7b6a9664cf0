//! Deciding by rules: default deny, visibility before permission, and no grant but by a rule.

use govshare_model::authority::{decide, may_call};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Decision, Relation, Role, Roles, Rule, Subject};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const METHODS: [&str; 4] = ["Get", "Submit", "Consent", "Refuse"];
const STATES: [&str; 3] = ["DRAFT", "SUBMITTED", "CONSENTED"];

const RULES: &[Rule] = &[
    rule("Get", &[Role::Drafter], Relation::Applicant, &[]),
    rule("Get", &[Role::Approver], Relation::Provider, &["SUBMITTED", "CONSENTED"]),
    rule("Get", &[Role::Auditor], Relation::Anyone, &[]),
    rule("Consent", &[Role::Approver], Relation::Provider, &["SUBMITTED"]),
];

const fn rule(
    method: &'static str,
    roles: &'static [Role],
    relation: Relation,
    states: &'static [&'static str],
) -> Rule {
    Rule { method, roles, relation, states }
}

fn actor(roles: impl IntoIterator<Item = Role>) -> Actor {
    Actor {
        subject: Subject("s-1".to_owned()),
        unit: "jiaowei".parse::<UnitId>().expect("a slug"),
        roles: roles.into_iter().collect(),
    }
}

fn consent(role: Role, relations: &[Relation], state: &str) -> Decision {
    decide(RULES, "Consent", "Get", &actor([role]), relations, state)
}

#[test]
fn an_approver_of_the_provider_consents_while_the_rule_names_the_state() {
    assert_eq!(consent(Role::Approver, &[Relation::Provider], "SUBMITTED"), Decision::Allowed);
    assert_eq!(consent(Role::Approver, &[Relation::Provider], "CONSENTED"), Decision::Forbidden);
}

#[test]
fn what_one_may_read_is_forbidden_and_what_not_is_hidden() {
    assert_eq!(consent(Role::Drafter, &[Relation::Applicant], "SUBMITTED"), Decision::Forbidden);
    assert_eq!(consent(Role::Auditor, &[], "SUBMITTED"), Decision::Forbidden);
    assert_eq!(consent(Role::Approver, &[Relation::Provider], "DRAFT"), Decision::Hidden);
    assert_eq!(consent(Role::Approver, &[], "SUBMITTED"), Decision::Hidden);
    assert_eq!(consent(Role::Signatory, &[Relation::Provider], "SUBMITTED"), Decision::Hidden);
}

#[test]
fn a_method_without_a_rule_is_for_nobody() {
    let everybody = actor(Role::ALL.iter().copied());
    let decision = decide(RULES, "Delete", "Get", &everybody, Relation::ALL, "SUBMITTED");
    assert_eq!(decision, Decision::Forbidden);
    assert!(!may_call(RULES, "Delete", &everybody));
}

#[test]
fn a_role_is_read_from_its_text_and_an_unknown_text_grants_nothing() {
    for role in Role::ALL {
        assert_eq!(Role::from_text(role.as_str()), Some(*role));
    }
    for text in ["", "Drafter", "drafter ", "admin", "root"] {
        assert_eq!(Role::from_text(text), None, "{text:?}");
    }
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let states =
        select(vec![&[] as &'static [&'static str], &["DRAFT"], &["SUBMITTED", "CONSENTED"], &STATES]);
    let one = (select(METHODS.to_vec()), select(Role::ALL.to_vec()), select(Relation::ALL.to_vec()), states);
    prop::collection::vec(
        one.prop_map(|(method, role, relation, states)| {
            rule(method, Box::leak(Box::new([role])), relation, states)
        }),
        0..12,
    )
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    subsequence(Role::ALL.to_vec(), 0..=Role::ALL.len())
}

fn relations() -> impl Strategy<Value = Vec<Relation>> {
    subsequence(vec![Relation::Owner, Relation::Provider, Relation::Applicant], 0..=3)
}

fn openness(decision: Decision) -> u8 {
    match decision {
        Decision::Hidden => 0,
        Decision::Forbidden => 1,
        Decision::Allowed => 2,
    }
}

proptest! {
    #[test]
    fn a_set_of_roles_holds_what_was_put_in_and_nothing_else(given in roles()) {
        let set: Roles = given.iter().copied().collect();
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), given.clone());
        for role in Role::ALL {
            prop_assert_eq!(set.contains(*role), given.contains(role));
        }
    }

    #[test]
    fn nothing_is_open_to_someone_without_roles(
        rules in rules(), method in select(METHODS.to_vec()), relations in relations(), state in select(STATES.to_vec()),
    ) {
        prop_assert_eq!(decide(&rules, method, "Get", &actor([]), &relations, state), Decision::Hidden);
        prop_assert!(!may_call(&rules, method, &actor([])));
    }

    #[test]
    fn what_is_allowed_was_callable_before_the_record_was_loaded(
        rules in rules(), method in select(METHODS.to_vec()), roles in roles(), relations in relations(), state in select(STATES.to_vec()),
    ) {
        let actor = actor(roles);
        let decision = decide(&rules, method, "Get", &actor, &relations, state);
        prop_assert!(decision != Decision::Allowed || may_call(&rules, method, &actor));
    }

    #[test]
    fn a_further_rule_role_or_relation_takes_nothing_away(
        rules in rules(), more in rules(), method in select(METHODS.to_vec()), given in roles(), added in roles(),
        near in relations(), nearer in relations(), state in select(STATES.to_vec()),
    ) {
        let before = decide(&rules, method, "Get", &actor(given.clone()), &near, state);
        let rules = [rules, more].concat();
        let near = [near, nearer].concat();
        let after = decide(&rules, method, "Get", &actor(given.into_iter().chain(added)), &near, state);
        prop_assert!(openness(before) <= openness(after));
    }
}
