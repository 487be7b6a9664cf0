//! A catalogue entry, its versions, and what may happen to them (art. 16, 24): drafted, reviewed, registered,
//! published; suspended, resumed, retired. Versions that are neither the latest nor the published one are
//! superseded.

use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_model::{Actor, Subject};
use time::OffsetDateTime;

use super::content::{Content, ContentDigest, Sharing};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub provider: UnitId,
    /// What a row of the provider's catalogue is known by; `None` for entries drafted singly.
    pub source_key: Option<String>,
    pub state: State,
    /// The newest version; equal to the published one, or drafted after it.
    pub latest: Version,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the first draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

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
    },
    Retired {
        published: Option<i32>,
        reason: String,
    },
}

/// One version, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub number: i32,
    pub state: VersionState,
    pub title: String,
    pub sharing: Option<Sharing>,
    pub digest: ContentDigest,
    pub drafted_by: Subject,
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

/// What happened, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The entry and its first version.
    Drafted(Content),
    /// Another version.
    Revised(Content),
    ReviewBegun,
    Registered,
    ReviewRejected,
    Published,
    Suspended,
    Resumed,
    Retired,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    entry: Entry,
    happened: Happened,
    superseded: Option<i32>,
}

impl Transition {
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    pub fn happened(&self) -> &Happened {
        &self.happened
    }

    /// The version whose place another took.
    pub fn superseded(&self) -> Option<i32> {
        self.superseded
    }

    /// Whether search finds the entry now and did not before, or the other way round, or finds other words.
    pub fn concerns_search(&self) -> bool {
        match self.happened {
            Happened::Published | Happened::Suspended | Happened::Resumed => true,
            Happened::Retired => self.entry.state.published().is_some(),
            Happened::Drafted(_)
            | Happened::Revised(_)
            | Happened::ReviewBegun
            | Happened::Registered
            | Happened::ReviewRejected => false,
        }
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The entry's state does not allow the step.
    WrongState {
        state: &'static str,
    },
    /// The version's state does not allow the step.
    WrongVersionState {
        state: &'static str,
    },
    NoSuchVersion {
        number: i32,
    },
    /// The version has not passed the secrecy review (art. 16).
    NotReviewed {
        state: &'static str,
    },
    /// The version does not say what review and publication need.
    Incomplete {
        missing: &'static str,
    },
    /// Who drafted the version publishes it.
    SelfApproval,
    /// The reviewer saw other content.
    OtherContent,
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
}

impl VersionState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::InReview { .. } => "IN_REVIEW",
            Self::Rejected { .. } => "REJECTED",
            Self::Registered { .. } => "REGISTERED",
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
            | Self::Published { review, .. } => Some(*review),
            Self::Superseded { review, .. } => *review,
        }
    }

    /// When the version was published, if it ever was.
    pub fn published(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Draft | Self::InReview { .. } | Self::Rejected { .. } | Self::Registered { .. } => None,
            Self::Published { at, .. } => Some(*at),
            Self::Superseded { published, .. } => *published,
        }
    }
}

impl Entry {
    /// A new entry of `provider` with its first version.
    pub fn draft(
        id: EntryId,
        provider: UnitId,
        source_key: Option<String>,
        content: Content,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Transition {
        let latest = Version::draft(1, &content, by);
        let entry = Self {
            id,
            provider,
            source_key,
            state: State::Draft,
            latest,
            created: now,
            updated: now,
            version: 1,
        };
        Transition { entry, happened: Happened::Drafted(content), superseded: None }
    }

    /// Drafts the next version; the published one stays what it is. `None`: the latest says just that.
    pub fn revise(
        self,
        content: Content,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        if content.digest() == self.latest.digest {
            return Ok(None);
        }
        match self.state {
            State::Draft | State::Published { .. } | State::Suspended { .. } => {}
            State::Retired { .. } => return Err(self.wrong_state()),
        }
        let superseded = match self.latest.state {
            VersionState::Draft | VersionState::Rejected { .. } | VersionState::Registered { .. } => {
                Some(self.latest.number)
            }
            VersionState::Published { .. } => None,
            VersionState::InReview { .. } | VersionState::Superseded { .. } => {
                return Err(self.latest.wrong_state());
            }
        };
        let next = Version::draft(self.latest.number + 1, &content, by);
        let mut revised = self.become_state(Happened::Revised(content), now);
        revised.entry.latest = next;
        revised.superseded = superseded;
        Ok(Some(revised))
    }

    /// Puts a version under secrecy review (art. 16). `None`: this review of it began already.
    pub fn begin_review(
        mut self,
        number: i32,
        review: ReviewId,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        self.latest_of(number)?;
        if self.latest.state.review() == Some(review) {
            return Ok(None);
        }
        let VersionState::Draft = self.latest.state else { return Err(self.latest.wrong_state()) };
        if let State::Retired { .. } = self.state {
            return Err(self.wrong_state());
        }
        self.latest.complete()?;
        self.latest.state = VersionState::InReview { review };
        Ok(Some(self.become_state(Happened::ReviewBegun, now)))
    }

    /// Records what a review came to, whatever became of the entry meanwhile. `None`: it is recorded already.
    pub fn end_review(
        mut self,
        number: i32,
        review: ReviewId,
        digest: ContentDigest,
        passed: bool,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        self.latest_of(number)?;
        if digest != self.latest.digest {
            return Err(Rejection::OtherContent);
        }
        if self.latest.state.review() != Some(review) {
            return Err(self.latest.wrong_state());
        }
        match self.latest.state {
            VersionState::InReview { .. } => {}
            VersionState::Rejected { .. } if !passed => return Ok(None),
            VersionState::Registered { .. } | VersionState::Published { .. } if passed => return Ok(None),
            VersionState::Draft
            | VersionState::Rejected { .. }
            | VersionState::Registered { .. }
            | VersionState::Published { .. }
            | VersionState::Superseded { .. } => return Err(self.latest.wrong_state()),
        }
        let (state, happened) = if passed {
            (VersionState::Registered { review }, Happened::Registered)
        } else {
            (VersionState::Rejected { review }, Happened::ReviewRejected)
        };
        self.latest.state = state;
        Ok(Some(self.become_state(happened, now)))
    }

    /// Publishes a registered version; ends a suspension. `None`: it is the published one.
    pub fn publish(
        mut self,
        number: i32,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        let former = match self.state {
            State::Draft => None,
            State::Published { published } | State::Suspended { published, .. } => Some(published),
            State::Retired { .. } => return Err(self.wrong_state()),
        };
        if former == Some(number) {
            return Ok(None);
        }
        self.latest_of(number)?;
        self.latest.complete()?;
        let review = match self.latest.state {
            VersionState::Registered { review } => review,
            VersionState::Draft | VersionState::InReview { .. } | VersionState::Rejected { .. } => {
                return Err(Rejection::NotReviewed { state: self.latest.state.name() });
            }
            VersionState::Published { .. } | VersionState::Superseded { .. } => {
                return Err(self.latest.wrong_state());
            }
        };
        if self.latest.drafted_by == by.subject {
            return Err(Rejection::SelfApproval);
        }
        self.latest.state = VersionState::Published { review, at: now };
        self.state = State::Published { published: number };
        let mut published = self.become_state(Happened::Published, now);
        published.superseded = former;
        Ok(Some(published))
    }

    pub fn suspend(mut self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Published { published } = self.state else { return Err(self.wrong_state()) };
        self.state = State::Suspended { published, reason };
        Ok(self.become_state(Happened::Suspended, now))
    }

    pub fn resume(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Suspended { published, .. } = self.state else { return Err(self.wrong_state()) };
        self.state = State::Published { published };
        Ok(self.become_state(Happened::Resumed, now))
    }

    /// Takes the entry out for good; who could read it still can.
    pub fn retire(mut self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let published = match self.state {
            State::Draft => None,
            State::Published { published } | State::Suspended { published, .. } => Some(published),
            State::Retired { .. } => return Err(self.wrong_state()),
        };
        self.state = State::Retired { published, reason };
        Ok(self.become_state(Happened::Retired, now))
    }

    /// Only the latest version can be in a state from which something follows.
    fn latest_of(&self, number: i32) -> Result<(), Rejection> {
        if number == self.latest.number {
            return Ok(());
        }
        if number < 1 || number > self.latest.number {
            return Err(Rejection::NoSuchVersion { number });
        }
        let is_published = self.state.published() == Some(number);
        Err(Rejection::WrongVersionState { state: if is_published { "PUBLISHED" } else { "SUPERSEDED" } })
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state.name() }
    }

    fn become_state(mut self, happened: Happened, now: OffsetDateTime) -> Transition {
        self.updated = now;
        self.version += 1;
        Transition { entry: self, happened, superseded: None }
    }
}

impl Version {
    fn draft(number: i32, content: &Content, by: &Actor) -> Self {
        Self {
            number,
            state: VersionState::Draft,
            title: content.title().to_owned(),
            sharing: content.sharing(),
            digest: content.digest(),
            drafted_by: by.subject.clone(),
        }
    }

    /// Review and publication need the sharing type (art. 24).
    fn complete(&self) -> Result<(), Rejection> {
        match self.sharing {
            Some(_) => Ok(()),
            None => Err(Rejection::Incomplete { missing: "sharing_type" }),
        }
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongVersionState { state: self.state.name() }
    }
}
