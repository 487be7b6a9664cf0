//! The written procedures of articles 7, 8, 28, 32, 33 and 34 as pure state machines: no database, contract or clock.
//!
//! A record and its state are one value; only this module makes a [`Transition`], and the store takes nothing else.

pub mod feedback;
pub mod inspection;
pub mod plan;
pub mod scheme;
pub mod self_evaluation;
pub mod violation;
pub mod yearly_evaluation;

use std::collections::BTreeMap;

use govshare_model::id::{CaseId, UnitId};
use govshare_model::{Role, Task, WaitsFor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// What every record has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    pub id: Uuid,
    /// 1 with the first save, one more with each change: also the version of its audit events.
    pub version: i64,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
}

impl Head {
    pub fn new(id: Uuid, now: OffsetDateTime) -> Self {
        Self { id, version: 1, created: now, updated: now }
    }

    fn next(&mut self, now: OffsetDateTime) {
        self.version += 1;
        self.updated = now;
    }
}

/// What happened, for the audit, and the article that the step follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened {
    pub kind: &'static str,
    pub article: &'static str,
}

/// A change with its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition<P> {
    record: P,
    happened: Happened,
}

impl<P> Transition<P> {
    pub fn record(&self) -> &P {
        &self.record
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }

    pub fn into_record(self) -> P {
        self.record
    }
}

impl<P: Procedure> Transition<P> {
    /// See [`Procedure::unnumbered`].
    pub fn unnumbered(&mut self) -> Option<&mut String> {
        self.record.unnumbered()
    }
}

/// A record that goes through states, as the store and the audit see it.
pub trait Procedure: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in addresses and audit events.
    const KIND: &'static str;

    fn head(&self) -> &Head;
    fn state(&self) -> &'static str;
    /// The units whose members may read the record now.
    fn parties(&self) -> Vec<UnitId>;
    /// What waits for whom; nothing once the record has ended.
    fn tasks(&self) -> Vec<Task>;
    /// Facts for the audit event; no personal data, no people's own words.
    fn attributes(&self) -> BTreeMap<&'static str, String>;

    /// Where the number (文号) of the document goes that the last step made, if it has none yet.
    fn unnumbered(&mut self) -> Option<&mut String> {
        None
    }
    /// The state as units see it that do not prepare the next step.
    fn outer_state(&self) -> &'static str {
        self.state()
    }
    /// The unit that sees what is being prepared.
    fn preparing(&self) -> Option<&UnitId> {
        None
    }
    /// The unit that is not told of the record yet, even if its people read others of the kind.
    fn withheld_from(&self) -> Option<&UnitId> {
        None
    }
    /// The units that the event of a change concerns.
    fn concerns(&self) -> Vec<UnitId> {
        match self.preparing() {
            Some(unit) if self.outer_state() != self.state() => vec![unit.clone()],
            _ => self.parties(),
        }
    }
    /// Last day of a term that runs and was not marked as missed yet.
    fn due(&self) -> Option<Date> {
        None
    }
    fn overdue(&self) -> Option<OffsetDateTime> {
        None
    }
    fn case(&self) -> Option<CaseId> {
        None
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The step needs another state.
    WrongState { state: &'static str, article: &'static str },
    /// Whoever prepared it may not decide it.
    SelfApproval { article: &'static str },
    /// The form lacks mandatory parts.
    FormIncomplete { missing: Vec<String>, article: &'static str },
    /// The weights are not a scheme.
    WeightsInvalid { problems: Vec<scheme::SchemeProblem> },
    /// The step is not possible before this day.
    TooEarly { state: &'static str, from: Date, article: &'static str },
    /// The unit has not spoken and its last day for it has not passed.
    NotHeard { until: Date, article: &'static str },
    /// Nothing that calls for a sanction was found.
    NotGrave,
    /// The pack knows no such violation.
    UnknownKind { known: Vec<String> },
    /// The unit cannot judge itself.
    OwnUnit { article: &'static str },
    /// The plan has no such item.
    UnknownItem,
    /// The item is led by another unit.
    NotLead,
    /// The resource is the user's own.
    OwnResource,
    /// The term has not passed, or was marked already.
    NotOverdue,
    /// No policy pack is in force on the day.
    NoPolicy,
}

/// Whether the last day of a term has passed in Shanghai.
fn has_passed(due: Date, now: OffsetDateTime) -> bool {
    govshare_model::calendar::shanghai_date(now) > due
}

/// What a task says before its record adds a term or whom it is not for.
struct Wanted {
    kind: &'static str,
    zh: &'static str,
    en: &'static str,
    article: &'static str,
}

impl Wanted {
    fn of(self, waits_for: WaitsFor, roles: &'static [Role], subject: String) -> Task {
        let Self { kind, zh, en, article } = self;
        Task { kind, zh, en, subject, article, waits_for, roles, not: Vec::new(), due: None }
    }
}
