//! What the exchange needs to know of an agreement, and whether data may flow under it (art. 26(一)).

use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use time::Date;

/// An agreement as the agreement service tells it today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub id: AgreementId,
    pub case: CaseId,
    pub entry: EntryId,
    pub applicant: UnitId,
    pub provider: UnitId,
    pub state: State,
    /// First day of validity, Asia/Shanghai.
    pub valid_from: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    AwaitingSignatures,
    Active,
    Cancelled,
    Expired,
    Suspended,
    Terminated,
    /// Another agreement amends or renews it.
    Replaced,
}

/// Why no data flows under an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    NotActive {
        state: &'static str,
    },
    /// Signed by all, but its first day is still to come.
    NotYetValid {
        from: Date,
    },
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::AwaitingSignatures => "AWAITING_SIGNATURES",
            Self::Active => "ACTIVE",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::Suspended => "SUSPENDED",
            Self::Terminated => "TERMINATED",
            Self::Replaced => "REPLACED",
        }
    }
}

impl Agreement {
    /// Data flows from the first to the last day of validity of an agreement that all have signed.
    pub fn lets_flow(&self, today: Date) -> Result<(), Rejection> {
        match self.state {
            State::Active if today < self.valid_from => Err(Rejection::NotYetValid { from: self.valid_from }),
            State::Active => Ok(()),
            State::AwaitingSignatures
            | State::Cancelled
            | State::Expired
            | State::Suspended
            | State::Terminated
            | State::Replaced => Err(Rejection::NotActive { state: self.state.name() }),
        }
    }
}
