//! Every method of the contract has a rule, and the rules let nobody read what does not concern them.

use audit::{ACCESS, policy};
use govshare_model::authority::{self, Decision};
use govshare_model::{Actor, Role, Subject};
use service_kit::event::Leaf;
use service_kit::server::methods_of;

#[test]
fn every_method_is_listed() {
    for service in ACCESS.public {
        for method in methods_of(service.name) {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{}/{method}", service.name);
        }
    }
    for service in ACCESS.internal {
        let listed: Vec<_> = service.callers.iter().map(|(method, _)| (*method).to_owned()).collect();
        assert_eq!(listed, methods_of(service.name), "{}", service.name);
    }
}

#[test]
fn an_event_is_hidden_from_units_that_it_does_not_concern() {
    let leaf: Leaf = serde_json::from_str(
        r#"{"aggregate":"a/1","article":"","attributes":{},"case":"","concerns":["jiaowei"],"service":"s",
            "state":"","subject":"","time":"2014-10-21T00:00:00Z","type":"a.b","unit":"","v":1,"version":1}"#,
    )
    .expect("a leaf");
    for role in Role::ALL {
        for unit in ["jiaowei", "weishengju"] {
            let actor = Actor {
                subject: Subject("li".to_owned()),
                unit: unit.parse().expect("a slug"),
                roles: [*role].into_iter().collect(),
            };
            let relations = policy::relations(&actor, &leaf);
            let decided =
                authority::decide(policy::RULES, policy::READ, policy::READ, &actor, &relations, &leaf.state);
            let district = matches!(role, Role::InfoOffice | Role::WorkingGroup | Role::Auditor);
            let reads = district || unit == "jiaowei";
            assert_eq!(decided == Decision::Allowed, reads, "{role:?} of {unit}");
            assert_eq!(policy::reads_all(&actor), district, "{role:?}");
        }
    }
}

#[test]
fn who_reported_a_unit_is_withheld_from_its_people_whatever_their_role_but_auditors() {
    let leaf: Leaf = serde_json::from_str(
        r#"{"aggregate":"violation/1","article":"34","attributes":{"owner":"info-office",
            "withheld_from":"info-office"},"case":"","concerns":["jiaowei"],"service":"evaluation",
            "state":"REPORTED","subject":"","time":"2014-10-21T00:00:00Z","type":"violation.reported",
            "unit":"jiaowei","v":1,"version":1}"#,
    )
    .expect("a leaf");
    let reads = |unit: &str, role| {
        let actor = Actor {
            subject: Subject("li".to_owned()),
            unit: unit.parse().expect("a slug"),
            roles: [role].into_iter().collect(),
        };
        policy::reads(&actor, &leaf)
    };
    for role in [Role::InfoOffice, Role::WorkingGroup, Role::Drafter] {
        assert!(!reads("info-office", role), "{role:?}");
    }
    assert!(reads("working-group", Role::WorkingGroup) && reads("info-office", Role::Auditor));
    assert!(reads("jiaowei", Role::Drafter) && reads("another-office", Role::InfoOffice));
}
