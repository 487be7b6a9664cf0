//! The plan and the yearly plan: drafted by the info office, issued by the working group, followed to its ends (art. 6,
//! 7, 8).

use std::collections::{BTreeMap, BTreeSet};

use govshare_model::calendar::Due;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Happened, Head, Procedure, Rejection, Transition, Wanted, has_passed};

const DRAFTING: &str = "8(二)";
const ISSUING: &str = "7";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub head: Head,
    pub kind: Kind,
    /// Both inclusive; of a yearly plan the same.
    pub years: (i32, i32),
    /// 1, 2, 3 ... of the same plan.
    pub edition: u32,
    pub replaces: Option<Uuid>,
    pub title: String,
    pub items: Vec<Item>,
    pub consultations: Vec<Consultation>,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Plan,
    Yearly,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub number: u32,
    pub title: String,
    pub lead: UnitId,
    pub due: Date,
    pub furthers_sharing: bool,
    /// Given when the plan is issued.
    pub priority: Vec<Ground>,
    pub progress: Option<Progress>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u8,
    pub remark: String,
    pub at: OffsetDateTime,
}

/// Why an item has priority (art. 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ground {
    OutstandingUnit,
    FurthersSharing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    pub body: Body,
    pub opinion: String,
    pub date: Date,
}

/// Whom the info office hears on major issues (art. 8(一)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Body {
    Legal,
    Secrecy,
    Finance,
}

impl Body {
    pub const ALL: [Body; 3] = [Body::Legal, Body::Secrecy, Body::Finance];
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// With the reasons why the working group gave it back, if it did.
    Draft {
        given_back: Option<String>,
    },
    Submitted {
        by: Subject,
        at: OffsetDateTime,
    },
    Issued {
        issue: Issue,
    },
    Replaced {
        issue: Issue,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub by: Subject,
    pub at: OffsetDateTime,
    /// The yearly evaluation that priority was taken from.
    pub evaluation: Option<Uuid>,
}

/// Whose projects come first: units that were outstanding in a frozen evaluation (art. 6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Priority {
    /// False where the pack gives none.
    pub given: bool,
    pub evaluation: Option<Uuid>,
    pub outstanding: BTreeSet<UnitId>,
}

impl Plan {
    pub fn draft(
        id: Uuid,
        kind: Kind,
        years: (i32, i32),
        title: String,
        items: Vec<Item>,
        now: OffsetDateTime,
    ) -> Transition<Self> {
        let record = Self {
            head: Head::new(id, now),
            kind,
            years,
            edition: 1,
            replaces: None,
            title,
            items,
            consultations: Vec::new(),
            state: State::Draft { given_back: None },
        };
        Transition { record, happened: happened("plan.drafted", DRAFTING) }
    }

    /// A new edition of an issued plan, which goes on until this one is issued.
    pub fn new_edition(
        &self,
        id: Uuid,
        title: String,
        mut items: Vec<Item>,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Issued { .. } = self.state else { return Err(self.wrong_state(DRAFTING)) };
        keep_progress(&mut items, &self.items);
        let record = Self {
            head: Head::new(id, now),
            edition: self.edition + 1,
            replaces: Some(self.head.id),
            title,
            items,
            consultations: Vec::new(),
            state: State::Draft { given_back: None },
            ..self.clone()
        };
        Ok(Transition { record, happened: happened("plan.drafted", DRAFTING) })
    }

    pub fn revise(
        mut self,
        title: String,
        mut items: Vec<Item>,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Draft { .. } = &self.state else { return Err(self.wrong_state(DRAFTING)) };
        keep_progress(&mut items, &self.items);
        (self.title, self.items) = (title, items);
        let state = self.state.clone();
        Ok(self.become_state(state, happened("plan.revised", DRAFTING), now))
    }

    pub fn consult(
        mut self,
        consultation: Consultation,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Draft { .. } = &self.state else { return Err(self.wrong_state("8(一)")) };
        self.consultations.retain(|known| known.body != consultation.body);
        self.consultations.push(consultation);
        self.consultations.sort_by_key(|known| known.body);
        let state = self.state.clone();
        Ok(self.become_state(state, happened("plan.consulted", "8(一)"), now))
    }

    pub fn submit(self, by: &Actor, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Draft { .. } = &self.state else { return Err(self.wrong_state(DRAFTING)) };
        if self.items.is_empty() {
            return Err(Rejection::FormIncomplete { missing: vec!["items".to_owned()], article: DRAFTING });
        }
        let state = State::Submitted { by: by.subject.clone(), at: now };
        Ok(self.become_state(state, happened("plan.submitted", DRAFTING), now))
    }

    pub fn give_back(self, reasons: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Submitted { .. } = &self.state else { return Err(self.wrong_state(ISSUING)) };
        Ok(self.become_state(
            State::Draft { given_back: Some(reasons) },
            happened("plan.returned", ISSUING),
            now,
        ))
    }

    /// Puts what has priority first and issues; what was done on items of the edition that it replaces is kept.
    pub fn issue(
        mut self,
        priority: &Priority,
        replaced: Option<&Plan>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Submitted { by: submitter, .. } = &self.state else {
            return Err(self.wrong_state(ISSUING));
        };
        if *submitter == by.subject {
            return Err(Rejection::SelfApproval { article: ISSUING });
        }
        for item in &mut self.items {
            item.priority = priority.of(item);
        }
        if let Some(replaced) = replaced {
            keep_progress(&mut self.items, &replaced.items);
        }
        self.items.sort_by_key(|item| (item.priority.is_empty(), item.number));
        let evaluation = priority.evaluation.filter(|_| priority.given);
        let issue = Issue { by: by.subject.clone(), at: now, evaluation };
        Ok(self.become_state(State::Issued { issue }, happened("plan.issued", ISSUING), now))
    }

    /// A later edition was issued.
    pub fn replace(self, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        let State::Issued { issue } = &self.state else { return Err(self.wrong_state(ISSUING)) };
        let state = State::Replaced { issue: issue.clone() };
        Ok(self.become_state(state, happened("plan.replaced", ISSUING), now))
    }

    /// The lead unit of an item, or the info office for the working group, tells how far it has come.
    pub fn progress(
        mut self,
        number: u32,
        percent: u8,
        remark: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Issued { .. } = &self.state else { return Err(self.wrong_state(ISSUING)) };
        let item = self.items.iter_mut().find(|item| item.number == number).ok_or(Rejection::UnknownItem)?;
        if item.lead != by.unit && !by.is(Role::InfoOffice) {
            return Err(Rejection::NotLead);
        }
        item.progress = Some(Progress { percent, remark, at: now });
        let state = self.state.clone();
        Ok(self.become_state(state, happened("plan.progressed", ISSUING), now))
    }

    /// Whom the info office has not heard.
    pub fn not_consulted(&self) -> impl Iterator<Item = Body> {
        let heard = |body: &Body| self.consultations.iter().any(|known| known.body == *body);
        Body::ALL.into_iter().filter(move |body| !heard(body))
    }

    fn wrong_state(&self, article: &'static str) -> Rejection {
        Rejection::WrongState { state: self.state(), article }
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition<Self> {
        self.state = state;
        self.head.next(now);
        Transition { record: self, happened }
    }
}

/// Items that stay keep what was done on them.
fn keep_progress(items: &mut [Item], earlier: &[Item]) {
    for item in items {
        let known = earlier.iter().find(|known| known.number == item.number);
        item.progress = known.and_then(|known| known.progress.clone());
    }
}

impl Item {
    pub fn percent(&self) -> u8 {
        self.progress.as_ref().map_or(0, |progress| progress.percent)
    }

    pub fn is_overdue(&self, now: OffsetDateTime) -> bool {
        self.percent() < 100 && has_passed(self.due, now)
    }
}

impl Priority {
    fn of(&self, item: &Item) -> Vec<Ground> {
        let outstanding = self.outstanding.contains(&item.lead).then_some(Ground::OutstandingUnit);
        let furthers = item.furthers_sharing.then_some(Ground::FurthersSharing);
        outstanding.into_iter().chain(furthers).filter(|_| self.given).collect()
    }
}

fn happened(kind: &'static str, article: &'static str) -> Happened {
    Happened { kind, article }
}

impl Procedure for Plan {
    const KIND: &'static str = "plan";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Draft { .. } => "DRAFT",
            State::Submitted { .. } => "SUBMITTED",
            State::Issued { .. } => "ISSUED",
            State::Replaced { .. } => "REPLACED",
        }
    }

    fn parties(&self) -> Vec<UnitId> {
        match self.state {
            State::Draft { .. } | State::Submitted { .. } => Vec::new(),
            State::Issued { .. } | State::Replaced { .. } => {
                self.items.iter().map(|item| item.lead.clone()).collect::<BTreeSet<_>>().into_iter().collect()
            }
        }
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en, article| Wanted { kind, zh, en, article };
        let subject = self.title.clone();
        match &self.state {
            State::Draft { .. } => {
                let submit =
                    wanted("submit", "编制并报送计划草案", "complete and submit the draft", DRAFTING);
                vec![submit.of(WaitsFor::District, &[Role::InfoOffice], subject)]
            }
            State::Submitted { by, .. } => {
                let issue = wanted("issue", "审定发布计划", "issue or give back the plan", ISSUING);
                let issue = issue.of(WaitsFor::District, &[Role::WorkingGroup], subject);
                vec![Task { not: vec![by.clone()], ..issue }]
            }
            // One line for each lead unit would need a kind for each: the next open item stands for all.
            State::Issued { .. } => {
                let open = self.items.iter().filter(|item| item.percent() < 100);
                let Some(next) = open.min_by_key(|item| (item.due, item.number)) else { return Vec::new() };
                let progress = wanted("progress", "推进计划任务", "carry the next item out", ISSUING);
                let lead = WaitsFor::Unit(next.lead.clone());
                let task = progress.of(lead, &[Role::Drafter, Role::Approver], next.title.clone());
                vec![Task { due: Some(Due { date: next.due, provisional: false }), ..task }]
            }
            State::Replaced { .. } => Vec::new(),
        }
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            ("years", format!("{}-{}", self.years.0, self.years.1)),
            ("edition", self.edition.to_string()),
            ("items", self.items.len().to_string()),
        ]);
        if let Some(replaces) = self.replaces {
            attributes.insert("replaces", replaces.to_string());
        }
        attributes
    }
}
