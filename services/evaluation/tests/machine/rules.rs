//! Every method of the contract has a rule, and a unit's members read their own line only.

use evaluation::{ACCESS, policy};
use govshare_model::authority::{self, Decision};
use govshare_model::{Actor, Role, Subject};
use service_kit::server::methods_of;

#[test]
fn every_method_is_listed() {
    for service in ACCESS.public {
        for method in methods_of(service.name) {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{}/{method}", service.name);
        }
    }
}

#[test]
fn another_units_line_is_hidden_from_all_but_the_district() {
    let own = "jiaowei".parse().expect("a slug");
    for role in Role::ALL {
        for unit in ["jiaowei", "weishengju"] {
            let actor = Actor {
                subject: Subject("li".to_owned()),
                unit: unit.parse().expect("a slug"),
                roles: [*role].into_iter().collect(),
            };
            let relations = policy::relations(&actor, &own);
            let decided =
                authority::decide(policy::RULES, policy::READ, policy::READ, &actor, &relations, "");
            let district =
                matches!(role, Role::InfoOffice | Role::WorkingGroup | Role::Supervisor | Role::Auditor);
            assert_eq!(decided == Decision::Allowed, district || unit == "jiaowei", "{role:?} of {unit}");
            assert_eq!(policy::reads_all(&actor), district, "{role:?}");
        }
    }
}
