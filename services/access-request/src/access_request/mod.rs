//! An application for a resource that is shared on application, and what may happen to it (art. 26, 27).

mod answer;
pub mod case_file;
mod coordination;
mod document;
pub mod dry_run;
mod form;
mod more_time;
mod rejection;
mod state;
mod submission;
mod superior;
mod tasks;

use govshare_model::Subject;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::{CaseId, EntryId, UnitId};
use time::OffsetDateTime;

pub use case_file::CaseFile;
pub use coordination::{Destination, Outcome};
pub use document::DocumentKind;
pub use form::{Fault, Form, Wrong};
pub use rejection::Rejection;
pub use state::{Answer, AnswerKind, Clock, Notice, Proposal, Receipt, State, Statement, Wording};
pub use submission::{Asked, Received, Renewal, Resource};

time::serde::format_description!(day, Date, "[year]-[month]-[day]");

/// A request with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    pub id: CaseId,
    /// Year and running number, e.g. `2026-000012`.
    pub number: String,
    /// 文号 of the application; empty until it is handed in.
    pub document_number: String,
    pub applicant: UnitId,
    /// None while nobody knows who has the resource (art. 26).
    pub provider: Option<UnitId>,
    /// None while it is not known whether the resource is listed.
    pub entry: Option<Entry>,
    /// What is wanted, in words, of an application without an entry.
    pub wanted: String,
    pub renewal: Option<Renewal>,
    pub form: Form,
    pub drafted_by: Subject,
    pub state: State,
    pub file: CaseFile,
    /// When the answer was found overdue; it stays after a late one.
    pub overdue: Option<OffsetDateTime>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// The last change that others than the provider see too: what it prepares is its own business.
    pub shown: OffsetDateTime,
    /// 1 with the draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// The entry asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub title: String,
    /// Its published version at receipt; None before.
    pub version: Option<i32>,
}

/// What happened, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Drafted,
    Revised,
    Submitted,
    SubmittedToInfoOffice,
    EnteredFromPaper,
    Forwarded,
    Settled,
    EntryNamed,
    AnswerProposed,
    Consented,
    Refused,
    Objected,
    Coordinated,
    RefusalStood,
    LiaisonStarted,
    SuperiorConsented,
    SuperiorRefused,
    CityAsked,
    CityObtained,
    CityRefused,
    SupplementRequested,
    Supplemented,
    ExtensionRequested,
    ExtensionGranted,
    ExtensionRefused,
    Withdrawn,
    Agreed,
    Overdue,
    Reminded,
    Reported,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    request: AccessRequest,
    happened: Happened,
}

impl Transition {
    pub fn request(&self) -> &AccessRequest {
        &self.request
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }

    pub fn into_request(self) -> AccessRequest {
        self.request
    }
}

impl AccessRequest {
    /// Marks an open request whose last day has passed, once for each answer.
    pub fn mark_overdue(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        if self.state.open().is_none() || self.overdue.is_some() || !self.is_past_due(now) {
            return Err(Rejection::NotOverdue);
        }
        self.overdue = Some(now);
        let state = self.state.clone();
        Ok(self.become_state(state, Happened::Overdue, now))
    }

    /// Whether 24:00 of the last day for the answer has passed in Shanghai.
    pub fn is_past_due(&self, now: OffsetDateTime) -> bool {
        self.state.receipt().is_some_and(|receipt| shanghai_date(now) > receipt.clock.due)
    }

    /// Whether an answer of this case was late, one given anew or not.
    pub fn was_overdue(&self) -> bool {
        self.overdue.is_some() || self.file.contested.iter().any(|earlier| earlier.overdue.is_some())
    }

    /// The state as it is told to everybody but the provider, whose proposals are its own business.
    pub fn told(&self) -> &'static str {
        match &self.state {
            State::AnswerProposed { .. } if self.file.contested.is_empty() => "SUBMITTED",
            State::AnswerProposed { .. } => "COORDINATED",
            State::Draft
            | State::AtInfoOffice
            | State::Settled { .. }
            | State::Submitted { .. }
            | State::SupplementRequested { .. }
            | State::Consented { .. }
            | State::Refused { .. }
            | State::Objected { .. }
            | State::Coordinated { .. }
            | State::RefusalStands { .. }
            | State::Withdrawn { .. }
            | State::Agreed { .. } => self.state.name(),
        }
    }

    fn open(&self) -> Result<&Receipt, Rejection> {
        self.state.open().ok_or(Rejection::NotOpen { state: self.state.name() })
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        if happened != Happened::AnswerProposed {
            self.shown = now;
        }
        self.version += 1;
        Transition { request: self, happened }
    }
}
