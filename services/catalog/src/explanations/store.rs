//! Explanations in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::id::UnitId;
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::explanation::{Content, Explanation, Filing, Happened, State, Transition};
use crate::error::lost_race;

#[derive(Clone)]
pub struct ExplanationStore {
    database: Database,
    info_office: UnitId,
}

/// Which explanations a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    pub state: Option<&'static str>,
    /// The unit whose own explanations are visible, filed or not.
    pub viewer: &'f UnitId,
    /// Whether everybody's filed ones are visible.
    pub reads_all: bool,
    /// Newest first: only explanations with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl ExplanationStore {
    pub fn new(database: Database, info_office: UnitId) -> Self {
        Self { database, info_office }
    }

    pub async fn load(&self, id: Uuid) -> Result<Explanation, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.explanations WHERE id = $1", id)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("explanation", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: Uuid) -> Result<Explanation, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM catalog.explanations WHERE id = $1 FOR UPDATE", id)
            .fetch_optional(tx)
            .await?;
        row.ok_or_else(|| Refusal::not_found("explanation", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Explanation>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM catalog.explanations \
             WHERE ($1::text IS NULL OR unit_id = $1) AND ($2::text IS NULL OR state = $2) \
               AND (unit_id = $3 OR ($4 AND filed_at IS NOT NULL)) AND ($5::uuid IS NULL OR id < $5) \
             ORDER BY id DESC LIMIT $6",
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.viewer.as_str(),
            filter.reads_all,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Explanation::try_from).collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let explanation = transition.explanation();
        let (withdrawn_at, reason) = match &explanation.state {
            State::Withdrawn { at, reason, .. } => (Some(*at), Some(reason)),
            State::Draft | State::Filed(_) => (None, None),
        };
        let filing = explanation.state.filing();
        let written_by: Vec<_> =
            explanation.written_by.iter().map(|subject| subject.as_str().to_owned()).collect();
        let written = sqlx::query!(
            "INSERT INTO catalog.explanations AS old (id, unit_id, subject, reasons, basis, written_by, state, \
               filed_at, withdrawn_at, withdraw_reason, created_at, updated_at, version, number) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, reasons = excluded.reasons, \
               basis = excluded.basis, written_by = excluded.written_by, state = excluded.state, \
               filed_at = excluded.filed_at, withdrawn_at = excluded.withdrawn_at, \
               withdraw_reason = excluded.withdraw_reason, updated_at = excluded.updated_at, \
               version = excluded.version, number = excluded.number WHERE old.version = excluded.version - 1",
            explanation.id,
            explanation.unit.as_str(),
            explanation.content.subject,
            explanation.content.reasons,
            explanation.content.basis,
            &written_by,
            explanation.state.name(),
            filing.map(|filing| filing.at),
            withdrawn_at,
            reason,
            explanation.created,
            explanation.updated,
            explanation.version,
            filing.and_then(|filing| filing.number.as_deref())
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(lost_race().into());
        }
        tx.set_tasks(&format!("explanation/{}", explanation.id), "", explanation.tasks());
        tx.emit(Some(actor), &self.event(transition))
    }

    /// The words stand in it as digests: what cannot be listed is not spread by the audit either.
    fn event(&self, transition: &Transition) -> Event {
        let explanation = transition.explanation();
        let words = |text: &str| hex::encode(digest::digest(&digest::SHA256, text.as_bytes()));
        let mut concerns = vec![explanation.unit.clone()];
        let filing = explanation.state.filing();
        if filing.is_some() {
            concerns.push(self.info_office.clone());
        }
        let mut attributes = BTreeMap::from([
            ("subject_sha256", words(&explanation.content.subject)),
            ("reasons_sha256", words(&explanation.content.reasons)),
        ]);
        if let Some(number) = filing.and_then(|filing| filing.number.as_ref()) {
            attributes.insert("document_number", number.clone());
        }
        if let State::Withdrawn { reason, .. } = &explanation.state {
            attributes.insert("withdraw_reason_sha256", words(reason));
        }
        Event {
            aggregate: format!("explanation/{}", explanation.id),
            version: explanation.version,
            kind: match transition.happened() {
                Happened::Drafted => "explanation.drafted",
                Happened::Revised => "explanation.revised",
                Happened::Filed => "explanation.filed",
                Happened::Withdrawn => "explanation.withdrawn",
            },
            case: String::new(),
            state: explanation.state.name(),
            article: "16",
            concerns,
            attributes,
        }
    }
}

struct Row {
    id: Uuid,
    unit_id: String,
    subject: String,
    reasons: String,
    basis: String,
    written_by: Vec<String>,
    state: String,
    filed_at: Option<OffsetDateTime>,
    withdrawn_at: Option<OffsetDateTime>,
    withdraw_reason: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    number: Option<String>,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Explanation {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let filing = row.filed_at.map(|at| Filing { at, number: row.number });
        let state = match (row.state.as_str(), filing, row.withdrawn_at, row.withdraw_reason) {
            ("DRAFT", None, None, None) => State::Draft,
            ("FILED", Some(filing), None, None) => State::Filed(filing),
            ("WITHDRAWN", filed, Some(at), Some(reason)) => State::Withdrawn { filed, at, reason },
            _ => return Err(Failure::internal(format!("explanation {} does not fit its state", row.id))),
        };
        Ok(Self {
            id: row.id,
            unit: row.unit_id.parse().map_err(Failure::internal)?,
            content: Content { subject: row.subject, reasons: row.reasons, basis: row.basis },
            written_by: row.written_by.into_iter().map(Subject).collect(),
            state,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
