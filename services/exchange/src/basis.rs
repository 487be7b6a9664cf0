//! On what data is taken: an agreement, or the provider's own decision to share with every unit (art. 24, 25).

use govshare_model::id::{AgreementId, CaseId, UnitId};
use service_kit::Failure;
use uuid::Uuid;

/// On what a ticket was given and a delivery made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Sharing on application (依申请共享).
    Agreement { id: AgreementId, case: CaseId },
    /// Active sharing (主动共享): no application, so no case.
    ActiveSharing,
}

/// An entry of the catalogue as far as its data is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub provider: UnitId,
    /// `PUBLISHED`, or the state that it is in instead.
    pub state: &'static str,
    /// Whether its published version is shared actively.
    pub is_active: bool,
}

/// Why data of an entry is not taken without an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    NotPublished(NotPublished),
    /// Shared on application, or withheld.
    NotActive,
}

/// The entry is in this state instead of being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPublished {
    pub state: &'static str,
}

impl Entry {
    pub fn published(&self) -> Result<(), NotPublished> {
        if self.state == "PUBLISHED" { Ok(()) } else { Err(NotPublished { state: self.state }) }
    }

    /// Data flows to every unit while the entry is published as actively shared.
    pub fn lets_flow(&self) -> Result<(), Rejection> {
        self.published().map_err(Rejection::NotPublished)?;
        if self.is_active { Ok(()) } else { Err(Rejection::NotActive) }
    }
}

impl Basis {
    pub fn agreement(&self) -> Option<AgreementId> {
        match self {
            Self::Agreement { id, .. } => Some(*id),
            Self::ActiveSharing => None,
        }
    }

    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Agreement { case, .. } => Some(*case),
            Self::ActiveSharing => None,
        }
    }

    /// The article under which the data flows.
    pub fn article(&self) -> &'static str {
        match self {
            Self::Agreement { .. } => "26(一)",
            Self::ActiveSharing => "25",
        }
    }

    /// From a row, which has agreement and case or neither.
    pub(crate) fn from_columns(agreement: Option<Uuid>, case: Option<Uuid>) -> Result<Self, Failure> {
        match (agreement, case) {
            (Some(id), Some(case)) => Ok(Self::Agreement { id: AgreementId(id), case: CaseId(case) }),
            (None, None) => Ok(Self::ActiveSharing),
            _ => Err(Failure::internal("a row with an agreement or a case, but not both")),
        }
    }
}
