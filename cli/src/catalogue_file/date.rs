//! The date in a cell, in the many forms that offices write one.

use time::format_description::well_known::Iso8601;
use time::macros::{date, offset};
use time::{Date, Duration, Month, OffsetDateTime};

/// Day 0 of a spreadsheet's 1900 calendar, its invented 29 February 1900 taken into account.
const SERIAL_EPOCH: Date = date!(1899 - 12 - 30);
/// Serials outside 1954 to 2119 are numbers, not dates.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=80_000;
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// The date in Shanghai that a cell states: `2023-01-05`, `2023/1/5`, `2023.1.5`, `20230105`, `2023年1月5日`, each with
/// or without a time; an instant with its offset; a spreadsheet's serial; a Unix time in seconds or
/// milliseconds. `None` for anything else, also for a month or a year alone.
pub(super) fn parse(text: &str) -> Option<Date> {
    let text: String = text.trim().chars().map(half_width_digit).collect();
    let date = match text.parse::<f64>() {
        Ok(number) => from_number(&text, number),
        Err(_) => from_instant(&text).or_else(|| from_parts(&text)),
    };
    date.filter(|date| YEARS.contains(&date.year()))
}

fn half_width_digit(c: char) -> char {
    match c {
        '０'..='９' | '－' | '／' | '．' | '：' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn from_number(text: &str, number: f64) -> Option<Date> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 | 14 if digits => ymd(text.get(..4)?, text.get(4..6)?, text.get(6..8)?),
        10 if digits => shanghai(number as i64),
        13 if digits => shanghai((number / 1000.0) as i64),
        _ if SERIALS.contains(&(number as i64)) => SERIAL_EPOCH.checked_add(Duration::days(number as i64)),
        _ => None,
    }
}

fn shanghai(unix_seconds: i64) -> Option<Date> {
    Some(OffsetDateTime::from_unix_timestamp(unix_seconds).ok()?.to_offset(offset!(+8)).date())
}

/// An instant that names its offset; one without an offset is local and needs no conversion.
fn from_instant(text: &str) -> Option<Date> {
    let instant = OffsetDateTime::parse(text, &Iso8601::PARSING).ok()?;
    Some(instant.to_offset(offset!(+8)).date())
}

fn from_parts(text: &str) -> Option<Date> {
    let (year, rest) = digits(text)?;
    let rest = separator(rest, &['-', '/', '.', '年'])?;
    let (month, rest) = digits(rest)?;
    let rest = separator(rest, &['-', '/', '.', '月'])?;
    let (day, rest) = digits(rest)?;
    let rest = rest.trim_start().trim_start_matches(['日', '号', 'T']);
    let is_time = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '.' | '时' | '分' | '秒' | '点')
    };
    (year.len() == 4 && rest.chars().all(is_time)).then(|| ymd(year, month, day))?
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (1..=4).contains(&end).then(|| text.split_at(end))
}

fn separator<'a>(text: &'a str, separators: &[char]) -> Option<&'a str> {
    text.trim_start().strip_prefix(separators)
}

fn ymd(year: &str, month: &str, day: &str) -> Option<Date> {
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_one_day() {
        let forms = [
            "2023-01-05",
            "2023/1/5",
            "2023.1.5",
            "20230105",
            "2023年1月5日",
            "2023年01月05日",
            "2023 年 1 月 5 日",
            "2023-1-5 10:20:30",
            "2023-01-05T10:20:30",
            "2023/1/5 0:00",
            "2023年1月5日 10时20分",
            "20230105102030",
            "44931",
            "44931.5",
            "44931.0",
            "2023-01-04T16:00:00Z",
            "2023-01-04T16:00:00.000Z",
            "2023-01-05T07:00:00+08:00",
            "1672848000",
            "1672848000000",
            "２０２３－０１－０５",
            " 2023-01-05 ",
            "2023-01-05 10:20:30.0",
        ];
        for form in forms {
            assert_eq!(parse(form), Some(date!(2023 - 01 - 05)), "{form:?}");
        }
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "",
            "2023",
            "2023-01",
            "2023年1月",
            "每月",
            "2023-02-29",
            "2023-13-01",
            "05/01/2023",
            "12",
            "0",
            "-44931",
            "1e300",
            "nan",
            "inf",
            "2023-01-05至2023-02-05",
            "99999999",
            "0001-01-01",
            "2023-1-5-6",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
