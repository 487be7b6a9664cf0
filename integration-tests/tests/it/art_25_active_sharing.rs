//! Active sharing (主动共享): every unit takes what is published as such, without application, and the audit has it.

use govshare_model::Role;
use govshare_proto::audit::v1::ListEventsRequest;
use govshare_proto::catalog::v1::{ResumeEntryRequest, SharingType, SuspendEntryRequest};
use govshare_proto::exchange::v1::{
    CreateTicketRequest, CreateTicketResponse, DeliveryState, GetDataVersionRequest, GetDeliveryRequest,
    ListDataVersionsRequest,
};
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id};
use integration_tests::{Person, eventually, redeem};
use tonic::{Code, Response, Status};

use crate::city::City;

const PROVIDER: &str = "jiaowei";
const TAKER: &str = "minzheng";
const ROWS: &[u8] = "学校,人数\n一小,620\n".as_bytes();

/// An entry of the provider as published, with a version of its data; gives both ids.
async fn shared(city: &City, sharing: SharingType) -> (String, String) {
    let mut entry = content("小学在校生人数");
    entry.sharing_type = sharing.into();
    let entry = city.drafted_entry(PROVIDER, entry).await.expect("drafted");
    city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    let version = city.published_data(PROVIDER, &entry, ROWS).await;
    (entry, version.data_version_id)
}

async fn ticket(person: &Person, version: &str) -> Result<Response<CreateTicketResponse>, Status> {
    let request = CreateTicketRequest { agreement_id: String::new(), data_version_id: version.to_owned() };
    person.exchange().create_ticket(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_25_what_is_shared_actively_is_taken_by_every_unit_without_application_and_audited() {
    let city = City::start().await;
    let (entry_id, version) = shared(&city, SharingType::Unconditional).await;

    let taker = city.person(TAKER, Role::Drafter);
    let list = ListDataVersionsRequest { entry_id, ..Default::default() };
    let listed = taker.exchange().list_data_versions(list).await.expect("listed").into_inner();
    assert_eq!(listed.data_versions.len(), 1);
    assert_eq!(listed.data_versions[0].data_version_id, version);

    let given = ticket(&taker, &version).await.expect("a ticket").into_inner();
    let taken = redeem(&given.download_uri, &given.ticket).await.expect("taken");
    assert_eq!(taken.bytes, ROWS);
    let again = redeem(&given.download_uri, &given.ticket).await;
    refused(again.map(Response::new), Code::FailedPrecondition, "TICKET_SPENT").state("REDEEMED");

    let delivery = eventually("the delivery is completed", async || {
        let request = GetDeliveryRequest { delivery_id: taken.delivery_id.clone() };
        let seen = city.person(PROVIDER, Role::Approver).exchange().get_delivery(request).await;
        let delivery = seen.expect("the provider sees who took").into_inner().delivery.expect("a delivery");
        if delivery.state() == DeliveryState::Completed { Ok(delivery) } else { Err("it runs") }
    })
    .await;
    assert_eq!((delivery.case_id.as_str(), delivery.agreement_id.as_str()), ("", ""));
    assert_eq!(delivery.applicant_unit_id, TAKER);

    let aggregate = format!("delivery/{}", taken.delivery_id);
    let events = eventually("both events stand in the audit", async || {
        let request = ListEventsRequest { aggregate: aggregate.clone(), ..Default::default() };
        let listed = city.person(PROVIDER, Role::Approver).audit().list_events(request).await;
        let events = listed.expect("the provider reads them").into_inner().events;
        if events.len() == 2 { Ok(events) } else { Err(events.len()) }
    })
    .await;
    for event in events {
        assert_eq!((event.article.as_str(), event.case_id.as_str()), ("25", ""), "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_25_nothing_else_is_taken_without_an_agreement() {
    let city = City::start().await;
    let (entry_id, version) = shared(&city, SharingType::Conditional).await;
    let taker = city.person(TAKER, Role::Drafter);
    refused(ticket(&taker, &version).await, Code::NotFound, "NOT_FOUND").article("24");
    let own = ticket(&city.person(PROVIDER, Role::Drafter), &version).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let unknown = ticket(&taker, "01976f00-0000-7000-8000-000000000000").await;
    refused(unknown, Code::NotFound, "NOT_FOUND").article("24");
    let list = ListDataVersionsRequest { entry_id, ..Default::default() };
    refused(taker.exchange().list_data_versions(list).await, Code::NotFound, "NOT_FOUND");
    let get = GetDataVersionRequest { data_version_id: version, ..Default::default() };
    refused(taker.exchange().get_data_version(get).await, Code::NotFound, "NOT_FOUND");

    let (_, version) = shared(&city, SharingType::Unconditional).await;
    let approver = city.person(TAKER, Role::Approver);
    refused(ticket(&approver, &version).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let own = city.person(PROVIDER, Role::Drafter);
    refused(ticket(&own, &version).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_25_a_ticket_is_worth_nothing_once_the_entry_is_suspended() {
    let city = City::start().await;
    let (entry_id, version) = shared(&city, SharingType::Unconditional).await;
    let taker = city.person(TAKER, Role::Drafter);
    let before = ticket(&taker, &version).await.expect("a ticket").into_inner();
    let approver = city.person(PROVIDER, Role::Approver);
    let suspend = SuspendEntryRequest {
        entry_id: entry_id.clone(),
        reason: "口径核对".to_owned(),
        request_id: request_id(),
    };
    approver.entries().suspend_entry(suspend).await.expect("suspended");
    let late = redeem(&before.download_uri, &before.ticket).await;
    refused(late.map(Response::new), Code::FailedPrecondition, "ENTRY_NOT_PUBLISHED").article("14");
    refused(ticket(&taker, &version).await, Code::NotFound, "NOT_FOUND");

    let resume = ResumeEntryRequest { entry_id, request_id: request_id() };
    approver.entries().resume_entry(resume).await.expect("resumed");
    let taken = redeem(&before.download_uri, &before.ticket).await.expect("the ticket was not spent");
    assert_eq!(taken.bytes, ROWS);
}
