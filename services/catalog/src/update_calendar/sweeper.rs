//! Marks entries late once their day has passed; any replica may run it, none does a row twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use super::store::ScheduleStore;

const BATCH: i64 = 100;

/// Sweeps every `interval` until `shutdown`.
pub async fn run(database: Database, store: ScheduleStore, interval: Duration, shutdown: CancellationToken) {
    loop {
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
