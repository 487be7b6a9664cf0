//! The policy packs that an installation lists, and the days on which each is in force.

use std::path::Path;
use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::{InForce, Pack, Packs};
use govshare_proto::error::v1::Reason;
use time::Date;
use time::macros::format_description;

use crate::clock::Clock;
use crate::config::ConfigError;
use crate::failure::Refusal;

/// The packs of an installation by the day of business time, for what belongs to no case (art. 37).
#[derive(Clone)]
pub struct Policy {
    packs: Arc<Packs>,
    clock: Clock,
}

impl Policy {
    pub fn new(packs: Packs, clock: Clock) -> Self {
        Self { packs: Arc::new(packs), clock }
    }

    /// The pack in force today. Without one nobody can say what is asked, so what depends on it is refused.
    pub fn today(&self) -> Result<&Pack, Refusal> {
        self.on(shanghai_date(self.clock.now()))
    }

    /// The pack in force on a day.
    pub fn on(&self, day: Date) -> Result<&Pack, Refusal> {
        self.packs.in_force(day).ok_or_else(|| {
            Refusal::new(
                Reason::WrongState,
                format!("no policy pack is in force on {day}"),
                format!("{day}没有生效的规则包"),
            )
            .state("NO_PACK_IN_FORCE")
            .article("37")
        })
    }
}

/// Reads `PACK@FROM..UNTIL` entries with commas between them: `PACK` is the id of a pack that ships or the path of a
/// TOML file, `UNTIL` is inclusive and absent while no end is set. `key` is the setting, for errors.
pub fn configured(key: &'static str, list: &str) -> Result<Packs, ConfigError> {
    let refused = |problem: String| ConfigError::Value { key, problem };
    let mut packs = Vec::new();
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let named = |problem: String| refused(format!("{entry:?}: {problem}"));
        let (pack, days) = entry.split_once('@').ok_or_else(|| named("must be PACK@FROM..UNTIL".into()))?;
        let (from, until) = days.split_once("..").ok_or_else(|| named("must be PACK@FROM..UNTIL".into()))?;
        let from = day(from).map_err(named)?;
        let until = if until.is_empty() { None } else { Some(day(until).map_err(named)?) };
        packs.push(InForce { pack: read(pack).map_err(named)?, from, until });
    }
    if packs.is_empty() {
        return Err(refused("must list a pack".to_owned()));
    }
    Packs::new(packs).map_err(|error| refused(error.to_string()))
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| format!("{text:?} is no day such as 2014-08-01"))
}

fn read(named: &str) -> Result<Pack, String> {
    if let Some(pack) = Pack::builtin(named) {
        return Ok(pack.clone());
    }
    let text = std::fs::read_to_string(Path::new(named))
        .map_err(|error| format!("no pack of this id ships, and no file can be read: {error}"))?;
    Pack::from_toml(&text).map_err(|error| error.to_string())
}
