//! The whole product method × role × relation × state of every service, as one table to read in a review, and the
//! same product tried over gRPC where a record's state and parties matter most.

use std::collections::BTreeSet;
use std::fmt::Write;

use govshare_model::authority::{decide, may_call};
use govshare_model::{Actor, Decision, Relation, Role, Subject};
use govshare_proto::access_request::v1::{self as requests, AnswerKind};
use integration_tests::steps::{form, request_id};
use integration_tests::{Case, Person};
use service_kit::auth::access::Access;
use service_kit::server::methods_of;
use tonic::{Code, Status};

use crate::city::City;

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

fn actor(role: Role) -> Actor {
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

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const STRANGER: &str = "weishengju";

/// A request in each state.
async fn in_every_state(city: &City) -> Vec<(&'static str, Case)> {
    let entry = city.published_entry(PROVIDER).await;
    let create = requests::CreateAccessRequestRequest {
        entry_id: entry.clone(),
        form: Some(form()),
        request_id: request_id(),
    };
    let drafter = city.person(APPLICANT, Role::Drafter);
    let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
    let draft = Case {
        id: draft.access_request.expect("a request").access_request_id,
        entry_id: entry.clone(),
        applicant: APPLICANT,
        provider: PROVIDER,
    };
    let submitted = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let proposed = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.proposed(&proposed, AnswerKind::Consent, "").await;
    let consented = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.proposed(&consented, AnswerKind::Consent, "").await;
    city.consent(&consented).await.expect("consented");
    let withdrawn = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let withdraw = requests::WithdrawAccessRequestRequest {
        access_request_id: withdrawn.id.clone(),
        request_id: request_id(),
    };
    drafter.requests().withdraw_access_request(withdraw).await.expect("withdrawn");
    vec![
        ("DRAFT", draft),
        ("SUBMITTED", submitted),
        ("ANSWER_PROPOSED", proposed),
        ("CONSENTED", consented),
        ("WITHDRAWN", withdrawn),
    ]
}

async fn attempt(person: &Person, method: &str, case: &Case) -> Result<(), Status> {
    let mut client = person.requests();
    let (access_request_id, request_id) = (case.id.clone(), request_id());
    match method {
        "GetAccessRequest" => {
            let request = requests::GetAccessRequestRequest { access_request_id };
            client.get_access_request(request).await.map(drop)
        }
        "UpdateAccessRequest" => {
            let request = requests::UpdateAccessRequestRequest {
                access_request_id,
                form: Some(form()),
                update_mask: Some(prost_types::FieldMask { paths: vec!["purpose".to_owned()] }),
                etag: String::new(),
                request_id,
            };
            client.update_access_request(request).await.map(drop)
        }
        "SubmitAccessRequest" => {
            let request = requests::SubmitAccessRequestRequest { access_request_id, request_id };
            client.submit_access_request(request).await.map(drop)
        }
        "ProposeAnswer" => {
            let kind = AnswerKind::Consent.into();
            let request = requests::ProposeAnswerRequest {
                access_request_id,
                kind,
                reasons: String::new(),
                request_id,
            };
            client.propose_answer(request).await.map(drop)
        }
        "ConsentAccessRequest" => {
            let request = requests::ConsentAccessRequestRequest { access_request_id, request_id };
            client.consent_access_request(request).await.map(drop)
        }
        "RefuseAccessRequest" => {
            let reasons = "理由".to_owned();
            let request = requests::RefuseAccessRequestRequest { access_request_id, reasons, request_id };
            client.refuse_access_request(request).await.map(drop)
        }
        "WithdrawAccessRequest" => {
            let request = requests::WithdrawAccessRequestRequest { access_request_id, request_id };
            client.withdraw_access_request(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_grpc_a_request_answers_each_role_relation_and_state_as_the_table_says() {
    let city = City::start().await;
    let cases = in_every_state(&city).await;
    let rules = access_request::policy::RULES;
    let methods = methods_of("govshare.access_request.v1.AccessRequestService");
    let of_a_record =
        |method: &&String| !["CreateAccessRequest", "ListAccessRequests"].contains(&method.as_str());
    let mut tried = 0;
    for (state, case) in &cases {
        for method in methods.iter().filter(of_a_record) {
            for role in Role::ALL {
                for (unit, relations) in [
                    (APPLICANT, &[Relation::Applicant][..]),
                    (PROVIDER, &[Relation::Provider][..]),
                    (STRANGER, &[][..]),
                ] {
                    let decision =
                        decide(rules, method, access_request::policy::READ, &actor(*role), relations, state);
                    // What is allowed changes the record, so only reading is tried here; journeys try the rest.
                    if decision == Decision::Allowed && method != access_request::policy::READ {
                        continue;
                    }
                    let expected = match decision {
                        _ if !may_call(rules, method, &actor(*role)) => Code::PermissionDenied,
                        Decision::Allowed => Code::Ok,
                        Decision::Forbidden => Code::PermissionDenied,
                        Decision::Hidden => Code::NotFound,
                    };
                    let outcome = attempt(&city.person(unit, *role), method, case).await;
                    let found = outcome.as_ref().err().map_or(Code::Ok, Status::code);
                    assert_eq!(found, expected, "{method} by {role:?} of {unit} in {state}: {outcome:?}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 600, "only {tried} combinations were tried");
}
