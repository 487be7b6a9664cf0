//! The sweep for overdue answers reads open cases only, however many are closed (art. 26).

use sqlx::{Connection, PgConnection};

use crate::city::City;

/// As the sweeper asks.
const SWEEP: &str = "SELECT * FROM access_request.access_requests \
    WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED') AND overdue_at IS NULL AND answer_due < '2026-01-01' \
    ORDER BY answer_due LIMIT 100 FOR UPDATE SKIP LOCKED";

/// `count` cases of 2027 that were taken back, or that wait in a state with a running clock.
async fn insert(connection: &mut PgConnection, from: i32, count: i32, state: &str) {
    let withdrawn = if state == "WITHDRAWN" { "now()" } else { "NULL" };
    let proposed =
        if state == "ANSWER_PROPOSED" { "'CONSENT', '', 'wang', now()" } else { "NULL, NULL, NULL, NULL" };
    let statement = format!(
        "INSERT INTO access_request.access_requests (id, case_number, applicant, provider, entry_id, entry_title, \
           purpose, basis, items, delivery, state, drafted_by, entry_version, received_at, answer_due, \
           answer_due_provisional, policy_pack, policy_pack_version, sharing_class, answer_kind, answer_reasons, \
           proposed_by, proposed_at, withdrawn_at, created_at, updated_at, version) \
         SELECT gen_random_uuid(), '2025-' || number, 'fagaiwei', 'jiaowei', gen_random_uuid(), '', '', '', '{{}}', '', \
           '{state}', 'li', 1, now(), '2027-01-01', false, 'xicheng-2014', 1, 'ON_APPLICATION', {proposed}, {withdrawn}, \
           now(), now(), 2 FROM generate_series({from}, {from} + {count} - 1) AS number"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut *connection).await.expect("inserted");
}

/// The plan and the pages that it reads.
async fn explained(connection: &mut PgConnection) -> (String, u64) {
    let vacuum = "VACUUM ANALYZE access_request.access_requests";
    sqlx::raw_sql(vacuum).execute(&mut *connection).await.expect("analyzed");
    let statement = format!("EXPLAIN (ANALYZE, BUFFERS) {SWEEP}");
    let lines: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(connection).await.expect("explained");
    // The first line of buffers is that of the whole plan: `Buffers: shared hit=3 read=1`.
    let buffers = lines.iter().find(|line| line.contains("Buffers:")).expect("pages are counted");
    let pages = buffers.split([' ', '=']).filter_map(|word| word.parse::<u64>().ok()).sum();
    (lines.join("\n"), pages)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_the_sweep_reads_no_more_when_closed_cases_grow_tenfold() {
    let city = City::start().await;
    let mut connection = PgConnection::connect(city.database.url()).await.expect("connected");
    for (number, state) in ["SUBMITTED", "ANSWER_PROPOSED", "COORDINATED"].into_iter().enumerate() {
        insert(&mut connection, -100 * (number as i32 + 1), 100, state).await;
    }
    insert(&mut connection, 0, 2_000, "WITHDRAWN").await;
    let (_, few) = explained(&mut connection).await;
    insert(&mut connection, 2_000, 18_000, "WITHDRAWN").await;
    let (plan, many) = explained(&mut connection).await;
    assert!(plan.contains("access_requests_open"), "not by the index of open cases: {plan}");
    assert!(many <= few.max(4), "{many} pages with 20,000 closed cases, {few} with 2,000: {plan}");
}
