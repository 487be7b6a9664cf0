//! A database that goes away: every service says so within the deadline, and works again when it returns.

use std::time::{Duration, Instant};

use govshare_model::Role;
use govshare_proto::access_request::v1::{CreateAccessRequestRequest, ListAccessRequestsRequest};
use govshare_proto::agreement::v1::ListAgreementsRequest;
use govshare_proto::audit::v1::ListEventsRequest;
use govshare_proto::catalog::v1::ListUnitsRequest;
use govshare_proto::evaluation::v1::ListUnitIndicatorsRequest;
use govshare_proto::exchange::v1::ListDeliveriesRequest;
use govshare_proto::security_review::v1::ListReviewsRequest;
use integration_tests::steps::{form, request_id};
use integration_tests::{Person, eventually};
use tonic::{Code, Status};

use crate::city::City;

/// The gateway's deadline of a call, and a little for the way.
const IN_TIME: Duration = Duration::from_secs(30);

/// Asks each service for something that only its database knows.
async fn ask_everybody(anyone: &Person) -> [(&'static str, Result<(), Status>); 7] {
    let units = anyone.units().list_units(ListUnitsRequest::default()).await.map(drop);
    let reviews = anyone.reviews().list_reviews(ListReviewsRequest::default()).await.map(drop);
    let requests =
        anyone.requests().list_access_requests(ListAccessRequestsRequest::default()).await.map(drop);
    let agreements = anyone.agreements().list_agreements(ListAgreementsRequest::default()).await.map(drop);
    let deliveries = anyone.exchange().list_deliveries(ListDeliveriesRequest::default()).await.map(drop);
    let events = anyone.audit().list_events(ListEventsRequest::default()).await.map(drop);
    let indicators =
        anyone.evaluation().list_unit_indicators(ListUnitIndicatorsRequest::default()).await.map(drop);
    [
        ("catalog", units),
        ("security-review", reviews),
        ("access-request", requests),
        ("agreement", agreements),
        ("exchange", deliveries),
        ("audit", events),
        ("evaluation", indicators),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_answers_unavailable_without_its_database_and_works_again_when_it_returns() {
    let city = City::start().await;
    let entry_id = city.published_entry("jiaowei").await;
    let drafter = city.person("fagaiwei", Role::Drafter);
    let request = CreateAccessRequestRequest {
        entry_id,
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    city.cord.cut();
    let begun = Instant::now();
    for (service, answer) in ask_everybody(&drafter).await {
        let status = answer.expect_err(service);
        assert_eq!(status.code(), Code::Unavailable, "{service}: {status:?}");
    }
    let status = drafter.requests().create_access_request(request.clone()).await.expect_err("no database");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(begun.elapsed() < IN_TIME, "{:?}", begun.elapsed());

    city.cord.join().await;
    eventually("every service works again", async || {
        let answers = ask_everybody(&drafter).await;
        answers
            .into_iter()
            .try_for_each(|(service, answer)| answer.map_err(|status| format!("{service}: {status}")))
    })
    .await;
    eventually("the same call works again", async || {
        drafter.requests().create_access_request(request.clone()).await.map(drop)
    })
    .await;
    let listed = drafter.requests().list_access_requests(ListAccessRequestsRequest::default()).await;
    assert_eq!(listed.expect("listed").into_inner().access_requests.len(), 1, "and made one draft");
}
