//! Which events count for which unit (art. 32): a pure reading of audit leaves.

use std::collections::BTreeMap;

use govshare_model::id::{InvalidId, UnitId};
use service_kit::event::{LEAF_VERSION, Leaf};

macro_rules! indicators {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What is counted for a unit; the text form is the one stored.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Indicator { $($(#[$doc])* $name),+ }

        impl Indicator {
            pub const ALL: &'static [Indicator] = &[$(Indicator::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Indicator::$name => $text),+ }
            }
        }
    };
}

indicators! {
    /// Entries that are published now.
    PublishedEntries = "published-entries",
    /// Requests received as provider.
    RequestsReceived = "requests-received",
    /// Answers given by 24:00 of the last day (art. 26).
    AnsweredInTime = "answered-in-time",
    AnsweredLate = "answered-late",
    /// Requests that were not answered by then, whether or not they are since.
    Overdue = "overdue",
    Consents = "consents",
    Refusals = "refusals",
    /// Requests made as applicant.
    RequestsMade = "requests-made",
    /// Agreements that became active, as provider or applicant.
    Agreements = "agreements",
    DeliveriesGiven = "deliveries-given",
    DeliveriesTaken = "deliveries-taken",
}

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The unit exists: it has a line, of zeros if need be.
    Known { unit: UnitId },
    /// One more of what happened.
    Counted { unit: UnitId, indicator: Indicator },
    /// The record is one of those that the unit's indicator numbers, whether it was before or not.
    Stands { unit: UnitId, indicator: Indicator, record: String },
    /// It is not any longer.
    Falls { indicator: Indicator, record: String },
}

/// Why a leaf cannot be counted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("not a leaf: {0}")]
    Json(String),
    #[error("envelope version {0}")]
    Envelope(u8),
    #[error("a {kind} without attribute {attribute:?}")]
    Missing { kind: String, attribute: &'static str },
    #[error("attribute {attribute:?} is {value:?}")]
    Value { attribute: &'static str, value: String },
    #[error(transparent)]
    Unit(#[from] InvalidId),
}

/// Reads the bytes of a leaf.
pub fn read(leaf: &[u8]) -> Result<Leaf, Malformed> {
    let leaf: Leaf = serde_json::from_slice(leaf).map_err(|error| Malformed::Json(error.to_string()))?;
    if leaf.v == LEAF_VERSION { Ok(leaf) } else { Err(Malformed::Envelope(leaf.v)) }
}

/// What an event changes; nothing, if its type is not counted.
pub fn effects(leaf: &Leaf) -> Result<Vec<Effect>, Malformed> {
    use Indicator::*;
    let provider = || unit(leaf, "provider");
    let applicant = || unit(leaf, "applicant");
    let record = || leaf.aggregate.clone();
    let counted = |unit, indicator| Effect::Counted { unit, indicator };
    Ok(match leaf.kind.as_str() {
        "unit.created" => vec![Effect::Known { unit: leaf.aggregate.replacen("unit/", "", 1).parse()? }],
        "entry.published" | "entry.resumed" => {
            vec![Effect::Stands { unit: provider()?, indicator: PublishedEntries, record: record() }]
        }
        "entry.suspended" | "entry.retired" => {
            vec![Effect::Falls { indicator: PublishedEntries, record: record() }]
        }
        "access-request.submitted" => {
            vec![counted(provider()?, RequestsReceived), counted(applicant()?, RequestsMade)]
        }
        "access-request.overdue" => {
            vec![Effect::Stands { unit: provider()?, indicator: Overdue, record: record() }]
        }
        "access-request.consented" => answered(leaf, Consents)?,
        "access-request.refused" => answered(leaf, Refusals)?,
        "agreement.activated" => vec![counted(provider()?, Agreements), counted(applicant()?, Agreements)],
        "delivery.completed" => {
            vec![counted(provider()?, DeliveriesGiven), counted(applicant()?, DeliveriesTaken)]
        }
        _ => Vec::new(),
    })
}

fn answered(leaf: &Leaf, answer: Indicator) -> Result<Vec<Effect>, Malformed> {
    let unit = unit(leaf, "provider")?;
    let counted = |indicator| Effect::Counted { unit: unit.clone(), indicator };
    match attribute(leaf, "in_time")? {
        "true" => Ok(vec![counted(answer), counted(Indicator::AnsweredInTime)]),
        // Answered after the last day and before any sweep came by, it is overdue without an event of its own.
        "false" => Ok(vec![
            counted(answer),
            counted(Indicator::AnsweredLate),
            Effect::Stands { unit, indicator: Indicator::Overdue, record: leaf.aggregate.clone() },
        ]),
        other => Err(Malformed::Value { attribute: "in_time", value: other.to_owned() }),
    }
}

fn unit(leaf: &Leaf, name: &'static str) -> Result<UnitId, Malformed> {
    Ok(attribute(leaf, name)?.parse()?)
}

fn attribute<'l>(leaf: &'l Leaf, name: &'static str) -> Result<&'l str, Malformed> {
    let missing = || Malformed::Missing { kind: leaf.kind.clone(), attribute: name };
    leaf.attributes.get(name).map(String::as_str).ok_or_else(missing)
}

/// What a run of events changes altogether.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub counted: BTreeMap<(UnitId, Indicator), i64>,
    /// Records by how the last event left them: standing for a unit, or not.
    pub records: BTreeMap<(Indicator, String), Option<UnitId>>,
}

impl Tally {
    pub fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Known { unit } => {
                self.counted.entry((unit, Indicator::PublishedEntries)).or_default();
            }
            Effect::Counted { unit, indicator } => {
                *self.counted.entry((unit, indicator)).or_default() += 1;
            }
            Effect::Stands { unit, indicator, record } => {
                self.records.insert((indicator, record), Some(unit));
            }
            Effect::Falls { indicator, record } => {
                self.records.insert((indicator, record), None);
            }
        }
    }
}
