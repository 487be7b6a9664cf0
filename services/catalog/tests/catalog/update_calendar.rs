use catalog::update_calendar::schedule::{Cycle, Happened, Rejection, Schedule};
use govshare_model::calendar::end_of_day;
use govshare_model::id::EntryId;
use proptest::prelude::*;
use time::macros::date;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

fn schedule(cycle: Cycle, published: Date) -> Schedule {
    Schedule {
        entry: EntryId(Uuid::from_u128(1)),
        provider: "jiaowei".parse().expect("a slug"),
        title: "校舍面积".to_owned(),
        cycle,
        published,
        last_update: None,
        late: None,
        version: 0,
    }
}

/// Noon of a day in Shanghai.
fn noon(day: Date) -> OffsetDateTime {
    end_of_day(day) - Duration::hours(12)
}

#[test]
fn the_next_day_is_one_cycle_later_or_the_end_of_a_shorter_month() {
    for (cycle, from, to) in [
        (Cycle::Daily, date!(2026 - 02 - 28), Some(date!(2026 - 03 - 01))),
        (Cycle::Weekly, date!(2026 - 12 - 28), Some(date!(2027 - 01 - 04))),
        (Cycle::Monthly, date!(2026 - 01 - 31), Some(date!(2026 - 02 - 28))),
        (Cycle::Monthly, date!(2026 - 12 - 15), Some(date!(2027 - 01 - 15))),
        (Cycle::Quarterly, date!(2025 - 11 - 30), Some(date!(2026 - 02 - 28))),
        (Cycle::HalfYearly, date!(2026 - 08 - 31), Some(date!(2027 - 02 - 28))),
        (Cycle::Yearly, date!(2024 - 02 - 29), Some(date!(2025 - 02 - 28))),
        (Cycle::Unset, date!(2026 - 01 - 01), None),
        (Cycle::Yearly, Date::MAX, None),
    ] {
        assert_eq!(cycle.after(from), to, "{cycle:?}");
    }
}

#[test]
fn an_entry_is_late_from_the_day_after_its_last_one_and_once() {
    let due = schedule(Cycle::Monthly, date!(2026 - 01 - 05));
    assert_eq!(due.next_due(), Some(date!(2026 - 02 - 05)));
    let last_moment = end_of_day(date!(2026 - 02 - 05)) - Duration::SECOND;
    assert_eq!(due.clone().mark_late(last_moment), Err(Rejection::NotLate));
    let late = due.mark_late(end_of_day(date!(2026 - 02 - 05))).expect("late").schedule().clone();
    assert_eq!(late.tasks().iter().map(|task| task.kind).collect::<Vec<_>>(), ["update"]);
    assert_eq!(late.mark_late(noon(date!(2026 - 03 - 05))), Err(Rejection::NotLate));
}

#[test]
fn an_update_says_by_how_much_it_was_late_and_ends_the_lateness() {
    let late = schedule(Cycle::Monthly, date!(2026 - 01 - 05)).mark_late(noon(date!(2026 - 02 - 06)));
    let late = late.expect("late").schedule().clone();
    let updated =
        late.update(date!(2026 - 02 - 10), noon(date!(2026 - 02 - 10))).expect("allowed").expect("a change");
    assert_eq!(updated.happened(), Happened::Updated { late_by: 5 });
    assert_eq!(updated.schedule().late, None);
    assert!(updated.schedule().tasks().is_empty());
    assert_eq!(updated.schedule().next_due(), Some(date!(2026 - 03 - 10)));
}

#[test]
fn an_update_that_was_due_long_ago_leaves_the_entry_late() {
    let late = schedule(Cycle::Monthly, date!(2026 - 01 - 05)).mark_late(noon(date!(2026 - 06 - 01)));
    let late = late.expect("late").schedule().clone();
    let updated =
        late.update(date!(2026 - 03 - 01), noon(date!(2026 - 06 - 01))).expect("allowed").expect("a change");
    assert_eq!(updated.schedule().standing(), "LATE");
}

#[test]
fn days_to_come_are_refused_and_days_gone_by_change_nothing() {
    let today = date!(2026 - 02 - 10);
    let updated = schedule(Cycle::Weekly, date!(2026 - 02 - 01)).update(today, noon(today));
    let updated = updated.expect("allowed").expect("a change").schedule().clone();
    assert_eq!(updated.clone().update(date!(2026 - 02 - 11), noon(today)), Err(Rejection::DayToCome));
    assert_eq!(updated.clone().update(today, noon(today)), Ok(None));
    assert_eq!(updated.update(date!(2026 - 02 - 02), noon(today)), Ok(None));
}

#[test]
fn another_version_brings_its_cycle_and_may_end_the_lateness() {
    let late = schedule(Cycle::Monthly, date!(2026 - 01 - 05)).mark_late(noon(date!(2026 - 02 - 06)));
    let late = late.expect("late").schedule().clone();
    let yearly = late.clone().republished("校舍面积".to_owned(), Cycle::Yearly, date!(2026 - 02 - 06));
    assert_eq!((yearly.next_due(), yearly.late), (Some(date!(2027 - 01 - 05)), None));
    let monthly = late.republished("校舍".to_owned(), Cycle::Monthly, date!(2026 - 02 - 06));
    assert!(monthly.late.is_some());
}

#[test]
fn what_was_in_time_is_not_late_at_once_by_the_cycle_of_another_version() {
    let today = date!(2026 - 06 - 10);
    for former in [Cycle::Unset, Cycle::Yearly] {
        let in_time = schedule(former, date!(2026 - 01 - 05));
        let monthly = in_time.republished("校舍".to_owned(), Cycle::Monthly, today);
        assert_eq!((monthly.next_due(), monthly.late), (Some(date!(2026 - 07 - 10)), None), "{former:?}");
    }
    let late = schedule(Cycle::Monthly, date!(2026 - 01 - 05)).mark_late(noon(today)).expect("late");
    let weekly = late.schedule().clone().republished("校舍".to_owned(), Cycle::Weekly, today);
    assert_eq!((weekly.next_due(), weekly.late.is_some()), (Some(date!(2026 - 01 - 12)), true), "still late");
}

proptest! {
    /// Whatever is recorded and whenever somebody looks: the next day lies after the last update, and who is marked
    /// late was due before.
    #[test]
    fn late_is_who_was_due_before_today(cycle in 0..7_usize, steps in prop::collection::vec((0..400_i64, any::<bool>()), 0..20)) {
        let start = date!(2026 - 01 - 31);
        let mut schedule = schedule(Cycle::ALL[cycle], start);
        let mut today = start;
        for (days, looks) in steps {
            today += Duration::days(days % 40);
            let tried = match looks {
                true => schedule.clone().mark_late(noon(today)).map(Some),
                false => schedule.clone().update(today - Duration::days(days % 3), noon(today)),
            };
            if let Ok(Some(done)) = tried {
                prop_assert_eq!(done.schedule().version, schedule.version + 1);
                schedule = done.schedule().clone();
            }
            let due = schedule.next_due();
            prop_assert!(due.is_none_or(|due| due > schedule.last_update.unwrap_or(start)));
            prop_assert!(schedule.late.is_none() || due.is_some_and(|due| due < today));
        }
    }
}
