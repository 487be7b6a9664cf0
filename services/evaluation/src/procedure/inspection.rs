//! An inspection by the supervisors, from notice to close (art. 33).

use std::collections::BTreeMap;

use govshare_model::calendar::Due;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Happened, Head, Procedure, Rejection, Transition, Wanted, has_passed};

const ARTICLE: &str = "33";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub head: Head,
    pub unit: UnitId,
    pub supervisor: UnitId,
    pub notice: Notice,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub subject: String,
    pub visit: Date,
    pub by: Subject,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Notified,
    Found {
        findings: Findings,
    },
    Stated {
        findings: Findings,
        statement: Statement,
    },
    /// Without a statement where the unit let its last day pass.
    Closed {
        findings: Findings,
        statement: Option<Statement>,
        conclusion: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// None where there is nothing to object to.
    pub found: Vec<String>,
    pub statement_due: Date,
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// What a unit says for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub text: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

impl State {
    pub fn findings(&self) -> Option<&Findings> {
        match self {
            Self::Notified => None,
            Self::Found { findings } | Self::Stated { findings, .. } | Self::Closed { findings, .. } => {
                Some(findings)
            }
        }
    }

    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Stated { statement, .. } => Some(statement),
            Self::Closed { statement, .. } => statement.as_ref(),
            Self::Notified | Self::Found { .. } => None,
        }
    }
}

impl Inspection {
    pub fn notify(
        id: Uuid,
        unit: UnitId,
        subject: String,
        visit: Date,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        if unit == by.unit {
            return Err(Rejection::OwnUnit { article: ARTICLE });
        }
        let record = Self {
            head: Head::new(id, now),
            unit,
            supervisor: by.unit.clone(),
            notice: Notice { subject, visit, by: by.subject.clone() },
            state: State::Notified,
        };
        Ok(Transition { record, happened: happened("inspection.notified") })
    }

    /// Findings of the visit, with the last day for the unit to speak to them.
    pub fn find(
        self,
        found: Vec<String>,
        statement_due: Date,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Notified = self.state else { return Err(self.wrong_state()) };
        if !self.notice.visit.previous_day().is_none_or(|eve| has_passed(eve, now)) {
            return Err(Rejection::TooEarly { state: "NOTIFIED", from: self.notice.visit, article: ARTICLE });
        }
        let findings = Findings { found, statement_due, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::Found { findings }, "inspection.found", now))
    }

    pub fn state_on_findings(
        self,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Found { findings } = &self.state else { return Err(self.wrong_state()) };
        let statement = Statement { text, by: by.subject.clone(), at: now };
        let state = State::Stated { findings: findings.clone(), statement };
        Ok(self.become_state(state, "inspection.stated", now))
    }

    /// Nobody is judged unheard: not before the statement, or its last day.
    pub fn close(self, conclusion: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let (findings, statement) = match &self.state {
            State::Stated { findings, statement } => (findings.clone(), Some(statement.clone())),
            State::Found { findings } if has_passed(findings.statement_due, now) => (findings.clone(), None),
            State::Found { findings } => {
                return Err(Rejection::NotHeard { until: findings.statement_due, article: ARTICLE });
            }
            State::Notified | State::Closed { .. } => return Err(self.wrong_state()),
        };
        let state = State::Closed { findings, statement, conclusion };
        Ok(self.become_state(state, "inspection.closed", now))
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state(), article: ARTICLE }
    }

    fn become_state(mut self, state: State, kind: &'static str, now: OffsetDateTime) -> Transition<Self> {
        self.state = state;
        self.head.next(now);
        Transition { record: self, happened: happened(kind) }
    }
}

fn happened(kind: &'static str) -> Happened {
    Happened { kind, article: ARTICLE }
}

impl Procedure for Inspection {
    const KIND: &'static str = "inspection";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Notified => "NOTIFIED",
            State::Found { .. } => "FOUND",
            State::Stated { .. } => "STATED",
            State::Closed { .. } => "CLOSED",
        }
    }

    fn parties(&self) -> Vec<UnitId> {
        vec![self.unit.clone(), self.supervisor.clone()]
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en| Wanted { kind, zh, en, article: ARTICLE };
        let subject = self.notice.subject.clone();
        let supervisor = WaitsFor::Unit(self.supervisor.clone());
        let due = |date| Some(Due { date, provisional: false });
        match &self.state {
            State::Notified => {
                let find = wanted("find", "检查并记录发现的问题", "inspect and record the findings");
                vec![Task {
                    due: due(self.notice.visit),
                    ..find.of(supervisor, &[Role::Supervisor], subject)
                }]
            }
            State::Found { findings } => {
                let state = wanted("state", "就检查发现的问题作出说明", "speak to the findings");
                let unit = WaitsFor::Unit(self.unit.clone());
                vec![Task { due: due(findings.statement_due), ..state.of(unit, &[Role::Approver], subject) }]
            }
            State::Stated { .. } => {
                let close = wanted("close", "作出检查结论", "conclude the inspection");
                vec![close.of(supervisor, &[Role::Supervisor], subject)]
            }
            State::Closed { .. } => Vec::new(),
        }
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            ("owner", self.unit.to_string()),
            ("supervisor", self.supervisor.to_string()),
            ("visit_date", self.notice.visit.to_string()),
        ]);
        if let Some(findings) = self.state.findings() {
            attributes.insert("findings", findings.found.len().to_string());
            attributes.insert("statement_due", findings.statement_due.to_string());
        }
        attributes
    }
}
