//! Collects everything that is wrong with a request, so that the caller hears of all of it at once.

use std::collections::HashSet;
use std::str::FromStr;

use govshare_proto::error::v1::Reason;
use time::{Date, Month};
use tonic_types::FieldViolation;

use crate::failure::Refusal;

/// Violations that one refusal names; details travel in headers, which clients take up to 16 KiB of.
const MOST_NAMED: usize = 30;

/// The field that a list's next page is asked for with (AIP-158); a bad one alone has a reason of its own.
pub(crate) const PAGE_TOKEN: &str = "page_token";

/// White space, and characters that take no place on a page or show nothing there.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

/// Violations found so far.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<FieldViolation>,
}

impl Violations {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one: `description` says what is wrong and what would be right.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.found.push(FieldViolation::new(field, description));
    }

    pub fn check(&mut self, holds: bool, field: impl Into<String>, description: impl Into<String>) {
        if !holds {
            self.add(field, description);
        }
    }

    /// Text of `min` to `max` characters, what nobody sees at its ends not counted.
    pub fn text(&mut self, field: &str, text: &str, min: usize, max: usize) -> String {
        let text = text.trim_matches(is_unseen);
        let length = text.chars().count();
        if length < min || length > max {
            self.add(
                field,
                format!("must have {min} to {max} characters, has {length} / 长度须为{min}至{max}个字符"),
            );
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(field, "must not contain control characters / 不得含有控制字符");
        }
        text.to_owned()
    }

    /// A typed id or other value with a text form; `None` after adding a violation.
    pub fn parse<T: FromStr<Err: std::fmt::Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.is_empty() {
            self.add(field, "is required / 必填");
            return None;
        }
        text.parse().map_err(|error| self.add(field, format!("{error}"))).ok()
    }

    /// As [`Violations::parse`], where empty means not given.
    pub fn parse_optional<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: &str,
        text: &str,
    ) -> Option<T> {
        if text.is_empty() { None } else { self.parse(field, text) }
    }

    /// A calendar day; absent is `None` without a violation.
    pub fn date(&mut self, field: &str, date: Option<&govshare_proto::google::r#type::Date>) -> Option<Date> {
        let date = date?;
        let day = u8::try_from(date.month)
            .ok()
            .and_then(|month| Month::try_from(month).ok())
            .and_then(|month| Date::from_calendar_date(date.year, month, u8::try_from(date.day).ok()?).ok())
            .filter(|day| (1900..=2999).contains(&day.year()));
        if day.is_none() {
            self.add(field, format!("is not a day: {}-{}-{} / 日期无效", date.year, date.month, date.day));
        }
        day
    }

    /// A value of an enumeration, or the number of none.
    pub fn known<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        let known = E::try_from(value).ok();
        self.check(known.is_some(), field, format!("{value} is not a value of the enumeration / 取值无效"));
        known
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn into_found(self) -> Vec<FieldViolation> {
        self.found
    }

    /// Refuses if anything was found, naming every field; of very many as many as fit into the headers of a reply,
    /// and of each list one before a second of any.
    pub fn finish(mut self) -> Result<(), Refusal> {
        if self.found.is_empty() {
            return Ok(());
        }
        if self.found.iter().all(|violation| violation.field == PAGE_TOKEN) {
            return Err(Refusal::new(
                Reason::PageTokenInvalid,
                "the page token was not given by this method for these filters",
                "分页标记无效或与查询条件不符",
            )
            .violations(self.found));
        }
        let more = self.found.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            let mut lists = HashSet::new();
            let is_first = |violation: &FieldViolation| {
                lists.insert(violation.field.split('[').next().unwrap_or_default().to_owned())
            };
            let (firsts, others): (Vec<_>, Vec<_>) = self.found.into_iter().partition(is_first);
            self.found = firsts.into_iter().chain(others).take(MOST_NAMED).collect();
        }
        let mut fields: Vec<_> = self.found.iter().map(|violation| violation.field.as_str()).collect();
        fields.dedup();
        let mut fields = fields.join(", ");
        if more > 0 {
            fields.push_str(&format!(" (+{more})"));
        }
        Err(Refusal::new(
            Reason::FieldInvalid,
            format!("these fields are wrong: {fields}"),
            format!("以下字段有误：{fields}"),
        )
        .violations(self.found))
    }
}

/// A day as contracts carry it.
pub fn date_to_proto(date: Date) -> govshare_proto::google::r#type::Date {
    govshare_proto::google::r#type::Date {
        year: date.year(),
        month: i32::from(u8::from(date.month())),
        day: i32::from(date.day()),
    }
}

/// A moment as contracts carry it.
pub fn time_to_proto(time: time::OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.unix_timestamp(),
        nanos: i32::try_from(time.nanosecond()).unwrap_or_default(),
    }
}
