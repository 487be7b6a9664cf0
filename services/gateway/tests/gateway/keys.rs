//! An issuer of people's tokens and the keys of services, in a directory of the test's own.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use service_kit::clock::real_seconds;

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "govshare";

/// An Ed25519 key with its id.
pub struct Key {
    pub kid: String,
    pub public: Vec<u8>,
    pem: String,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("random numbers");
        let der = pair.to_pkcs8v1().expect("a key has a form");
        let body = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        Self { kid: kid.to_owned(), public: pair.public_key().as_ref().to_vec(), pem }
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": URL_SAFE_NO_PAD.encode(&self.public) })
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let key = EncodingKey::from_ed_pem(self.pem.as_bytes()).expect("our own PEM");
        jsonwebtoken::encode(&header, claims, &key).expect("claims are JSON")
    }
}

/// Claims that are accepted as they stand.
pub fn claims(unit: &str) -> Value {
    let now = real_seconds();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": format!("{unit}.drafter"), "unit": unit, "roles": ["drafter"],
        "nbf": now - 60, "exp": now + 600,
    })
}

/// The files that a gateway reads.
pub struct KeyFiles {
    dir: tempfile::TempDir,
    pub issuer: Key,
}

impl KeyFiles {
    pub fn new() -> Self {
        let files = Self { dir: tempfile::tempdir().expect("a directory"), issuer: Key::new("issuer-1") };
        files.publish(&[&files.issuer]);
        let gateway = Key::new("gateway");
        write(&files.gateway_key(), &gateway.pem);
        write_jwks(&files.services_jwks(), &[&gateway]);
        files
    }

    /// Makes these the issuer's keys.
    pub fn publish(&self, keys: &[&Key]) {
        let fresh = self.dir.path().join("jwks.json.new");
        write_jwks(&fresh, keys);
        std::fs::rename(fresh, self.jwks()).expect("a file of ours");
    }

    pub fn jwks(&self) -> PathBuf {
        self.dir.path().join("jwks.json")
    }

    pub fn gateway_key(&self) -> PathBuf {
        self.dir.path().join("gateway.pem")
    }

    pub fn services_jwks(&self) -> PathBuf {
        self.dir.path().join("services-jwks.json")
    }

    pub fn token(&self, unit: &str) -> String {
        self.issuer.sign(&claims(unit))
    }
}

fn write_jwks(path: &Path, keys: &[&Key]) {
    let set = json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() });
    write(path, &set.to_string());
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file of ours");
}
