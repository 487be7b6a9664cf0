//! A shared database (政务信息资源共享数据库) and the units that lead it over the years (art. 5, 12).

use std::fmt;
use std::str::FromStr;

use govshare_model::Actor;
use govshare_model::id::{InvalidId, UnitId};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::proposal::{Proposal, names_the_lead};

/// The slug that a shared database is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedDatabaseId(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedDatabase {
    /// Chosen at creation, never changed.
    pub id: SharedDatabaseId,
    pub record: Record,
    /// Leads that wait for the working group, or that it gave back.
    pub proposal: Option<Proposal>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 at creation, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub name: String,
    pub kind: Kind,
    /// Lead units (牵头单位), now and before; none until the working group approves the first.
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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Name or kind may have changed with it.
    LeadsProposed,
    LeadsApproved,
    LeadsReturned,
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
    /// No proposed leads wait for the working group.
    WrongState {
        state: &'static str,
    },
    /// Who wrote at the proposed leads approves them.
    SelfApproval,
}

impl SharedDatabase {
    /// Registers a database with the leads that art. 12 itself names, or proposes its leads to the working group.
    pub fn create(
        id: SharedDatabaseId,
        mut record: Record,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        record.check()?;
        let mut proposal = None;
        if !names_the_lead(&record.basis) {
            proposal = Some(Proposal::of(&record, by, None));
            record.leads.clear();
            record.basis.clear();
        }
        let database = Self { id, record, proposal, created: now, updated: now, version: 1 };
        Ok(Transition { database, happened: Happened::Created })
    }

    /// Whether a unit is one of the leads (牵头单位) on a day.
    pub fn is_led_by(&self, unit: &UnitId, day: Date) -> bool {
        let leads = |lead: &Lead| lead.start <= day && lead.end.is_none_or(|end| day <= end);
        self.record.leads.iter().any(|lead| lead.unit == *unit && leads(lead))
    }

    /// Changes these fields; other leads, or another basis of them, are proposed to the working group. `None`: all is as it
    /// should be already.
    pub fn update(
        mut self,
        fields: &[Field],
        new: Record,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        let before = (self.record.clone(), self.proposal.clone());
        let mut wanted = self.record.clone();
        if let Some(Proposal { leads, basis, .. }) = &self.proposal {
            (wanted.leads, wanted.basis) = (leads.clone(), basis.clone());
        }
        let wanted = wanted.with(fields, new);
        if fields.contains(&Field::Leads) || fields.contains(&Field::Basis) {
            wanted.check()?;
            let stands = self.record.leads == wanted.leads && self.record.basis == wanted.basis;
            self.proposal = (!stands).then(|| Proposal::of(&wanted, by, before.1.as_ref()));
        }
        self.record.name = wanted.name;
        self.record.kind = wanted.kind;
        let same = |one: &Proposal, other: &Proposal| {
            (&one.leads, &one.basis, &one.returned) == (&other.leads, &other.basis, &other.returned)
        };
        let proposed = match (&before.1, &self.proposal) {
            (Some(one), Some(other)) => !same(one, other),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        };
        if !proposed && before.0 == self.record {
            return Ok(None);
        }
        if !proposed {
            self.proposal = before.1;
        }
        let happened =
            if proposed && self.proposal.is_some() { Happened::LeadsProposed } else { Happened::Updated };
        Ok(Some(self.changed(happened, now)))
    }

    pub(super) fn changed(mut self, happened: Happened, now: OffsetDateTime) -> Transition {
        self.updated = now;
        self.version += 1;
        Transition { database: self, happened }
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
