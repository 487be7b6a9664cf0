//! A delivery outside the platform, in the way that the parties agreed (art. 26(一)): told by the provider, confirmed or
//! denied by the user.

pub(crate) mod convert;
pub(crate) mod grpc;
pub mod policy;
pub(crate) mod store;

use govshare_model::Role;
use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, CaseId, OutsideDeliveryId, UnitId};
use govshare_model::pack::DeliveryMode;
use govshare_model::task::{Task, WaitsFor};
use time::{Date, OffsetDateTime};

use crate::agreement::Agreement;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideDelivery {
    pub id: OutsideDeliveryId,
    pub agreement: AgreementId,
    pub case: CaseId,
    pub applicant: UnitId,
    pub provider: UnitId,
    /// What was handed over, and how.
    pub description: String,
    /// Asia/Shanghai.
    pub delivered_on: Date,
    pub state: State,
    pub created: OffsetDateTime,
    /// 1 when recorded, 2 when the user spoke: also the version of its audit events.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Recorded,
    Confirmed { at: OffsetDateTime },
    Denied { reasons: String, at: OffsetDateTime },
}

/// A change; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition(OutsideDelivery);

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    AgreementNotActive {
        state: &'static str,
    },
    /// The agreement names a way of delivery through the platform.
    ThroughPlatform,
    /// The day is not one on which data was allowed to flow.
    OutsideValidity,
    WrongState {
        state: &'static str,
    },
    ReasonsMissing,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Recorded => "RECORDED",
            Self::Confirmed { .. } => "CONFIRMED",
            Self::Denied { .. } => "DENIED",
        }
    }

    pub fn decided(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Recorded => None,
            Self::Confirmed { at } | Self::Denied { at, .. } => Some(*at),
        }
    }

    /// Reasons of a denial; empty otherwise.
    pub fn reasons(&self) -> &str {
        match self {
            Self::Recorded | Self::Confirmed { .. } => "",
            Self::Denied { reasons, .. } => reasons,
        }
    }
}

impl Transition {
    pub fn delivery(&self) -> &OutsideDelivery {
        &self.0
    }
}

impl OutsideDelivery {
    /// What the provider handed over under an active agreement that leaves the way to the parties.
    pub fn record(
        id: OutsideDeliveryId,
        agreement: &Agreement,
        description: String,
        delivered_on: Date,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let today = shanghai_date(now);
        if !agreement.is_active_on(today) {
            return Err(Rejection::AgreementNotActive { state: agreement.state_on(today) });
        }
        match agreement.terms.delivery_mode {
            Some(DeliveryMode::AsAgreed) | None => {}
            Some(DeliveryMode::Interface | DeliveryMode::Batch | DeliveryMode::File) => {
                return Err(Rejection::ThroughPlatform);
            }
        }
        let first = agreement.activated_on().max(Some(agreement.terms.valid_from));
        if Some(delivered_on) < first || delivered_on > today {
            return Err(Rejection::OutsideValidity);
        }
        Ok(Transition(Self {
            id,
            agreement: agreement.id,
            case: agreement.case,
            applicant: agreement.parties.applicant.clone(),
            provider: agreement.parties.provider.clone(),
            description,
            delivered_on,
            state: State::Recorded,
            created: now,
            version: 1,
        }))
    }

    /// All that waits now.
    pub fn tasks(&self) -> Vec<Task> {
        match self.state {
            State::Recorded => vec![Task {
                kind: "confirm",
                zh: "确认或者否认收到平台外交付",
                en: "confirm or deny what was delivered outside the platform",
                subject: self.description.chars().take(80).collect(),
                article: "26(一)",
                waits_for: WaitsFor::Unit(self.applicant.clone()),
                roles: &[Role::Drafter, Role::Approver],
                not: Vec::new(),
                due: None,
            }],
            State::Confirmed { .. } | State::Denied { .. } => Vec::new(),
        }
    }

    pub fn confirm(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.decide(State::Confirmed { at: now })
    }

    pub fn deny(self, reasons: String, now: OffsetDateTime) -> Result<Transition, Rejection> {
        if reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        self.decide(State::Denied { reasons, at: now })
    }

    fn decide(mut self, state: State) -> Result<Transition, Rejection> {
        let State::Recorded = self.state else {
            return Err(Rejection::WrongState { state: self.state.name() });
        };
        self.state = state;
        self.version += 1;
        Ok(Transition(self))
    }
}
