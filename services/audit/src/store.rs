//! The log in PostgreSQL: rows are added and read, never changed.

use std::collections::{HashMap, HashSet};

use govshare_model::id::UnitId;
use service_kit::{Database, Failure, Tx};

use crate::leaf::Entry;
use crate::sequence::Log;

#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Which events a reader asks for.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'s> {
    All,
    Case(&'s str),
    /// Of one aggregate, and of one case where that is named too.
    Aggregate(&'s str, Option<&'s str>),
}

/// An event that a reader may have, its leaf not read yet.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// What the scope is read in order of: the position, or the version within one aggregate.
    pub key: i64,
    pub position: i64,
    /// Length of the leaf.
    pub bytes: i32,
}

/// An event of the log.
#[derive(Debug)]
pub struct Stored {
    pub position: i64,
    pub leaf: Vec<u8>,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Holds the end of the log until the transaction ends, and reads what it says about the events of `calls`.
    pub async fn hold_log(&self, tx: &mut Tx, calls: &[&[Entry]]) -> Result<Log, Failure> {
        let size =
            sqlx::query_scalar!("SELECT size FROM audit.log_head FOR UPDATE").fetch_one(&mut **tx).await?;
        let entries: Vec<_> = calls.iter().copied().flatten().collect();
        let aggregates: HashSet<_> = entries.iter().map(|entry| entry.aggregate.as_str()).collect();
        let aggregates: Vec<_> = aggregates.into_iter().collect();
        let last: HashMap<_, _> = sqlx::query!(
            r#"SELECT asked.aggregate AS "aggregate!",
                 (SELECT max(aggregate_version) FROM audit.events
                  WHERE events.aggregate = asked.aggregate) AS last
               FROM unnest($1::text[]) AS asked (aggregate)"#,
            &aggregates as &[&str]
        )
        .fetch_all(&mut **tx)
        .await?
        .into_iter()
        .map(|row| (row.aggregate, row.last.unwrap_or_default()))
        .collect();
        let repeated = |entry: &&Entry| last.get(&entry.aggregate).is_some_and(|last| entry.version <= *last);
        let repeats: Vec<_> = entries.into_iter().filter(repeated).collect();
        let stored = if repeats.is_empty() { HashMap::new() } else { self.stored(tx, &repeats).await? };
        Ok(Log { size, last, stored })
    }

    async fn stored(
        &self,
        tx: &mut Tx,
        repeats: &[&Entry],
    ) -> Result<HashMap<(String, i64), (i64, Vec<u8>)>, Failure> {
        let aggregates: Vec<_> = repeats.iter().map(|entry| entry.aggregate.as_str()).collect();
        let versions: Vec<_> = repeats.iter().map(|entry| entry.version).collect();
        let rows = sqlx::query!(
            "SELECT position, leaf, aggregate, aggregate_version FROM audit.events
             JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::bigint[])) AS asked (aggregate, aggregate_version)
               USING (aggregate, aggregate_version)",
            &aggregates as &[&str],
            &versions
        )
        .fetch_all(&mut **tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ((row.aggregate, row.aggregate_version), (row.position, row.leaf)))
            .collect())
    }

    /// Adds `entries` at `position` and after, which is where the held log ends.
    pub async fn append(&self, tx: &mut Tx, position: i64, entries: &[&Entry]) -> Result<(), Failure> {
        let positioned = || (position..).zip(entries.iter().copied());
        let leaves: Vec<_> = entries.iter().map(|entry| entry.leaf.as_slice()).collect();
        let aggregates: Vec<_> = entries.iter().map(|entry| entry.aggregate.as_str()).collect();
        let versions: Vec<_> = entries.iter().map(|entry| entry.version).collect();
        let cases: Vec<_> = entries.iter().map(|entry| entry.case.as_str()).collect();
        let (units, concerned): (Vec<_>, Vec<_>) = positioned()
            .flat_map(|(position, entry)| entry.concerns.iter().map(move |unit| (unit.as_str(), position)))
            .unzip();
        let (disclosed, disclosures): (Vec<_>, Vec<_>) = positioned()
            .filter(|(_, entry)| !entry.disclosure.is_empty())
            .map(|(position, entry)| (position, entry.disclosure.as_slice()))
            .unzip();
        sqlx::query!(
            "WITH added AS (
               INSERT INTO audit.events (position, leaf, aggregate, aggregate_version, case_id)
               SELECT $1 + number - 1, leaf, aggregate, version, NULLIF(case_id, '')
               FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::text[])
                 WITH ORDINALITY AS new (leaf, aggregate, version, case_id, number)),
             concerned AS (
               INSERT INTO audit.event_concerns (unit, position)
               SELECT * FROM unnest($6::text[], $7::bigint[])),
             disclosed AS (
               INSERT INTO audit.disclosures (position, disclosure)
               SELECT * FROM unnest($8::bigint[], $9::bytea[]))
             UPDATE audit.log_head SET size = size + cardinality($2::bytea[])",
            position,
            &leaves as &[&[u8]],
            &aggregates as &[&str],
            &versions,
            &cases as &[&str],
            &units as &[&str],
            &concerned,
            &disclosed,
            &disclosures as &[&[u8]],
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Up to `limit` events of `scope` after the key `after`, in order; only those that concern `unit` if one is
    /// given.
    pub async fn find(
        &self,
        scope: Scope<'_>,
        unit: Option<&UnitId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Found>, Failure> {
        let pool = self.database.pool();
        let unit = unit.map(UnitId::as_str);
        let found = match (scope, unit) {
            (Scope::All, None) => {
                sqlx::query_as!(
                    Found,
                    r#"SELECT position AS key, position, octet_length(leaf) AS "bytes!" FROM audit.events
                       WHERE position > $1 ORDER BY position LIMIT $2"#,
                    after,
                    limit
                )
                .fetch_all(pool)
                .await?
            }
            (Scope::All, Some(unit)) => {
                sqlx::query_as!(
                    Found,
                    r#"SELECT position AS key, position, octet_length(leaf) AS "bytes!"
                       FROM audit.event_concerns JOIN audit.events USING (position)
                       WHERE unit = $1 AND position > $2 ORDER BY position LIMIT $3"#,
                    unit,
                    after,
                    limit
                )
                .fetch_all(pool)
                .await?
            }
            (Scope::Case(case), unit) => {
                sqlx::query_as!(
                    Found,
                    r#"SELECT position AS key, position, octet_length(leaf) AS "bytes!" FROM audit.events
                       WHERE case_id = $1 AND position > $2 AND ($3::text IS NULL OR EXISTS (
                         SELECT FROM audit.event_concerns concerns
                         WHERE concerns.unit = $3 AND concerns.position = events.position))
                       ORDER BY position LIMIT $4"#,
                    case,
                    after,
                    unit,
                    limit
                )
                .fetch_all(pool)
                .await?
            }
            (Scope::Aggregate(aggregate, case), unit) => {
                sqlx::query_as!(
                    Found,
                    r#"SELECT aggregate_version AS key, position, octet_length(leaf) AS "bytes!"
                       FROM audit.events
                       WHERE aggregate = $1 AND aggregate_version > $2 AND ($3::text IS NULL OR case_id = $3)
                         AND ($4::text IS NULL OR EXISTS (
                           SELECT FROM audit.event_concerns concerns
                           WHERE concerns.unit = $4 AND concerns.position = events.position))
                       ORDER BY aggregate_version LIMIT $5"#,
                    aggregate,
                    after,
                    case,
                    unit,
                    limit
                )
                .fetch_all(pool)
                .await?
            }
        };
        Ok(found)
    }

    /// The events at these positions, in the order of the log.
    pub async fn read(&self, positions: &[i64]) -> Result<Vec<Stored>, Failure> {
        let stored = sqlx::query_as!(
            Stored,
            "SELECT position, leaf FROM audit.events WHERE position = ANY($1) ORDER BY position",
            positions
        )
        .fetch_all(self.database.pool())
        .await?;
        Ok(stored)
    }
}
