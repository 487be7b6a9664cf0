//! Follows a running delivery and records its end, in a task that outlives the client's connection.

use std::pin::pin;
use std::time::Duration;

use govshare_model::id::DeliveryId;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use service_kit::{Database, Failure};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::store::Deliveries;
use super::stream::Progress;

const PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct Recorder {
    pub database: Database,
    pub deliveries: Deliveries,
    /// How often a sign of life is given.
    pub beat: Duration,
    /// What runs now is cut.
    pub cut: CancellationToken,
    /// A client who takes nothing for so long is cut off.
    pub stall: Duration,
    /// Whoever still takes after so long is, too.
    pub longest: Duration,
    pub tasks: TaskTracker,
    /// Bytes handed to the transport, by the state that the delivery ended in.
    pub sent: Counter<u64>,
}

impl Recorder {
    /// Gives signs of life while the stream runs, then records its end.
    pub fn follow(&self, id: DeliveryId, mut progress: Progress) {
        let recorder = self.clone();
        self.tasks.spawn(async move {
            let mut beat = tokio::time::interval(recorder.beat);
            beat.tick().await;
            let mut stalled = pin!(progress.stalled(recorder.stall));
            let mut over = pin!(tokio::time::sleep(recorder.longest));
            loop {
                tokio::select! {
                    () = progress.ended() => break,
                    () = recorder.cut.cancelled() => break,
                    () = &mut stalled => {
                        tracing::warn!(%id, sent = progress.sent(), "client takes nothing and is cut off");
                        progress.cut();
                        break;
                    }
                    () = &mut over => {
                        tracing::warn!(%id, sent = progress.sent(), "delivery takes too long and is cut");
                        progress.cut();
                        break;
                    }
                    _ = beat.tick() => {}
                }
                match recorder.deliveries.note_progress(id, progress.sent()).await {
                    Ok(true) => {}
                    Ok(false) => {
                        tracing::error!(%id, "delivery was taken for abandoned and is cut");
                        return progress.cut();
                    }
                    Err(error) => tracing::warn!(%id, %error, "progress not noted"),
                }
            }
            recorder.record_end(id, progress.sent()).await;
        });
    }

    /// Tries until the database takes it; if this process dies before, the sweeper breaks the delivery.
    async fn record_end(&self, id: DeliveryId, sent: u64) {
        while let Err(error) = self.end(id, sent).await {
            if !error.is_unavailable() {
                tracing::error!(%id, sent, %error, "end of a delivery not recorded");
                return;
            }
            tracing::warn!(%id, sent, %error, "end of a delivery not recorded yet");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn end(&self, id: DeliveryId, sent: u64) -> Result<(), Failure> {
        let mut tx = self.database.transaction().await?;
        let delivery = self.deliveries.load_for_update(&mut tx, id).await?;
        let end = delivery.end(sent, self.database.clock().now())?;
        self.deliveries.end(&mut tx, &end).await?;
        tx.commit_unasked().await?;
        self.sent.add(sent, &[KeyValue::new("state", end.delivery().state.name())]);
        Ok(())
    }
}
