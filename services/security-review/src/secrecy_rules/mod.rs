//! The secrecy rules (保密制度) of a unit, handed in to the secrecy bureau, which guides and accepts (art. 9).

pub(crate) mod convert;
pub(crate) mod grpc;
pub mod policy;
pub(crate) mod store;

use govshare_model::id::UnitId;
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;

/// The rules of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecrecyRules {
    pub unit: UnitId,
    pub title: String,
    pub text: String,
    /// From 1, one more with each that is handed in.
    pub revision: i32,
    pub filed_by: Subject,
    pub filed: OffsetDateTime,
    pub state: State,
    /// One more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Filed,
    Guided { guidance: String, at: OffsetDateTime },
    Accepted { at: OffsetDateTime },
}

/// A change; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition(SecrecyRules);

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    WrongState {
        state: &'static str,
    },
    /// The unit handed in another revision than the one that was read.
    OtherRevision {
        revision: i32,
    },
    SelfApproval,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Filed => "FILED",
            Self::Guided { .. } => "GUIDED",
            Self::Accepted { .. } => "ACCEPTED",
        }
    }

    /// What the secrecy bureau told; empty where it told nothing.
    pub fn guidance(&self) -> &str {
        match self {
            Self::Filed | Self::Accepted { .. } => "",
            Self::Guided { guidance, .. } => guidance,
        }
    }

    pub fn decided(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Filed => None,
            Self::Guided { at, .. } | Self::Accepted { at } => Some(*at),
        }
    }
}

impl Transition {
    pub fn rules(&self) -> &SecrecyRules {
        &self.0
    }
}

impl SecrecyRules {
    /// Hands in the first rules of the caller's unit, or the revision after `former`.
    pub fn file(
        former: Option<Self>,
        title: String,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Transition {
        let (revision, version) = former.map_or((0, 0), |former| (former.revision, former.version));
        Transition(Self {
            unit: by.unit.clone(),
            title,
            text,
            revision: revision + 1,
            filed_by: by.subject.clone(),
            filed: now,
            state: State::Filed,
            version: version + 1,
        })
    }

    /// The secrecy bureau tells what to do better.
    pub fn guide(
        self,
        revision: i32,
        guidance: String,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.check(revision)?;
        Ok(self.become_state(State::Guided { guidance, at: now }))
    }

    pub fn accept(self, revision: i32, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.check(revision)?;
        if self.filed_by == by.subject {
            return Err(Rejection::SelfApproval);
        }
        Ok(self.become_state(State::Accepted { at: now }))
    }

    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        let task = |kind, zh, en, waits_for, roles, not| Task {
            kind,
            zh,
            en,
            subject: self.title.clone(),
            article: "9",
            waits_for,
            roles,
            not: Option::into_iter(not).collect(),
            due: None,
        };
        match &self.state {
            State::Filed => vec![task(
                "read",
                "审阅单位保密制度",
                "read the unit's secrecy rules: guide or accept",
                WaitsFor::District,
                &[Role::SecrecyBureau],
                Some(self.filed_by.clone()),
            )],
            State::Guided { .. } => vec![task(
                "revise",
                "按区保密局指导意见修改保密制度",
                "revise the secrecy rules as the secrecy bureau guided",
                WaitsFor::Unit(self.unit.clone()),
                &[Role::Approver],
                None,
            )],
            State::Accepted { .. } => Vec::new(),
        }
    }

    fn check(&self, revision: i32) -> Result<(), Rejection> {
        let State::Filed = self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        if revision == self.revision {
            Ok(())
        } else {
            Err(Rejection::OtherRevision { revision: self.revision })
        }
    }

    fn become_state(mut self, state: State) -> Transition {
        self.state = state;
        self.version += 1;
        Transition(self)
    }
}
