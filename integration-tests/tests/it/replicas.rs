//! Two replicas of every service over one database: races have one winner, and everybody sees the same.

use std::collections::BTreeSet;

use govshare_cluster::SERVICES;
use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AccessRequestState, AnswerKind};
use govshare_proto::audit::v1::ListEventsRequest;
use govshare_proto::catalog::v1 as catalog;
use integration_tests::eventually;
use integration_tests::steps::{content, request_id};
use tonic::Code;

use crate::city::{City, Shape};

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

async fn doubled() -> City {
    City::shaped(&SERVICES.iter().map(|service| (service.name, 2)).collect::<Shape>()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_answers_one_wins_and_the_audit_has_one() {
    let city = doubled().await;
    let entry = city.published_entry(PROVIDER).await;
    for _ in 0..10 {
        let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
        city.proposed(&case, AnswerKind::Consent, "").await;
        let racers: Vec<_> = (0..6)
            .map(|number| {
                let approver = city.someone(PROVIDER, &format!("approver-{number}"), &[Role::Approver]);
                let withdrawing = city.person(APPLICANT, Role::Drafter);
                let id = case.id.clone();
                tokio::spawn(async move {
                    if number % 2 == 0 {
                        let request = requests::ConsentAccessRequestRequest {
                            access_request_id: id,
                            request_id: request_id(),
                        };
                        approver.requests().consent_access_request(request).await.map(drop)
                    } else {
                        let request = requests::WithdrawAccessRequestRequest {
                            access_request_id: id,
                            request_id: request_id(),
                        };
                        withdrawing.requests().withdraw_access_request(request).await.map(drop)
                    }
                })
            })
            .collect();
        let mut won = 0;
        for racer in racers {
            match racer.await.expect("no panic") {
                Ok(()) => won += 1,
                Err(lost) => {
                    assert!(matches!(lost.code(), Code::FailedPrecondition | Code::Aborted), "{lost:?}")
                }
            }
        }
        assert_eq!(won, 1, "one answer or one withdrawal");
        let ends = eventually("the end stands in the audit", async || {
            let request =
                ListEventsRequest { case_id: case.id.clone(), page_size: 1000, ..Default::default() };
            let listed = city.info_office().audit().list_events(request).await;
            let events = listed.map_err(|status| status.to_string())?.into_inner().events;
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
    let senders: Vec<_> = (0..12)
        .map(|_| {
            let (drafter, request) = (city.person(PROVIDER, Role::Drafter), request.clone());
            tokio::spawn(async move { drafter.entries().create_entry(request).await })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for sender in senders {
        let reply = sender.await.expect("no panic").expect("the first reply for all");
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
            let request =
                ListEventsRequest { case_id: case.id.clone(), page_size: 1000, ..Default::default() };
            let listed = city.info_office().audit().list_events(request).await;
            let events = listed.map_err(|status| status.to_string())?.into_inner().events;
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
