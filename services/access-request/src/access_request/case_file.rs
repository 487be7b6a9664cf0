//! What a case gathers beside its state: it is added to, never taken from.

use govshare_model::Subject;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::state::{Answer, Notice, Statement};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseFile {
    /// Who changed the form of the draft, besides its drafter.
    pub revised_by: Vec<Subject>,
    /// Of a paper application.
    pub paper: Option<Paper>,
    /// The info office's note to an application that it forwarded.
    pub forwarding: Option<Statement>,
    /// Notices of missing material that were met.
    pub supplements: Vec<Supplement>,
    pub extension: Option<Extension>,
    pub superior: Option<SuperiorMatter>,
    /// Refusals that were coordinated and are answered anew.
    pub contested: Vec<Contested>,
    pub escalations: Vec<Escalation>,
}

/// How an application on paper got here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    #[serde(with = "super::day")]
    pub received: Date,
    pub reason: Statement,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplement {
    pub notice: Notice,
    pub answer: Statement,
}

/// More time for the answer, where the pack knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub working_days: u16,
    pub reason: Statement,
    /// Last day for the answer when it was asked for.
    #[serde(with = "super::day")]
    pub earlier_due: Date,
    pub decision: Option<Decision>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub granted: bool,
    pub statement: Statement,
}

/// The matter with the provider's superior body (art. 27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuperiorMatter {
    pub body: String,
    pub liaison: Statement,
    pub stage: Stage,
    /// 文号 of the written statement on its refusal; empty without one.
    #[serde(default)]
    pub document_number: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Liaison,
    Obtained { outcome: Statement },
    Refused { statement: Statement },
    CityAsked { statement: Statement, request: Statement },
    CityObtained { statement: Statement, request: Statement, outcome: Statement },
    CityRefused { statement: Statement, request: Statement, outcome: Statement },
}

impl Stage {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Liaison => "LIAISON",
            Self::Obtained { .. } => "OBTAINED",
            Self::Refused { .. } => "REFUSED",
            Self::CityAsked { .. } => "CITY_ASKED",
            Self::CityObtained { .. } => "CITY_OBTAINED",
            Self::CityRefused { .. } => "CITY_REFUSED",
        }
    }

    /// Whether the resource may be provided.
    pub fn provides(&self) -> bool {
        match self {
            Self::Obtained { .. } | Self::CityObtained { .. } => true,
            Self::Liaison | Self::Refused { .. } | Self::CityAsked { .. } | Self::CityRefused { .. } => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contested {
    pub answer: Answer,
    #[serde(with = "super::day")]
    pub due: Date,
    #[serde(with = "time::serde::rfc3339::option")]
    pub overdue: Option<OffsetDateTime>,
    /// None where the city's authority coordinated without one (art. 27).
    pub objection: Option<Statement>,
    pub coordination: Statement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EscalationKind {
    /// 催办: the info office reminds the provider.
    Reminder,
    /// The info office reports to the working group.
    Report,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    pub kind: EscalationKind,
    pub statement: Statement,
}

impl SuperiorMatter {
    /// Who told of the superior body's refusal must not be who started the liaison.
    pub(super) fn started_by(&self, subject: &Subject) -> bool {
        self.liaison.by == *subject
    }
}
