//! Group commit: what is handed in while one transaction commits goes into the next. Over several replicas the
//! head of the log is held from reading it to the commit, so that positions appear in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use service_kit::{Database, Failure, Reason, Refusal};
use tokio::sync::oneshot;
use tonic::Status;

use crate::leaf::Entry;
use crate::sequence::{self, Mismatch};
use crate::store::Store;

/// A transaction takes no further call once it has this many events.
const BATCH_EVENTS: usize = 2000;

/// Appends to the log; cheap to clone.
#[derive(Clone)]
pub struct Sequencer {
    database: Database,
    store: Store,
    queue: Arc<Mutex<Queue>>,
    queue_bytes: usize,
}

#[derive(Default)]
struct Queue {
    calls: VecDeque<Waiting>,
    bytes: usize,
    /// Whether a task is committing what waits here.
    committing: bool,
}

/// A call that waits for its commit.
struct Waiting {
    entries: Vec<Entry>,
    answer: oneshot::Sender<Result<Vec<i64>, Status>>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.leaf.len()).sum()
    }
}

impl Sequencer {
    pub fn new(database: Database, store: Store, queue_bytes: usize) -> Self {
        Self { database, store, queue: Arc::default(), queue_bytes }
    }

    /// Appends the events of one call, all or none, and gives their positions once they are durable.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<Vec<i64>, Status> {
        let (answer, answered) = oneshot::channel();
        if self.enqueue(Waiting { entries, answer })? {
            tokio::spawn(self.clone().commit_all());
        }
        answered.await.map_err(|_| Failure::internal("a batch ended without an answer"))?
    }

    /// Whether the caller is to start the committing.
    fn enqueue(&self, call: Waiting) -> Result<bool, Refusal> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = queue.bytes + call.bytes();
        if !queue.calls.is_empty() && bytes > self.queue_bytes {
            return Err(overloaded());
        }
        queue.bytes = bytes;
        queue.calls.push_back(call);
        Ok(!std::mem::replace(&mut queue.committing, true))
    }

    /// The next batch; none ends the committing.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = Vec::new();
        let mut events = 0;
        while events < BATCH_EVENTS
            && let Some(call) = queue.calls.pop_front()
        {
            queue.bytes -= call.bytes();
            events += call.entries.len();
            batch.push(call);
        }
        queue.committing = !batch.is_empty();
        queue.committing.then_some(batch)
    }

    async fn commit_all(self) {
        while let Some(batch) = self.take() {
            match self.commit(&batch).await {
                Ok(outcomes) => {
                    for (call, outcome) in batch.into_iter().zip(outcomes) {
                        let _ = call.answer.send(outcome.map_err(|mismatch| Refusal::from(mismatch).into()));
                    }
                }
                Err(failure) => {
                    let status = Status::from(failure);
                    for call in batch {
                        let _ = call.answer.send(Err(status.clone()));
                    }
                }
            }
        }
    }

    async fn commit(&self, batch: &[Waiting]) -> Result<Vec<Result<Vec<i64>, Mismatch>>, Failure> {
        let calls: Vec<_> = batch.iter().map(|call| call.entries.as_slice()).collect();
        let mut tx = self.database.transaction().await?;
        let log = self.store.hold_log(&mut tx, &calls).await?;
        let placed = sequence::place(&log, &calls);
        if !placed.appended.is_empty() {
            self.store.append(&mut tx, log.size, &placed.appended).await?;
            tx.commit_unasked().await?;
        }
        Ok(placed.outcomes)
    }
}

fn overloaded() -> Refusal {
    Refusal::new(
        Reason::Overloaded,
        "too many events wait for the log; come back soon",
        "待记录的审计事件过多，请稍后重试",
    )
    .retry_after(Duration::from_millis(200))
}
