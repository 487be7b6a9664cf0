//! An application for a resource that is shared on application, and what may happen to it (art. 26).

use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::pack::{ApplicationField, Pack, SharingClass};
use govshare_model::{Actor, Subject};
use time::{Date, OffsetDateTime};

/// A request with everything that is known of it in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    pub id: CaseId,
    /// Year and running number, e.g. `2026-000012`.
    pub number: String,
    pub applicant: UnitId,
    pub provider: UnitId,
    pub entry: EntryId,
    pub entry_title: String,
    pub form: Form,
    pub drafted_by: Subject,
    pub state: State,
    /// When the request was found overdue; it stays after a late answer.
    pub overdue: Option<OffsetDateTime>,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
    /// 1 with the draft, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// The application form (申请单).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    pub purpose: String,
    pub basis: String,
    /// Items asked for; empty means all.
    pub items: Vec<String>,
    pub delivery: String,
    pub use_until: Option<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Draft,
    /// The provider's clock runs since `receipt`.
    Submitted {
        receipt: Receipt,
    },
    AnswerProposed {
        receipt: Receipt,
        proposal: Proposal,
    },
    Consented {
        receipt: Receipt,
        answer: Answer,
    },
    Refused {
        receipt: Receipt,
        answer: Answer,
    },
    /// `proposal` is what the provider had prepared, if anything.
    Withdrawn {
        receipt: Receipt,
        proposal: Option<Proposal>,
        at: OffsetDateTime,
    },
    /// The agreement of the three parties is active.
    Agreed {
        receipt: Receipt,
        answer: Answer,
        agreement: AgreementId,
    },
}

/// The commit into the provider's inbox, and what was fixed with it for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub at: OffsetDateTime,
    pub entry_version: i32,
    /// Last day for the answer, until 24:00 in Shanghai.
    pub due: Date,
    /// A year without a holiday notice lay on the way to `due`.
    pub provisional: bool,
    pub pack: String,
    pub pack_version: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    Consent,
    Refusal,
}

/// An answer prepared by a drafter of the provider; nobody's answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub kind: AnswerKind,
    pub reasons: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// The written answer: a proposal that another person approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub proposal: Proposal,
    /// Reasons as they went out.
    pub reasons: String,
    pub by: Subject,
    pub at: OffsetDateTime,
}

/// What happened, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Drafted,
    Revised,
    Submitted,
    AnswerProposed,
    Consented,
    Refused,
    Withdrawn,
    Agreed,
    Overdue,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    request: AccessRequest,
    happened: Happened,
}

impl Transition {
    pub fn request(&self) -> &AccessRequest {
        &self.request
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }

    pub fn into_request(self) -> AccessRequest {
        self.request
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The step needs another state.
    WrongState {
        state: &'static str,
    },
    /// The request is not open: not received, answered or withdrawn.
    NotOpen {
        state: &'static str,
    },
    /// The form lacks what the pack asks for.
    FormIncomplete {
        missing: Vec<&'static str>,
    },
    /// Items asked for that the entry does not have.
    UnknownItems {
        items: Vec<String>,
    },
    /// The last day of use is not after the day of application.
    TermPassed,
    ResourceNotPublished {
        state: &'static str,
    },
    /// The resource is shared actively: no application is needed (art. 24, 25).
    SharedActively,
    /// The resource is listed as not shared.
    NotShared,
    OwnResource,
    AnswerNotProposed {
        state: &'static str,
    },
    /// Another kind of answer was proposed than the one to be given.
    OtherAnswerProposed,
    SelfApproval,
    ReasonsMissing,
    /// The case has another agreement.
    OtherAgreement,
    /// No policy pack is in force on the day, or it knows no application for this class.
    NoPolicy,
    /// The request is not open or its last day has not passed.
    NotOverdue,
}

/// The resource as the catalogue knows it at submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub provider: UnitId,
    pub title: String,
    /// The published version.
    pub version: i32,
    pub class: SharingClass,
    /// Names of its items; empty where the entry lists none.
    pub items: Vec<String>,
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted { .. } => "SUBMITTED",
            Self::AnswerProposed { .. } => "ANSWER_PROPOSED",
            Self::Consented { .. } => "CONSENTED",
            Self::Refused { .. } => "REFUSED",
            Self::Withdrawn { .. } => "WITHDRAWN",
            Self::Agreed { .. } => "AGREED",
        }
    }

    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Draft => None,
            Self::Submitted { receipt }
            | Self::AnswerProposed { receipt, .. }
            | Self::Consented { receipt, .. }
            | Self::Refused { receipt, .. }
            | Self::Withdrawn { receipt, .. }
            | Self::Agreed { receipt, .. } => Some(receipt),
        }
    }

    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Consented { answer, .. } | Self::Refused { answer, .. } | Self::Agreed { answer, .. } => {
                Some(answer)
            }
            Self::Draft | Self::Submitted { .. } | Self::AnswerProposed { .. } | Self::Withdrawn { .. } => {
                None
            }
        }
    }

    pub fn proposal(&self) -> Option<&Proposal> {
        match self {
            Self::AnswerProposed { proposal, .. } => Some(proposal),
            Self::Withdrawn { proposal, .. } => proposal.as_ref(),
            Self::Consented { answer, .. } | Self::Refused { answer, .. } | Self::Agreed { answer, .. } => {
                Some(&answer.proposal)
            }
            Self::Draft | Self::Submitted { .. } => None,
        }
    }
}

impl AccessRequest {
    /// A draft of `by`'s unit for a resource.
    pub fn draft(
        id: CaseId,
        number: String,
        resource: &Resource,
        entry: EntryId,
        form: Form,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Transition {
        let request = Self {
            id,
            number,
            applicant: by.unit.clone(),
            provider: resource.provider.clone(),
            entry,
            entry_title: resource.title.clone(),
            form,
            drafted_by: by.subject.clone(),
            state: State::Draft,
            overdue: None,
            created: now,
            updated: now,
            version: 1,
        };
        Transition { request, happened: Happened::Drafted }
    }

    /// Replaces the form of a draft.
    pub fn revise(mut self, form: Form, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Draft = self.state else { return Err(Rejection::WrongState { state: self.state.name() }) };
        self.form = form;
        Ok(self.become_state(State::Draft, Happened::Revised, now))
    }

    /// Hands the application in: `now` is the receipt, from which the clock of `pack` runs (art. 26).
    pub fn submit(
        mut self,
        resource: &Resource,
        pack: &Pack,
        calendar: &Calendar,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let State::Draft = self.state else { return Err(Rejection::WrongState { state: self.state.name() }) };
        if resource.provider == self.applicant {
            return Err(Rejection::OwnResource);
        }
        match resource.class {
            SharingClass::Active => return Err(Rejection::SharedActively),
            SharingClass::NotShared => return Err(Rejection::NotShared),
            SharingClass::OnApplication => {}
        }
        let today = shanghai_date(now);
        self.form.check(pack, resource, today)?;
        let class = pack.class(resource.class).ok_or(Rejection::NoPolicy)?;
        let days = class.answer_working_days.as_ref().ok_or(Rejection::NoPolicy)?;
        let due = calendar.add_working_days(today, days.value);
        let receipt = Receipt {
            at: now,
            entry_version: resource.version,
            due: due.date,
            provisional: due.provisional,
            pack: pack.id.clone(),
            pack_version: pack.version,
        };
        self.provider = resource.provider.clone();
        self.entry_title = resource.title.clone();
        Ok(self.become_state(State::Submitted { receipt }, Happened::Submitted, now))
    }

    /// A drafter of the provider prepares the answer; the clock runs on.
    pub fn propose(
        self,
        kind: AnswerKind,
        reasons: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let receipt = match &self.state {
            State::Submitted { receipt } | State::AnswerProposed { receipt, .. } => receipt.clone(),
            other => return Err(Rejection::NotOpen { state: other.name() }),
        };
        if kind == AnswerKind::Refusal && reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        let proposal = Proposal { kind, reasons, by: by.subject.clone(), at: now };
        Ok(self.become_state(State::AnswerProposed { receipt, proposal }, Happened::AnswerProposed, now))
    }

    /// Answers with consent, late or not (art. 26(一)).
    pub fn consent(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let (receipt, proposal) = self.proposed(AnswerKind::Consent, by)?;
        let answer = Answer { reasons: proposal.reasons.clone(), proposal, by: by.subject.clone(), at: now };
        Ok(self.answered(State::Consented { receipt, answer }, Happened::Consented, now))
    }

    /// Refusal needs written reasons, which go to the applicant and the info office (art. 26(二)).
    pub fn refuse(self, reasons: String, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let (receipt, proposal) = self.proposed(AnswerKind::Refusal, by)?;
        if reasons.is_empty() {
            return Err(Rejection::ReasonsMissing);
        }
        let answer = Answer { reasons, proposal, by: by.subject.clone(), at: now };
        Ok(self.answered(State::Refused { receipt, answer }, Happened::Refused, now))
    }

    /// The applicant takes the request back before it is answered.
    pub fn withdraw(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let (receipt, proposal) = match &self.state {
            State::Submitted { receipt } => (receipt.clone(), None),
            State::AnswerProposed { receipt, proposal } => (receipt.clone(), Some(proposal.clone())),
            other => return Err(Rejection::NotOpen { state: other.name() }),
        };
        Ok(self.become_state(State::Withdrawn { receipt, proposal, at: now }, Happened::Withdrawn, now))
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

    /// Marks an open request whose last day has passed, once.
    pub fn mark_overdue(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let open = matches!(self.state, State::Submitted { .. } | State::AnswerProposed { .. });
        if !open || self.overdue.is_some() || !self.is_past_due(now) {
            return Err(Rejection::NotOverdue);
        }
        self.overdue = Some(now);
        let state = self.state.clone();
        Ok(self.become_state(state, Happened::Overdue, now))
    }

    /// Whether 24:00 of the last day for the answer has passed in Shanghai.
    pub fn is_past_due(&self, now: OffsetDateTime) -> bool {
        self.state.receipt().is_some_and(|receipt| shanghai_date(now) > receipt.due)
    }

    fn proposed(&self, wanted: AnswerKind, by: &Actor) -> Result<(Receipt, Proposal), Rejection> {
        let (receipt, proposal) = match &self.state {
            State::AnswerProposed { receipt, proposal } => (receipt, proposal),
            State::Submitted { .. } => return Err(Rejection::AnswerNotProposed { state: self.state.name() }),
            other => return Err(Rejection::NotOpen { state: other.name() }),
        };
        if proposal.by == by.subject {
            return Err(Rejection::SelfApproval);
        }
        if proposal.kind != wanted {
            return Err(Rejection::OtherAnswerProposed);
        }
        Ok((receipt.clone(), proposal.clone()))
    }

    /// A late answer marks the request overdue even where no sweeper came by.
    fn answered(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        if self.overdue.is_none() && self.is_past_due(now) {
            self.overdue = Some(now);
        }
        self.become_state(state, happened, now)
    }

    fn become_state(mut self, state: State, happened: Happened, now: OffsetDateTime) -> Transition {
        self.state = state;
        self.updated = now;
        self.version += 1;
        Transition { request: self, happened }
    }
}

impl Form {
    fn check(&self, pack: &Pack, resource: &Resource, today: Date) -> Result<(), Rejection> {
        let missing: Vec<_> = pack
            .application
            .required
            .value
            .iter()
            .filter_map(|field| match field {
                ApplicationField::Purpose => self.purpose.is_empty().then_some("form.purpose"),
                ApplicationField::Basis => self.basis.is_empty().then_some("form.basis"),
                // No item named means the whole resource: the scope is always stated.
                ApplicationField::Scope => None,
                ApplicationField::Mode => self.delivery.is_empty().then_some("form.delivery"),
                ApplicationField::Term => self.use_until.is_none().then_some("form.use_until"),
            })
            .collect();
        if !missing.is_empty() {
            return Err(Rejection::FormIncomplete { missing });
        }
        if self.use_until.is_some_and(|last| last <= today) {
            return Err(Rejection::TermPassed);
        }
        let known = &resource.items;
        let unknown: Vec<_> = self.items.iter().filter(|item| !known.contains(item)).cloned().collect();
        if !known.is_empty() && !unknown.is_empty() {
            return Err(Rejection::UnknownItems { items: unknown });
        }
        Ok(())
    }
}
