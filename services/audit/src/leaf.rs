//! A leaf as a service hands it in, checked before it may enter the log: what stands there once stays for good.

use std::collections::BTreeSet;

use govshare_model::id::{InvalidId, UnitId};
use service_kit::event::{LEAF_VERSION, Leaf, MAX_LEAF_BYTES};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Largest disclosure: salt and subject as JSON, with room to spare.
pub const MAX_DISCLOSURE_BYTES: usize = 4096;
/// Longest aggregate, case and type, in bytes: they stand in indexes.
const MAX_NAME_BYTES: usize = 200;
/// Integers beyond this lose digits in other languages' JSON (RFC 7493).
const MAX_VERSION: i64 = (1 << 53) - 1;

/// An event that is fit for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The leaf's bytes as they came.
    pub leaf: Vec<u8>,
    pub aggregate: String,
    /// 1, 2, 3 ... within the aggregate.
    pub version: i64,
    /// Empty for what belongs to no case.
    pub case: String,
    /// The units that may read it, each once.
    pub concerns: BTreeSet<UnitId>,
    /// May be empty.
    pub disclosure: Vec<u8>,
}

/// Why an event is not fit for the log, in words for the service that sent it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("has {0} bytes, more than {MAX_LEAF_BYTES} / 超过最大长度")]
    TooLarge(usize),
    #[error("is not a leaf: {0} / 格式无效")]
    Malformed(String),
    #[error("has envelope version {0}, not {LEAF_VERSION} / 信封版本不符")]
    Envelope(u8),
    #[error("is not canonical JSON (RFC 8785) / 不是规范化 JSON")]
    NotCanonical,
    #[error("names {named} as service, but {calling} calls / 服务名与调用方不符")]
    OtherService { named: String, calling: String },
    #[error("{field} must have 1 to {MAX_NAME_BYTES} bytes without control characters / 字段无效")]
    Name { field: &'static str },
    #[error("version must lie between 1 and 2^53-1, is {0} / 版本号无效")]
    Version(i64),
    #[error("time is not RFC 3339 in UTC: {0} / 时间无效")]
    Time(String),
    #[error("concerns: {0} / 单位标识无效")]
    Unit(#[from] InvalidId),
    #[error("disclosure has {0} bytes, more than {MAX_DISCLOSURE_BYTES} / 超过最大长度")]
    Disclosure(usize),
}

/// Checks a leaf that the service `calling` hands in.
pub fn check(leaf: Vec<u8>, disclosure: Vec<u8>, calling: &str) -> Result<Entry, Flaw> {
    if leaf.len() > MAX_LEAF_BYTES {
        return Err(Flaw::TooLarge(leaf.len()));
    }
    if disclosure.len() > MAX_DISCLOSURE_BYTES {
        return Err(Flaw::Disclosure(disclosure.len()));
    }
    let read: Leaf = serde_json::from_slice(&leaf).map_err(|error| Flaw::Malformed(error.to_string()))?;
    if read.v != LEAF_VERSION {
        return Err(Flaw::Envelope(read.v));
    }
    // RFC 8785 orders keys by UTF-16; rendering orders them by UTF-8, which is the same for ASCII.
    let ascii = read.attributes.keys().all(|key| key.is_ascii());
    let rendered = serde_json::to_vec(&read).map_err(|error| Flaw::Malformed(error.to_string()))?;
    if !ascii || rendered != leaf {
        return Err(Flaw::NotCanonical);
    }
    if read.service != calling {
        return Err(Flaw::OtherService { named: read.service, calling: calling.to_owned() });
    }
    for (field, text) in [("aggregate", &read.aggregate), ("type", &read.kind)] {
        if text.is_empty() || !is_name(text) {
            return Err(Flaw::Name { field });
        }
    }
    if !is_name(&read.case) {
        return Err(Flaw::Name { field: "case" });
    }
    if !(1..=MAX_VERSION).contains(&read.version) {
        return Err(Flaw::Version(read.version));
    }
    moment(&read.time)?;
    Ok(Entry {
        leaf,
        aggregate: read.aggregate,
        version: read.version,
        case: read.case,
        concerns: read.concerns.iter().map(|unit| unit.parse()).collect::<Result<_, _>>()?,
        disclosure,
    })
}

/// The moment that a leaf's `time` names.
pub fn moment(time: &str) -> Result<OffsetDateTime, Flaw> {
    OffsetDateTime::parse(time, &Rfc3339)
        .ok()
        .filter(|_| time.ends_with('Z'))
        .ok_or_else(|| Flaw::Time(time.to_owned()))
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control)
}
