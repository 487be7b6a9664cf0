//! Working days in mainland China: the week, and what the State Council's yearly holiday notices change in it.
//!
//! A day whose notice is not known is `provisional`: it is counted by the week alone, and every answer that
//! rests on such a day says so.

mod notice;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::LazyLock;

use time::macros::offset;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset, Weekday};

pub use notice::{CalendarError, Contradiction, HolidayYear, Notice, OffSpan};

/// Asia/Shanghai. China has had no daylight saving time since 1992; earlier instants are outside this platform.
const SHANGHAI: UtcOffset = offset!(+8);

/// The first day of December that the next year's notice may change: 元旦 with its worked weekend day has never
/// reached back further than the week before 1 January.
const NEXT_NOTICE_FROM: u8 = 25;

/// Whether a day is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkingDay {
    Working,
    Off,
}

/// A day as the calendar knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub kind: WorkingDay,
    /// No notice says how this day is arranged; `kind` follows the week alone.
    pub provisional: bool,
}

/// The last day of a term counted in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Due {
    /// Inclusive, Asia/Shanghai: see [`end_of_day`].
    pub date: Date,
    /// A day on the way was provisional, so a later notice would have led to another date.
    pub provisional: bool,
}

/// The known notices by year, and the days that they take out of the ordinary week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i32, HolidayYear>,
    exceptions: BTreeMap<Date, WorkingDay>,
}

impl Calendar {
    /// The notices that this release ships, 2014 to 2026.
    pub fn builtin() -> &'static Calendar {
        static BUILTIN: LazyLock<Calendar> = LazyLock::new(|| {
            Calendar::from_toml(include_str!("../data/holidays.toml"))
                .expect("a test loads the calendar that is compiled in")
        });
        &BUILTIN
    }

    /// Reads `[[year]]` tables, each a [`HolidayYear`].
    ///
    /// # Errors
    /// The first place where the text is not such a table, or else every contradiction in it.
    pub fn from_toml(text: &str) -> Result<Calendar, CalendarError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(rename = "year")]
            years: Vec<HolidayYear>,
        }
        let file: File = toml::from_str(text)?;
        Calendar::new(file.years)
    }

    /// # Errors
    /// Every contradiction within and between the years.
    pub fn new(years: Vec<HolidayYear>) -> Result<Calendar, CalendarError> {
        let exceptions = notice::exceptions(&years)?;
        Ok(Calendar { years: years.into_iter().map(|year| (year.year, year)).collect(), exceptions })
    }

    /// The calendar with a year's notice added, or replaced where the year was known: the State Council changed
    /// 2015, 2019 and 2020 in mid-year.
    ///
    /// # Errors
    /// Every contradiction within the year, and between it and its neighbours.
    pub fn with_year(&self, year: HolidayYear) -> Result<Calendar, CalendarError> {
        self.with_years([year])
    }

    /// As [`Calendar::with_year`] for several, which may go together only.
    ///
    /// # Errors
    /// Every contradiction within the years, and between them and their neighbours.
    pub fn with_years(
        &self,
        years: impl IntoIterator<Item = HolidayYear>,
    ) -> Result<Calendar, CalendarError> {
        let mut all = self.years.clone();
        all.extend(years.into_iter().map(|year| (year.year, year)));
        Calendar::new(all.into_values().collect())
    }

    /// What is known of a year; `None` if its notice is not.
    pub fn year(&self, year: i32) -> Option<&HolidayYear> {
        self.years.get(&year)
    }

    pub fn day(&self, date: Date) -> Day {
        let by_week = if is_weekend(date) { WorkingDay::Off } else { WorkingDay::Working };
        Day {
            kind: self.exceptions.get(&date).copied().unwrap_or(by_week),
            provisional: self.is_provisional(date),
        }
    }

    /// The date on which a term of `n` working days ends; the day of `receipt` is not counted, and `n = 0` is the
    /// day of receipt itself. A term beyond the year 9999 ends with that year.
    pub fn add_working_days(&self, receipt: Date, n: u16) -> Due {
        let mut due = Due { date: receipt, provisional: false };
        let mut left = n;
        while left > 0 {
            let Some(next) = due.date.next_day() else {
                return Due { provisional: true, ..due };
            };
            let day = self.day(next);
            due = Due { date: next, provisional: due.provisional || day.provisional };
            left -= u16::from(day.kind == WorkingDay::Working);
        }
        due
    }

    /// Working days after `from` up to and including `to`; negative when `to` is earlier: the days left of a term
    /// (0 on its last day), or those it is overdue by.
    pub fn working_days_between(&self, from: Date, to: Date) -> i32 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        if from == to {
            return 0;
        }
        let by_week = weekdays_until(to) - weekdays_until(from);
        let notices = self.exceptions.range((Bound::Excluded(from), Bound::Included(to)));
        let otherwise: i32 = notices
            .map(|(date, kind)| match (kind, is_weekend(*date)) {
                (WorkingDay::Working, true) => 1,
                (WorkingDay::Off, false) => -1,
                _ => 0,
            })
            .sum();
        by_week + otherwise
    }

    fn is_provisional(&self, date: Date) -> bool {
        let known = |year: i32| self.years.contains_key(&year);
        let (year, month, day) = date.to_calendar_date();
        !known(year) || (month == Month::December && day >= NEXT_NOTICE_FROM && !known(year + 1))
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Mondays to Fridays up to and including `date`, from a Monday long ago: a difference of two counts those between.
fn weekdays_until(date: Date) -> i32 {
    // Julian day 0 was a Monday.
    let days = date.to_julian_day() + 1;
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
}

/// The date in Asia/Shanghai at an instant: the day of receipt, for one.
pub fn shanghai_date(instant: OffsetDateTime) -> Date {
    instant.checked_to_offset(SHANGHAI).map_or(Date::MAX, OffsetDateTime::date)
}

/// 24:00 of a day in Asia/Shanghai, which is 00:00 of the next: a term that ends on `date` has run out at this
/// instant, not before.
pub fn end_of_day(date: Date) -> OffsetDateTime {
    match date.next_day() {
        Some(next) => next.midnight().assume_offset(SHANGHAI),
        None => PrimitiveDateTime::MAX.assume_offset(SHANGHAI),
    }
}
