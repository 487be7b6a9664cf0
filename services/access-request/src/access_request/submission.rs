//! From the draft to the receipt (收到申请), which starts the clock; also for what came on paper.

use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::id::{CaseId, EntryId, UnitId};
use govshare_model::pack::{Pack, SharingClass};
use govshare_model::{Actor, Role};
use serde::{Deserialize, Serialize};
use time::macros::offset;
use time::{Date, Duration, OffsetDateTime};

use super::case_file::Paper;
use super::{
    AccessRequest, CaseFile, Clock, Entry, Form, Happened, Receipt, Rejection, State, Statement, Transition,
};

/// How long ago a paper application may have been received.
const OLDEST_PAPER: Duration = Duration::days(5 * 365);

/// The resource as the catalogue knows it at submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub entry: EntryId,
    pub provider: UnitId,
    pub title: String,
    /// The published version.
    pub version: i32,
    pub class: SharingClass,
    /// Names of its items; empty where the entry lists none.
    pub items: Vec<String>,
}

/// What a draft asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Entry(Resource),
    /// In words: the applicant cannot tell who has it (申请方不能确定提供单位, art. 26).
    Wanted(String),
}

/// The agreed case that a new one is to go on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    pub case: CaseId,
    /// Last day of its use; None where the form of then named none.
    #[serde(with = "super::day::option")]
    pub until: Option<Date>,
}

/// A paper application as the info office enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub applicant: UnitId,
    pub on: Date,
    pub reason: String,
}

impl Resource {
    pub(super) fn entry(&self) -> Entry {
        Entry { id: self.entry, title: self.title.clone(), version: Some(self.version) }
    }
}

/// Working days for the answer, if the pack takes applications for this class at all (art. 24, 25).
pub(super) fn clock_days(pack: &Pack, class: SharingClass) -> Result<u16, Rejection> {
    let days = pack.class(class).and_then(|class| class.answer_working_days.as_ref());
    match (days, class) {
        (Some(days), _) => Ok(days.value),
        (None, SharingClass::Active) => Err(Rejection::SharedActively),
        (None, SharingClass::NotShared) => Err(Rejection::NotShared),
        (None, SharingClass::OnApplication) => Err(Rejection::NoPolicy),
    }
}

impl Receipt {
    pub(super) fn of(
        pack: &Pack,
        class: SharingClass,
        calendar: &Calendar,
        now: OffsetDateTime,
    ) -> Result<Self, Rejection> {
        let due = calendar.add_working_days(shanghai_date(now), clock_days(pack, class)?);
        Ok(Self {
            at: now,
            pack: pack.id.clone(),
            pack_version: pack.version,
            class,
            clock: Clock { due: due.date, provisional: due.provisional },
        })
    }

    /// The same receipt with a clock that starts now, for an answer anew or a completed application.
    pub(super) fn started_anew(
        self,
        pack: &Pack,
        calendar: &Calendar,
        now: OffsetDateTime,
    ) -> Result<Self, Rejection> {
        let clock = Self::of(pack, self.class, calendar, now)?.clock;
        Ok(Self { clock, ..self })
    }
}

impl AccessRequest {
    /// A draft of `by`'s unit.
    pub fn draft(
        id: CaseId,
        number: String,
        asked: &Asked,
        renewal: Option<Renewal>,
        form: Form,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Transition {
        let (provider, entry, wanted) = match asked {
            Asked::Entry(resource) => {
                let entry = Entry { version: None, ..resource.entry() };
                (Some(resource.provider.clone()), Some(entry), String::new())
            }
            Asked::Wanted(wanted) => (None, None, wanted.clone()),
        };
        let request = Self {
            id,
            number,
            document_number: String::new(),
            applicant: by.unit.clone(),
            provider,
            entry,
            wanted,
            renewal,
            form,
            drafted_by: by.subject.clone(),
            state: State::Draft,
            file: CaseFile::default(),
            overdue: None,
            created: now,
            updated: now,
            shown: now,
            version: 1,
        };
        Transition { request, happened: Happened::Drafted }
    }

    /// What a new case names to renew this one, which must be agreed, the same unit's and for the same entry.
    pub fn renewal(&self, applicant: &UnitId, entry: EntryId, today: Date) -> Result<Renewal, Rejection> {
        let State::Agreed { .. } = self.state else {
            return Err(Rejection::NotRenewable { state: self.state.name() });
        };
        let same = self.applicant == *applicant && self.entry.as_ref().is_some_and(|known| known.id == entry);
        let renewal = Renewal { case: self.id, until: self.form.use_until };
        if same && renewal.lasts(today) {
            Ok(renewal)
        } else {
            Err(Rejection::NotRenewable { state: self.state.name() })
        }
    }

    /// Replaces the form of a draft; whoever does so has written it as well.
    pub fn revise(mut self, form: Form, by: &Actor, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let State::Draft = self.state else { return Err(Rejection::WrongState { state: self.told() }) };
        self.form = form;
        if self.drafted_by != by.subject && !self.file.revised_by.contains(&by.subject) {
            self.file.revised_by.push(by.subject.clone());
        }
        Ok(self.become_state(State::Draft, Happened::Revised, now))
    }

    /// Hands the application in: `now` is the receipt, from which the clock of `pack` runs (art. 26).
    pub fn submit(
        mut self,
        resource: &Resource,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.check_submission(pack, by)?;
        if resource.provider == self.applicant {
            return Err(Rejection::OwnResource);
        }
        let receipt = Receipt::of(pack, resource.class, calendar, now)?;
        let today = shanghai_date(now);
        self.form.check(pack, Some(resource), today)?;
        if self.renewal.as_ref().is_some_and(|renewal| !renewal.lasts(today)) {
            return Err(Rejection::NotRenewable { state: "AGREED" });
        }
        self.provider = Some(resource.provider.clone());
        self.entry = Some(resource.entry());
        Ok(self.become_state(State::Submitted { receipt }, Happened::Submitted, now))
    }

    /// Hands an application without an entry to the info office, which finds the provider (art. 26).
    pub fn submit_to_info_office(
        self,
        pack: &Pack,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        self.check_submission(pack, by)?;
        self.form.check(pack, None, shanghai_date(now))?;
        Ok(self.become_state(State::AtInfoOffice, Happened::SubmittedToInfoOffice, now))
    }

    /// An application that was received on paper: its clock runs from that day.
    #[expect(clippy::too_many_arguments, reason = "a draft and its submission at once")]
    pub fn enter_paper(
        id: CaseId,
        number: String,
        received: Received,
        resource: &Resource,
        form: Form,
        pack: &Pack,
        calendar: &Calendar,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Transition, Rejection> {
        received.check(now)?;
        if resource.provider == received.applicant {
            return Err(Rejection::OwnResource);
        }
        form.check(pack, Some(resource), received.on)?;
        let receipt = Receipt::of(pack, resource.class, calendar, received.at())?;
        let asked = Asked::Entry(resource.clone());
        let mut request = Self::draft(id, number, &asked, None, form, by, now).into_request();
        request.applicant = received.applicant;
        request.entry = Some(resource.entry());
        let reason = Statement::new(received.reason, by, now);
        request.file.paper = Some(Paper { received: received.on, reason });
        request.state = State::Submitted { receipt };
        Ok(Transition { request, happened: Happened::EnteredFromPaper })
    }

    fn check_submission(&self, pack: &Pack, by: &Actor) -> Result<(), Rejection> {
        let State::Draft = self.state else { return Err(Rejection::WrongState { state: self.told() }) };
        self.check_four_eyes(pack, by)
    }

    /// Where the pack wants four eyes on the applicant's side, an approver hands in what others wrote.
    pub(super) fn check_four_eyes(&self, pack: &Pack, by: &Actor) -> Result<(), Rejection> {
        if pack.four_eyes.application.value {
            if self.drafted_by == by.subject || self.file.revised_by.contains(&by.subject) {
                return Err(Rejection::OwnDraft);
            }
            if !by.is(Role::Approver) {
                let article = pack.cite(&pack.four_eyes.application.article);
                return Err(Rejection::ApproverSubmits { pack: pack.id.clone(), article });
            }
        }
        Ok(())
    }
}

impl Renewal {
    /// Whether the use that it renews has not ended.
    fn lasts(&self, today: Date) -> bool {
        self.until.is_none_or(|until| until >= today)
    }
}

impl Received {
    fn check(&self, now: OffsetDateTime) -> Result<(), Rejection> {
        let today = shanghai_date(now);
        if self.on > today || today - self.on > OLDEST_PAPER {
            return Err(Rejection::ReceiptDayWrong);
        }
        Ok(())
    }

    /// The paper says a day and no hour; only the day counts (art. 26).
    fn at(&self) -> OffsetDateTime {
        self.on.midnight().assume_offset(offset!(+8))
    }
}
