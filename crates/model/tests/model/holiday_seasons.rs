//! The calendar that ships, against a table of every holiday season from 2014 to 2026.

use govshare_model::calendar::{Calendar, WorkingDay};
use time::{Date, Month, Weekday};

/// Year; its working days; each unbroken run of days off that holds a holiday, adjoining weekends included; each
/// worked Saturday or Sunday. `<` is a day of the year before.
const SEASONS: [(i32, usize, &str, &str); 13] = [
    (
        2014,
        250,
        "01-01 01-31/02-06 04-05/04-07 05-01/05-03 05-31/06-02 09-06/09-08 10-01/10-07",
        "01-26 02-08 05-04 09-28 10-11",
    ),
    (
        2015,
        249,
        "01-01/01-03 02-18/02-24 04-04/04-06 05-01/05-03 06-20/06-22 09-03/09-05 09-26/09-27 10-01/10-07",
        "01-04 02-15 02-28 09-06 10-10",
    ),
    (
        2016,
        250,
        "01-01/01-03 02-07/02-13 04-02/04-04 04-30/05-02 06-09/06-11 09-15/09-17 10-01/10-07",
        "02-06 02-14 06-12 09-18 10-08 10-09",
    ),
    (
        2017,
        249,
        "<12-31/01-02 01-27/02-02 04-02/04-04 04-29/05-01 05-28/05-30 10-01/10-08",
        "01-22 02-04 04-01 05-27 09-30",
    ),
    (
        2018,
        250,
        "<12-30/01-01 02-15/02-21 04-05/04-07 04-29/05-01 06-16/06-18 09-22/09-24 10-01/10-07",
        "02-11 02-24 04-08 04-28 09-29 09-30",
    ),
    (
        2019,
        250,
        "<12-30/01-01 02-04/02-10 04-05/04-07 05-01/05-04 06-07/06-09 09-13/09-15 10-01/10-07",
        "<12-29 02-02 02-03 04-28 05-05 09-29 10-12",
    ),
    (
        2020,
        249,
        "01-01 01-24/02-02 04-04/04-06 05-01/05-05 06-25/06-27 10-01/10-08",
        "01-19 04-26 05-09 06-28 09-27 10-10",
    ),
    (
        2021,
        250,
        "01-01/01-03 02-11/02-17 04-03/04-05 05-01/05-05 06-12/06-14 09-19/09-21 10-01/10-07",
        "02-07 02-20 04-25 05-08 09-18 09-26 10-09",
    ),
    (
        2022,
        249,
        "01-01/01-03 01-31/02-06 04-03/04-05 04-30/05-04 06-03/06-05 09-10/09-12 10-01/10-07",
        "01-29 01-30 04-02 04-24 05-07 10-08 10-09",
    ),
    (
        2023,
        249,
        "<12-31/01-02 01-21/01-27 04-05 04-29/05-03 06-22/06-24 09-29/10-06",
        "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    ),
    (
        2024,
        251,
        "<12-30/01-01 02-10/02-17 04-04/04-06 05-01/05-05 06-08/06-10 09-15/09-17 10-01/10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    (
        2025,
        248,
        "01-01 01-28/02-04 04-04/04-06 05-01/05-05 05-31/06-02 10-01/10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    (
        2026,
        248,
        "01-01/01-03 02-15/02-23 04-04/04-06 05-01/05-05 06-19/06-21 09-25/09-27 10-01/10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
];

fn date(year: i32, text: &str) -> Date {
    let (year, text) = text.strip_prefix('<').map_or((year, text), |rest| (year - 1, rest));
    let (month, day) = text.split_once('-').expect("MM-DD");
    let month = Month::try_from(month.parse::<u8>().expect("month")).expect("1 to 12");
    Date::from_calendar_date(year, month, day.parse().expect("day")).expect("a date")
}

fn season(year: i32, text: &str) -> (Date, Date) {
    let (first, last) = text.split_once('/').unwrap_or((text, text));
    (date(year, first), date(year, last))
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.next_day()).take_while(move |day| *day <= last)
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn works(day: Date) -> bool {
    Calendar::builtin().day(day).kind == WorkingDay::Working
}

#[test]
fn every_season_is_off_from_its_first_to_its_last_day_and_worked_on_either_side() {
    for (year, _, seasons, _) in SEASONS {
        for (first, last) in seasons.split(' ').map(|text| season(year, text)) {
            let before = first.previous_day().expect("after the year 1");
            let after = last.next_day().expect("before the year 9999");
            assert!(works(before), "{before} before the season of {first}");
            assert!(works(after), "{after} after the season of {first}");
            for day in days(first, last) {
                assert!(!works(day), "{day} in the season of {first}");
            }
        }
    }
}

#[test]
fn every_weekend_day_of_the_notices_is_worked() {
    for (year, _, _, worked) in SEASONS {
        for day in worked.split(' ').map(|text| date(year, text)) {
            assert!(is_weekend(day) && works(day), "{day}");
        }
    }
}

#[test]
fn every_other_day_follows_the_week() {
    let named: Vec<Date> = SEASONS
        .iter()
        .flat_map(|(year, _, seasons, worked)| {
            let off = seasons.split(' ').map(|text| season(*year, text)).flat_map(|(a, b)| days(a, b));
            off.chain(worked.split(' ').map(|text| date(*year, text)))
        })
        .collect();
    for day in days(date(2014, "01-01"), date(2026, "12-31")).filter(|day| !named.contains(day)) {
        assert_eq!(works(day), !is_weekend(day), "{day}");
    }
}

#[test]
fn every_year_has_as_many_working_days_as_its_notices_leave() {
    for (year, expected, _, _) in SEASONS {
        let worked = days(date(year, "01-01"), date(year, "12-31")).filter(|day| works(*day)).count();
        assert_eq!(worked, expected, "{year}");
    }
}

#[test]
fn every_year_names_its_notices_and_their_source() {
    for (year, ..) in SEASONS {
        let known = Calendar::builtin().year(year).expect("2014 to 2026 ship");
        assert!(!known.notices.is_empty(), "{year}");
        for notice in &known.notices {
            assert!(notice.number.contains("发明电〔") && notice.number.ends_with('号'), "{}", notice.number);
            assert!(notice.source.starts_with("https://www.gov.cn/"), "{}", notice.source);
        }
    }
}
