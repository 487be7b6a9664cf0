//! A collection plan (采集计划): drafted, submitted with what the check found, its surveys approved, filed (art. 10, 18).

use std::collections::BTreeSet;

use govshare_model::id::{EntryId, UnitId};
use govshare_model::pack::{Duplicates, Pack};
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub id: Uuid,
    pub unit: UnitId,
    pub content: Content,
    /// All who wrote on it; none of them submits it.
    pub written_by: BTreeSet<Subject>,
    pub state: State,
    /// The statistics bureau did not approve once: it sees the plan again, whatever its items say by then (art. 10).
    pub survey_returned: bool,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub title: String,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Item {
    pub name: String,
    pub item_names: Vec<String>,
    pub source: String,
    pub channel: String,
    /// A statistical survey, which the statistics bureau approves unless a law excepts it (art. 10).
    pub statistical_survey: bool,
    pub survey_exception: String,
    /// Why an own collection is necessary; empty: not stated.
    pub need: String,
}

/// A published entry of another unit that resembles an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub entry: EntryId,
    pub title: String,
    pub provider: UnitId,
    pub provider_name: String,
    /// Stored name of the sharing type.
    pub sharing: String,
    pub score: u8,
    pub name_score: u8,
    pub items_score: u8,
    /// Sharing can give what is wanted.
    pub duplicate: bool,
}

/// What was fixed at submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub at: OffsetDateTime,
    pub by: Subject,
    /// For each item, most similar first.
    pub findings: Vec<Vec<Finding>>,
    pub pack: String,
    pub pack_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Draft,
    AwaitingSurveyApproval {
        submission: Submission,
    },
    /// The statistics bureau did not approve.
    Returned {
        submission: Submission,
        reasons: String,
    },
    /// `approved` is when the statistics bureau approved its surveys; `None` for a plan that needed no approval.
    Filed {
        submission: Submission,
        approved: Option<OffsetDateTime>,
    },
    /// `submission` is what was submitted before, if it was.
    Withdrawn {
        submission: Option<Submission>,
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Drafted,
    Revised,
    Submitted,
    SurveyApproved,
    SurveyReturned,
    Withdrawn,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    plan: Plan,
    happened: Happened,
}

impl Transition {
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    WrongState {
        state: &'static str,
    },
    /// Who wrote it submits it, or who wrote or submitted it approves its surveys.
    SelfApproval,
    /// Another unit has what these items want, and their need is not stated (art. 18).
    NeedMissing {
        items: Vec<usize>,
    },
    /// Another unit has what these items want, and the pack does not let it be collected again.
    Duplicates {
        names: Vec<String>,
        article: String,
    },
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::AwaitingSurveyApproval { .. } => "AWAITING_SURVEY_APPROVAL",
            Self::Returned { .. } => "RETURNED",
            Self::Filed { .. } => "FILED",
            Self::Withdrawn { .. } => "WITHDRAWN",
        }
    }

    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::Draft => None,
            Self::AwaitingSurveyApproval { submission }
            | Self::Returned { submission, .. }
            | Self::Filed { submission, .. } => Some(submission),
            Self::Withdrawn { submission, .. } => submission.as_ref(),
        }
    }

    /// Why the plan was returned or withdrawn.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Draft | Self::AwaitingSurveyApproval { .. } | Self::Filed { .. } => None,
            Self::Returned { reasons, .. } => Some(reasons),
            Self::Withdrawn { reason, .. } => Some(reason),
        }
    }

    pub fn survey_approved(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Filed { approved, .. } => *approved,
            Self::Draft
            | Self::AwaitingSurveyApproval { .. }
            | Self::Returned { .. }
            | Self::Withdrawn { .. } => None,
        }
    }
}

impl Item {
    /// Whether the statistics bureau has to approve it (art. 10).
    pub fn needs_approval(&self) -> bool {
        self.statistical_survey && self.survey_exception.is_empty()
    }
}

impl Plan {
    pub fn draft(id: Uuid, content: Content, by: &Actor, now: OffsetDateTime) -> Transition {
        let plan = Self {
            id,
            unit: by.unit.clone(),
            content,
            written_by: BTreeSet::from([by.subject.clone()]),
            state: State::Draft,
            survey_returned: false,
            created: now,
            updated: now,
            version: 1,
        };
        Transition { plan, happened: Happened::Drafted }
    }

    /// `None`: a draft that says just that.
    pub fn revise(
        mut self,
        content: Content,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Option<Transition>, Rejection> {
        match self.state {
            State::Draft if content == self.content => return Ok(None),
            State::Draft | State::Returned { .. } => {}
            State::AwaitingSurveyApproval { .. } | State::Filed { .. } | State::Withdrawn { .. } => {
                return Err(self.wrong_state());
            }
        }
        self.content = content;
        self.written_by.insert(by.subject.clone());
        Ok(Some(self.become_state(State::Draft, Happened::Revised, now)))
    }

    /// `findings` are those for each item, as the check has just given them.
    pub fn submit(
        self,
        findings: Vec<Vec<Finding>>,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let State::Draft = self.state else { return Err(self.wrong_state()) };
        if self.written_by.contains(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        let is_duplicate = |found: &Vec<Finding>| found.iter().any(|finding| finding.duplicate);
        let held = self.content.items.iter().zip(&findings).enumerate();
        let held = held.filter(|(_, (_, found))| is_duplicate(found)).map(|(place, (item, _))| (place, item));
        let rule = &pack.collection.duplicates;
        match rule.value {
            Duplicates::Warn => {
                let items: Vec<_> =
                    held.filter(|(_, item)| item.need.is_empty()).map(|(place, _)| place).collect();
                if !items.is_empty() {
                    return Err(Rejection::NeedMissing { items });
                }
            }
            Duplicates::Refuse => {
                let names: Vec<_> = held.map(|(_, item)| item.name.clone()).collect();
                if !names.is_empty() {
                    return Err(Rejection::Duplicates { names, article: pack.cite(&rule.article) });
                }
            }
        }
        let (pack, pack_version) = (pack.id.clone(), pack.version);
        let submission = Submission { at: now, by: by.subject.clone(), findings, pack, pack_version };
        let state = match self.survey_returned || self.content.items.iter().any(Item::needs_approval) {
            true => State::AwaitingSurveyApproval { submission },
            false => State::Filed { submission, approved: None },
        };
        Ok(self.become_state(state, Happened::Submitted, now))
    }

    pub fn approve_survey(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::AwaitingSurveyApproval { submission } = &self.state else {
            return Err(self.wrong_state());
        };
        if submission.by == by.subject || self.written_by.contains(&by.subject) {
            return Err(Rejection::SelfApproval);
        }
        let state = State::Filed { submission: submission.clone(), approved: Some(now) };
        Ok(self.become_state(state, Happened::SurveyApproved, now))
    }

    pub fn return_survey(mut self, reasons: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::AwaitingSurveyApproval { submission } = &self.state else {
            return Err(self.wrong_state());
        };
        self.survey_returned = true;
        let state = State::Returned { submission: submission.clone(), reasons };
        Ok(self.become_state(state, Happened::SurveyReturned, now))
    }

    pub fn withdraw(self, reason: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        if let State::Withdrawn { .. } = self.state {
            return Err(self.wrong_state());
        }
        let state = State::Withdrawn { submission: self.state.submission().cloned(), reason };
        Ok(self.become_state(state, Happened::Withdrawn, now))
    }

    /// What the plan waits for.
    pub fn tasks(&self, statistics_bureau: &UnitId) -> Vec<Task> {
        let task = |kind, zh, en, article, unit: &UnitId, roles| Task {
            kind,
            zh,
            en,
            subject: self.content.title.clone(),
            article,
            waits_for: WaitsFor::Unit(unit.clone()),
            roles,
            not: Vec::new(),
            due: None,
        };
        match &self.state {
            State::Draft => {
                let only = self.written_by.first().filter(|_| self.written_by.len() == 1);
                let en = "submit the collection plan";
                let submit = task("submit", "报送采集计划", en, "18", &self.unit, &[Role::Approver]);
                vec![Task { not: only.cloned().into_iter().collect(), ..submit }]
            }
            State::AwaitingSurveyApproval { submission } => {
                let en = "decide on the statistical surveys";
                let decide =
                    task("survey", "审批统计调查项目", en, "10", statistics_bureau, &[Role::Approver]);
                vec![Task { not: vec![submission.by.clone()], ..decide }]
            }
            State::Returned { .. } => {
                let en = "revise the returned collection plan";
                vec![task("revise", "修改被退回的采集计划", en, "10", &self.unit, &[Role::Drafter])]
            }
            State::Filed { .. } | State::Withdrawn { .. } => Vec::new(),
        }
    }

    fn wrong_state(&self) -> Rejection {
        Rejection::WrongState { state: self.state.name() }
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        self.version += 1;
        Transition { plan: self, happened }
    }
}
