//! Agreements without database and network: the state machine, the documents, and what is signed.

mod dealings;
mod documents;
mod lifecycle;
mod model;
mod signatures;
mod steps;
mod support;
mod terms;

#[test]
fn every_method_of_the_contract_has_a_rule_and_no_rule_names_another() {
    for service in agreement::ACCESS.public {
        let methods = service_kit::server::methods_of(service.name);
        assert!(!methods.is_empty());
        for method in &methods {
            assert!(service.rules.iter().any(|rule| rule.method == method), "{method} has no rule");
        }
        for rule in service.rules {
            assert!(methods.iter().any(|method| method == rule.method), "{} is no method", rule.method);
        }
    }
}
