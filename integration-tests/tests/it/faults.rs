//! Real processes, killed without warning while cases run: nothing acknowledged is lost, nothing happens twice.

use std::collections::BTreeMap;

use govshare_cluster::{Cluster, GATEWAY, Options, SERVICES, Seed};
use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AccessRequestState};
use govshare_proto::audit::v1::Event;
use govshare_proto::evaluation::v1::{GetUnitIndicatorsRequest, UnitIndicators};
use govshare_proto::exchange::v1::{DataVersion, Delivery, DeliveryState, ListDeliveriesRequest};
use govshare_proto::security_review::v1::{GetReviewRequest, ReviewState};
use integration_tests::{Platform, eventually};
use tokio::sync::watch;

use crate::patience::{APPLICANT, Agreed, PROVIDER, Published, agree, publish, publish_data, take};

const CASES: usize = 200;
const WORKERS: usize = 8;
/// One case of so many is a whole one, from the draft of its own entry to the delivery.
const WHOLE: usize = 2;

/// A case that came to its end.
struct Case {
    agreed: Agreed,
    whole: Option<(Published, DataVersion)>,
}

async fn run_case(platform: &Platform, entry_id: &str, whole: bool) -> Case {
    if !whole {
        return Case { agreed: agree(platform, entry_id).await, whole: None };
    }
    let published = publish(platform).await;
    let agreed = agree(platform, &published.entry_id).await;
    let version = publish_data(platform, &published.entry_id).await;
    take(platform, &agreed.agreement_id, &version).await;
    Case { agreed, whole: Some((published, version)) }
}

/// What happened to each record, in the order of the log, which is that of the record's versions.
fn by_record(events: &[Event]) -> BTreeMap<&str, Vec<&str>> {
    let mut records: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in events {
        let kinds = records.entry(&event.aggregate).or_default();
        kinds.push(&event.r#type);
        assert_eq!(event.aggregate_version, kinds.len() as i64, "{} has no gaps", event.aggregate);
    }
    records
}

/// The record's history in the audit, once it has `expected.len()` events.
async fn assert_history(platform: &Platform, record: &str, expected: &[&str]) {
    let events = eventually("every step of the record stands in the audit", async || {
        let events = platform.events_of(record).await.map_err(|status| status.to_string())?;
        if events.len() >= expected.len() { Ok(events) } else { Err(format!("{} events", events.len())) }
    })
    .await;
    assert_eq!(by_record(&events), BTreeMap::from([(record, expected.to_vec())]));
}

async fn assert_published_once(platform: &Platform, published: &Published) {
    let request = GetReviewRequest { review_id: published.review_id.clone() };
    let found = platform.person(PROVIDER, Role::Drafter).reviews().get_review(request).await;
    let review = found.expect("readable").into_inner().review.expect("a review");
    assert_eq!(review.state(), ReviewState::Passed);
    let record = format!("review/{}", published.review_id);
    assert_history(platform, &record, &["review.opened", "review.passed"]).await;
    let expected = ["entry.drafted", "entry.review-begun", "entry.registered", "entry.published"];
    assert_history(platform, &format!("entry/{}", published.entry_id), &expected).await;
}

/// The deliveries that the exchange platform has on record, of one case or of all.
async fn deliveries(platform: &Platform, case_id: &str) -> Result<Vec<Delivery>, String> {
    let request =
        ListDeliveriesRequest { case_id: case_id.to_owned(), page_size: 1000, page_token: String::new() };
    let listed = platform.person(APPLICANT, Role::Drafter).exchange().list_deliveries(request).await;
    Ok(listed.map_err(|status| status.to_string())?.into_inner().deliveries)
}

/// A whole delivery is on record, and each delivery stands in the audit as it is there.
async fn assert_delivered(platform: &Platform, case_id: &str, version: &DataVersion) {
    eventually("the audit knows every delivery as it is", async || {
        let deliveries = deliveries(platform, case_id).await?;
        let mut events = platform.events_of_case(case_id).await.map_err(|status| status.to_string())?;
        events.retain(|event| event.aggregate.starts_with("delivery/"));
        for event in events.iter().filter(|event| event.r#type == "delivery.started") {
            assert_eq!(event.attributes["sha256"], version.sha256);
        }
        let names: Vec<_> =
            deliveries.iter().map(|found| format!("delivery/{}", found.delivery_id)).collect();
        let history = |delivery: &Delivery| match delivery.state() {
            DeliveryState::Completed => vec!["delivery.started", "delivery.completed"],
            DeliveryState::Broken => vec!["delivery.started", "delivery.broken"],
            DeliveryState::Started | DeliveryState::Unspecified => vec!["delivery.started"],
        };
        let expected = names.iter().map(String::as_str).zip(deliveries.iter().map(history)).collect();
        let found = by_record(&events);
        let whole = |delivery: &Delivery| {
            delivery.state() == DeliveryState::Completed && delivery.sent_bytes == version.size_bytes
        };
        assert!(deliveries.iter().any(whole), "case {case_id}: {deliveries:?}");
        if found == expected { Ok(()) } else { Err(format!("{found:?}, not {expected:?}")) }
    })
    .await;
}

const EXPECTED: [&str; 10] = [
    "access-request.agreed",
    "access-request.answer-proposed",
    "access-request.consented",
    "access-request.drafted",
    "access-request.submitted",
    "agreement.activated",
    "agreement.drafted",
    "agreement.signed",
    "agreement.signed",
    "agreement.signed",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_of_any_service_during_200_cases_loses_and_doubles_nothing() {
    let options = Options { revive: false, ..Options::disposable() };
    let cluster =
        Cluster::start(options).await.expect("the built services start; `cargo build --workspace --bins`");
    cluster.plant(&Seed::builtin()).await.expect("units");
    let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
    platform.wait_until_ready().await;
    platform.register_keys(&[APPLICANT, PROVIDER]).await;
    let entry_id = platform.published_entry(PROVIDER).await;

    let (finished, mut progress) = watch::channel(0_usize);
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (platform, entry_id, finished) = (platform.clone(), entry_id.clone(), finished.clone());
            tokio::spawn(async move {
                let mut cases = Vec::new();
                for number in 0..CASES / WORKERS {
                    let whole = (worker + number) % WHOLE == 0;
                    cases.push(run_case(&platform, &entry_id, whole).await);
                    finished.send_modify(|finished| *finished += 1);
                }
                cases
            })
        })
        .collect();
    drop(finished);
    // Everybody dies twice, spread over the cases so that each death meets work in flight.
    let victims: Vec<_> = SERVICES.iter().chain([&GATEWAY]).collect();
    for (number, victim) in victims.iter().cycle().take(2 * victims.len()).enumerate() {
        let due = number * CASES / (2 * victims.len() + 1);
        if progress.wait_for(|finished| *finished >= due).await.is_err() {
            break;
        }
        cluster.kill9(victim.name, 0).await.expect("killed");
        cluster.restart(victim.name, 0).await.expect("started again");
    }
    let mut cases = Vec::new();
    for worker in workers {
        cases.extend(worker.await.expect("every step was acknowledged in the end"));
    }
    assert_eq!(cases.len(), CASES);

    for case in &cases {
        let case_id = &case.agreed.case_id;
        let request = requests::GetAccessRequestRequest { access_request_id: case_id.clone() };
        let applicant = platform.person(APPLICANT, Role::Drafter);
        eventually("the case is AGREED", async || {
            let found = applicant.requests().get_access_request(request.clone()).await;
            let found =
                found.map_err(|status| status.to_string())?.into_inner().access_request.expect("a request");
            if found.state() == AccessRequestState::Agreed {
                Ok(())
            } else {
                Err(format!("{:?}", found.state()))
            }
        })
        .await;
        let events = eventually("every step stands in the audit", async || {
            let mut events = platform.events_of_case(case_id).await.map_err(|status| status.to_string())?;
            events.retain(|event| !event.aggregate.starts_with("delivery/"));
            if events.len() >= EXPECTED.len() { Ok(events) } else { Err(format!("{} events", events.len())) }
        })
        .await;
        let mut kinds: Vec<_> = events.iter().map(|event| event.r#type.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, EXPECTED, "case {case_id}");
        by_record(&events);
        if let Some((published, version)) = &case.whole {
            assert_published_once(&platform, published).await;
            assert_delivered(&platform, case_id, version).await;
        }
    }
    let whole = cases.iter().filter(|case| case.whole.is_some()).count();
    assert_eq!(whole, CASES / WHOLE);
    eventually("evaluation has counted every case, entry and delivery once", async || {
        let delivered = deliveries(&platform, "").await?.into_iter();
        let delivered = delivered.filter(|found| found.state() == DeliveryState::Completed).count();
        let request = GetUnitIndicatorsRequest { unit_id: PROVIDER.to_owned() };
        let reply = platform.info_office().evaluation().get_unit_indicators(request).await;
        let found = reply.map_err(|status| status.to_string())?.into_inner().unit_indicators.expect("a line");
        let cases = CASES as i64;
        let expected = UnitIndicators {
            unit_id: PROVIDER.to_owned(),
            published_entries: 1 + whole as i64,
            requests_received: cases,
            answered_in_time: cases,
            consents: cases,
            agreements: cases,
            deliveries_given: delivered as i64,
            ..Default::default()
        };
        if found == expected { Ok(()) } else { Err(format!("{found:?}, not {expected:?}")) }
    })
    .await;
    cluster.stop().await.expect("stopped");
}
