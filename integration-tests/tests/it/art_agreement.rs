//! Journeys of an agreement after its signatures, over the gateway: art. 21 to 23, 26 and 31.

use govshare_model::Role;
use govshare_proto::agreement::v1::{
    self as pb, AgreementState, DisclosureState, Disposal, DocumentKind, OutsideDeliveryState,
    ReplacementKind,
};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::exchange::v1::CreateTicketRequest;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id, terms};
use integration_tests::{Case, DATA, eventually};
use tonic::{Code, Response, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const STRANGER: &str = "weishengju";

fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

async fn get(city: &City, id: &str) -> pb::Agreement {
    let request = pb::GetAgreementRequest { agreement_id: id.to_owned() };
    let reply = city.info_office().agreements().get_agreement(request).await.expect("readable");
    reply.into_inner().agreement.expect("an agreement")
}

/// Asks for a ticket under the agreement as its user.
async fn ticket(city: &City, agreement: &str, data: &str) -> Result<Response<()>, Status> {
    let request =
        CreateTicketRequest { agreement_id: agreement.to_owned(), data_version_id: data.to_owned() };
    let reply = city.person(APPLICANT, Role::Drafter).exchange().create_ticket(request).await?;
    Ok(reply.map(drop))
}

async fn suspend(city: &City, id: &str, grounds: &str) -> Result<Response<pb::Agreement>, Status> {
    let request = pb::SuspendAgreementRequest {
        agreement_id: id.to_owned(),
        grounds: grounds.to_owned(),
        mend_until: Some(day(2026, 4, 30)),
        request_id: request_id(),
    };
    let reply = city.person(PROVIDER, Role::Approver).agreements().suspend_agreement(request).await?;
    Ok(reply.map(|reply| reply.agreement.expect("an agreement")))
}

async fn terminate(
    city: &City,
    unit: &str,
    id: &str,
    words: &str,
) -> Result<Response<pb::Agreement>, Status> {
    let request = pb::TerminateAgreementRequest {
        agreement_id: id.to_owned(),
        grounds: "业务调整，不再需要".to_owned(),
        negotiation: words.to_owned(),
        request_id: request_id(),
    };
    let reply = city.person(unit, Role::Approver).agreements().terminate_agreement(request).await?;
    Ok(reply.map(|reply| reply.agreement.expect("an agreement")))
}

async fn attest(city: &City, unit: &str, id: &str) -> Result<Response<pb::Agreement>, Status> {
    let request = pb::AttestDisposalRequest {
        agreement_id: id.to_owned(),
        disposal: Disposal::Destroyed.into(),
        statement: "已于终止当日删除全部副本".to_owned(),
        request_id: request_id(),
    };
    let reply = city.person(unit, Role::Approver).agreements().attest_disposal(request).await?;
    Ok(reply.map(|reply| reply.agreement.expect("an agreement")))
}

/// Waits until the case's events hold these kinds, each as often as it is named.
async fn events_come(city: &City, case: &Case, wanted: &[&str]) {
    eventually("the audit has the events", async || {
        let events = city.events_of_case(&case.id).await.map_err(|status| status.to_string())?;
        let mut kinds: Vec<_> = events.into_iter().map(|event| event.r#type).collect();
        kinds.retain(|kind| wanted.contains(&kind.as_str()));
        kinds.sort();
        let mut wanted: Vec<_> = wanted.iter().map(|kind| (*kind).to_owned()).collect();
        wanted.sort();
        if kinds == wanted { Ok(()) } else { Err(format!("{kinds:?}")) }
    })
    .await;
}

async fn tasks_of(city: &City, unit: &str, role: Role) -> Vec<String> {
    let request = pb::ListTasksRequest { page_size: 1000, ..Default::default() };
    let reply = city.person(unit, role).agreement_tasks().list_tasks(request).await.expect("a work list");
    reply.into_inner().tasks.into_iter().map(|task| task.kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_a_suspended_or_terminated_agreement_gives_no_tickets_and_says_whom_it_waits_for() {
    let city = City::start().await;
    let (case, id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let data = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;
    ticket(&city, &id, &data).await.expect("it is active");

    refused(suspend(&city, &id, " ").await, Code::InvalidArgument, "REASONS_MISSING").violates("grounds");
    let suspended = suspend(&city, &id, "超出约定用途").await.expect("suspended").into_inner();
    assert_eq!(suspended.state(), AgreementState::Suspended);
    let suspension = suspended.suspension.expect("a suspension");
    assert_eq!((suspension.unit_id.as_str(), suspension.mend_until), (PROVIDER, Some(day(2026, 4, 30))));
    refused(ticket(&city, &id, &data).await, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE")
        .state("SUSPENDED");
    assert_eq!(tasks_of(&city, APPLICANT, Role::Approver).await, ["mend"]);
    assert_eq!(tasks_of(&city, PROVIDER, Role::Approver).await, ["decide-suspension"]);

    let resume = pb::ResumeAgreementRequest { agreement_id: id.clone(), request_id: request_id() };
    let user = city.person(APPLICANT, Role::Approver).agreements().resume_agreement(resume.clone()).await;
    refused(user, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    city.person(PROVIDER, Role::Approver).agreements().resume_agreement(resume).await.expect("resumed");
    ticket(&city, &id, &data).await.expect("it is active again");

    let silent = terminate(&city, APPLICANT, &id, "").await;
    refused(silent, Code::InvalidArgument, "NEGOTIATION_MISSING").violates("negotiation");
    refused(terminate(&city, STRANGER, &id, "已协商").await, Code::NotFound, "NOT_FOUND");
    let ended =
        terminate(&city, APPLICANT, &id, "已与提供方协商一致").await.expect("terminated").into_inner();
    assert_eq!(ended.state(), AgreementState::Terminated);
    refused(ticket(&city, &id, &data).await, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE")
        .state("TERMINATED");
    assert_eq!(tasks_of(&city, "info-office", Role::InfoOffice).await, ["file-termination"]);
    let file = pb::FileTerminationRequest { agreement_id: id.clone(), request_id: request_id() };
    let filed = city.info_office().agreements().file_termination(file).await.expect("on file").into_inner();
    assert!(filed.agreement.and_then(|found| found.termination).expect("a termination").file_time.is_some());
    assert!(tasks_of(&city, "info-office", Role::InfoOffice).await.is_empty());
    let kinds =
        ["agreement.suspended", "agreement.resumed", "agreement.terminated", "agreement.termination-filed"];
    events_come(&city, &case, &kinds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art23_after_the_last_day_the_user_owes_an_attestation_which_shows_when_it_is_overdue() {
    let city = City::start().await;
    let (case, id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let data = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;
    refused(attest(&city, APPLICANT, &id).await, Code::FailedPrecondition, "WRONG_STATE").state("ACTIVE");

    city.travel_to(2028, 1, 1);
    refused(ticket(&city, &id, &data).await, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE")
        .state("EXPIRED");
    let expired = eventually("the sweeper marks it", async || {
        let found = get(&city, &id).await;
        found.disposal_duty.clone().map(|_| found).ok_or("not marked")
    })
    .await;
    assert_eq!(expired.state(), AgreementState::Expired);
    assert_eq!(expired.disposal_duty.expect("a duty").due, Some(day(2028, 1, 30)));
    assert_eq!(tasks_of(&city, APPLICANT, Role::Approver).await, ["attest-disposal"]);

    city.travel_to(2028, 1, 31);
    eventually("the overdue duty is shown", async || {
        let duty = get(&city, &id).await.disposal_duty.expect("a duty");
        duty.overdue_time.ok_or("not marked")
    })
    .await;
    let overdue = pb::ListAgreementsRequest { duty_overdue: true, ..Default::default() };
    let listed = city.info_office().agreements().list_agreements(overdue).await.expect("a list").into_inner();
    assert_eq!(listed.agreements.len(), 1);
    refused(attest(&city, PROVIDER, &id).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let attested = attest(&city, APPLICANT, &id).await.expect("late, but taken").into_inner();
    let duty = attested.disposal_duty.expect("a duty");
    assert_eq!(duty.disposal(), Disposal::Destroyed);
    assert!(duty.overdue_time.is_some() && duty.attest_time.is_some());
    assert_eq!(duty.attested_by, format!("{APPLICANT}.approver"));
    refused(attest(&city, APPLICANT, &id).await, Code::FailedPrecondition, "DUTY_DISCHARGED").article("23");
    events_come(
        &city,
        &case,
        &["agreement.expired", "agreement.disposal-overdue", "agreement.disposal-attested"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art31_a_renewal_asks_for_confidentiality_again_and_replaces_the_agreement_with_its_last_signature() {
    let city = City::start().await;
    let mut sensitive = content("困难学生名单");
    sensitive.sensitivities = vec![catalog::Sensitivity::PersonalPrivacy.into()];
    let entry = city.drafted_entry(PROVIDER, sensitive).await.expect("drafted");
    city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.proposed(&case, govshare_proto::access_request::v1::AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    city.register_keys(&[APPLICANT, PROVIDER]).await;
    let first = city.drafted_agreement(&case).await.agreement_id;
    let sign_all = async |id: &str| {
        for (kind, units) in [
            (DocumentKind::Agreement, &[APPLICANT, PROVIDER, "info-office"][..]),
            (DocumentKind::Confidentiality, &[PROVIDER, APPLICANT][..]),
        ] {
            for unit in units {
                let request = city.signature(id, kind, unit).await;
                city.person(unit, Role::Signatory)
                    .agreements()
                    .sign_agreement(request)
                    .await
                    .expect("signed");
            }
        }
    };
    sign_all(&first).await;
    let data = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;

    let replace = |kind: ReplacementKind, year: i32| pb::DraftReplacementRequest {
        agreement_id: first.clone(),
        kind: kind.into(),
        terms: Some(pb::Terms { valid_until: Some(day(year, 12, 31)), ..terms() }),
        request_id: request_id(),
    };
    let mut drafter = city.person(PROVIDER, Role::Drafter).agreements();
    let short = drafter.draft_replacement(replace(ReplacementKind::Renewal, 2027)).await;
    refused(short, Code::InvalidArgument, "FIELD_INVALID").violates("terms.valid_until");
    let drafted = drafter.draft_replacement(replace(ReplacementKind::Renewal, 2028)).await.expect("drafted");
    let second = drafted.into_inner().agreement.expect("an agreement");
    assert_eq!((second.documents.len(), second.replaces_agreement_id.as_str()), (2, first.as_str()));
    let third = drafter.draft_replacement(replace(ReplacementKind::Amendment, 2027)).await;
    refused(third, Code::FailedPrecondition, "AGREEMENT_EXISTS");
    ticket(&city, &first, &data).await.expect("the first stays active until the second is");

    sign_all(&second.agreement_id).await;
    assert_eq!(get(&city, &second.agreement_id).await.state(), AgreementState::Active);
    let replaced = get(&city, &first).await;
    assert_eq!(replaced.state(), AgreementState::Replaced);
    assert_eq!(replaced.replaced_by_agreement_id, second.agreement_id);
    refused(ticket(&city, &first, &data).await, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE")
        .state("REPLACED");
    ticket(&city, &second.agreement_id, &data).await.expect("data flows under the second");
    events_come(
        &city,
        &case,
        &[
            "agreement.drafted",
            "agreement.drafted",
            "agreement.activated",
            "agreement.activated",
            "agreement.replaced",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art21_22_the_signed_document_says_what_the_taker_gives_and_who_bears_the_risk_of_told_defects() {
    let city = City::start().await;
    let case = city.consented_request(APPLICANT, PROVIDER).await;
    let given = pb::GiveBack {
        what: "人口预测结果".to_owned(),
        scope: "全区各街道".to_owned(),
        time: "每年6月30日前".to_owned(),
    };
    let mut create = pb::CreateAgreementRequest {
        case_id: case.id.clone(),
        terms: Some(pb::Terms {
            give_back: vec![given.clone()],
            delivery_mode: pb::DeliveryMode::File.into(),
            frequency: "每学期一次".to_owned(),
            ..terms()
        }),
        request_id: request_id(),
    };
    if let Some(terms) = &mut create.terms {
        terms.give_back[0].time.clear();
    }
    let mut drafter = city.person(PROVIDER, Role::Drafter).agreements();
    let timeless = drafter.create_agreement(create.clone()).await;
    refused(timeless, Code::InvalidArgument, "FIELD_INVALID").violates("terms.give_back.time");
    if let Some(terms) = &mut create.terms {
        terms.give_back[0] = given;
    }
    create.request_id = request_id();
    let agreement = drafter.create_agreement(create).await.expect("drafted").into_inner().agreement;
    let agreement = agreement.expect("an agreement");
    let request = pb::GetAgreementDocumentRequest {
        agreement_id: agreement.agreement_id,
        kind: DocumentKind::Agreement.into(),
    };
    let document = drafter.get_agreement_document(request).await.expect("a document").into_inner();
    assert_eq!(document.document.expect("its facts").media_type, "text/html; charset=utf-8");
    let html = String::from_utf8(document.content).expect("UTF-8");
    for words in
        ["<td>人口预测结果</td><td>全区各街道</td><td>每年6月30日前</td>", "由甲方承担相应的使用风险"]
    {
        assert!(html.contains(words), "{words} is not in {html}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_a_delivery_outside_the_platform_is_told_by_the_provider_and_confirmed_by_the_user() {
    let city = City::start().await;
    let (case, id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let record = |on: Date| pb::RecordOutsideDeliveryRequest {
        agreement_id: id.clone(),
        description: "在校生名册，光盘一张".to_owned(),
        delivered_on: Some(on),
        request_id: request_id(),
    };
    let mut provider = city.person(PROVIDER, Role::Drafter).outside_deliveries();
    let early = provider.record_outside_delivery(record(day(2025, 12, 31))).await;
    refused(early, Code::InvalidArgument, "FIELD_INVALID").violates("delivered_on");
    let user = city
        .person(APPLICANT, Role::Drafter)
        .outside_deliveries()
        .record_outside_delivery(record(day(2026, 3, 3)))
        .await;
    refused(user, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let recorded = provider.record_outside_delivery(record(day(2026, 3, 3))).await.expect("recorded");
    let recorded = recorded.into_inner().outside_delivery.expect("a record");
    assert_eq!(tasks_of(&city, APPLICANT, Role::Drafter).await, ["confirm"]);

    let confirm = || pb::ConfirmOutsideDeliveryRequest {
        outside_delivery_id: recorded.outside_delivery_id.clone(),
        request_id: request_id(),
    };
    let stranger =
        city.person(STRANGER, Role::Drafter).outside_deliveries().confirm_outside_delivery(confirm()).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    let mut user = city.person(APPLICANT, Role::Drafter).outside_deliveries();
    let confirmed = user.confirm_outside_delivery(confirm()).await.expect("confirmed").into_inner();
    let confirmed = confirmed.outside_delivery.expect("a record");
    assert_eq!(confirmed.state(), OutsideDeliveryState::Confirmed);
    let deny = pb::DenyOutsideDeliveryRequest {
        outside_delivery_id: recorded.outside_delivery_id.clone(),
        reasons: "未收到".to_owned(),
        request_id: request_id(),
    };
    refused(user.deny_outside_delivery(deny).await, Code::FailedPrecondition, "WRONG_STATE")
        .state("CONFIRMED");
    let list = pb::ListOutsideDeliveriesRequest { agreement_id: id.clone(), ..Default::default() };
    let listed = city.info_office().outside_deliveries().list_outside_deliveries(list).await.expect("a list");
    assert_eq!(listed.into_inner().outside_deliveries.len(), 1);
    events_come(&city, &case, &["outside-delivery.recorded", "outside-delivery.confirmed"]).await;

    suspend(&city, &id, "超出约定用途").await.expect("suspended");
    let suspended = provider.record_outside_delivery(record(day(2026, 3, 3))).await;
    refused(suspended, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE").state("SUSPENDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art23_nothing_goes_to_a_third_party_without_the_providers_recorded_consent() {
    let city = City::start().await;
    let (case, id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let mut user = city.person(APPLICANT, Role::Drafter).disclosures();
    let ask = || pb::RequestDisclosureRequest {
        agreement_id: id.clone(),
        third_party: "某规划设计院".to_owned(),
        scope: "各学校在校生人数".to_owned(),
        purpose: "编制学位预测报告".to_owned(),
        request_id: request_id(),
    };
    let asked =
        user.request_disclosure(ask()).await.expect("asked").into_inner().disclosure.expect("a record");
    assert_eq!(tasks_of(&city, PROVIDER, Role::Approver).await, ["answer"]);
    let record = |of: &pb::Disclosure| pb::RecordDisclosureRequest {
        disclosure_id: of.disclosure_id.clone(),
        disclosed_on: Some(day(2026, 3, 3)),
        request_id: request_id(),
    };
    refused(
        user.record_disclosure(record(&asked)).await,
        Code::FailedPrecondition,
        "DISCLOSURE_NOT_CONSENTED",
    )
    .article("23")
    .state("REQUESTED");
    let refuse = pb::RefuseDisclosureRequest {
        disclosure_id: asked.disclosure_id.clone(),
        reasons: "涉及未成年人信息".to_owned(),
        request_id: request_id(),
    };
    let mut approver = city.person(PROVIDER, Role::Approver).disclosures();
    approver.refuse_disclosure(refuse).await.expect("refused");
    refused(
        user.record_disclosure(record(&asked)).await,
        Code::FailedPrecondition,
        "DISCLOSURE_NOT_CONSENTED",
    )
    .state("REFUSED");

    let again =
        user.request_disclosure(ask()).await.expect("asked").into_inner().disclosure.expect("a record");
    let consent =
        pb::ConsentDisclosureRequest { disclosure_id: again.disclosure_id.clone(), request_id: request_id() };
    approver.consent_disclosure(consent).await.expect("consented");
    let made = user.record_disclosure(record(&again)).await.expect("made").into_inner().disclosure;
    assert_eq!(made.expect("a record").state(), DisclosureState::Made);
    events_come(
        &city,
        &case,
        &[
            "disclosure.requested",
            "disclosure.refused",
            "disclosure.requested",
            "disclosure.consented",
            "disclosure.made",
        ],
    )
    .await;
}
