//! Marks entries late once their day has passed, and puts those on the calendar that were published before there was
//! one; any replica may run it, none does a row twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use super::store::{ScheduleStore, follow};

const BATCH: i64 = 100;

/// Sweeps every `interval` until `shutdown`.
pub async fn run(database: Database, store: ScheduleStore, interval: Duration, shutdown: CancellationToken) {
    loop {
        match take_in(&database, &store).await {
            Ok(0) => {}
            Ok(taken) => tracing::info!(taken, "entries put on the update calendar"),
            Err(error) => tracing::warn!(?error, "entries not put on the update calendar"),
        }
        match sweep(&database, &store).await {
            Ok(0) => {}
            Ok(marked) => tracing::info!(marked, "entries marked late"),
            Err(error) => tracing::warn!(?error, "sweep not done"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Puts the backlog on the calendar; gives how many entries. No earlier update was observed, so their first cycle begins
/// today.
async fn take_in(database: &Database, store: &ScheduleStore) -> Result<usize, Failure> {
    let mut taken = 0;
    loop {
        let today = shanghai_date(database.clock().now());
        let mut tx = database.transaction().await?;
        let entries = store.take_unscheduled(&mut tx, BATCH).await?;
        if entries.is_empty() {
            return Ok(taken);
        }
        follow(&mut tx, &entries, today).await?;
        tx.commit_unasked().await?;
        taken += entries.len();
    }
}

/// Marks everything that is late now; gives how many were marked.
async fn sweep(database: &Database, store: &ScheduleStore) -> Result<usize, Failure> {
    let mut marked = 0;
    loop {
        let now = database.clock().now();
        let mut tx = database.transaction().await?;
        let late = store.claim_late(&mut tx, shanghai_date(now), BATCH).await?;
        let found = late.len();
        for schedule in late {
            let transition = schedule.mark_late(now)?;
            store.save(&mut tx, &transition, None).await?;
        }
        if found > 0 {
            tx.commit_unasked().await?;
        }
        marked += found;
        if (found as i64) < BATCH {
            return Ok(marked);
        }
    }
}
