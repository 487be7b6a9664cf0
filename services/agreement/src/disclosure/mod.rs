//! A disclosure of what was obtained to a third party (art. 23): asked for by the user, made only with the provider's
//! recorded consent.

pub(crate) mod convert;
pub(crate) mod grpc;
pub mod policy;
pub(crate) mod store;

use govshare_model::Role;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, CaseId, DisclosureId, UnitId};
use govshare_model::task::{Task, WaitsFor};
use time::{Date, OffsetDateTime};

use crate::agreement::Agreement;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    pub id: DisclosureId,
    pub agreement: AgreementId,
    pub case: CaseId,
    pub applicant: UnitId,
    pub provider: UnitId,
    pub wish: Wish,
    pub state: State,
    pub created: OffsetDateTime,
    /// 1 when asked for, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// Who is to get what, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub third_party: String,
    pub scope: String,
    pub purpose: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Requested,
    Consented {
        at: OffsetDateTime,
    },
    Refused {
        reasons: String,
        at: OffsetDateTime,
    },
    /// Given to the third party after the consent of `consented`.
    Made {
        consented: OffsetDateTime,
        on: Date,
    },
}

/// A change; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition(Disclosure);

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    AgreementNotActive {
        state: &'static str,
    },
    WrongState {
        state: &'static str,
    },
    ReasonsMissing,
    /// The provider has not consented.
    NotConsented {
        state: &'static str,
    },
    /// The day lies before the consent or after today.
    OutsideConsent,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Consented { .. } => "CONSENTED",
            Self::Refused { .. } => "REFUSED",
            Self::Made { .. } => "MADE",
        }
    }

    pub fn answered(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Requested => None,
            Self::Consented { at } | Self::Refused { at, .. } | Self::Made { consented: at, .. } => Some(*at),
        }
    }

    /// Reasons of a refusal; empty otherwise.
    pub fn reasons(&self) -> &str {
        match self {
            Self::Requested | Self::Consented { .. } | Self::Made { .. } => "",
            Self::Refused { reasons, .. } => reasons,
        }
    }

    pub fn made_on(&self) -> Option<Date> {
        match self {
            Self::Requested | Self::Consented { .. } | Self::Refused { .. } => None,
            Self::Made { on, .. } => Some(*on),
        }
    }
}

impl Transition {
    pub fn disclosure(&self) -> &Disclosure {
        &self.0
    }
}

impl Disclosure {
    pub fn request(
        id: DisclosureId,
        agreement: &Agreement,
        wish: Wish,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        under_active(agreement, now)?;
        Ok(Transition(Self {
            id,
            agreement: agreement.id,
            case: agreement.case,
            applicant: agreement.parties.applicant.clone(),
            provider: agreement.parties.provider.clone(),
            wish,
            state: State::Requested,
            created: now,
            version: 1,
        }))
    }

    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        match self.state {
            State::Requested => vec![Task {
                kind: "answer",
                zh: "答复向第三方提供信息的请求",
                en: "consent to a disclosure to a third party, or refuse it",
                subject: self.wish.third_party.clone(),
                article: "23",
                waits_for: WaitsFor::Unit(self.provider.clone()),
                roles: &[Role::Approver],
                not: Vec::new(),
                due: None,
            }],
            State::Consented { .. } | State::Refused { .. } | State::Made { .. } => Vec::new(),
        }
    }

    pub fn consent(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.answer(State::Consented { at: now })
    }

    pub fn refuse(self, reasons: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        if reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        self.answer(State::Refused { reasons, at: now })
    }

    /// The user gave it on, within the consent and while the agreement is active.
    pub fn make(self, agreement: &Agreement, on: Date, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let consented = match &self.state {
            State::Consented { at } => *at,
            State::Requested | State::Refused { .. } => {
                return Err(Rejection::NotConsented { state: self.state.name() });
            }
            State::Made { .. } => return Err(Rejection::WrongState { state: self.state.name() }),
        };
        under_active(agreement, now)?;
        if on < shanghai_date(consented) || on > shanghai_date(now) {
            return Err(Rejection::OutsideConsent);
        }
        Ok(self.become_state(State::Made { consented, on }))
    }

    fn answer(self, state: State) -> Result<Transition, Rejection> {
        let State::Requested = self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        Ok(self.become_state(state))
    }

    fn become_state(mut self, state: State) -> Transition {
        self.state = state;
        self.version += 1;
        Transition(self)
    }
}

fn under_active(agreement: &Agreement, now: OffsetDateTime) -> Result<(), Rejection> {
    let today = shanghai_date(now);
    if agreement.is_active_on(today) {
        Ok(())
    } else {
        Err(Rejection::AgreementNotActive { state: agreement.state_on(today) })
    }
}
