//! What a user owes when the agreement has ended: to attest what became of the copies it held (art. 23). The text sets
//! no time for it; the terms of the agreement do.

use govshare_model::calendar::shanghai_date;
use govshare_model::{Actor, Subject};
use time::{Date, OffsetDateTime};

use super::{Agreement, Happened, Rejection, State, Transition};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisposalDuty {
    /// Last day for the attestation, Asia/Shanghai.
    pub due: Date,
    /// When it was found overdue, or attested late; it stays.
    pub overdue: Option<OffsetDateTime>,
    pub attestation: Option<Attestation>,
}

/// What became of the copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposal {
    /// 销毁.
    Destroyed,
    /// 留存, with the duties of management, security and secrecy.
    Kept,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    pub disposal: Disposal,
    pub statement: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

impl Agreement {
    /// The user attests what became of its copies. An expiry that no sweep has marked yet is marked with it.
    pub fn attest(
        self,
        disposal: Disposal,
        statement: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let (mut agreement, mut happened) = match self.clone().expire(now) {
            Ok(expired) => (expired.agreement, expired.happened),
            Err(_) => (self, Vec::new()),
        };
        let allowed = agreement.rules.disposals.contains(&disposal);
        let refused = agreement.wrong_state(now);
        let State::Ended { end, .. } = &mut agreement.state else { return Err(refused) };
        let duty = end.duty_mut().ok_or(refused)?;
        if duty.attestation.is_some() {
            return Err(Rejection::DutyDischarged);
        }
        if !allowed {
            return Err(Rejection::DisposalNotAllowed);
        }
        if shanghai_date(now) > duty.due && duty.overdue.is_none() {
            duty.overdue = Some(now);
        }
        duty.attestation = Some(Attestation { disposal, statement, by: by.subject.clone(), at: now });
        let state = agreement.state.clone();
        let attested = agreement.become_state(state, vec![Happened::DisposalAttested], now);
        happened.extend(attested.happened);
        Ok(Transition { agreement: attested.agreement, happened })
    }

    /// Marks an open duty whose last day has passed, once.
    pub fn mark_duty_overdue(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Ended { end, .. } = &mut self.state else { return Err(Rejection::DutyNotOverdue) };
        let duty = end.duty_mut().ok_or(Rejection::DutyNotOverdue)?;
        if duty.attestation.is_some() || duty.overdue.is_some() || shanghai_date(now) <= duty.due {
            return Err(Rejection::DutyNotOverdue);
        }
        duty.overdue = Some(now);
        let state = self.state.clone();
        Ok(self.become_state(state, vec![Happened::DisposalOverdue], now))
    }
}
