//! Access requests in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::access_request::{
    AccessRequest, Answer, AnswerKind, Form, Happened, Proposal, Receipt, State, Transition,
};

#[derive(Clone)]
pub struct Store {
    database: Database,
    info_office: UnitId,
}

/// Which requests a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    /// The unit whose requests are visible; `None` for those who read every received request.
    pub party: Option<&'f UnitId>,
    pub applicant: Option<&'f UnitId>,
    pub provider: Option<&'f UnitId>,
    /// Who asks: what a provider prepares is SUBMITTED to everybody else.
    pub viewer: &'f UnitId,
    pub state: Option<&'static str>,
    pub overdue: bool,
    /// Newest first: only requests with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database, info_office: UnitId) -> Self {
        Self { database, info_office }
    }

    pub async fn next_number(&self, tx: &mut Tx, year: i32) -> Result<String, Failure> {
        let number =
            sqlx::query_scalar!("SELECT nextval('access_request.case_numbers')").fetch_one(&mut **tx).await?;
        Ok(format!("{year}-{:06}", number.unwrap_or_default()))
    }

    pub async fn load(&self, id: CaseId) -> Result<AccessRequest, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM access_request.access_requests WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("access-request", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: CaseId) -> Result<AccessRequest, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests WHERE id = $1 FOR UPDATE",
            id.0
        )
        .fetch_optional(tx)
        .await?;
        row.ok_or_else(|| Refusal::not_found("access-request", id))?.try_into()
    }

    /// Up to `limit` open requests whose last day was before `today`, locked; rows that another replica holds are
    /// passed over.
    pub async fn claim_overdue(
        &self,
        tx: &mut Tx,
        today: Date,
        limit: i64,
    ) -> Result<Vec<AccessRequest>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests \
             WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED') AND overdue_at IS NULL AND answer_due < $1 \
             ORDER BY answer_due LIMIT $2 FOR UPDATE SKIP LOCKED",
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter().map(AccessRequest::try_from).collect()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<AccessRequest>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests \
             WHERE ($1::text IS NULL OR applicant = $1 OR (provider = $1 AND state <> 'DRAFT')) \
               AND ($1::text IS NOT NULL OR state <> 'DRAFT') \
               AND ($2::text IS NULL OR applicant = $2) AND ($3::text IS NULL OR provider = $3) \
               AND ($4::text IS NULL OR $4 = CASE WHEN state = 'ANSWER_PROPOSED' AND provider <> $8 THEN 'SUBMITTED' \
                 ELSE state END) AND (NOT $5 OR overdue_at IS NOT NULL) \
               AND ($6::uuid IS NULL OR id < $6) \
             ORDER BY id DESC LIMIT $7",
            filter.party.map(UnitId::as_str),
            filter.applicant.map(UnitId::as_str),
            filter.provider.map(UnitId::as_str),
            filter.state,
            filter.overdue,
            filter.before,
            filter.limit,
            filter.viewer.as_str()
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(AccessRequest::try_from).collect()
    }

    /// Writes a change and its event. `actor` is `None` when the platform itself acts.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transition: &Transition,
        actor: Option<&Actor>,
    ) -> Result<(), Failure> {
        let request = transition.request();
        let receipt = request.state.receipt();
        let proposal = request.state.proposal();
        let answer = request.state.answer();
        let (withdrawn_at, agreement) = match &request.state {
            State::Withdrawn { at, .. } => (Some(*at), None),
            State::Agreed { agreement, .. } => (None, Some(agreement.0)),
            _ => (None, None),
        };
        sqlx::query!(
            "INSERT INTO access_request.access_requests (id, case_number, applicant, provider, entry_id, \
               entry_title, purpose, basis, items, delivery, use_until, state, drafted_by, entry_version, \
               received_at, answer_due, answer_due_provisional, policy_pack, policy_pack_version, answer_kind, \
               answer_reasons, proposed_by, proposed_at, answered_by, answered_at, overdue_at, withdrawn_at, \
               agreement_id, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
               $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31) \
             ON CONFLICT (id) DO UPDATE SET provider = excluded.provider, entry_title = excluded.entry_title, \
               purpose = excluded.purpose, basis = excluded.basis, items = excluded.items, \
               delivery = excluded.delivery, use_until = excluded.use_until, state = excluded.state, \
               entry_version = excluded.entry_version, received_at = excluded.received_at, \
               answer_due = excluded.answer_due, answer_due_provisional = excluded.answer_due_provisional, \
               policy_pack = excluded.policy_pack, policy_pack_version = excluded.policy_pack_version, \
               answer_kind = excluded.answer_kind, answer_reasons = excluded.answer_reasons, \
               proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at, \
               answered_by = excluded.answered_by, answered_at = excluded.answered_at, \
               overdue_at = excluded.overdue_at, withdrawn_at = excluded.withdrawn_at, \
               agreement_id = excluded.agreement_id, updated_at = excluded.updated_at, version = excluded.version",
            request.id.0,
            request.number,
            request.applicant.as_str(),
            request.provider.as_str(),
            request.entry.0,
            request.entry_title,
            request.form.purpose,
            request.form.basis,
            &request.form.items,
            request.form.delivery,
            request.form.use_until,
            request.state.name(),
            request.drafted_by.as_str(),
            receipt.map(|receipt| receipt.entry_version),
            receipt.map(|receipt| receipt.at),
            receipt.map(|receipt| receipt.due),
            receipt.map(|receipt| receipt.provisional),
            receipt.map(|receipt| receipt.pack.as_str()),
            receipt.map(|receipt| receipt.pack_version.cast_signed()),
            proposal.map(|proposal| kind_name(proposal.kind)),
            answer.map(|answer| answer.reasons.as_str()).or(proposal.map(|proposal| proposal.reasons.as_str())),
            proposal.map(|proposal| proposal.by.as_str()),
            proposal.map(|proposal| proposal.at),
            answer.map(|answer| answer.by.as_str()),
            answer.map(|answer| answer.at),
            request.overdue,
            withdrawn_at,
            agreement,
            request.created,
            request.updated,
            request.version,
        )
        .execute(&mut **tx)
        .await?;
        tx.emit(actor, &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let request = transition.request();
        let (kind, article) = match transition.happened() {
            Happened::Drafted => ("access-request.drafted", "26"),
            Happened::Revised => ("access-request.revised", "26"),
            Happened::Submitted => ("access-request.submitted", "26"),
            Happened::AnswerProposed => ("access-request.answer-proposed", "26"),
            Happened::Consented => ("access-request.consented", "26(一)"),
            Happened::Refused => ("access-request.refused", "26(二)"),
            Happened::Withdrawn => ("access-request.withdrawn", "26"),
            Happened::Agreed => ("access-request.agreed", "26(一)"),
            Happened::Overdue => ("access-request.overdue", "26"),
        };
        let mut attributes = BTreeMap::from([
            ("case_number", request.number.clone()),
            ("applicant", request.applicant.to_string()),
            ("provider", request.provider.to_string()),
            ("entry_id", request.entry.to_string()),
        ]);
        if let Some(receipt) = request.state.receipt() {
            attributes.insert("entry_version", receipt.entry_version.to_string());
            attributes.insert("answer_due", receipt.due.to_string());
            attributes.insert("policy_pack", format!("{}/{}", receipt.pack, receipt.pack_version));
        }
        if let Some(answer) = request.state.answer() {
            attributes.insert("in_time", request.overdue.is_none().to_string());
            if answer.proposal.kind == AnswerKind::Refusal {
                attributes.insert("copies_to", format!("{},{}", request.applicant, self.info_office));
                attributes.insert("reasons_sha256", sha256(answer.reasons.as_bytes()));
            }
        }
        let mut concerns = vec![request.applicant.clone()];
        // What the provider prepares, and what the applicant has not handed in, is not the other side's business.
        match transition.happened() {
            Happened::Drafted | Happened::Revised => {}
            Happened::AnswerProposed => concerns = vec![request.provider.clone()],
            _ => concerns.push(request.provider.clone()),
        }
        Event {
            aggregate: format!("access-request/{}", request.id),
            version: request.version,
            kind,
            case: request.id.to_string(),
            state: request.state.name(),
            article,
            concerns,
            attributes,
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

fn kind_name(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Consent => "CONSENT",
        AnswerKind::Refusal => "REFUSAL",
    }
}

struct Row {
    id: Uuid,
    case_number: String,
    applicant: String,
    provider: String,
    entry_id: Uuid,
    entry_title: String,
    purpose: String,
    basis: String,
    items: Vec<String>,
    delivery: String,
    use_until: Option<Date>,
    state: String,
    drafted_by: String,
    entry_version: Option<i32>,
    received_at: Option<OffsetDateTime>,
    answer_due: Option<Date>,
    answer_due_provisional: Option<bool>,
    policy_pack: Option<String>,
    policy_pack_version: Option<i32>,
    answer_kind: Option<String>,
    answer_reasons: Option<String>,
    proposed_by: Option<String>,
    proposed_at: Option<OffsetDateTime>,
    answered_by: Option<String>,
    answered_at: Option<OffsetDateTime>,
    overdue_at: Option<OffsetDateTime>,
    withdrawn_at: Option<OffsetDateTime>,
    agreement_id: Option<Uuid>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for AccessRequest {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible = |what: &str| {
            Failure::internal(format!("access request {}: {what} does not fit its state", row.id))
        };
        let receipt = || {
            Some(Receipt {
                at: row.received_at?,
                entry_version: row.entry_version?,
                due: row.answer_due?,
                provisional: row.answer_due_provisional?,
                pack: row.policy_pack.clone()?,
                pack_version: row.policy_pack_version?.cast_unsigned(),
            })
        };
        let receipt = || receipt().ok_or_else(|| impossible("receipt"));
        let proposal = || {
            let kind = match row.answer_kind.as_deref()? {
                "CONSENT" => AnswerKind::Consent,
                "REFUSAL" => AnswerKind::Refusal,
                _ => return None,
            };
            Some(Proposal {
                kind,
                reasons: row.answer_reasons.clone()?,
                by: Subject(row.proposed_by.clone()?),
                at: row.proposed_at?,
            })
        };
        let answer = || {
            let proposal = proposal()?;
            Some(Answer {
                reasons: proposal.reasons.clone(),
                proposal,
                by: Subject(row.answered_by.clone()?),
                at: row.answered_at?,
            })
        };
        let answer = || answer().ok_or_else(|| impossible("answer"));
        let state = match row.state.as_str() {
            "DRAFT" => State::Draft,
            "SUBMITTED" => State::Submitted { receipt: receipt()? },
            "ANSWER_PROPOSED" => State::AnswerProposed {
                receipt: receipt()?,
                proposal: proposal().ok_or_else(|| impossible("proposal"))?,
            },
            "CONSENTED" => State::Consented { receipt: receipt()?, answer: answer()? },
            "REFUSED" => State::Refused { receipt: receipt()?, answer: answer()? },
            "WITHDRAWN" => State::Withdrawn {
                receipt: receipt()?,
                proposal: proposal(),
                at: row.withdrawn_at.ok_or_else(|| impossible("withdrawal"))?,
            },
            "AGREED" => State::Agreed {
                receipt: receipt()?,
                answer: answer()?,
                agreement: AgreementId(row.agreement_id.ok_or_else(|| impossible("agreement"))?),
            },
            _ => return Err(impossible("state")),
        };
        Ok(Self {
            id: CaseId(row.id),
            number: row.case_number,
            applicant: row.applicant.parse().map_err(Failure::internal)?,
            provider: row.provider.parse().map_err(Failure::internal)?,
            entry: EntryId(row.entry_id),
            entry_title: row.entry_title,
            form: Form {
                purpose: row.purpose,
                basis: row.basis,
                items: row.items,
                delivery: row.delivery,
                use_until: row.use_until,
            },
            drafted_by: Subject(row.drafted_by),
            state,
            overdue: row.overdue_at,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
