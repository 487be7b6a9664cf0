//! Indicators in PostgreSQL, and how far the feed is counted in.

use std::collections::{BTreeMap, BTreeSet};

use govshare_model::id::UnitId;
use service_kit::{Database, Failure, Tx};
use uuid::Uuid;

use crate::indicators::Indicator;
use crate::ledger::{Ledger, Month};

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

/// Records that stand, by what they are counted as.
pub type Standing = BTreeMap<(Indicator, String), UnitId>;

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The events below this position are counted. Read before the indicators, it never says too much.
    pub async fn position(&self) -> Result<i64, Failure> {
        let position = sqlx::query_scalar!("SELECT position FROM evaluation.feed_cursor")
            .fetch_one(self.database.pool())
            .await?;
        Ok(position)
    }

    /// As [`Store::position`]; nothing is counted until `tx` ends, so that what it reads belongs to the position.
    pub async fn hold_position(&self, tx: &mut Tx) -> Result<i64, Failure> {
        let position = sqlx::query_scalar!("SELECT position FROM evaluation.feed_cursor FOR SHARE")
            .fetch_one(&mut **tx)
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

    /// Which of these records stand; only who moved the cursor may go on from that.
    pub async fn standing(
        &self,
        tx: &mut Tx,
        named: BTreeSet<(Indicator, String)>,
    ) -> Result<Standing, Failure> {
        let (indicators, records): (Vec<_>, Vec<_>) =
            named.into_iter().map(|(indicator, record)| (indicator.as_str(), record)).unzip();
        let rows = sqlx::query!(
            "SELECT s.indicator, s.record, s.unit FROM evaluation.standing_records s \
             JOIN unnest($1::text[], $2::text[]) AS named (indicator, record) USING (indicator, record)",
            &indicators as &[&str],
            &records
        )
        .fetch_all(&mut **tx)
        .await?;
        let mut standing = Standing::new();
        for row in rows {
            let indicator = known(&row.indicator)?;
            standing.insert((indicator, row.record), row.unit.parse().map_err(Failure::internal)?);
        }
        Ok(standing)
    }

    /// Counts in what a ledger over the next events says, which began with the records `before`.
    pub async fn count(&self, tx: &mut Tx, before: &Standing, ledger: Ledger) -> Result<(), Failure> {
        let mut totals: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let mut periods: BTreeMap<(&str, String, &str), i64> = BTreeMap::new();
        for (unit, changes) in &ledger.changes {
            for ((month, indicator), number) in changes {
                let (unit, indicator) = (unit.as_str(), indicator.as_str());
                *totals.entry((unit, indicator)).or_default() += number;
                *periods.entry((unit, month.year.to_string(), indicator)).or_default() += number;
                *periods.entry((unit, month.to_string(), indicator)).or_default() += number;
            }
        }
        self.add_totals(tx, totals).await?;
        self.add_periods(tx, periods).await?;
        self.turn(tx, before, &ledger.standing).await?;
        self.name_units(tx, ledger.names).await
    }

    async fn add_totals(&self, tx: &mut Tx, totals: BTreeMap<(&str, &str), i64>) -> Result<(), Failure> {
        let (lines, numbers): (Vec<_>, Vec<_>) = totals.into_iter().unzip();
        let (units, indicators): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        // First of all a line of zero: a number that falls must meet one that it can be taken from.
        sqlx::query!(
            "INSERT INTO evaluation.unit_indicators (unit, indicator, value) \
             SELECT unit, indicator, 0 FROM unnest($1::text[], $2::text[]) AS changed (unit, indicator) \
             ON CONFLICT DO NOTHING",
            &units as &[&str],
            &indicators as &[&str]
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE evaluation.unit_indicators counted SET value = value + number \
             FROM unnest($1::text[], $2::text[], $3::bigint[]) AS changed (unit, indicator, number) \
             WHERE counted.unit = changed.unit AND counted.indicator = changed.indicator",
            &units as &[&str],
            &indicators as &[&str],
            &numbers
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    async fn add_periods(
        &self,
        tx: &mut Tx,
        changes: BTreeMap<(&str, String, &str), i64>,
    ) -> Result<(), Failure> {
        let mut columns = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ((unit, period, indicator), number) in changes {
            columns.0.push(unit);
            columns.1.push(period);
            columns.2.push(indicator);
            columns.3.push(number);
        }
        sqlx::query!(
            "INSERT INTO evaluation.unit_period_indicators AS counted (unit, period, indicator, value) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) \
             ON CONFLICT (unit, period, indicator) DO UPDATE SET value = counted.value + excluded.value",
            &columns.0 as &[&str],
            &columns.1,
            &columns.2 as &[&str],
            &columns.3
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Writes which records stand now and which do not any longer.
    async fn turn(&self, tx: &mut Tx, before: &Standing, after: &Standing) -> Result<(), Failure> {
        let fell = before.iter().filter(|(key, unit)| after.get(key) != Some(unit));
        let (indicators, records): (Vec<_>, Vec<_>) =
            fell.map(|((indicator, record), _)| (indicator.as_str(), record.clone())).unzip();
        sqlx::query!(
            "DELETE FROM evaluation.standing_records s USING unnest($1::text[], $2::text[]) AS fell (i, r) \
             WHERE s.indicator = fell.i AND s.record = fell.r",
            &indicators as &[&str],
            &records
        )
        .execute(&mut **tx)
        .await?;
        let mut columns = (Vec::new(), Vec::new(), Vec::new());
        for ((indicator, record), unit) in after.iter().filter(|(key, unit)| before.get(key) != Some(unit)) {
            columns.0.push(indicator.as_str());
            columns.1.push(record.clone());
            columns.2.push(unit.to_string());
        }
        sqlx::query!(
            "INSERT INTO evaluation.standing_records (indicator, record, unit) \
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
            &columns.0 as &[&str],
            &columns.1,
            &columns.2
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    async fn name_units(&self, tx: &mut Tx, names: BTreeMap<UnitId, String>) -> Result<(), Failure> {
        let (units, names): (Vec<_>, Vec<_>) =
            names.into_iter().map(|(unit, name)| (String::from(unit), name)).unzip();
        sqlx::query!(
            "INSERT INTO evaluation.unit_names AS known (unit, name) SELECT * FROM unnest($1::text[], $2::text[]) \
             ON CONFLICT (unit) DO UPDATE SET name = excluded.name WHERE known.name <> excluded.name",
            &units,
            &names
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Keeps the parties of cases, the latest of a case last.
    pub async fn know_cases(&self, tx: &mut Tx, cases: Vec<(Uuid, String, String)>) -> Result<(), Failure> {
        let latest: BTreeMap<Uuid, (String, String)> =
            cases.into_iter().map(|(id, applicant, provider)| (id, (applicant, provider))).collect();
        let (ids, parties): (Vec<_>, Vec<_>) = latest.into_iter().unzip();
        let (applicants, providers): (Vec<_>, Vec<_>) = parties.into_iter().unzip();
        sqlx::query!(
            "INSERT INTO evaluation.known_cases (case_id, applicant, provider) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) \
             ON CONFLICT (case_id) DO UPDATE SET provider = excluded.provider",
            &ids,
            &applicants,
            &providers
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
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

    /// One unit in a year (`2026`) or month (`2026-03`): what came in it, and of stocks what there was at its end.
    pub async fn period(&self, unit: &UnitId, period: &str) -> Result<BTreeMap<Indicator, i64>, Failure> {
        // A stock at the end of a period is the stock now without what changed later; in a period that runs nothing
        // did, so this reads few rows. Years are told from months by their length.
        let rows = sqlx::query!(
            r#"SELECT indicator AS "indicator!", sum(flow)::bigint AS "flow!", sum(stock)::bigint AS "stock!" FROM (
                 SELECT indicator, value AS flow, 0 AS stock FROM evaluation.unit_period_indicators
                 WHERE unit = $1 AND period = $2
                 UNION ALL SELECT indicator, 0, value FROM evaluation.unit_indicators WHERE unit = $1
                 UNION ALL SELECT indicator, 0, -value FROM evaluation.unit_period_indicators
                 WHERE unit = $1 AND period > $2 AND (length(period) = 4 AND period > left($2, 4)
                   OR length($2) = 7 AND length(period) = 7 AND left(period, 4) = left($2, 4))
               ) AS changes GROUP BY indicator"#,
            unit.as_str(),
            period
        )
        .fetch_all(self.database.pool())
        .await?;
        let mut found = BTreeMap::new();
        for row in rows {
            let indicator = known(&row.indicator)?;
            found.insert(indicator, if indicator.is_stock() { row.stock } else { row.flow });
        }
        Ok(found)
    }

    /// The account of all units to the end of a year, as a ledger over the feed would have it.
    pub async fn changes_until(&self, tx: &mut Tx, year: i32) -> Result<Ledger, Failure> {
        let rows = sqlx::query!(
            "SELECT unit, period, indicator, value FROM evaluation.unit_period_indicators \
             WHERE length(period) = 7 AND period < $1 ORDER BY unit",
            (year + 1).to_string()
        )
        .fetch_all(&mut **tx)
        .await?;
        let mut ledger = Ledger::default();
        for row in rows {
            let unit: UnitId = row.unit.parse().map_err(Failure::internal)?;
            let month = Month::from_text(&row.period).ok_or_else(|| Failure::internal("a month"))?;
            let changes = ledger.changes.entry(unit).or_default();
            changes.insert((month, known(&row.indicator)?), row.value);
        }
        let names = sqlx::query!("SELECT unit, name FROM evaluation.unit_names").fetch_all(&mut **tx).await?;
        for row in names {
            ledger.names.insert(row.unit.parse().map_err(Failure::internal)?, row.name);
        }
        Ok(ledger)
    }
}

fn known(indicator: &str) -> Result<Indicator, Failure> {
    Indicator::from_text(indicator)
        .ok_or_else(|| Failure::internal(format!("{indicator:?} is no indicator of this release")))
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
