//! Defects and acknowledgements in PostgreSQL: only ever added, each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{DataVersionId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Acknowledgement, NotAcknowledged, Notice};

/// Units that one event names at most.
const NAMED_UNITS: i64 = 500;
/// Defects that one refusal names at most.
const NAMED_DEFECTS: i64 = 10;

#[derive(Clone)]
pub struct Defects {
    database: Database,
}

/// A defect as a unit stands to it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Seen {
    pub id: Uuid,
    pub data_version_id: Uuid,
    pub description: String,
    pub told_at: OffsetDateTime,
    /// By the unit that looks.
    pub acknowledged_at: Option<OffsetDateTime>,
}

const SEEN: &str = "SELECT id, data_version_id, description, told_at, acknowledged_at FROM exchange.defects \
    LEFT JOIN exchange.defect_acknowledgements ON defect_id = id AND unit = $2 WHERE data_version_id = $1";

impl Defects {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Defects of a version after `after`, oldest first, as `unit` stands to them.
    pub async fn list(
        &self,
        version: DataVersionId,
        unit: &UnitId,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Seen>, Failure> {
        let statement = format!("{SEEN} AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4");
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(version.0)
            .bind(unit.as_str())
            .bind(after)
            .bind(limit)
            .fetch_all(self.database.pool())
            .await?;
        Ok(rows)
    }

    /// One defect of a version as `unit` stands to it.
    pub async fn load(
        &self,
        connection: &mut PgConnection,
        version: DataVersionId,
        id: Uuid,
        unit: &UnitId,
    ) -> Result<Seen, Failure> {
        let found: Option<Seen> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SEEN} AND id = $3")))
            .bind(version.0)
            .bind(unit.as_str())
            .bind(id)
            .fetch_optional(connection)
            .await?;
        Ok(found.ok_or_else(|| Refusal::not_found("defect", id))?)
    }

    /// Refuses a unit that did not acknowledge every defect of the version.
    pub async fn check_acknowledged(&self, version: DataVersionId, unit: &UnitId) -> Result<(), Failure> {
        let defects: Vec<Uuid> = sqlx::query_scalar(
            "SELECT id FROM exchange.defects WHERE data_version_id = $1 AND NOT EXISTS ( \
               SELECT FROM exchange.defect_acknowledgements WHERE defect_id = id AND unit = $2) \
             ORDER BY id LIMIT $3",
        )
        .bind(version.0)
        .bind(unit.as_str())
        .bind(NAMED_DEFECTS)
        .fetch_all(self.database.pool())
        .await?;
        if defects.is_empty() { Ok(()) } else { Err(NotAcknowledged { defects }.into()) }
    }

    /// Writes a notice; its event concerns everybody who took the version already.
    pub async fn tell(&self, tx: &mut Tx, notice: &Notice, by: &Actor) -> Result<(), Failure> {
        let version = &notice.version;
        sqlx::query(
            "INSERT INTO exchange.defects (id, data_version_id, description, told_by, told_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(notice.id)
        .bind(version.id.0)
        .bind(&notice.description)
        .bind(by.subject.as_str())
        .bind(notice.told)
        .execute(&mut **tx)
        .await?;
        let users: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT applicant FROM exchange.deliveries WHERE data_version_id = $1 ORDER BY applicant LIMIT $2",
        )
        .bind(version.id.0)
        .bind(NAMED_UNITS)
        .fetch_all(&mut **tx)
        .await?;
        let mut concerns = vec![version.provider.clone()];
        for user in users {
            concerns.push(user.parse().map_err(Failure::internal)?);
        }
        tx.emit(
            Some(by),
            &Event {
                aggregate: format!("defect/{}", notice.id),
                version: 1,
                kind: "defect.told",
                case: String::new(),
                state: "TOLD",
                article: "22",
                concerns,
                attributes: BTreeMap::from([
                    ("data_version_id", version.id.to_string()),
                    ("entry_id", version.entry.to_string()),
                ]),
            },
        )
    }

    /// Writes an acknowledgement, unless the unit made it before.
    pub async fn acknowledge(
        &self,
        tx: &mut Tx,
        acknowledgement: &Acknowledgement,
        by: &Actor,
    ) -> Result<(), Failure> {
        let Acknowledgement { defect, version, case, unit, at } = acknowledgement;
        let written = sqlx::query(
            "INSERT INTO exchange.defect_acknowledgements (defect_id, unit, acknowledged_by, acknowledged_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(defect)
        .bind(unit.as_str())
        .bind(by.subject.as_str())
        .bind(at)
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Ok(());
        }
        tx.emit(
            Some(by),
            &Event {
                aggregate: format!("defect-acknowledgement/{}", Uuid::now_v7()),
                version: 1,
                kind: "defect.acknowledged",
                case: case.map(|case| case.to_string()).unwrap_or_default(),
                state: "ACKNOWLEDGED",
                article: "22",
                concerns: vec![version.provider.clone(), unit.clone()],
                attributes: BTreeMap::from([
                    ("defect_id", defect.to_string()),
                    ("data_version_id", version.id.to_string()),
                    ("unit", unit.to_string()),
                ]),
            },
        )
    }
}
