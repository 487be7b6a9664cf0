//! The register of information systems that take part in sharing, with their security level: raising is free, lowering
//! needs a recorded authority (art. 30).

pub(crate) mod convert;
pub(crate) mod grpc;
pub mod policy;
pub(crate) mod store;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{SystemId, UnitId};
use time::{Date, OffsetDateTime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    pub id: SystemId,
    pub unit: UnitId,
    pub name: String,
    pub level: Level,
    /// Of the last lowering.
    pub authority: Option<Authority>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 when registered, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// 网络安全保护等级, from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u8);

/// What allows to lower a level: somebody else's written decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub body: String,
    /// 文号.
    pub document_number: String,
    pub document_date: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Registered,
    Raised { from: Level },
    Lowered { from: Level },
}

/// A change; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    system: System,
    happened: Happened,
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Lowered without authority.
    WithoutAuthority { from: Level, to: Level },
    /// The document is dated after today.
    AuthorityNotYet,
    /// The unit has a system of this name.
    NameTaken { name: String },
}

impl Level {
    /// `None` outside 1 to 5.
    pub fn new(level: i32) -> Option<Self> {
        u8::try_from(level).ok().filter(|level| (1..=5).contains(level)).map(Self)
    }

    pub fn get(self) -> i32 {
        i32::from(self.0)
    }
}

impl Transition {
    pub fn system(&self) -> &System {
        &self.system
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

impl System {
    pub fn register(
        id: SystemId,
        unit: UnitId,
        name: String,
        level: Level,
        now: OffsetDateTime,
    ) -> Transition {
        let system = Self { id, unit, name, level, authority: None, created: now, updated: now, version: 1 };
        Transition { system, happened: Happened::Registered }
    }

    /// `None`: it has this level.
    pub fn change_level(
        mut self,
        level: Level,
        authority: Option<Authority>,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        let from = self.level;
        let happened = match level.cmp(&from) {
            std::cmp::Ordering::Equal => return Ok(None),
            std::cmp::Ordering::Greater => Happened::Raised { from },
            std::cmp::Ordering::Less => {
                let authority = authority.ok_or(Rejection::WithoutAuthority { from, to: level })?;
                if authority.document_date > shanghai_date(now) {
                    return Err(Rejection::AuthorityNotYet);
                }
                self.authority = Some(authority);
                Happened::Lowered { from }
            }
        };
        self.level = level;
        self.updated = now;
        self.version += 1;
        Ok(Some(Transition { system: self, happened }))
    }
}
