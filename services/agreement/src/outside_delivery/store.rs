//! Deliveries outside the platform in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{AgreementId, CaseId, OutsideDeliveryId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{OutsideDelivery, State, Transition};
use crate::document::sha256;

#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Which records a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    /// The unit whose records are visible; `None` for those who read all.
    pub party: Option<&'f UnitId>,
    pub agreement: Option<AgreementId>,
    pub state: Option<&'static str>,
    /// Newest first: only records with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: OutsideDeliveryId) -> Result<OutsideDelivery, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM agreement.outside_deliveries WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("outside-delivery", id))?.try_into()
    }

    pub async fn load_for_update(
        &self,
        tx: &mut Tx,
        id: OutsideDeliveryId,
    ) -> Result<OutsideDelivery, Failure> {
        let row =
            sqlx::query_as!(Row, "SELECT * FROM agreement.outside_deliveries WHERE id = $1 FOR UPDATE", id.0)
                .fetch_optional(&mut **tx)
                .await?;
        row.ok_or_else(|| Refusal::not_found("outside-delivery", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<OutsideDelivery>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM agreement.outside_deliveries \
             WHERE ($1::text IS NULL OR applicant = $1 OR provider = $1) \
               AND ($2::uuid IS NULL OR agreement_id = $2) AND ($3::text IS NULL OR state = $3) \
               AND ($4::uuid IS NULL OR id < $4) \
             ORDER BY id DESC LIMIT $5",
            filter.party.map(UnitId::as_str),
            filter.agreement.map(|agreement| agreement.0),
            filter.state,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(OutsideDelivery::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let delivery = transition.delivery();
        sqlx::query!(
            "INSERT INTO agreement.outside_deliveries (id, agreement_id, case_id, applicant, provider, \
               description, delivered_on, state, reasons, decided_at, created_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, reasons = excluded.reasons, \
               decided_at = excluded.decided_at, version = excluded.version",
            delivery.id.0,
            delivery.agreement.0,
            delivery.case.0,
            delivery.applicant.as_str(),
            delivery.provider.as_str(),
            delivery.description,
            delivery.delivered_on,
            delivery.state.name(),
            delivery.state.reasons(),
            delivery.state.decided(),
            delivery.created,
            delivery.version,
        )
        .execute(&mut **tx)
        .await?;
        let aggregate = format!("outside-delivery/{}", delivery.id);
        tx.set_tasks(&aggregate, &delivery.case.to_string(), delivery.tasks());
        tx.emit(Some(actor), &event(delivery))
    }
}

fn event(delivery: &OutsideDelivery) -> Event {
    let mut attributes = BTreeMap::from([
        ("agreement_id", delivery.agreement.to_string()),
        ("applicant", delivery.applicant.to_string()),
        ("provider", delivery.provider.to_string()),
        ("delivered_on", delivery.delivered_on.to_string()),
        ("description_sha256", sha256(delivery.description.as_bytes())),
    ]);
    let kind = match &delivery.state {
        State::Recorded => "outside-delivery.recorded",
        State::Confirmed { .. } => "outside-delivery.confirmed",
        State::Denied { reasons, .. } => {
            attributes.insert("reasons_sha256", sha256(reasons.as_bytes()));
            "outside-delivery.denied"
        }
    };
    Event {
        aggregate: format!("outside-delivery/{}", delivery.id),
        version: delivery.version,
        kind,
        case: delivery.case.to_string(),
        state: delivery.state.name(),
        article: "26(一)",
        concerns: vec![delivery.applicant.clone(), delivery.provider.clone()],
        attributes,
    }
}

struct Row {
    id: Uuid,
    agreement_id: Uuid,
    case_id: Uuid,
    applicant: String,
    provider: String,
    description: String,
    delivered_on: Date,
    state: String,
    reasons: String,
    decided_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for OutsideDelivery {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = match (row.state.as_str(), row.decided_at) {
            ("RECORDED", None) => State::Recorded,
            ("CONFIRMED", Some(at)) => State::Confirmed { at },
            ("DENIED", Some(at)) => State::Denied { reasons: row.reasons, at },
            _ => return Err(Failure::internal(format!("outside delivery {}: impossible state", row.id))),
        };
        Ok(Self {
            id: OutsideDeliveryId(row.id),
            agreement: AgreementId(row.agreement_id),
            case: CaseId(row.case_id),
            applicant: row.applicant.parse().map_err(Failure::internal)?,
            provider: row.provider.parse().map_err(Failure::internal)?,
            description: row.description,
            delivered_on: row.delivered_on,
            state,
            created: row.created_at,
            version: row.version,
        })
    }
}
