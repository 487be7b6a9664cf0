//! Unit keys in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::Actor;
use govshare_model::id::UnitId;
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::key::{Countersignature, Happened, State, Transition, UnitKey};
use super::public_key::{KeyId, PublicKey};
use crate::error::race;

#[derive(Clone)]
pub struct KeyStore {
    database: Database,
}

impl KeyStore {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: &KeyId) -> Result<UnitKey, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.unit_keys WHERE id = $1", id.as_str())
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("unit-key", id))?.try_into()
    }

    /// A key whose unit the caller has locked, so that it cannot change meanwhile.
    pub async fn find(&self, tx: &mut PgConnection, id: &KeyId) -> Result<Option<UnitKey>, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.unit_keys WHERE id = $1", id.as_str())
            .fetch_optional(tx)
            .await?;
        row.map(UnitKey::try_from).transpose()
    }

    /// As [`KeyStore::find`] for a key of another unit, which stays as it is until the commit.
    pub async fn find_for_share(
        &self,
        tx: &mut PgConnection,
        id: &KeyId,
    ) -> Result<Option<UnitKey>, Failure> {
        let row =
            sqlx::query_as!(Row, "SELECT * FROM catalog.unit_keys WHERE id = $1 FOR SHARE", id.as_str())
                .fetch_optional(tx)
                .await?;
        row.map(UnitKey::try_from).transpose()
    }

    /// The active key of a unit that the caller has locked.
    pub async fn find_active(
        &self,
        tx: &mut PgConnection,
        unit: &UnitId,
    ) -> Result<Option<UnitKey>, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.unit_keys WHERE unit_id = $1 AND state = 'ACTIVE'",
            unit.as_str()
        )
        .fetch_optional(tx)
        .await?;
        row.map(UnitKey::try_from).transpose()
    }

    /// Keys of a unit, newest first, before `before`.
    pub async fn list(
        &self,
        unit: &UnitId,
        before: Option<(OffsetDateTime, String)>,
        limit: i64,
    ) -> Result<Vec<UnitKey>, Failure> {
        let (time, id) = before.unzip();
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.unit_keys \
             WHERE unit_id = $1 AND ($2::timestamptz IS NULL OR (registered_at, id) < ($2, $3)) \
             ORDER BY registered_at DESC, id DESC LIMIT $4",
            unit.as_str(),
            time,
            id,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(UnitKey::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transition: &Transition,
        info_office: &UnitId,
        actor: &Actor,
    ) -> Result<(), Failure> {
        let key = transition.key();
        let countersignature = key.state.countersignature();
        let reason = match &key.state {
            State::Revoked { reason, .. } => Some(reason),
            State::Pending | State::Active { .. } | State::Superseded { .. } => None,
        };
        sqlx::query!(
            "INSERT INTO catalog.unit_keys (id, unit_id, public_key, state, registered_at, countersign_key_id, \
               countersignature, countersigned_at, ended_at, revoke_reason, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, \
               countersign_key_id = excluded.countersign_key_id, countersignature = excluded.countersignature, \
               countersigned_at = excluded.countersigned_at, ended_at = excluded.ended_at, \
               revoke_reason = excluded.revoke_reason, version = excluded.version \
             WHERE unit_keys.unit_id = excluded.unit_id",
            key.id.as_str(),
            key.unit.as_str(),
            key.public_key.as_bytes().as_slice(),
            key.state.name(),
            key.registered,
            countersignature.map(|by| by.key.as_str()),
            countersignature.map(|by| by.signature.as_slice()),
            countersignature.map(|by| by.at),
            key.state.ended(),
            reason,
            key.version,
        )
        .execute(&mut **tx)
        .await
        .map_err(race)?;
        let event = event(transition);
        tx.set_tasks(&event.aggregate, "", key.tasks(info_office));
        tx.emit(Some(actor), &event)
    }
}

fn event(transition: &Transition) -> Event {
    let key = transition.key();
    let kind = match transition.happened() {
        Happened::Registered => "unit-key.registered",
        Happened::Countersigned => "unit-key.countersigned",
        Happened::Superseded => "unit-key.superseded",
        Happened::Revoked => "unit-key.revoked",
    };
    let mut attributes = BTreeMap::from([
        ("unit", key.unit.to_string()),
        ("public_key", hex::encode(key.public_key.as_bytes())),
    ]);
    if let Some(by) = key.state.countersignature() {
        attributes.insert("countersign_key_id", by.key.to_string());
        attributes.insert("countersignature", hex::encode(&by.signature));
    }
    if let State::Revoked { reason, .. } = &key.state {
        // In people's own words, so only provable, not readable, in the audit.
        attributes.insert("reason_sha256", hex::encode(digest::digest(&digest::SHA256, reason.as_bytes())));
    }
    Event {
        aggregate: format!("unit-key/{}", key.id),
        version: key.version,
        kind,
        case: String::new(),
        state: key.state.name(),
        article: "26",
        concerns: vec![key.unit.clone()],
        attributes,
    }
}

struct Row {
    id: String,
    unit_id: String,
    public_key: Vec<u8>,
    state: String,
    registered_at: OffsetDateTime,
    countersign_key_id: Option<String>,
    countersignature: Option<Vec<u8>>,
    countersigned_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    revoke_reason: Option<String>,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for UnitKey {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible =
            |what: &str| Failure::internal(format!("unit key {}: {what} does not fit its state", row.id));
        let countersignature = match (row.countersign_key_id, row.countersignature, row.countersigned_at) {
            (Some(key), Some(signature), Some(at)) => {
                Some(Countersignature { key: key.parse().map_err(Failure::internal)?, signature, at })
            }
            _ => None,
        };
        let ended = || row.ended_at.ok_or_else(|| impossible("end"));
        let state = match (row.state.as_str(), countersignature) {
            ("PENDING", None) => State::Pending,
            ("ACTIVE", Some(countersignature)) => State::Active { countersignature },
            ("SUPERSEDED", Some(countersignature)) => State::Superseded { countersignature, at: ended()? },
            ("REVOKED", countersignature) => State::Revoked {
                countersignature,
                at: ended()?,
                reason: row.revoke_reason.ok_or_else(|| impossible("reason"))?,
            },
            _ => return Err(impossible("countersignature")),
        };
        Ok(Self {
            id: row.id.parse().map_err(Failure::internal)?,
            unit: row.unit_id.parse().map_err(Failure::internal)?,
            public_key: PublicKey::try_from(row.public_key.as_slice()).map_err(Failure::internal)?,
            state,
            registered: row.registered_at,
            version: row.version,
        })
    }
}
