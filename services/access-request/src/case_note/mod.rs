//! A note of a case (留言): what the parties ask and tell each other beside the written steps of art. 26. It changes
//! neither state nor clock, and nobody edits or deletes it.

pub(crate) mod grpc;
pub(crate) mod store;

use govshare_model::id::{CaseId, NoteId, UnitId};
use govshare_model::{Actor, Role};
use time::OffsetDateTime;

use crate::access_request::case_file::EscalationKind;
use crate::access_request::{AccessRequest, State};
use crate::policy::MEMBERS;

/// Notes that one case can have.
pub const MOST_NOTES: i32 = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: NoteId,
    pub case: CaseId,
    /// In the case, from 1.
    pub number: i32,
    pub unit: UnitId,
    pub part: Part,
    pub body: String,
    pub at: OffsetDateTime,
}

/// In which part somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Applicant,
    Provider,
    InfoOffice,
    WorkingGroup,
}

/// A new note; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    note: Note,
    /// Units that may read the event: the parties.
    concerns: Vec<UnitId>,
    case_number: String,
}

/// Why a note is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A draft is the applicant's own.
    Draft,
    /// The working group has had nothing to do with the case yet.
    NotBeforeTheGroup {
        state: &'static str,
    },
    Full,
}

impl Added {
    pub fn note(&self) -> &Note {
        &self.note
    }

    pub fn concerns(&self) -> &[UnitId] {
        &self.concerns
    }

    pub fn case_number(&self) -> &str {
        &self.case_number
    }
}

impl Note {
    /// Writes the note after the `before` that `case` has. `by` is somebody whom the rules let write here.
    pub fn write(
        id: NoteId,
        case: &AccessRequest,
        before: i32,
        body: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Added, Rejection> {
        let part = Part::of(by, case);
        if matches!(case.state, State::Draft) {
            return Err(Rejection::Draft);
        }
        if part == Part::WorkingGroup && !concerns_the_working_group(case) {
            return Err(Rejection::NotBeforeTheGroup { state: case.told() });
        }
        if before >= MOST_NOTES {
            return Err(Rejection::Full);
        }
        let unit = by.unit.clone();
        let note = Self { id, case: case.id, number: before + 1, unit, part, body, at: now };
        let concerns =
            [Some(&case.applicant), case.provider.as_ref()].into_iter().flatten().cloned().collect();
        Ok(Added { note, concerns, case_number: case.number.clone() })
    }
}

impl Part {
    /// A member of a party writes for the party, whatever else they are.
    fn of(by: &Actor, case: &AccessRequest) -> Self {
        let member = MEMBERS.iter().any(|role| by.is(*role));
        if member && case.applicant == by.unit {
            Self::Applicant
        } else if member && case.provider.as_ref() == Some(&by.unit) {
            Self::Provider
        } else if by.is(Role::InfoOffice) {
            Self::InfoOffice
        } else {
            Self::WorkingGroup
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Applicant => "APPLICANT",
            Self::Provider => "PROVIDER",
            Self::InfoOffice => "INFO_OFFICE",
            Self::WorkingGroup => "WORKING_GROUP",
        }
    }
}

/// By an objection, coordinated or not (art. 26(二)), or by the info office's report of an overdue answer.
fn concerns_the_working_group(case: &AccessRequest) -> bool {
    matches!(case.state, State::Objected { .. } | State::RefusalStands { .. })
        || case.file.contested.iter().any(|earlier| earlier.objection.is_some())
        || case.file.escalations.iter().any(|step| step.kind == EscalationKind::Report)
}
