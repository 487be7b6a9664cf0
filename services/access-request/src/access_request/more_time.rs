//! Supplement (补正) and extension (延期), for cases whose pack knows them.

use govshare_model::Actor;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::pack::Pack;
use time::OffsetDateTime;

use super::case_file::{Decision, Extension, Supplement};
use super::state::Notice;
use super::{AccessRequest, Clock, Form, Happened, Rejection, Resource, State, Statement, Transition};

impl AccessRequest {
    /// Tells the applicant at once of everything that is missing; the clock rests from now on.
    pub fn request_supplement(
        self,
        missing: Vec<String>,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let receipt = self.open()?.clone();
        let allowed = &pack.clock.supplements;
        if self.file.supplements.len() >= usize::from(allowed.value) {
            let (pack, article) = (pack.id.clone(), pack.cite(&allowed.article));
            return Err(Rejection::SupplementNotAllowed { pack, article, times: allowed.value });
        }
        if self.is_past_due(now) {
            return Err(Rejection::LastDayPassed);
        }
        let notice = Notice { missing, by: by.subject.clone(), at: now, earlier_due: receipt.clock.due };
        let state = State::SupplementRequested { receipt, notice };
        Ok(self.become_state(state, Happened::SupplementRequested, now))
    }

    /// The applicant completes the application, which is now received whole: the clock of its pack starts.
    #[expect(clippy::too_many_arguments, reason = "the form is checked as at submission")]
    pub fn supplement(
        mut self,
        form: Form,
        text: String,
        resource: Option<&Resource>,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let State::SupplementRequested { receipt, notice } = &self.state else {
            return Err(Rejection::WrongState { state: self.told() });
        };
        self.check_four_eyes(pack, by)?;
        form.check(pack, resource, shanghai_date(now))?;
        let receipt = receipt.clone().started_anew(pack, calendar, now)?;
        let supplement = Supplement { notice: notice.clone(), answer: Statement::new(text, by, now) };
        self.form = form;
        self.file.supplements.push(supplement);
        let state = if self.file.contested.is_empty() {
            State::Submitted { receipt }
        } else {
            State::Coordinated { receipt }
        };
        Ok(self.become_state(state, Happened::Supplemented, now))
    }

    /// Asks the info office for more time; the clock runs on.
    pub fn request_extension(
        mut self,
        working_days: u16,
        reason: String,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let earlier_due = self.open()?.clock.due;
        let longest = &pack.clock.extension_working_days;
        if longest.value == 0 || self.file.extension.is_some() {
            let (pack, article) = (pack.id.clone(), pack.cite(&longest.article));
            return Err(Rejection::ExtensionNotAllowed { pack, article, days: longest.value });
        }
        if working_days == 0 || working_days > longest.value {
            return Err(Rejection::ExtensionTooLong {
                days: longest.value,
                article: pack.cite(&longest.article),
            });
        }
        if self.is_past_due(now) {
            return Err(Rejection::LastDayPassed);
        }
        let reason = Statement::new(reason, by, now);
        self.file.extension = Some(Extension { working_days, reason, earlier_due, decision: None });
        let state = self.state.clone();
        Ok(self.become_state(state, Happened::ExtensionRequested, now))
    }

    /// The info office consents or not; with consent the last day moves on from where it is.
    pub fn decide_extension(
        mut self,
        granted: bool,
        text: String,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        let clock = self.open()?.clock;
        if granted && self.is_past_due(now) {
            return Err(Rejection::LastDayPassed);
        }
        let Some(extension) = self.file.extension.as_mut().filter(|extension| extension.decision.is_none())
        else {
            return Err(Rejection::ExtensionNotAsked);
        };
        extension.decision = Some(Decision { granted, statement: Statement::new(text, by, now) });
        let due = calendar.add_working_days(clock.due, extension.working_days);
        let state = self.state.clone();
        if !granted {
            return Ok(self.become_state(state, Happened::ExtensionRefused, now));
        }
        let clock = Clock { due: due.date, provisional: clock.provisional || due.provisional };
        Ok(self.become_state(state.with_clock(clock), Happened::ExtensionGranted, now))
    }
}
