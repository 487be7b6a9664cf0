//! Follows the audit feed: what is read is counted and the cursor moved over it in one commit, so that every event
//! counts once, however many replicas follow.

use std::time::Duration;

use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use crate::indicators;
use crate::ledger::{Ledger, records_named};
use crate::store::Store;
use crate::upstreams::Audit;

/// Longest pause while the audit or the database cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Counts until `shutdown`, asking every `interval` while there is nothing new.
pub async fn follow(
    database: Database,
    store: Store,
    audit: Audit,
    interval: Duration,
    shutdown: CancellationToken,
) {
    let mut pause = interval;
    while !shutdown.is_cancelled() {
        match catch_up(&database, &store, &audit).await {
            Ok(true) => {
                pause = interval;
                continue;
            }
            Ok(false) => pause = interval,
            Err(error) => {
                tracing::warn!(%error, "feed not counted");
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Counts the next events; `false` if there were none.
async fn catch_up(database: &Database, store: &Store, audit: &Audit) -> Result<bool, Failure> {
    let position = store.position().await?;
    let leaves = audit.read(position).await?;
    let Some((last, _)) = leaves.last() else { return Ok(false) };
    let next = last + 1;
    let mut tx = database.transaction().await?;
    if !store.advance(&mut tx, position, next).await? {
        return Ok(true);
    }
    let before = store.standing(&mut tx, records_named(leaves.iter().map(|(_, leaf)| &**leaf))).await?;
    let mut ledger = Ledger::from_standing(before.clone());
    let mut cases = Vec::new();
    for (position, leaf) in &leaves {
        // One leaf that cannot be read must not keep all later ones from being counted.
        if let Err(malformed) = ledger.take(leaf) {
            tracing::error!(position, %malformed, "event not counted");
        }
        cases.extend(indicators::read(leaf).ok().and_then(|leaf| indicators::case(&leaf)));
    }
    store.count(&mut tx, &before, ledger).await?;
    store.know_cases(&mut tx, cases).await?;
    tx.commit_unasked().await?;
    Ok(true)
}
