//! What a version of an entry says, as far as the rules look at it (art. 24, 31). The words themselves are an
//! opaque encoding here, known by its digest.

use std::fmt;

use aws_lc_rs::digest;
use govshare_model::pack::{Article, Assessment, Confidentiality, EntryField, Ground, Pack, SharingClass};

/// Content that may be listed; immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    outline: Outline,
    encoded: Vec<u8>,
    digest: ContentDigest,
}

/// Where a state secret belongs: said to whoever wants to list one, and in the place of one that was erased.
pub const STATE_SECRET: &str = "涉及国家秘密的信息不得在本平台登记，请线下办理";

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

/// Something that a pack may require an entry to state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Statement {
    Field(EntryField),
    Assessment(Assessment),
}

impl Statement {
    /// What `pack` requires of an entry that is shared so, with the article that asks for it. The secrecy assessment is
    /// the review itself.
    pub fn required(pack: &Pack, sharing: Option<Sharing>) -> Vec<(Self, &Article)> {
        let (required, assessments) = (&pack.entry.required, &pack.entry.assessments);
        let applies = |field: &EntryField| {
            *field != EntryField::SharingConditions || sharing == Some(Sharing::Conditional)
        };
        let fields = required.value.iter().copied().filter(applies);
        let fields = fields.map(|field| (Self::Field(field), &required.article));
        let made = assessments.value.iter().copied().filter(|made| *made != Assessment::Secrecy);
        fields.chain(made.map(|made| (Self::Assessment(made), &assessments.article))).collect()
    }

    /// The field of the contract's content.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(EntryField::Title) => "title",
            Self::Field(EntryField::Abstract) => "abstract",
            Self::Field(EntryField::Items) => "items",
            Self::Field(EntryField::Format) => "formats",
            Self::Field(EntryField::UpdateFrequency) => "update_cycle",
            Self::Field(EntryField::SharingClass) => "sharing_type",
            Self::Field(EntryField::SharingMode) => "sharing_mode",
            Self::Field(EntryField::SharingConditions) => "sharing_conditions",
            Self::Field(EntryField::Grading) => "grading",
            Self::Assessment(Assessment::Secrecy) => "secrecy_assessment",
            Self::Assessment(Assessment::PersonalInformation) => "personal_information_assessment",
        }
    }
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

/// Grounds of art. 31, and what a pack keeps off the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    StateSecret,
    WorkSecret,
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
    /// The pack in force keeps work secrets off the platform, too.
    WorkSecret,
    /// What has grounds of art. 31 cannot be shared actively.
    SensitiveAndActive,
    /// What is withheld needs its conditions or basis.
    WithheldWithoutBasis,
}

impl Content {
    /// `encoded` is the whole content; equal contents have equal encodings. `rules` are those of the pack in force; on a
    /// day without one nothing is listed that any pack might keep off.
    pub fn new(
        outline: Outline,
        encoded: Vec<u8>,
        rules: Option<&Confidentiality>,
    ) -> Result<Self, Unlistable> {
        let keeps_off = |ground| rules.is_none_or(|rules| rules.kept_off.value.contains(&ground));
        let excludes_active = rules.is_none_or(|rules| rules.excludes_active.value);
        if outline.sensitivities.contains(&Sensitivity::StateSecret) {
            return Err(Unlistable::StateSecret);
        }
        if outline.sensitivities.contains(&Sensitivity::WorkSecret) && keeps_off(Ground::WorkSecret) {
            return Err(Unlistable::WorkSecret);
        }
        match outline.sharing {
            Some(Sharing::Unconditional) if excludes_active && !outline.sensitivities.is_empty() => {
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

    /// As packs call it.
    pub fn class(self) -> SharingClass {
        match self {
            Self::Unconditional => SharingClass::Active,
            Self::Conditional => SharingClass::OnApplication,
            Self::Withheld => SharingClass::NotShared,
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
