//! Two replicas of the audit and of its reader over one log: whatever is sent twice stands once and counts once.

use std::collections::BTreeMap;

use govshare_model::Role;
use govshare_proto::access_request::v1::AnswerKind;
use govshare_proto::audit::internal::v1::audit_ingest_service_client::AuditIngestServiceClient;
use govshare_proto::audit::internal::v1::{AppendEventsRequest, NewEvent};
use govshare_proto::audit::v1::{Event, ListEventsRequest};
use govshare_proto::evaluation::v1::{GetUnitIndicatorsRequest, GetUnitIndicatorsResponse, UnitIndicators};
use govshare_proto::exchange::v1::CreateTicketRequest;
use integration_tests::{DATA, eventually, redeem};
use service_kit::auth::services;
use service_kit::client::{Connector, Upstream};
use service_kit::config::{Environment, ServiceIdentity};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::city::City;
use crate::replicas::{at_once, doubled};

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
/// Whose repeats are tried.
const SENDER: &str = "agreement";

/// Clients of each replica of the audit, as the service `SENDER` has them.
async fn audit_replicas(city: &City) -> Vec<AuditIngestServiceClient<Upstream>> {
    let identity = ServiceIdentity {
        key_file: city.identity.service_key_file(SENDER),
        jwks: city.identity.services_jwks(),
    };
    let (signer, _) = services::load(SENDER, &identity, Environment::Sandbox).await.expect("a key");
    let connector = Connector { signer, tls: None, shutdown: CancellationToken::new() };
    let replica = |address: &String| {
        let upstream = connector.connect("audit", std::slice::from_ref(address)).expect("an address");
        AuditIngestServiceClient::new(upstream)
    };
    city.services["audit"].iter().map(replica).collect()
}

/// Sends the leaves to all replicas at once, several times each, as relays do that wait in vain for a reply; gives
/// the positions, which are the same in each reply.
async fn appended(replicas: &[AuditIngestServiceClient<Upstream>], leaves: &[Vec<u8>]) -> Vec<i64> {
    let events = leaves.iter().map(|leaf| NewEvent { leaf: leaf.clone(), disclosure: Vec::new() }).collect();
    let request = AppendEventsRequest { events };
    let senders = replicas.iter().cycle().take(12).map(|replica| {
        let (mut replica, request) = (replica.clone(), request.clone());
        async move { replica.append_events(request).await.expect("acknowledged").into_inner().positions }
    });
    let mut replies = at_once(senders).await;
    let first = replies.pop().expect("a reply");
    for positions in replies {
        assert_eq!(positions, first, "every reply names the same places");
    }
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_appended_at_both_replicas_at_once_stands_once() {
    let city = doubled().await;
    let (_, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let aggregate = format!("agreement/{agreement_id}");
    let stands = eventually("the agreement stands in the audit", async || {
        let events = city.events_of(&aggregate).await.map_err(|status| status.to_string())?;
        if events.len() == 5 { Ok(events) } else { Err(format!("{} events", events.len())) }
    })
    .await;
    let leaves: Vec<_> = stands.iter().map(|event| event.leaf.clone()).collect();
    let positions: Vec<_> = stands.iter().map(|event| event.position).collect();
    let replicas = audit_replicas(&city).await;
    assert_eq!(replicas.len(), 2);
    assert_eq!(appended(&replicas, &leaves).await, positions, "what stands there is acknowledged");
    assert_eq!(city.events_of(&aggregate).await.expect("readable"), stands, "and nothing is added");

    for _ in 0..10 {
        let another = Uuid::now_v7().to_string();
        let of_another = |leaf: &Vec<u8>| {
            let leaf = std::str::from_utf8(leaf).expect("a leaf is JSON");
            leaf.replace(&agreement_id, &another).into_bytes()
        };
        let leaves: Vec<_> = leaves.iter().map(of_another).collect();
        let positions = appended(&replicas, &leaves).await;
        let events = city.events_of(&format!("agreement/{another}")).await.expect("readable");
        assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), positions);
        assert_eq!(events.into_iter().map(|event| event.leaf).collect::<Vec<_>>(), leaves);
    }
    let log = city.events(ListEventsRequest::default()).await.expect("readable");
    let mut places: Vec<_> = log.iter().map(|event| event.position).collect();
    places.sort_unstable();
    let first = places[0];
    assert_eq!(places, (first..first + log.len() as i64).collect::<Vec<_>>(), "no place is empty or doubled");
}

async fn indicators(city: &City) -> Result<GetUnitIndicatorsResponse, String> {
    let request = GetUnitIndicatorsRequest { unit_id: PROVIDER.to_owned() };
    let reply = city.person(PROVIDER, Role::Drafter).evaluation().get_unit_indicators(request).await;
    Ok(reply.map_err(|status| status.to_string())?.into_inner())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_readers_of_the_log_count_every_event_once() {
    const CASES: i64 = 20;
    const DELIVERIES: i64 = 4;
    let city = doubled().await;
    let (agreed, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let version = city.published_data(PROVIDER, &agreed.entry_id, DATA).await;
    let request = CreateTicketRequest { agreement_id, data_version_id: version.data_version_id };
    for _ in 0..DELIVERIES {
        let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
        let ticket = taker.create_ticket(request.clone()).await.expect("a ticket").into_inner();
        redeem(&ticket.download_uri, &ticket.ticket).await.expect("delivered");
    }
    for _ in 1..CASES {
        let case = city.submitted_request_for(APPLICANT, PROVIDER, &agreed.entry_id).await;
        city.proposed(&case, AnswerKind::Consent, "").await;
        city.consent(&case).await.expect("consented");
    }
    let end = eventually("everything stands in the audit", async || {
        let log = city.events(ListEventsRequest::default()).await.map_err(|status| status.to_string())?;
        let mut kinds: BTreeMap<&str, i64> = BTreeMap::new();
        for event in &log {
            *kinds.entry(&event.r#type).or_default() += 1;
        }
        let of = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
        let found = (of("access-request.consented"), of("delivery.completed"), of("access-request.agreed"));
        let last = log.iter().map(|event: &Event| event.position).max().unwrap_or_default();
        if found == (CASES, DELIVERIES, 1) { Ok(last) } else { Err(format!("{found:?}")) }
    })
    .await;
    eventually("the readers are at its end", async || {
        let position = indicators(&city).await?.feed_position;
        if position > end { Ok(()) } else { Err(format!("at {position} of {end}")) }
    })
    .await;
    let counted = indicators(&city).await.expect("readable").unit_indicators.expect("a line");
    let expected = UnitIndicators {
        unit_id: PROVIDER.to_owned(),
        published_entries: 1,
        requests_received: CASES,
        answered_in_time: CASES,
        consents: CASES,
        agreements: 1,
        deliveries_given: DELIVERIES,
        ..Default::default()
    };
    assert_eq!(counted, expected);
}
