//! A written explanation (书面说明) of what cannot be listed: drafted, filed with the info office, perhaps withdrawn
//! (art. 16(2)).

use std::collections::BTreeSet;

use govshare_model::id::UnitId;
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub id: Uuid,
    pub unit: UnitId,
    pub content: Content,
    /// All who wrote on it; none of them files it.
    pub written_by: BTreeSet<Subject>,
    pub state: State,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// What kind of information it is.
    pub subject: String,
    pub reasons: String,
    pub basis: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Draft,
    Filed {
        at: OffsetDateTime,
    },
    /// `filed` is when it was filed before, if it was.
    Withdrawn {
        filed: Option<OffsetDateTime>,
        at: OffsetDateTime,
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Drafted,
    Revised,
    Filed,
    Withdrawn,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    explanation: Explanation,
    happened: Happened,
}

impl Transition {
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    WrongState {
        state: &'static str,
    },
    /// Who wrote it files it.
    SelfApproval,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Filed { .. } => "FILED",
            Self::Withdrawn { .. } => "WITHDRAWN",
        }
    }

    pub fn filed(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Draft => None,
            Self::Filed { at } => Some(*at),
            Self::Withdrawn { filed, .. } => *filed,
        }
    }
}

impl Explanation {
    pub fn draft(id: Uuid, content: Content, by: &Actor, now: OffsetDateTime) -> Transition {
        let explanation = Self {
            id,
            unit: by.unit.clone(),
            content,
            written_by: BTreeSet::from([by.subject.clone()]),
            state: State::Draft,
            created: now,
            updated: now,
            version: 1,
        };
        Transition { explanation, happened: Happened::Drafted }
    }

    /// `None`: it says just that.
    pub fn revise(
        mut self,
        content: Content,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        let State::Draft = self.state else { return Err(self.wrong_state()) };
        if content == self.content {
            return Ok(None);
        }
        self.content = content;
        self.written_by.insert(by.subject.clone());
        Ok(Some(self.become_state(State::Draft, Happened::Revised, now)))
    }

    pub fn file(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Draft = self.state else { return Err(self.wrong_state()) };
        if self.written_by.contains(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        Ok(self.become_state(State::Filed { at: now }, Happened::Filed, now))
    }

    pub fn withdraw(self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let filed = match self.state {
            State::Draft => None,
            State::Filed { at } => Some(at),
            State::Withdrawn { .. } => return Err(self.wrong_state()),
        };
        Ok(self.become_state(State::Withdrawn { filed, at: now, reason }, Happened::Withdrawn, now))
    }

    /// What the explanation waits for.
    pub fn tasks(&self) -> Vec<Task> {
        let task = match self.state {
            State::Draft => Task {
                kind: "file",
                zh: "报送书面说明",
                en: "file the written explanation",
                subject: self.content.subject.clone(),
                article: "16",
                waits_for: WaitsFor::Unit(self.unit.clone()),
                roles: &[Role::Approver],
                not: self.written_by.first().filter(|_| self.written_by.len() == 1).cloned(),
                due: None,
            },
            State::Filed { .. } | State::Withdrawn { .. } => return Vec::new(),
        };
        vec![task]
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state.name() }
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        self.version += 1;
        Transition { explanation: self, happened }
    }
}
