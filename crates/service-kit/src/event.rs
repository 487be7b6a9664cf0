//! The audit event of a state change and its canonical leaf, envelope version 1.
//!
//! A leaf is RFC 8785 JSON (keys in order, strings and integers only), rendered once when the change commits and
//! never again: those bytes are what a Merkle log is built over. People stand in it as salted digests; salt and
//! subject travel beside the leaf and can be erased.

use std::collections::BTreeMap;

use aws_lc_rs::{digest, rand};
use govshare_model::Actor;
use govshare_model::id::UnitId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;

/// Envelope version that this code writes.
pub const LEAF_VERSION: u8 = 1;
/// Largest leaf, so that a length fits 16 bits in log entries (C2SP tlog-tiles).
pub const MAX_LEAF_BYTES: usize = 65_535;

/// Attribute that names a unit from which the event is withheld: that somebody reported it, say. Of its people only
/// auditors read it.
pub const WITHHELD_FROM: &str = "withheld_from";

/// What happened to a record.
#[derive(Debug, Clone)]
pub struct Event {
    /// The record, `kind/id`.
    pub aggregate: String,
    /// The record's version after the change: 1, 2, 3 ...
    pub version: i64,
    /// `record.happened`.
    pub kind: &'static str,
    /// The case; empty where there is none.
    pub case: String,
    /// State of the record afterwards.
    pub state: &'static str,
    /// Article that the step follows; empty where none is named.
    pub article: &'static str,
    /// Units that may read the event.
    pub concerns: Vec<UnitId>,
    /// Further facts: ASCII keys; no personal data in the clear.
    pub attributes: BTreeMap<&'static str, String>,
}

/// The leaf's JSON, its fields in the order of RFC 8785.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    pub aggregate: String,
    pub article: String,
    pub attributes: BTreeMap<String, String>,
    pub case: String,
    pub concerns: Vec<String>,
    pub service: String,
    pub state: String,
    /// Hexadecimal SHA-256 over salt and subject; empty when the platform itself acted.
    pub subject: String,
    /// RFC 3339, UTC, business time.
    pub time: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub unit: String,
    pub v: u8,
    pub version: i64,
}

/// What the digests of a leaf stand for; kept beside the log and erasable.
#[derive(Debug, Serialize, Deserialize)]
pub struct Disclosure {
    /// Hexadecimal, 16 random bytes.
    pub salt: String,
    pub subject: String,
}

/// A leaf with its disclosure, ready to store.
#[derive(Debug)]
pub struct Sealed {
    pub leaf: Vec<u8>,
    /// Empty when the platform itself acted.
    pub disclosure: Vec<u8>,
}

impl Event {
    /// Renders the leaf. `actor` is `None` when the platform itself acts, as the sweeper does.
    pub fn seal(&self, service: &str, actor: Option<&Actor>, now: OffsetDateTime) -> Result<Sealed, Failure> {
        let unit = actor.map(|actor| actor.unit.as_str()).unwrap_or_default();
        self.render(service, actor.map(|actor| actor.subject.as_str()), unit, now)
    }

    /// Renders the leaf of what was done by someone who is not known as a person of a unit, e.g. a network address:
    /// personal data too, so a salted digest.
    pub fn seal_about(&self, service: &str, subject: &str, now: OffsetDateTime) -> Result<Sealed, Failure> {
        self.render(service, Some(subject), "", now)
    }

    fn render(
        &self,
        service: &str,
        acting: Option<&str>,
        unit: &str,
        now: OffsetDateTime,
    ) -> Result<Sealed, Failure> {
        let mut subject = String::new();
        let mut disclosure = Vec::new();
        if let Some(acting) = acting {
            let mut salt = [0; 16];
            rand::fill(&mut salt).map_err(|_| Failure::internal("no random numbers"))?;
            let mut salted = digest::Context::new(&digest::SHA256);
            salted.update(&salt);
            salted.update(acting.as_bytes());
            subject = hex::encode(salted.finish());
            let opening = Disclosure { salt: hex::encode(salt), subject: acting.to_owned() };
            disclosure = serde_json::to_vec(&opening).map_err(Failure::internal)?;
        }
        let leaf = Leaf {
            aggregate: self.aggregate.clone(),
            article: self.article.to_owned(),
            attributes: self
                .attributes
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            case: self.case.clone(),
            concerns: self.concerns.iter().map(ToString::to_string).collect(),
            service: service.to_owned(),
            state: self.state.to_owned(),
            subject,
            time: now.format(&Rfc3339).map_err(Failure::internal)?,
            kind: self.kind.to_owned(),
            unit: unit.to_owned(),
            v: LEAF_VERSION,
            version: self.version,
        };
        let leaf = serde_json::to_vec(&leaf).map_err(Failure::internal)?;
        if leaf.len() > MAX_LEAF_BYTES {
            return Err(Failure::internal(format!(
                "audit leaf of {} has {} bytes",
                self.aggregate,
                leaf.len()
            )));
        }
        Ok(Sealed { leaf, disclosure })
    }
}
