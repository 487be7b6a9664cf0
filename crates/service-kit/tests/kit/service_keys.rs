//! Keys of services: rotated as the operators' guide says, revoked by taking them out of the JWKS, and never good for
//! longer than a service asks for; a sandbox's private key does not serve in production.

use std::path::{Path, PathBuf};
use std::time::Duration;

use govshare_cluster::{Identity, Seed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use service_kit::auth::TokenError;
use service_kit::auth::services::{self, IdentityError, ServiceSigner, ServiceTokens};
use service_kit::clock::real_seconds;
use service_kit::config::{Environment, ServiceIdentity};
use tokio_util::sync::CancellationToken;

/// Two generations of every service's key, and the JWKS that the services read.
struct Custody {
    _dir: tempfile::TempDir,
    old: Identity,
    new: Identity,
    jwks: PathBuf,
}

impl Custody {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let open = |name| Identity::open(&dir.path().join(name), &Seed::builtin()).expect("an identity");
        let (old, new, jwks) = (open("old"), open("new"), dir.path().join("published.json"));
        Self { _dir: dir, old, new, jwks }
    }

    /// Publishes the services' `old` keys or not, and `gateway`'s new one under the id `gateway.2`.
    fn publish(&self, old: impl Fn(&str) -> bool, new: bool) {
        let read = |identity: &Identity| -> Vec<Value> {
            let bytes = std::fs::read(identity.services_jwks()).expect("a JWKS");
            let set: Value = serde_json::from_slice(&bytes).expect("JSON");
            set["keys"].as_array().expect("keys").clone()
        };
        let mut keys = read(&self.old);
        keys.retain(|key| old(key["kid"].as_str().expect("an id")));
        let mut rotated = read(&self.new);
        rotated.retain(|key| new && key["kid"] == "sandbox-gateway");
        for mut key in rotated {
            key["kid"] = json!("gateway.2");
            keys.push(key);
        }
        let fresh = self.jwks.with_extension("new");
        std::fs::write(&fresh, json!({ "keys": keys }).to_string()).expect("a file of ours");
        std::fs::rename(fresh, &self.jwks).expect("a file of ours");
    }

    async fn load(
        &self,
        service: &'static str,
        key_file: PathBuf,
    ) -> Result<(ServiceSigner, ServiceTokens), IdentityError> {
        let files = ServiceIdentity { key_file, jwks: self.jwks.clone() };
        services::load(service, &files, Environment::Sandbox).await
    }

    async fn catalog(&self) -> ServiceTokens {
        self.load("catalog", self.old.service_key_file("catalog")).await.expect("an identity").1
    }
}

fn token(signer: &ServiceSigner) -> String {
    let value = signer.header("catalog");
    value.to_str().expect("ASCII").trim_start_matches("Bearer ").to_owned()
}

#[tokio::test]
async fn a_service_rotates_its_key_and_the_removed_one_is_no_longer_believed() {
    let keys = Custody::new();
    keys.publish(|_| true, false);
    let (before, _) = keys.load("gateway", keys.old.service_key_file("gateway")).await.expect("an identity");
    let Err(error) = keys.load("gateway", keys.new.service_key_file("gateway")).await else {
        panic!("a service started with a key that nobody knows")
    };
    assert!(error.to_string().contains("under the key id gateway, or gateway.2"), "{error}");

    keys.publish(|_| true, true);
    let (after, _) = keys.load("gateway", keys.new.service_key_file("gateway")).await.expect("an identity");
    let catalog = keys.catalog().await;
    let (before, after) = (token(&before), token(&after));
    for token in [&before, &after] {
        assert_eq!(&*catalog.verify(token).expect("both are published"), "gateway");
    }

    keys.publish(|kid| kid != "sandbox-gateway", true);
    let stop = CancellationToken::new();
    tokio::spawn(catalog.keys().keep_fresh(Duration::from_millis(20), stop.clone()));
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let refused = loop {
        match catalog.verify(&before) {
            Err(refused) => break refused,
            Ok(_) => assert!(std::time::Instant::now() < deadline, "a revoked key is still believed"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(refused, TokenError::Invalid("unknown key id"));
    assert_eq!(&*catalog.verify(&after).expect("its key stays"), "gateway");
    stop.cancel();
}

#[tokio::test]
async fn another_services_key_is_not_ones_own() {
    let keys = Custody::new();
    keys.publish(|_| true, false);
    let Err(error) = keys.load("exchange", keys.old.service_key_file("gateway")).await else {
        panic!("exchange started with the key of gateway")
    };
    assert!(matches!(error, IdentityError::Unpublished { service: "exchange", .. }), "{error}");
}

fn signed(key_file: &Path, lives: u64, issued: u64) -> String {
    let key = EncodingKey::from_ed_pem(&std::fs::read(key_file).expect("a key")).expect("an Ed25519 key");
    let header = Header { kid: Some("sandbox-gateway".to_owned()), ..Header::new(Algorithm::EdDSA) };
    let claims = json!({
        "sub": "gateway", "aud": "catalog", "iat": issued, "nbf": real_seconds(), "exp": issued + lives,
    });
    jsonwebtoken::encode(&header, &claims, &key).expect("a token")
}

#[tokio::test]
async fn a_services_token_that_lives_longer_than_services_ask_for_is_not_believed() {
    let keys = Custody::new();
    keys.publish(|_| true, false);
    let catalog = keys.catalog().await;
    let (file, now) = (keys.old.service_key_file("gateway"), real_seconds());
    assert_eq!(&*catalog.verify(&signed(&file, 300, now)).expect("as long as they ask for"), "gateway");
    for (lives, issued) in [(306, now), (86_400, now), (300, now + 3600)] {
        let refused = catalog.verify(&signed(&file, lives, issued)).expect_err("too long");
        assert_eq!(refused, TokenError::Invalid("lives too long"));
    }
}

#[tokio::test]
async fn production_refuses_a_sandboxs_private_key_even_when_it_is_published_under_a_real_name() {
    let keys = Custody::new();
    keys.publish(|_| false, true);
    let pem = std::fs::read_to_string(keys.new.service_key_file("gateway")).expect("a key");
    let load = async |pem: &str| {
        let key_file = keys.jwks.with_extension("pem");
        std::fs::write(&key_file, pem).expect("a file of ours");
        let files = ServiceIdentity { key_file, jwks: keys.jwks.clone() };
        services::load("gateway", &files, Environment::Production).await.map(drop)
    };
    let refused = load(&pem).await.expect_err("a sandbox key").to_string();
    assert!(refused.contains("sandbox key"), "{refused}");
    let (_, unmarked) = pem.split_once('\n').expect("the mark has a line of its own");
    load(unmarked).await.expect("the mark alone was in the way");
}

#[tokio::test]
async fn what_a_service_names_by_its_key_has_one_name_at_all_its_replicas_and_no_other_service_finds_it() {
    let keys = Custody::new();
    keys.publish(|_| true, false);
    let load = async |service| {
        let loaded = keys.load(service, keys.old.service_key_file(service)).await;
        loaded.expect("an identity").0
    };
    let name = load("gateway").await.keyed_name("minute 1, source 192.0.2.1");
    assert_eq!(load("gateway").await.keyed_name("minute 1, source 192.0.2.1"), name);
    assert_ne!(load("gateway").await.keyed_name("minute 2, source 192.0.2.1"), name);
    assert_ne!(load("catalog").await.keyed_name("minute 1, source 192.0.2.1"), name);
}
