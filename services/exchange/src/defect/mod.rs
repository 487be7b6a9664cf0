//! Defects (瑕疵) of a data version that its provider told clearly. Both the notice and its acknowledgement are final: a
//! version never changes, and who acknowledged bears the risk of use (art. 22).

mod grpc;
pub(crate) mod store;

use govshare_model::Actor;
use govshare_model::id::{CaseId, UnitId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::data_version::DataVersion;

/// A notice about to be written; the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub(crate) id: Uuid,
    pub(crate) version: DataVersion,
    pub(crate) description: String,
    pub(crate) told: OffsetDateTime,
}

/// An acknowledgement about to be written; the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    pub(crate) defect: Uuid,
    pub(crate) version: DataVersion,
    /// The case under whose agreement the data is to be taken; `None` of what is shared actively.
    pub(crate) case: Option<CaseId>,
    pub(crate) unit: UnitId,
    pub(crate) at: OffsetDateTime,
}

/// Why no ticket is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAcknowledged {
    /// Some of the defects that the unit did not acknowledge.
    pub defects: Vec<Uuid>,
}

impl Notice {
    pub fn tell(id: Uuid, version: DataVersion, description: String, now: OffsetDateTime) -> Self {
        Self { id, version, description, told: now }
    }
}

impl Acknowledgement {
    pub fn of(
        defect: Uuid,
        version: DataVersion,
        case: Option<CaseId>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Self {
        Self { defect, version, case, unit: by.unit.clone(), at: now }
    }
}
