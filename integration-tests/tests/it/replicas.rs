//! Two replicas of every service over one database: races have one winner, and everybody sees the same.

use std::collections::BTreeSet;

use govshare_cluster::SERVICES;
use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AccessRequestState, AnswerKind};
use govshare_proto::agreement::v1::{AgreementState, DocumentKind, GetAgreementRequest};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::exchange::v1::{CreateTicketRequest, ListDeliveriesRequest};
use govshare_proto::security_review::v1 as reviews;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id};
use integration_tests::{DATA, eventually, redeem};
use tonic::{Code, Response};

use crate::city::{City, Shape};

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

/// A city with two replicas of every service.
pub async fn doubled() -> City {
    City::shaped(&SERVICES.iter().map(|service| (service.name, 2)).collect::<Shape>()).await
}

/// Runs all at once and gives what came of them, in their order.
pub async fn at_once<T: Send + 'static>(
    racers: impl IntoIterator<Item: Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = racers.into_iter().map(tokio::spawn).collect();
    let mut ended = Vec::new();
    for racer in running {
        ended.push(racer.await.expect("no panic"));
    }
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_answers_one_wins_and_the_audit_has_one() {
    let city = doubled().await;
    let entry = city.published_entry(PROVIDER).await;
    for _ in 0..10 {
        let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
        city.proposed(&case, AnswerKind::Consent, "").await;
        let racers = (0..6).map(|number| {
            let approver = city.someone(PROVIDER, &format!("approver-{number}"), &[Role::Approver]);
            let withdrawing = city.person(APPLICANT, Role::Drafter);
            let (access_request_id, request_id) = (case.id.clone(), request_id());
            async move {
                if number % 2 == 0 {
                    let request = requests::ConsentAccessRequestRequest {
                        access_request_id,
                        request_id,
                        etag: String::new(),
                    };
                    approver.requests().consent_access_request(request).await.map(drop)
                } else {
                    let request = requests::WithdrawAccessRequestRequest { access_request_id, request_id };
                    withdrawing.requests().withdraw_access_request(request).await.map(drop)
                }
            }
        });
        let ended = at_once(racers).await;
        for lost in ended.iter().filter_map(|ended| ended.as_ref().err()) {
            assert!(matches!(lost.code(), Code::FailedPrecondition | Code::Aborted), "{lost:?}");
        }
        let won = ended.iter().filter(|ended| ended.is_ok()).count();
        assert_eq!(won, 1, "one answer or one withdrawal");
        let ends = eventually("the end stands in the audit", async || {
            let events = city.events_of_case(&case.id).await.map_err(|status| status.to_string())?;
            let ends = ["access-request.consented", "access-request.withdrawn"];
            let ends = events.iter().filter(|event| ends.contains(&event.r#type.as_str())).count();
            if ends > 0 { Ok(ends) } else { Err("no end yet".to_owned()) }
        })
        .await;
        assert_eq!(ends, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_id_sent_to_both_replicas_at_once_makes_one_entry() {
    let city = doubled().await;
    let request = catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content("学校名录")),
        request_id: request_id(),
    };
    let senders = (0..12).map(|_| {
        let (drafter, request) = (city.person(PROVIDER, Role::Drafter), request.clone());
        async move { drafter.entries().create_entry(request).await }
    });
    let mut ids = BTreeSet::new();
    for reply in at_once(senders).await {
        let reply = reply.expect("the first reply for all");
        ids.insert(reply.into_inner().entry.expect("an entry").entry_id);
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sweepers_mark_each_overdue_request_once() {
    let city = doubled().await;
    city.travel_to(2026, 9, 28);
    let entry = city.published_entry(PROVIDER).await;
    let mut cases = Vec::new();
    for _ in 0..25 {
        cases.push(city.submitted_request_for(APPLICANT, PROVIDER, &entry).await);
    }
    city.travel_to(2026, 11, 2);
    for case in &cases {
        let marks = eventually("the request is marked overdue", async || {
            let events = city.events_of_case(&case.id).await.map_err(|status| status.to_string())?;
            let marks = events.iter().filter(|event| event.r#type == "access-request.overdue").count();
            if marks > 0 { Ok(marks) } else { Err("not marked yet".to_owned()) }
        })
        .await;
        assert_eq!(marks, 1);
        let request = requests::GetAccessRequestRequest { access_request_id: case.id.clone() };
        let found = city.person(APPLICANT, Role::Drafter).requests().get_access_request(request).await;
        let found = found.expect("readable").into_inner().access_request.expect("a request");
        assert_eq!(found.state(), AccessRequestState::Submitted, "overdue never turns into an answer");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_replicas_of_the_catalogue_find_the_same_entries_in_the_same_order() {
    let city = doubled().await;
    for number in 0..12 {
        let mut content = content(&format!("学校名录{number}"));
        content.issue_date =
            Some(govshare_proto::google::r#type::Date { year: 2026, month: 1, day: 1 + number % 3 });
        let entry = city.drafted_entry(PROVIDER, content).await.expect("drafted");
        city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    }
    let search = async || {
        let request = catalog::SearchEntriesRequest { query: "名录".to_owned(), ..Default::default() };
        let reply = city.person(APPLICANT, Role::Drafter).entries().search_entries(request).await;
        let hits = reply.map_err(|status| status.to_string())?.into_inner().hits;
        Ok::<Vec<String>, String>(hits.into_iter().map(|hit| hit.entry.expect("an entry").entry_id).collect())
    };
    let first = eventually("a replica finds all twelve", async || {
        let found = search().await?;
        if found.len() == 12 { Ok(found) } else { Err(format!("{} found", found.len())) }
    })
    .await;
    eventually("twenty searches in a row agree, whichever replica answers", async || {
        for _ in 0..20 {
            if search().await? != first {
                return Err("another list".to_owned());
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_redemptions_of_one_ticket_at_both_replicas_one_gets_the_bytes() {
    const TICKETS: usize = 8;
    let city = doubled().await;
    let (case, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await;
    let request = CreateTicketRequest { agreement_id, data_version_id: version.data_version_id };
    let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
    // A ticket names the data port of the replica that gave it, and is good at every other too.
    let mut ports = BTreeSet::new();
    for _ in 0..100 {
        ports.insert(taker.create_ticket(request.clone()).await.expect("a ticket").into_inner().download_uri);
        if ports.len() == 2 {
            break;
        }
    }
    assert_eq!(ports.len(), 2, "both replicas give tickets");

    let mut delivered = BTreeSet::new();
    for _ in 0..TICKETS {
        let ticket = taker.create_ticket(request.clone()).await.expect("a ticket").into_inner().ticket;
        let racers = ports.iter().cycle().take(8).map(|port| {
            let (port, ticket) = (port.clone(), ticket.clone());
            async move { redeem(&port, &ticket).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = at_once(racers).await.into_iter().partition(Result::is_ok);
        let [Ok(download)] = &won[..] else { panic!("{} redemptions of one ticket: {lost:?}", won.len()) };
        assert_eq!(download.bytes, DATA);
        delivered.insert(download.delivery_id.clone());
        for lost in lost {
            refused(lost.map(Response::new), Code::FailedPrecondition, "TICKET_SPENT");
        }
    }
    assert_eq!(delivered.len(), TICKETS);
    let request = ListDeliveriesRequest { case_id: case.id.clone(), ..Default::default() };
    let listed = taker.list_deliveries(request).await.expect("listed").into_inner().deliveries;
    assert_eq!(listed.into_iter().map(|delivery| delivery.delivery_id).collect::<BTreeSet<_>>(), delivered);
    for id in delivered {
        let kinds = eventually("the delivery's end stands in the audit", async || {
            let events =
                city.events_of(&format!("delivery/{id}")).await.map_err(|status| status.to_string())?;
            if events.len() < 2 {
                return Err(format!("{} events", events.len()));
            }
            Ok(events.into_iter().map(|event| event.r#type).collect::<Vec<_>>())
        })
        .await;
        assert_eq!(kinds, ["delivery.started", "delivery.completed"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_two_signatures_at_once_are_both_taken_and_activate_the_agreement_once() {
    let city = doubled().await;
    let entry = city.published_entry(PROVIDER).await;
    city.register_keys(&[APPLICANT, PROVIDER]).await;
    for _ in 0..10 {
        let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
        city.proposed(&case, AnswerKind::Consent, "").await;
        city.consent(&case).await.expect("consented");
        let agreement_id = city.drafted_agreement(&case).await.agreement_id;
        city.sign(&agreement_id, APPLICANT).await.expect("signed");
        let mut racers = Vec::new();
        for unit in [PROVIDER, "info-office"] {
            let request = city.signature(&agreement_id, DocumentKind::Agreement, unit).await;
            let signatory = city.person(unit, Role::Signatory);
            racers.push(async move { signatory.agreements().sign_agreement(request).await });
        }
        let mut active = 0;
        for reply in at_once(racers).await {
            let signed = reply.expect("signed").into_inner().agreement.expect("an agreement");
            active += usize::from(signed.state() == AgreementState::Active);
        }
        assert_eq!(active, 1, "one of the two was the last");
        let request = GetAgreementRequest { agreement_id: agreement_id.clone() };
        let found = city.person(APPLICANT, Role::Drafter).agreements().get_agreement(request).await;
        let found = found.expect("readable").into_inner().agreement.expect("an agreement");
        assert_eq!((found.state(), found.signatures.len()), (AgreementState::Active, 3));
        let kinds = eventually("the activation and the case's end stand in the audit", async || {
            let events = city.events_of_case(&case.id).await.map_err(|status| status.to_string())?;
            let mut kinds: Vec<_> = events.into_iter().map(|event| event.r#type).collect();
            kinds.retain(|kind| {
                ["agreement.signed", "agreement.activated", "access-request.agreed"].contains(&kind.as_str())
            });
            kinds.sort();
            if kinds.len() < 5 { Err(format!("{kinds:?}")) } else { Ok(kinds) }
        })
        .await;
        let signed = "agreement.signed";
        assert_eq!(kinds, ["access-request.agreed", "agreement.activated", signed, signed, signed]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_decisions_on_one_review_one_wins_and_the_catalogue_hears_that_one() {
    let city = doubled().await;
    for _ in 0..10 {
        let entry_id = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
        let request =
            reviews::CreateReviewRequest { entry_id: entry_id.clone(), version: 1, request_id: request_id() };
        let drafter = city.person(PROVIDER, Role::Drafter);
        let opened = drafter.reviews().create_review(request).await.expect("opened").into_inner();
        let review = opened.review.expect("a review");
        let racers = (0..6).map(|number| {
            let reviewer = city.someone(PROVIDER, &format!("reviewer-{number}"), &[Role::Reviewer]);
            let (review_id, content_digest) = (review.review_id.clone(), review.content_digest.clone());
            async move {
                let (mut reviewer, request_id) = (reviewer.reviews(), request_id());
                if number % 2 == 0 {
                    let request = reviews::PassReviewRequest { review_id, content_digest, request_id };
                    reviewer.pass_review(request).await.map(|reply| reply.into_inner().review)
                } else {
                    let reasons = "涉密".to_owned();
                    let request =
                        reviews::RejectReviewRequest { review_id, reasons, request_id, state_secret: false };
                    reviewer.reject_review(request).await.map(|reply| reply.into_inner().review)
                }
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) = at_once(racers).await.into_iter().partition(Result::is_ok);
        let [Ok(Some(decided))] = &won[..] else { panic!("{} decisions on one review: {lost:?}", won.len()) };
        for lost in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(lost.code(), Code::FailedPrecondition | Code::Aborted), "{lost:?}");
        }
        let (kind, outcome) = match decided.state() {
            reviews::ReviewState::Passed => ("review.passed", catalog::EntryVersionState::Registered),
            _ => ("review.rejected", catalog::EntryVersionState::Rejected),
        };
        let request = reviews::GetReviewRequest { review_id: review.review_id.clone() };
        let found = drafter.reviews().get_review(request).await.expect("readable").into_inner();
        assert_eq!(found.review.as_ref(), Some(decided));
        let kinds = eventually("the decision stands in the audit", async || {
            let events = city.events_of(&format!("review/{}", review.review_id)).await;
            let events = events.map_err(|status| status.to_string())?;
            if events.len() < 2 {
                return Err(format!("{} events", events.len()));
            }
            Ok(events.into_iter().map(|event| event.r#type).collect::<Vec<_>>())
        })
        .await;
        assert_eq!(kinds, ["review.opened", kind]);
        eventually("the catalogue hears of it", async || {
            let request = catalog::GetEntryRequest { entry_id: entry_id.clone() };
            let found = drafter.entries().get_entry(request).await.map_err(|status| status.to_string())?;
            let latest = found.into_inner().entry.and_then(|entry| entry.latest).expect("a version");
            if latest.state() == outcome { Ok(()) } else { Err(format!("{:?}", latest.state())) }
        })
        .await;
    }
}
