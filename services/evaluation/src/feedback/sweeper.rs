//! Marks feedback overdue once its last day has passed; any replica may run it, none does a form twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::Failure;
use tokio_util::sync::CancellationToken;

use crate::procedure::feedback::Feedback;
use crate::records::Records;

const BATCH: i64 = 100;

/// Sweeps every `interval` until `shutdown`.
pub async fn run(records: Records<Feedback>, interval: Duration, shutdown: CancellationToken) {
    loop {
        match sweep(&records).await {
            Ok(0) => {}
            Ok(marked) => tracing::info!(marked, "feedback marked overdue"),
            Err(error) => tracing::warn!(?error, "sweep not done"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Marks everything that is due now; gives how many were marked.
async fn sweep(records: &Records<Feedback>) -> Result<usize, Failure> {
    let mut marked = 0;
    loop {
        let now = records.database().clock().now();
        let mut tx = records.database().transaction().await?;
        let due = records.claim_overdue(&mut tx, shanghai_date(now), BATCH).await?;
        let found = due.len();
        for feedback in due {
            let transition = feedback
                .mark_overdue(now)
                .map_err(|rejection| Failure::internal(format!("{rejection:?}")))?;
            records.save(&mut tx, &transition, None).await?;
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
