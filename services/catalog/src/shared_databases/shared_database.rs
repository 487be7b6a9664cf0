//! A shared database (政务信息资源共享数据库) and the units that lead it over the years (art. 5, 12).

use std::fmt;
use std::str::FromStr;

use govshare_model::id::{InvalidId, UnitId};
use time::{Date, OffsetDateTime};

/// The slug that a shared database is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedDatabaseId(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedDatabase {
    /// Chosen at creation, never changed.
    pub id: SharedDatabaseId,
    pub record: Record,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 at creation, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub name: String,
    pub kind: Kind,
    /// Lead units (牵头单位), now and before, at least one.
    pub leads: Vec<Lead>,
    /// The clause or decision that settles the lead.
    pub basis: String,
}

/// The kinds of shared database (art. 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 基础库
    Base,
    /// 共享专题数据库
    Thematic,
    /// 领域协同库
    Collaborative,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lead {
    pub unit: UnitId,
    /// First day.
    pub start: Date,
    /// Last day, inclusive; `None` while the lead lasts.
    pub end: Option<Date>,
}

/// The fields of a record that an update can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    DisplayName,
    Kind,
    Leads,
    Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Created,
    Updated,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    database: SharedDatabase,
    happened: Happened,
}

impl Transition {
    pub fn database(&self) -> &SharedDatabase {
        &self.database
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a record cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    NoLead,
    /// The unit's last day lies before its first.
    EndsBeforeStart(UnitId),
    /// Two spans of the unit have a day in common.
    Overlap(UnitId),
}

impl SharedDatabase {
    pub fn create(
        id: SharedDatabaseId,
        record: Record,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        record.check()?;
        let database = Self { id, record, created: now, updated: now, version: 1 };
        Ok(Transition { database, happened: Happened::Created })
    }

    /// Whether a unit is one of the leads (牵头单位) on a day.
    pub fn is_led_by(&self, unit: &UnitId, day: Date) -> bool {
        let leads = |lead: &Lead| lead.start <= day && lead.end.is_none_or(|end| day <= end);
        self.record.leads.iter().any(|lead| lead.unit == *unit && leads(lead))
    }

    /// `None`: the record is as it should be already.
    pub fn update(mut self, record: Record, now: OffsetDateTime) -> Result<Option<Transition>, Rejection> {
        record.check()?;
        if record == self.record {
            return Ok(None);
        }
        self.record = record;
        self.updated = now;
        self.version += 1;
        Ok(Some(Transition { database: self, happened: Happened::Updated }))
    }
}

impl Record {
    /// This record with these fields of `new`.
    pub fn with(mut self, fields: &[Field], new: Self) -> Self {
        let Self { name, kind, leads, basis } = new;
        if fields.contains(&Field::DisplayName) {
            self.name = name;
        }
        if fields.contains(&Field::Kind) {
            self.kind = kind;
        }
        if fields.contains(&Field::Leads) {
            self.leads = leads;
        }
        if fields.contains(&Field::Basis) {
            self.basis = basis;
        }
        self
    }

    fn check(&self) -> Result<(), Rejection> {
        if self.leads.is_empty() {
            return Err(Rejection::NoLead);
        }
        if let Some(lead) = self.leads.iter().find(|lead| lead.end.is_some_and(|end| end < lead.start)) {
            return Err(Rejection::EndsBeforeStart(lead.unit.clone()));
        }
        let mut leads: Vec<_> = self.leads.iter().collect();
        leads.sort();
        let overlap = leads
            .windows(2)
            .find(|pair| pair[0].unit == pair[1].unit && pair[0].end.is_none_or(|end| end >= pair[1].start));
        match overlap {
            Some(pair) => Err(Rejection::Overlap(pair[0].unit.clone())),
            None => Ok(()),
        }
    }
}

impl Field {
    pub const ALL: [Self; 4] = [Self::DisplayName, Self::Kind, Self::Leads, Self::Basis];

    /// As an update mask names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::Kind => "kind",
            Self::Leads => "leads",
            Self::Basis => "basis",
        }
    }
}

impl SharedDatabaseId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SharedDatabaseId {
    type Err = InvalidId;

    /// The same slugs as units have.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse::<UnitId>().map(|slug| Self(slug.into()))
    }
}

impl fmt::Display for SharedDatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
