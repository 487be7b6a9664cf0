//! Puts in order what killed processes and absent clients leave behind; any replica may run it.

use std::time::Duration;

use service_kit::clock::real_now;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;

use crate::data_version::store::Versions;
use crate::delivery::store::Deliveries;
use crate::objects::Objects;
use crate::ticket::store::Tickets;

const BATCH: i64 = 100;
/// Tickets that are good no more are kept for so long, for questions.
const TICKETS_KEPT: time::Duration = time::Duration::DAY;

/// Ends deliveries whose replica died.
pub struct Abandoned {
    pub database: Database,
    pub deliveries: Deliveries,
    /// A delivery without a sign of life for so long is abandoned.
    pub silence: Duration,
}

impl Abandoned {
    /// Sweeps every `interval` until `shutdown`. While the database is away nobody can give signs of life, so
    /// after an error everybody gets the time to do so.
    pub async fn run(self, interval: Duration, shutdown: CancellationToken) {
        loop {
            let pause = match self.sweep().await {
                Ok(0) => interval,
                Ok(ended) => {
                    tracing::warn!(ended, "abandoned deliveries ended");
                    interval
                }
                Err(error) => {
                    tracing::warn!(%error, "abandoned deliveries not swept");
                    self.silence.max(interval)
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn sweep(&self) -> Result<usize, Failure> {
        let mut tx = self.database.transaction().await?;
        let abandoned = self.deliveries.claim_abandoned(&mut tx, self.silence, BATCH).await?;
        let found = abandoned.len();
        for delivery in abandoned {
            let sent = delivery.sent();
            self.deliveries.end(&mut tx, &delivery.end(sent, self.database.clock().now())?).await?;
        }
        tx.commit_unasked().await?;
        Ok(found)
    }
}

/// Deletes old tickets, objects without a row, and unfinished uploads of killed processes.
pub struct Leftovers {
    pub versions: Versions,
    pub tickets: Tickets,
    pub objects: Objects,
    /// Age at which an object without a row is removed.
    pub age: Duration,
}

impl Leftovers {
    /// Sweeps several times within the age of what it removes, until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let interval = (self.age / 6).max(Duration::from_secs(1));
        loop {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "leftovers not swept");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
        }
    }

    async fn sweep(&self) -> Result<(), Failure> {
        let tickets = self.tickets.forget(real_now() - TICKETS_KEPT).await?;
        let mut objects = 0;
        for ids in self.objects.older_than(self.age).await?.chunks(1000) {
            let known = self.versions.known(&ids.iter().map(|id| id.0).collect::<Vec<_>>()).await?;
            for id in ids.iter().filter(|id| !known.contains(&id.0)) {
                self.objects.remove(*id).await;
                objects += 1;
            }
        }
        let uploads = self.objects.remove_unfinished(self.age).await.map_err(Failure::internal)?;
        if tickets > 0 || objects > 0 || uploads > 0 {
            tracing::info!(tickets, objects, uploads, "leftovers removed");
        }
        Ok(())
    }
}
