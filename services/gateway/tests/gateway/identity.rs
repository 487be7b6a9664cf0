//! Who is believed, and what the services are told about who calls.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use service_kit::clock::real_seconds;
use tonic::Code;

use crate::city::{City, eventually, reason};
use crate::client::GET_UNIT;
use crate::keys::{Key, claims};
use crate::peer::{ECHO, Peer};

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims("jiaowei");
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims("jiaowei");
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_good_are_refused_each_with_its_reason() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let issuer = &city.keys.issuer;
    let now = real_seconds();

    let public_as_secret = Header { kid: Some(issuer.kid.clone()), ..Header::new(Algorithm::HS256) };
    let swapped = jsonwebtoken::encode(
        &public_as_secret,
        &claims("jiaowei"),
        &EncodingKey::from_secret(&issuer.public),
    );
    let none =
        format!("{}.{}.", encoded(&json!({"alg": "none", "kid": issuer.kid})), encoded(&claims("jiaowei")));
    let good = issuer.sign(&claims("jiaowei"));
    let mut parts: Vec<_> = good.split('.').map(str::to_owned).collect();
    parts[1] = encoded(&with("unit", json!("weijianwei")));
    let other_payload = parts.join(".");

    let bad = [
        ("expired", issuer.sign(&with("exp", json!(now - 60))), "TOKEN_EXPIRED"),
        ("not yet valid", issuer.sign(&with("nbf", json!(now + 60))), "TOKEN_INVALID"),
        ("another audience", issuer.sign(&with("aud", json!("others"))), "TOKEN_INVALID"),
        ("another issuer", issuer.sign(&with("iss", json!("https://others.example"))), "TOKEN_INVALID"),
        ("no unit", issuer.sign(&without("unit")), "TOKEN_INVALID"),
        ("bad unit", issuer.sign(&with("unit", json!("../etc"))), "TOKEN_INVALID"),
        ("no subject", issuer.sign(&without("sub")), "TOKEN_INVALID"),
        ("no expiry", issuer.sign(&without("exp")), "TOKEN_INVALID"),
        ("no nbf", issuer.sign(&without("nbf")), "TOKEN_INVALID"),
        (
            "a forger's key under the issuer's name",
            Key::new(&issuer.kid).sign(&claims("jiaowei")),
            "TOKEN_INVALID",
        ),
        ("an unknown key", Key::new("somebody").sign(&claims("jiaowei")), "TOKEN_INVALID"),
        ("another payload under a good signature", other_payload, "TOKEN_INVALID"),
        ("HS256 with the public key as secret", swapped.expect("encodes"), "TOKEN_INVALID"),
        ("algorithm none", none, "TOKEN_INVALID"),
        ("rubbish", "rubbish".to_owned(), "TOKEN_INVALID"),
        ("empty", String::new(), "TOKEN_INVALID"),
    ];
    for (what, token, wanted) in bad {
        let status = client.with_token(&token).unary(GET_UNIT, ECHO).await.expect_err(what);
        assert_eq!(
            (status.code(), reason(&status).0.as_str()),
            (Code::Unauthenticated, wanted),
            "{what}: {status:?}"
        );
    }
    for (what, client, wanted) in [
        ("missing", client.without_token(), "TOKEN_MISSING"),
        ("another scheme", client.with("authorization", "Basic dXNlcjpwYXNz"), "TOKEN_INVALID"),
    ] {
        let status = client.unary(GET_UNIT, ECHO).await.expect_err(what);
        assert_eq!(
            (status.code(), reason(&status).0.as_str()),
            (Code::Unauthenticated, wanted),
            "{what}: {status:?}"
        );
    }
    client.unary(GET_UNIT, ECHO).await.expect("the good one is accepted");
    assert_eq!(peer.seen().len(), 1, "none of the bad ones reached the peer");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_tokens_are_counted_by_their_kind() {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
    let provider =
        opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(exporter.expect("an exporter"));
    opentelemetry::global::set_meter_provider(provider.build());
    let counted = |kind: &str| {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == "govshare_auth_rejected_total");
        let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
        let of_it = metrics.iter().filter(|metric| {
            metric.get_label().iter().any(|label| label.name() == "error_type" && label.value() == kind)
        });
        of_it.map(|metric| metric.get_counter().get_value()).sum::<f64>()
    };
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let expired = city.keys.issuer.sign(&with("exp", json!(real_seconds() - 60)));
    for (kind, client) in [("expired", client.with_token(&expired)), ("missing", client.without_token())] {
        let before = counted(kind);
        for _ in 0..3 {
            client.unary(GET_UNIT, ECHO).await.expect_err(kind);
        }
        // Other tests of this program may be refused meanwhile.
        assert!(counted(kind) >= before + 3.0, "{kind}: {before} before, {} after", counted(kind));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_keys_are_followed_without_a_restart() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let old = city.drafter("jiaowei").await;
    old.unary(GET_UNIT, ECHO).await.expect("the first key is good");
    let next = Key::new("issuer-2");
    let new = old.with_token(&next.sign(&claims("jiaowei")));
    new.unary(GET_UNIT, ECHO).await.expect_err("not published yet");

    city.keys.publish(&[&city.keys.issuer, &next]);
    eventually("the new key is good", async || new.unary(GET_UNIT, ECHO).await.ok()).await;
    old.unary(GET_UNIT, ECHO).await.expect("the old key is good still");

    city.keys.publish(&[&next]);
    let status =
        eventually("the old key is no longer good", async || old.unary(GET_UNIT, ECHO).await.err()).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    new.unary(GET_UNIT, ECHO).await.expect("the new key is good still");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_identity_is_the_gateways_whatever_the_client_sends() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let lying = client
        .with("govshare-service-authorization", "Bearer stolen")
        .with("govshare-unit", "xinxiban")
        .with("proxy-authorization", "Basic x")
        .with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
        .with("x-own", "kept");
    lying.unary(GET_UNIT, ECHO).await.expect("a reply");
    client.unary(GET_UNIT, ECHO).await.expect("a reply");

    let seen = peer.seen();
    let header = |call: usize, name: &str| {
        let mut values = seen[call].headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("ASCII").to_owned());
        assert!(values.next().is_none(), "{name} comes once");
        value
    };
    for call in [0, 1] {
        let token = header(call, "govshare-service-authorization").expect("identifies itself");
        let payload = token.strip_prefix("Bearer ").and_then(|token| token.split('.').nth(1)).expect("a JWT");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
        let claims: Value = serde_json::from_slice(&payload).expect("JSON");
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("gateway"), &json!("catalog")));
        assert!(header(call, "authorization").expect("the person's").starts_with("Bearer ey"));
        assert_eq!(header(call, "govshare-unit"), None);
        assert_eq!(header(call, "proxy-authorization"), None);
        assert_eq!(header(call, "grpc-timeout").as_deref(), Some("30S"), "a deadline is added");
    }
    assert_eq!(header(0, "x-own").as_deref(), Some("kept"));
    let followed = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert_eq!(header(0, "traceparent").as_deref(), Some(followed));
    let begun = header(1, "traceparent").expect("a trace is begun");
    assert!(begun.len() == 55 && begun.starts_with("00-") && begun != followed, "{begun}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_told_once_of_a_sources_rejected_tokens_and_not_its_address_in_the_clear() {
    use govshare_proto::audit::internal::v1::AppendEventsRequest;
    use prost::Message;
    let peer = Peer::start("audit");
    let mut city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let expired = city.keys.issuer.sign(&with("exp", json!(real_seconds() - 60)));
    for _ in 0..3 {
        client.with_token(&expired).unary(GET_UNIT, ECHO).await.expect_err("expired");
    }
    client.without_token().unary(GET_UNIT, ECHO).await.expect_err("missing");
    drop(client);
    city.shutdown.cancel();
    (&mut city.serving).await.expect("ends well");

    let mut events = Vec::new();
    for call in peer.seen() {
        assert_eq!(call.path, "/govshare.audit.internal.v1.AuditIngestService/AppendEvents");
        events.extend(AppendEventsRequest::decode(call.first).expect("events").events);
    }
    // The minute may have turned in between: then there is one event for each.
    assert!((1..=2).contains(&events.len()), "{} events", events.len());
    let mut counts = std::collections::BTreeMap::new();
    for event in &events {
        let leaf: Value = serde_json::from_slice(&event.leaf).expect("JSON");
        assert!(!String::from_utf8_lossy(&event.leaf).contains("127.0.0.1"), "{leaf}");
        assert_eq!((&leaf["service"], &leaf["type"]), (&json!("gateway"), &json!("gateway.tokens-rejected")));
        assert_eq!(leaf["attributes"]["first_method"], json!("govshare.catalog.v1.UnitService/GetUnit"));
        for part in leaf["attributes"]["reasons"].as_str().expect("a text").split(", ") {
            let (reason, count) = part.split_once(": ").expect("reason and count");
            *counts.entry(reason.to_owned()).or_insert(0) += count.parse::<u32>().expect("a number");
        }
        let opening: service_kit::event::Disclosure =
            serde_json::from_slice(&event.disclosure).expect("JSON");
        assert_eq!(opening.subject, "127.0.0.1");
        let salted = [hex::decode(opening.salt).expect("hex"), b"127.0.0.1".to_vec()].concat();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &salted);
        assert_eq!(leaf["subject"], json!(hex::encode(digest)));
    }
    assert_eq!(counts, [("expired".to_owned(), 3), ("missing".to_owned(), 1)].into());
}
