//! One version of an entry: what it went through, without its words (art. 16, 24).

use std::collections::BTreeSet;

use govshare_model::id::ReviewId;
use govshare_model::{Actor, Subject};
use time::OffsetDateTime;

use super::content::{Content, ContentDigest, Sharing};
use super::entry::Rejection;

/// One version, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub number: i32,
    pub state: VersionState,
    pub title: String,
    pub sharing: Option<Sharing>,
    pub digest: ContentDigest,
    pub drafted_by: Subject,
    /// Who else wrote what it says: the drafters of the versions since the last published one.
    pub also_written_by: BTreeSet<Subject>,
}

/// `review` is the secrecy review that the version went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionState {
    Draft,
    InReview {
        review: ReviewId,
    },
    Rejected {
        review: ReviewId,
    },
    /// Passed the review and registered (登记).
    Registered {
        review: ReviewId,
    },
    /// Registered, and approved by the info office where the pack asks for that.
    Approved {
        review: ReviewId,
    },
    Published {
        review: ReviewId,
        at: OffsetDateTime,
    },
    /// A later version took its place.
    Superseded {
        review: Option<ReviewId>,
        published: Option<OffsetDateTime>,
    },
}

impl VersionState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::InReview { .. } => "IN_REVIEW",
            Self::Rejected { .. } => "REJECTED",
            Self::Registered { .. } => "REGISTERED",
            Self::Approved { .. } => "APPROVED",
            Self::Published { .. } => "PUBLISHED",
            Self::Superseded { .. } => "SUPERSEDED",
        }
    }

    pub fn review(&self) -> Option<ReviewId> {
        match self {
            Self::Draft => None,
            Self::InReview { review }
            | Self::Rejected { review }
            | Self::Registered { review }
            | Self::Approved { review }
            | Self::Published { review, .. } => Some(*review),
            Self::Superseded { review, .. } => *review,
        }
    }

    /// When the version was published, if it ever was.
    pub fn published(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Draft
            | Self::InReview { .. }
            | Self::Rejected { .. }
            | Self::Registered { .. }
            | Self::Approved { .. } => None,
            Self::Published { at, .. } => Some(*at),
            Self::Superseded { published, .. } => *published,
        }
    }
}

impl Version {
    pub(super) fn draft(number: i32, content: &Content, by: &Actor) -> Self {
        Self {
            number,
            state: VersionState::Draft,
            title: content.title().to_owned(),
            sharing: content.sharing(),
            digest: content.digest(),
            drafted_by: by.subject.clone(),
            also_written_by: BTreeSet::new(),
        }
    }

    /// The version after this one. Of an unpublished one it keeps the writers, so that nobody approves their own words
    /// for another having typed them again (art. 16).
    pub(super) fn next(&self, content: &Content, by: &Actor) -> Self {
        let mut next = Self::draft(self.number + 1, content, by);
        if self.state.published().is_none() {
            next.also_written_by.clone_from(&self.also_written_by);
            next.also_written_by.insert(self.drafted_by.clone());
            next.also_written_by.remove(&by.subject);
        }
        next
    }

    /// Whether these are also the words of `person`, who then approves them nowhere.
    pub(super) fn is_written_by(&self, person: &Subject) -> bool {
        self.writers().any(|writer| writer == person)
    }

    pub(super) fn writers(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.drafted_by).chain(&self.also_written_by)
    }

    /// Review and publication need the sharing type (art. 24).
    pub(super) fn complete(&self) -> Result<(), Rejection> {
        match self.sharing {
            Some(_) => Ok(()),
            None => {
                let article = "24".to_owned();
                Err(Rejection::Incomplete { missing: vec!["sharing_type"], article })
            }
        }
    }

    pub(super) fn wrong_state(&self) -> Rejection {
        Rejection::WrongVersionState { state: self.state.name() }
    }
}
