//! What a district's whole caseload costs: the sweep that marks overdue answers while closed cases grow tenfold, beside
//! the bare UPDATE of the same rows; and the work list beside the read of one record by its key.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use access_request::store::Store;
use access_request::sweeper::sweep;
use govshare_cluster::Cluster;
use govshare_model::Role;
use govshare_proto::access_request::v1::access_request_service_client::AccessRequestServiceClient;
use govshare_proto::access_request::v1::task_service_client::TaskServiceClient;
use govshare_proto::access_request::v1::{GetAccessRequestRequest, ListTasksRequest};
use integration_tests::Platform;
use service_kit::config::DatabaseConfig;
use service_kit::{Clock, Database};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tonic::transport::Channel;

use crate::report::{Figure, median};
use crate::sandbox::Sandbox;

const ROUNDS: usize = 7;
const DUE: usize = 1_000;
const OPEN: i64 = 100_000;
/// Closed cases before and after they grew.
const CLOSED: [i64; 2] = [90_000, 900_000];
const READS: usize = 400;
const PROVIDER: &str = "jiaowei";

/// Measures over 1,000,000 cases, however many rounds are asked for.
pub async fn run() -> Result<Vec<Figure>, Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    let (cluster, platform) = (&sandbox.cluster, &sandbox.platform);
    let case = platform.submitted_request("fagaiwei", PROVIDER).await.id;
    let mut database = PgConnection::connect(cluster.database_url()).await?;
    sqlx::query("SET search_path TO access_request").execute(&mut database).await?;
    copies(&mut database, &case, 0..OPEN, true).await?;

    // Only this program sweeps while it measures; what the events cost the audit is not the sweep's.
    cluster.kill9("access-request", 0).await?;
    cluster.kill9("audit", 0).await?;
    let mut figures = Vec::new();
    let mut sweeps = Vec::new();
    let mut closed = 0;
    for wanted in CLOSED {
        copies(&mut database, &case, OPEN + closed..OPEN + wanted, false).await?;
        closed = wanted;
        sweeps.push(sweeping(cluster, &mut database).await?);
    }
    let ours = |at: usize| median(sweeps[at].iter().map(|(ours, _)| *ours));
    let bare = median(sweeps[1].iter().map(|(_, bare)| *bare));
    let beside = median(sweeps[1].iter().map(|(ours, bare)| ours / bare));
    figures.push(Figure {
        reference: Some(bare * 1e3),
        ..Figure::at_most(
            "sweep: 1,000 due of 1,000,000 cases as multiple of the bare UPDATE",
            beside,
            2.0,
            "x",
        )
    });
    figures.push(Figure::info("sweep: its duration", ours(1) * 1e3, "ms"));
    figures.push(Figure::at_most(
        "sweep: its duration as multiple of that with a tenth of the closed cases",
        ours(1) / ours(0),
        1.2,
        "x",
    ));

    cluster.restart("audit", 0).await?;
    cluster.restart("access-request", 0).await?;
    figures.extend(work_list(cluster, platform, &case).await?);
    sandbox.cluster.stop().await?;
    Ok(figures)
}

/// Copies of a received case, numbered: open ones with what waits for their provider, or withdrawn ones.
async fn copies(
    database: &mut PgConnection,
    case: &str,
    numbers: Range<i64>,
    open: bool,
) -> Result<(), Box<dyn Error>> {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns \
         WHERE table_schema = 'access_request' AND table_name = 'access_requests' ORDER BY ordinal_position",
    )
    .fetch_all(&mut *database)
    .await?;
    let value = |column: &str| match column {
        // In the order of receipt, as real ones.
        "id" => "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid".to_owned(),
        "case_number" => "'2025-' || lpad(n::text, 8, '0')".to_owned(),
        "state" if !open => "'WITHDRAWN'".to_owned(),
        "withdrawn_at" if !open => "now()".to_owned(),
        "answer_due" => "(answer_due + interval '30 years')::date".to_owned(),
        column => column.to_owned(),
    };
    let values: Vec<String> = columns.iter().map(|column| value(column)).collect();
    let statement = format!(
        "INSERT INTO access_requests ({}) SELECT {} FROM access_requests, generate_series({}, {} - 1) AS n \
         WHERE id = '{case}'",
        columns.join(", "),
        values.join(", "),
        numbers.start,
        numbers.end
    );
    sqlx::query(AssertSqlSafe(statement)).execute(&mut *database).await?;
    if open {
        sqlx::query(
            "INSERT INTO tasks SELECT 'access-request/' || request.id, kind, role, unit, roles, not_for, \
               request.id::text, zh, en, subject, article, request.answer_due, task.provisional, create_time \
             FROM tasks AS task, access_requests AS request \
             WHERE task.aggregate = 'access-request/' || $1 AND request.id::text <> $1",
        )
        .bind(case)
        .execute(&mut *database)
        .await?;
    }
    for statement in ["VACUUM ANALYZE access_requests", "VACUUM ANALYZE tasks"] {
        sqlx::raw_sql(statement).execute(&mut *database).await?;
    }
    Ok(())
}

/// Seconds of our sweep and of the bare UPDATE over the same number of rows, round by round.
async fn sweeping(cluster: &Cluster, database: &mut PgConnection) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
    let config = DatabaseConfig {
        url: cluster.database_url().to_owned(),
        max_connections: 2,
        acquire_timeout_ms: 5_000,
        statement_timeout_ms: 60_000,
    };
    let ours = Database::connect("access-request", &config, Clock::default())?;
    let store = Store::new(ours.clone(), "info-office".parse()?);
    sweep(&ours, &store).await.map_err(|failure| format!("{failure:?}"))?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let mut seconds = [0.0; 2];
        for way in [round % 2, 1 - round % 2] {
            make_due(database).await?;
            let begun = Instant::now();
            let marked = if way == 0 {
                sweep(&ours, &store).await.map_err(|failure| format!("{failure:?}"))?
            } else {
                let bare = sqlx::query(
                    "UPDATE access_requests SET overdue_at = now(), updated_at = now(), shown_at = now(), \
                       version = version + 1 \
                     WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED') AND overdue_at IS NULL \
                       AND answer_due < current_date",
                );
                usize::try_from(bare.execute(&mut *database).await?.rows_affected())?
            };
            seconds[way] = begun.elapsed().as_secs_f64();
            if marked != DUE {
                return Err(format!("{marked} cases were marked, not {DUE}").into());
            }
        }
        // The first round warms both.
        if round > 0 {
            rounds.push((seconds[0], seconds[1]));
        }
    }
    Ok(rounds)
}

/// Makes [`DUE`] open cases due and nothing else overdue.
async fn make_due(database: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in [
        "UPDATE access_requests SET overdue_at = NULL, answer_due = '2099-01-01' WHERE overdue_at IS NOT NULL",
        "UPDATE access_requests SET answer_due = current_date - 2 WHERE id IN ( \
           SELECT id FROM access_requests WHERE state = 'SUBMITTED' AND answer_due > current_date LIMIT 1000)",
        "TRUNCATE outbox",
        "VACUUM access_requests",
        "VACUUM tasks",
        "CHECKPOINT",
    ] {
        sqlx::raw_sql(statement).execute(&mut *database).await?;
    }
    Ok(())
}

/// The first page of a provider with 100,000 tasks, beside one record read by its key, both over the gateway.
async fn work_list(
    cluster: &Cluster,
    platform: &Platform,
    case: &str,
) -> Result<Vec<Figure>, Box<dyn Error>> {
    platform.wait_until_ready().await;
    let channel = Channel::from_shared(cluster.gateway_endpoint())?.connect().await?;
    let token = Arc::new(format!("Bearer {}", cluster.token(&PROVIDER.parse()?, Role::Drafter)?));
    let (mut lists, mut keys) = (Vec::new(), Vec::new());
    for number in 0..READS * 2 {
        let begun = Instant::now();
        if number % 2 == 0 {
            let mut request = tonic::Request::new(ListTasksRequest::default());
            request.metadata_mut().insert("authorization", token.parse()?);
            let reply = TaskServiceClient::new(channel.clone()).list_tasks(request).await?;
            if reply.into_inner().tasks.len() != 50 {
                return Err("the work list is not full".into());
            }
            lists.push(begun.elapsed().as_secs_f64());
        } else {
            let wanted = GetAccessRequestRequest { access_request_id: case.to_owned() };
            let mut request = tonic::Request::new(wanted);
            request.metadata_mut().insert("authorization", token.parse()?);
            AccessRequestServiceClient::new(channel.clone()).get_access_request(request).await?;
            keys.push(begun.elapsed().as_secs_f64());
        }
    }
    let ratio = median(lists.iter().zip(&keys).map(|(list, key)| list / key));
    Ok(vec![
        Figure {
            reference: Some(median(keys.into_iter()) * 1e6),
            ..Figure::at_most("work list: a page of 50 as multiple of a read by key", ratio, 2.0, "x")
        },
        Figure::info("work list: a page of 50", median(lists.into_iter()) * 1e6, "µs"),
    ])
}
