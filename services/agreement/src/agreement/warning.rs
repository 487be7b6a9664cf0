//! The warning to the user of an agreement in force whose entry is suspended or retired in the catalogue (art. 16).

use time::OffsetDateTime;

use super::{Agreement, Happened, Transition};

/// What the catalogue says of an entry that it published and publishes no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWarning {
    pub withdrawn: Withdrawn,
    /// The provider's reason.
    pub reason: String,
    pub since: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// The provider may publish it again.
    Suspended,
    Retired,
}

impl Withdrawn {
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspended => "SUSPENDED",
            Self::Retired => "RETIRED",
        }
    }
}

impl Agreement {
    /// Takes over what the catalogue says of the entry now. `None`: that is known, or the agreement is not in force.
    pub fn warn(mut self, warning: Option<EntryWarning>, now: OffsetDateTime) -> Option<Transition> {
        if self.warning == warning || self.in_force(now).is_err() {
            return None;
        }
        let happened = if warning.is_some() { Happened::EntryWarned } else { Happened::EntryWarningLifted };
        self.warning = warning;
        let state = self.state.clone();
        Some(self.become_state(state, vec![happened], now))
    }
}
