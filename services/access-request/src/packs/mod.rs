//! The packs that this installation lists, and in which days each is in force.

mod convert;
pub mod grpc;
mod holidays;

use std::path::Path;

use govshare_model::pack::{InForce, Pack, Packs};
use service_kit::config::ConfigError;
use service_kit::{Failure, Reason, Refusal};
use time::Date;
use time::macros::format_description;

pub use holidays::Holidays;

use crate::access_request::{AccessRequest, Rejection};

/// Key of the list in the configuration.
const KEY: &str = "service.packs";

/// The packs of the installation, read and checked at the start.
#[derive(Debug, Clone)]
pub struct Rules(Packs);

impl Rules {
    /// Reads `PACK@FROM..UNTIL` entries with commas between them: `PACK` is the id of a pack that ships or the path of a
    /// TOML file, `UNTIL` is inclusive and absent while no end is set.
    pub fn configured(list: &str) -> Result<Self, ConfigError> {
        let refused = |problem: String| ConfigError::Value { key: KEY, problem };
        let mut packs = Vec::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let named = |problem: String| refused(format!("{entry:?}: {problem}"));
            let (pack, days) =
                entry.split_once('@').ok_or_else(|| named("must be PACK@FROM..UNTIL".into()))?;
            let (from, until) =
                days.split_once("..").ok_or_else(|| named("must be PACK@FROM..UNTIL".into()))?;
            let from = day(from).map_err(named)?;
            let until = if until.is_empty() { None } else { Some(day(until).map_err(named)?) };
            packs.push(InForce { pack: read(pack).map_err(named)?, from, until });
        }
        if packs.is_empty() {
            return Err(refused("must list a pack".to_owned()));
        }
        Packs::new(packs).map(Self).map_err(|error| refused(error.to_string()))
    }

    pub fn all(&self) -> &Packs {
        &self.0
    }

    /// The pack of an application that is received on `day`.
    pub fn in_force(&self, day: Date) -> Result<&Pack, Rejection> {
        self.0.in_force(day).ok_or(Rejection::NoPolicy)
    }

    /// The pack that a received case keeps; a pack that ships is known for good.
    pub fn of(&self, request: &AccessRequest) -> Result<&Pack, Failure> {
        let Some(receipt) = request.state.receipt() else {
            return Err(Rejection::NotOpen { state: request.state.name() }.into());
        };
        let ships = |pack: &&Pack| pack.id == receipt.pack && pack.version == receipt.pack_version;
        let listed = self.0.get(&receipt.pack, receipt.pack_version);
        listed.or_else(|| Pack::shipped().iter().find(ships)).ok_or_else(|| {
            Refusal::new(
                Reason::PolicyPackUnknown,
                format!("this installation does not list {}/{}", receipt.pack, receipt.pack_version),
                format!("本平台未列规则包 {}/{}", receipt.pack, receipt.pack_version),
            )
            .with("pack", format!("{}/{}", receipt.pack, receipt.pack_version))
            .article("37")
            .into()
        })
    }
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
