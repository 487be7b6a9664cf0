//! How much waits in the outbox, for metrics. Every replica tells of the whole table, since rows belong to none.

use std::time::Duration;

use opentelemetry::{KeyValue, global};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(15);

/// Measures what waits for each of `destinations` until `shutdown`.
pub async fn watch(pool: PgPool, destinations: Vec<&'static str>, shutdown: CancellationToken) {
    let meter = global::meter("govshare");
    let rows = meter.u64_gauge("govshare.outbox.rows").build();
    let oldest = meter.f64_gauge("govshare.outbox.oldest_age").with_unit("s").build();
    loop {
        match measure(&pool, &destinations).await {
            Ok(backlogs) => {
                for (destination, count, age) in backlogs {
                    let destination = [KeyValue::new("destination", destination)];
                    rows.record(count.unsigned_abs(), &destination);
                    oldest.record(age, &destination);
                }
            }
            Err(error) => tracing::warn!(%error, "outbox not measured"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Destination, rows, and age of the oldest in seconds; a destination without rows is told, too.
async fn measure(
    pool: &PgPool,
    destinations: &[&'static str],
) -> Result<Vec<(String, i64, f64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT name, count(id), \
           coalesce(extract(epoch FROM clock_timestamp() - min(create_time)), 0)::float8 \
         FROM unnest($1::text[]) AS name LEFT JOIN outbox ON destination = name GROUP BY name",
    )
    .bind(destinations)
    .fetch_all(pool)
    .await
}
