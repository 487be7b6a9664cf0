//! Disclosures in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{AgreementId, CaseId, DisclosureId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Disclosure, State, Transition, Wish};
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

    pub async fn load(&self, id: DisclosureId) -> Result<Disclosure, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM agreement.disclosures WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("disclosure", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut Tx, id: DisclosureId) -> Result<Disclosure, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM agreement.disclosures WHERE id = $1 FOR UPDATE", id.0)
            .fetch_optional(&mut **tx)
            .await?;
        row.ok_or_else(|| Refusal::not_found("disclosure", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Disclosure>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM agreement.disclosures \
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
        rows.into_iter().map(Disclosure::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let disclosure = transition.disclosure();
        sqlx::query!(
            "INSERT INTO agreement.disclosures (id, agreement_id, case_id, applicant, provider, third_party, \
               scope, purpose, state, reasons, answered_at, disclosed_on, created_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, reasons = excluded.reasons, \
               answered_at = excluded.answered_at, disclosed_on = excluded.disclosed_on, \
               version = excluded.version",
            disclosure.id.0,
            disclosure.agreement.0,
            disclosure.case.0,
            disclosure.applicant.as_str(),
            disclosure.provider.as_str(),
            disclosure.wish.third_party,
            disclosure.wish.scope,
            disclosure.wish.purpose,
            disclosure.state.name(),
            disclosure.state.reasons(),
            disclosure.state.answered(),
            disclosure.state.made_on(),
            disclosure.created,
            disclosure.version,
        )
        .execute(&mut **tx)
        .await?;
        let aggregate = format!("disclosure/{}", disclosure.id);
        tx.set_tasks(&aggregate, &disclosure.case.to_string(), disclosure.tasks());
        tx.emit(Some(actor), &event(disclosure))
    }
}

fn event(disclosure: &Disclosure) -> Event {
    let mut attributes = BTreeMap::from([
        ("agreement_id", disclosure.agreement.to_string()),
        ("applicant", disclosure.applicant.to_string()),
        ("provider", disclosure.provider.to_string()),
        ("third_party_sha256", sha256(disclosure.wish.third_party.as_bytes())),
        ("scope_sha256", sha256(disclosure.wish.scope.as_bytes())),
    ]);
    let kind = match &disclosure.state {
        State::Requested => "disclosure.requested",
        State::Consented { .. } => "disclosure.consented",
        State::Refused { reasons, .. } => {
            attributes.insert("reasons_sha256", sha256(reasons.as_bytes()));
            "disclosure.refused"
        }
        State::Made { on, .. } => {
            attributes.insert("disclosed_on", on.to_string());
            "disclosure.made"
        }
    };
    Event {
        aggregate: format!("disclosure/{}", disclosure.id),
        version: disclosure.version,
        kind,
        case: disclosure.case.to_string(),
        state: disclosure.state.name(),
        article: "23",
        concerns: vec![disclosure.applicant.clone(), disclosure.provider.clone()],
        attributes,
    }
}

struct Row {
    id: Uuid,
    agreement_id: Uuid,
    case_id: Uuid,
    applicant: String,
    provider: String,
    third_party: String,
    scope: String,
    purpose: String,
    state: String,
    reasons: String,
    answered_at: Option<OffsetDateTime>,
    disclosed_on: Option<Date>,
    created_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Disclosure {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = match (row.state.as_str(), row.answered_at, row.disclosed_on) {
            ("REQUESTED", None, None) => State::Requested,
            ("CONSENTED", Some(at), None) => State::Consented { at },
            ("REFUSED", Some(at), None) => State::Refused { reasons: row.reasons, at },
            ("MADE", Some(consented), Some(on)) => State::Made { consented, on },
            _ => return Err(Failure::internal(format!("disclosure {}: impossible state", row.id))),
        };
        Ok(Self {
            id: DisclosureId(row.id),
            agreement: AgreementId(row.agreement_id),
            case: CaseId(row.case_id),
            applicant: row.applicant.parse().map_err(Failure::internal)?,
            provider: row.provider.parse().map_err(Failure::internal)?,
            wish: Wish { third_party: row.third_party, scope: row.scope, purpose: row.purpose },
            state,
            created: row.created_at,
            version: row.version,
        })
    }
}
