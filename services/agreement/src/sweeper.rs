//! Marks agreements whose validity has ended, and duties after the end that are overdue (art. 23); any replica may run
//! it, none does a row twice.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use service_kit::{Database, Failure};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::agreement::{Agreement, Rejection, Transition};
use crate::store::Store;

const BATCH: i64 = 100;

/// What a sweep looks for.
#[derive(Debug, Clone, Copy)]
enum Look {
    Over,
    OverdueDuty,
}

/// Sweeps every `interval` until `shutdown`.
pub async fn run(database: Database, store: Store, interval: Duration, shutdown: CancellationToken) {
    loop {
        for look in [Look::Over, Look::OverdueDuty] {
            match sweep(&database, &store, look).await {
                Ok(0) => {}
                Ok(marked) => tracing::info!(marked, ?look, "agreements marked"),
                Err(error) => tracing::warn!(?error, ?look, "sweep not done"),
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Marks everything that is due now; gives how many were marked.
async fn sweep(database: &Database, store: &Store, look: Look) -> Result<usize, Failure> {
    let mut marked = 0;
    loop {
        let now = database.clock().now();
        let mut tx = database.transaction().await?;
        let today = shanghai_date(now);
        let due = match look {
            Look::Over => store.claim_over(&mut tx, today, BATCH).await?,
            Look::OverdueDuty => store.claim_overdue(&mut tx, today, BATCH).await?,
        };
        let found = due.len();
        for agreement in due {
            let transition = look.mark(agreement, now);
            let transition = transition.map_err(|rejection| Failure::internal(format!("{rejection:?}")))?;
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

impl Look {
    fn mark(self, agreement: Agreement, now: OffsetDateTime) -> Result<Transition, Rejection> {
        match self {
            Self::Over => agreement.expire(now),
            Self::OverdueDuty => agreement.mark_duty_overdue(now),
        }
    }
}
