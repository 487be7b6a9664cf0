//! Indicators in PostgreSQL, and how far the feed is counted in.

use std::collections::BTreeMap;

use govshare_model::id::UnitId;
use service_kit::{Database, Failure, Tx};

use crate::indicators::{Indicator, Tally};

#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// One unit's indicators; those not there are zero.
#[derive(Debug, Default)]
pub struct Line {
    pub unit: String,
    values: BTreeMap<String, i64>,
}

impl Line {
    pub fn zeros(unit: &UnitId) -> Self {
        Self { unit: unit.to_string(), values: BTreeMap::new() }
    }

    pub fn value(&self, indicator: Indicator) -> i64 {
        self.values.get(indicator.as_str()).copied().unwrap_or_default()
    }
}

struct Row {
    unit: String,
    indicator: String,
    value: i64,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The events below this position are counted. Read before the indicators, it never says too much.
    pub async fn position(&self) -> Result<i64, Failure> {
        let position = sqlx::query_scalar!("SELECT position FROM evaluation.feed_cursor")
            .fetch_one(self.database.pool())
            .await?;
        Ok(position)
    }

    /// Moves the cursor from `old` to `new`; `false` if another replica did.
    pub async fn advance(&self, tx: &mut Tx, old: i64, new: i64) -> Result<bool, Failure> {
        let moved =
            sqlx::query!("UPDATE evaluation.feed_cursor SET position = $2 WHERE position = $1", old, new)
                .execute(&mut **tx)
                .await?;
        Ok(moved.rows_affected() == 1)
    }

    /// Counts a tally in; only who moved the cursor over its events may.
    pub async fn count(&self, tx: &mut Tx, tally: Tally) -> Result<(), Failure> {
        let mut changes = tally.counted;
        let (mut standing, mut fallen) = ((Vec::new(), Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        for ((indicator, record), unit) in tally.records {
            match unit {
                Some(unit) => {
                    standing.0.push(indicator.as_str());
                    standing.1.push(record);
                    standing.2.push(unit.to_string());
                }
                None => {
                    fallen.0.push(indicator.as_str());
                    fallen.1.push(record);
                }
            }
        }
        Ok(())
    }
}
