//! Which events count for which unit (art. 32): a pure reading of audit leaves.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{InvalidId, UnitId};
use service_kit::event::{LEAF_VERSION, Leaf};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime};

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

            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Indicator::$name),)+ _ => None }
            }
        }
    };
}

indicators! {
    /// Entries that are published now.
    PublishedEntries = "published-entries",
    /// Requests received as provider.
    RequestsReceived = "requests-received",
    /// Requests answered by 24:00 of the last day (art. 26). Here and below the first answer counts: one given anew
    /// after coordination is no further answer.
    AnsweredInTime = "answered-in-time",
    AnsweredLate = "answered-late",
    /// Requests that were not answered by then, whether or not they are since.
    Overdue = "overdue",
    Consents = "consents",
    Refusals = "refusals",
    /// Requests made as applicant.
    RequestsMade = "requests-made",
    /// Agreements that became active, as provider or applicant; one that renews or amends another is not counted again.
    Agreements = "agreements",
    DeliveriesGiven = "deliveries-given",
    DeliveriesTaken = "deliveries-taken",
    /// Entries that were drafted and are not retired, whatever became of them.
    CompiledEntries = "compiled-entries",
    /// Entries of which a version was published and that are not retired, suspended ones too.
    ListedEntries = "listed-entries",
    /// Of those, the ones that others may have: shared actively or on application.
    SharedEntries = "shared-entries",
    /// Updates in the calendar of updates, told by the provider or seen on the exchange platform: one for each entry and
    /// day. What has no cycle has no place in it and cannot be late.
    DataUpdates = "data-updates",
    /// Updates that did not come when the entry says (art. 19).
    LateUpdates = "late-updates",
    /// Objections of applicants to an answer of the unit (art. 26(二)).
    Objections = "objections",
    /// Feedback received as provider and not taken back (art. 28).
    FeedbackReceived = "feedback-received",
    FeedbackAnswered = "feedback-answered",
    /// Of those, the ones that were not late.
    FeedbackAnsweredInTime = "feedback-answered-in-time",
    /// Feedback that was not answered by its last day, whether or not it is since.
    FeedbackOverdue = "feedback-overdue",
    /// Feedback given as user.
    FeedbackGiven = "feedback-given",
    /// Self-evaluations that the info office accepted, in the month in which their period ends.
    SelfEvaluations = "self-evaluations",
    /// Violations that the working group found (art. 34).
    Violations = "violations",
}

impl Indicator {
    /// Whether it says how many there are at a moment; the others say how many came in a period.
    pub fn is_stock(self) -> bool {
        use Indicator::*;
        matches!(self, PublishedEntries | CompiledEntries | ListedEntries | SharedEntries)
    }
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
    #[error("time {0:?}")]
    Time(String),
    #[error(transparent)]
    Unit(#[from] InvalidId),
}

/// Reads the bytes of a leaf.
pub fn read(leaf: &[u8]) -> Result<Leaf, Malformed> {
    let leaf: Leaf = serde_json::from_slice(leaf).map_err(|error| Malformed::Json(error.to_string()))?;
    if leaf.v == LEAF_VERSION { Ok(leaf) } else { Err(Malformed::Envelope(leaf.v)) }
}

/// One kind of event and what it changes.
struct Line {
    kind: &'static str,
    /// The attribute that names the unit.
    whose: &'static str,
    change: Change,
    only: Only,
}

enum Change {
    Adds(Indicator),
    Stands(Indicator),
    Falls(Indicator),
}

enum Only {
    Always,
    /// No answer of the same request went before.
    First,
    /// The same, and it came by the last day, or later.
    FirstInTime(bool),
    /// The answer came by the last day, or later.
    InTime(bool),
    /// It goes on from no other record.
    New,
    /// The published version is shared with others, or withheld.
    Shared(bool),
}

const PROVIDER: &str = "provider";
const APPLICANT: &str = "applicant";
const OWNER: &str = "owner";

/// All that is counted: a further kind of event is a further line.
const LINES: &[Line] = {
    use Change::*;
    use Indicator::*;
    use Only::*;
    &[
        line("entry.drafted", PROVIDER, Stands(CompiledEntries), Always),
        line("entry.published", PROVIDER, Stands(PublishedEntries), Always),
        line("entry.published", PROVIDER, Stands(ListedEntries), Always),
        line("entry.published", PROVIDER, Stands(SharedEntries), Shared(true)),
        line("entry.published", PROVIDER, Falls(SharedEntries), Shared(false)),
        line("entry.resumed", PROVIDER, Stands(PublishedEntries), Always),
        line("entry.suspended", PROVIDER, Falls(PublishedEntries), Always),
        line("entry.retired", PROVIDER, Falls(PublishedEntries), Always),
        line("entry.retired", PROVIDER, Falls(CompiledEntries), Always),
        line("entry.retired", PROVIDER, Falls(ListedEntries), Always),
        line("entry.retired", PROVIDER, Falls(SharedEntries), Always),
        line("entry.update-late", PROVIDER, Adds(LateUpdates), Always),
        line("entry.update-recorded", PROVIDER, Adds(DataUpdates), Always),
        line("access-request.submitted", PROVIDER, Adds(RequestsReceived), Always),
        line("access-request.submitted", APPLICANT, Adds(RequestsMade), Always),
        // Where the applicant did not know the provider, the info office forwards the request to it.
        line("access-request.submitted-to-info-office", APPLICANT, Adds(RequestsMade), Always),
        line("access-request.forwarded", PROVIDER, Adds(RequestsReceived), Always),
        line("access-request.overdue", PROVIDER, Stands(Overdue), Always),
        line("access-request.consented", PROVIDER, Adds(Consents), First),
        line("access-request.consented", PROVIDER, Adds(AnsweredInTime), FirstInTime(true)),
        line("access-request.consented", PROVIDER, Adds(AnsweredLate), FirstInTime(false)),
        // Answered after the last day and before any sweep came by, it is overdue without an event of its own.
        line("access-request.consented", PROVIDER, Stands(Overdue), InTime(false)),
        line("access-request.refused", PROVIDER, Adds(Refusals), First),
        line("access-request.refused", PROVIDER, Adds(AnsweredInTime), FirstInTime(true)),
        line("access-request.refused", PROVIDER, Adds(AnsweredLate), FirstInTime(false)),
        line("access-request.refused", PROVIDER, Stands(Overdue), InTime(false)),
        line("access-request.objected", PROVIDER, Adds(Objections), Always),
        line("agreement.activated", PROVIDER, Adds(Agreements), New),
        line("agreement.activated", APPLICANT, Adds(Agreements), New),
        line("delivery.completed", PROVIDER, Adds(DeliveriesGiven), Always),
        line("delivery.completed", APPLICANT, Adds(DeliveriesTaken), Always),
        line("feedback.submitted", PROVIDER, Stands(FeedbackReceived), Always),
        line("feedback.submitted", APPLICANT, Adds(FeedbackGiven), Always),
        line("feedback.withdrawn", PROVIDER, Falls(FeedbackReceived), Always),
        line("feedback.overdue", PROVIDER, Stands(FeedbackOverdue), Always),
        line("feedback.answered", PROVIDER, Adds(FeedbackAnswered), Always),
        line("feedback.answered", PROVIDER, Adds(FeedbackAnsweredInTime), InTime(true)),
        line("feedback.answered", PROVIDER, Stands(FeedbackOverdue), InTime(false)),
        line("self-evaluation.accepted", OWNER, Adds(SelfEvaluations), Always),
        line("violation.found", OWNER, Adds(Violations), Always),
    ]
};

const fn line(kind: &'static str, whose: &'static str, change: Change, only: Only) -> Line {
    Line { kind, whose, change, only }
}

/// What an event changes; nothing, if its type is not counted.
pub fn effects(leaf: &Leaf) -> Result<Vec<Effect>, Malformed> {
    if leaf.kind == "unit.created" {
        return Ok(vec![Effect::Known { unit: leaf.aggregate.replacen("unit/", "", 1).parse()? }]);
    }
    let mut effects = Vec::new();
    for line in LINES.iter().filter(|line| line.kind == leaf.kind) {
        if line.only.holds(leaf)? {
            effects.push(line.effect(leaf)?);
        }
    }
    Ok(effects)
}

impl Line {
    fn effect(&self, leaf: &Leaf) -> Result<Effect, Malformed> {
        let record = leaf.aggregate.clone();
        Ok(match self.change {
            Change::Adds(indicator) => Effect::Counted { unit: self.unit(leaf)?, indicator },
            Change::Stands(indicator) => Effect::Stands { unit: self.unit(leaf)?, indicator, record },
            Change::Falls(indicator) => Effect::Falls { indicator, record },
        })
    }

    fn unit(&self, leaf: &Leaf) -> Result<UnitId, Malformed> {
        Ok(attribute(leaf, self.whose)?.parse()?)
    }
}

impl Only {
    fn holds(&self, leaf: &Leaf) -> Result<bool, Malformed> {
        match self {
            Only::Always => Ok(true),
            Only::First => Ok(is_first_answer(leaf)),
            Only::FirstInTime(wanted) => Ok(came_in_time(leaf)? == *wanted && is_first_answer(leaf)),
            Only::InTime(wanted) => Ok(came_in_time(leaf)? == *wanted),
            Only::New => Ok(!leaf.attributes.contains_key("replaces")),
            Only::Shared(wanted) => {
                Ok(leaf.attributes.get("sharing_type").is_some_and(|kind| (kind != "WITHHELD") == *wanted))
            }
        }
    }
}

fn came_in_time(leaf: &Leaf) -> Result<bool, Malformed> {
    match attribute(leaf, "in_time")? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(Malformed::Value { attribute: "in_time", value: other.to_owned() }),
    }
}

fn is_first_answer(leaf: &Leaf) -> bool {
    !leaf.attributes.contains_key("answers_before")
}

fn attribute<'l>(leaf: &'l Leaf, name: &'static str) -> Result<&'l str, Malformed> {
    let missing = || Malformed::Missing { kind: leaf.kind.clone(), attribute: name };
    leaf.attributes.get(name).map(String::as_str).ok_or_else(missing)
}

/// The day that an event counts for: it is of the past where it speaks of a period that was over.
pub fn day(leaf: &Leaf) -> Result<Date, Malformed> {
    if leaf.kind == "self-evaluation.accepted" {
        let end = attribute(leaf, "period_end")?;
        let unreadable = || Malformed::Value { attribute: "period_end", value: end.to_owned() };
        return Date::parse(end, &Iso8601::DATE).map_err(|_| unreadable());
    }
    let time = OffsetDateTime::parse(&leaf.time, &Rfc3339);
    time.map(shanghai_date).map_err(|_| Malformed::Time(leaf.time.clone()))
}

/// A unit and what the register calls it from this event on.
pub fn named_unit(leaf: &Leaf) -> Option<(UnitId, String)> {
    let registered = ["unit.created", "unit.updated"].contains(&leaf.kind.as_str());
    let id = leaf.aggregate.strip_prefix("unit/").filter(|_| registered)?;
    Some((id.parse().ok()?, leaf.attributes.get("display_name")?.clone()))
}

/// A received case and its parties: id, applicant, provider.
pub fn case(leaf: &Leaf) -> Option<(uuid::Uuid, String, String)> {
    let received = leaf.kind.starts_with("access-request.") && leaf.state != "DRAFT";
    let id = leaf.aggregate.strip_prefix("access-request/").filter(|_| received)?;
    let (applicant, provider) = (leaf.attributes.get(APPLICANT)?, leaf.attributes.get(PROVIDER)?);
    Some((id.parse().ok()?, applicant.clone(), provider.clone()))
}
