//! What is wrong is named, all at once, and changes nothing.

use govshare_model::Role;
use govshare_proto::access_request::v1::{
    AccessRequestState, AnswerKind, ApplicationForm, CreateAccessRequestRequest, GetAccessRequestRequest,
    ListAccessRequestsRequest, SubmitAccessRequestRequest, UpdateAccessRequestRequest,
};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, form, request_id};
use prost_types::FieldMask;
use tonic::Code;

use crate::city::City;
use crate::contract::{send, with_bytes};

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
        ..Default::default()
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
async fn every_bad_field_of_a_step_and_of_a_list_is_named_at_once() {
    let city = City::start().await;
    let drafter = city.person("fagaiwei", Role::Drafter);
    let list = ListAccessRequestsRequest {
        page_size: -1,
        state: 99,
        applicant_unit_id: "No Slug".to_owned(),
        ..Default::default()
    };
    refused(drafter.requests().list_access_requests(list).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("page_size")
        .violates("state")
        .violates("applicant_unit_id");
    let update = UpdateAccessRequestRequest {
        access_request_id: "not-a-uuid".to_owned(),
        form: Some(ApplicationForm { purpose: "x".repeat(2001), ..Default::default() }),
        ..Default::default()
    };
    refused(drafter.requests().update_access_request(update).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("access_request_id")
        .violates("request_id")
        .violates("form.purpose");
    let publish =
        catalog::PublishEntryRequest { entry_id: "x".to_owned(), version: 0, request_id: request_id() };
    let approver = city.person("fagaiwei", Role::Approver);
    refused(approver.entries().publish_entry(publish).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("entry_id")
        .violates("version")
        .article("16");
    let contradictory = catalog::EntryContent {
        sharing_type: catalog::SharingType::Unconditional.into(),
        sensitivities: vec![catalog::Sensitivity::PersonalPrivacy.into()],
        ..content("学校名录")
    };
    let create = |content, request_id| catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content),
        request_id,
    };
    let both = drafter.entries().create_entry(create(contradictory.clone(), String::new())).await;
    refused(both, Code::InvalidArgument, "FIELD_INVALID")
        .violates("request_id")
        .violates("content.sharing_type");
    let alone = drafter.entries().create_entry(create(contradictory, request_id())).await;
    refused(alone, Code::InvalidArgument, "SENSITIVE_NOT_ACTIVE")
        .violates("content.sharing_type")
        .article("31");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_of_the_method_is_refused_with_the_place_where_it_breaks() {
    let city = City::start().await;
    let drafter = city.person("jiaowei", Role::Drafter);
    // Field 1 is text; these two bytes are 中 in GBK.
    let gbk = with_bytes("govshare.catalog.v1.EntryService", "CreateEntry", b"\x0a\x02\xd6\xd0");
    let cut_off = with_bytes("govshare.catalog.v1.EntryService", "CreateEntry", b"\x0a\x7f");
    for (message, place) in [(gbk, "provider_unit_id"), (cut_off, "buffer underflow")] {
        let status = send(&drafter, &message).await.expect_err("no such message");
        assert!(status.message().contains(place), "{status:?}");
        let refused = refused::<()>(Err(status), Code::InvalidArgument, "FIELD_INVALID");
        if place == "provider_unit_id" {
            refused.violates(place);
        }
    }
    drafter
        .entries()
        .create_entry(catalog::CreateEntryRequest {
            provider_unit_id: String::new(),
            content: Some(content("学校名录")),
            request_id: request_id(),
        })
        .await
        .expect("the next call works");
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
    refused::<()>(Err(status), Code::InvalidArgument, "FIELD_INVALID");
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
    let request = CreateAccessRequestRequest {
        entry_id,
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
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
    refused(drafter.list_access_requests(foreign).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID")
        .violates("page_token");
    let next = ListAccessRequestsRequest { page_token: token, ..page };
    let next = drafter.list_access_requests(next).await.expect("the next page").into_inner();
    assert_eq!((next.access_requests.len(), next.next_page_token.as_str()), (1, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_gets_the_first_reply_whatever_has_changed_elsewhere() {
    let city = City::start().await;
    let entry_id = city.published_entry("jiaowei").await;
    let mut drafter = city.person("fagaiwei", Role::Drafter).requests();
    let create = CreateAccessRequestRequest {
        entry_id: entry_id.clone(),
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    let drafted = drafter.create_access_request(create.clone()).await.expect("drafted").into_inner();
    let id = drafted.access_request.clone().expect("a request").access_request_id;
    let submit = SubmitAccessRequestRequest { access_request_id: id, request_id: request_id() };
    let submitted = drafter.submit_access_request(submit.clone()).await.expect("submitted").into_inner();

    let retire =
        catalog::RetireEntryRequest { entry_id, reason: "机构调整".to_owned(), request_id: request_id() };
    city.person("jiaowei", Role::Approver).entries().retire_entry(retire).await.expect("retired");
    let again = drafter.create_access_request(create).await.expect("the first reply").into_inner();
    assert_eq!(again, drafted);
    let again = drafter.submit_access_request(submit).await.expect("the first reply").into_inner();
    assert_eq!(again, submitted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_changed_by_whoever_read_its_last_state_and_by_nobody_else() {
    let city = City::start().await;
    let entry_id = city.published_entry("jiaowei").await;
    let mut drafter = city.person("fagaiwei", Role::Drafter).requests();
    let create = CreateAccessRequestRequest {
        entry_id,
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    let drafted = drafter.create_access_request(create).await.expect("drafted").into_inner();
    let drafted = drafted.access_request.expect("a request");
    let update = |purpose: &str, etag: &str| UpdateAccessRequestRequest {
        access_request_id: drafted.access_request_id.clone(),
        form: Some(ApplicationForm { purpose: purpose.to_owned(), ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["purpose".to_owned()] }),
        etag: etag.to_owned(),
        request_id: request_id(),
    };
    let first =
        drafter.update_access_request(update("学位预测", &drafted.etag)).await.expect("as it was drafted");
    let first = first.into_inner().access_request.expect("a request");
    let stale = drafter.update_access_request(update("其他", &drafted.etag)).await;
    refused(stale, Code::Aborted, "ETAG_MISMATCH");
    let get = GetAccessRequestRequest { access_request_id: drafted.access_request_id.clone() };
    let read = drafter.get_access_request(get).await.expect("read").into_inner().access_request;
    assert_eq!(read.as_ref(), Some(&first), "the refused change left nothing");
    drafter.update_access_request(update("其他", &first.etag)).await.expect("as it was read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_unit_prepares_does_not_show() {
    let city = City::start().await;
    let draft = city.drafted_entry("jiaowei", content("未发布的资源")).await.expect("drafted");
    let mut applicant = city.person("fagaiwei", Role::Drafter).requests();
    let create = CreateAccessRequestRequest {
        entry_id: draft,
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    refused(applicant.create_access_request(create).await, Code::NotFound, "NOT_FOUND");

    let case = city.submitted_request("fagaiwei", "jiaowei").await;
    let listed = async |state: AccessRequestState| {
        let page = ListAccessRequestsRequest { state: state.into(), ..Default::default() };
        let mut applicant = city.person("fagaiwei", Role::Drafter).requests();
        applicant.list_access_requests(page).await.expect("listed").into_inner().access_requests
    };
    let before = listed(AccessRequestState::Submitted).await;
    assert_eq!(before.len(), 1);
    city.proposed(&case, AnswerKind::Refusal, "超出范围").await;
    assert_eq!(listed(AccessRequestState::Submitted).await, before, "nothing shows of the proposal");
    assert!(listed(AccessRequestState::AnswerProposed).await.is_empty());
    let page =
        ListAccessRequestsRequest { state: AccessRequestState::AnswerProposed.into(), ..Default::default() };
    let provider = city.person("jiaowei", Role::Approver);
    let found = provider.requests().list_access_requests(page).await.expect("listed").into_inner();
    assert_eq!(found.access_requests.len(), 1, "the provider finds it");
}
