//! Who is believed: services among themselves, people with their tokens, units with their keys.

use std::collections::BTreeSet;

use govshare_model::Role;
use govshare_proto::agreement::v1::DocumentKind;
use govshare_proto::audit::v1::{Event, ListEventsRequest};
use govshare_proto::catalog::v1::RevokeUnitKeyRequest;
use govshare_proto::exchange::v1::ListDeliveriesRequest;
use integration_tests::refusal::refused;
use integration_tests::steps::{key_id, request_id};
use integration_tests::{Platform, eventually};
use tonic::Code;
use tonic::transport::{Channel, ClientTlsConfig};

use crate::city::{City, Shape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_goes_through_with_mutual_tls_between_the_services_and_nobody_else_gets_in() {
    let city = City::start_with_mutual_tls().await;
    let (case, agreement_id) = city.agreed_case("fagaiwei", "jiaowei").await;
    let events = eventually("the audit has heard of the agreement", async || {
        let request = ListEventsRequest { case_id: case.id.clone(), ..Default::default() };
        let listed = city.info_office().audit().list_events(request).await;
        let events = listed.map_err(|status| status.to_string())?.into_inner().events;
        let heard = |event: &Event| event.r#type == "agreement.activated";
        if events.iter().any(heard) { Ok(events) } else { Err(format!("{} events", events.len())) }
    })
    .await;
    assert!(events.iter().any(|event| event.aggregate == format!("agreement/{agreement_id}")));

    for addresses in city.services.iter().filter(|(name, _)| **name != "gateway").map(|(_, at)| at) {
        let address = addresses[0].clone();
        let in_the_clear = address.replace("https://", "http://");
        for (address, tls) in
            [(in_the_clear, None), (address, Some(ClientTlsConfig::new().ca_certificate(city.authority())))]
        {
            let mut endpoint = Channel::from_shared(address.clone()).expect("an address");
            if let Some(tls) = tls {
                endpoint = endpoint.tls_config(tls).expect("a configuration");
            }
            let asked = async {
                let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
                let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
                let request = tonic_health::pb::HealthCheckRequest::default();
                health.check(request).await.map_err(|status| status.to_string())
            };
            assert!(asked.await.is_err(), "{address} answered somebody without a certificate");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_tokens_of_a_minute_stand_in_the_audit_as_one_event() {
    let city = City::start().await;
    for token in ["nonsense", "nonsense", ""] {
        let listed = city.bearer(token).exchange().list_deliveries(ListDeliveriesRequest::default()).await;
        assert_eq!(listed.expect_err("no good token").code(), Code::Unauthenticated);
    }
    city.travel_to(2026, 3, 4);
    let rejected = eventually("the audit has heard of the rejected tokens", async || {
        let listed = city.info_office().audit().list_events(ListEventsRequest::default()).await;
        let mut events = listed.map_err(|status| status.to_string())?.into_inner().events;
        events.retain(|event| event.r#type == "gateway.tokens-rejected");
        if events.is_empty() { Err("none yet".to_owned()) } else { Ok(events) }
    })
    .await;
    let [event] = &rejected[..] else { panic!("{} events for one source and minute", rejected.len()) };
    assert_eq!(event.service, "gateway");
    assert_eq!(event.attributes["reasons"], "malformed: 2, missing: 1");
    let leaf = String::from_utf8_lossy(&event.leaf);
    assert!(!leaf.contains("127.0.0.1"), "the leaf names no address: {leaf}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_tell_the_audit_once_of_a_source_and_minute() {
    let city = City::shaped(&Shape::from([("gateway", 2)])).await;
    let gateways: Vec<_> =
        city.services["gateway"].iter().map(|at| Platform::at(at, city.identity.clone())).collect();
    let reject = async |gateway: &Platform| {
        let request = ListDeliveriesRequest::default();
        let listed = gateway.bearer("nonsense").exchange().list_deliveries(request).await;
        assert_eq!(listed.expect_err("no good token").code(), Code::Unauthenticated);
    };
    reject(&gateways[0]).await;
    reject(&gateways[1]).await;
    // Each tells its minutes in their order: who has told a later one has told the first.
    city.travel_to(2026, 3, 4);
    reject(&gateways[0]).await;
    city.travel_to(2026, 3, 5);
    reject(&gateways[1]).await;
    city.travel_to(2026, 3, 6);
    let minutes = eventually("the audit has heard of the later minutes", async || {
        let listed = city.info_office().audit().list_events(ListEventsRequest::default()).await;
        let mut events = listed.map_err(|status| status.to_string())?.into_inner().events;
        events.retain(|event| event.r#type == "gateway.tokens-rejected");
        let minutes: Vec<_> = events.iter().map(|event| event.attributes["minute"].clone()).collect();
        let heard: BTreeSet<_> = minutes.iter().cloned().collect();
        if heard.len() == 3 { Ok(minutes) } else { Err(format!("of {heard:?}")) }
    })
    .await;
    assert_eq!(minutes.len(), 3, "one event for each minute: {minutes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_signs_nothing_and_what_it_signed_before_keeps_its_value() {
    let city = City::start().await;
    let case = city.consented_request("fagaiwei", "jiaowei").await;
    city.register_keys(&["fagaiwei", "jiaowei"]).await;
    let agreement_id = city.drafted_agreement(&case).await.agreement_id;
    city.sign(&agreement_id, "fagaiwei").await.expect("signed");

    let revoke = |unit: &str| {
        let key = city.identity.unit_key(&unit.parse().expect("a unit")).expect("a key");
        let mut signatory = city.person(unit, Role::Signatory).units();
        let request = RevokeUnitKeyRequest {
            key_id: key_id(&key.public()),
            reason: "密钥泄露".to_owned(),
            request_id: request_id(),
        };
        async move { signatory.revoke_unit_key(request).await.expect("revoked") }
    };
    revoke("fagaiwei").await;
    revoke("jiaowei").await;
    let signature = city.signature(&agreement_id, DocumentKind::Agreement, "jiaowei").await;
    let mut signatory = city.person("jiaowei", Role::Signatory).agreements();
    refused(signatory.sign_agreement(signature).await, Code::FailedPrecondition, "KEY_NOT_ACTIVE");

    let agreement = city.sign(&agreement_id, "info-office").await.expect("signed");
    let signed: Vec<_> = agreement.signatures.iter().map(|signature| signature.unit_id.as_str()).collect();
    assert_eq!(signed, ["fagaiwei", "info-office"]);
}
