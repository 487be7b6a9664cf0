//! A catalogue entry, its versions, and what may happen to them (art. 16, 24): drafted, reviewed, registered,
//! published; suspended, resumed, retired. Versions that are neither the latest nor the published one are
//! superseded.

use govshare_model::Actor;
use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_model::pack::Pack;
use time::OffsetDateTime;

use super::content::{Content, ContentDigest, STATE_SECRET, Statement};
pub use super::rejection::Rejection;
pub use super::state::State;
pub use super::version::{Version, VersionState};
use crate::classification::code::{ClassificationCode, ResourceCode};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub provider: UnitId,
    /// What a row of the provider's catalogue is known by; `None` for entries drafted singly.
    pub source_key: Option<String>,
    /// Given once, for all versions.
    pub code: Option<ResourceCode>,
    pub state: State,
    /// The newest version; equal to the published one, or drafted after it.
    pub latest: Version,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the first draft, one more with each change: also the version of its audit events.
    pub version: i64,
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
    /// The review found a state secret: what the unpublished versions say is erased (art. 31).
    FoundStateSecret,
    /// The info office approved the registered version.
    Approved,
    /// The info office returned it, for these reasons.
    Returned(String),
    Published,
    Suspended,
    Resumed,
    Retired,
    /// The entry got its resource code.
    Coded,
}

/// What a secrecy review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Rejected,
    /// Rejected, because the content has no place on the platform (art. 31).
    StateSecret,
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
            | Happened::ReviewRejected
            | Happened::FoundStateSecret
            | Happened::Approved
            | Happened::Returned(_)
            | Happened::Coded => false,
        }
    }

    /// Whether somebody else may have to act now, or nobody any more.
    pub fn concerns_tasks(&self) -> bool {
        match self.happened {
            Happened::Revised(_)
            | Happened::Registered
            | Happened::ReviewRejected
            | Happened::FoundStateSecret
            | Happened::Approved
            | Happened::Returned(_)
            | Happened::Published
            | Happened::Retired => true,
            Happened::Drafted(_)
            | Happened::ReviewBegun
            | Happened::Suspended
            | Happened::Resumed
            | Happened::Coded => false,
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
            code: None,
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
            VersionState::Draft
            | VersionState::Rejected { .. }
            | VersionState::Registered { .. }
            | VersionState::Approved { .. } => Some(self.latest.number),
            VersionState::Published { .. } => None,
            VersionState::InReview { .. } | VersionState::Superseded { .. } => {
                return Err(self.latest.wrong_state());
            }
        };
        let next = self.latest.next(&content, by);
        let mut revised = self.become_state(Happened::Revised(content), now);
        revised.entry.latest = next;
        revised.superseded = superseded;
        Ok(Some(revised))
    }

    /// Puts a version under secrecy review (art. 16), if it states what `pack` requires. `None`: this review of it began
    /// already.
    pub fn begin_review(
        mut self,
        number: i32,
        review: ReviewId,
        stated: &[Statement],
        pack: &Pack,
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
        if let Some(sharing) = self.latest.sharing.filter(|sharing| pack.class(sharing.class()).is_none()) {
            let article = pack.cite(&pack.entry.not_shared_basis_required.article);
            return Err(Rejection::ClassUnknown { sharing, article });
        }
        let required = Statement::required(pack, self.latest.sharing);
        let mut missing = required.into_iter().filter(|(wanted, _)| !stated.contains(wanted)).peekable();
        if let Some(article) = missing.peek().map(|(_, article)| pack.cite(article)) {
            let missing = missing.map(|(wanted, _)| wanted.name()).collect();
            return Err(Rejection::Incomplete { missing, article });
        }
        self.latest.state = VersionState::InReview { review };
        Ok(Some(self.become_state(Happened::ReviewBegun, now)))
    }

    /// Records what a review came to, whatever became of the entry meanwhile. `None`: it is recorded already.
    pub fn end_review(
        mut self,
        number: i32,
        review: ReviewId,
        digest: ContentDigest,
        verdict: Verdict,
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
            VersionState::Rejected { .. } if verdict != Verdict::Passed => return Ok(None),
            VersionState::Registered { .. }
            | VersionState::Approved { .. }
            | VersionState::Published { .. }
                if verdict == Verdict::Passed =>
            {
                return Ok(None);
            }
            VersionState::Draft
            | VersionState::Rejected { .. }
            | VersionState::Registered { .. }
            | VersionState::Approved { .. }
            | VersionState::Published { .. }
            | VersionState::Superseded { .. } => return Err(self.latest.wrong_state()),
        }
        let (state, happened) = match verdict {
            Verdict::Passed => (VersionState::Registered { review }, Happened::Registered),
            Verdict::Rejected => (VersionState::Rejected { review }, Happened::ReviewRejected),
            Verdict::StateSecret => {
                self.latest.title = STATE_SECRET.to_owned();
                (VersionState::Rejected { review }, Happened::FoundStateSecret)
            }
        };
        self.latest.state = state;
        Ok(Some(self.become_state(happened, now)))
    }

    /// The info office approves a registered version, where the pack has it review entries. `None`: it did already.
    pub fn approve(
        mut self,
        number: i32,
        authority_review: bool,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        self.latest_of(number)?;
        if let (VersionState::Approved { .. }, true) = (&self.latest.state, authority_review) {
            return Ok(None);
        }
        let review = self.awaits_authority(authority_review)?;
        if self.latest.is_written_by(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        self.latest.state = VersionState::Approved { review };
        Ok(Some(self.become_state(Happened::Approved, now)))
    }

    /// The info office returns a registered version, which needs a new one then.
    pub fn give_back(
        mut self,
        number: i32,
        reasons: String,
        authority_review: bool,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.latest_of(number)?;
        let review = self.awaits_authority(authority_review)?;
        self.latest.state = VersionState::Rejected { review };
        Ok(self.become_state(Happened::Returned(reasons), now))
    }

    /// The secrecy review of a version that the info office has to decide on.
    fn awaits_authority(&self, authority_review: bool) -> Result<ReviewId, Rejection> {
        match (&self.state, &self.latest.state) {
            (_, latest) if !authority_review => Err(Rejection::NoAuthorityReview { state: latest.name() }),
            (State::Retired { .. }, _) => Err(self.wrong_state()),
            (_, VersionState::Registered { review }) => Ok(*review),
            _ => Err(self.latest.wrong_state()),
        }
    }

    /// Publishes a registered version, or one that the info office approved where the pack has it review entries; ends a
    /// suspension. `None`: it is the published one.
    pub fn publish(
        mut self,
        number: i32,
        authority_review: bool,
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
            VersionState::Registered { .. } if authority_review => return Err(Rejection::NotApproved),
            VersionState::Registered { review } | VersionState::Approved { review } => review,
            VersionState::Draft | VersionState::InReview { .. } | VersionState::Rejected { .. } => {
                return Err(Rejection::NotReviewed { state: self.latest.state.name() });
            }
            VersionState::Published { .. } | VersionState::Superseded { .. } => {
                return Err(self.latest.wrong_state());
            }
        };
        if self.latest.is_written_by(&by.subject) {
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
        self.state = State::Suspended { published, reason, since: now };
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
        self.state = State::Retired { published, reason, since: now };
        Ok(self.become_state(Happened::Retired, now))
    }

    /// Whether the entry still lacks a resource code below `node`.
    pub fn needs_code(&self, node: &ClassificationCode) -> Result<bool, Rejection> {
        match (&self.code, &self.state) {
            (Some(code), _) if code.node() == node => Ok(false),
            (Some(code), _) => Err(Rejection::HasCode { code: code.clone() }),
            (None, State::Retired { .. }) => Err(self.wrong_state()),
            (None, State::Draft | State::Published { .. } | State::Suspended { .. }) => Ok(true),
        }
    }

    /// Gives the entry its resource code. `None`: it has one below that node.
    pub fn assign_code(
        mut self,
        code: ResourceCode,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        if !self.needs_code(code.node())? {
            return Ok(None);
        }
        self.code = Some(code);
        Ok(Some(self.become_state(Happened::Coded, now)))
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
