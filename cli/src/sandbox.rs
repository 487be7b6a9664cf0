//! The sandbox on this machine as its users see it: endpoint, people's tokens, units' signing keys.

use std::path::{Path, PathBuf};

use govshare_cluster::{AUDIENCE, ISSUER, SandboxFile};
use govshare_model::Role;
use govshare_model::id::UnitId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::failure::Failure;

/// Keys and tokens of a sandbox, running or not.
pub struct Sandbox {
    /// Endpoint of its gateway; `None` while it does not run.
    pub gateway: Option<String>,
    keys: PathBuf,
    tokens: PathBuf,
}

/// The sandbox's token issuer.
pub struct Issuer {
    kid: String,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    unit: &'a str,
    roles: Vec<&'a str>,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
}

impl Sandbox {
    /// The sandbox whose state is in `dir`.
    pub fn at(dir: &Path) -> Sandbox {
        SandboxFile::read(dir).map_or_else(
            || Sandbox { gateway: None, keys: dir.join("keys"), tokens: dir.join("tokens") },
            Sandbox::running,
        )
    }

    /// A sandbox that runs.
    pub fn running(file: SandboxFile) -> Sandbox {
        Sandbox { gateway: Some(file.gateway), keys: file.keys, tokens: file.tokens }
    }

    /// Where the key lies with which `unit` signs.
    pub fn unit_key(&self, unit: &UnitId) -> PathBuf {
        self.keys.join(format!("units/{unit}.pem"))
    }

    /// The token of the unit's person with this role: the one that lies ready, or a new one.
    pub fn token(&self, unit: &UnitId, role: Role) -> Result<String, Failure> {
        let ready = self.tokens.join(format!("{unit}.{}.jwt", role.as_str()));
        match std::fs::read_to_string(ready) {
            Ok(token) => Ok(token.trim().to_owned()),
            Err(_) => self.issuer()?.mint(&person(unit, role), unit, &[role], Duration::days(1)),
        }
    }

    pub fn issuer(&self) -> Result<Issuer, Failure> {
        let (key, jwks) = (self.keys.join("issuer.pem"), self.keys.join("jwks.json"));
        let missing = |path: &Path, problem: &dyn std::fmt::Display| {
            Failure::file("read", path, format!("{problem}; is there a sandbox (`make run`)? See --dir"))
        };
        let pem = std::fs::read(&key).map_err(|error| missing(&key, &error))?;
        let published = std::fs::read_to_string(&jwks).map_err(|error| missing(&jwks, &error))?;
        let set: Jwks =
            serde_json::from_str(&published).map_err(|error| Failure::file("read", &jwks, error))?;
        let kid = set.keys.into_iter().next().map(|jwk| jwk.kid);
        Ok(Issuer {
            kid: kid.ok_or_else(|| Failure::file("read", &jwks, "it holds no key"))?,
            key: EncodingKey::from_ed_pem(&pem).map_err(|error| Failure::file("read", &key, error))?,
        })
    }
}

/// How the sandbox calls the one person of a unit with this role.
pub fn person(unit: &UnitId, role: Role) -> String {
    format!("{unit}.{}", role.as_str())
}

impl Issuer {
    /// The same in name with another key (PKCS#8 DER): whatever it mints is forged.
    pub fn forged(&self, other_key: &[u8]) -> Issuer {
        Issuer { kid: self.kid.clone(), key: EncodingKey::from_ed_der(other_key) }
    }

    /// A token for `subject` of `unit`, good from now for `lifetime`.
    pub fn mint(
        &self,
        subject: &str,
        unit: &UnitId,
        roles: &[Role],
        lifetime: Duration,
    ) -> Result<String, Failure> {
        #[allow(clippy::disallowed_methods, reason = "tokens live in real time")]
        let now = OffsetDateTime::now_utc();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: subject,
            unit: unit.as_str(),
            roles: roles.iter().map(|role| role.as_str()).collect(),
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + lifetime).unix_timestamp(),
            jti: Uuid::now_v7(),
        };
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(Failure::local)
    }
}
