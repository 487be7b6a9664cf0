//! A unit's evaluation of itself, sent to the info office (art. 32).

use std::collections::BTreeMap;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_model::pack::{Aspect, Pack};
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Happened, Head, Procedure, Rejection, Transition, Wanted};

const ARTICLE: &str = "32";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfEvaluation {
    pub head: Head,
    /// 文号, given with the first submission.
    #[serde(default)]
    pub number: String,
    pub unit: UnitId,
    pub period: Period,
    pub assessments: Vec<Assessment>,
    pub state: State,
}

/// Both days inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub start: Date,
    pub end: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub aspect: Aspect,
    /// 0 to 100.
    pub score: u8,
    pub remarks: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Draft { given_back: Option<GivenBack> },
    Submitted { at: OffsetDateTime, by: Subject },
    Accepted { submitted: OffsetDateTime, at: OffsetDateTime, by: Subject },
}

/// Why the info office gave it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    pub reasons: String,
    pub at: OffsetDateTime,
}

impl SelfEvaluation {
    pub fn draft(
        id: Uuid,
        period: Period,
        assessments: Vec<Assessment>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Transition<Self> {
        let record = Self {
            head: Head::new(id, now),
            number: String::new(),
            unit: by.unit.clone(),
            period,
            assessments,
            state: State::Draft { given_back: None },
        };
        Transition { record, happened: happened("self-evaluation.drafted") }
    }

    pub fn revise(
        mut self,
        assessments: Vec<Assessment>,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Draft { .. } = &self.state else { return Err(self.wrong_state()) };
        self.assessments = assessments;
        let state = self.state.clone();
        Ok(self.become_state(state, "self-evaluation.revised", now))
    }

    /// Each aspect of the pack must be spoken to, and the period be over but for its last day.
    pub fn submit(self, pack: &Pack, by: &Actor, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Draft { .. } = &self.state else { return Err(self.wrong_state()) };
        if shanghai_date(now) < self.period.end {
            return Err(Rejection::TooEarly { state: "DRAFT", from: self.period.end, article: ARTICLE });
        }
        let assessed = |aspect: &Aspect| self.assessments.iter().any(|given| given.aspect == *aspect);
        let aspects = pack.evaluation.aspects.value.iter().filter(|aspect| !assessed(aspect));
        let missing: Vec<_> = aspects.map(|aspect| format!("assessments.{}", name(*aspect))).collect();
        if !missing.is_empty() {
            return Err(Rejection::FormIncomplete { missing, article: ARTICLE });
        }
        let state = State::Submitted { at: now, by: by.subject.clone() };
        Ok(self.become_state(state, "self-evaluation.submitted", now))
    }

    pub fn accept(self, by: &Actor, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Submitted { at, by: submitted_by } = &self.state else { return Err(self.wrong_state()) };
        if *submitted_by == by.subject {
            return Err(Rejection::SelfApproval { article: ARTICLE });
        }
        let state = State::Accepted { submitted: *at, at: now, by: by.subject.clone() };
        Ok(self.become_state(state, "self-evaluation.accepted", now))
    }

    pub fn give_back(self, reasons: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Submitted { .. } = &self.state else { return Err(self.wrong_state()) };
        let state = State::Draft { given_back: Some(GivenBack { reasons, at: now }) };
        Ok(self.become_state(state, "self-evaluation.returned", now))
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

/// The aspect's name in the contract.
pub fn name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Truth => "ASPECT_TRUTH",
        Aspect::Completeness => "ASPECT_COMPLETENESS",
        Aspect::Accuracy => "ASPECT_ACCURACY",
        Aspect::Timeliness => "ASPECT_TIMELINESS",
        Aspect::Degree => "ASPECT_DEGREE",
        Aspect::Results => "ASPECT_RESULTS",
    }
}

impl Procedure for SelfEvaluation {
    const KIND: &'static str = "self-evaluation";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Draft { .. } => "DRAFT",
            State::Submitted { .. } => "SUBMITTED",
            State::Accepted { .. } => "ACCEPTED",
        }
    }

    fn unnumbered(&mut self) -> Option<&mut String> {
        let submitted = matches!(self.state, State::Submitted { .. });
        (submitted && self.number.is_empty()).then_some(&mut self.number)
    }

    fn parties(&self) -> Vec<UnitId> {
        vec![self.unit.clone()]
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en| Wanted { kind, zh, en, article: ARTICLE };
        let subject = format!("{}/{}", self.period.start, self.period.end);
        match &self.state {
            State::Draft { .. } => {
                let unit = WaitsFor::Unit(self.unit.clone());
                let submit = wanted("submit", "报送自评估", "complete and submit the self-evaluation");
                vec![submit.of(unit, &[Role::Drafter, Role::Approver], subject)]
            }
            State::Submitted { by, .. } => {
                let accept = wanted("accept", "接收自评估", "accept or give back the self-evaluation");
                let subject = format!("{} {subject}", self.unit);
                let accept = accept.of(WaitsFor::District, &[Role::InfoOffice], subject);
                vec![Task { not: vec![by.clone()], ..accept }]
            }
            State::Accepted { .. } => Vec::new(),
        }
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            ("owner", self.unit.to_string()),
            ("period_start", self.period.start.to_string()),
            ("period_end", self.period.end.to_string()),
        ]);
        if !self.number.is_empty() {
            attributes.insert("document_number", self.number.clone());
        }
        attributes
    }
}
