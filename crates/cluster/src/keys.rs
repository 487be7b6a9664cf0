//! The sandbox's identity provider and key custody: a token issuer, a key per service, a signing key per unit.
//! Key ids, the files of the services' keys and passwords begin with `sandbox-`, which the services refuse outside
//! the sandbox.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use govshare_model::Role;
use govshare_model::id::UnitId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::database;
use crate::error::Error;
use crate::files;
use crate::seed_data::Seed;
use crate::services::{GATEWAY, SERVICES};

/// `iss` of the sandbox's tokens.
pub const ISSUER: &str = "govshare-sandbox";
/// `aud` of the sandbox's tokens.
pub const AUDIENCE: &str = "govshare";

const TOKEN_LIFETIME: Duration = Duration::days(30);
/// The roles that every unit has people for.
const EVERY_UNIT: [Role; 4] = [Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const INFO_OFFICE: &str = "info-office";

/// Keys under `<dir>/keys`, made once and kept, and tokens under `<dir>/tokens`, made anew at every start.
#[derive(Clone)]
pub struct Identity {
    keys: PathBuf,
    tokens: PathBuf,
    issuer_kid: String,
    issuer: EncodingKey,
}

/// An Ed25519 key in a PKCS#8 PEM file.
pub struct SigningKey {
    pem: String,
    public: [u8; 32],
    pair: Ed25519KeyPair,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    unit: &'a str,
    roles: Vec<&'static str>,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

impl Identity {
    /// Opens the identity in `dir` or makes what is missing of it.
    pub fn open(dir: &Path, seed: &Seed) -> Result<Identity, Error> {
        let (keys, tokens) = (dir.join("keys"), dir.join("tokens"));
        for private_dir in [&keys, &keys.join("services"), &keys.join("units"), &tokens] {
            files::make_dir(private_dir)?;
        }
        let issuer = SigningKey::open(&keys.join("issuer.pem"))?;
        let issuer_kid = format!("sandbox-issuer-{}", hex::encode(&issuer.public[..4]));
        write_jwks(&keys.join("jwks.json"), &[(issuer_kid.clone(), &issuer)])?;

        let mut services = Vec::new();
        for service in SERVICES.iter().chain([&GATEWAY]) {
            let kid = format!("sandbox-{}", service.name);
            let file = keys.join(format!("services/{}.pem", service.name));
            // Text before the key is allowed (RFC 7468, section 2).
            services.push((kid.clone(), SigningKey::open_with(&file, &format!("{kid}\n"))?));
        }
        let published: Vec<_> = services.iter().map(|(kid, key)| (kid.clone(), key)).collect();
        write_jwks(&keys.join("services-jwks.json"), &published)?;

        let issuer = EncodingKey::from_ed_pem(issuer.pem.as_bytes())?;
        let identity = Identity { keys, tokens, issuer_kid, issuer };
        for unit in &seed.units {
            identity.unit_key(&unit.id)?;
            for role in EVERY_UNIT.iter().chain(&unit.roles) {
                let token = identity.mint(&unit.id, *role)?;
                files::write(&identity.token_file(&unit.id, *role), token.as_bytes())?;
            }
        }
        Ok(identity)
    }

    pub fn keys_dir(&self) -> &Path {
        &self.keys
    }

    pub fn tokens_dir(&self) -> &Path {
        &self.tokens
    }

    /// JWKS of the token issuer.
    pub fn jwks(&self) -> PathBuf {
        self.keys.join("jwks.json")
    }

    /// JWKS of all services.
    pub fn services_jwks(&self) -> PathBuf {
        self.keys.join("services-jwks.json")
    }

    /// Private key with which `service` signs its own tokens.
    pub fn service_key_file(&self, service: &str) -> PathBuf {
        self.keys.join(format!("services/{service}.pem"))
    }

    /// The key with which `unit` signs agreements, made if it has none yet.
    pub fn unit_key(&self, unit: &UnitId) -> Result<SigningKey, Error> {
        SigningKey::open(&self.keys.join(format!("units/{unit}.pem")))
    }

    /// Public half of the info office's signing key, by which all other units' keys are countersigned.
    pub fn info_office_root_key(&self) -> Result<String, Error> {
        let unit = INFO_OFFICE.parse().expect("a slug");
        Ok(STANDARD.encode(self.unit_key(&unit)?.public))
    }

    /// The password of a service's database role, made once and kept.
    pub(crate) fn database_password(&self, role: &str) -> Result<String, Error> {
        let dir = self.keys.join("database");
        files::make_dir(&dir)?;
        files::read_or_make(&dir.join(role), database::password)
    }

    /// Where the token of a unit's person with this role lies: `<unit>.<role>.jwt`.
    pub fn token_file(&self, unit: &UnitId, role: Role) -> PathBuf {
        self.tokens.join(format!("{unit}.{}.jwt", role.as_str()))
    }

    /// A token for the one person of `unit` who has `role`: one person, one role, so that four eyes are four.
    pub fn mint(&self, unit: &UnitId, role: Role) -> Result<String, Error> {
        self.mint_for(unit, &format!("{unit}.{}", role.as_str()), &[role])
    }

    /// A token for any person: `subject` of `unit`, with `roles`.
    pub fn mint_for(&self, unit: &UnitId, subject: &str, roles: &[Role]) -> Result<String, Error> {
        #[allow(
            clippy::disallowed_methods,
            reason = "tokens live in real time, whatever a test's clock says"
        )]
        let now = OffsetDateTime::now_utc();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: subject,
            unit: unit.as_str(),
            roles: roles.iter().map(|role| role.as_str()).collect(),
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + TOKEN_LIFETIME).unix_timestamp(),
            jti: Uuid::now_v7(),
        };
        let header = Header { kid: Some(self.issuer_kid.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.issuer)?)
    }
}

impl SigningKey {
    fn open(path: &Path) -> Result<SigningKey, Error> {
        Self::open_with(path, "")
    }

    /// As `open`; a file that is made begins with `explanation`.
    fn open_with(path: &Path, explanation: &str) -> Result<SigningKey, Error> {
        let pem = files::read_or_make(path, || {
            let key =
                Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).map_err(|_| Error::Randomness)?;
            Ok(format!("{explanation}{}", to_pem(key.as_ref())))
        })?;
        let bad = |why: &str| Error::BadKey { path: path.to_owned(), why: why.to_owned() };
        let der = from_pem(&pem).ok_or_else(|| bad("not a PEM file of a private key"))?;
        let key =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|error| bad(&error.to_string()))?;
        let public = key.public_key().as_ref().try_into().map_err(|_| bad("not an Ed25519 key"))?;
        Ok(SigningKey { pem, public, pair: key })
    }

    /// The raw public key of RFC 8032.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Ed25519 signature, 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// PKCS#8, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "\n-----END PRIVATE KEY-----\n";

/// An Ed25519 key of PKCS#8 v1 has 48 bytes: 64 characters, one line of RFC 7468.
fn to_pem(der: &[u8]) -> String {
    format!("{PEM_BEGIN}{}{PEM_END}", STANDARD.encode(der))
}

fn from_pem(pem: &str) -> Option<Vec<u8>> {
    STANDARD.decode(pem.split_once(PEM_BEGIN)?.1.strip_suffix(PEM_END)?).ok()
}

/// RFC 7517 with the key type of RFC 8037.
fn write_jwks(path: &Path, keys: &[(String, &SigningKey)]) -> Result<(), Error> {
    let jwk = |(kid, key): &(String, &SigningKey)| {
        let x = URL_SAFE_NO_PAD.encode(key.public);
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
    };
    let set = json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() });
    files::write(path, format!("{set:#}\n").as_bytes())
}
