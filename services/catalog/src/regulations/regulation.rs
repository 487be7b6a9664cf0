//! A regulation (制度文件) and its editions: drafted, submitted, approved or returned, in force until the next is
//! (art. 8(四), 12, 17, 35).

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::shared_databases::shared_database::SharedDatabaseId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regulation {
    pub id: Uuid,
    pub unit: UnitId,
    pub kind: Kind,
    /// Of measures and schemes.
    pub database: Option<SharedDatabaseId>,
    pub in_force: Option<InForce>,
    pub pending: Option<Pending>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the first draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 技术方案, reviewed by the info office (art. 8(四)).
    TechnicalScheme,
    /// 管理办法, approved by the working group (art. 12).
    ManagementMeasures,
    /// 实施细则, approved by the working group (art. 35).
    ImplementingRules,
    /// 规范和程序, the unit's own (art. 17).
    Procedure,
}

/// What an edition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub number: i32,
    pub title: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub edition: Edition,
    pub since: OffsetDateTime,
}

/// An edition that is not in force yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub edition: Edition,
    /// All who wrote on it; none of them submits it.
    pub written_by: BTreeSet<Subject>,
    /// Who handed it in, once somebody did.
    pub submitted_by: Option<Subject>,
    pub stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Submitted,
    Returned { reasons: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Drafted,
    Revised,
    Submitted,
    Returned,
    /// The pending edition took the place of this one, if there was one.
    CameIntoForce {
        former: Option<InForce>,
    },
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    regulation: Regulation,
    happened: Happened,
}

impl Transition {
    pub fn regulation(&self) -> &Regulation {
        &self.regulation
    }

    pub fn happened(&self) -> &Happened {
        &self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    WrongState {
        state: &'static str,
        article: &'static str,
    },
    /// Who wrote on the edition submits or approves it, or who submitted it approves it.
    SelfApproval {
        article: &'static str,
    },
    /// The unit does not lead the database today (art. 12).
    NotLead,
}

impl Kind {
    pub const ALL: [Self; 4] =
        [Self::TechnicalScheme, Self::ManagementMeasures, Self::ImplementingRules, Self::Procedure];

    pub fn name(self) -> &'static str {
        match self {
            Self::TechnicalScheme => "TECHNICAL_SCHEME",
            Self::ManagementMeasures => "MANAGEMENT_MEASURES",
            Self::ImplementingRules => "IMPLEMENTING_RULES",
            Self::Procedure => "PROCEDURE",
        }
    }

    pub fn article(self) -> &'static str {
        match self {
            Self::TechnicalScheme => "8(四)",
            Self::ManagementMeasures => "12",
            Self::ImplementingRules => "35",
            Self::Procedure => "17",
        }
    }

    /// Whether it is about a shared database, which the unit has to lead.
    pub fn is_of_database(self) -> bool {
        match self {
            Self::TechnicalScheme | Self::ManagementMeasures => true,
            Self::ImplementingRules | Self::Procedure => false,
        }
    }
}

impl Stage {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted => "SUBMITTED",
            Self::Returned { .. } => "RETURNED",
        }
    }
}

impl Edition {
    /// Lower-case hexadecimal SHA-256 of the text.
    pub fn digest(&self) -> String {
        hex::encode(digest::digest(&digest::SHA256, self.text.as_bytes()))
    }
}

impl Regulation {
    /// `leads` is whether the unit leads the database today.
    pub fn draft(
        id: Uuid,
        kind: Kind,
        database: Option<SharedDatabaseId>,
        (title, text): (String, String),
        leads: bool,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        if kind.is_of_database() && !leads {
            return Err(Rejection::NotLead);
        }
        let edition = Edition { number: 1, title, text };
        let written_by = BTreeSet::from([by.subject.clone()]);
        let regulation = Self {
            id,
            unit: by.unit.clone(),
            kind,
            database,
            in_force: None,
            pending: Some(Pending { edition, written_by, submitted_by: None, stage: Stage::Draft }),
            created: now,
            updated: now,
            version: 1,
        };
        Ok(Transition { regulation, happened: Happened::Drafted })
    }

    pub fn state(&self) -> &'static str {
        self.pending.as_ref().map_or("IN_FORCE", |pending| pending.stage.name())
    }

    /// Writes the pending edition anew or drafts the next. `None`: the draft says just that.
    pub fn revise(
        mut self,
        title: String,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        let (number, mut written_by) = match &self.pending {
            Some(Pending { stage: Stage::Submitted, .. }) => return Err(self.wrong_state()),
            Some(Pending { stage: Stage::Draft, edition, .. })
                if edition.title == title && edition.text == text =>
            {
                return Ok(None);
            }
            Some(Pending { stage: Stage::Draft | Stage::Returned { .. }, edition, written_by, .. }) => {
                (edition.number, written_by.clone())
            }
            None => {
                (self.in_force.as_ref().map_or(1, |in_force| in_force.edition.number + 1), BTreeSet::new())
            }
        };
        written_by.insert(by.subject.clone());
        let edition = Edition { number, title, text };
        self.pending = Some(Pending { edition, written_by, submitted_by: None, stage: Stage::Draft });
        Ok(Some(self.changed(Happened::Revised, now)))
    }

    /// Hands the pending edition to whoever approves it; a procedure needs nobody else.
    pub fn submit(mut self, leads: bool, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let pending = match self.pending.take() {
            Some(pending) if pending.stage == Stage::Draft => pending,
            other => {
                self.pending = other;
                return Err(self.wrong_state());
            }
        };
        if pending.written_by.contains(&by.subject) {
            return Err(Rejection::SelfApproval { article: self.kind.article() });
        }
        if self.kind.is_of_database() && !leads {
            return Err(Rejection::NotLead);
        }
        match self.kind {
            Kind::Procedure => Ok(self.came_into_force(pending.edition, now)),
            Kind::TechnicalScheme | Kind::ManagementMeasures | Kind::ImplementingRules => {
                let submitted_by = Some(by.subject.clone());
                self.pending = Some(Pending { stage: Stage::Submitted, submitted_by, ..pending });
                Ok(self.changed(Happened::Submitted, now))
            }
        }
    }

    pub fn approve(mut self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self.pending.take() {
            Some(Pending { edition, written_by, submitted_by, stage: Stage::Submitted }) => {
                if written_by.contains(&by.subject) || submitted_by.as_ref() == Some(&by.subject) {
                    return Err(Rejection::SelfApproval { article: self.kind.article() });
                }
                Ok(self.came_into_force(edition, now))
            }
            other => {
                self.pending = other;
                Err(self.wrong_state())
            }
        }
    }

    pub fn give_back(mut self, reasons: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self.pending.take() {
            Some(pending) if pending.stage == Stage::Submitted => {
                self.pending = Some(Pending { stage: Stage::Returned { reasons }, ..pending });
                Ok(self.changed(Happened::Returned, now))
            }
            other => {
                self.pending = other;
                Err(self.wrong_state())
            }
        }
    }

    /// What the regulation waits for.
    pub fn tasks(&self) -> Vec<Task> {
        let Some(pending) = &self.pending else { return Vec::new() };
        let own = || WaitsFor::Unit(self.unit.clone());
        let task = |kind, zh, en, waits_for, roles| Task {
            kind,
            zh,
            en,
            subject: pending.edition.title.clone(),
            article: self.kind.article(),
            waits_for,
            roles,
            not: Vec::new(),
            due: None,
        };
        let task = match (&pending.stage, self.kind) {
            (Stage::Draft, _) => {
                let only = pending.written_by.first().filter(|_| pending.written_by.len() == 1);
                let submit =
                    task("submit", "报送制度文件", "submit the regulation", own(), &[Role::Approver]);
                Task { not: only.cloned().into_iter().collect(), ..submit }
            }
            (Stage::Submitted, Kind::TechnicalScheme) => {
                let en = "review the technical scheme";
                let review = task("approve", "审核技术方案", en, WaitsFor::District, &[Role::InfoOffice]);
                Task { not: pending.submitted_by.iter().cloned().collect(), ..review }
            }
            (Stage::Submitted, Kind::ManagementMeasures | Kind::ImplementingRules | Kind::Procedure) => {
                let en = "decide on the regulation";
                let decide = task("approve", "审批制度文件", en, WaitsFor::District, &[Role::WorkingGroup]);
                Task { not: pending.submitted_by.iter().cloned().collect(), ..decide }
            }
            (Stage::Returned { .. }, _) => {
                let en = "revise the returned regulation";
                task("revise", "修改被退回的制度文件", en, own(), &[Role::Drafter])
            }
        };
        vec![task]
    }

    fn came_into_force(mut self, edition: Edition, now: OffsetDateTime) -> Transition {
        let former = self.in_force.replace(InForce { edition, since: now });
        self.pending = None;
        self.changed(Happened::CameIntoForce { former }, now)
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state(), article: self.kind.article() }
    }

    fn changed(mut self, happened: Happened, now: OffsetDateTime) -> Transition {
        self.updated = now;
        self.version += 1;
        Transition { regulation: self, happened }
    }
}
