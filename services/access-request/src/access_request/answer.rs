//! From proposal to answer, and to the agreement that follows (art. 26).

use govshare_model::Actor;
use govshare_model::id::AgreementId;
use govshare_model::pack::Pack;
use time::OffsetDateTime;

use super::submission::clock_days;
use super::{
    AccessRequest, Answer, AnswerKind, Happened, Proposal, Receipt, Rejection, Resource, State, Transition,
    Wording,
};

impl AccessRequest {
    /// A drafter of the provider prepares the answer; the clock runs on.
    pub fn propose(
        self,
        wording: Wording,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let receipt = self.open()?.clone();
        wording.check(pack, !self.file.supplements.is_empty())?;
        let proposal = Proposal { wording, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::AnswerProposed { receipt, proposal }, Happened::AnswerProposed, now))
    }

    /// Answers with consent, late or not (art. 26(一)).
    pub fn consent(self, pack: &Pack, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let (receipt, proposal) = self.proposed(AnswerKind::Consent, pack, by)?;
        if self.entry.is_none() {
            return Err(Rejection::EntryNotNamed);
        }
        if let Some(matter) = self.file.superior.as_ref().filter(|matter| !matter.stage.provides()) {
            return Err(Rejection::SuperiorNotIn { stage: matter.stage.name() });
        }
        let reasons = proposal.wording.reasons.clone();
        let answer = Answer::new(proposal, reasons, by, now);
        Ok(self.answered(State::Consented { receipt, answer }, Happened::Consented, now))
    }

    /// Refusal needs written reasons, which go to the applicant and the info office (art. 26(二)).
    pub fn refuse(
        self,
        reasons: String,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let (receipt, proposal) = self.proposed(AnswerKind::Refusal, pack, by)?;
        if pack.refusal.reasons_required.value && reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        let answer = Answer::new(proposal, reasons, by, now);
        Ok(self.answered(State::Refused { receipt, answer }, Happened::Refused, now))
    }

    /// The applicant takes the request back before it is answered.
    pub fn withdraw(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let open = self.state.open().is_some();
        let (receipt, proposal) = match &self.state {
            State::AtInfoOffice => (None, None),
            State::Submitted { receipt }
            | State::SupplementRequested { receipt, .. }
            | State::Coordinated { receipt } => (Some(receipt.clone()), None),
            State::AnswerProposed { receipt, proposal } => (Some(receipt.clone()), Some(proposal.clone())),
            other => return Err(Rejection::NotOpen { state: other.name() }),
        };
        let state = State::Withdrawn { receipt, proposal, at: now };
        if open {
            return Ok(self.answered(state, Happened::Withdrawn, now));
        }
        Ok(self.become_state(state, Happened::Withdrawn, now))
    }

    /// The agreement of a consented case became active. `None`: it is recorded already.
    pub fn agree(self, agreement: AgreementId, now: OffsetDateTime) -> Result<Option<Transition>, Rejection> {
        match &self.state {
            State::Consented { receipt, answer } => {
                let state = State::Agreed { receipt: receipt.clone(), answer: answer.clone(), agreement };
                Ok(Some(self.become_state(state, Happened::Agreed, now)))
            }
            State::Agreed { agreement: known, .. } if *known == agreement => Ok(None),
            State::Agreed { .. } => Err(Rejection::OtherAgreement),
            other => Err(Rejection::WrongState { state: other.name() }),
        }
    }

    /// Names the entry that a forwarded application is about: what is shared is listed (art. 14).
    pub fn name_entry(
        mut self,
        resource: &Resource,
        pack: &Pack,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.open()?;
        if self.entry.is_some() {
            return Err(Rejection::WrongState { state: self.state.name() });
        }
        if self.provider.as_ref() != Some(&resource.provider) {
            return Err(Rejection::EntryOfOtherUnit);
        }
        clock_days(pack, resource.class)?;
        self.entry = Some(resource.entry());
        let state = self.state.clone();
        Ok(self.become_state(state, Happened::EntryNamed, now))
    }

    fn proposed(
        &self,
        wanted: AnswerKind,
        pack: &Pack,
        by: &Actor,
    ) -> Result<(Receipt, Proposal), Rejection> {
        let (receipt, proposal) = match &self.state {
            State::AnswerProposed { receipt, proposal } => (receipt, proposal),
            State::Submitted { .. } | State::Coordinated { .. } => {
                return Err(Rejection::AnswerNotProposed { state: self.state.name() });
            }
            other => return Err(Rejection::NotOpen { state: other.name() }),
        };
        if pack.four_eyes.answer.value && proposal.by == by.subject {
            return Err(Rejection::SelfApproval);
        }
        if proposal.wording.kind != wanted {
            return Err(Rejection::OtherAnswerProposed);
        }
        Ok((receipt.clone(), proposal.clone()))
    }

    /// What ends a clock too late marks the request overdue even where no sweeper came by.
    fn answered(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        if self.overdue.is_none() && self.is_past_due(now) {
            self.overdue = Some(now);
        }
        self.become_state(state, happened, now)
    }
}

impl Answer {
    fn new(proposal: Proposal, reasons: String, by: &Actor, at: OffsetDateTime) -> Self {
        Self { proposal, reasons, by: by.subject.clone(), at, number: String::new() }
    }
}

impl Wording {
    fn check(&self, pack: &Pack, supplemented: bool) -> Result<(), Rejection> {
        match self.kind {
            AnswerKind::Consent => {
                let allowed = &pack.answer.extra_conditions_allowed;
                if !self.conditions.is_empty() && !allowed.value {
                    return Err(Rejection::ExtraConditions {
                        pack: pack.id.clone(),
                        article: pack.cite(&allowed.article),
                    });
                }
            }
            AnswerKind::Refusal => {
                if pack.refusal.reasons_required.value && self.reasons.is_empty() {
                    return Err(Rejection::ReasonsMissing);
                }
                let outright = &pack.clock.outright_refusal_when_incomplete;
                if self.material_incomplete && !outright.value && !supplemented {
                    return Err(Rejection::SupplementFirst {
                        pack: pack.id.clone(),
                        article: pack.cite(&outright.article),
                    });
                }
            }
        }
        Ok(())
    }
}
