//! How often a unit may call.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use govshare_model::id::UnitId;
use service_kit::{Reason, Refusal};

/// One allowance per unit. Only units of verified tokens come in, and those at rest are forgotten every
/// [`FORGET_INTERVAL`].
pub struct Rates {
    limiter: DefaultKeyedRateLimiter<UnitId>,
    clock: DefaultClock,
}

pub const FORGET_INTERVAL: Duration = Duration::from_secs(10);

impl Rates {
    pub fn new(calls_per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_second(calls_per_second).allow_burst(burst);
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Counts a call of `unit`, or refuses it and says when to come back.
    pub fn admit(&self, unit: &UnitId) -> Result<(), Refusal> {
        self.limiter.check_key(unit).map_err(|early| {
            Refusal::new(
                Reason::RateLimited,
                "your unit calls too often; see RetryInfo",
                "本单位调用过于频繁，请按 RetryInfo 稍后重试",
            )
            .retry_after(early.wait_time_from(self.clock.now()))
        })
    }

    pub fn forget_those_at_rest(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}
