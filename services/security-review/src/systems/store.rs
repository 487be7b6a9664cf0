//! Information systems in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{SystemId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Authority, Happened, Level, Rejection, System, Transition};

#[derive(Clone)]
pub struct Store {
    database: Database,
    /// Read events of systems beside the owner.
    bureau: UnitId,
    info_office: UnitId,
}

/// Which systems a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    /// Newest first: only systems with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database, bureau: UnitId, info_office: UnitId) -> Self {
        Self { database, bureau, info_office }
    }

    pub async fn load(&self, id: SystemId) -> Result<System, Failure> {
        let row =
            sqlx::query_as!(Row, "SELECT * FROM security_review.information_systems WHERE id = $1", id.0)
                .fetch_optional(self.database.pool())
                .await?;
        row.ok_or_else(|| Refusal::not_found("information-system", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut Tx, id: SystemId) -> Result<System, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.information_systems WHERE id = $1 FOR UPDATE",
            id.0
        )
        .fetch_optional(&mut **tx)
        .await?;
        row.ok_or_else(|| Refusal::not_found("information-system", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<System>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.information_systems \
             WHERE ($1::text IS NULL OR unit = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
            filter.unit.map(UnitId::as_str),
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(System::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let system = transition.system();
        let authority = system.authority.as_ref();
        let written = sqlx::query!(
            "INSERT INTO security_review.information_systems (id, unit, name, level, authority_body, \
               authority_number, authority_date, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (id) DO UPDATE SET level = excluded.level, authority_body = excluded.authority_body, \
               authority_number = excluded.authority_number, authority_date = excluded.authority_date, \
               updated_at = excluded.updated_at, version = excluded.version",
            system.id.0,
            system.unit.as_str(),
            system.name,
            system.level.get(),
            authority.map(|authority| authority.body.as_str()),
            authority.map(|authority| authority.document_number.as_str()),
            authority.map(|authority| authority.document_date),
            system.created,
            system.updated,
            system.version,
        )
        .execute(&mut **tx)
        .await;
        match written {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.constraint() == Some("information_systems_name") => {
                return Err(Rejection::NameTaken { name: system.name.clone() }.into());
            }
            Err(error) => return Err(error.into()),
        }
        tx.emit(Some(actor), &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let system = transition.system();
        let mut attributes =
            BTreeMap::from([("unit", system.unit.to_string()), ("level", system.level.get().to_string())]);
        let kind = match transition.happened() {
            Happened::Registered => "information-system.registered",
            Happened::Raised { from } => {
                attributes.insert("from", from.get().to_string());
                "information-system.level-raised"
            }
            Happened::Lowered { from } => {
                attributes.insert("from", from.get().to_string());
                if let Some(authority) = &system.authority {
                    attributes.insert("authority_body", authority.body.clone());
                    attributes.insert("document_number", authority.document_number.clone());
                    attributes.insert("document_date", authority.document_date.to_string());
                }
                "information-system.level-lowered"
            }
        };
        Event {
            aggregate: format!("information-system/{}", system.id),
            version: system.version,
            kind,
            case: String::new(),
            state: "REGISTERED",
            article: "30",
            concerns: vec![system.unit.clone(), self.bureau.clone(), self.info_office.clone()],
            attributes,
        }
    }
}

struct Row {
    id: Uuid,
    unit: String,
    name: String,
    level: i32,
    authority_body: Option<String>,
    authority_number: Option<String>,
    authority_date: Option<Date>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

impl TryFrom<Row> for System {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let authority = match (row.authority_body, row.authority_number, row.authority_date) {
            (Some(body), Some(document_number), Some(document_date)) => {
                Some(Authority { body, document_number, document_date })
            }
            _ => None,
        };
        let level = Level::new(row.level);
        let level = level.ok_or_else(|| Failure::internal(format!("system {}: impossible level", row.id)))?;
        Ok(Self {
            id: SystemId(row.id),
            unit: row.unit.parse().map_err(Failure::internal)?,
            name: row.name,
            level,
            authority,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
