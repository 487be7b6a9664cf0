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
        let mut changes: BTreeMap<(String, String), i64> = BTreeMap::new();
        for ((unit, indicator), number) in tally.counted {
            changes.insert((unit.into(), indicator.as_str().to_owned()), number);
        }
        for (unit, indicator, number) in self.turn(tx, tally.records).await? {
            *changes.entry((unit, indicator)).or_default() += number;
        }
        let (lines, numbers): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let (units, indicators): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        sqlx::query!(
            "INSERT INTO evaluation.unit_indicators (unit, indicator, value) \
             SELECT unit, indicator, 0 FROM unnest($1::text[], $2::text[]) AS changed (unit, indicator) \
             ON CONFLICT DO NOTHING",
            &units,
            &indicators
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE evaluation.unit_indicators counted SET value = value + number \
             FROM unnest($1::text[], $2::text[], $3::bigint[]) AS changed (unit, indicator, number) \
             WHERE counted.unit = changed.unit AND counted.indicator = changed.indicator",
            &units,
            &indicators,
            &numbers
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Lets records stand for a unit or fall; gives what really changed, as unit, indicator and number.
    async fn turn(
        &self,
        tx: &mut Tx,
        records: BTreeMap<(Indicator, String), Option<UnitId>>,
    ) -> Result<Vec<(String, String, i64)>, Failure> {
        let mut indicators = Vec::with_capacity(records.len());
        let mut names = Vec::with_capacity(records.len());
        let mut units = Vec::with_capacity(records.len());
        for ((indicator, record), unit) in records {
            indicators.push(indicator.as_str());
            names.push(record);
            units.push(unit.map(String::from));
        }
        let turned = sqlx::query!(
            r#"WITH turned AS (
                 SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS turned (indicator, record, unit)),
               stood AS (
                 INSERT INTO evaluation.standing_records (indicator, record, unit)
                 SELECT indicator, record, unit FROM turned WHERE unit IS NOT NULL
                 ON CONFLICT DO NOTHING RETURNING unit, indicator),
               fell AS (
                 DELETE FROM evaluation.standing_records standing USING turned
                 WHERE turned.unit IS NULL AND standing.indicator = turned.indicator
                   AND standing.record = turned.record
                 RETURNING standing.unit, standing.indicator)
               SELECT unit AS "unit!", indicator AS "indicator!", 1::bigint AS "number!" FROM stood
               UNION ALL SELECT unit, indicator, -1 FROM fell"#,
            &indicators as &[&str],
            &names,
            &units as &[Option<String>]
        )
        .fetch_all(&mut **tx)
        .await?;
        Ok(turned.into_iter().map(|row| (row.unit, row.indicator, row.number)).collect())
    }

    /// The unit's line, if any event named it.
    pub async fn line(&self, unit: &UnitId) -> Result<Option<Line>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT unit, indicator, value FROM evaluation.unit_indicators WHERE unit = $1",
            unit.as_str()
        )
        .fetch_all(self.database.pool())
        .await?;
        Ok(lines(rows).pop())
    }

    /// Up to `limit` lines by unit, of those after `after`.
    pub async fn list(&self, after: &str, limit: i64) -> Result<Vec<Line>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT unit, indicator, value FROM evaluation.unit_indicators WHERE unit IN ( \
               SELECT DISTINCT unit FROM evaluation.unit_indicators WHERE unit > $1 ORDER BY unit LIMIT $2) \
             ORDER BY unit",
            after,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        Ok(lines(rows))
    }
}

/// Rows in the order of their units as one line each.
fn lines(rows: Vec<Row>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        match lines.last_mut().filter(|line| line.unit == row.unit) {
            Some(line) => {
                line.values.insert(row.indicator, row.value);
            }
            None => lines.push(Line { unit: row.unit, values: [(row.indicator, row.value)].into() }),
        }
    }
    lines
}
