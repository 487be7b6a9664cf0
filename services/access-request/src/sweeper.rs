//! Marks requests overdue once their last day has passed; any replica may run it, none does a row twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

const BATCH: i64 = 1000;

/// Sweeps every `interval` until `shutdown`.
pub async fn run(database: Database, store: Store, interval: Duration, shutdown: CancellationToken) {
    loop {
        match sweep(&database, &store).await {
            Ok(0) => {}
            Ok(marked) => tracing::info!(marked, "requests marked overdue"),
            Err(error) => tracing::warn!(?error, "sweep not done"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Marks everything that is due now; gives how many were marked.
pub async fn sweep(database: &Database, store: &Store) -> Result<usize, Failure> {
    let mut marked = 0;
    loop {
        let now = database.clock().now();
        let mut tx = database.transaction().await?;
        let due = store.claim_overdue(&mut tx, shanghai_date(now), BATCH).await?;
        let found = due.len();
        if found > 0 {
            let marked: Result<Vec<_>, _> =
                due.into_iter().map(|request| request.mark_overdue(now)).collect();
            let marked = marked.map_err(|rejection| Failure::internal(format!("{rejection:?}")))?;
            store.save_overdue(&mut tx, &marked).await?;
            tx.commit_unasked().await?;
        }
        marked += found;
        if (found as i64) < BATCH {
            return Ok(marked);
        }
    }
}
