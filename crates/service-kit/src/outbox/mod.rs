//! The transactional outbox: rows written with a change are sent afterwards, at least once, in order.
//!
//! A relay claims rows by a lease (one commit), sends them, and deletes what was taken; no transaction is open
//! over a call. Rows of a relay that died come back when their lease ends.

pub mod backlog;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::client::{Upstream, retrying};
use crate::database::Database;
use crate::event::Sealed;
use crate::failure::Failure;
use govshare_proto::audit::internal::v1::audit_ingest_service_client::AuditIngestServiceClient;
use govshare_proto::audit::internal::v1::{AppendEventsRequest, NewEvent};
use tonic::Code;

/// Destination of audit events.
pub const AUDIT: &str = "audit";
const BATCH: i64 = 500;
const LEASE_SECONDS: f64 = 30.0;
/// A refused row is tried again after this time; an operator finds it by the metric and the log.
const REFUSED_SECONDS: f64 = 300.0;
/// A row that waits for another, or that the other end failed at, is tried again after this time.
const WAITING_SECONDS: f64 = 2.0;
/// So many rows that the other end fails at, and none that it takes: it counts as out of reach.
const FAULTS: usize = 3;
const IDLE_POLL: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Wakes the relays of this replica after a commit; there is one for each destination.
#[derive(Clone)]
pub struct Outbox {
    commits: Arc<watch::Sender<u64>>,
    passes: Arc<watch::Sender<BTreeMap<&'static str, Passes>>>,
}

/// How often a relay has looked for rows.
#[derive(Debug, Clone, Copy, Default)]
struct Passes {
    started: u64,
    finished: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { commits: Arc::new(watch::Sender::new(0)), passes: Arc::default() }
    }
}

/// A claimed row.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: i64,
    pub payload: Vec<u8>,
    pub disclosure: Vec<u8>,
}

/// What became of sent rows.
#[derive(Debug, Default)]
pub struct Sent {
    /// Taken: deleted.
    pub taken: Vec<i64>,
    /// Refused for good: kept and tried much later.
    pub refused: Vec<i64>,
    /// To be taken after another row, or failed at by the other end: tried again in a while, so that later rows get
    /// their turn however many wait.
    pub waiting: Vec<i64>,
    /// Not all could be sent: what is in none of the lists is released and tried again soon.
    pub unreachable: bool,
}

type Sending = Pin<Box<dyn Future<Output = Sent> + Send>>;
type Sender = Arc<dyn Fn(Vec<Row>) -> Sending + Send + Sync>;

/// One destination and how rows get there.
#[derive(Clone)]
pub struct Destination {
    name: &'static str,
    send: Sender,
}

impl Destination {
    /// Sends rows by the batch; `send` must be idempotent at the other end.
    pub fn batches<F, Fut>(name: &'static str, send: F) -> Self
    where
        F: Fn(Vec<Row>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Sent> + Send + 'static,
    {
        Self { name, send: Arc::new(move |rows| Box::pin(send(rows))) }
    }

    /// Sends each row as a command of its own; `send` must be idempotent at the other end.
    pub fn commands<F, Fut>(name: &'static str, send: F) -> Self
    where
        F: Fn(Vec<u8>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), tonic::Status>> + Send + 'static,
    {
        let send = Arc::new(send);
        Self::batches(name, move |rows| {
            let send = Arc::clone(&send);
            async move {
                let mut sent = Sent::default();
                for row in rows {
                    match send(row.payload).await {
                        Ok(()) => sent.taken.push(row.id),
                        Err(status) if is_transient(&status) => {
                            tracing::warn!(destination = name, %status, "not delivered yet");
                            sent.unreachable = true;
                            break;
                        }
                        Err(status) if is_fault(&status) => {
                            tracing::error!(destination = name, row = row.id, %status, "the other end failed");
                            sent.waiting.push(row.id);
                        }
                        Err(status) => {
                            tracing::error!(destination = name, row = row.id, %status, "command refused");
                            sent.refused.push(row.id);
                        }
                    }
                }
                sent.unreachable |= sent.taken.is_empty() && sent.waiting.len() >= FAULTS;
                sent
            }
        })
    }

    /// Sends audit events in batches.
    pub fn audit(upstream: Upstream) -> Self {
        let client = AuditIngestServiceClient::new(upstream);
        Self::batches(AUDIT, move |rows| append(client.clone(), rows))
    }

    pub fn name(&self) -> &'static str {
        self.name
    }
}

async fn append(mut client: AuditIngestServiceClient<Upstream>, rows: Vec<Row>) -> Sent {
    let mut sent = Sent::default();
    let mut batches = vec![rows];
    let mut faults = 0;
    while let Some(rows) = batches.pop() {
        let events =
            rows.iter().map(|row| NewEvent { leaf: row.payload.clone(), disclosure: row.disclosure.clone() });
        match client.append_events(AppendEventsRequest { events: events.collect() }).await {
            Ok(reply) => {
                let positions = reply.into_inner().positions;
                for (row, at) in rows.iter().zip(positions) {
                    // A negative position: an earlier event of the same record has not arrived yet.
                    if at >= 0 { sent.taken.push(row.id) } else { sent.waiting.push(row.id) }
                }
            }
            Err(status) if is_transient(&status) => {
                tracing::warn!(%status, "audit not reached yet");
                sent.unreachable = true;
                break;
            }
            Err(status) if rows.len() == 1 && is_fault(&status) => {
                tracing::error!(row = rows[0].id, %status, "the audit failed");
                sent.waiting.push(rows[0].id);
                faults += 1;
            }
            Err(status) if rows.len() == 1 => {
                tracing::error!(row = rows[0].id, %status, "audit event refused");
                sent.refused.push(rows[0].id);
            }
            Err(_) => batches.extend(rows.into_iter().rev().map(|row| vec![row])),
        }
    }
    sent.unreachable |= sent.taken.is_empty() && faults >= FAULTS;
    sent
}

fn is_transient(status: &tonic::Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Unauthenticated
            | Code::Aborted
    )
}

/// The other end broke, maybe at this row only.
fn is_fault(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::Internal | Code::Unknown)
}

/// An audit event whose row is committed with its change, but which its writer sends: the relays leave the row
/// alone as long as a lease, and send the same leaf if the writer dies or does not get through.
#[must_use = "the relays send it only when its lease ends"]
pub struct Held {
    row: i64,
    event: NewEvent,
}

impl Held {
    pub(crate) async fn write(connection: &mut PgConnection, sealed: Sealed) -> Result<Self, sqlx::Error> {
        let row = sqlx::query_scalar(
            "INSERT INTO outbox (destination, payload, disclosure, lease_until) \
             VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) RETURNING id",
        )
        .bind(AUDIT)
        .bind(&sealed.leaf)
        .bind(&sealed.disclosure)
        .bind(LEASE_SECONDS)
        .fetch_one(connection)
        .await?;
        Ok(Self { row, event: NewEvent { leaf: sealed.leaf, disclosure: sealed.disclosure } })
    }

    /// Appends the event to the audit; `Ok` means that it is durable there. After an error the relays go on trying,
    /// so that the audit has no gap.
    pub async fn append(self, database: &Database, audit: &Upstream) -> Result<(), Failure> {
        let appended = retrying(|| {
            let mut client = AuditIngestServiceClient::new(audit.clone());
            let events = vec![self.event.clone()];
            async move { client.append_events(AppendEventsRequest { events }).await }
        })
        .await;
        let outcome = match appended {
            Ok(reply) if reply.positions.first().is_some_and(|at| *at >= 0) => Ok(()),
            Ok(_) => Err(Failure::internal("the audit waits for an earlier event of the record")),
            Err(failure) => Err(failure),
        };
        let settle = match outcome {
            Ok(()) => "DELETE FROM outbox WHERE id = $1",
            Err(_) => "UPDATE outbox SET lease_until = '-infinity' WHERE id = $1",
        };
        // The event is in the audit or the lease ends: either way a row that stays does no harm.
        if let Err(error) = sqlx::query(settle).bind(self.row).execute(database.pool()).await {
            tracing::warn!(row = self.row, %error, "row of a sent event not settled");
        }
        if outcome.is_err() {
            database.outbox().wake();
        }
        outcome
    }
}

impl Outbox {
    pub(crate) fn wake(&self) {
        self.commits.send_modify(|commits| *commits += 1);
    }

    /// Waits until the relay of `destination` has tried what was committed before this call, so that the caller
    /// normally reads their own write elsewhere; gives up after `patience`, as delivery goes on anyway.
    pub async fn settle(&self, destination: &str, patience: Duration) {
        let mut passes = self.passes.subscribe();
        let wanted = passes.borrow().get(destination).map_or(1, |passes| passes.started + 1);
        self.wake();
        let tried = passes.wait_for(|passes| passes.get(destination).is_some_and(|p| p.finished >= wanted));
        let _ = tokio::time::timeout(patience, tried).await;
    }

    /// Sends rows to all `destinations` until `shutdown`; none waits for another.
    pub async fn relay(self, pool: PgPool, destinations: Vec<Destination>, shutdown: CancellationToken) {
        let relays = destinations.iter().map(|destination| self.relay_to(&pool, destination, &shutdown));
        join_all(relays).await;
    }

    async fn relay_to(&self, pool: &PgPool, destination: &Destination, shutdown: &CancellationToken) {
        let mut commits = self.commits.subscribe();
        let mut pause = IDLE_POLL;
        loop {
            self.passes.send_modify(|passes| passes.entry(destination.name).or_default().started += 1);
            let outcome = pass(pool, destination).await;
            self.passes.send_modify(|passes| {
                let passes = passes.entry(destination.name).or_default();
                passes.finished = passes.started;
            });
            // New rows do not wake a relay whose destination was out of reach: they would only wait beside the others.
            let reached = match outcome {
                Ok(Progress::More) if shutdown.is_cancelled() => return,
                Ok(Progress::More) => {
                    pause = IDLE_POLL;
                    continue;
                }
                Ok(Progress::Done) => {
                    pause = IDLE_POLL;
                    true
                }
                Ok(Progress::Unreachable) => false,
                Err(error) => {
                    tracing::warn!(destination = destination.name, %error, "outbox not read");
                    false
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                changed = commits.changed(), if reached => if changed.is_err() { return },
            }
            if !reached {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// How a pass over the rows of a destination ended.
enum Progress {
    More,
    Done,
    Unreachable,
}

async fn pass(pool: &PgPool, destination: &Destination) -> Result<Progress, Failure> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        // As an array it is selected once, whatever the planner believes of a table that is mostly empty.
        "UPDATE outbox SET lease_until = clock_timestamp() + make_interval(secs => $3) WHERE id = ANY (ARRAY ( \
           SELECT id FROM outbox WHERE destination = $1 AND lease_until < clock_timestamp() \
           ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)) \
         RETURNING id, payload, disclosure",
    )
    .bind(destination.name)
    .bind(BATCH)
    .bind(LEASE_SECONDS)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(Progress::Done);
    }
    let full = rows.len() as i64 == BATCH;
    let mut rows: Vec<_> =
        rows.into_iter().map(|(id, payload, disclosure)| Row { id, payload, disclosure }).collect();
    rows.sort_by_key(|row| row.id);
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let sent = (destination.send)(rows).await;
    sqlx::query("DELETE FROM outbox WHERE id = ANY($1)").bind(&sent.taken).execute(pool).await?;
    if sent.taken.len() < ids.len() {
        let left: Vec<i64> = ids.into_iter().filter(|id| !sent.taken.contains(id)).collect();
        sqlx::query(
            "UPDATE outbox SET lease_until = CASE \
               WHEN id = ANY($2) THEN clock_timestamp() + make_interval(secs => $3) \
               WHEN id = ANY($4) THEN clock_timestamp() + make_interval(secs => $5) \
               ELSE '-infinity' END WHERE id = ANY($1)",
        )
        .bind(&left)
        .bind(&sent.refused)
        .bind(REFUSED_SECONDS)
        .bind(&sent.waiting)
        .bind(WAITING_SECONDS)
        .execute(pool)
        .await?;
    }
    // The next pass takes other rows only if this one put its own off.
    let settled = !sent.taken.is_empty() || !sent.refused.is_empty() || !sent.waiting.is_empty();
    Ok(match (sent.unreachable, full && settled) {
        (true, _) => Progress::Unreachable,
        (false, true) => Progress::More,
        (false, false) => Progress::Done,
    })
}
