//! One immutable version of an entry's data on the exchange platform (art. 5, 25).

pub(crate) mod convert;
pub(crate) mod publish;
pub(crate) mod store;
pub mod upload;

use govshare_model::id::{DataVersionId, EntryId, UnitId};
use time::OffsetDateTime;

use upload::Content;

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataVersion {
    /// Also the key of the object that holds the bytes.
    pub id: DataVersionId,
    pub entry: EntryId,
    pub provider: UnitId,
    /// 1, 2, 3 ... within the entry.
    pub version: i32,
    pub content: Content,
    pub published: OffsetDateTime,
}

/// A version about to be published; only checked content makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication(DataVersion);

impl DataVersion {
    /// Publishes checked content as the version with the next number.
    pub fn publish(
        id: DataVersionId,
        entry: EntryId,
        provider: UnitId,
        version: i32,
        content: Content,
        now: OffsetDateTime,
    ) -> Publication {
        Publication(Self { id, entry, provider, version, content, published: now })
    }
}

impl Publication {
    pub fn version(&self) -> &DataVersion {
        &self.0
    }
}
