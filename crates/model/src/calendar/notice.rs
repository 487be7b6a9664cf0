//! A year's holiday notice as data, and the contradictions that it may hold.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use time::{Date, Month};

use super::{NEXT_NOTICE_FROM, WorkingDay};

/// One year's arrangement of holidays: 国务院办公厅关于XXXX年部分节假日安排的通知 and what changed it later.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayYear {
    pub year: i32,
    /// In order of issue.
    pub notices: Vec<Notice>,
    pub off: Vec<OffSpan>,
    /// Saturdays and Sundays that are worked instead (调休上班).
    #[serde(deserialize_with = "local_dates")]
    pub worked: Vec<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// 文号, e.g. `国办发明电〔2013〕28号`.
    pub number: String,
    /// Address at which the notice is published.
    pub source: String,
}

/// Days off in a row, as the notice names them; it may leave out the weekend days beside them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffSpan {
    /// The holiday's name in Chinese.
    pub name: String,
    #[serde(deserialize_with = "local_date")]
    pub from: Date,
    /// Inclusive.
    #[serde(deserialize_with = "local_date")]
    pub to: Date,
}

/// Why a calendar cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("not a holiday calendar: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("contradictions: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Contradictions(Vec<Contradiction>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    #[error("{name} ends on {to}, before it starts on {from}")]
    EndBeforeStart { name: String, from: Date, to: Date },
    #[error("{date} is worked by its weekday already")]
    WorkedOnWeekday { date: Date },
    #[error("{date} is both off and worked")]
    OffAndWorked { date: Date },
    #[error("{date} is given twice")]
    GivenTwice { date: Date },
    #[error("{date} is outside the reach of the notice for {year}")]
    OutOfReach { year: i32, date: Date },
    #[error("the year {year} is given twice")]
    YearTwice { year: i32 },
}

impl HolidayYear {
    /// Reads one year, written as in a `[[year]]` table of the calendar; contradictions in it show when it is
    /// added to a calendar.
    ///
    /// # Errors
    /// The first place where the text is not such a table.
    pub fn from_toml(text: &str) -> Result<HolidayYear, CalendarError> {
        Ok(toml::from_str(text)?)
    }

    /// A notice arranges its year and may begin in the week before it.
    fn reaches(&self, date: Date) -> bool {
        let (year, month, day) = date.to_calendar_date();
        year == self.year || (year + 1 == self.year && month == Month::December && day >= NEXT_NOTICE_FROM)
    }
}

/// The days on which the years depart from the week, or every contradiction in them.
pub(super) fn exceptions(years: &[HolidayYear]) -> Result<BTreeMap<Date, WorkingDay>, CalendarError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut days = BTreeMap::new();
    for year in years {
        if !seen.insert(year.year) {
            found.push(Contradiction::YearTwice { year: year.year });
        }
        let mut mark = |date: Date, kind: WorkingDay| match days.insert(date, kind) {
            None => {}
            Some(before) if before == kind => found.push(Contradiction::GivenTwice { date }),
            Some(_) => found.push(Contradiction::OffAndWorked { date }),
        };
        for span in &year.off {
            if year.reaches(span.from) && year.reaches(span.to) {
                let days = std::iter::successors(Some(span.from), |day| day.next_day());
                days.take_while(|day| *day <= span.to).for_each(|day| mark(day, WorkingDay::Off));
            }
        }
        year.worked.iter().for_each(|date| mark(*date, WorkingDay::Working));
        found.extend(year.contradictions());
    }
    if found.is_empty() { Ok(days) } else { Err(CalendarError::Contradictions(found)) }
}

impl HolidayYear {
    /// Those that need no other year to be seen.
    fn contradictions(&self) -> Vec<Contradiction> {
        let year = self.year;
        let backwards = self.off.iter().filter(|span| span.to < span.from).map(|span| {
            Contradiction::EndBeforeStart { name: span.name.clone(), from: span.from, to: span.to }
        });
        let weekdays = (self.worked.iter().filter(|date| date.weekday().number_days_from_monday() < 5))
            .map(|date| Contradiction::WorkedOnWeekday { date: *date });
        let given = self.off.iter().flat_map(|span| [span.from, span.to]).chain(self.worked.iter().copied());
        let stray: BTreeSet<Date> = given.filter(|date| !self.reaches(*date)).collect();
        let stray = stray.into_iter().map(|date| Contradiction::OutOfReach { year, date });
        backwards.chain(weekdays).chain(stray).collect()
    }
}

fn local_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    LocalDate::deserialize(deserializer).map(|LocalDate(date)| date)
}

fn local_dates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Date>, D::Error> {
    Ok(Vec::<LocalDate>::deserialize(deserializer)?.into_iter().map(|LocalDate(date)| date).collect())
}

/// TOML's own date, without a time of day.
#[derive(Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
struct LocalDate(Date);

impl TryFrom<toml::value::Datetime> for LocalDate {
    type Error = &'static str;
    fn try_from(value: toml::value::Datetime) -> Result<Self, Self::Error> {
        let toml::value::Datetime { date: Some(date), time: None, offset: None } = value else {
            return Err("a date without a time of day is wanted");
        };
        let month = Month::try_from(date.month).map_err(|_| "no such month")?;
        let date = Date::from_calendar_date(i32::from(date.year), month, date.day);
        date.map(LocalDate).map_err(|_| "no such day in this month")
    }
}
