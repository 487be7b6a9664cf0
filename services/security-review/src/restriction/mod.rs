//! Why an entry is not suited for general sharing, stated by its unit, approved by the secrecy bureau, and put on file
//! with the info office (art. 24(二)).

pub(crate) mod convert;
pub(crate) mod grpc;
pub mod policy;
pub(crate) mod store;

use govshare_model::id::{EntryId, RestrictionId, UnitId};
use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;

use crate::review::Decision;

/// A restriction with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    pub id: RestrictionId,
    pub entry: EntryId,
    pub provider: UnitId,
    /// Of the entry, when the restriction was stated.
    pub title: String,
    pub basis: Basis,
    /// The provision with its article, or the explanation.
    pub words: String,
    pub stated_by: Subject,
    pub state: State,
    pub created: OffsetDateTime,
    /// 1 when stated, one more with each change: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// 法律、法规、规章.
    Law,
    /// 其他相关规定.
    OtherRule,
    /// 说明.
    Explanation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Stated,
    Approved { approval: Decision },
    Rejected { decision: Decision, reasons: String },
    Filed { approval: Decision, at: OffsetDateTime },
}

/// How the latest version of an entry is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    Active,
    OnApplication,
    Withheld,
    /// Not said yet.
    Unsaid,
}

/// The entry as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub entry: EntryId,
    pub provider: UnitId,
    pub title: String,
    pub sharing: Sharing,
}

/// A change; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition(Restriction);

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The entry is shared actively.
    SharedActively,
    /// The entry does not say how it is shared.
    SharingUnsaid,
    /// The entry has a restriction that was not rejected.
    Exists,
    WrongState {
        state: &'static str,
    },
    SelfApproval,
    ReasonsMissing,
    /// The entry is to be listed as on application, and its restriction is not on file.
    NotFiled,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stated => "STATED",
            Self::Approved { .. } => "APPROVED",
            Self::Rejected { .. } => "REJECTED",
            Self::Filed { .. } => "FILED",
        }
    }

    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Stated => None,
            Self::Approved { approval } | Self::Filed { approval, .. } => Some(approval),
            Self::Rejected { decision, .. } => Some(decision),
        }
    }

    /// Reasons of a rejection; empty otherwise.
    pub fn reasons(&self) -> &str {
        match self {
            Self::Stated | Self::Approved { .. } | Self::Filed { .. } => "",
            Self::Rejected { reasons, .. } => reasons,
        }
    }

    pub fn filed(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Stated | Self::Approved { .. } | Self::Rejected { .. } => None,
            Self::Filed { at, .. } => Some(*at),
        }
    }
}

impl Transition {
    pub fn restriction(&self) -> &Restriction {
        &self.0
    }
}

impl Restriction {
    /// The unit submits its basis or explanation.
    pub fn state(
        id: RestrictionId,
        listed: Listed,
        basis: Basis,
        words: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        match listed.sharing {
            Sharing::OnApplication | Sharing::Withheld => {}
            Sharing::Active => return Err(Rejection::SharedActively),
            Sharing::Unsaid => return Err(Rejection::SharingUnsaid),
        }
        Ok(Transition(Self {
            id,
            entry: listed.entry,
            provider: listed.provider,
            title: listed.title,
            basis,
            words,
            stated_by: by.subject.clone(),
            state: State::Stated,
            created: now,
            version: 1,
        }))
    }

    pub fn approve(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let approval = self.decide(by, now)?;
        Ok(self.become_state(State::Approved { approval }))
    }

    pub fn reject(self, reasons: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let decision = self.decide(by, now)?;
        if reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        Ok(self.become_state(State::Rejected { decision, reasons }))
    }

    /// The info office puts it on file.
    pub fn file(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Approved { approval } = &self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        let state = State::Filed { approval: approval.clone(), at: now };
        Ok(self.become_state(state))
    }

    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        let task = |kind, zh, en, roles, not| Task {
            kind,
            zh,
            en,
            subject: self.title.clone(),
            article: "24(二)",
            waits_for: WaitsFor::District,
            roles,
            not: Option::into_iter(not).collect(),
            due: None,
        };
        match &self.state {
            State::Stated => vec![task(
                "approve",
                "审批不宜普遍共享",
                "approve or reject the restriction from general sharing",
                &[Role::SecrecyBureau],
                Some(self.stated_by.clone()),
            )],
            State::Approved { .. } => vec![task(
                "file",
                "办理不宜普遍共享备案",
                "put the restriction from general sharing on file",
                &[Role::InfoOffice],
                None,
            )],
            State::Rejected { .. } | State::Filed { .. } => Vec::new(),
        }
    }

    fn decide(&self, by: &Actor, now: OffsetDateTime) -> Result<Decision, Rejection> {
        match &self.state {
            State::Stated if by.subject == self.stated_by => Err(Rejection::SelfApproval),
            State::Stated => Ok(Decision { by: by.subject.clone(), at: now }),
            decided @ (State::Approved { .. } | State::Rejected { .. } | State::Filed { .. }) => {
                Err(Rejection::WrongState { state: decided.name() })
            }
        }
    }

    fn become_state(mut self, state: State) -> Transition {
        self.state = state;
        self.version += 1;
        Transition(self)
    }
}

/// Whether a version may be listed where the pack asks for the restriction on file first: one that is not shared with
/// every unit only with it (art. 24(二)); withholding is no way round it.
pub fn check_listing(sharing: Sharing, filed: bool) -> Result<(), Rejection> {
    match sharing {
        Sharing::OnApplication | Sharing::Withheld if !filed => Err(Rejection::NotFiled),
        Sharing::OnApplication | Sharing::Active | Sharing::Withheld | Sharing::Unsaid => Ok(()),
    }
}
