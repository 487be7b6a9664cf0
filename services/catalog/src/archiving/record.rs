//! Collected information of a unit: recorded, archived, looked at by the archives bureau (art. 11, 20).

use govshare_model::calendar::{Due, shanghai_date};
use govshare_model::id::{EntryId, UnitId};
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: Uuid,
    pub unit: UnitId,
    pub information: Information,
    pub state: State,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 when recorded, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// What was collected, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Information {
    pub title: String,
    pub start: Date,
    pub end: Date,
    pub system: String,
    pub entry: Option<EntryId>,
    pub archive_due: Date,
}

/// An archiving mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub number: String,
    pub day: Date,
    /// Who made it; marks from before this was recorded do not say.
    pub by: Option<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    ToArchive,
    Archived {
        mark: Mark,
    },
    /// `mark` is what was objected to; `None`: that it was overdue.
    Objected {
        mark: Option<Mark>,
        objection: String,
    },
    Confirmed {
        mark: Mark,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Recorded,
    Archived,
    Objected,
    Confirmed,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    record: Record,
    happened: Happened,
}

impl Transition {
    pub fn record(&self) -> &Record {
        &self.record
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
    /// The last day of a span lies before its first.
    EndsBeforeStart,
    /// It is to be archived before it is collected.
    DueBeforeEnd,
    /// The day of the archiving lies ahead.
    DayToCome,
    /// It would have been archived before all of it was collected.
    DayBeforeEnd,
    /// Who made the mark confirms it.
    SelfApproval,
    /// Nothing was archived yet, and its last day has not passed.
    NotOverdue,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::ToArchive => "TO_ARCHIVE",
            Self::Archived { .. } => "ARCHIVED",
            Self::Objected { .. } => "OBJECTED",
            Self::Confirmed { .. } => "CONFIRMED",
        }
    }

    pub fn mark(&self) -> Option<&Mark> {
        match self {
            Self::ToArchive => None,
            Self::Archived { mark } | Self::Confirmed { mark } => Some(mark),
            Self::Objected { mark, .. } => mark.as_ref(),
        }
    }

    pub fn objection(&self) -> Option<&str> {
        match self {
            Self::Objected { objection, .. } => Some(objection),
            Self::ToArchive | Self::Archived { .. } | Self::Confirmed { .. } => None,
        }
    }
}

impl Record {
    pub fn create(
        id: Uuid,
        information: Information,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        if information.end < information.start {
            return Err(Rejection::EndsBeforeStart);
        }
        if information.archive_due < information.end {
            return Err(Rejection::DueBeforeEnd);
        }
        let (unit, state) = (by.unit.clone(), State::ToArchive);
        let record = Self { id, unit, information, state, created: now, updated: now, version: 1 };
        Ok(Transition { record, happened: Happened::Recorded })
    }

    pub fn archive(self, mark: Mark, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self.state {
            State::ToArchive | State::Objected { .. } => {}
            State::Archived { .. } | State::Confirmed { .. } => return Err(self.wrong_state()),
        }
        if mark.day > shanghai_date(now) {
            return Err(Rejection::DayToCome);
        }
        if mark.day < self.information.end {
            return Err(Rejection::DayBeforeEnd);
        }
        Ok(self.become_state(State::Archived { mark }, Happened::Archived, now))
    }

    pub fn confirm(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Archived { mark } = &self.state else { return Err(self.wrong_state()) };
        if mark.by.as_ref() == Some(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        let mark = mark.clone();
        Ok(self.become_state(State::Confirmed { mark }, Happened::Confirmed, now))
    }

    pub fn object(self, objection: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let mark = match &self.state {
            State::Archived { mark } => Some(mark.clone()),
            State::ToArchive if self.information.archive_due < shanghai_date(now) => None,
            State::ToArchive => return Err(Rejection::NotOverdue),
            State::Objected { .. } | State::Confirmed { .. } => return Err(self.wrong_state()),
        };
        Ok(self.become_state(State::Objected { mark, objection }, Happened::Objected, now))
    }

    /// What the record waits for.
    pub fn tasks(&self, archives_bureau: &UnitId) -> Vec<Task> {
        let task = |kind, zh, en, article, unit: &UnitId, roles, due| Task {
            kind,
            zh,
            en,
            subject: self.information.title.clone(),
            article,
            waits_for: WaitsFor::Unit(unit.clone()),
            roles,
            not: Vec::new(),
            due,
        };
        let due = Some(Due { date: self.information.archive_due, provisional: false });
        let drafter: &[Role] = &[Role::Drafter];
        match &self.state {
            State::ToArchive => {
                vec![task("archive", "办理归档", "archive the information", "20", &self.unit, drafter, due)]
            }
            State::Archived { mark } => {
                let en = "look at the archiving";
                let approver: &[Role] = &[Role::Approver];
                let examine = task("examine", "检查归档", en, "11", archives_bureau, approver, None);
                vec![Task { not: mark.by.iter().cloned().collect(), ..examine }]
            }
            State::Objected { .. } => {
                let en = "mend the archiving";
                vec![task("mend", "整改归档", en, "11", &self.unit, drafter, due)]
            }
            State::Confirmed { .. } => Vec::new(),
        }
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state.name() }
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        self.version += 1;
        Transition { record: self, happened }
    }
}
