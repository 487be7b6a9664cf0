//! What exactly is signed, and the check of a signature with the key of a unit.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use govshare_model::id::UnitId;
use time::OffsetDateTime;

use crate::agreement::{DocumentKind, Rejection, Signature};
use crate::document::sha256;

/// The one algorithm, as contracts name it (RFC 8032).
pub const ED25519_NAME: &str = "ed25519";

/// A unit's key as the register knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    pub unit: UnitId,
    pub algorithm: String,
    /// Raw, 32 bytes for ed25519.
    pub public_key: Vec<u8>,
    /// Countersigned, not replaced, not revoked.
    pub active: bool,
}

/// A signature that was verified over a document's bytes; only [`verify`] makes one, and an agreement takes nothing
/// else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    kind: DocumentKind,
    document_sha256: String,
    unit: UnitId,
    key: String,
    bytes: Vec<u8>,
}

impl Verified {
    pub(crate) fn document_sha256(&self) -> &str {
        &self.document_sha256
    }

    pub(crate) fn signature(&self, at: OffsetDateTime) -> Signature {
        Signature {
            kind: self.kind,
            unit: self.unit.clone(),
            key: self.key.clone(),
            bytes: self.bytes.clone(),
            at,
        }
    }
}

/// The bytes that a party signs: type and algorithm before the document, so that a signature counts for nothing
/// else.
pub fn signing_input(kind: DocumentKind, algorithm: &str, document: &[u8]) -> Vec<u8> {
    let mut input = format!("govshare/{}/v1\n{algorithm}\n", kind.as_str()).into_bytes();
    input.extend_from_slice(document);
    input
}

/// Checks `bytes` as `unit`'s signature over a document.
///
/// # Errors
/// [`Rejection::KeyNotActive`] where the key is not an active one of the unit, [`Rejection::SignatureInvalid`] where
/// it does not verify.
pub fn verify(
    kind: DocumentKind,
    document: &[u8],
    unit: &UnitId,
    key: &Key,
    bytes: Vec<u8>,
) -> Result<Verified, Rejection> {
    if !key.active || key.unit != *unit || key.algorithm != ED25519_NAME {
        return Err(Rejection::KeyNotActive);
    }
    let input = signing_input(kind, ED25519_NAME, document);
    UnparsedPublicKey::new(&ED25519, &key.public_key)
        .verify(&input, &bytes)
        .map_err(|_| Rejection::SignatureInvalid)?;
    Ok(Verified { kind, document_sha256: sha256(document), unit: unit.clone(), key: key.id.clone(), bytes })
}
