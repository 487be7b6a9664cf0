use std::collections::BTreeSet;

use catalog::ACCESS;
use catalog::entries::policy;
use govshare_model::Role;
use service_kit::server::methods_of;

use crate::person;

#[test]
fn every_method_has_a_rule_and_every_rule_a_method() {
    for service in ACCESS.public {
        let ruled: BTreeSet<String> = service.rules.iter().map(|rule| rule.method.to_owned()).collect();
        assert_eq!(ruled, methods_of(service.name).into_iter().collect(), "{}", service.name);
    }
    for service in ACCESS.internal {
        let listed: BTreeSet<String> =
            service.callers.iter().map(|(method, _)| (*method).to_owned()).collect();
        assert_eq!(listed, methods_of(service.name).into_iter().collect(), "{}", service.name);
    }
}

#[test]
fn latest_versions_are_the_providers_the_info_offices_the_secrecy_bureaus_and_the_auditors() {
    let provider = "jiaowei".parse().expect("a slug");
    for role in Role::ALL {
        assert!(policy::sees_latest(&person("jiaowei", "p", &[*role]), &provider), "{role:?}");
        let others = matches!(role, Role::InfoOffice | Role::SecrecyBureau | Role::Auditor);
        assert_eq!(policy::sees_latest(&person("fagaiwei", "p", &[*role]), &provider), others, "{role:?}");
    }
}

#[test]
fn rows_are_drafted_by_the_units_drafters_or_the_info_office() {
    let provider = "jiaowei".parse().expect("a slug");
    for role in Role::ALL {
        let own = matches!(role, Role::Drafter | Role::InfoOffice);
        assert_eq!(policy::may_draft(&person("jiaowei", "p", &[*role]), &provider), own, "{role:?}");
        let others = matches!(role, Role::InfoOffice);
        assert_eq!(policy::may_draft(&person("fagaiwei", "p", &[*role]), &provider), others, "{role:?}");
    }
}
