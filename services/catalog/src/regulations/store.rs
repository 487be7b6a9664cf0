//! Regulations in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::regulation::{Edition, Happened, InForce, Kind, Pending, Regulation, Stage, Transition};
use crate::error::lost_race;
use crate::shared_databases::shared_database::SharedDatabaseId;

#[derive(Clone)]
pub struct RegulationStore {
    database: Database,
    info_office: UnitId,
}

/// Which regulations a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    pub kind: Option<Kind>,
    pub database: Option<&'f SharedDatabaseId>,
    /// The unit whose own regulations are visible.
    pub viewer: &'f UnitId,
    /// Whether everybody's submitted ones are visible, and not only those in force.
    pub reads_all: bool,
    /// Newest first: only regulations with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl RegulationStore {
    pub fn new(database: Database, info_office: UnitId) -> Self {
        Self { database, info_office }
    }

    pub async fn load(&self, id: Uuid) -> Result<Regulation, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        load(&mut connection, id).await
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: Uuid) -> Result<Regulation, Failure> {
        // First the lock, then a snapshot of its own: it shows what the one who held the lock before wrote.
        sqlx::query!("SELECT id FROM catalog.regulations WHERE id = $1 FOR UPDATE", id)
            .fetch_optional(&mut *tx)
            .await?;
        load(tx, id).await
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Regulation>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT r.id, r.unit_id, r.kind, r.shared_database_id, r.pending_number, r.pending_title,
                 r.pending_text, r.written_by, r.submitted_by, r.stage, r.return_reasons, r.created_at, r.updated_at, r.version,
                 e.number AS "number?", e.title AS "title?", e.text AS "text?", e.in_force_at AS "in_force_at?"
               FROM catalog.regulations r
               LEFT JOIN catalog.regulation_editions e ON e.regulation_id = r.id AND e.number = r.in_force
               WHERE ($1::text IS NULL OR r.unit_id = $1) AND ($2::text IS NULL OR r.kind = $2)
                 AND ($3::text IS NULL OR r.shared_database_id = $3) AND ($4::uuid IS NULL OR r.id < $4)
                 AND (r.unit_id = $5 OR (r.in_force IS NOT NULL AND r.kind <> 'TECHNICAL_SCHEME')
                   OR ($6 AND (r.in_force IS NOT NULL OR r.stage <> 'DRAFT')))
               ORDER BY r.id DESC LIMIT $7"#,
            filter.unit.map(UnitId::as_str),
            filter.kind.map(Kind::name),
            filter.database.map(SharedDatabaseId::as_str),
            filter.before,
            filter.viewer.as_str(),
            filter.reads_all,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Regulation::try_from).collect()
    }

    /// Editions before the one in force, newest first.
    pub async fn former(&self, regulation: &Regulation) -> Result<Vec<InForce>, Failure> {
        let now = regulation.in_force.as_ref().map_or(0, |in_force| in_force.edition.number);
        let rows = sqlx::query!(
            "SELECT number, title, text, in_force_at FROM catalog.regulation_editions \
             WHERE regulation_id = $1 AND number < $2 ORDER BY number DESC LIMIT 100",
            regulation.id,
            now
        )
        .fetch_all(self.database.pool())
        .await?;
        let edition = |number, title, text| Edition { number, title, text };
        let former = rows
            .into_iter()
            .map(|row| InForce { edition: edition(row.number, row.title, row.text), since: row.in_force_at });
        Ok(former.collect())
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let regulation = transition.regulation();
        let pending = regulation.pending.as_ref();
        let written_by = pending.map(|pending| {
            pending.written_by.iter().map(|subject| subject.as_str().to_owned()).collect::<Vec<_>>()
        });
        let reasons = pending.and_then(|pending| match &pending.stage {
            Stage::Returned { reasons } => Some(reasons.as_str()),
            Stage::Draft | Stage::Submitted => None,
        });
        let written = sqlx::query!(
            "INSERT INTO catalog.regulations AS old (id, unit_id, kind, shared_database_id, in_force, \
               pending_number, pending_title, pending_text, written_by, stage, return_reasons, created_at, \
               updated_at, version, submitted_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
             ON CONFLICT (id) DO UPDATE SET in_force = excluded.in_force, \
               pending_number = excluded.pending_number, pending_title = excluded.pending_title, \
               pending_text = excluded.pending_text, written_by = excluded.written_by, stage = excluded.stage, \
               submitted_by = excluded.submitted_by, return_reasons = excluded.return_reasons, updated_at = excluded.updated_at, \
               version = excluded.version WHERE old.version = excluded.version - 1",
            regulation.id,
            regulation.unit.as_str(),
            regulation.kind.name(),
            regulation.database.as_ref().map(SharedDatabaseId::as_str),
            regulation.in_force.as_ref().map(|in_force| in_force.edition.number),
            pending.map(|pending| pending.edition.number),
            pending.map(|pending| pending.edition.title.as_str()),
            pending.map(|pending| pending.edition.text.as_str()),
            written_by.as_deref(),
            pending.map(|pending| pending.stage.name()),
            reasons,
            regulation.created,
            regulation.updated,
            regulation.version,
            pending.and_then(|pending| pending.submitted_by.as_ref()).map(Subject::as_str)
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(lost_race().into());
        }
        if let (Happened::CameIntoForce { .. }, Some(now)) = (transition.happened(), &regulation.in_force) {
            sqlx::query!(
                "INSERT INTO catalog.regulation_editions (regulation_id, number, title, text, in_force_at) \
                 VALUES ($1, $2, $3, $4, $5)",
                regulation.id,
                now.edition.number,
                now.edition.title,
                now.edition.text,
                now.since
            )
            .execute(&mut **tx)
            .await?;
        }
        tx.set_tasks(&format!("regulation/{}", regulation.id), "", regulation.tasks());
        tx.emit(Some(actor), &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let regulation = transition.regulation();
        let happened = transition.happened();
        let mut concerns = vec![regulation.unit.clone()];
        if !matches!(happened, Happened::Drafted | Happened::Revised) {
            concerns.push(self.info_office.clone());
        }
        let edition = regulation.pending.as_ref().map(|pending| &pending.edition);
        let edition = edition.or(regulation.in_force.as_ref().map(|in_force| &in_force.edition));
        let mut attributes = BTreeMap::from([("kind", regulation.kind.name().to_owned())]);
        if let Some(edition) = edition {
            attributes.insert("edition", edition.number.to_string());
            attributes.insert("text_sha256", edition.digest());
        }
        if let Some(database) = &regulation.database {
            attributes.insert("shared_database", database.to_string());
        }
        if let Some(Pending { stage: Stage::Returned { reasons }, .. }) = &regulation.pending {
            let words = digest::digest(&digest::SHA256, reasons.as_bytes());
            attributes.insert("reasons_sha256", hex::encode(words));
        }
        if let Happened::CameIntoForce { former: Some(former) } = happened {
            attributes.insert("replaces", former.edition.number.to_string());
        }
        Event {
            aggregate: format!("regulation/{}", regulation.id),
            version: regulation.version,
            kind: match happened {
                Happened::Drafted => "regulation.drafted",
                Happened::Revised => "regulation.revised",
                Happened::Submitted => "regulation.submitted",
                Happened::Returned => "regulation.returned",
                Happened::CameIntoForce { .. } => "regulation.in-force",
            },
            case: String::new(),
            state: regulation.state(),
            article: regulation.kind.article(),
            concerns,
            attributes,
        }
    }
}

async fn load(connection: &mut PgConnection, id: Uuid) -> Result<Regulation, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT r.id, r.unit_id, r.kind, r.shared_database_id, r.pending_number, r.pending_title,
             r.pending_text, r.written_by, r.submitted_by, r.stage, r.return_reasons, r.created_at, r.updated_at, r.version,
             e.number AS "number?", e.title AS "title?", e.text AS "text?", e.in_force_at AS "in_force_at?"
           FROM catalog.regulations r
           LEFT JOIN catalog.regulation_editions e ON e.regulation_id = r.id AND e.number = r.in_force
           WHERE r.id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    row.ok_or_else(|| Refusal::not_found("regulation", id))?.try_into()
}

/// `number`, `title`, `text` and `in_force_at` are the edition in force.
struct Row {
    id: Uuid,
    unit_id: String,
    kind: String,
    shared_database_id: Option<String>,
    pending_number: Option<i32>,
    pending_title: Option<String>,
    pending_text: Option<String>,
    written_by: Option<Vec<String>>,
    submitted_by: Option<String>,
    stage: Option<String>,
    return_reasons: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    number: Option<i32>,
    title: Option<String>,
    text: Option<String>,
    in_force_at: Option<OffsetDateTime>,
}

impl Row {
    fn in_force(&self) -> Option<InForce> {
        let edition = Edition { number: self.number?, title: self.title.clone()?, text: self.text.clone()? };
        Some(InForce { edition, since: self.in_force_at? })
    }

    fn pending(&self) -> Option<Pending> {
        let stage = match (self.stage.as_deref()?, self.return_reasons.clone()) {
            ("DRAFT", None) => Stage::Draft,
            ("SUBMITTED", None) => Stage::Submitted,
            ("RETURNED", Some(reasons)) => Stage::Returned { reasons },
            _ => return None,
        };
        let (title, text) = (self.pending_title.clone()?, self.pending_text.clone()?);
        let written_by = self.written_by.iter().flatten().cloned().map(Subject).collect();
        let submitted_by = self.submitted_by.clone().map(Subject);
        let edition = Edition { number: self.pending_number?, title, text };
        Some(Pending { edition, written_by, submitted_by, stage })
    }
}

impl TryFrom<Row> for Regulation {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible = || Failure::internal(format!("regulation {} does not fit its state", row.id));
        let (in_force, pending) = (row.in_force(), row.pending());
        if pending.is_none() && (row.stage.is_some() || in_force.is_none()) {
            return Err(impossible());
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row.kind).ok_or_else(impossible)?;
        let database = row.shared_database_id.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: row.id,
            unit: row.unit_id.parse().map_err(Failure::internal)?,
            kind,
            database: database.map_err(Failure::internal)?,
            in_force,
            pending,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
