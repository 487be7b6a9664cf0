//! A version, an agreement on its entry, and people.

use bytes::Bytes;
use exchange::agreement::{Agreement, State};
use exchange::data_version::DataVersion;
use exchange::data_version::upload::{Content, Header, Part, Upload};
use govshare_model::id::{AgreementId, CaseId, DataVersionId, EntryId, UnitId};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::Uuid;

pub const NOW: OffsetDateTime = datetime!(2026-03-02 01:00 UTC);
pub const ENTRY: EntryId = EntryId(Uuid::from_u128(1));

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().try_into().expect("32 bytes")
}

pub fn header(bytes: &[u8]) -> Header {
    Header {
        file_name: "学校名录.csv".to_owned(),
        media_type: "text/csv".to_owned(),
        size: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

pub fn content(bytes: &[u8]) -> Content {
    let mut upload = Upload::begin(header(bytes));
    upload.accept(Part::Chunk(Bytes::copy_from_slice(bytes))).expect("one small chunk");
    upload.finish().expect("as announced")
}

pub fn unit(name: &str) -> UnitId {
    name.parse().expect("a slug")
}

pub fn actor(name: &str, role: Role) -> Actor {
    Actor {
        subject: Subject(format!("{name}-person")),
        unit: unit(name),
        roles: [role].into_iter().collect(),
    }
}

pub fn version() -> DataVersion {
    let id = DataVersionId(Uuid::from_u128(2));
    DataVersion::publish(id, ENTRY, unit("jiaowei"), 1, content(b"0123456789"), NOW).version().clone()
}

pub fn agreement(state: State) -> Agreement {
    Agreement {
        id: AgreementId(Uuid::from_u128(3)),
        case: CaseId(Uuid::from_u128(4)),
        entry: ENTRY,
        applicant: unit("minzheng"),
        provider: unit("jiaowei"),
        state,
        valid_from: date!(2026 - 03 - 02),
    }
}
