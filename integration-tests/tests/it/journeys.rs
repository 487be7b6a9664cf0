//! Journeys of the policy over the gateway, named after their articles.

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AccessRequestState, AnswerKind};
use govshare_proto::agreement::v1::{AgreementState, DocumentKind};
use govshare_proto::audit::v1::ListEventsRequest;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::evaluation::v1::GetUnitIndicatorsRequest;
use govshare_proto::exchange::v1::CreateTicketRequest;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id, sha256};
use integration_tests::{Case, DATA, eventually, redeem};
use tonic::{Code, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

async fn get(city: &City, unit: &str, case: &Case) -> Result<requests::AccessRequest, Status> {
    let request = requests::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let reply = city.person(unit, Role::Drafter).requests().get_access_request(request).await?;
    Ok(reply.into_inner().access_request.expect("a request"))
}

async fn kinds_of(city: &City, unit: &str, case: &Case) -> Result<Vec<String>, Status> {
    let request = ListEventsRequest { case_id: case.id.clone(), page_size: 1000, ..Default::default() };
    let events = city.person(unit, Role::Drafter).audit().list_events(request).await?.into_inner().events;
    Ok(events.into_iter().map(|event| event.r#type).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_a_case_goes_from_catalogue_to_delivery_and_stands_in_the_audit() {
    let city = City::start().await;
    let (case, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let agreed = eventually("the case is AGREED", async || {
        let found = get(&city, APPLICANT, &case).await.map_err(|status| status.to_string())?;
        if found.state() == AccessRequestState::Agreed {
            Ok(found)
        } else {
            Err(format!("{:?}", found.state()))
        }
    })
    .await;
    assert_eq!(agreed.agreement_id, agreement_id);
    assert_eq!(agreed.policy_pack, "xicheng-2014/1");

    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await;
    assert_eq!((version.version, version.sha256.as_str()), (1, sha256(DATA).as_str()));
    let request = CreateTicketRequest { agreement_id, data_version_id: version.data_version_id };
    let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
    let ticket = taker.create_ticket(request).await.expect("a ticket").into_inner();
    let download = redeem(&ticket.download_uri, &ticket.ticket).await.expect("delivered");
    assert_eq!(download.bytes, DATA);
    let spent = redeem(&ticket.download_uri, &ticket.ticket).await.expect_err("a ticket is redeemed once");
    assert_eq!(spent.code(), Code::FailedPrecondition);

    let expected = [
        "access-request.drafted",
        "access-request.submitted",
        "access-request.consented",
        "agreement.drafted",
        "agreement.signed",
        "agreement.signed",
        "agreement.signed",
        "agreement.activated",
        "access-request.agreed",
        "delivery.started",
        "delivery.completed",
    ];
    let found = eventually("every step stands in the audit", async || {
        let mut found = kinds_of(&city, APPLICANT, &case).await.map_err(|status| status.to_string())?;
        found.sort();
        if found.len() == expected.len() { Ok(found) } else { Err(format!("{found:?}")) }
    })
    .await;
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);

    let indicators = eventually("evaluation has counted the delivery", async || {
        let request = GetUnitIndicatorsRequest { unit_id: PROVIDER.to_owned() };
        let reply = city.person(PROVIDER, Role::Drafter).evaluation().get_unit_indicators(request).await;
        let found = reply.map_err(|status| status.to_string())?.into_inner().unit_indicators.expect("a line");
        if found.deliveries_given == 1 { Ok(found) } else { Err(format!("{found:?}")) }
    })
    .await;
    assert_eq!((indicators.published_entries, indicators.requests_received), (1, 1));
    assert_eq!((indicators.answered_in_time, indicators.consents, indicators.refusals), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_the_answer_is_due_after_15_working_days_over_the_national_holidays() {
    let city = City::start().await;
    let entry = city.published_entry(PROVIDER).await;
    for ((year, month, day), due) in [
        ((2014, 9, 25), (2014, 10, 21)),
        ((2025, 9, 26), (2025, 10, 23)),
        ((2026, 2, 10), (2026, 3, 9)),
        ((2026, 9, 28), (2026, 10, 23)),
    ] {
        city.travel_to(year, month, day);
        let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
        let request = get(&city, PROVIDER, &case).await.expect("received");
        let due = Date { year: due.0, month: due.1, day: due.2 };
        assert_eq!((request.answer_due, request.answer_due_provisional), (Some(due), false));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_an_unanswered_request_is_marked_overdue_once_and_shown_to_both_and_the_info_office() {
    let city = City::start().await;
    city.travel_to(2026, 9, 28);
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    city.travel_to(2026, 10, 24);
    for unit in [APPLICANT, PROVIDER, "info-office"] {
        eventually("the request is shown as overdue", async || {
            let request = requests::ListAccessRequestsRequest { overdue: true, ..Default::default() };
            let person = match unit {
                "info-office" => city.info_office(),
                unit => city.person(unit, Role::Drafter),
            };
            let listed = person.requests().list_access_requests(request).await;
            let listed = listed.map_err(|status| status.to_string())?.into_inner().access_requests;
            listed
                .iter()
                .any(|found| found.access_request_id == case.id)
                .then_some(())
                .ok_or("not listed".to_owned())
        })
        .await;
    }
    city.proposed(&case, AnswerKind::Consent, "").await;
    let late = city.consent(&case).await.expect("late consent is possible");
    assert_eq!(late.state(), AccessRequestState::Consented);
    assert!(late.overdue_time.is_some(), "it stays marked");
    let overdue = eventually("the consent stands in the audit", async || {
        let kinds = kinds_of(&city, PROVIDER, &case).await.map_err(|status| status.to_string())?;
        if kinds.iter().any(|kind| kind == "access-request.consented") {
            Ok(kinds)
        } else {
            Err(format!("{kinds:?}"))
        }
    })
    .await;
    assert_eq!(overdue.iter().filter(|kind| *kind == "access-request.overdue").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_refusal_needs_written_reasons_which_reach_applicant_and_info_office() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    city.proposed(&case, AnswerKind::Refusal, "涉及未成年人信息").await;
    let refuse = |reasons: &str| requests::RefuseAccessRequestRequest {
        access_request_id: case.id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
        etag: String::new(),
    };
    let mut approver = city.person(PROVIDER, Role::Approver).requests();
    let answer = approver.refuse_access_request(refuse(" ")).await;
    refused(answer, Code::InvalidArgument, "REASONS_MISSING").violates("reasons").article("26(二)");
    assert_eq!(get(&city, APPLICANT, &case).await.expect("readable").state(), AccessRequestState::Submitted);

    approver.refuse_access_request(refuse("涉及未成年人信息，不宜共享")).await.expect("refused with reasons");
    let seen = get(&city, APPLICANT, &case).await.expect("readable");
    let answer = seen.answer.expect("an answer");
    assert_eq!(answer.reasons, "涉及未成年人信息，不宜共享");
    assert_eq!(answer.copies_to_unit_ids, [APPLICANT, "info-office"]);
    let request = requests::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let office =
        city.info_office().requests().get_access_request(request).await.expect("the info office has a copy");
    assert_eq!(
        office.into_inner().access_request.and_then(|request| request.answer).map(|a| a.reasons),
        Some(answer.reasons)
    );
    let again = approver.refuse_access_request(refuse("再次")).await;
    refused(again, Code::FailedPrecondition, "REQUEST_NOT_OPEN").state("REFUSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_29_whoever_proposed_the_answer_cannot_give_it_and_another_unit_does_not_see_the_case() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let both = city.someone(PROVIDER, "jiaowei.zhang", &[Role::Drafter, Role::Approver]);
    let consent = || requests::ConsentAccessRequestRequest {
        access_request_id: case.id.clone(),
        request_id: request_id(),
        etag: String::new(),
    };
    let early = both.requests().consent_access_request(consent()).await;
    refused(early, Code::FailedPrecondition, "ANSWER_NOT_PROPOSED");
    let propose = requests::ProposeAnswerRequest {
        access_request_id: case.id.clone(),
        kind: AnswerKind::Consent.into(),
        reasons: String::new(),
        request_id: request_id(),
        ..Default::default()
    };
    both.requests().propose_answer(propose).await.expect("proposed");
    let own = both.requests().consent_access_request(consent()).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL").article("26");
    let drafter = city.person(PROVIDER, Role::Drafter).requests().consent_access_request(consent()).await;
    refused(drafter, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let applicant = city.person(APPLICANT, Role::Approver).requests().consent_access_request(consent()).await;
    refused(applicant, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let stranger =
        city.person("weishengju", Role::Approver).requests().consent_access_request(consent()).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    assert_eq!(get(&city, "weishengju", &case).await.expect_err("hidden").code(), Code::NotFound);
    assert_eq!(kinds_of(&city, "weishengju", &case).await.expect_err("hidden").code(), Code::NotFound);
    assert_eq!(get(&city, PROVIDER, &case).await.expect("seen").state(), AccessRequestState::AnswerProposed);
    assert_eq!(get(&city, APPLICANT, &case).await.expect("seen").state(), AccessRequestState::Submitted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art26_an_agreement_is_active_only_with_three_signatures_and_no_data_flows_before() {
    let city = City::start().await;
    let case = city.consented_request(APPLICANT, PROVIDER).await;
    city.register_keys(&[APPLICANT, PROVIDER]).await;
    let agreement = city.drafted_agreement(&case).await;
    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await;
    for unit in [APPLICANT, PROVIDER] {
        let signed = city.sign(&agreement.agreement_id, unit).await.expect("signed");
        assert_eq!(signed.state(), AgreementState::AwaitingSignatures);
    }
    let ticket = CreateTicketRequest {
        agreement_id: agreement.agreement_id.clone(),
        data_version_id: version.data_version_id.clone(),
    };
    let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
    refused(taker.create_ticket(ticket.clone()).await, Code::FailedPrecondition, "AGREEMENT_NOT_ACTIVE");

    let mut forged = city.signature(&agreement.agreement_id, DocumentKind::Agreement, "info-office").await;
    forged.signature[0] ^= 1;
    let mut office = city.person("info-office", Role::Signatory).agreements();
    refused(office.sign_agreement(forged).await, Code::InvalidArgument, "SIGNATURE_INVALID");
    let mut other = city.signature(&agreement.agreement_id, DocumentKind::Agreement, "info-office").await;
    other.key_id = city.signature(&agreement.agreement_id, DocumentKind::Agreement, PROVIDER).await.key_id;
    refused(office.sign_agreement(other).await, Code::FailedPrecondition, "KEY_NOT_ACTIVE");

    let active = city.sign(&agreement.agreement_id, "info-office").await.expect("signed");
    assert_eq!(active.state(), AgreementState::Active);
    taker.create_ticket(ticket).await.expect("data may flow now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art31_a_sensitive_entry_needs_the_confidentiality_agreement_signed_by_provider_and_user() {
    let city = City::start().await;
    let mut sensitive = content("困难学生名单");
    sensitive.sensitivities = vec![catalog::Sensitivity::PersonalPrivacy.into()];
    let mut active = sensitive.clone();
    active.sharing_type = catalog::SharingType::Unconditional.into();
    let refusal = city.drafted_entry(PROVIDER, active).await.expect_err("art. 31 forbids active sharing");
    refused::<()>(Err(refusal), Code::InvalidArgument, "SENSITIVE_NOT_ACTIVE").article("31");
    let mut secret = sensitive.clone();
    secret.sensitivities = vec![catalog::Sensitivity::StateSecret.into()];
    let refusal =
        city.drafted_entry(PROVIDER, secret).await.expect_err("state secrets stay off the platform");
    refused::<()>(Err(refusal), Code::FailedPrecondition, "STATE_SECRET_REFUSED").article("31");

    let entry = city.drafted_entry(PROVIDER, sensitive).await.expect("drafted");
    city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    city.register_keys(&[APPLICANT, PROVIDER]).await;
    let agreement = city.drafted_agreement(&case).await;
    assert_eq!(agreement.documents.len(), 2);
    for unit in [APPLICANT, PROVIDER, "info-office"] {
        let signed = city.sign(&agreement.agreement_id, unit).await.expect("signed");
        assert_eq!(signed.state(), AgreementState::AwaitingSignatures);
    }
    for (unit, state) in [(APPLICANT, AgreementState::AwaitingSignatures), (PROVIDER, AgreementState::Active)]
    {
        let request = city.signature(&agreement.agreement_id, DocumentKind::Confidentiality, unit).await;
        let signed =
            city.person(unit, Role::Signatory).agreements().sign_agreement(request).await.expect("signed");
        assert_eq!(signed.into_inner().agreement.expect("an agreement").state(), state);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art16_who_wrote_an_earlier_version_does_not_review_what_another_typed_again() {
    use govshare_proto::security_review::v1 as reviews;
    let city = City::start().await;
    let both = city.someone(PROVIDER, "jiaowei.wang", &[Role::Drafter, Role::Reviewer]);
    let create = catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content("学校名录")),
        request_id: request_id(),
    };
    let entry =
        both.entries().create_entry(create).await.expect("drafted").into_inner().entry.expect("an entry");
    let again = catalog::UpdateEntryRequest {
        entry_id: entry.entry_id.clone(),
        content: Some(content("学校名录（修订）")),
        request_id: request_id(),
        ..Default::default()
    };
    city.person(PROVIDER, Role::Drafter).entries().update_entry(again).await.expect("typed again");
    let create = reviews::CreateReviewRequest {
        entry_id: entry.entry_id.clone(),
        version: 2,
        request_id: request_id(),
    };
    let review =
        both.reviews().create_review(create).await.expect("opened").into_inner().review.expect("a review");
    let pass = || reviews::PassReviewRequest {
        review_id: review.review_id.clone(),
        content_digest: review.content_digest.clone(),
        request_id: request_id(),
    };
    let own = both.reviews().pass_review(pass()).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL").article("16");
    city.person(PROVIDER, Role::Reviewer).reviews().pass_review(pass()).await.expect("passed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art16_the_reviewer_is_not_the_drafter_and_only_a_reviewed_version_is_published() {
    use govshare_proto::security_review::v1 as reviews;
    let city = City::start().await;
    let both = city.someone(PROVIDER, "jiaowei.wang", &[Role::Drafter, Role::Reviewer, Role::Approver]);
    let create = catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content("学校名录")),
        request_id: request_id(),
    };
    let entry =
        both.entries().create_entry(create).await.expect("drafted").into_inner().entry.expect("an entry");
    let publish = || catalog::PublishEntryRequest {
        entry_id: entry.entry_id.clone(),
        version: 1,
        request_id: request_id(),
    };
    let mut approver = city.person(PROVIDER, Role::Approver).entries();
    refused(approver.publish_entry(publish()).await, Code::FailedPrecondition, "NOT_REVIEWED");
    let create = reviews::CreateReviewRequest {
        entry_id: entry.entry_id.clone(),
        version: 1,
        request_id: request_id(),
    };
    let review =
        both.reviews().create_review(create).await.expect("opened").into_inner().review.expect("a review");
    let pass = |digest: &str| reviews::PassReviewRequest {
        review_id: review.review_id.clone(),
        content_digest: digest.to_owned(),
        request_id: request_id(),
    };
    let own = both.reviews().pass_review(pass(&review.content_digest)).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL").article("16");
    let mut reviewer = city.person(PROVIDER, Role::Reviewer).reviews();
    let other = reviewer.pass_review(pass(&"0".repeat(64))).await;
    refused(other, Code::InvalidArgument, "CONTENT_MISMATCH");
    reviewer.pass_review(pass(&review.content_digest)).await.expect("passed");
    let own = eventually("the catalogue hears of the review", async || {
        match both.entries().publish_entry(publish()).await {
            Err(status) if status.code() == Code::FailedPrecondition => Err(status),
            other => Ok(other),
        }
    })
    .await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL");
    approver.publish_entry(publish()).await.expect("published");
}
