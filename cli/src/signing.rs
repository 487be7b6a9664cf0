//! Units' signing keys (Ed25519 in PKCS#8 PEM files) and the exact bytes that are signed with them.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use govshare_proto::agreement::v1::DocumentKind;

use crate::failure::Failure;

/// The only algorithm that units sign with (RFC 8032).
pub const ALGORITHM: &str = "ed25519";

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A unit's private key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    pub fn read(path: &Path) -> Result<SigningKey, Failure> {
        let pem = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?;
        SigningKey::from_pem(&pem)
            .ok_or_else(|| Failure::file("use", path, "it is no Ed25519 private key in a PKCS#8 PEM file"))
    }

    /// Makes a new key in a new file that only its owner can read.
    pub fn create(path: &Path) -> Result<SigningKey, Failure> {
        let key = Ed25519KeyPair::generate().and_then(|key| Ok((key.to_pkcs8v1()?, key)));
        let (der, key) = key.map_err(|_| Failure::local("the system gives no random numbers"))?;
        let pem = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der.as_ref()));
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(pem.as_bytes()))
            .map_err(|error| Failure::file("write", path, error))?;
        Ok(SigningKey(key))
    }

    fn from_pem(pem: &str) -> Option<SigningKey> {
        let body: String = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?.split_whitespace().collect();
        let der = STANDARD.decode(body).ok()?;
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok().map(SigningKey)
    }

    /// 32 bytes.
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// The id that the register of units gives this key.
    pub fn key_id(&self) -> String {
        key_id(self.public())
    }

    /// 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// Lower-case hexadecimal SHA-256 of a raw public key.
pub fn key_id(public: &[u8]) -> String {
    hex::encode(digest(&SHA256, public))
}

/// What the info office signs when it countersigns a unit's key; see CountersignUnitKey.
pub fn key_statement(unit_id: &str, public: &[u8]) -> Vec<u8> {
    format!("govshare/unit-key/v1\n{unit_id}\n{ALGORITHM}\n{}\n", hex::encode(public)).into_bytes()
}

/// What a party signs of a document; see AgreementService.
pub fn document_statement(kind: DocumentKind, document: &[u8]) -> Vec<u8> {
    let name = match kind {
        DocumentKind::Confidentiality => "confidentiality",
        DocumentKind::Agreement | DocumentKind::Unspecified => "agreement",
    };
    let mut statement = format!("govshare/{name}/v1\n{ALGORITHM}\n").into_bytes();
    statement.extend_from_slice(document);
    statement
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_new_key_is_read_back_and_verifies_what_it_signs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("unit.pem");
        let made = SigningKey::create(&path).expect("a new file");
        let read = SigningKey::read(&path).expect("written");
        assert_eq!((made.public(), made.key_id()), (read.public(), read.key_id()));
        let statement = key_statement("jiaowei", read.public());
        let signature = read.sign(&statement);
        let public = UnparsedPublicKey::new(&ED25519, made.public());
        public.verify(&statement, &signature).expect("our own signature");
        assert!(public.verify(&key_statement("weishengju", made.public()), &signature).is_err());
        assert!(SigningKey::create(&path).is_err(), "a key is never written over");
    }

    #[test]
    fn signed_bytes_name_their_type_and_algorithm() {
        assert_eq!(key_statement("ab", &[0xAB, 1]), b"govshare/unit-key/v1\nab\ned25519\nab01\n");
        let signed = document_statement(DocumentKind::Confidentiality, b"text");
        assert_eq!(signed, b"govshare/confidentiality/v1\ned25519\ntext");
        assert_eq!(document_statement(DocumentKind::Agreement, b""), b"govshare/agreement/v1\ned25519\n");
    }

    #[test]
    fn what_is_no_key_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.pem");
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
            .expect("disk");
        let failure = SigningKey::read(&path).err().expect("no key").to_string();
        assert!(failure.contains("other.pem") && failure.contains("Ed25519"), "{failure}");
    }
}
