//! Shared databases in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Reason, Refusal, Tx};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Date, OffsetDateTime};

use super::proposal::Proposal;
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
        let row = sqlx::query_as!(
            Row,
            "SELECT id, display_name, kind, basis, created_at, updated_at, version, proposed_leads AS \"proposed_leads: Json<Vec<Lead>>\", \
             proposed_basis, proposed_by, also_proposed_by, return_reasons \
             FROM catalog.shared_databases WHERE id = $1",
            id.as_str()
        )
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
            "SELECT id, display_name, kind, basis, created_at, updated_at, version, proposed_leads AS \"proposed_leads: Json<Vec<Lead>>\", \
             proposed_basis, proposed_by, also_proposed_by, return_reasons \
             FROM catalog.shared_databases WHERE id = $1 FOR UPDATE",
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
            "SELECT id, display_name, kind, basis, created_at, updated_at, version, proposed_leads AS \"proposed_leads: Json<Vec<Lead>>\", \
             proposed_basis, proposed_by, also_proposed_by, return_reasons \
             FROM catalog.shared_databases WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2",
            after,
            limit
        )
        .fetch_all(&mut *connection)
        .await?;
        with_leads(&mut connection, rows).await
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let SharedDatabase { id, record, proposal, created, updated, version } = transition.database();
        let proposal = proposal.as_ref();
        let also_by = proposal.into_iter().flat_map(|proposal| &proposal.also_by);
        let also_by: Vec<_> = also_by.map(ToString::to_string).collect();
        let written = sqlx::query!(
            "INSERT INTO catalog.shared_databases (id, display_name, kind, basis, created_at, updated_at, version, \
               proposed_leads, proposed_basis, proposed_by, return_reasons, also_proposed_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind, \
               basis = excluded.basis, updated_at = excluded.updated_at, version = excluded.version, \
               proposed_leads = excluded.proposed_leads, proposed_basis = excluded.proposed_basis, \
               proposed_by = excluded.proposed_by, return_reasons = excluded.return_reasons, \
               also_proposed_by = excluded.also_proposed_by \
             WHERE shared_databases.version = excluded.version - 1",
            id.as_str(),
            record.name,
            kind_name(record.kind),
            record.basis,
            created,
            updated,
            version,
            proposal.map(|proposal| Json(&proposal.leads)) as _,
            proposal.map(|proposal| proposal.basis.as_str()),
            proposal.map(|proposal| proposal.by.as_str()),
            proposal.and_then(|proposal| proposal.returned.as_deref()),
            &also_by
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
        let event = event(transition);
        tx.set_tasks(&event.aggregate, "", transition.database().tasks());
        tx.emit(Some(actor), &event)
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
        Happened::LeadsProposed => "shared-database.leads-proposed",
        Happened::LeadsApproved => "shared-database.leads-approved",
        Happened::LeadsReturned => "shared-database.leads-returned",
    };
    let record = &database.record;
    let proposed = database.proposal.as_ref();
    let proposed_leads = proposed.map(|proposal| proposal.leads.as_slice()).unwrap_or_default();
    let mut concerns: Vec<_> =
        record.leads.iter().chain(proposed_leads).map(|lead| lead.unit.clone()).collect();
    concerns.sort();
    concerns.dedup();
    let in_words = |leads: &[Lead]| {
        let lead = |lead: &Lead| {
            let end = lead.end.map(|end| end.to_string()).unwrap_or_default();
            format!("{}/{}/{end}", lead.unit, lead.start)
        };
        leads.iter().map(lead).collect::<Vec<_>>().join(",")
    };
    let mut attributes = BTreeMap::from([
        ("display_name", record.name.clone()),
        ("leads", in_words(&record.leads)),
        ("basis", record.basis.clone()),
    ]);
    if let Some(proposal) = proposed {
        attributes.insert("proposed_leads", in_words(&proposal.leads));
        attributes.insert("proposed_basis", proposal.basis.clone());
    }
    Event {
        aggregate: format!("shared-database/{}", database.id),
        version: database.version,
        kind,
        case: String::new(),
        state: database.state(),
        article: match transition.happened() {
            Happened::Created | Happened::Updated => "12",
            Happened::LeadsProposed | Happened::LeadsApproved | Happened::LeadsReturned => "12(十九)",
        },
        concerns,
        attributes,
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
    proposed_leads: Option<Json<Vec<Lead>>>,
    proposed_basis: Option<String>,
    proposed_by: Option<String>,
    also_proposed_by: Vec<String>,
    return_reasons: Option<String>,
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
        let proposal = match (row.proposed_leads, row.proposed_basis, row.proposed_by) {
            (Some(Json(leads)), Some(basis), Some(by)) => {
                let also_by = row.also_proposed_by.into_iter().map(Subject).collect();
                Some(Proposal { leads, basis, by: Subject(by), also_by, returned: row.return_reasons })
            }
            _ => None,
        };
        found.push(SharedDatabase {
            proposal,
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
