//! Deliveries in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;
use std::time::Duration;

use govshare_model::Actor;
use govshare_model::id::{CaseId, DataVersionId, DeliveryId, UnitId};
use service_kit::outbox::Held;
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Delivery, State, Transition};
use crate::basis::Basis;
use crate::data_version::DataVersion;

#[derive(Clone)]
pub struct Deliveries {
    database: Database,
}

/// Which deliveries a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    /// The unit whose deliveries are visible; `None` for those who read all.
    pub party: Option<&'f UnitId>,
    pub case: Option<CaseId>,
    /// Newest first: only deliveries with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl Deliveries {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: DeliveryId) -> Result<Delivery, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM exchange.deliveries WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("delivery", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut Tx, id: DeliveryId) -> Result<Delivery, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM exchange.deliveries WHERE id = $1 FOR UPDATE", id.0)
            .fetch_optional(&mut **tx)
            .await?;
        row.ok_or_else(|| Refusal::not_found("delivery", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Delivery>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM exchange.deliveries \
             WHERE ($1::text IS NULL OR applicant = $1 OR provider = $1) \
               AND ($2::uuid IS NULL OR case_id = $2) AND ($3::uuid IS NULL OR id < $3) \
             ORDER BY id DESC LIMIT $4",
            filter.party.map(UnitId::as_str),
            filter.case.map(|case| case.0),
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Delivery::try_from).collect()
    }

    /// Up to `limit` deliveries that run but gave no sign of life for `silence`, locked; rows that another replica
    /// holds are passed over.
    pub async fn claim_abandoned(
        &self,
        tx: &mut Tx,
        silence: Duration,
        limit: i64,
    ) -> Result<Vec<Delivery>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM exchange.deliveries \
             WHERE state = 'STARTED' AND seen_at < clock_timestamp() - make_interval(secs => $1) \
             ORDER BY seen_at LIMIT $2 FOR UPDATE SKIP LOCKED",
            silence.as_secs_f64(),
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter().map(Delivery::try_from).collect()
    }

    /// Writes a start. Its event is to be appended to the audit before the first byte leaves.
    pub async fn start(
        &self,
        tx: &mut Tx,
        start: &Transition,
        version: &DataVersion,
        holder: &Actor,
    ) -> Result<Held, Failure> {
        let delivery = start.delivery();
        sqlx::query!(
            "INSERT INTO exchange.deliveries (id, case_id, agreement_id, data_version_id, applicant, provider, \
               size_bytes, state, sent_bytes, started_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            delivery.id.0,
            delivery.basis.case().map(|case| case.0),
            delivery.basis.agreement().map(|agreement| agreement.0),
            delivery.data_version.0,
            delivery.applicant.as_str(),
            delivery.provider.as_str(),
            delivery.size.cast_signed(),
            delivery.state.name(),
            delivery.sent().cast_signed(),
            delivery.started,
            delivery.version
        )
        .execute(&mut **tx)
        .await?;
        let mut event = event(delivery);
        event.attributes.extend([
            ("entry_id", version.entry.to_string()),
            ("version", version.version.to_string()),
            ("sha256", hex::encode(version.content.sha256())),
        ]);
        tx.emit_held(Some(holder), &event).await
    }

    /// Writes an end and its event. The platform itself notices it.
    pub async fn end(&self, tx: &mut Tx, end: &Transition) -> Result<(), Failure> {
        let delivery = end.delivery();
        sqlx::query!(
            "UPDATE exchange.deliveries SET state = $2, sent_bytes = $3, ended_at = $4, version = $5 WHERE id = $1",
            delivery.id.0,
            delivery.state.name(),
            delivery.sent().cast_signed(),
            delivery.state.ended(),
            delivery.version
        )
        .execute(&mut **tx)
        .await?;
        tx.emit(None, &event(delivery))
    }

    /// Notes a sign of life of a delivery and how far it is; false: it was ended.
    pub async fn note_progress(&self, id: DeliveryId, sent: u64) -> Result<bool, Failure> {
        let noted = sqlx::query!(
            "UPDATE exchange.deliveries SET sent_bytes = $2, seen_at = clock_timestamp() \
             WHERE id = $1 AND state = 'STARTED'",
            id.0,
            sent.cast_signed()
        )
        .execute(self.database.pool())
        .await?;
        Ok(noted.rows_affected() == 1)
    }
}

fn event(delivery: &Delivery) -> Event {
    let kind = match delivery.state {
        State::Started { .. } => "delivery.started",
        State::Completed { .. } => "delivery.completed",
        State::Broken { .. } => "delivery.broken",
    };
    let mut attributes = BTreeMap::from([
        ("applicant", delivery.applicant.to_string()),
        ("data_version_id", delivery.data_version.to_string()),
        ("provider", delivery.provider.to_string()),
        ("size", delivery.size.to_string()),
    ]);
    if let Some(agreement) = delivery.basis.agreement() {
        attributes.insert("agreement_id", agreement.to_string());
    }
    if delivery.state.ended().is_some() {
        attributes.insert("sent_bytes", delivery.sent().to_string());
    }
    Event {
        aggregate: format!("delivery/{}", delivery.id),
        version: delivery.version,
        kind,
        case: delivery.basis.case().map(|case| case.to_string()).unwrap_or_default(),
        state: delivery.state.name(),
        article: delivery.basis.article(),
        concerns: vec![delivery.applicant.clone(), delivery.provider.clone()],
        attributes,
    }
}

struct Row {
    id: Uuid,
    case_id: Option<Uuid>,
    agreement_id: Option<Uuid>,
    data_version_id: Uuid,
    applicant: String,
    provider: String,
    size_bytes: i64,
    state: String,
    sent_bytes: i64,
    started_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
    #[expect(dead_code, reason = "compared in the database, with its clock")]
    seen_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Delivery {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let sent = row.sent_bytes.cast_unsigned();
        let state = match (row.state.as_str(), row.ended_at) {
            ("STARTED", None) => State::Started { sent },
            ("COMPLETED", Some(at)) => State::Completed { at },
            ("BROKEN", Some(at)) => State::Broken { sent, at },
            _ => {
                return Err(Failure::internal(format!(
                    "delivery {}: its end does not fit its state",
                    row.id
                )));
            }
        };
        Ok(Self {
            id: DeliveryId(row.id),
            basis: Basis::from_columns(row.agreement_id, row.case_id)?,
            data_version: DataVersionId(row.data_version_id),
            applicant: row.applicant.parse().map_err(Failure::internal)?,
            provider: row.provider.parse().map_err(Failure::internal)?,
            size: row.size_bytes.cast_unsigned(),
            started: row.started_at,
            state,
            version: row.version,
        })
    }
}
