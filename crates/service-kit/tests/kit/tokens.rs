//! Tokens of people and services: what is believed, what not, and keys that rotate while the service runs.

use std::path::Path;
use std::time::Duration;

use govshare_cluster::{AUDIENCE, ISSUER, Identity, Seed};
use govshare_model::Role;
use govshare_model::id::UnitId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use service_kit::auth::TokenError;
use service_kit::auth::keys::KeySet;
use service_kit::auth::people::PeopleTokens;
use service_kit::auth::services;
use service_kit::clock::real_seconds;
use service_kit::config::{self, Environment, ServiceIdentity};
use tokio_util::sync::CancellationToken;

async fn people(identity: &Identity) -> (PeopleTokens, KeySet) {
    let config = config::Identity {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        jwks: identity.jwks().to_string_lossy().into_owned(),
        refresh_seconds: 1,
    };
    let keys = KeySet::load(&config.jwks, Environment::Sandbox).await.expect("the sandbox's keys");
    (PeopleTokens::new(&config, keys.clone()), keys)
}

fn unit() -> UnitId {
    "jiaowei".parse().expect("a unit")
}

fn identity(dir: &Path) -> Identity {
    Identity::open(dir, &Seed::builtin()).expect("an identity")
}

/// A token with other claims or another header than the sandbox would give, signed by the sandbox's issuer.
fn forged(dir: &Path, identity: &Identity, change: impl FnOnce(&mut Header, &mut Value)) -> String {
    let jwks: Value = serde_json::from_slice(&std::fs::read(identity.jwks()).expect("a JWKS")).expect("JSON");
    let mut header =
        Header { kid: jwks["keys"][0]["kid"].as_str().map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
    let now = real_seconds();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "wang", "unit": "jiaowei", "roles": ["drafter"],
        "iat": now, "nbf": now, "exp": now + 600,
    });
    change(&mut header, &mut claims);
    let pem = std::fs::read(dir.join("keys/issuer.pem")).expect("the issuer's key");
    let key = match header.alg {
        Algorithm::HS256 => EncodingKey::from_secret(&std::fs::read(identity.jwks()).expect("a JWKS")),
        _ => EncodingKey::from_ed_pem(&pem).expect("an Ed25519 key"),
    };
    jsonwebtoken::encode(&header, &claims, &key).expect("a token")
}

#[tokio::test]
async fn a_token_of_the_issuer_names_subject_unit_and_known_roles() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = identity(dir.path());
    let (people, _) = people(&identity).await;
    let token = forged(dir.path(), &identity, |_, claims| claims["roles"] = json!(["drafter", "emperor"]));
    for _ in 0..2 {
        let actor = people.verify(&token).expect("believed, afresh and from memory");
        assert_eq!((actor.subject.as_str(), &actor.unit), ("wang", &unit()));
        assert_eq!(actor.roles.iter().collect::<Vec<_>>(), [Role::Drafter]);
    }
}

#[tokio::test]
async fn expired_forged_foreign_and_algorithm_swapped_tokens_are_not_believed() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = identity(dir.path());
    let (people, _) = people(&identity).await;
    let now = real_seconds();
    let good = forged(dir.path(), &identity, |_, _| {});
    let (signed, _) = good.rsplit_once('.').expect("a signature");
    let cases: Vec<(String, TokenError)> = vec![
        (forged(dir.path(), &identity, |_, claims| claims["exp"] = json!(now - 6)), TokenError::Expired),
        (
            forged(dir.path(), &identity, |_, claims| claims["nbf"] = json!(now + 60)),
            TokenError::Invalid("not yet valid"),
        ),
        (
            forged(dir.path(), &identity, |_, claims| claims["aud"] = json!("other")),
            TokenError::Invalid("audience"),
        ),
        (
            forged(dir.path(), &identity, |_, claims| claims["iss"] = json!("other")),
            TokenError::Invalid("issuer"),
        ),
        (
            forged(dir.path(), &identity, |_, claims| claims["unit"] = json!("No Unit")),
            TokenError::Invalid("unit"),
        ),
        (
            forged(dir.path(), &identity, |header, _| header.alg = Algorithm::HS256),
            TokenError::Invalid("algorithm"),
        ),
        (
            forged(dir.path(), &identity, |_, claims| claims["sub"] = json!("wang\0")),
            TokenError::Invalid("sub"),
        ),
        (
            forged(dir.path(), &identity, |_, claims| claims["sub"] = json!("wang ")),
            TokenError::Invalid("sub"),
        ),
        (
            forged(dir.path(), &identity, |header, _| header.crit = Some(vec!["x".to_owned()])),
            TokenError::Invalid("critical extensions"),
        ),
        (forged(dir.path(), &identity, |header, _| header.kid = None), TokenError::Invalid("no key id")),
        (
            forged(dir.path(), &identity, |header, _| header.kid = Some("x".to_owned())),
            TokenError::Invalid("unknown key id"),
        ),
        (format!("{signed}.{}", "A".repeat(86)), TokenError::Invalid("signature")),
        ("nonsense".to_owned(), TokenError::Invalid("malformed")),
        ("x".repeat(9000), TokenError::Invalid("too long")),
    ];
    for (token, expected) in cases {
        assert_eq!(people.verify(&token).expect_err("not believed"), expected);
    }
    for missing in ["exp", "nbf", "iss", "aud", "sub", "unit"] {
        let token = forged(dir.path(), &identity, |_, claims| {
            claims.as_object_mut().expect("claims").remove(missing);
        });
        people.verify(&token).expect_err(missing);
    }
}

#[tokio::test]
async fn a_new_key_is_found_without_a_restart_and_a_removed_one_is_forgotten() {
    let (old_dir, new_dir) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (old, new) = (identity(old_dir.path()), identity(new_dir.path()));
    let (people, keys) = people(&old).await;
    let stop = CancellationToken::new();
    tokio::spawn(keys.clone().keep_fresh(Duration::from_millis(20), stop.clone()));
    let (before, after) = (old.mint(&unit(), Role::Drafter), new.mint(&unit(), Role::Drafter));
    let (before, after) = (before.expect("a token"), after.expect("a token"));
    people.verify(&before).expect("believed");
    people.verify(&after).expect_err("nobody's key yet");

    std::fs::copy(new.jwks(), old.jwks()).expect("the issuer rotates");
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while people.verify(&after).is_err() {
        assert!(std::time::Instant::now() < deadline, "the new key was not read");
        tokio::task::yield_now().await;
    }
    assert_eq!(people.verify(&before).expect_err("its key is gone"), TokenError::Invalid("unknown key id"));
    stop.cancel();
}

#[tokio::test]
async fn production_does_not_start_with_a_sandbox_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let jwks = identity(dir.path()).jwks().to_string_lossy().into_owned();
    let Err(error) = KeySet::load(&jwks, Environment::Production).await else {
        panic!("a sandbox key was accepted")
    };
    assert!(error.to_string().contains("sandbox key"), "{error}");
}

#[tokio::test]
async fn a_service_is_believed_only_with_its_own_key_and_for_its_audience() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = identity(dir.path());
    let load = async |service: &'static str| {
        let files =
            ServiceIdentity { key_file: identity.service_key_file(service), jwks: identity.services_jwks() };
        services::load(service, &files, Environment::Sandbox).await.expect("an identity")
    };
    let (gateway, _) = load("gateway").await;
    let (exchange, _) = load("exchange").await;
    let (_, catalog) = load("catalog").await;
    let token =
        |value: http::HeaderValue| value.to_str().expect("ASCII").trim_start_matches("Bearer ").to_owned();
    assert_eq!(&*catalog.verify(&token(gateway.header("catalog"))).expect("believed"), "gateway");
    assert_eq!(&*catalog.verify(&token(exchange.header("catalog"))).expect("believed"), "exchange");
    let elsewhere = catalog.verify(&token(gateway.header("audit"))).expect_err("for another audience");
    assert_eq!(elsewhere, TokenError::Invalid("audience"));
    let person = identity.mint(&unit(), Role::Drafter).expect("a token");
    catalog.verify(&person).expect_err("a person is no service");
}
