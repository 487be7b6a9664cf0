//! Terms in working days, what is provisional, and what a calendar refuses.

use govshare_model::calendar::{
    Calendar, CalendarError, Contradiction, Due, HolidayYear, WorkingDay, end_of_day, shanghai_date,
};
use proptest::prelude::*;
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};

fn due(receipt: Date, n: u16) -> Due {
    Calendar::builtin().add_working_days(receipt, n)
}

fn settled(date: Date) -> Due {
    Due { date, provisional: false }
}

fn contradictions(text: &str) -> Vec<Contradiction> {
    match Calendar::from_toml(text) {
        Err(CalendarError::Contradictions(found)) => found,
        other => panic!("contradictions expected, got {other:?}"),
    }
}

fn year_2027() -> HolidayYear {
    HolidayYear::from_toml(
        r#"
        year = 2027
        notices = [{ number = "No. 1", source = "https://example.org/1" }]
        off = [{ name = "元旦", from = 2026-12-31, to = 2027-01-02 }]
        worked = [2026-12-27]
        "#,
    )
    .expect("a year")
}

#[test]
fn fifteen_working_days_end_on_the_dates_of_two_independent_calendars() {
    assert_eq!(due(date!(2014 - 09 - 25), 15), settled(date!(2014 - 10 - 21)));
    assert_eq!(due(date!(2025 - 09 - 26), 15), settled(date!(2025 - 10 - 23)));
    assert_eq!(due(date!(2026 - 02 - 10), 15), settled(date!(2026 - 03 - 09)));
    assert_eq!(due(date!(2026 - 09 - 28), 15), settled(date!(2026 - 10 - 23)));
}

#[test]
fn the_extended_spring_festival_of_2020_moves_a_running_term() {
    assert_eq!(due(date!(2020 - 01 - 23), 1), settled(date!(2020 - 02 - 03)));
}

#[test]
fn a_term_received_on_a_day_off_starts_with_the_next_working_day() {
    assert_eq!(due(date!(2025 - 10 - 03), 1), settled(date!(2025 - 10 - 09)));
    assert_eq!(due(date!(2025 - 10 - 03), 0), settled(date!(2025 - 10 - 03)));
}

#[test]
fn a_year_without_a_notice_makes_a_term_provisional_and_is_counted_by_the_week() {
    assert_eq!(due(date!(2027 - 10 - 01), 5), Due { date: date!(2027 - 10 - 08), provisional: true });
    assert_eq!(due(date!(2013 - 09 - 30), 1), Due { date: date!(2013 - 10 - 01), provisional: true });
    assert!(due(date!(2026 - 12 - 20), 15).provisional);
}

#[test]
fn the_last_week_of_a_year_waits_for_the_next_notice() {
    let calendar = Calendar::builtin();
    assert!(!calendar.day(date!(2026 - 12 - 24)).provisional);
    assert!(calendar.day(date!(2026 - 12 - 25)).provisional);
    assert!(!calendar.day(date!(2025 - 12 - 25)).provisional);

    let known = calendar.with_year(year_2027()).expect("no contradiction");
    assert_eq!(known.add_working_days(date!(2026 - 12 - 24), 5), settled(date!(2026 - 12 - 30)));
    assert_eq!(known.add_working_days(date!(2026 - 12 - 30), 1), settled(date!(2027 - 01 - 04)));
}

#[test]
fn a_notice_loaded_again_replaces_its_year() {
    let amended = HolidayYear { off: vec![], worked: vec![], ..year_2027() };
    let calendar = Calendar::builtin().with_year(year_2027()).expect("first");
    let calendar = calendar.with_year(amended.clone()).expect("second");
    assert_eq!(calendar.day(date!(2026 - 12 - 31)).kind, WorkingDay::Working);
    assert_eq!(calendar.year(2027), Some(&amended));
}

#[test]
fn a_notice_that_contradicts_its_neighbour_is_refused_and_changes_nothing() {
    let calendar = Calendar::builtin().with_year(year_2027()).expect("2027");
    let mut year_2026 = calendar.year(2026).expect("2026").clone();
    year_2026.worked.push(date!(2026 - 12 - 27));
    year_2026.off[0].to = date!(2026 - 01 - 04);
    let expected = [
        Contradiction::OffAndWorked { date: date!(2026 - 01 - 04) },
        Contradiction::GivenTwice { date: date!(2026 - 12 - 27) },
    ];
    let Err(CalendarError::Contradictions(found)) = calendar.with_year(year_2026) else {
        panic!("contradictions expected");
    };
    assert!(found.len() == 2 && expected.iter().all(|one| found.contains(one)), "{found:?}");
}

#[test]
fn every_contradiction_is_reported_at_once() {
    let found = contradictions(
        r#"
        [[year]]
        year = 2030
        notices = []
        off = [
            { name = "a", from = 2030-05-03, to = 2030-05-01 },
            { name = "b", from = 2030-10-01, to = 2030-10-07 },
            { name = "c", from = 2030-10-07, to = 2030-10-08 },
            { name = "d", from = 2029-12-24, to = 2029-12-24 },
        ]
        worked = [2030-10-05, 2030-06-03, 2031-01-04]
        [[year]]
        year = 2030
        notices = []
        off = []
        worked = []
        "#,
    );
    let expected = [
        Contradiction::EndBeforeStart {
            name: "a".to_owned(),
            from: date!(2030 - 05 - 03),
            to: date!(2030 - 05 - 01),
        },
        Contradiction::GivenTwice { date: date!(2030 - 10 - 07) },
        Contradiction::OutOfReach { year: 2030, date: date!(2029 - 12 - 24) },
        Contradiction::OffAndWorked { date: date!(2030 - 10 - 05) },
        Contradiction::WorkedOnWeekday { date: date!(2030 - 06 - 03) },
        Contradiction::OutOfReach { year: 2030, date: date!(2031 - 01 - 04) },
        Contradiction::YearTwice { year: 2030 },
    ];
    for one in &expected {
        assert!(found.contains(one), "{one} missing in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

#[test]
fn a_span_of_all_ages_is_refused_without_walking_it() {
    let found = contradictions(
        r#"
        [[year]]
        year = 2030
        notices = []
        off = [{ name = "a", from = 0001-01-01, to = 9999-12-31 }]
        worked = []
        "#,
    );
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_not_a_calendar_is_refused_with_the_place() {
    let texts = [
        ("[[year]]\nyear = 2030\nnotices = []\noff = []\nworked = []\nweeks = 1", "weeks"),
        ("[[year]]\nyear = 2030\nnotices = []\noff = []", "worked"),
        ("[[year]]\nyear = 2030\nnotices = []\noff = []\nworked = [2030-02-30]", "2030-02-30"),
        ("[[year]]\nyear = 2030\nnotices = []\noff = []\nworked = [2030-02-03T00:00:00]", "time of day"),
        ("[[year]]\nyear = 2030\nnotices = []\noff = []\nworked = ['2030-02-03']", "worked"),
    ];
    for (text, named) in texts {
        match Calendar::from_toml(text) {
            Err(CalendarError::Malformed(error)) => assert!(error.to_string().contains(named), "{error}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn the_date_is_shanghais_and_a_day_ends_when_the_next_begins() {
    assert_eq!(shanghai_date(datetime!(2026-03-09 15:59:59.999 UTC)), date!(2026 - 03 - 09));
    assert_eq!(shanghai_date(datetime!(2026-03-09 16:00 UTC)), date!(2026 - 03 - 10));
    assert_eq!(end_of_day(date!(2026 - 03 - 09)), datetime!(2026-03-09 16:00 UTC));
    assert_eq!(end_of_day(date!(2025 - 12 - 31)), datetime!(2026-01-01 00:00 +8));
}

#[test]
fn the_ends_of_time_do_not_panic() {
    assert_eq!(due(Date::MAX, 1), Due { date: Date::MAX, provisional: true });
    assert!(end_of_day(Date::MAX) > datetime!(9999-12-31 12:00 +8));
    assert_eq!(shanghai_date(datetime!(9999-12-31 23:59:59 UTC)), Date::MAX);
    assert_eq!(Calendar::builtin().working_days_between(Date::MAX, Date::MAX), 0);
}

/// Known years with a margin of unknown ones on both sides.
fn dates() -> impl Strategy<Value = Date> {
    (0..16 * 365_i64).prop_map(|days| date!(2012 - 06 - 01) + Duration::days(days))
}

proptest! {
    #[test]
    fn a_longer_term_ends_later(receipt in dates(), n in 0..400_u16) {
        prop_assert!(due(receipt, n).date < due(receipt, n + 1).date);
    }

    #[test]
    fn a_term_ends_on_a_working_day(receipt in dates(), n in 1..400_u16) {
        prop_assert_eq!(Calendar::builtin().day(due(receipt, n).date).kind, WorkingDay::Working);
    }

    #[test]
    fn a_term_in_two_parts_ends_as_one(receipt in dates(), a in 0..200_u16, b in 0..200_u16) {
        let first = due(receipt, a);
        let second = due(first.date, b);
        let whole = due(receipt, a + b);
        prop_assert_eq!(second.date, whole.date);
        prop_assert_eq!(first.provisional || second.provisional, whole.provisional);
    }

    #[test]
    fn the_days_left_of_a_term_are_its_length(receipt in dates(), n in 0..400_u16) {
        let calendar = Calendar::builtin();
        let due = due(receipt, n).date;
        prop_assert_eq!(calendar.working_days_between(receipt, due), i32::from(n));
        prop_assert_eq!(calendar.working_days_between(due, receipt), -i32::from(n));
    }

    #[test]
    fn working_days_between_are_those_of_each_day(from in dates(), days in 0..1500_i64) {
        let calendar = Calendar::builtin();
        let each = (1..=days).filter(|day| calendar.day(from + Duration::days(*day)).kind == WorkingDay::Working);
        prop_assert_eq!(calendar.working_days_between(from, from + Duration::days(days)), each.count() as i32);
    }

    #[test]
    fn a_term_is_provisional_exactly_if_a_day_on_the_way_is(receipt in dates(), n in 0..60_u16) {
        let due = due(receipt, n);
        let way = (1..=(due.date - receipt).whole_days()).map(|days| receipt + Duration::days(days));
        let uncertain = way.clone().any(|day| Calendar::builtin().day(day).provisional);
        prop_assert_eq!(due.provisional, uncertain);
    }

    #[test]
    fn a_term_beyond_the_data_is_provisional(days in 0..100_000_i64, n in 1..400_u16) {
        prop_assert!(due(date!(2026 - 12 - 31) + Duration::days(days), n).provisional);
    }

    #[test]
    fn a_day_holds_its_instants_and_no_other(seconds in 725_846_400..4_102_444_800_i64) {
        let instant = OffsetDateTime::from_unix_timestamp(seconds).expect("in range");
        let date = shanghai_date(instant);
        prop_assert!(instant < end_of_day(date));
        prop_assert!(end_of_day(date.previous_day().expect("not the first")) <= instant);
    }
}
