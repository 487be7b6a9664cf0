//! The secrecy review of one exact version of an entry, and what may happen to it (art. 16).

use std::collections::BTreeSet;
use std::fmt;

use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use uuid::{Uuid, uuid};

/// Namespace of review ids (RFC 9562, version 5); changing it would give known versions a second review.
const NAMESPACE: Uuid = uuid!("f2113155-8a86-43f0-9b30-06a6e7ae1160");

/// Where a state secret belongs: said in every rejection for that ground.
pub const STATE_SECRET: &str = "内容涉及国家秘密，不得在本平台登记、存储和传输；请依照《中华人民共和国保守国家秘密法》，由本单位保密\
     机构会同区保密局在平台之外办理，并删除平台内外非涉密载体上的副本。";

/// What stands in the place of its words from then on.
pub const ERASED: &str = "（涉及国家秘密，已清除）";

/// A version of an entry by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryVersion {
    pub entry: EntryId,
    /// From 1.
    pub version: i32,
}

impl fmt::Display for EntryVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.entry, self.version)
    }
}

impl EntryVersion {
    /// The one review that this version has.
    pub fn review_id(&self) -> ReviewId {
        ReviewId(Uuid::new_v5(&NAMESPACE, self.to_string().as_bytes()))
    }
}

/// What the catalogue put under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub version: EntryVersion,
    pub provider: UnitId,
    pub title: String,
    /// SHA-256 of the content, lower-case hexadecimal.
    pub content_digest: String,
    /// Who drafted the version, and so does not review it.
    pub drafter: Subject,
    /// Who drafted the unpublished versions that it goes on from, and so does not review it either.
    pub also_written_by: BTreeSet<Subject>,
}

impl Submission {
    fn is_written_by(&self, person: &Subject) -> bool {
        self.writers().any(|writer| writer == person)
    }

    fn writers(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.drafter).chain(&self.also_written_by)
    }
}

/// A review with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub submission: Submission,
    pub state: State,
    pub created: OffsetDateTime,
    /// 1 when opened, 2 when decided: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Open,
    Passed {
        decision: Decision,
    },
    Rejected {
        decision: Decision,
        /// Written reasons for the drafter.
        reasons: String,
    },
}

/// Who decided when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// A new review; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    review: Review,
}

impl Opening {
    pub fn review(&self) -> &Review {
        &self.review
    }
}

/// A review that was just decided; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    review: Review,
    decision: Decision,
    happened: Happened,
}

/// What happened, for the catalogue and the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Passed,
    Rejected,
    /// The content has no place on the platform (art. 31).
    RejectedAsStateSecret,
}

impl Transition {
    pub fn review(&self) -> &Review {
        &self.review
    }

    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The review is decided.
    NotOpen {
        state: &'static str,
    },
    /// The caller wrote the version, or one that it goes on from.
    SelfApproval,
    /// The reviewer read other content than what is under review.
    ContentMismatch,
    ReasonsMissing,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Passed { .. } => "PASSED",
            Self::Rejected { .. } => "REJECTED",
        }
    }

    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Open => None,
            Self::Passed { decision } | Self::Rejected { decision, .. } => Some(decision),
        }
    }

    /// Reasons of a rejection; empty otherwise.
    pub fn reasons(&self) -> &str {
        match self {
            Self::Open | Self::Passed { .. } => "",
            Self::Rejected { reasons, .. } => reasons,
        }
    }
}

impl Review {
    /// The review of a version that the catalogue put under review.
    pub fn open(submission: Submission, now: OffsetDateTime) -> Opening {
        let id = submission.version.review_id();
        Opening { review: Self { id, submission, state: State::Open, created: now, version: 1 } }
    }

    /// Passes the version with the content that the reviewer read.
    pub fn pass(
        self,
        content_digest: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let decision = self.decide(by, now)?;
        if content_digest != self.submission.content_digest {
            return Err(Rejection::ContentMismatch);
        }
        Ok(self.become_state(State::Passed { decision: decision.clone() }, decision, Happened::Passed))
    }

    /// Rejects the version; the drafter reads the reasons and makes a new one.
    pub fn reject(self, reasons: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let decision = self.decide(by, now)?;
        if reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        let state = State::Rejected { decision: decision.clone(), reasons };
        Ok(self.become_state(state, decision, Happened::Rejected))
    }

    /// Rejects content that turns out to be a state secret: the platform says where it belongs and keeps none of it (art.
    /// 31). The reviewer is another person than its writers, and every hour that it stays is a breach, so nobody else is
    /// waited for.
    pub fn reject_as_state_secret(
        mut self,
        reasons: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let decision = self.decide(by, now)?;
        let reasons =
            if reasons.is_empty() { STATE_SECRET.to_owned() } else { format!("{STATE_SECRET}\n{reasons}") };
        let state = State::Rejected { decision: decision.clone(), reasons };
        self.submission.title = ERASED.to_owned();
        Ok(self.become_state(state, decision, Happened::RejectedAsStateSecret))
    }

    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        match &self.state {
            State::Open => vec![Task {
                kind: "review",
                zh: "对目录条目进行保密审查",
                en: "review the entry for secrecy",
                subject: self.submission.title.clone(),
                article: "16",
                waits_for: WaitsFor::Unit(self.submission.provider.clone()),
                roles: &[Role::Reviewer],
                not: self.submission.writers().cloned().collect(),
                due: None,
            }],
            State::Passed { .. } | State::Rejected { .. } => Vec::new(),
        }
    }

    fn decide(&self, by: &Actor, now: OffsetDateTime) -> Result<Decision, Rejection> {
        match &self.state {
            State::Open if self.submission.is_written_by(&by.subject) => Err(Rejection::SelfApproval),
            State::Open => Ok(Decision { by: by.subject.clone(), at: now }),
            decided @ (State::Passed { .. } | State::Rejected { .. }) => {
                Err(Rejection::NotOpen { state: decided.name() })
            }
        }
    }

    fn become_state(mut self, state: State, decision: Decision, happened: Happened) -> Transition {
        self.state = state;
        self.version += 1;
        Transition { review: self, decision, happened }
    }
}
