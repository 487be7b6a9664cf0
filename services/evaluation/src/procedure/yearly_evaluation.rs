//! The yearly evaluation of the district by the info office, computed, frozen and reported (art. 32).

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::scheme::{Scheme, SchemeProblem, UnitResult};
use super::{Happened, Head, Procedure, Rejection, Transition, Wanted};
use crate::ledger::Ledger;

const ARTICLE: &str = "32";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearlyEvaluation {
    pub head: Head,
    pub year: i32,
    pub scheme: Scheme,
    pub computation: Computation,
    pub state: State,
}

/// Results and what they were computed from: the same ledger gives the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computation {
    /// The events of the feed below this position are counted.
    pub feed_position: i64,
    pub results: Vec<UnitResult>,
    /// SHA-256 over the results as they are stored, hexadecimal.
    pub digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Computed,
    Frozen { frozen: Frozen },
    Reported { frozen: Frozen, report: Report },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// The report to the district government (向区政府报告评估结果).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub summary: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

impl Computation {
    pub fn of(scheme: &Scheme, ledger: &Ledger, feed_position: i64, year: i32) -> Self {
        let results = scheme.evaluate(ledger, year);
        let bytes = serde_json::to_vec(&results).expect("texts and numbers have a JSON form");
        let digest = hex::encode(digest::digest(&digest::SHA256, &bytes));
        Self { feed_position, results, digest }
    }
}

/// Everything that is wrong with a scheme.
pub fn check(scheme: &Scheme) -> Result<(), Rejection> {
    let problems: Vec<SchemeProblem> = scheme.problems();
    if problems.is_empty() { Ok(()) } else { Err(Rejection::WeightsInvalid { problems }) }
}

impl YearlyEvaluation {
    pub fn compute(
        id: Uuid,
        year: i32,
        scheme: Scheme,
        computation: Computation,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        check(&scheme)?;
        let record = Self { head: Head::new(id, now), year, scheme, computation, state: State::Computed };
        Ok(Transition { record, happened: happened("yearly-evaluation.computed") })
    }

    /// Replaces what is not frozen.
    pub fn recompute(
        mut self,
        scheme: Scheme,
        computation: Computation,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Computed = self.state else { return Err(self.wrong_state()) };
        check(&scheme)?;
        self.scheme = scheme;
        self.computation = computation;
        Ok(self.become_state(State::Computed, "yearly-evaluation.recomputed", now))
    }

    /// From here on nothing changes the results, and the units see theirs.
    pub fn freeze(self, by: &Actor, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Computed = self.state else { return Err(self.wrong_state()) };
        let frozen = Frozen { by: by.subject.clone(), at: now };
        Ok(self.become_state(State::Frozen { frozen }, "yearly-evaluation.frozen", now))
    }

    pub fn report(
        self,
        summary: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Frozen { frozen } = &self.state else { return Err(self.wrong_state()) };
        let report = Report { summary, by: by.subject.clone(), at: now };
        let state = State::Reported { frozen: frozen.clone(), report };
        Ok(self.become_state(state, "yearly-evaluation.reported", now))
    }

    /// Units that are outstanding in sharing, by rank: their projects come first (art. 6).
    pub fn outstanding(&self) -> impl Iterator<Item = &UnitResult> {
        self.computation.results.iter().filter(|result| result.outstanding)
    }

    pub fn frozen(&self) -> Option<&Frozen> {
        match &self.state {
            State::Computed => None,
            State::Frozen { frozen } | State::Reported { frozen, .. } => Some(frozen),
        }
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

impl Procedure for YearlyEvaluation {
    const KIND: &'static str = "yearly-evaluation";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Computed => "COMPUTED",
            State::Frozen { .. } => "FROZEN",
            State::Reported { .. } => "REPORTED",
        }
    }

    fn parties(&self) -> Vec<UnitId> {
        Vec::new()
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en| Wanted { kind, zh, en, article: ARTICLE };
        let task = match self.state {
            State::Computed => wanted("freeze", "核定年度考评结果", "check and freeze the yearly evaluation"),
            State::Frozen { .. } => {
                wanted("report", "向区政府报告评估结果", "report the evaluation to the district government")
            }
            State::Reported { .. } => return Vec::new(),
        };
        vec![task.of(WaitsFor::District, &[Role::InfoOffice], self.year.to_string())]
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("year", self.year.to_string()),
            ("feed_position", self.computation.feed_position.to_string()),
            ("results_sha256", self.computation.digest.clone()),
            ("units", self.computation.results.len().to_string()),
        ])
    }
}
