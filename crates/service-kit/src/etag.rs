//! Opaque versions of records, by which a change that was written on an old reading is told (AIP-154).

use aws_lc_rs::digest;

use crate::{Reason, Refusal};

/// The etag of a record's version.
pub fn of(version: i64) -> String {
    format!("\"{version}\"")
}

/// The etag of a record as it is shown to one who sees only part of it: changes that they do not see leave it.
pub fn of_shown(shown: &impl prost::Message) -> String {
    let digest = digest::digest(&digest::SHA256, &shown.encode_to_vec());
    format!("\"{}\"", hex::encode(&digest.as_ref()[..12]))
}

/// Compares what the caller read with what stands now; nothing sent means whatever the record is.
pub fn check(sent: &str, current: &str, kind: &'static str, id: impl ToString) -> Result<(), Refusal> {
    if sent.is_empty() || sent == current {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::EtagMismatch,
        "the record was changed since you read it; read it again",
        "记录已被他人修改，请重新读取",
    )
    .resource(kind, id))
}
