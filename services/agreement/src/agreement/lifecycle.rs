//! What may happen to an agreement that was active: suspension, expiry, termination, and another in its place. The
//! 2014 text knows the agreement only (art. 26(一)); which of these steps asks for what is said by the pack.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, UnitId};
use govshare_model::pack::{Duty, Pack};
use govshare_model::{Actor, Role};
use time::{Date, Duration, OffsetDateTime};

use super::duty::{Disposal, DisposalDuty};
use super::{Agreement, Happened, Rejection, State, Transition};
use crate::case::Matter;
use crate::terms::{Terms, TermsProblem};

/// What the pack of the case says of the agreement's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// A suspension sets a day until which the user mends what is wrong.
    pub mending_term: bool,
    /// A termination is negotiated and filed with the info office.
    pub termination_filed: bool,
    /// What may become of copies after the end.
    pub disposals: Vec<Disposal>,
}

/// What is wrong with the words or the term of a suspension or termination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Suspension and termination need written grounds.
    GroundsMissing,
    /// The pack asks for a term to mend what is wrong.
    MendingTermMissing,
    MendingTermPassed,
    /// The term to mend lies after the last day of validity.
    MendingTermAfterEnd,
    /// The pack has terminations filed, so that how they were negotiated is said.
    NegotiationMissing,
}

impl Fault {
    /// Refuses with all that there are.
    fn none_of(faults: [Option<Self>; 2]) -> Result<(), Rejection> {
        let found: Vec<Self> = faults.into_iter().flatten().collect();
        if found.is_empty() { Ok(()) } else { Err(Rejection::Faulty(found)) }
    }
}

/// The agreement that another amends or renews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub agreement: AgreementId,
    pub kind: ReplacementKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplacementKind {
    /// 变更.
    Amendment,
    /// 续签.
    Renewal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    pub grounds: String,
    /// Who suspended.
    pub unit: UnitId,
    /// Last day for the user to mend what is wrong.
    pub mend_until: Option<Date>,
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Expired {
        duty: DisposalDuty,
    },
    Terminated {
        termination: Termination,
        duty: DisposalDuty,
    },
    /// Data flows under another agreement; what was taken stands under that one.
    Replaced {
        by: AgreementId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Termination {
    pub grounds: String,
    pub negotiation: String,
    /// Who terminated.
    pub unit: UnitId,
    pub filing_required: bool,
    pub filed: Option<OffsetDateTime>,
}

impl Rules {
    pub fn of(pack: &Pack) -> Self {
        let disposal = |duty: &Duty| match duty {
            Duty::Destroy => Disposal::Destroyed,
            Duty::Keep => Disposal::Kept,
        };
        Self {
            mending_term: pack.agreement.suspension_term_required.value,
            termination_filed: pack.agreement.termination_filed.value,
            disposals: pack.agreement.duties_after_end.value.iter().map(disposal).collect(),
        }
    }
}

impl End {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "EXPIRED",
            Self::Terminated { .. } => "TERMINATED",
            Self::Replaced { .. } => "REPLACED",
        }
    }

    pub fn duty(&self) -> Option<&DisposalDuty> {
        match self {
            Self::Expired { duty } | Self::Terminated { duty, .. } => Some(duty),
            Self::Replaced { .. } => None,
        }
    }

    pub(super) fn duty_mut(&mut self) -> Option<&mut DisposalDuty> {
        match self {
            Self::Expired { duty } | Self::Terminated { duty, .. } => Some(duty),
            Self::Replaced { .. } => None,
        }
    }
}

impl Agreement {
    /// The agreement that is to replace this one; this one stays as it is until all have signed.
    pub fn draft_replacement(
        &self,
        id: AgreementId,
        kind: ReplacementKind,
        matter: &Matter<'_>,
        terms: Terms,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.in_force(now)?;
        let today = shanghai_date(now);
        let mut problems = terms.problems(matter, today);
        // It takes the place of this one with its last signature: no day may be left without either.
        if terms.valid_from > today {
            problems.push(TermsProblem::StartsLater);
        }
        if kind == ReplacementKind::Renewal && terms.valid_until <= self.terms.valid_until {
            problems.push(TermsProblem::NoLonger);
        }
        let replaces = Some(Replacement { agreement: self.id, kind });
        Self::rendered(id, matter, terms, problems, replaces, by, now)
    }

    /// Ends this agreement with the activation of the one that replaces it.
    pub fn replace(self, by: &Agreement, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let over = || Rejection::ReplacedOver { state: self.state_on(shanghai_date(now)) };
        if by.replaces.as_ref().is_none_or(|replaced| replaced.agreement != self.id) {
            return Err(over());
        }
        self.in_force(now).map_err(|_| over())?;
        let end = End::Replaced { by: by.id };
        self.end(end, Happened::Replaced, now)
    }

    /// Stops the flow of data, with written grounds.
    pub fn suspend(
        self,
        grounds: String,
        mend_until: Option<Date>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let today = shanghai_date(now);
        self.in_force(now)?;
        let State::Active { signatures, at } = &self.state else { return Err(self.wrong_state(now)) };
        let (signatures, activated) = (signatures.clone(), *at);
        let term = match mend_until {
            None => self.rules.mending_term.then_some(Fault::MendingTermMissing),
            Some(day) if day < today => Some(Fault::MendingTermPassed),
            Some(day) => (day > self.terms.valid_until).then_some(Fault::MendingTermAfterEnd),
        };
        Fault::none_of([grounds.is_empty().then_some(Fault::GroundsMissing), term])?;
        let suspension = Suspension { grounds, unit: by.unit.clone(), mend_until, at: now };
        let state = State::Suspended { signatures, activated, suspension };
        Ok(self.become_state(state, vec![Happened::Suspended], now))
    }

    /// Lets data flow again; the unit that suspended decides it, or the info office in its place.
    pub fn resume(self, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        self.in_force(now)?;
        let State::Suspended { signatures, activated, suspension } = &self.state else {
            return Err(self.wrong_state(now));
        };
        if suspension.unit != by.unit && !by.is(Role::InfoOffice) {
            return Err(Rejection::SuspendedByOther);
        }
        let state = State::Active { signatures: signatures.clone(), at: *activated };
        Ok(self.become_state(state, vec![Happened::Resumed], now))
    }

    /// Ends the agreement before its last day. What the info office terminates is on file with it at once.
    pub fn terminate(
        self,
        grounds: String,
        negotiation: String,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.in_force(now)?;
        // An approver of a party ends it for the party, whatever else they are.
        let for_party =
            by.is(Role::Approver) && [&self.parties.applicant, &self.parties.provider].contains(&&by.unit);
        let by_office = by.is(Role::InfoOffice) && !for_party;
        let untold = self.rules.termination_filed && !by_office && negotiation.is_empty();
        Fault::none_of([
            grounds.is_empty().then_some(Fault::GroundsMissing),
            untold.then_some(Fault::NegotiationMissing),
        ])?;
        let termination = Termination {
            grounds,
            negotiation,
            unit: by.unit.clone(),
            filing_required: self.rules.termination_filed,
            filed: (self.rules.termination_filed && by_office).then_some(now),
        };
        let duty = DisposalDuty::from_day(shanghai_date(now), self.terms.disposal_days);
        self.end(End::Terminated { termination, duty }, Happened::Terminated, now)
    }

    /// The info office puts a termination on file.
    pub fn file_termination(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let wrong = self.wrong_state(now);
        let State::Ended { end: End::Terminated { termination, .. }, .. } = &mut self.state else {
            return Err(wrong);
        };
        if !termination.filing_required {
            return Err(wrong);
        }
        if termination.filed.is_some() {
            return Err(Rejection::FiledBefore);
        }
        termination.filed = Some(now);
        let state = self.state.clone();
        Ok(self.become_state(state, vec![Happened::TerminationFiled], now))
    }

    /// Marks an agreement whose last day has passed, once.
    pub fn expire(self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let in_life = matches!(self.state, State::Active { .. } | State::Suspended { .. });
        if !in_life || shanghai_date(now) <= self.terms.valid_until {
            return Err(Rejection::NotOver);
        }
        let duty = DisposalDuty::from_day(self.terms.valid_until, self.terms.disposal_days);
        self.end(End::Expired { duty }, Happened::Expired, now)
    }

    /// Refuses where it is neither active nor suspended on this day.
    pub(super) fn in_force(&self, now: OffsetDateTime) -> Result<(), Rejection> {
        let in_life = matches!(self.state, State::Active { .. } | State::Suspended { .. });
        if in_life && shanghai_date(now) <= self.terms.valid_until {
            Ok(())
        } else {
            Err(self.wrong_state(now))
        }
    }

    fn end(mut self, end: End, happened: Happened, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let (signatures, activated) = match &self.state {
            State::Active { signatures, at } => (signatures.clone(), *at),
            State::Suspended { signatures, activated, .. } => (signatures.clone(), *activated),
            State::AwaitingSignatures { .. } | State::Cancelled { .. } | State::Ended { .. } => {
                return Err(self.wrong_state(now));
            }
        };
        let state = State::Ended { signatures, activated, end, at: now };
        self.warning = None;
        Ok(self.become_state(state, vec![happened], now))
    }

    pub(super) fn wrong_state(&self, now: OffsetDateTime) -> Rejection {
        Rejection::WrongState { state: self.state_on(shanghai_date(now)) }
    }
}

impl DisposalDuty {
    fn from_day(end: Date, days: u16) -> Self {
        Self { due: end + Duration::days(i64::from(days)), overdue: None, attestation: None }
    }
}
