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
    Filed(Filing),
    /// `filed` is how it was filed before, if it was.
    Withdrawn {
        filed: Option<Filing>,
        at: OffsetDateTime,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    pub at: OffsetDateTime,
    /// 文号; explanations that were filed before there were numbers have none.
    pub number: Option<String>,
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
            Self::Filed(_) => "FILED",
            Self::Withdrawn { .. } => "WITHDRAWN",
        }
    }

    pub fn filing(&self) -> Option<&Filing> {
        match self {
            Self::Draft => None,
            Self::Filed(filing) => Some(filing),
            Self::Withdrawn { filed, .. } => filed.as_ref(),
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

    /// Refuses who may not file it now: to be asked before a number is taken.
    pub fn check_filing(&self, by: &Actor) -> Result<(), Rejection> {
        let State::Draft = self.state else { return Err(self.wrong_state()) };
        if self.written_by.contains(&by.subject) { Err(Rejection::SelfApproval) } else { Ok(()) }
    }

    /// Files it under `number`.
    pub fn file(self, number: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.check_filing(by)?;
        let filing = Filing { at: now, number: Some(number) };
        Ok(self.become_state(State::Filed(filing), Happened::Filed, now))
    }

    pub fn withdraw(self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        if let State::Withdrawn { .. } = self.state {
            return Err(self.wrong_state());
        }
        let filed = self.state.filing().cloned();
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
                not: self
                    .written_by
                    .first()
                    .filter(|_| self.written_by.len() == 1)
                    .cloned()
                    .into_iter()
                    .collect(),
                due: None,
            },
            State::Filed(_) | State::Withdrawn { .. } => return Vec::new(),
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
