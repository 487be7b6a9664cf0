//! Loaded holiday notices: kept by the latest version, read again after a restart, told to who does not know them.

use std::collections::BTreeMap;

use govshare_proto::catalog::internal::v1::LoadedHolidayNotice;
use service_kit::{Database, holidays};
use time::macros::date;

use crate::database::{connect, database};

fn notice(year: i32, version: i64, off: &str) -> LoadedHolidayNotice {
    let toml = format!(
        "year = {year}\nnotices = [{{ number = '国办发明电〔{}〕{version}号', source = 'https://www.gov.cn' }}]\n\
         off = [{{ name = '元旦', from = {off}, to = {off} }}]\nworked = []\n",
        year - 1
    );
    LoadedHolidayNotice { year, version, toml }
}

async fn learn(database: &Database, notices: &[LoadedHolidayNotice]) {
    let mut connection = database.pool().acquire().await.expect("a connection");
    holidays::learn(&mut connection, notices).await.expect("learnt");
}

async fn told(database: &Database, known: &[(i32, i64)]) -> Vec<(i32, i64)> {
    let known: BTreeMap<_, _> = known.iter().copied().collect();
    let notices = holidays::unknown(database.pool(), &known).await.expect("told");
    notices.into_iter().map(|notice| (notice.year, notice.version)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_counted_before_the_loaded_notices_were_read_and_a_restart_reads_them_again() {
    let (owned, database) = database().await;
    let before = database.calendar().expect("read by the fixture");
    assert!(before.add_working_days(date!(2026 - 12 - 31), 1).provisional);
    learn(&database, &[notice(2027, 1, "2027-01-01")]).await;
    database.read_calendar().await.expect("read");
    let after = database.calendar().expect("known");
    let due = after.add_working_days(date!(2026 - 12 - 31), 1);
    assert_eq!((due.date, due.provisional), (date!(2027 - 01 - 04), false));

    let restarted = connect(&owned);
    let too_early = restarted.calendar().expect_err("not read yet");
    assert!(too_early.is_unavailable(), "{too_early}");
    restarted.read_calendar().await.expect("read");
    assert_eq!(restarted.calendar().expect("known"), after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_each_year_the_latest_version_is_kept_and_told_to_who_does_not_know_it() {
    let (_owned, database) = database().await;
    learn(&database, &[notice(2028, 1, "2028-01-03"), notice(2027, 2, "2027-01-01")]).await;
    learn(&database, &[notice(2027, 1, "2027-01-04")]).await;
    assert_eq!(told(&database, &[]).await, [(2027, 2), (2028, 1)], "the earlier version came late");
    assert_eq!(told(&database, &[(2027, 1), (2028, 1)]).await, [(2027, 2)]);
    assert_eq!(told(&database, &[(2027, 2), (2028, 1)]).await, []);
    database.read_calendar().await.expect("read");
    let due = database.calendar().expect("known").add_working_days(date!(2026 - 12 - 31), 1);
    assert_eq!(due.date, date!(2027 - 01 - 04));
}
