//! Where a request stands: each state with exactly what it has.

use govshare_model::id::{AgreementId, UnitId};
use govshare_model::pack::SharingClass;
use govshare_model::{Actor, Subject};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Draft,
    /// With the info office, which finds the provider; no clock runs (art. 26).
    AtInfoOffice,
    /// The info office coordinated the matter itself.
    Settled {
        settlement: Statement,
    },
    /// The provider's clock runs since `receipt`.
    Submitted {
        receipt: Receipt,
    },
    AnswerProposed {
        receipt: Receipt,
        proposal: Proposal,
    },
    /// The applicant is to hand in what is missing; the clock rests.
    SupplementRequested {
        receipt: Receipt,
        notice: Notice,
    },
    Consented {
        receipt: Receipt,
        answer: Answer,
    },
    Refused {
        receipt: Receipt,
        answer: Answer,
    },
    /// The working group coordinates (art. 26(二)).
    Objected {
        receipt: Receipt,
        answer: Answer,
        objection: Statement,
    },
    /// The provider answers anew, under a new clock.
    Coordinated {
        receipt: Receipt,
    },
    RefusalStands {
        receipt: Receipt,
        answer: Answer,
        objection: Statement,
        coordination: Statement,
    },
    /// `receipt` and `proposal` are what the provider had, if anything.
    Withdrawn {
        receipt: Option<Receipt>,
        proposal: Option<Proposal>,
        at: OffsetDateTime,
    },
    /// The agreement of the three parties is active.
    Agreed {
        receipt: Receipt,
        answer: Answer,
        agreement: AgreementId,
    },
}

/// The commit into the provider's inbox, with what was fixed for good, and the clock that it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub at: OffsetDateTime,
    pub pack: String,
    pub pack_version: u32,
    /// How the resource was shared then: the class whose clock runs.
    pub class: SharingClass,
    pub clock: Clock,
}

/// The provider's time for the answer. Nothing recomputes it; an extension moves its end, and an answer anew or a
/// supplement starts another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Last day for the answer, until 24:00 in Shanghai.
    pub due: Date,
    /// A year without a holiday notice lay on the way to `due`.
    pub provisional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswerKind {
    Consent,
    Refusal,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    pub kind: AnswerKind,
    pub reasons: String,
    /// What a consent adds to the entry's own conditions.
    pub conditions: String,
    /// A refusal that rests on incomplete material.
    pub material_incomplete: bool,
}

/// An answer prepared by a drafter of the provider; nobody's answer yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub wording: Wording,
    pub by: Subject,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The written answer: a proposal that another person approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub proposal: Proposal,
    /// Reasons as they went out.
    pub reasons: String,
    pub by: Subject,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// 文号; empty of answers from before numbers were given.
    #[serde(default)]
    pub number: String,
}

/// Something stated in writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub text: String,
    pub unit: UnitId,
    pub by: Subject,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

impl Statement {
    pub fn new(text: String, by: &Actor, at: OffsetDateTime) -> Self {
        Self { text, unit: by.unit.clone(), by: by.subject.clone(), at }
    }
}

/// Everything that an application lacks, told at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub missing: Vec<String>,
    pub by: Subject,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Last day for the answer until then.
    #[serde(with = "super::day")]
    pub earlier_due: Date,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::AtInfoOffice => "AT_INFO_OFFICE",
            Self::Settled { .. } => "SETTLED",
            Self::Submitted { .. } => "SUBMITTED",
            Self::AnswerProposed { .. } => "ANSWER_PROPOSED",
            Self::SupplementRequested { .. } => "SUPPLEMENT_REQUESTED",
            Self::Consented { .. } => "CONSENTED",
            Self::Refused { .. } => "REFUSED",
            Self::Objected { .. } => "OBJECTED",
            Self::Coordinated { .. } => "COORDINATED",
            Self::RefusalStands { .. } => "REFUSAL_STANDS",
            Self::Withdrawn { .. } => "WITHDRAWN",
            Self::Agreed { .. } => "AGREED",
        }
    }

    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Draft | Self::AtInfoOffice | Self::Settled { .. } => None,
            Self::Submitted { receipt }
            | Self::AnswerProposed { receipt, .. }
            | Self::SupplementRequested { receipt, .. }
            | Self::Consented { receipt, .. }
            | Self::Refused { receipt, .. }
            | Self::Objected { receipt, .. }
            | Self::Coordinated { receipt }
            | Self::RefusalStands { receipt, .. }
            | Self::Agreed { receipt, .. } => Some(receipt),
            Self::Withdrawn { receipt, .. } => receipt.as_ref(),
        }
    }

    /// The receipt of a request whose clock runs.
    pub fn open(&self) -> Option<&Receipt> {
        match self {
            Self::Submitted { receipt }
            | Self::AnswerProposed { receipt, .. }
            | Self::Coordinated { receipt } => Some(receipt),
            Self::Draft
            | Self::AtInfoOffice
            | Self::Settled { .. }
            | Self::SupplementRequested { .. }
            | Self::Consented { .. }
            | Self::Refused { .. }
            | Self::Objected { .. }
            | Self::RefusalStands { .. }
            | Self::Withdrawn { .. }
            | Self::Agreed { .. } => None,
        }
    }

    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Consented { answer, .. }
            | Self::Refused { answer, .. }
            | Self::Objected { answer, .. }
            | Self::RefusalStands { answer, .. }
            | Self::Agreed { answer, .. } => Some(answer),
            Self::Draft
            | Self::AtInfoOffice
            | Self::Settled { .. }
            | Self::Submitted { .. }
            | Self::AnswerProposed { .. }
            | Self::SupplementRequested { .. }
            | Self::Coordinated { .. }
            | Self::Withdrawn { .. } => None,
        }
    }

    /// Where the answer was just given.
    pub(super) fn set_answer_number(&mut self, number: String) {
        match self {
            Self::Consented { answer, .. } | Self::Refused { answer, .. } => answer.number = number,
            Self::Draft
            | Self::AtInfoOffice
            | Self::Settled { .. }
            | Self::Submitted { .. }
            | Self::AnswerProposed { .. }
            | Self::SupplementRequested { .. }
            | Self::Objected { .. }
            | Self::Coordinated { .. }
            | Self::RefusalStands { .. }
            | Self::Withdrawn { .. }
            | Self::Agreed { .. } => {}
        }
    }

    pub fn proposal(&self) -> Option<&Proposal> {
        match self {
            Self::AnswerProposed { proposal, .. } => Some(proposal),
            Self::Withdrawn { proposal, .. } => proposal.as_ref(),
            Self::Draft
            | Self::AtInfoOffice
            | Self::Settled { .. }
            | Self::Submitted { .. }
            | Self::SupplementRequested { .. }
            | Self::Consented { .. }
            | Self::Refused { .. }
            | Self::Objected { .. }
            | Self::Coordinated { .. }
            | Self::RefusalStands { .. }
            | Self::Agreed { .. } => self.answer().map(|answer| &answer.proposal),
        }
    }

    /// The same state under another receipt, where a clock runs.
    pub(super) fn with_clock(self, clock: Clock) -> Self {
        match self {
            Self::Submitted { receipt } => Self::Submitted { receipt: Receipt { clock, ..receipt } },
            Self::AnswerProposed { receipt, proposal } => {
                Self::AnswerProposed { receipt: Receipt { clock, ..receipt }, proposal }
            }
            Self::Coordinated { receipt } => Self::Coordinated { receipt: Receipt { clock, ..receipt } },
            other @ (Self::Draft
            | Self::AtInfoOffice
            | Self::Settled { .. }
            | Self::SupplementRequested { .. }
            | Self::Consented { .. }
            | Self::Refused { .. }
            | Self::Objected { .. }
            | Self::RefusalStands { .. }
            | Self::Withdrawn { .. }
            | Self::Agreed { .. }) => other,
        }
    }
}
