//! Raw Ed25519 public keys (RFC 8032) and the ids they are known by.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

/// Lower-case hexadecimal SHA-256 of the raw public key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

/// A public key that a signature can depend on: of 32 bytes, encoded as RFC 8032 says, not of small order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Why bytes or text are not a key or the id of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("must have 32 bytes, has {0} / 公钥须为32字节")]
    Length(usize),
    #[error("is not a point encoded as RFC 8032 says / 公钥编码无效")]
    Encoding,
    #[error("is of small order: signatures would hold for any text / 公钥为低阶点，不安全")]
    SmallOrder,
    #[error("must be 64 characters of 0-9 and a-f / 密钥标识须为64位十六进制字符")]
    Id,
}

/// y of the points of order 1, 2, 4 and 8, little-endian, sign bit left out.
const SMALL_ORDER: [[u8; 32]; 5] = {
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = PRIME;
    minus_one[0] -= 1;
    [
        one,
        minus_one,
        [0; 32],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

/// 2^255 - 19, little-endian: y lies below it.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

impl PublicKey {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn id(&self) -> KeyId {
        KeyId(hex::encode(digest::digest(&digest::SHA256, &self.0)))
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

impl TryFrom<&[u8]> for PublicKey {
    type Error = InvalidKey;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let key: [u8; 32] = bytes.try_into().map_err(|_| InvalidKey::Length(bytes.len()))?;
        let mut y = key;
        y[31] &= 0x7f;
        if y.iter().rev().ge(PRIME.iter().rev()) {
            return Err(InvalidKey::Encoding);
        }
        if SMALL_ORDER.contains(&y) {
            return Err(InvalidKey::SmallOrder);
        }
        UnparsedPublicKey::new(&ED25519, &key).parse().map_err(|_| InvalidKey::Encoding)?;
        Ok(Self(key))
    }
}

impl KeyId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidKey::Id) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
