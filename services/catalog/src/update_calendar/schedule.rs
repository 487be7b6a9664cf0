//! The update schedule of one published entry (art. 19): due one cycle after the last observed update, late after that
//! day until it is updated.

use govshare_model::Role;
use govshare_model::calendar::{Due, shanghai_date};
use govshare_model::id::{EntryId, UnitId};
use govshare_model::task::{Task, WaitsFor};
use time::{Date, Duration, Month, OffsetDateTime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub entry: EntryId,
    pub provider: UnitId,
    pub title: String,
    pub cycle: Cycle,
    /// Day from which the first cycle runs: of the first publication, or of a version with another cycle.
    pub published: Date,
    pub last_update: Option<Date>,
    /// When the entry was found late.
    pub late: Option<OffsetDateTime>,
    /// 0 at publication, one more with each change: also the version of its audit events.
    pub version: i64,
}

/// Update cycle (更新周期).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    HalfYearly,
    Yearly,
    /// In real time, irregular, in words or not said: no day follows.
    Unset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// `late_by` is by how many days; 0: in time.
    Updated {
        late_by: i64,
    },
    FoundLate,
}

/// A change with its event; only this module makes one, and the store takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    schedule: Schedule,
    happened: Happened,
}

impl Transition {
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub fn happened(&self) -> Happened {
        self.happened
    }
}

/// Why a step is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The day of an update lies ahead.
    DayToCome,
    /// The entry is in time, or was found late before.
    NotLate,
}

impl Cycle {
    pub const ALL: [Self; 7] = [
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Quarterly,
        Self::HalfYearly,
        Self::Yearly,
        Self::Unset,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Quarterly => "QUARTERLY",
            Self::HalfYearly => "HALF_YEARLY",
            Self::Yearly => "YEARLY",
            Self::Unset => "UNSET",
        }
    }

    /// One cycle after `day`: the same day of a later month, or the last day of a shorter one.
    pub fn after(self, day: Date) -> Option<Date> {
        let months = match self {
            Self::Daily => return day.checked_add(Duration::days(1)),
            Self::Weekly => return day.checked_add(Duration::days(7)),
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::HalfYearly => 6,
            Self::Yearly => 12,
            Self::Unset => return None,
        };
        let months = i32::from(u8::from(day.month())) - 1 + months;
        let year = day.year() + months / 12;
        let month = Month::January.nth_next(u8::try_from(months % 12).unwrap_or_default());
        Date::from_calendar_date(year, month, day.day().min(month.length(year))).ok()
    }
}

impl Schedule {
    /// Last day for the next update.
    pub fn next_due(&self) -> Option<Date> {
        self.cycle.after(self.last_update.map_or(self.published, |last| last.max(self.published)))
    }

    /// The schedule after another version was published, with its cycle and title. An entry that was late stays so only
    /// if it is still; one that was in time is not late at once by another cycle, which then runs from today.
    pub fn republished(mut self, title: String, cycle: Cycle, today: Date) -> Self {
        self.title = title;
        let is_other = std::mem::replace(&mut self.cycle, cycle) != cycle;
        let is_due = self.next_due().is_some_and(|due| due < today);
        if !is_due {
            self.late = None;
        } else if is_other && self.late.is_none() {
            self.published = today;
        }
        self
    }

    /// `None`: a later update was observed already, or one of that day, or the entry was not published then.
    pub fn update(mut self, day: Date, now: OffsetDateTime) -> Result<Option<Transition>, Rejection> {
        if day > shanghai_date(now) {
            return Err(Rejection::DayToCome);
        }
        if self.last_update.map_or(day < self.published, |last| day <= last) {
            return Ok(None);
        }
        let late_by = self.next_due().map_or(0, |due| (day - due).whole_days().max(0));
        self.last_update = Some(day);
        self.late = self.late.filter(|_| self.next_due().is_some_and(|due| due < shanghai_date(now)));
        Ok(Some(self.changed(Happened::Updated { late_by })))
    }

    pub fn mark_late(mut self, now: OffsetDateTime) -> Result<Transition, Rejection> {
        let is_over = self.next_due().is_some_and(|due| due < shanghai_date(now));
        if self.late.is_some() || !is_over {
            return Err(Rejection::NotLate);
        }
        self.late = Some(now);
        Ok(self.changed(Happened::FoundLate))
    }

    pub fn standing(&self) -> &'static str {
        if self.late.is_some() { "LATE" } else { "IN_TIME" }
    }

    /// What the entry waits for: nothing before it is late, as a catalogue has many entries.
    pub fn tasks(&self) -> Vec<Task> {
        let task = self.late.map(|_| Task {
            kind: "update",
            zh: "更新逾期的信息资源",
            en: "update the data of the entry, which is late",
            subject: self.title.clone(),
            article: "19",
            waits_for: WaitsFor::Unit(self.provider.clone()),
            roles: &[Role::Drafter],
            not: Vec::new(),
            due: self.next_due().map(|date| Due { date, provisional: false }),
        });
        task.into_iter().collect()
    }

    fn changed(mut self, happened: Happened) -> Transition {
        self.version += 1;
        Transition { schedule: self, happened }
    }
}
