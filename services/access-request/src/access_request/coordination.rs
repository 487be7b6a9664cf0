//! What third bodies do for a case: the info office where the provider is unknown, the working group after an
//! objection (art. 26), and the steps taken when an answer is overdue.

use govshare_model::Actor;
use govshare_model::calendar::Calendar;
use govshare_model::id::UnitId;
use govshare_model::pack::{Pack, SharingClass};
use time::OffsetDateTime;

use super::case_file::{Contested, Escalation, EscalationKind};
use super::{AccessRequest, Happened, Receipt, Rejection, Resource, State, Statement, Transition};

/// Reminders and reports that one case can have.
const MOST_ESCALATIONS: usize = 20;

/// To whom the info office forwards an application, and for which entry if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub provider: UnitId,
    pub resource: Option<Resource>,
}

/// What the working group coordinated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    AnswerAnew,
    RefusalStands,
}

impl AccessRequest {
    /// Forwards an application (转送): `now` is the receipt at the provider, from which the clock of `pack` runs.
    pub fn forward(
        mut self,
        to: Destination,
        note: String,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let State::AtInfoOffice = self.state else {
            return Err(Rejection::WrongState { state: self.told() });
        };
        if to.provider == self.applicant {
            return Err(Rejection::OwnResource);
        }
        let receipt = match &to.resource {
            Some(resource) if resource.provider != to.provider => return Err(Rejection::EntryOfOtherUnit),
            Some(resource) => Receipt::of(pack, resource.class, calendar, now)?,
            // Nothing is listed yet, so nothing is shared actively: it is an application.
            None => Receipt::of(pack, SharingClass::OnApplication, calendar, now)?,
        };
        self.provider = Some(to.provider);
        self.entry = to.resource.as_ref().map(Resource::entry);
        self.file.forwarding = Some(Statement::new(note, by, now));
        Ok(self.become_state(State::Submitted { receipt }, Happened::Forwarded, now))
    }

    /// The info office coordinates the matter itself and closes it with a written outcome (协调处理).
    pub fn settle(self, outcome: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::AtInfoOffice = self.state else {
            return Err(Rejection::WrongState { state: self.told() });
        };
        let settlement = Statement::new(outcome, by, now);
        Ok(self.become_state(State::Settled { settlement }, Happened::Settled, now))
    }

    /// The applicant objects to a refusal (异议); the text sets no time limit.
    pub fn object(self, grounds: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Refused { receipt, answer } = &self.state else {
            return Err(Rejection::WrongState { state: self.told() });
        };
        let (receipt, answer) = (receipt.clone(), answer.clone());
        let objection = Statement::new(grounds, by, now);
        Ok(self.become_state(State::Objected { receipt, answer, objection }, Happened::Objected, now))
    }

    /// The working group coordinates: the provider answers anew under a new clock of the case's pack, or the refusal
    /// stands.
    pub fn coordinate(
        self,
        outcome: Outcome,
        opinion: String,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let State::Objected { receipt, answer, objection } = &self.state else {
            return Err(Rejection::WrongState { state: self.told() });
        };
        let coordination = Statement::new(opinion, by, now);
        let (receipt, answer, objection) = (receipt.clone(), answer.clone(), objection.clone());
        match outcome {
            Outcome::RefusalStands => {
                let state = State::RefusalStands { receipt, answer, objection, coordination };
                Ok(self.become_state(state, Happened::RefusalStood, now))
            }
            Outcome::AnswerAnew => {
                let contested = Contested {
                    answer,
                    due: receipt.clock.due,
                    overdue: self.overdue,
                    objection: Some(objection),
                    coordination,
                };
                self.answer_anew(receipt, contested, Happened::Coordinated, pack, calendar, now)
            }
        }
    }

    /// Puts a refusal into the file and starts the clock for another answer.
    pub(super) fn answer_anew(
        mut self,
        receipt: Receipt,
        contested: Contested,
        happened: Happened,
        pack: &Pack,
        calendar: &Calendar,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let receipt = receipt.started_anew(pack, calendar, now)?;
        self.file.contested.push(contested);
        self.overdue = None;
        Ok(self.become_state(State::Coordinated { receipt }, happened, now))
    }

    /// A reminder to the provider, or a report to the working group, because the answer is overdue.
    pub fn escalate(
        mut self,
        kind: EscalationKind,
        text: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        if self.state.open().is_none() || !self.is_past_due(now) {
            return Err(Rejection::NothingOverdue { state: self.told() });
        }
        if self.file.escalations.len() >= MOST_ESCALATIONS {
            return Err(Rejection::EscalatedEnough);
        }
        self.file.escalations.push(Escalation { kind, statement: Statement::new(text, by, now) });
        let happened = match kind {
            EscalationKind::Reminder => Happened::Reminded,
            EscalationKind::Report => Happened::Reported,
        };
        let state = self.state.clone();
        Ok(self.become_state(state, happened, now))
    }
}
