//! The rule tables beside the contract.

use access_request::{ACCESS, policy};
use govshare_model::authority::decide;
use govshare_model::{Actor, Decision, Relation, Role};
use service_kit::server::methods_of;

use crate::support::actor;

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
                let about_no_record = ["CreateAccessRequest", "EnterPaperRequest", "ListAccessRequests"]
                    .contains(&method.as_str());
                if !about_no_record {
                    assert_eq!(decision, Decision::Hidden, "{method} by {role:?} as {relation:?}");
                }
            }
        }
    }
}
