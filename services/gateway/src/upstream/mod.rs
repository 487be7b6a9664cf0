//! A service behind the gateway: its live connections to all replicas, and the choice of one for a call.

mod connection;
mod health;
mod resolve;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

pub use connection::Connection;
pub use resolve::{Origin, Replicas};

/// How long a call waits when no replica can be reached, as while the only one restarts.
const WAIT: Duration = Duration::from_secs(1);
/// Calls that wait so at once; more are refused immediately.
const MAX_WAITING: usize = 256;

/// No replica can be reached.
#[derive(Debug, thiserror::Error)]
#[error("no replica can be reached")]
pub struct Unreachable;

/// One service. Its connections are kept up by [`Replicas::keep_connected`].
pub struct Upstream {
    pub name: &'static str,
    live: RwLock<Vec<Arc<Connection>>>,
    turn: AtomicUsize,
    changed: Notify,
    waiting: Semaphore,
}

impl Upstream {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            live: RwLock::default(),
            turn: AtomicUsize::new(0),
            changed: Notify::new(),
            waiting: Semaphore::new(MAX_WAITING),
        }
    }

    /// A live connection, other than `failed` if there is another; waits a little where there is none.
    pub async fn connection(&self, failed: Option<&Arc<Connection>>) -> Result<Arc<Connection>, Unreachable> {
        if let Some(connection) = self.choose(failed) {
            return Ok(connection);
        }
        let _place = self.waiting.try_acquire().map_err(|_| Unreachable)?;
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if let Some(connection) = self.choose(failed) {
                    return connection;
                }
                changed.await;
            }
        };
        timeout(WAIT, wait).await.map_err(|_| Unreachable)
    }

    /// Number of live connections.
    pub fn connections(&self) -> usize {
        self.live.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The less loaded of two that the turn brings, so that no call looks at all of them.
    fn choose(&self, failed: Option<&Arc<Connection>>) -> Option<Arc<Connection>> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let count = live.len();
        if count < 2 {
            return live.first().filter(|only| !only.is_spent()).cloned();
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = turn % count;
        let second = (first + 1 + turn / count % (count - 1)) % count;
        let (one, other) = (&live[first], &live[second]);
        let avoided = |connection: &Arc<Connection>| {
            connection.is_spent() || failed.is_some_and(|failed| Arc::ptr_eq(failed, connection))
        };
        match (avoided(one), avoided(other)) {
            (false, false) if other.calls() < one.calls() => Some(Arc::clone(other)),
            (false, _) => Some(Arc::clone(one)),
            (true, false) => Some(Arc::clone(other)),
            (true, true) => live.iter().find(|connection| !connection.is_spent()).cloned(),
        }
    }

    fn add(&self, connection: &Arc<Connection>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        if !live.iter().any(|known| Arc::ptr_eq(known, connection)) {
            live.push(Arc::clone(connection));
            self.changed.notify_waiters();
        }
    }

    fn remove(&self, connection: &Arc<Connection>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.retain(|known| !Arc::ptr_eq(known, connection));
    }
}
