//! The whole product method × role × relation × state of every service, as one table to read in a review.

use std::collections::BTreeSet;
use std::fmt::Write;

use govshare_model::authority::decide;
use govshare_model::{Actor, Decision, Relation, Role, Subject};
use service_kit::auth::access::Access;
use service_kit::server::methods_of;

/// Every service with its access table and, for each public proto service, the method that makes records visible.
fn services() -> [(&'static str, Access); 7] {
    [
        (catalog::NAME, catalog::ACCESS),
        (security_review::NAME, security_review::ACCESS),
        (access_request::NAME, access_request::ACCESS),
        (agreement::NAME, agreement::ACCESS),
        (exchange::NAME, exchange::ACCESS),
        (audit::NAME, audit::ACCESS),
        (evaluation::NAME, evaluation::ACCESS),
    ]
}

/// Somebody with this role; the unit is told by the relations beside it.
pub fn actor(role: Role) -> Actor {
    Actor {
        subject: Subject("somebody".to_owned()),
        unit: "jiaowei".parse().expect("a unit"),
        roles: [role].into_iter().collect(),
    }
}

#[test]
fn every_method_is_listed_and_every_listed_method_exists() {
    for (name, access) in services() {
        for service in access.public {
            let methods = methods_of(service.name);
            assert!(!methods.is_empty(), "{} is no service of the contracts", service.name);
            for method in &methods {
                assert!(
                    service.rules.iter().any(|rule| rule.method == method),
                    "{name}: {method} has no rule"
                );
            }
            for rule in service.rules {
                assert!(
                    methods.iter().any(|method| method == rule.method),
                    "{name}: {} is no method",
                    rule.method
                );
            }
        }
        for service in access.internal {
            let listed: BTreeSet<_> =
                service.callers.iter().map(|(method, _)| (*method).to_owned()).collect();
            let methods: BTreeSet<_> = methods_of(service.name).into_iter().collect();
            assert_eq!(listed, methods, "{name}: {}", service.name);
        }
    }
}

/// A line for each method and relation, a letter for each role: who may, in which states.
#[test]
fn the_product_of_the_rule_tables_is_the_one_that_was_reviewed() {
    let mut table = String::new();
    for (name, access) in services() {
        for service in access.public {
            writeln!(table, "\n{name}: {}", service.name).expect("a string takes all");
            let states: BTreeSet<&str> = service.rules.iter().flat_map(|rule| rule.states).copied().collect();
            for method in methods_of(service.name) {
                let mut anyone = String::new();
                for relation in Relation::ALL {
                    let mut cells = Vec::new();
                    for role in Role::ALL {
                        let allowed = |state: &str| {
                            let decision =
                                decide(service.rules, &method, &method, &actor(*role), &[*relation], state);
                            decision == Decision::Allowed
                        };
                        let other = allowed("(any other state)");
                        let named: Vec<_> = states.iter().filter(|state| allowed(state)).copied().collect();
                        match (other, named.is_empty()) {
                            (true, _) => cells.push(role.as_str().to_owned()),
                            (false, false) => cells.push(format!("{} in {}", role.as_str(), named.join("/"))),
                            (false, true) => {}
                        }
                    }
                    let cells = cells.join(", ");
                    // A relation stands in the table where it allows more than none.
                    if *relation == Relation::Anyone {
                        anyone.clone_from(&cells);
                    } else if cells == anyone {
                        continue;
                    }
                    if !cells.is_empty() {
                        writeln!(table, "  {method:28} {relation:?}: {cells}").expect("a string");
                    }
                }
            }
        }
        for service in access.internal {
            writeln!(table, "\n{name}: {}", service.name).expect("a string takes all");
            for (method, callers) in service.callers {
                writeln!(table, "  {method:28} {}", callers.join(", ")).expect("a string takes all");
            }
        }
    }
    insta::assert_snapshot!("authorization", table);
}
