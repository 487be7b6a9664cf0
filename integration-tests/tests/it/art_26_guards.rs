//! What keeps a case honest between its steps: what an approver read is what they approve, who may not know of a case
//! learns nothing of it, nobody stalls it, and each case keeps the very pack of its receipt (art. 26, 29, 36).

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as pb, AnswerKind};
use govshare_proto::agreement::v1 as agreements;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{form, request_id, terms};
use integration_tests::{Case, Person};
use tonic::{Code, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const OWN_PACK: &str = include_str!("../../../crates/model/data/packs/xicheng-2014.toml");

async fn get(person: &Person, case: &Case) -> pb::AccessRequest {
    let request = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let reply = person.requests().get_access_request(request).await.expect("read").into_inner();
    reply.access_request.expect("a request")
}

async fn sought(city: &City, items: &[&str]) -> Case {
    let mut client = city.person(APPLICANT, Role::Drafter).requests();
    let items = items.iter().map(|item| (*item).to_owned()).collect();
    let create = pb::CreateAccessRequestRequest {
        wanted: "各街道适龄儿童人数".to_owned(),
        form: Some(pb::ApplicationForm { items, ..form() }),
        request_id: request_id(),
        ..Default::default()
    };
    let draft = client.create_access_request(create).await.expect("drafted").into_inner();
    let id = draft.access_request.expect("a request").access_request_id;
    let submit = pb::SubmitAccessRequestRequest { access_request_id: id.clone(), request_id: request_id() };
    client.submit_access_request(submit).await.expect("handed in");
    Case { id, entry_id: String::new(), applicant: APPLICANT, provider: PROVIDER }
}

async fn forward(city: &City, case: &Case, entry_id: &str) {
    let forward = pb::ForwardAccessRequestRequest {
        access_request_id: case.id.clone(),
        provider_unit_id: PROVIDER.to_owned(),
        entry_id: entry_id.to_owned(),
        note: String::new(),
        request_id: request_id(),
    };
    city.info_office().requests().forward_access_request(forward).await.expect("forwarded");
}

fn agreement_of(case: &Case, terms: agreements::Terms) -> agreements::CreateAgreementRequest {
    agreements::CreateAgreementRequest {
        case_id: case.id.clone(),
        terms: Some(terms),
        request_id: request_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_an_approver_who_sends_what_they_read_does_not_approve_what_was_proposed_since() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    city.proposed(&case, AnswerKind::Consent, "").await;
    let approver = city.person(PROVIDER, Role::Approver);
    let read = get(&approver, &case).await.etag;
    city.proposed(&case, AnswerKind::Consent, "另有说明").await;
    let consent = |etag: &str| pb::ConsentAccessRequestRequest {
        access_request_id: case.id.clone(),
        request_id: request_id(),
        etag: etag.to_owned(),
    };
    let stale = approver.requests().consent_access_request(consent(&read)).await;
    refused(stale, Code::Aborted, "ETAG_MISMATCH");
    let read = get(&approver, &case).await.etag;
    approver.requests().consent_access_request(consent(&read)).await.expect("what they read stands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_29_no_refusal_tells_of_a_case_or_of_a_proposal_to_whom_it_is_not_shown() {
    let city = City::start().await;
    let waiting = sought(&city, &[]).await;
    let stranger = city.person("weishengju", Role::Drafter);
    let create = |case: &Case| agreement_of(case, terms());
    let hidden = stranger.agreements().create_agreement(create(&waiting)).await;
    refused(hidden, Code::NotFound, "NOT_FOUND");
    let office = city.info_office().agreements().create_agreement(create(&waiting)).await;
    refused(office, Code::FailedPrecondition, "CASE_NOT_CONSENTED").state("AT_INFO_OFFICE");

    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    city.proposed(&case, AnswerKind::Refusal, "不宜共享").await;
    let object = pb::ObjectToRefusalRequest {
        access_request_id: case.id.clone(),
        grounds: "不同意".to_owned(),
        request_id: request_id(),
    };
    let early = city.person(APPLICANT, Role::Drafter).requests().object_to_refusal(object).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("SUBMITTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_a_supplement_is_taken_though_the_provider_suspended_the_entry() {
    let city = City::start_with_packs("national-2025@2014-08-01..").await;
    let entry_id = city.published_entry(PROVIDER).await;
    let national = pb::ApplicationForm { mode: pb::DeliveryMode::File.into(), ..form() };
    let create = pb::CreateAccessRequestRequest {
        entry_id: entry_id.clone(),
        form: Some(national.clone()),
        request_id: request_id(),
        ..Default::default()
    };
    let drafter = city.person(APPLICANT, Role::Drafter);
    let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
    let access_request_id = draft.access_request.expect("a request").access_request_id;
    let approver = city.person(APPLICANT, Role::Approver);
    let submit = pb::SubmitAccessRequestRequest {
        access_request_id: access_request_id.clone(),
        request_id: request_id(),
    };
    approver.requests().submit_access_request(submit).await.expect("received");
    let ask = pb::RequestSupplementRequest {
        access_request_id: access_request_id.clone(),
        missing: vec!["授权文件".to_owned()],
        request_id: request_id(),
    };
    city.person(PROVIDER, Role::Drafter).requests().request_supplement(ask).await.expect("asked for");
    let reason = "系统检修".to_owned();
    let suspend = catalog::SuspendEntryRequest { entry_id, reason, request_id: request_id() };
    city.person(PROVIDER, Role::Approver).entries().suspend_entry(suspend).await.expect("suspended");
    let supplement = || pb::SupplementAccessRequestRequest {
        access_request_id: access_request_id.clone(),
        form: Some(national.clone()),
        statement: "已附".to_owned(),
        request_id: request_id(),
    };
    let own = drafter.requests().supplement_access_request(supplement()).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL");
    let reply = approver.requests().supplement_access_request(supplement()).await.expect("received whole");
    let shown = reply.into_inner().access_request.expect("a request");
    assert_eq!(shown.state(), pb::AccessRequestState::Submitted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_what_was_asked_for_in_words_can_be_agreed_on_by_the_items_of_the_entry() {
    let city = City::start().await;
    let entry_id = city.published_entry(PROVIDER).await;
    let case = sought(&city, &["按街道的儿童数"]).await;
    forward(&city, &case, &entry_id).await;
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    let provider = city.person(PROVIDER, Role::Drafter);
    let items = |names: &[&str]| agreements::Terms {
        items: names.iter().map(|name| (*name).to_owned()).collect(),
        ..terms()
    };
    let unknown = agreement_of(&case, items(&["按街道的儿童数"]));
    let unknown = provider.agreements().create_agreement(unknown).await;
    refused(unknown, Code::InvalidArgument, "FIELD_INVALID").violates("terms.items");
    let known = agreement_of(&case, items(&["人数"]));
    provider.agreements().create_agreement(known).await.expect("drafted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_nothing_was_delivered_under_an_agreement_before_all_had_signed() {
    let city = City::start().await;
    let (_, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let record = |day: i32| agreements::RecordOutsideDeliveryRequest {
        agreement_id: agreement_id.clone(),
        description: "光盘一张".to_owned(),
        delivered_on: Some(Date { year: 2026, month: 3, day }),
        request_id: request_id(),
    };
    let mut provider = city.person(PROVIDER, Role::Drafter).outside_deliveries();
    // Valid from January on, signed on 3 March.
    let early: Result<_, Status> = provider.record_outside_delivery(record(2)).await;
    refused(early, Code::InvalidArgument, "FIELD_INVALID").violates("delivered_on");
    provider.record_outside_delivery(record(3)).await.expect("on the day of the last signature");

    let suspend = |year: i32| agreements::SuspendAgreementRequest {
        agreement_id: agreement_id.clone(),
        grounds: "用途不符".to_owned(),
        mend_until: Some(Date { year, month: 6, day: 30 }),
        request_id: request_id(),
    };
    let mut approver = city.person(PROVIDER, Role::Approver).agreements();
    let endless = approver.suspend_agreement(suspend(2999)).await;
    refused(endless, Code::InvalidArgument, "FIELD_INVALID").violates("mend_until").article("23");
    approver.suspend_agreement(suspend(2026)).await.expect("suspended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_36_a_case_under_a_pack_of_ones_own_is_agreed_on_by_that_very_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("xicheng-2014-2.toml");
    let own = OWN_PACK.replacen("version = 1", "version = 2", 1).replacen(
        "[agreement.suspension_term_required]\nvalue = false",
        "[agreement.suspension_term_required]\nvalue = true",
        1,
    );
    assert_ne!(own, OWN_PACK);
    std::fs::write(&file, own).expect("written");
    let city = City::start_with_packs(&format!("{}@2014-08-01..", file.display())).await;
    let (case, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let provider = city.person(PROVIDER, Role::Approver);
    assert_eq!(get(&provider, &case).await.policy_pack, "xicheng-2014/2");
    let read = agreements::GetAgreementRequest { agreement_id: agreement_id.clone() };
    let agreement = provider.agreements().get_agreement(read).await.expect("read").into_inner().agreement;
    assert_eq!(agreement.expect("an agreement").policy_pack, "xicheng-2014/2");
    let endless = agreements::SuspendAgreementRequest {
        agreement_id,
        grounds: "用途不符".to_owned(),
        mend_until: None,
        request_id: request_id(),
    };
    let endless = provider.agreements().suspend_agreement(endless).await;
    refused(endless, Code::InvalidArgument, "MENDING_TERM_MISSING");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_staff_of_the_info_office_find_the_drafts_of_their_own_unit_and_no_others() {
    let city = City::start().await;
    let entry_id = city.published_entry(PROVIDER).await;
    let create = || pb::CreateAccessRequestRequest {
        entry_id: entry_id.clone(),
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    let officer = city.info_office();
    let own = officer.requests().create_access_request(create()).await.expect("drafted").into_inner();
    let foreign = city.person(APPLICANT, Role::Drafter);
    foreign.requests().create_access_request(create()).await.expect("drafted");
    let list = pb::ListAccessRequestsRequest::default();
    let listed = officer.requests().list_access_requests(list).await.expect("listed").into_inner();
    let ids: Vec<_> = listed.access_requests.into_iter().map(|found| found.access_request_id).collect();
    assert_eq!(ids, [own.access_request.expect("a request").access_request_id]);
}
