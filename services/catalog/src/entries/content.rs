//! What a version of an entry says, as far as the rules look at it (art. 24, 31). The words themselves are an
//! opaque encoding here, known by its digest.

use std::fmt;

use aws_lc_rs::digest;

/// Content that may be listed; immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    outline: Outline,
    encoded: Vec<u8>,
    digest: ContentDigest,
}

/// What the rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    pub title: String,
    /// `None`: not yet said.
    pub sharing: Option<Sharing>,
    /// Whether conditions or a basis of sharing are given.
    pub has_conditions: bool,
    pub sensitivities: Vec<Sensitivity>,
}

/// Sharing type (共享类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// 无条件共享: active sharing (主动共享, art. 24(一)).
    Unconditional,
    /// 有条件共享: on application (依申请共享, art. 24(二)).
    Conditional,
    /// 不予共享
    Withheld,
}

/// Grounds of art. 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    StateSecret,
    TradeSecret,
    PersonalPrivacy,
    ProviderSensitive,
}

/// SHA-256 of the content as stored: what a reviewer passes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentDigest(pub [u8; 32]);

/// Why content cannot be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlistable {
    /// State secrets are handled off the platform (art. 31).
    StateSecret,
    /// What has grounds of art. 31 cannot be shared actively.
    SensitiveAndActive,
    /// What is withheld needs its conditions or basis.
    WithheldWithoutBasis,
}

impl Content {
    /// `encoded` is the whole content; equal contents have equal encodings.
    pub fn new(outline: Outline, encoded: Vec<u8>) -> Result<Self, Unlistable> {
        if outline.sensitivities.contains(&Sensitivity::StateSecret) {
            return Err(Unlistable::StateSecret);
        }
        match outline.sharing {
            Some(Sharing::Unconditional) if !outline.sensitivities.is_empty() => {
                return Err(Unlistable::SensitiveAndActive);
            }
            Some(Sharing::Withheld) if !outline.has_conditions => {
                return Err(Unlistable::WithheldWithoutBasis);
            }
            Some(_) | None => {}
        }
        let digest = ContentDigest::of(&encoded);
        Ok(Self { outline, encoded, digest })
    }

    pub fn title(&self) -> &str {
        &self.outline.title
    }

    pub fn sharing(&self) -> Option<Sharing> {
        self.outline.sharing
    }

    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    pub fn digest(&self) -> ContentDigest {
        self.digest
    }
}

impl Sharing {
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconditional => "UNCONDITIONAL",
            Self::Conditional => "CONDITIONAL",
            Self::Withheld => "WITHHELD",
        }
    }
}

impl ContentDigest {
    fn of(encoded: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, encoded).as_ref());
        Self(bytes)
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
