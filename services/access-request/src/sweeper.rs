//! Marks requests overdue once their last day has passed; any replica may run it, none does a row twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

const BATCH: i64 = 100;

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
async fn sweep(database: &Database, store: &Store) -> Result<usize, Failure> {
    let mut marked = 0;
    loop {
        let now = database.clock().now();
        let mut tx = database.transaction().await?;
        let due = store.claim_overdue(&mut tx, shanghai_date(now), BATCH).await?;
        let found = due.len();
        for request in due {
            let transition =
                request.mark_overdue(now).map_err(|rejection| Failure::internal(format!("{rejection:?}")))?;
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
