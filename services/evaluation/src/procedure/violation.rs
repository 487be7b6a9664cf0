//! A violation of the policy: reported, investigated with the unit's right to answer, found, sanctioned (art. 34).

use std::collections::BTreeMap;

use govshare_model::calendar::{Due, shanghai_date};
use govshare_model::id::UnitId;
use govshare_model::pack::Pack;
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use service_kit::event::WITHHELD_FROM;

use super::inspection::Statement;
use super::{Happened, Head, Procedure, Rejection, Transition, Wanted, has_passed};

const ARTICLE: &str = "34";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    pub head: Head,
    pub unit: UnitId,
    pub report: Report,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub reporter: UnitId,
    pub by: Subject,
    pub facts: String,
    /// The record it is about, `kind/id`; may be empty.
    pub resource: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Reported,
    Investigating {
        charge: Charge,
    },
    Heard {
        charge: Charge,
        statement: Statement,
    },
    Unfounded {
        /// 文号 of the working group.
        #[serde(default)]
        number: String,
        hearing: Hearing,
        facts: String,
    },
    Found {
        hearing: Hearing,
        finding: Finding,
    },
    Referred {
        hearing: Hearing,
        finding: Finding,
        department: UnitId,
    },
    Sanctioned {
        hearing: Hearing,
        finding: Finding,
        sanction: Sanction,
    },
    /// Without a sanction where the violation was not grave.
    Closed {
        hearing: Hearing,
        finding: Finding,
        sanction: Option<Sanction>,
        remark: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub text: String,
    pub answer_due: Date,
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// The charge and what the unit said to it, if it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    pub charge: Charge,
    pub statement: Option<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// 文号 of the working group.
    #[serde(default)]
    pub number: String,
    /// Code of the pack.
    pub kind: String,
    pub pack: String,
    pub pack_version: u32,
    /// Article of the pack that was violated.
    pub article: String,
    pub facts: String,
    /// 造成不良影响和严重后果.
    pub grave: bool,
    pub by: Subject,
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// 文号 of the department.
    #[serde(default)]
    pub number: String,
    pub department: UnitId,
    pub text: String,
    pub at: OffsetDateTime,
}

impl State {
    pub fn charge(&self) -> Option<&Charge> {
        match self {
            Self::Reported => None,
            Self::Investigating { charge } | Self::Heard { charge, .. } => Some(charge),
            Self::Unfounded { hearing, .. }
            | Self::Found { hearing, .. }
            | Self::Referred { hearing, .. }
            | Self::Sanctioned { hearing, .. }
            | Self::Closed { hearing, .. } => Some(&hearing.charge),
        }
    }

    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Reported | Self::Investigating { .. } => None,
            Self::Heard { statement, .. } => Some(statement),
            Self::Unfounded { hearing, .. }
            | Self::Found { hearing, .. }
            | Self::Referred { hearing, .. }
            | Self::Sanctioned { hearing, .. }
            | Self::Closed { hearing, .. } => hearing.statement.as_ref(),
        }
    }

    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Found { finding, .. }
            | Self::Referred { finding, .. }
            | Self::Sanctioned { finding, .. }
            | Self::Closed { finding, .. } => Some(finding),
            Self::Reported | Self::Investigating { .. } | Self::Heard { .. } | Self::Unfounded { .. } => None,
        }
    }

    /// Number of the finding, whatever was found.
    pub fn finding_number(&self) -> Option<&str> {
        match self {
            Self::Unfounded { number, .. } => Some(number),
            _ => self.finding().map(|finding| finding.number.as_str()),
        }
    }

    pub fn sanction(&self) -> Option<&Sanction> {
        match self {
            Self::Sanctioned { sanction, .. } => Some(sanction),
            Self::Closed { sanction, .. } => sanction.as_ref(),
            _ => None,
        }
    }

    pub fn department(&self) -> Option<&UnitId> {
        match self {
            Self::Referred { department, .. } => Some(department),
            _ => self.sanction().map(|sanction| &sanction.department),
        }
    }
}

impl Violation {
    pub fn report(
        id: Uuid,
        unit: UnitId,
        facts: String,
        resource: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        if unit == by.unit {
            return Err(Rejection::OwnUnit { article: ARTICLE });
        }
        let report = Report { reporter: by.unit.clone(), by: by.subject.clone(), facts, resource };
        let record = Self { head: Head::new(id, now), unit, report, state: State::Reported };
        Ok(Transition { record, happened: happened("violation.reported") })
    }

    /// The day whose pack the case is judged by: what is done later is not judged by later rules.
    pub fn reported_on(&self) -> Date {
        shanghai_date(self.head.created)
    }

    /// From here on the unit knows of the charge and may answer it.
    pub fn investigate(
        self,
        text: String,
        answer_due: Date,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Reported = self.state else { return Err(self.wrong_state()) };
        let charge = Charge { text, answer_due, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::Investigating { charge }, "violation.investigating", now))
    }

    pub fn answer(
        self,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Investigating { charge } = &self.state else { return Err(self.wrong_state()) };
        let statement = Statement { text, by: by.subject.clone(), at: now };
        let state = State::Heard { charge: charge.clone(), statement };
        Ok(self.become_state(state, "violation.answered", now))
    }

    /// A kind of the pack of the report's day, or none: unfounded. Nobody is judged unheard.
    pub fn find(
        self,
        pack: &Pack,
        kind: Option<&str>,
        facts: String,
        grave: bool,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let hearing = match &self.state {
            State::Heard { charge, statement } => {
                Hearing { charge: charge.clone(), statement: Some(statement.clone()) }
            }
            State::Investigating { charge } if has_passed(charge.answer_due, now) => {
                Hearing { charge: charge.clone(), statement: None }
            }
            State::Investigating { charge } => {
                return Err(Rejection::NotHeard { until: charge.answer_due, article: ARTICLE });
            }
            _ => return Err(self.wrong_state()),
        };
        let Some(code) = kind else {
            let state = State::Unfounded { number: String::new(), hearing, facts };
            return Ok(self.become_state(state, "violation.unfounded", now));
        };
        let kinds = &pack.violations.kinds;
        let known = kinds.iter().find(|known| known.code == code).ok_or_else(|| Rejection::UnknownKind {
            known: kinds.iter().map(|kind| kind.code.clone()).collect(),
        })?;
        let finding = Finding {
            number: String::new(),
            kind: known.code.clone(),
            pack: pack.id.clone(),
            pack_version: pack.version,
            article: known.article.within_its_text().to_owned(),
            facts,
            grave,
            by: by.subject.clone(),
            at: now,
        };
        Ok(self.become_state(State::Found { hearing, finding }, "violation.found", now))
    }

    /// To whom is competent for sanctions; only what was grave is sanctioned.
    pub fn refer(self, department: UnitId, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Found { hearing, finding } = &self.state else { return Err(self.wrong_state()) };
        if !finding.grave {
            return Err(Rejection::NotGrave);
        }
        if department == self.unit {
            return Err(Rejection::OwnUnit { article: ARTICLE });
        }
        let state = State::Referred { hearing: hearing.clone(), finding: finding.clone(), department };
        Ok(self.become_state(state, "violation.referred", now))
    }

    pub fn sanction(self, text: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Referred { hearing, finding, department } = &self.state else {
            return Err(self.wrong_state());
        };
        let sanction = Sanction { number: String::new(), department: department.clone(), text, at: now };
        let state = State::Sanctioned { hearing: hearing.clone(), finding: finding.clone(), sanction };
        Ok(self.become_state(state, "violation.sanctioned", now))
    }

    pub fn close(self, remark: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let (hearing, finding, sanction) = match &self.state {
            State::Sanctioned { hearing, finding, sanction } => {
                (hearing.clone(), finding.clone(), Some(sanction.clone()))
            }
            State::Found { hearing, finding } if !finding.grave => (hearing.clone(), finding.clone(), None),
            _ => return Err(self.wrong_state()),
        };
        let state = State::Closed { hearing, finding, sanction, remark };
        Ok(self.become_state(state, "violation.closed", now))
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

impl Procedure for Violation {
    const KIND: &'static str = "violation";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Reported => "REPORTED",
            State::Investigating { .. } => "INVESTIGATING",
            State::Heard { .. } => "HEARD",
            State::Unfounded { .. } => "UNFOUNDED",
            State::Found { .. } => "FOUND",
            State::Referred { .. } => "REFERRED",
            State::Sanctioned { .. } => "SANCTIONED",
            State::Closed { .. } => "CLOSED",
        }
    }

    /// The unit from the opening of the investigation, the department from the referral.
    fn parties(&self) -> Vec<UnitId> {
        let mut parties = vec![self.report.reporter.clone()];
        parties.extend(self.state.charge().map(|_| self.unit.clone()));
        parties.extend(self.state.department().cloned());
        parties
    }

    /// The audit is read by every unit that an event concerns: its events never bring reporter and unit together.
    fn concerns(&self) -> Vec<UnitId> {
        let mut concerns = self.parties();
        concerns.retain(|unit| *unit != self.report.reporter || self.state.charge().is_none());
        concerns
    }

    fn unnumbered(&mut self) -> Option<&mut String> {
        let number = match &mut self.state {
            State::Unfounded { number, .. } => number,
            State::Found { finding, .. } => &mut finding.number,
            State::Sanctioned { sanction, .. } => &mut sanction.number,
            State::Reported
            | State::Investigating { .. }
            | State::Heard { .. }
            | State::Referred { .. }
            | State::Closed { .. } => return None,
        };
        number.is_empty().then_some(number)
    }

    fn withheld_from(&self) -> Option<&UnitId> {
        self.state.charge().is_none().then_some(&self.unit)
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en| Wanted { kind, zh, en, article: ARTICLE };
        let group =
            |wanted: Wanted| wanted.of(WaitsFor::District, &[Role::WorkingGroup], self.head.id.to_string());
        let due = |date| Some(Due { date, provisional: false });
        let task = match &self.state {
            State::Reported => group(wanted("investigate", "调查核实违规情况", "investigate the report")),
            State::Investigating { charge } => {
                let answer = wanted("answer", "对调查事项陈述申辩", "answer the charge");
                let unit = WaitsFor::Unit(self.unit.clone());
                let answer = answer.of(unit, &[Role::Approver], self.head.id.to_string());
                let mut find = group(wanted("find", "作出调查认定", "make the finding"));
                // Not before the unit's last day, which the working group waits for too.
                find.due = due(charge.answer_due);
                return vec![Task { due: due(charge.answer_due), ..answer }, find];
            }
            State::Heard { .. } => group(wanted("find", "作出调查认定", "make the finding")),
            State::Found { finding, .. } if finding.grave => {
                group(wanted("refer", "移送有关部门追究责任", "refer to the competent department"))
            }
            State::Found { .. } | State::Sanctioned { .. } => {
                group(wanted("close", "结案", "close the case"))
            }
            State::Referred { department, .. } => {
                let sanction = wanted("sanction", "按照处理权限追究责任", "decide on the sanction");
                let department = WaitsFor::Unit(department.clone());
                sanction.of(department, &[Role::Approver], self.head.id.to_string())
            }
            State::Unfounded { .. } | State::Closed { .. } => return Vec::new(),
        };
        vec![task]
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([("owner", self.unit.to_string())]);
        // The report says who reported: the audit shows it to the unit neither now nor later.
        if let Some(unit) = self.withheld_from() {
            attributes.insert(WITHHELD_FROM, unit.to_string());
        }
        if let Some(charge) = self.state.charge() {
            attributes.insert("answer_due", charge.answer_due.to_string());
        }
        for (name, number) in [
            ("finding_number", self.state.finding_number()),
            ("sanction_number", self.state.sanction().map(|sanction| sanction.number.as_str())),
        ] {
            if let Some(number) = number.filter(|number| !number.is_empty()) {
                attributes.insert(name, number.to_owned());
            }
        }
        if let Some(finding) = self.state.finding() {
            attributes.insert("violation_kind", finding.kind.clone());
            attributes.insert("policy_pack", format!("{}/{}", finding.pack, finding.pack_version));
            attributes.insert("grave", finding.grave.to_string());
        }
        if let Some(department) = self.state.department() {
            attributes.insert("department", department.to_string());
        }
        attributes
    }
}
