//! What the database promises: one change for one request_id, all or nothing, and an outbox that loses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use govshare_cluster::{TestDatabase, TestServer};
use govshare_model::{Actor, Role, Subject};
use govshare_proto::evaluation::v1::{
    GetUnitIndicatorsRequest as Message, ListUnitIndicatorsResponse as Reply,
};
use service_kit::call::Caller;
use service_kit::config::DatabaseConfig;
use service_kit::outbox::{Destination, Row, Sent, backlog};
use service_kit::{Begin, Call, Clock, Database, Failure, Reason, Violations};
use sqlx::Connection;
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SERVICE: &str = "kit-test";
static NOTHING: Migrator = Migrator::DEFAULT;

pub async fn database() -> (TestDatabase, Database) {
    let server = TestServer::shared().await.expect("a private PostgreSQL");
    let owned = server
        .fresh_database("kit", async |owner| {
            let runtime = "postgres://govshare_kit_test:p%40ss@127.0.0.1/unused";
            service_kit::database::migrate(SERVICE, &owner, runtime, &NOTHING).await?;
            service_kit::database::migrate(SERVICE, &owner, runtime, &NOTHING).await
        })
        .await
        .expect("migrated, twice");
    let database = connect(&owned);
    database.read_calendar().await.expect("no notices yet");
    (owned, database)
}

/// A replica that was just started.
pub fn connect(owned: &TestDatabase) -> Database {
    let config = DatabaseConfig {
        url: owned.url_for("govshare_kit_test", "p@ss"),
        max_connections: 6,
        acquire_timeout_ms: 5000,
        statement_timeout_ms: 5000,
    };
    Database::connect(SERVICE, &config, Clock::default()).expect("a pool")
}

fn call(subject: &str, request_id: Uuid, content: &str) -> Call {
    let actor = Actor {
        subject: Subject(subject.to_owned()),
        unit: "jiaowei".parse().expect("a unit"),
        roles: [Role::Drafter].into_iter().collect(),
    };
    let caller = Caller { actor: Arc::new(actor), method: "Test/Change".into() };
    let mut violations = Violations::new();
    let call =
        Call::over(&caller, content.as_bytes(), &request_id.to_string(), &mut violations).expect("a call");
    violations.finish().expect("nothing wrong");
    call
}

fn reply(number: u64) -> Reply {
    Reply { feed_position: number.cast_signed(), ..Default::default() }
}

async fn change(database: &Database, call: &Call, runs: &AtomicU64) -> Result<Reply, Failure> {
    match database.begin::<Reply>(call).await? {
        Begin::Replay(reply) => Ok(reply),
        Begin::Fresh(mut tx) => {
            tx.command("elsewhere", &Message { unit_id: "jiaowei".to_owned() });
            tx.commit(call, reply(runs.fetch_add(1, Ordering::SeqCst) + 1)).await
        }
    }
}

async fn rows_in_outbox(database: &Database) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(database.pool()).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_of_one_request_id_run_once_however_many_come_at_once() {
    let (_owned, database) = database().await;
    let runs = Arc::new(AtomicU64::new(0));
    let id = Uuid::now_v7();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (database, runs) = (database.clone(), Arc::clone(&runs));
            tokio::spawn(async move { change(&database, &call("wang", id, "same"), &runs).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic").expect("a reply"), reply(1));
    }
    assert_eq!((runs.load(Ordering::SeqCst), rows_in_outbox(&database).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_with_another_body_is_refused_and_another_persons_is_another() {
    let (_owned, database) = database().await;
    let runs = AtomicU64::new(0);
    let id = Uuid::now_v7();
    change(&database, &call("wang", id, "first"), &runs).await.expect("a reply");
    let Err(Failure::Refused(refused)) = change(&database, &call("wang", id, "second"), &runs).await else {
        panic!("another body was taken for a repeat")
    };
    assert_eq!(refused.reason(), Reason::RequestIdReused);
    assert_eq!(change(&database, &call("li", id, "first"), &runs).await.expect("a reply"), reply(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_committed_leaves_neither_reply_nor_outbox_row() {
    let (_owned, database) = database().await;
    let id = Uuid::now_v7();
    let Begin::Fresh(mut tx) = database.begin::<Reply>(&call("wang", id, "x")).await.expect("begun") else {
        panic!("a new call was replayed")
    };
    tx.command("elsewhere", &Message { unit_id: "jiaowei".to_owned() });
    drop(tx);
    assert_eq!(rows_in_outbox(&database).await, 0);
    let runs = AtomicU64::new(0);
    assert_eq!(change(&database, &call("wang", id, "x"), &runs).await.expect("a reply"), reply(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_deliver_every_row_in_spite_of_failures_and_none_after_it_was_taken() {
    let (_owned, database) = database().await;
    let runs = AtomicU64::new(0);
    for _ in 0..300 {
        change(&database, &call("wang", Uuid::now_v7(), "x"), &runs).await.expect("a reply");
    }
    let (tries, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let stop = CancellationToken::new();
    let relays: Vec<_> = (0..2)
        .map(|_| {
            let (tries, taken) = (Arc::clone(&tries), Arc::clone(&taken));
            let elsewhere = Destination::commands("elsewhere", move |_| {
                let (tries, taken) = (Arc::clone(&tries), Arc::clone(&taken));
                async move {
                    if tries.fetch_add(1, Ordering::SeqCst) % 50 == 7 {
                        return Err(tonic::Status::unavailable("down"));
                    }
                    taken.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
            });
            tokio::spawn(database.outbox().clone().relay(
                database.pool().clone(),
                vec![elsewhere],
                stop.clone(),
            ))
        })
        .collect();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while rows_in_outbox(&database).await > 0 {
        assert!(std::time::Instant::now() < deadline, "rows stay in the outbox");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    stop.cancel();
    for relay in relays {
        relay.await.expect("a relay ends");
    }
    assert_eq!(taken.load(Ordering::SeqCst), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_command_stays_and_does_not_hold_up_the_others() {
    let (_owned, database) = database().await;
    let runs = AtomicU64::new(0);
    for _ in 0..3 {
        change(&database, &call("wang", Uuid::now_v7(), "x"), &runs).await.expect("a reply");
    }
    let first = Arc::new(AtomicUsize::new(0));
    let elsewhere = Destination::commands("elsewhere", move |_| {
        let first = first.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { Err(tonic::Status::failed_precondition("no")) } else { Ok(()) } }
    });
    let stop = CancellationToken::new();
    let relay =
        tokio::spawn(database.outbox().clone().relay(database.pool().clone(), vec![elsewhere], stop.clone()));
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while rows_in_outbox(&database).await > 1 {
        assert!(std::time::Instant::now() < deadline, "rows stay in the outbox");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    stop.cancel();
    relay.await.expect("the relay ends");
    assert_eq!(rows_in_outbox(&database).await, 1, "the refused row is kept for an operator");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_the_other_end_breaks_at_hold_up_no_others_and_go_when_it_is_mended() {
    let (_owned, database) = database().await;
    sqlx::query(
        "INSERT INTO outbox (destination, payload, disclosure) \
         SELECT 'elsewhere', CASE WHEN n <= 20 THEN 'broken'::bytea ELSE 'x' END, '' FROM generate_series(1, 40) n",
    )
    .execute(database.pool())
    .await
    .expect("rows");
    let mended = Arc::new(AtomicBool::new(false));
    let works = Arc::clone(&mended);
    let elsewhere = Destination::commands("elsewhere", move |payload| {
        let works = payload != b"broken" || works.load(Ordering::SeqCst);
        async move { if works { Ok(()) } else { Err(tonic::Status::internal("a fault")) } }
    });
    let stop = CancellationToken::new();
    let relay =
        tokio::spawn(database.outbox().clone().relay(database.pool().clone(), vec![elsewhere], stop.clone()));
    for (left, mends) in [(20, false), (0, true)] {
        mended.store(mends, Ordering::SeqCst);
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while rows_in_outbox(&database).await > left {
            assert!(std::time::Instant::now() < deadline, "rows stay in the outbox");
            database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
        }
        assert_eq!(rows_in_outbox(&database).await, left);
    }
    stop.cancel();
    relay.await.expect("the relay ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_claimed_by_the_batch_whatever_the_planner_believes_of_it() {
    let (owned, database) = database().await;
    let mut owner = sqlx::PgConnection::connect(owned.url()).await.expect("the owner");
    sqlx::query("VACUUM ANALYZE kit_test.outbox").execute(&mut owner).await.expect("known to be empty");
    let largest = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&largest);
    let elsewhere = Destination::batches("elsewhere", move |rows: Vec<Row>| {
        seen.fetch_max(rows.len(), Ordering::SeqCst);
        async move { Sent { taken: rows.iter().map(|row| row.id).collect(), ..Sent::default() } }
    });
    let stop = CancellationToken::new();
    let relay =
        tokio::spawn(database.outbox().clone().relay(database.pool().clone(), vec![elsewhere], stop.clone()));
    // By then the plan of the statement is the one for an empty table, and kept.
    for _ in 0..20 {
        database.outbox().settle("elsewhere", Duration::from_secs(5)).await;
    }
    sqlx::query(
        "INSERT INTO outbox (destination, payload, disclosure) \
         SELECT 'elsewhere', 'x', '' FROM generate_series(1, 5000)",
    )
    .execute(database.pool())
    .await
    .expect("a backlog");
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while rows_in_outbox(&database).await > 0 {
        assert!(std::time::Instant::now() < deadline, "rows stay in the outbox");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    stop.cancel();
    relay.await.expect("the relay ends");
    assert_eq!(largest.load(Ordering::SeqCst), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_out_of_reach_is_left_in_peace_and_holds_up_no_other() {
    let (_owned, database) = database().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let silent = Destination::commands("silent", move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(tonic::Status::unavailable("down")) }
    });
    let elsewhere = Destination::commands("elsewhere", |_| async { Ok(()) });
    let stop = CancellationToken::new();
    let both = vec![silent, elsewhere];
    let relay = tokio::spawn(database.outbox().clone().relay(database.pool().clone(), both, stop.clone()));
    for _ in 0..100 {
        let call = call("wang", Uuid::now_v7(), "x");
        let Begin::Fresh(mut tx) = database.begin::<Reply>(&call).await.expect("begun") else {
            panic!("a new call was replayed")
        };
        tx.command("silent", &Message { unit_id: "jiaowei".to_owned() });
        tx.command("elsewhere", &Message { unit_id: "jiaowei".to_owned() });
        tx.commit(&call, reply(1)).await.expect("committed");
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while rows_in_outbox(&database).await > 100 {
        assert!(std::time::Instant::now() < deadline, "rows for elsewhere stay in the outbox");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    stop.cancel();
    relay.await.expect("the relay ends");
    assert!(tries.load(Ordering::SeqCst) < 20, "{tries:?} tries for 100 commits");
}

/// Commits so many commands to `elsewhere` at once.
async fn commands(database: &Database, count: usize, content: &str) {
    let mut tx = database.transaction().await.expect("begun");
    for _ in 0..count {
        tx.command("elsewhere", &Message { unit_id: content.to_owned() });
    }
    tx.commit_unasked().await.expect("committed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_wait_for_another_hold_up_no_later_one_however_many_they_are() {
    let (_owned, database) = database().await;
    commands(&database, 1200, "waits").await;
    commands(&database, 3, "free").await;
    let arrived = Arc::new(AtomicBool::new(false));
    let awaited = Arc::clone(&arrived);
    let elsewhere = Destination::batches("elsewhere", move |rows| {
        let arrived = awaited.load(Ordering::SeqCst);
        async move {
            let mut sent = Sent::default();
            for row in rows {
                let waits = !arrived && row.payload.ends_with(b"waits");
                if waits { sent.waiting.push(row.id) } else { sent.taken.push(row.id) }
            }
            sent
        }
    });
    let stop = CancellationToken::new();
    let relay =
        tokio::spawn(database.outbox().clone().relay(database.pool().clone(), vec![elsewhere], stop.clone()));
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while rows_in_outbox(&database).await > 1200 {
        assert!(std::time::Instant::now() < deadline, "later rows do not get their turn");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    arrived.store(true, Ordering::SeqCst);
    while rows_in_outbox(&database).await > 0 {
        assert!(std::time::Instant::now() < deadline, "what waited is not tried again");
        database.outbox().settle("elsewhere", Duration::from_millis(200)).await;
    }
    stop.cancel();
    relay.await.expect("the relay ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backlog_of_each_destination_is_measured_also_where_there_is_none() {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
    let provider =
        opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(exporter.expect("an exporter"));
    opentelemetry::global::set_meter_provider(provider.build());
    let (_owned, database) = database().await;
    commands(&database, 3, "x").await;
    sqlx::query("UPDATE outbox SET create_time = create_time - interval '1 hour' WHERE id = 1")
        .execute(database.pool())
        .await
        .expect("an hour ago");
    let stop = CancellationToken::new();
    let destinations = vec!["elsewhere", "nowhere"];
    let watch = tokio::spawn(backlog::watch(database.pool().clone(), destinations, stop.clone()));
    let measured = |name: &str, destination: &str| {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == name)?;
        let of_it = |metric: &&prometheus::proto::Metric| {
            metric.get_label().iter().any(|label| label.value() == destination)
        };
        family.get_metric().iter().find(of_it).map(|metric| metric.get_gauge().get_value())
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while measured("govshare_outbox_oldest_age_seconds", "nowhere").is_none() {
        assert!(std::time::Instant::now() < deadline, "nothing is measured");
        tokio::task::yield_now().await;
    }
    stop.cancel();
    watch.await.expect("it ends");
    assert_eq!(measured("govshare_outbox_rows", "elsewhere"), Some(3.0));
    assert_eq!(measured("govshare_outbox_rows", "nowhere"), Some(0.0));
    let oldest = measured("govshare_outbox_oldest_age_seconds", "elsewhere").expect("measured");
    assert!((3600.0..3700.0).contains(&oldest), "{oldest} s");
    assert_eq!(measured("govshare_outbox_oldest_age_seconds", "nowhere"), Some(0.0));
}
