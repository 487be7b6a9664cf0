//! Shared databases in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use service_kit::{Database, Event, Failure, Reason, Refusal, Tx};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::shared_database::{Happened, Kind, Lead, Record, SharedDatabase, SharedDatabaseId, Transition};
use crate::error::race;

#[derive(Clone)]
pub struct SharedDatabaseStore {
    database: Database,
}

impl SharedDatabaseStore {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: &SharedDatabaseId) -> Result<SharedDatabase, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.shared_databases WHERE id = $1", id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let found = with_leads(&mut connection, row.into_iter().collect()).await?.pop();
        Ok(found.ok_or_else(|| Refusal::not_found("shared-database", id))?)
    }

    pub async fn load_for_update(
        &self,
        tx: &mut PgConnection,
        id: &SharedDatabaseId,
    ) -> Result<Option<SharedDatabase>, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.shared_databases WHERE id = $1 FOR UPDATE",
            id.as_str()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(with_leads(tx, row.into_iter().collect()).await?.pop())
    }

    /// Shared databases by id after `after`.
    pub async fn list(&self, after: Option<&str>, limit: i64) -> Result<Vec<SharedDatabase>, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.shared_databases WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2",
            after,
            limit
        )
        .fetch_all(&mut *connection)
        .await?;
        with_leads(&mut connection, rows).await
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let SharedDatabase { id, record, created, updated, version } = transition.database();
        let written = sqlx::query!(
            "INSERT INTO catalog.shared_databases (id, display_name, kind, basis, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind, \
               basis = excluded.basis, updated_at = excluded.updated_at, version = excluded.version \
             WHERE shared_databases.version = excluded.version - 1",
            id.as_str(),
            record.name,
            kind_name(record.kind),
            record.basis,
            created,
            updated,
            version
        )
        .execute(&mut **tx)
        .await
        .map_err(race)?;
        if written.rows_affected() == 0 {
            return Err(already_exists(id).into());
        }
        sqlx::query!("DELETE FROM catalog.shared_database_leads WHERE shared_database_id = $1", id.as_str())
            .execute(&mut **tx)
            .await?;
        let units: Vec<_> = record.leads.iter().map(|lead| lead.unit.as_str()).collect();
        let starts: Vec<_> = record.leads.iter().map(|lead| lead.start).collect();
        let ends: Vec<_> = record.leads.iter().map(|lead| lead.end).collect();
        sqlx::query!(
            "INSERT INTO catalog.shared_database_leads (shared_database_id, unit_id, start_date, end_date) \
             SELECT $1, unit, start_date, end_date \
             FROM unnest($2::text[], $3::date[], $4::date[]) AS lead (unit, start_date, end_date)",
            id.as_str(),
            &units as &[&str],
            &starts,
            &ends as &[Option<Date>]
        )
        .execute(&mut **tx)
        .await?;
        tx.emit(Some(actor), &event(transition))
    }
}

/// Refuses an id that is taken.
pub(super) fn already_exists(id: &SharedDatabaseId) -> Refusal {
    Refusal::new(
        Reason::AlreadyExists,
        format!("there is a shared database {id} already"),
        format!("共享数据库 {id} 已存在"),
    )
    .resource("shared-database", id)
    .article("12")
}

fn event(transition: &Transition) -> Event {
    let database = transition.database();
    let kind = match transition.happened() {
        Happened::Created => "shared-database.created",
        Happened::Updated => "shared-database.updated",
    };
    let record = &database.record;
    let mut concerns: Vec<_> = record.leads.iter().map(|lead| lead.unit.clone()).collect();
    concerns.sort();
    concerns.dedup();
    let leads = record.leads.iter().map(|lead| {
        let end = lead.end.map(|end| end.to_string()).unwrap_or_default();
        format!("{}/{}/{end}", lead.unit, lead.start)
    });
    Event {
        aggregate: format!("shared-database/{}", database.id),
        version: database.version,
        kind,
        case: String::new(),
        state: "REGISTERED",
        article: "12",
        concerns,
        attributes: BTreeMap::from([
            ("display_name", record.name.clone()),
            ("leads", leads.collect::<Vec<_>>().join(",")),
            ("basis", record.basis.clone()),
        ]),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Base => "BASE",
        Kind::Thematic => "THEMATIC",
        Kind::Collaborative => "COLLABORATIVE",
    }
}

struct Row {
    id: String,
    display_name: String,
    kind: String,
    basis: String,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

async fn with_leads(connection: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<SharedDatabase>, Failure> {
    let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
    let leads = sqlx::query!(
        "SELECT shared_database_id, unit_id, start_date, end_date FROM catalog.shared_database_leads \
         WHERE shared_database_id = ANY($1) ORDER BY start_date, unit_id",
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let own = leads.iter().filter(|lead| lead.shared_database_id == row.id).map(|lead| {
            let unit = lead.unit_id.parse().map_err(Failure::internal)?;
            Ok(Lead { unit, start: lead.start_date, end: lead.end_date })
        });
        let kind = match row.kind.as_str() {
            "BASE" => Kind::Base,
            "THEMATIC" => Kind::Thematic,
            "COLLABORATIVE" => Kind::Collaborative,
            other => {
                return Err(Failure::internal(format!("shared database {}: no kind is {other}", row.id)));
            }
        };
        found.push(SharedDatabase {
            id: row.id.parse().map_err(Failure::internal)?,
            record: Record {
                name: row.display_name,
                kind,
                leads: own.collect::<Result<_, Failure>>()?,
                basis: row.basis,
            },
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        });
    }
    Ok(found)
}
