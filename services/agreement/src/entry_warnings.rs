//! Compares agreements in force with the catalogue, so that users are warned of entries that are suspended or retired
//! (art. 16). What was heard last stands while the catalogue cannot be reached; any replica may look.

use std::time::Duration;

use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use crate::store::Store;
use crate::upstreams::Catalog;

/// As many entries as the catalogue takes in one question.
const BATCH: i64 = 1000;

/// Looks every `interval` until `shutdown`.
pub async fn run(
    database: Database,
    store: Store,
    catalog: Catalog,
    interval: Duration,
    shutdown: CancellationToken,
) {
    loop {
        match look(&database, &store, &catalog).await {
            Ok(0) => {}
            Ok(changed) => tracing::info!(changed, "warnings of entries taken over"),
            Err(error) => tracing::warn!(?error, "warnings of entries not heard"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Gives how many agreements were changed.
async fn look(database: &Database, store: &Store, catalog: &Catalog) -> Result<usize, Failure> {
    let (mut changed, mut after) = (0, None);
    loop {
        let resting = store.resting(after, BATCH).await?;
        let Some(last) = resting.last() else { return Ok(changed) };
        after = Some(last.agreement);
        let mut entries: Vec<_> = resting.iter().map(|resting| resting.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        let warnings = catalog.warnings(&entries).await?;
        for resting in &resting {
            let warning = warnings.get(&resting.entry);
            if resting.warning.as_ref() == warning {
                continue;
            }
            let mut tx = database.transaction().await?;
            let found = store.load_for_update(&mut tx, resting.agreement).await?;
            if let Some(transition) = found.warn(warning.cloned(), database.clock().now()) {
                store.save(&mut tx, &transition, None).await?;
                tx.commit_unasked().await?;
                changed += 1;
            }
        }
    }
}
