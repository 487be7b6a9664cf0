//! What durable operations cost: time, commits and WAL of the database, CPU of the processes that did the work.

use std::error::Error;
use std::time::{Duration, Instant};

use sqlx::PgConnection;

/// Of one way in one round, for each operation.
pub struct Cost {
    /// Operations in a second.
    pub rate: f64,
    pub commits: f64,
    pub wal_bytes: f64,
    pub cpu_us: f64,
}

/// Commits in a second while nobody calls: what services and PostgreSQL look for by themselves.
pub async fn idle_commits(database: &mut PgConnection) -> Result<f64, sqlx::Error> {
    let (before, _) = counters(database).await?;
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (after, _) = counters(database).await?;
    Ok((after - before) / begun.elapsed().as_secs_f64())
}

/// Runs from [`Meter::start`] until [`Meter::stop`].
pub struct Meter<'m> {
    database: &'m mut PgConnection,
    pids: &'m [u32],
    commits: f64,
    wal: f64,
    cpu: f64,
    begun: Instant,
    /// Commits in a second that are nobody's operation.
    idle: f64,
}

impl<'m> Meter<'m> {
    pub async fn start(database: &'m mut PgConnection, pids: &'m [u32]) -> Result<Self, Box<dyn Error>> {
        // A checkpoint that a round before asked for is not this round's.
        sqlx::query("CHECKPOINT").execute(&mut *database).await?;
        let (commits, wal) = counters(database).await?;
        Ok(Self { database, pids, commits, wal, cpu: cpu(pids)?, begun: Instant::now(), idle: 0.0 })
    }

    /// Does not count as many commits a second.
    pub fn beside(self, idle: f64) -> Self {
        Self { idle, ..self }
    }

    /// For work on the measured connection itself.
    pub fn database(&mut self) -> &mut PgConnection {
        self.database
    }

    pub async fn stop(self, operations: usize) -> Result<Cost, Box<dyn Error>> {
        let elapsed = self.begun.elapsed().as_secs_f64();
        let cpu = cpu(self.pids)? - self.cpu;
        let (commits, wal) = counters(self.database).await?;
        let idle = self.idle * self.begun.elapsed().as_secs_f64();
        let operations = operations as f64;
        Ok(Cost {
            rate: operations / elapsed,
            commits: (commits - self.commits - idle) / operations,
            wal_bytes: (wal - self.wal) / operations,
            cpu_us: cpu * 1e6 / operations,
        })
    }
}

fn cpu(pids: &[u32]) -> Result<f64, Box<dyn Error>> {
    pids.iter().map(|pid| crate::cpu::seconds(*pid)).sum()
}

/// Commits of the database and bytes of WAL so far.
async fn counters(database: &mut PgConnection) -> Result<(f64, f64), sqlx::Error> {
    // Backends report their commits with up to a second's delay; asking for it waits for nobody.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    sqlx::query_as(
        "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())::float8, \
                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8",
    )
    .fetch_one(database)
    .await
}
