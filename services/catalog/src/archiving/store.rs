//! Archive records in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::id::{EntryId, UnitId};
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::record::{Happened, Information, Mark, Record, State, Transition};
use crate::error::lost_race;

#[derive(Clone)]
pub struct ArchiveStore {
    database: Database,
    archives_bureau: UnitId,
}

/// Which records a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    pub state: Option<&'static str>,
    pub due_until: Option<Date>,
    /// The unit whose records are visible; `None` for those who see all units'.
    pub viewer: Option<&'f UnitId>,
    /// Newest first: only records with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl ArchiveStore {
    pub fn new(database: Database, archives_bureau: UnitId) -> Self {
        Self { database, archives_bureau }
    }

    pub async fn load(&self, id: Uuid) -> Result<Record, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.archive_records WHERE id = $1", id)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("archive-record", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: Uuid) -> Result<Record, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.archive_records WHERE id = $1 FOR UPDATE", id)
            .fetch_optional(tx)
            .await?;
        row.ok_or_else(|| Refusal::not_found("archive-record", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Record>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.archive_records \
             WHERE ($1::text IS NULL OR unit_id = $1) AND ($2::text IS NULL OR state = $2) \
               AND ($3::date IS NULL OR archive_due <= $3) AND ($4::text IS NULL OR unit_id = $4) \
               AND ($5::uuid IS NULL OR id < $5) \
             ORDER BY id DESC LIMIT $6",
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.due_until,
            filter.viewer.map(UnitId::as_str),
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Record::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let record = transition.record();
        let Information { title, start, end, system, entry, archive_due } = &record.information;
        let mark = record.state.mark();
        let written = sqlx::query!(
            "INSERT INTO catalog.archive_records AS old (id, unit_id, title, period_start, period_end, system, \
               entry_id, archive_due, state, archive_number, archive_day, objection, created_at, updated_at, \
               version, archived_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, archive_number = excluded.archive_number, \
               archive_day = excluded.archive_day, archived_by = excluded.archived_by, objection = excluded.objection, \
               updated_at = excluded.updated_at, version = excluded.version \
             WHERE old.version = excluded.version - 1",
            record.id,
            record.unit.as_str(),
            title,
            start,
            end,
            system,
            entry.map(|entry| entry.0),
            archive_due,
            record.state.name(),
            mark.map(|mark| mark.number.as_str()),
            mark.map(|mark| mark.day),
            record.state.objection(),
            record.created,
            record.updated,
            record.version,
            mark.and_then(|mark| mark.by.as_ref()).map(Subject::as_str)
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(lost_race().into());
        }
        let tasks = record.tasks(&self.archives_bureau);
        tx.set_tasks(&format!("archive-record/{}", record.id), "", tasks);
        tx.emit(Some(actor), &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let record = transition.record();
        let mut attributes = BTreeMap::from([("archive_due", record.information.archive_due.to_string())]);
        if let Some(entry) = record.information.entry {
            attributes.insert("entry_id", entry.to_string());
        }
        if let Some(mark) = record.state.mark() {
            attributes.insert("archive_number", mark.number.clone());
            attributes.insert("archive_day", mark.day.to_string());
        }
        if let Some(objection) = record.state.objection() {
            let words = digest::digest(&digest::SHA256, objection.as_bytes());
            attributes.insert("objection_sha256", hex::encode(words));
        }
        let (kind, article) = match transition.happened() {
            Happened::Recorded => ("archive-record.recorded", "20"),
            Happened::Archived => ("archive-record.archived", "20"),
            Happened::Objected => ("archive-record.objected", "11"),
            Happened::Confirmed => ("archive-record.confirmed", "11"),
        };
        Event {
            aggregate: format!("archive-record/{}", record.id),
            version: record.version,
            kind,
            case: String::new(),
            state: record.state.name(),
            article,
            concerns: vec![record.unit.clone(), self.archives_bureau.clone()],
            attributes,
        }
    }
}

struct Row {
    id: Uuid,
    unit_id: String,
    title: String,
    period_start: Date,
    period_end: Date,
    system: String,
    entry_id: Option<Uuid>,
    archive_due: Date,
    state: String,
    archive_number: Option<String>,
    archive_day: Option<Date>,
    objection: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    archived_by: Option<String>,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Record {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let mark = row.archive_number.zip(row.archive_day).map(|(number, day)| Mark {
            number,
            day,
            by: row.archived_by.map(Subject),
        });
        let state = match (row.state.as_str(), mark, row.objection) {
            ("TO_ARCHIVE", None, None) => State::ToArchive,
            ("ARCHIVED", Some(mark), None) => State::Archived { mark },
            ("OBJECTED", mark, Some(objection)) => State::Objected { mark, objection },
            ("CONFIRMED", Some(mark), None) => State::Confirmed { mark },
            _ => return Err(Failure::internal(format!("archive record {} does not fit its state", row.id))),
        };
        Ok(Self {
            id: row.id,
            unit: row.unit_id.parse().map_err(Failure::internal)?,
            information: Information {
                title: row.title,
                start: row.period_start,
                end: row.period_end,
                system: row.system,
                entry: row.entry_id.map(EntryId),
                archive_due: row.archive_due,
            },
            state,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
