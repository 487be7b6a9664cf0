//! Which policy pack the catalogue works by: the one in force on the day of business time (art. 37).

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::{Pack, Packs};
use service_kit::clock::Clock;
use service_kit::config::ConfigError;
use service_kit::{Reason, Refusal};

/// The packs of the installation, read and checked at the start.
#[derive(Clone)]
pub struct Policy {
    packs: Arc<Packs>,
    clock: Clock,
}

impl Policy {
    /// Reads the list of the configuration.
    pub fn configured(list: &str, clock: Clock) -> Result<Self, ConfigError> {
        let packs = Arc::new(service_kit::packs::configured("service.packs", list)?);
        Ok(Self { packs, clock })
    }

    /// The pack in force today. Without one nobody can say what is asked, so what depends on it is refused.
    pub fn today(&self) -> Result<&Pack, Refusal> {
        self.packs.in_force(shanghai_date(self.clock.now())).ok_or_else(|| {
            Refusal::new(Reason::WrongState, "no policy pack is in force today", "当日没有生效的规则包")
                .article("37")
        })
    }
}
