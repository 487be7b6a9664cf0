//! What is wrong is named, all at once, and changes nothing.

use govshare_model::Role;
use govshare_proto::access_request::v1::{
    ApplicationForm, CreateAccessRequestRequest, ListAccessRequestsRequest,
};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, form, request_id};
use tonic::Code;

use crate::city::City;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_field_of_a_request_is_named_at_once() {
    let city = City::start().await;
    let drafter = city.person("fagaiwei", Role::Drafter);
    let bad = CreateAccessRequestRequest {
        entry_id: "not-a-uuid".to_owned(),
        form: Some(ApplicationForm {
            purpose: "x".repeat(2001),
            items: vec!["学校".to_owned(), "学校".to_owned()],
            use_until: Some(Date { year: 2026, month: 2, day: 30 }),
            ..Default::default()
        }),
        request_id: String::new(),
    };
    refused(drafter.requests().create_access_request(bad).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("entry_id")
        .violates("form.purpose")
        .violates("form.items")
        .violates("form.use_until")
        .violates("request_id");
    let listed = drafter.requests().list_access_requests(ListAccessRequestsRequest::default()).await;
    assert!(listed.expect("listed").into_inner().access_requests.is_empty(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_above_four_mebibytes_is_refused_and_the_connection_goes_on() {
    let city = City::start().await;
    let drafter = city.person("jiaowei", Role::Drafter);
    let mut large = content("学校名录");
    large.r#abstract = "字".repeat(2 << 20);
    let create = |content| catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content),
        request_id: request_id(),
    };
    let status = drafter.entries().create_entry(create(large)).await.expect_err("too large");
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
    drafter.entries().create_entry(create(content("学校名录"))).await.expect("the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_good_token_nothing_is_said() {
    let city = City::start().await;
    let good = city.identity.mint(&"jiaowei".parse().expect("a unit"), Role::Drafter).expect("a token");
    let (head, _) = good.rsplit_once('.').expect("a signature");
    let forged = format!("{head}.{}", "A".repeat(86));
    for (token, reason) in
        [("", "TOKEN_MISSING"), ("nonsense", "TOKEN_INVALID"), (forged.as_str(), "TOKEN_INVALID")]
    {
        let listed =
            city.bearer(token).requests().list_access_requests(ListAccessRequestsRequest::default()).await;
        refused(listed, Code::Unauthenticated, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_with_another_body_and_a_foreign_page_token_are_refused() {
    let city = City::start().await;
    let entry_id = city.published_entry("jiaowei").await;
    let mut drafter = city.person("fagaiwei", Role::Drafter).requests();
    let request = CreateAccessRequestRequest { entry_id, form: Some(form()), request_id: request_id() };
    let first = drafter.create_access_request(request.clone()).await.expect("drafted").into_inner();
    let again = drafter.create_access_request(request.clone()).await.expect("the first reply").into_inner();
    assert_eq!(first, again);
    let mut other = request.clone();
    other.form = Some(ApplicationForm { purpose: "其他".to_owned(), ..form() });
    refused(drafter.create_access_request(other).await, Code::InvalidArgument, "REQUEST_ID_REUSED");

    let second = CreateAccessRequestRequest { request_id: request_id(), ..request };
    drafter.create_access_request(second).await.expect("drafted");
    let page = ListAccessRequestsRequest { page_size: 1, ..Default::default() };
    let token =
        drafter.list_access_requests(page.clone()).await.expect("a page").into_inner().next_page_token;
    let foreign = ListAccessRequestsRequest { overdue: true, page_token: token.clone(), ..page.clone() };
    refused(drafter.list_access_requests(foreign).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID");
    let next = ListAccessRequestsRequest { page_token: token, ..page };
    let next = drafter.list_access_requests(next).await.expect("the next page").into_inner();
    assert_eq!((next.access_requests.len(), next.next_page_token.as_str()), (1, ""));
}
