//! Identity between services: a short-lived JWT signed by the calling service's own key, for one audience.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::keys::{KeySet, KeysError, SANDBOX_PREFIX};
use super::people::token_error;
use super::{LEEWAY_SECONDS, TokenError};
use crate::clock::real_seconds;
use crate::config::{Environment, ServiceIdentity};

/// Metadata that carries the calling service's token; `authorization` stays the person's.
pub const SERVICE_HEADER: &str = "govshare-service-authorization";
const LIFETIME_SECONDS: u64 = 300;
/// A token is replaced when less than this is left of it.
const RENEW_SECONDS: u64 = 120;

#[derive(Serialize, Deserialize)]
struct Claims {
    /// The calling service.
    sub: String,
    /// The called service.
    aud: String,
    iat: u64,
    nbf: u64,
    exp: u64,
}

/// What was verified, by token.
type Remembered = HashMap<Vec<u8>, Verified>;

#[derive(Clone)]
struct Verified {
    service: Arc<str>,
    exp: u64,
    /// Of the keys under which the token was believed.
    generation: u64,
}

/// Makes this service's tokens.
#[derive(Clone)]
pub struct ServiceSigner {
    service: &'static str,
    kid: Arc<str>,
    key: EncodingKey,
    made: Arc<Mutex<HashMap<&'static str, (HeaderValue, u64)>>>,
}

/// Verifies the others' tokens.
#[derive(Clone)]
pub struct ServiceTokens {
    service: &'static str,
    keys: KeySet,
    verified: Arc<RwLock<Remembered>>,
}

/// Why this service has no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("service_identity.key_file {path}: {problem}")]
    Key { path: String, problem: String },
    #[error(
        "service_identity.key_file {path}: service_identity.jwks has no key of {service} with this public key; \
         publish it there under the key id {service}, or {service}.2 and so on beside an older one, and start again"
    )]
    Unpublished { path: String, service: &'static str },
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// Reads key and JWKS of the configuration.
pub async fn load(
    service: &'static str,
    identity: &ServiceIdentity,
    environment: Environment,
) -> Result<(ServiceSigner, ServiceTokens), IdentityError> {
    let path = identity.key_file.display().to_string();
    let unusable = |problem: String| IdentityError::Key { path: path.clone(), problem };
    let pem = tokio::fs::read(&identity.key_file).await.map_err(|error| unusable(error.to_string()))?;
    // The sandbox writes its key ids before its keys, where base64 cannot have a hyphen.
    let sandbox = pem.windows(SANDBOX_PREFIX.len()).any(|text| text == SANDBOX_PREFIX.as_bytes());
    if sandbox && environment == Environment::Production {
        return Err(unusable("a sandbox key is not accepted in production".to_owned()));
    }
    let key = EncodingKey::from_ed_pem(&pem).map_err(|error| unusable(error.to_string()))?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.as_bytes())
        .map_err(|error| unusable(error.to_string()))?;
    let keys = KeySet::load(&identity.jwks.display().to_string(), environment).await?;
    let published = keys.ids_of(pair.public_key().as_ref());
    let kid = published.into_iter().find(|kid| service_of(kid) == service);
    let kid = kid.ok_or(IdentityError::Unpublished { path, service })?.into();
    let signer = ServiceSigner { service, kid, key, made: Arc::default() };
    Ok((signer, ServiceTokens { service, keys, verified: Arc::default() }))
}

impl ServiceSigner {
    /// Value of [`SERVICE_HEADER`] for calls to `audience`.
    pub fn header(&self, audience: &'static str) -> HeaderValue {
        let now = real_seconds();
        let mut made = self.made.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((value, exp)) = made.get(audience)
            && *exp > now + RENEW_SECONDS
        {
            return value.clone();
        }
        let exp = now + LIFETIME_SECONDS;
        let claims =
            Claims { sub: self.service.to_owned(), aud: audience.to_owned(), iat: now, nbf: now, exp };
        let header = Header { kid: Some(self.kid.to_string()), ..Header::new(Algorithm::EdDSA) };
        let token =
            encode(&header, &claims, &self.key).expect("claims are JSON and the key was read as Ed25519");
        let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a JWT is ASCII");
        made.insert(audience, (value.clone(), exp));
        value
    }

    /// HMAC-SHA256 under this service's key, in hex: one name for `text` at all its replicas, from which nobody else
    /// can find out what was named by trying.
    pub fn keyed_name(&self, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.as_bytes());
        hex::encode(hmac::sign(&key, text.as_bytes()))
    }
}

impl ServiceTokens {
    /// Name of the service that calls.
    pub fn verify(&self, token: &str) -> Result<Arc<str>, TokenError> {
        let known = {
            let verified = self.verified.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            verified.get(token.as_bytes()).cloned()
        };
        let now = real_seconds();
        if let Some(known) = known.filter(|known| known.generation == self.keys.generation()) {
            return if now > known.exp + LEEWAY_SECONDS {
                Err(TokenError::Expired)
            } else {
                Ok(known.service)
            };
        }
        let fresh = self.verify_afresh(token)?;
        let mut verified = self.verified.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        verified.retain(|_, old| old.exp > now && old.generation == fresh.generation);
        let service = Arc::clone(&fresh.service);
        verified.insert(token.as_bytes().to_vec(), fresh);
        Ok(service)
    }

    /// The keys, to be kept fresh.
    pub fn keys(&self) -> KeySet {
        self.keys.clone()
    }

    fn verify_afresh(&self, token: &str) -> Result<Verified, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid("malformed"))?;
        let kid = header.kid.ok_or(TokenError::Invalid("no key id"))?;
        let (key, generation) = self.keys.find(&kid).ok_or(TokenError::Invalid("unknown key id"))?;
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_audience(&[self.service]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "sub"]);
        let claims = decode::<Claims>(token, &key.key, &validation).map_err(token_error)?.claims;
        if service_of(&kid) != claims.sub {
            return Err(TokenError::Invalid("sub is not the key's service"));
        }
        let longest = LIFETIME_SECONDS + LEEWAY_SECONDS;
        if claims.iat > real_seconds() + LEEWAY_SECONDS || claims.exp.saturating_sub(claims.iat) > longest {
            return Err(TokenError::Invalid("lives too long"));
        }
        Ok(Verified { service: claims.sub.into(), exp: claims.exp, generation })
    }
}

/// A key speaks for the service it is named after: `catalog`, or `catalog.2` after a rotation.
fn service_of(kid: &str) -> &str {
    let named = kid.strip_prefix(SANDBOX_PREFIX).unwrap_or(kid);
    named.split_once('.').map_or(named, |(service, _)| service)
}
