//! One registry of typed ids: a unit's id cannot be passed where an entry's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("not a UUID: {0:?}")]
    NotAUuid(String),
    #[error("must be 2 to 63 characters of a-z, 0-9 and -, starting with a letter: {0:?}")]
    NotASlug(String),
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId::NotAUuid(text.to_owned()))
            }
        }
    )+};
}

uuid_ids! {
    /// A catalogue entry (目录条目), over all its versions.
    EntryId,
    /// A secrecy review (保密审查) of one version of an entry.
    ReviewId,
    /// An access request (共享申请); also the case id that every later record of the case carries.
    CaseId,
    /// A note of a case (留言).
    NoteId,
    /// A three-party agreement (三方共享交换协议).
    AgreementId,
    /// A delivery outside the platform, as the parties of an agreement agreed (平台外交付).
    OutsideDeliveryId,
    /// A disclosure of what was obtained under an agreement to a third party (向第三方提供).
    DisclosureId,
    /// A restriction of an entry from general sharing (不宜普遍共享).
    RestrictionId,
    /// An information system with a security level (信息系统).
    SystemId,
    /// One immutable version of an entry's data on the exchange platform.
    DataVersionId,
    /// One delivery (交付) of a data version under an agreement.
    DeliveryId,
}

/// A unit (各单位), named by a slug that its register entry was created with, e.g. `jiaowei`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitId(String);

impl UnitId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (2..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId::NotASlug(text.to_owned())) }
    }
}

impl TryFrom<String> for UnitId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<UnitId> for String {
    fn from(id: UnitId) -> Self {
        id.0
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
