//! Tokens of people: OIDC-style JWTs (RFC 7519) that name subject, unit and roles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role, Subject};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::keys::KeySet;
use super::{LEEWAY_SECONDS, TokenError};
use crate::clock::real_seconds;
use crate::config::Identity;

const SHARDS: usize = 16;
const CACHED_PER_SHARD: usize = 1024;
const MAX_TOKEN_BYTES: usize = 8192;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    unit: String,
    #[serde(default)]
    roles: Vec<String>,
    exp: u64,
    /// Required, as `jsonwebtoken` checks its value only when it is there.
    #[serde(rename = "nbf")]
    _nbf: u64,
}

struct Verified {
    actor: Arc<Actor>,
    exp: u64,
    generation: u64,
}

type Shard = Mutex<HashMap<[u8; 32], Verified>>;

/// Verifies tokens of people; what was verified is remembered by the token's hash until it expires or the keys
/// change.
#[derive(Clone)]
pub struct PeopleTokens {
    keys: KeySet,
    issuer: Arc<str>,
    audience: Arc<str>,
    verified: Arc<[Shard; SHARDS]>,
}

impl PeopleTokens {
    pub fn new(identity: &Identity, keys: KeySet) -> Self {
        Self {
            keys,
            issuer: identity.issuer.as_str().into(),
            audience: identity.audience.as_str().into(),
            verified: Arc::new(std::array::from_fn(|_| Mutex::default())),
        }
    }

    /// The person whom `token` names.
    pub fn verify(&self, token: &str) -> Result<Arc<Actor>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid("too long"));
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        let shard = &self.verified[usize::from(hash[0]) % SHARDS];
        let generation = self.keys.generation();
        {
            let mut known = shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            match known.get(&hash) {
                Some(hit) if hit.generation != generation => {
                    known.remove(&hash);
                }
                Some(hit) if real_seconds() > hit.exp + LEEWAY_SECONDS => return Err(TokenError::Expired),
                Some(hit) => return Ok(Arc::clone(&hit.actor)),
                None => {}
            }
        }
        let (actor, exp, generation) = self.verify_afresh(token)?;
        let mut known = shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if known.len() >= CACHED_PER_SHARD {
            let now = real_seconds();
            known.retain(|_, hit| hit.exp > now && hit.generation == generation);
            if known.len() >= CACHED_PER_SHARD {
                known.clear();
            }
        }
        known.insert(hash, Verified { actor: Arc::clone(&actor), exp, generation });
        Ok(actor)
    }

    fn verify_afresh(&self, token: &str) -> Result<(Arc<Actor>, u64, u64), TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid("malformed"))?;
        // None is understood here (RFC 7515 section 4.1.11).
        if header.crit.is_some() {
            return Err(TokenError::Invalid("critical extensions"));
        }
        let kid = header.kid.ok_or(TokenError::Invalid("no key id"))?;
        let (key, generation) = self.keys.find(&kid).ok_or(TokenError::Invalid("unknown key id"))?;
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        let claims = decode::<Claims>(token, &key.key, &validation).map_err(token_error)?.claims;
        let sub = claims.sub.as_str();
        if sub.is_empty() || sub.len() > 200 || sub.trim() != sub || sub.contains(char::is_control) {
            return Err(TokenError::Invalid("sub"));
        }
        let unit: UnitId = claims.unit.parse().map_err(|_| TokenError::Invalid("unit"))?;
        let roles = claims.roles.iter().filter_map(|role| Role::from_text(role)).collect();
        Ok((Arc::new(Actor { subject: Subject(claims.sub), unit, roles }), claims.exp, generation))
    }
}

pub(super) fn token_error(error: jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::InvalidSignature => TokenError::Invalid("signature"),
        ErrorKind::InvalidAlgorithm => TokenError::Invalid("algorithm"),
        ErrorKind::InvalidIssuer => TokenError::Invalid("issuer"),
        ErrorKind::InvalidAudience => TokenError::Invalid("audience"),
        ErrorKind::ImmatureSignature => TokenError::Invalid("not yet valid"),
        _ => TokenError::Invalid("malformed or incomplete"),
    }
}
