//! What events add up to, per unit and month: one pure account, kept going in the database and made anew from the feed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use govshare_model::id::UnitId;
use time::Date;

use crate::indicators::{self, Effect, Indicator, Malformed};

/// A month of Shanghai.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
}

impl Month {
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month().into() }
    }

    /// Reads `2026-03`.
    pub fn from_text(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(_, month)| month.len() == 2)?;
        let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
        Some(Self { year: year.parse().ok().filter(|_| year.len() == 4)?, month })
    }
}

/// `2026-03`, as periods are stored.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Changes of indicators by unit and month, and the records that stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    pub changes: BTreeMap<UnitId, BTreeMap<(Month, Indicator), i64>>,
    pub standing: BTreeMap<(Indicator, String), UnitId>,
    pub names: BTreeMap<UnitId, String>,
}

impl Ledger {
    /// An account that goes on from records that stand already.
    pub fn from_standing(standing: BTreeMap<(Indicator, String), UnitId>) -> Self {
        Self { standing, ..Self::default() }
    }

    /// Takes the bytes of a leaf.
    pub fn take(&mut self, leaf: &[u8]) -> Result<(), Malformed> {
        let leaf = indicators::read(leaf)?;
        let effects = indicators::effects(&leaf)?;
        let month = Month::of(indicators::day(&leaf)?);
        effects.into_iter().for_each(|effect| self.add(effect, month));
        if let Some((unit, name)) = indicators::named_unit(&leaf) {
            self.names.insert(unit, name);
        }
        Ok(())
    }

    pub fn add(&mut self, effect: Effect, month: Month) {
        match effect {
            Effect::Known { unit } => self.change(unit, month, Indicator::PublishedEntries, 0),
            Effect::Counted { unit, indicator } => self.change(unit, month, indicator, 1),
            Effect::Stands { unit, indicator, record } => {
                let mut entered = false;
                self.standing.entry((indicator, record)).or_insert_with(|| {
                    entered = true;
                    unit.clone()
                });
                if entered {
                    self.change(unit, month, indicator, 1);
                }
            }
            Effect::Falls { indicator, record } => {
                if let Some(unit) = self.standing.remove(&(indicator, record)) {
                    self.change(unit, month, indicator, -1);
                }
            }
        }
    }

    fn change(&mut self, unit: UnitId, month: Month, indicator: Indicator, number: i64) {
        *self.changes.entry(unit).or_default().entry((month, indicator)).or_default() += number;
    }
}

/// The records that leaves let stand or fall: what an account over them has to know from before.
pub fn records_named<'l>(leaves: impl Iterator<Item = &'l [u8]>) -> BTreeSet<(Indicator, String)> {
    let effects = leaves.filter_map(|leaf| indicators::effects(&indicators::read(leaf).ok()?).ok()).flatten();
    effects
        .filter_map(|effect| match effect {
            Effect::Stands { indicator, record, .. } | Effect::Falls { indicator, record } => {
                Some((indicator, record))
            }
            Effect::Known { .. } | Effect::Counted { .. } => None,
        })
        .collect()
}
