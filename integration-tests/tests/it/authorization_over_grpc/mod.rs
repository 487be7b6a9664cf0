//! The product method × role × relation × state tried over gRPC: each call answers as the service's rule table says. One
//! city for all services; what changes a record is left to the journeys, so that all calls can be on their way at once.

mod agreements;
mod catalogue;
mod evaluation;
mod exchange;
mod requests;
mod reviews;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use govshare_model::authority::{Rule, decide, may_call};
use govshare_model::{Decision, Relation, Role};
use integration_tests::{Case, Person};
use serde_json::{Value as Json, json};
use service_kit::server::methods_of;
use tonic::{Code, Status};

use crate::authorization::actor;
use crate::city::City;
use crate::contract;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const OFFICE: &str = "info-office";
const STRANGER: &str = "weishengju";

/// Calls on their way at once.
const AT_ONCE: usize = 8;
const REPEATS: usize = 10;

/// What is tried of one service.
pub struct Product {
    service: &'static str,
    rules: &'static [Rule],
    /// The method whose permission makes a record visible.
    read: &'static str,
    /// Further methods that give what `read` does, to whoever may `read`.
    further_reads: &'static [&'static str],
    /// Methods of no single record: tried with roles that no rule of the method names.
    apart: &'static [&'static str],
    units: &'static [(&'static str, &'static [Relation])],
    /// A record in each state, by the state's name in the rules: the fields that name it.
    records: Vec<(&'static str, Json)>,
}

/// One combination.
struct Trial {
    what: String,
    call: contract::Prepared,
    by: (&'static str, Role),
    expected: Code,
}

impl Product {
    fn trials(&self) -> Vec<Trial> {
        let methods = methods_of(self.service);
        for named in self.apart.iter().chain(self.further_reads).chain([&self.read]) {
            assert!(methods.iter().any(|method| method == named), "{} has no {named}", self.service);
        }
        let (apart, of_records): (Vec<_>, Vec<_>) =
            methods.iter().partition(|method| self.apart.contains(&method.as_str()));
        let mut trials = Vec::new();
        for (state, record) in &self.records {
            for method in &of_records {
                for role in Role::ALL {
                    for (unit, relations) in self.units {
                        let Some(expected) = self.expected(method, *role, relations, state) else { continue };
                        trials.push(self.trial(method, record, (*unit, *role), state, expected));
                    }
                }
            }
        }
        for method in &apart {
            for role in Role::ALL.iter().filter(|role| !may_call(self.rules, method, &actor(**role))) {
                let by = (self.units[0].0, *role);
                trials.push(self.trial(method, &json!({}), by, "-", Code::PermissionDenied));
            }
        }
        trials
    }

    fn trial(
        &self,
        method: &str,
        record: &Json,
        by: (&'static str, Role),
        state: &str,
        expected: Code,
    ) -> Trial {
        let what = format!("{}/{method} by {:?} of {} in {state}", self.service, by.1, by.0);
        Trial { what, call: contract::prepare(self.service, method, record), by, expected }
    }

    /// The code that the table gives; `None` for an allowed change.
    fn expected(&self, method: &str, role: Role, relations: &[Relation], state: &str) -> Option<Code> {
        let reads = method == self.read || self.further_reads.contains(&method);
        let decided = if reads { self.read } else { method };
        let actor = actor(role);
        if !may_call(self.rules, method, &actor) {
            return Some(Code::PermissionDenied);
        }
        match decide(self.rules, decided, self.read, &actor, relations, state) {
            Decision::Allowed => reads.then_some(Code::Ok),
            Decision::Forbidden => Some(Code::PermissionDenied),
            Decision::Hidden => Some(Code::NotFound),
        }
    }
}

/// A step on the way to a record, by somebody who may do it.
pub async fn act(city: &City, by: (&str, Role), service: &str, method: &str, given: Json) -> Json {
    let reply = contract::call(&city.person(by.0, by.1), service, method, given.clone()).await;
    reply.unwrap_or_else(|status| panic!("{method} with {given}: {status:?}"))
}

/// The case in the fields of messages.
fn fields(case: &Case) -> Json {
    json!({ "access_request_id": case.id, "entry_id": case.entry_id, "provider_unit_id": PROVIDER })
}

async fn answers(city: &City, trials: Vec<Trial>) -> Vec<String> {
    let mut people: BTreeMap<(&str, &str), Person> = BTreeMap::new();
    for Trial { by: (unit, role), .. } in &trials {
        people.entry((*unit, role.as_str())).or_insert_with(|| city.person(unit, *role));
    }
    let people = &people;
    let answers = stream::iter(trials).map(|trial| async move {
        let Trial { what, call, by: (unit, role), expected } = trial;
        let person = &people[&(unit, role.as_str())];
        let mut outcome: Result<_, Status> = contract::send(person, &call).await;
        // A busy machine has no connection to the database free at times, and says to repeat: that is no answer yet.
        for _ in 0..REPEATS {
            match &outcome {
                Err(status) if status.code() == Code::Unavailable => {
                    outcome = contract::send(person, &call).await
                }
                _ => break,
            }
        }
        let found = outcome.as_ref().err().map_or(Code::Ok, Status::code);
        (found != expected).then(|| format!("{what}: {expected:?} expected, {found:?}: {:?}", outcome.err()))
    });
    answers.buffer_unordered(AT_ONCE).filter_map(|wrong| async move { wrong }).collect().await
}

/// A city under whose packs there are records in every state.
pub async fn city_with_an_agreed_case() -> (City, Case, String) {
    let city =
        City::start_with_packs("xicheng-2014@2014-08-01..2026-03-03, national-2025@2026-03-04..").await;
    let (agreed, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    (city, agreed, agreement_id)
}

/// Fills it with records of every kind in their states.
pub async fn filled(city: &City, agreed: Case, agreement_id: &str) -> Vec<Product> {
    let entry = city.published_entry(PROVIDER).await;
    let mut products = vec![agreements::product(city, &entry, &agreed, agreement_id).await];
    products.extend(reviews::products(city, &entry).await);
    products.extend(exchange::products(city, &agreed, agreement_id).await);
    products.extend(catalogue::products(city, &entry).await);
    products.extend(evaluation::products(city, &entry).await);
    // The last step of the requests is another day's.
    products.extend(requests::products(city, &entry, agreed).await);
    products
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_relation_and_state_is_answered_as_the_table_of_the_service_says() {
    let (city, agreed, agreement_id) = city_with_an_agreed_case().await;
    let products = filled(&city, agreed, &agreement_id).await;
    let trials: Vec<_> = products.iter().flat_map(Product::trials).collect();
    let count = trials.len();
    let wrong = answers(&city, trials).await;
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
    assert!(count > 14_000, "only {count} combinations were tried");
}
