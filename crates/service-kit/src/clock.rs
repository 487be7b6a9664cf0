//! The only reader of the wall clock. Business time (receipts, deadlines, validity) is asked here and can be
//! moved in tests; tokens, tickets and leases live in real time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::{Duration, OffsetDateTime};

/// Business time: the wall clock plus an offset that only tests move.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// Business time, UTC, cut to microseconds as PostgreSQL keeps it.
    pub fn now(&self) -> OffsetDateTime {
        real_now() + Duration::seconds(self.offset_seconds.load(Ordering::Relaxed))
    }

    /// Moves business time so that it is `now` at this moment and runs on from there.
    pub fn set(&self, now: OffsetDateTime) {
        self.offset_seconds.store((now - real_now()).whole_seconds(), Ordering::Relaxed);
    }
}

/// Real time, UTC, cut to microseconds as PostgreSQL keeps it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
pub fn real_now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(now.microsecond() * 1000).unwrap_or(now)
}

/// Real time in seconds since 1970, as JWT claims count.
pub fn real_seconds() -> u64 {
    real_now().unix_timestamp().unsigned_abs()
}
