//! A problem found in data that was obtained, and what becomes of it (art. 28).

use std::collections::BTreeMap;

use govshare_model::calendar::{Calendar, Due as LastDay, shanghai_date};
use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_model::pack::{Aspect, Pack};
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Happened, Head, Procedure, Rejection, Transition, Wanted, has_passed};

const ARTICLE: &str = "28";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    pub head: Head,
    /// 文号 of the user.
    #[serde(default)]
    pub number: String,
    pub user: UnitId,
    pub resource: Resource,
    pub case: Option<CaseId>,
    pub problems: Vec<Problem>,
    pub submitted_by: Subject,
    pub receipt: Receipt,
    pub state: State,
    /// When it was found overdue; it stays after a late answer.
    pub overdue: Option<OffsetDateTime>,
}

/// The entry as the catalogue knew it at receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub entry: EntryId,
    pub version: i32,
    pub title: String,
    pub provider: UnitId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub aspect: Aspect,
    pub description: String,
    /// Items that it is about; empty means all.
    pub items: Vec<String>,
}

/// What was fixed for good when the form came before provider and info office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub at: OffsetDateTime,
    pub pack: String,
    pub pack_version: u32,
    /// Absent where the pack says promptly (及时) and no figure.
    pub due: Option<Due>,
    /// Another person gives the answer than proposed it.
    pub four_eyes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub date: Date,
    /// A year without a holiday notice lay on the way to `date`.
    pub provisional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Submitted,
    Verifying { since: OffsetDateTime },
    AnswerProposed { since: OffsetDateTime, proposal: Proposal },
    Answered { since: OffsetDateTime, answer: Answer },
    Filed { since: OffsetDateTime, answer: Answer, filing: Filing },
    Withdrawn { reason: String, at: OffsetDateTime },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Corrected,
    ToBeCorrected,
    Confirmed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub outcome: Outcome,
    pub text: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// 文号 of the provider.
    #[serde(default)]
    pub number: String,
    pub proposal: Proposal,
    /// As it went out.
    pub text: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    pub remark: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

impl Receipt {
    pub fn under(pack: &Pack, calendar: &Calendar, now: OffsetDateTime) -> Self {
        let due = pack.feedback.answer_working_days.as_ref().map(|days| {
            let due = calendar.add_working_days(shanghai_date(now), days.value);
            Due { date: due.date, provisional: due.provisional }
        });
        Self {
            at: now,
            pack: pack.id.clone(),
            pack_version: pack.version,
            due,
            four_eyes: pack.four_eyes.answer.value,
        }
    }
}

impl State {
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered { answer, .. } | Self::Filed { answer, .. } => Some(answer),
            Self::Submitted
            | Self::Verifying { .. }
            | Self::AnswerProposed { .. }
            | Self::Withdrawn { .. } => None,
        }
    }

    /// Waits for the provider.
    fn is_open(&self) -> bool {
        match self {
            Self::Submitted | Self::Verifying { .. } | Self::AnswerProposed { .. } => true,
            Self::Answered { .. } | Self::Filed { .. } | Self::Withdrawn { .. } => false,
        }
    }
}

impl Feedback {
    pub fn submit(
        id: Uuid,
        resource: Resource,
        case: Option<CaseId>,
        problems: Vec<Problem>,
        receipt: Receipt,
        by: &Actor,
    ) -> Result<Transition<Self>, Rejection> {
        if resource.provider == by.unit {
            return Err(Rejection::OwnResource);
        }
        let record = Self {
            head: Head::new(id, receipt.at),
            number: String::new(),
            user: by.unit.clone(),
            resource,
            case,
            problems,
            submitted_by: by.subject.clone(),
            receipt,
            state: State::Submitted,
            overdue: None,
        };
        Ok(Transition { record, happened: Happened { kind: "feedback.submitted", article: ARTICLE } })
    }

    /// The provider sets to work at once (及时核实处理).
    pub fn verify(self, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        match self.state {
            State::Submitted => {
                Ok(self.become_state(State::Verifying { since: now }, "feedback.verifying", now))
            }
            _ => Err(self.wrong_state()),
        }
    }

    pub fn propose(
        self,
        outcome: Outcome,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let since = match &self.state {
            State::Verifying { since } | State::AnswerProposed { since, .. } => *since,
            _ => return Err(self.wrong_state()),
        };
        let proposal = Proposal { outcome, text, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::AnswerProposed { since, proposal }, "feedback.answer-proposed", now))
    }

    /// The written answer, late or not (书面反馈).
    pub fn answer(
        mut self,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::AnswerProposed { since, proposal } = &self.state else { return Err(self.wrong_state()) };
        if self.receipt.four_eyes && proposal.by == by.subject {
            return Err(Rejection::SelfApproval { article: ARTICLE });
        }
        let (since, proposal) = (*since, proposal.clone());
        if self.overdue.is_none() && self.is_past_due(now) {
            self.overdue = Some(now);
        }
        let answer = Answer { number: String::new(), proposal, text, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::Answered { since, answer }, "feedback.answered", now))
    }

    /// The info office takes the answer to its register (备案).
    pub fn file(
        self,
        remark: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition<Self>, Rejection> {
        let State::Answered { since, answer } = &self.state else { return Err(self.wrong_state()) };
        let filing = Filing { remark, by: by.subject.clone(), at: now };
        let state = State::Filed { since: *since, answer: answer.clone(), filing };
        Ok(self.become_state(state, "feedback.filed", now))
    }

    pub fn withdraw(self, reason: String, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        if !self.state.is_open() {
            return Err(self.wrong_state());
        }
        Ok(self.become_state(State::Withdrawn { reason, at: now }, "feedback.withdrawn", now))
    }

    /// Marks an open form whose last day has passed, once.
    pub fn mark_overdue(mut self, now: OffsetDateTime) -> Result<Transition<Self>, Rejection> {
        if !self.state.is_open() || self.overdue.is_some() || !self.is_past_due(now) {
            return Err(Rejection::NotOverdue);
        }
        self.overdue = Some(now);
        let state = self.state.clone();
        Ok(self.become_state(state, "feedback.overdue", now))
    }

    fn is_past_due(&self, now: OffsetDateTime) -> bool {
        self.receipt.due.is_some_and(|due| has_passed(due.date, now))
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state(), article: ARTICLE }
    }

    fn become_state(mut self, state: State, kind: &'static str, now: OffsetDateTime) -> Transition<Self> {
        self.state = state;
        self.head.next(now);
        Transition { record: self, happened: Happened { kind, article: ARTICLE } }
    }
}

impl Procedure for Feedback {
    const KIND: &'static str = "feedback";

    fn head(&self) -> &Head {
        &self.head
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::Submitted => "SUBMITTED",
            State::Verifying { .. } => "VERIFYING",
            State::AnswerProposed { .. } => "ANSWER_PROPOSED",
            State::Answered { .. } => "ANSWERED",
            State::Filed { .. } => "FILED",
            State::Withdrawn { .. } => "WITHDRAWN",
        }
    }

    fn unnumbered(&mut self) -> Option<&mut String> {
        let number = match &mut self.state {
            State::Submitted => &mut self.number,
            State::Answered { answer, .. } => &mut answer.number,
            State::Verifying { .. }
            | State::AnswerProposed { .. }
            | State::Filed { .. }
            | State::Withdrawn { .. } => return None,
        };
        number.is_empty().then_some(number)
    }

    fn outer_state(&self) -> &'static str {
        match self.state {
            State::AnswerProposed { .. } => "VERIFYING",
            _ => self.state(),
        }
    }

    fn preparing(&self) -> Option<&UnitId> {
        Some(&self.resource.provider)
    }

    fn parties(&self) -> Vec<UnitId> {
        vec![self.user.clone(), self.resource.provider.clone()]
    }

    fn tasks(&self) -> Vec<Task> {
        let wanted = |kind, zh, en| Wanted { kind, zh, en, article: ARTICLE };
        let provider = WaitsFor::Unit(self.resource.provider.clone());
        let subject = self.resource.title.clone();
        let last_day = self.receipt.due.map(|due| LastDay { date: due.date, provisional: due.provisional });
        let mut task =
            match &self.state {
                State::Submitted => wanted("verify", "核实反馈的问题", "verify the problems found").of(
                    provider,
                    &[Role::Drafter],
                    subject,
                ),
                State::Verifying { .. } => wanted("propose", "拟写反馈答复", "prepare the written answer")
                    .of(provider, &[Role::Drafter], subject),
                State::AnswerProposed { proposal, .. } => Task {
                    not: self.receipt.four_eyes.then(|| proposal.by.clone()).into_iter().collect(),
                    ..wanted("answer", "审批反馈答复", "give the written answer").of(
                        provider,
                        &[Role::Approver],
                        subject,
                    )
                },
                State::Answered { .. } => {
                    let file = wanted("file", "反馈处理结果备案", "file the answered form");
                    return vec![file.of(WaitsFor::District, &[Role::InfoOffice], subject)];
                }
                State::Filed { .. } | State::Withdrawn { .. } => return Vec::new(),
            };
        task.due = last_day;
        vec![task]
    }

    fn attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            ("applicant", self.user.to_string()),
            ("provider", self.resource.provider.to_string()),
            ("entry_id", self.resource.entry.to_string()),
            ("entry_version", self.resource.version.to_string()),
            ("policy_pack", format!("{}/{}", self.receipt.pack, self.receipt.pack_version)),
        ]);
        if let Some(due) = self.receipt.due {
            attributes.insert("answer_due", due.date.to_string());
        }
        if !self.number.is_empty() {
            attributes.insert("document_number", self.number.clone());
        }
        if let Some(answer) = self.state.answer() {
            if !answer.number.is_empty() {
                attributes.insert("answer_number", answer.number.clone());
            }
            attributes.insert("in_time", self.overdue.is_none().to_string());
        }
        attributes
    }

    fn due(&self) -> Option<Date> {
        let due = self.receipt.due.filter(|_| self.overdue.is_none() && self.state.is_open());
        due.map(|due| due.date)
    }

    fn overdue(&self) -> Option<OffsetDateTime> {
        self.overdue
    }

    fn case(&self) -> Option<CaseId> {
        self.case
    }
}
