//! The states of a catalogue entry, each with exactly its own data.

use time::OffsetDateTime;

/// `published` is the number of the published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No version was published yet.
    Draft,
    Published {
        published: i32,
    },
    Suspended {
        published: i32,
        reason: String,
        since: OffsetDateTime,
    },
    Retired {
        published: Option<i32>,
        reason: String,
        since: OffsetDateTime,
    },
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Published { .. } => "PUBLISHED",
            Self::Suspended { .. } => "SUSPENDED",
            Self::Retired { .. } => "RETIRED",
        }
    }

    pub fn published(&self) -> Option<i32> {
        match self {
            Self::Draft => None,
            Self::Published { published } | Self::Suspended { published, .. } => Some(*published),
            Self::Retired { published, .. } => *published,
        }
    }

    /// Why the entry is suspended or retired.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Draft | Self::Published { .. } => None,
            Self::Suspended { reason, .. } | Self::Retired { reason, .. } => Some(reason),
        }
    }

    /// Since when the entry is suspended or retired.
    pub fn since(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Draft | Self::Published { .. } => None,
            Self::Suspended { since, .. } | Self::Retired { since, .. } => Some(*since),
        }
    }
}
