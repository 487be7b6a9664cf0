//! What a whole case writes: the eight steps from application to active agreement, in durable commits.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use govshare_model::Role;
use govshare_proto::access_request::v1::AnswerKind;
use govshare_proto::agreement::v1::AgreementState;
use govshare_proto::catalog::v1::SearchEntriesRequest;
use integration_tests::Platform;
use integration_tests::steps::content;
use sqlx::{Connection, PgConnection};

use crate::report::Figure;
use crate::sandbox::Sandbox;

const CASES: usize = 40;
const PUBLICATIONS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);
const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

/// Plays cases one after the other, with and then without the services that only hear of them.
pub async fn run() -> Result<Vec<Figure>, Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    let (cluster, platform) = (&sandbox.cluster, &sandbox.platform);
    let entry = platform.published_entry(PROVIDER).await;
    platform.register_keys(&[APPLICANT, PROVIDER]).await;
    let found = slowest_publication_until_found(platform).await?;
    let mut database = PgConnection::connect(cluster.database_url()).await?;
    play(platform, &entry).await?;

    let all = commits_of_cases(platform, &entry, &mut database).await?;
    cluster.kill9("evaluation", 0).await?;
    cluster.kill9("audit", 0).await?;
    let own = commits_of_cases(platform, &entry, &mut database).await?;
    sandbox.cluster.stop().await?;
    Ok(vec![
        Figure::at_most("case of eight steps: durable commits of its services", own, 12.0, "commits"),
        Figure::info("case of eight steps: commits with audit and evaluation", all, "commits"),
        Figure::at_most(
            "search: published over the gateway until found there, slowest",
            found,
            1_000.0,
            "ms",
        ),
    ])
}

/// From the reply to PublishEntry until SearchEntries finds the entry, in milliseconds.
async fn slowest_publication_until_found(platform: &Platform) -> Result<f64, Box<dyn Error>> {
    let mut searcher = platform.person(APPLICANT, Role::Drafter).entries();
    let mut slowest = Duration::ZERO;
    for n in 0..PUBLICATIONS {
        let title = format!("第{n}批校车名录");
        let entry = platform.drafted_entry(PROVIDER, content(&title)).await?;
        platform.reviewed_and_published(PROVIDER, &entry, 1).await?;
        let published = Instant::now();
        let search = SearchEntriesRequest { query: title, ..Default::default() };
        loop {
            let page = searcher.search_entries(search.clone()).await?.into_inner();
            if page.hits.iter().any(|hit| hit.entry.as_ref().is_some_and(|found| found.entry_id == entry)) {
                break;
            }
            if published.elapsed() > PATIENCE {
                return Err("a published entry is not found".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        slowest = slowest.max(published.elapsed());
    }
    Ok(slowest.as_secs_f64() * 1e3)
}

/// Eight steps: drafted, submitted, answer proposed, consented; agreement drafted, and signed three times.
async fn play(platform: &Platform, entry: &str) -> Result<(), Box<dyn Error>> {
    let case = platform.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    platform.proposed(&case, AnswerKind::Consent, "").await;
    platform.consent(&case).await?;
    let agreement = platform.drafted_agreement(&case).await;
    let mut state = agreement.state();
    for unit in [APPLICANT, PROVIDER, "info-office"] {
        state = platform.sign(&agreement.agreement_id, unit).await?.state();
    }
    if state == AgreementState::Active {
        Ok(())
    } else {
        Err(format!("{state:?} after three signatures").into())
    }
}

async fn commits_of_cases(
    platform: &Platform,
    entry: &str,
    database: &mut PgConnection,
) -> Result<f64, Box<dyn Error>> {
    let begun = position(database).await?;
    for _ in 0..CASES {
        play(platform, entry).await?;
    }
    // What was put into outboxes by the last case belongs to it.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let ended = position(database).await?;
    Ok(commits_between(database, &begun, &ended).await? as f64 / CASES as f64)
}

async fn position(database: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_current_wal_flush_lsn()::text").fetch_one(database).await
}

/// Commit records in the log, durable or soon to be. Statistics of the database would count reads, too.
async fn commits_between(
    database: &mut PgConnection,
    begun: &str,
    ended: &str,
) -> Result<usize, Box<dyn Error>> {
    let (programs, data): (String, String) = sqlx::query_as(
        "SELECT (SELECT setting FROM pg_config WHERE name = 'BINDIR'), current_setting('data_directory')",
    )
    .fetch_one(database)
    .await?;
    let output = Command::new(PathBuf::from(programs).join("pg_waldump"))
        .args(["--rmgr=Transaction", "--start", begun, "--end", ended, "--path"])
        .arg(PathBuf::from(data).join("pg_wal"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let records = String::from_utf8(output.stdout)?;
    Ok(records.lines().filter(|line| line.contains("desc: COMMIT ")).count())
}
