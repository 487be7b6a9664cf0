use exchange::ACCESS;
use exchange::agreement::State as AgreementState;
use exchange::policy;
use govshare_model::Role;
use govshare_model::authority::may_call;
use service_kit::Reason;
use service_kit::server::methods_of;

use super::samples::{ENTRY, actor, agreement, unit, version};

#[test]
fn every_method_behind_the_gateway_has_a_rule_and_no_rule_is_without_a_method() {
    let counts = ACCESS.public.iter().map(|service| methods_of(service.name).len());
    assert_eq!(counts.collect::<Vec<_>>(), [6, 3]);
    for service in ACCESS.public {
        let methods = methods_of(service.name);
        for method in &methods {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{method}");
        }
        for rule in service.rules {
            assert!(methods.iter().any(|method| method == rule.method), "{}", rule.method);
        }
        for role in [Role::SecrecyBureau, Role::WorkingGroup] {
            let outsider = actor("baomiju", role);
            assert!(methods.iter().all(|method| !may_call(service.rules, method, &outsider)), "{role:?}");
        }
    }
}

/// Allowed, or why not.
fn reason(decided: Result<(), service_kit::Refusal>) -> Option<Reason> {
    decided.err().map(|refusal| refusal.reason())
}

#[test]
fn only_drafters_of_the_provider_publish() {
    let publish = |unit_name: &str, role, is_published| {
        reason(policy::authorize_publication(&actor(unit_name, role), &unit("jiaowei"), ENTRY, is_published))
    };
    for is_published in [true, false] {
        assert_eq!(publish("jiaowei", Role::Drafter, is_published), None);
        assert_eq!(publish("jiaowei", Role::Approver, is_published), Some(Reason::RoleNotAllowed));
        assert_eq!(publish("xinxiban", Role::InfoOffice, is_published), Some(Reason::RoleNotAllowed));
    }
    assert_eq!(publish("minzheng", Role::Drafter, false), Some(Reason::NotFound));
    assert_eq!(publish("minzheng", Role::Drafter, true), Some(Reason::RoleNotAllowed), "it is no secret");
}

#[test]
fn a_version_is_visible_to_provider_district_and_users_under_a_flowing_agreement() {
    let applicant = unit("minzheng");
    for (unit_name, role, user, wanted) in [
        ("jiaowei", Role::Reviewer, None, None),
        ("xinxiban", Role::InfoOffice, None, None),
        ("jianchaju", Role::Auditor, None, None),
        ("minzheng", Role::Drafter, None, Some(Reason::NotFound)),
        ("minzheng", Role::Signatory, Some(&applicant), None),
        ("weishengju", Role::Drafter, Some(&applicant), Some(Reason::NotFound)),
    ] {
        let reader = actor(unit_name, role);
        assert_eq!(reason(policy::authorize_reading(&reader, &version(), user)), wanted, "{unit_name}");
        let listing = policy::authorize_listing(&reader, &unit("jiaowei"), ENTRY, user);
        assert_eq!(reason(listing), wanted, "{unit_name}");
    }
}

#[test]
fn only_drafters_of_the_applicant_take_data() {
    let agreement = agreement(AgreementState::Active);
    let take = |unit_name: &str, role| reason(policy::authorize_taking(&actor(unit_name, role), &agreement));
    assert_eq!(take("minzheng", Role::Drafter), None);
    assert_eq!(take("minzheng", Role::Approver), Some(Reason::RoleNotAllowed));
    assert_eq!(take("jiaowei", Role::Drafter), Some(Reason::RoleNotAllowed));
    assert_eq!(take("weishengju", Role::Drafter), Some(Reason::NotFound));
}

#[test]
fn drafters_of_all_units_but_the_provider_take_what_is_shared_actively() {
    let take =
        |unit_name: &str, role| reason(policy::authorize_active_taking(&actor(unit_name, role), &version()));
    assert_eq!(take("minzheng", Role::Drafter), None);
    assert_eq!(take("weishengju", Role::Drafter), None);
    assert_eq!(take("weishengju", Role::Signatory), Some(Reason::RoleNotAllowed));
    assert_eq!(take("jiaowei", Role::Drafter), Some(Reason::RoleNotAllowed));
    assert_eq!(take("xinxiban", Role::InfoOffice), Some(Reason::RoleNotAllowed));
}
