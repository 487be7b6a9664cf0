//! The packs that this installation lists, and in which days each is in force.

mod convert;
pub mod grpc;
mod holidays;

use govshare_model::pack::{Pack, Packs};
use service_kit::config::ConfigError;
use service_kit::{Failure, Reason, Refusal};
use time::Date;

pub use holidays::{Holidays, tell_again};

use crate::access_request::{AccessRequest, Rejection};

/// Key of the list in the configuration.
const KEY: &str = "service.packs";

/// The packs of the installation, read and checked at the start.
#[derive(Debug, Clone)]
pub struct Rules(Packs);

impl Rules {
    /// Reads the list of the configuration.
    pub fn configured(list: &str) -> Result<Self, ConfigError> {
        service_kit::packs::configured(KEY, list).map(Self)
    }

    pub fn all(&self) -> &Packs {
        &self.0
    }

    /// The pack of an application that is received on `day`.
    pub fn in_force(&self, day: Date) -> Result<&Pack, Rejection> {
        self.0.in_force(day).ok_or(Rejection::NoPolicy)
    }

    /// The pack that a received case keeps.
    pub fn of(&self, request: &AccessRequest) -> Result<&Pack, Failure> {
        let Some(receipt) = request.state.receipt() else {
            return Err(Rejection::NotOpen { state: request.state.name() }.into());
        };
        self.0.kept(&receipt.pack, receipt.pack_version).ok_or_else(|| {
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
