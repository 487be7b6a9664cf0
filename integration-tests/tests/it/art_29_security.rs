//! The journey of article 29 over the gateway: what one unit collects, keeps, shares and uses is closed to all whom it
//! does not concern, on the way and where it lies.

use govshare_model::Role;
use integration_tests::{DATA, Person, redeem};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tonic::Code;

use crate::city::City;
use crate::contract::call;

const USER: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

const COLLECTION: &str = "govshare.catalog.v1.CollectionService";
const EXCHANGE: &str = "govshare.exchange.v1.ExchangeService";
const AUDIT: &str = "govshare.audit.v1.AuditService";

async fn is_hidden(stranger: &Person, service: &str, method: &str, given: Json) {
    let status = call(stranger, service, method, given).await.expect_err("not theirs");
    assert_eq!(status.code(), Code::NotFound, "{method}: {status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_29_collection_storage_sharing_and_use_are_closed_to_all_whom_they_do_not_concern() {
    let city = City::start_with_mutual_tls().await;
    let (user, provider) = (city.person(USER, Role::Drafter), city.person(PROVIDER, Role::Drafter));
    let stranger = city.person("weishengju", Role::Drafter);

    // Collection: what a unit means to collect is its own until it is submitted.
    let items =
        json!({ "items": [{ "name": "学籍调查", "source": "学校", "channel": "系统", "need": "法定职责" }] });
    let plan = call(&provider, COLLECTION, "CreateCollectionPlan", items).await.expect("drafted");
    let plan = json!({ "collection_plan_id": plan["collection_plan"]["collection_plan_id"] });
    is_hidden(&stranger, COLLECTION, "GetCollectionPlan", plan).await;

    // Sharing: data is there for the parties of the agreement, and the case is nobody else's to know of.
    let (case, agreement_id) = city.agreed_case(USER, PROVIDER).await;
    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;
    let wanted = json!({ "agreement_id": agreement_id, "data_version_id": version });
    is_hidden(&stranger, EXCHANGE, "GetDataVersion", wanted.clone()).await;
    is_hidden(&stranger, EXCHANGE, "CreateTicket", wanted.clone()).await;
    is_hidden(&stranger, AUDIT, "ListEvents", json!({ "case_id": case.id })).await;

    // Use: a ticket opens one delivery, and nothing opens one without it.
    let ticket = call(&user, EXCHANGE, "CreateTicket", wanted).await.expect("a ticket");
    let text = |name: &str| ticket[name].as_str().expect("a text").to_owned();
    let (uri, ticket) = (text("download_uri"), text("ticket"));
    let forged = ticket.chars().rev().collect::<String>();
    assert_eq!(redeem(&uri, &forged).await.expect_err("forged").code(), Code::NotFound);
    assert_eq!(redeem(&uri, &ticket).await.expect("delivered").bytes, DATA);
    assert_eq!(redeem(&uri, &ticket).await.expect_err("used").code(), Code::FailedPrecondition);

    // Storage: a service's role at the database reaches what is its own, and what was written stays as it was.
    for (role, statement) in [
        ("govshare_catalog", "SELECT count(*) FROM exchange.data_versions"),
        ("govshare_exchange", "SELECT count(*) FROM access_request.access_requests"),
        ("govshare_evaluation", "SELECT count(*) FROM audit.events"),
        ("govshare_audit", "UPDATE audit.events SET leaf = ''"),
    ] {
        let url = city.database.url_for(role, "sandbox");
        let mut connection = PgConnection::connect(&url).await.expect("the role logs in");
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
        let error = refused.expect_err(statement);
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{role}: {statement}: {error}");
    }
    // On the way: the services talk to each other by mutual TLS, so who has no certificate gets no answer.
    let address = city.services["catalog"][0].replacen("https://", "http://", 1);
    let channel = tonic::transport::Endpoint::from_shared(address).expect("an address").connect_lazy();
    let outside = Person::new(channel, "", "nobody".parse().expect("a unit id"));
    let status = call(&outside, "govshare.catalog.v1.UnitService", "ListUnits", json!({})).await;
    let status = status.expect_err("no TLS");
    assert!(status.details().is_empty(), "no service answered: {status:?}");
}
