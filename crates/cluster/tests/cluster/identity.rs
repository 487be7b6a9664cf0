//! The sandbox's identity: tokens verify with the published keys, keys stay, nobody else can read them.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use govshare_cluster::{AUDIENCE, GATEWAY, ISSUER, Identity, SERVICES, Seed};
use govshare_model::Role;
use govshare_model::id::UnitId;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    unit: String,
    roles: Vec<String>,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

fn unit(id: &str) -> UnitId {
    id.parse().expect("a slug")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn key_set(path: &Path) -> JwkSet {
    serde_json::from_str(&read(path)).expect("a key set")
}

fn verify(token: &str, keys: &JwkSet) -> Claims {
    let kid = jsonwebtoken::decode_header(token).expect("a token").kid.expect("a key id");
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("a published key")).expect("an Ed25519 key");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    jsonwebtoken::decode(token, &key, &validation).expect("it verifies").claims
}

#[test]
fn every_unit_has_a_token_per_role_that_verifies_and_names_a_person_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let seed = Seed::builtin();
    let identity = Identity::open(dir.path(), &seed).expect("a fresh identity");
    let keys = key_set(&identity.jwks());
    let mut people = BTreeSet::new();
    let mut expected = 0;
    for unit in &seed.units {
        let everyone = [Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
        for role in everyone.iter().chain(&unit.roles) {
            let claims = verify(&read(&identity.token_file(&unit.id, *role)), &keys);
            assert_eq!(
                (claims.unit.as_str(), claims.roles),
                (unit.id.as_str(), vec![role.as_str().to_owned()])
            );
            assert_eq!((claims.exp - claims.iat, claims.nbf), (30 * 24 * 3600, claims.iat));
            assert!(!claims.jti.is_empty());
            people.insert(claims.sub);
            expected += 1;
        }
    }
    assert_eq!(people.len(), expected, "no person has two roles");
    assert_eq!(std::fs::read_dir(identity.tokens_dir()).expect("a directory").count(), expected);
    for held in [
        "info-office.info-office",
        "baomiju.secrecy-bureau",
        "working-group.working-group",
        "zhengfuban.auditor",
    ] {
        assert!(people.contains(held), "{held}");
    }
}

#[test]
fn keys_are_kept_and_tokens_are_new_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let open = || Identity::open(dir.path(), &Seed::builtin()).expect("an identity");
    let snapshot = |identity: &Identity| {
        let jiaowei = unit("jiaowei");
        let kept = [identity.jwks(), identity.services_jwks(), identity.keys_dir().join("units/jiaowei.pem")];
        (kept.map(|path| read(&path)), read(&identity.token_file(&jiaowei, Role::Drafter)))
    };
    let (kept_before, token_before) = snapshot(&open());
    let (kept, token) = snapshot(&open());
    assert_eq!(kept, kept_before);
    assert_ne!(token, token_before);
}

#[test]
fn every_service_signs_with_a_key_published_under_its_sandbox_name() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = Identity::open(dir.path(), &Seed::builtin()).expect("an identity");
    let keys = key_set(&identity.services_jwks());
    assert_eq!(keys.keys.len(), SERVICES.len() + 1);
    for service in SERVICES.iter().chain([&GATEWAY]) {
        let pem = read(&identity.service_key_file(service.name));
        assert!(pem.starts_with(&format!("sandbox-{}\n", service.name)), "production knows it by this");
        let key = EncodingKey::from_ed_pem(pem.as_bytes()).expect("PKCS#8 PEM");
        let header =
            Header { kid: Some(format!("sandbox-{}", service.name)), ..Header::new(Algorithm::EdDSA) };
        let year_2100 = 4_102_444_800_i64;
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": service.name, "unit": "-", "roles": [],
            "iat": 0, "nbf": 0, "exp": year_2100, "jti": "1" });
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("it signs");
        assert_eq!(verify(&token, &keys).sub, service.name);
    }
    assert!(
        keys.keys.iter().all(|key| key
            .common
            .key_id
            .as_deref()
            .is_some_and(|kid| kid.starts_with("sandbox-")))
    );
}

#[test]
fn a_units_pem_file_signs_what_its_public_key_verifies() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = Identity::open(dir.path(), &Seed::builtin()).expect("an identity");
    let published = identity.unit_key(&unit("fagaiwei")).expect("it was made at the start");
    let pem = read(&identity.keys_dir().join("units/fagaiwei.pem"));
    assert_eq!(published.pem(), pem);
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair =
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&STANDARD.decode(body).expect("base64")).expect("PKCS#8");
    let signature = pair.sign("三方共享交换协议".as_bytes());
    let public = UnparsedPublicKey::new(&ED25519, published.public());
    public.verify("三方共享交换协议".as_bytes(), signature.as_ref()).expect("its own signature");

    let root = identity.info_office_root_key().expect("the info office has a key");
    let info_office = identity.unit_key(&unit("info-office")).expect("it was made at the start");
    assert_eq!(STANDARD.decode(root).expect("base64"), info_office.public());
}

#[test]
fn nobody_else_can_read_keys_and_tokens() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = Identity::open(dir.path(), &Seed::builtin()).expect("an identity");
    let mut folders = vec![identity.keys_dir().to_owned(), identity.tokens_dir().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a directory").map(|entry| entry.expect("readable")) {
            let metadata = entry.metadata().expect("it is there");
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", entry.path().display());
            if metadata.is_dir() { folders.push(entry.path()) } else { files += 1 }
        }
    }
    assert!(files > 100, "{files} files seen");
}

#[test]
fn a_damaged_key_is_named_and_not_replaced() {
    let dir = tempfile::tempdir().expect("a directory");
    let identity = Identity::open(dir.path(), &Seed::builtin()).expect("an identity");
    let file = identity.keys_dir().join("units/jiaowei.pem");
    std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").expect("ours");
    let error = Identity::open(dir.path(), &Seed::builtin()).err().expect("damaged").to_string();
    assert!(error.contains("units/jiaowei.pem"), "{error}");
    assert!(read(&file).contains("AAAA"));
}
