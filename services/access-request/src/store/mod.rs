//! Access requests in PostgreSQL. Takes only transitions, and writes each with its audit event.

mod event;
mod overdue;
mod rows;

use govshare_model::Actor;
use govshare_model::id::{CaseId, UnitId};
use service_kit::{Database, Failure, Refusal, Tx};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use self::rows::{Row, StoredFile, Written, class_name, kind_name, mode_name};
use crate::access_request::{AccessRequest, State, Transition};

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
    /// The unit whose drafts are visible.
    pub drafts_of: Option<&'f UnitId>,
    /// Who asks: what a provider prepares is SUBMITTED or COORDINATED to everybody else.
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

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<AccessRequest>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests \
             WHERE ($1::text IS NULL OR applicant = $1 OR (provider = $1 AND state <> 'DRAFT')) \
               AND (state <> 'DRAFT' OR applicant = $9) \
               AND ($2::text IS NULL OR applicant = $2) AND ($3::text IS NULL OR provider = $3) \
               AND ($4::text IS NULL OR $4 = CASE WHEN state <> 'ANSWER_PROPOSED' OR provider = $8 THEN state \
                 WHEN case_file @? '$.contested[0]' THEN 'COORDINATED' ELSE 'SUBMITTED' END) \
               AND (NOT $5 OR overdue_at IS NOT NULL OR case_file @? '$.contested[*].overdue ? (@ != null)') \
               AND ($6::uuid IS NULL OR id < $6) \
             ORDER BY id DESC LIMIT $7",
            filter.party.map(UnitId::as_str),
            filter.applicant.map(UnitId::as_str),
            filter.provider.map(UnitId::as_str),
            filter.state,
            filter.overdue,
            filter.before,
            filter.limit,
            filter.viewer.as_str(),
            filter.drafts_of.map(UnitId::as_str)
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(AccessRequest::try_from).collect()
    }

    /// Open cases in the order of their ids.
    pub async fn open_after(&self, after: Option<Uuid>, limit: i64) -> Result<Vec<AccessRequest>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests \
             WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED') AND ($1::uuid IS NULL OR id > $1) \
             ORDER BY id LIMIT $2",
            after,
            limit
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
        let entry = request.entry.as_ref();
        let form = &request.form;
        let receipt = request.state.receipt();
        let proposal = request.state.proposal();
        let wording = proposal.map(|proposal| &proposal.wording);
        let answer = request.state.answer();
        let reasons = answer.map(|answer| &answer.reasons).or(wording.map(|wording| &wording.reasons));
        let (withdrawn_at, agreement) = match &request.state {
            State::Withdrawn { at, .. } => (Some(*at), None),
            State::Agreed { agreement, .. } => (None, Some(agreement.0)),
            _ => (None, None),
        };
        let written = Written::from(&request.state);
        let file = StoredFile { renewal: request.renewal.clone(), file: request.file.clone() };
        macro_rules! write {
            ($statement:literal) => {
                sqlx::query!(
                    $statement,
                    request.id.0,
                    request.number,
                    request.applicant.as_str(),
                    request.provider.as_ref().map(UnitId::as_str),
                    entry.map(|entry| entry.id.0),
                    entry.map_or("", |entry| entry.title.as_str()),
                    request.wanted,
                    form.purpose,
                    form.scenario,
                    form.basis,
                    &form.items,
                    form.mode.map(mode_name),
                    form.delivery,
                    form.use_until,
                    request.state.name(),
                    request.drafted_by.as_str(),
                    entry.and_then(|entry| entry.version),
                    receipt.map(|receipt| receipt.at),
                    receipt.map(|receipt| receipt.clock.due),
                    receipt.map(|receipt| receipt.clock.provisional),
                    receipt.map(|receipt| receipt.pack.as_str()),
                    receipt.map(|receipt| receipt.pack_version.cast_signed()),
                    receipt.map(|receipt| class_name(receipt.class)),
                    wording.map(|wording| kind_name(wording.kind)),
                    reasons,
                    wording.map_or("", |wording| wording.conditions.as_str()),
                    wording.is_some_and(|wording| wording.material_incomplete),
                    proposal.map(|proposal| proposal.by.as_str()),
                    proposal.map(|proposal| proposal.at),
                    answer.map(|answer| answer.by.as_str()),
                    answer.map(|answer| answer.at),
                    request.overdue,
                    withdrawn_at,
                    agreement,
                    Json(written) as _,
                    Json(file) as _,
                    request.created,
                    request.updated,
                    request.shown,
                    request.version,
                    request.document_number,
                    answer.map_or("", |answer| answer.number.as_str()),
                )
                .execute(&mut **tx)
                .await?
            };
        }
        let rows = if request.version == 1 {
            write!(
                "INSERT INTO access_request.access_requests ( \
                   id, case_number, applicant, provider, entry_id, entry_title, wanted, purpose, scenario, basis, \
                   items, mode, delivery, use_until, state, drafted_by, entry_version, received_at, answer_due, \
                   answer_due_provisional, policy_pack, policy_pack_version, sharing_class, answer_kind, \
                   answer_reasons, answer_conditions, answer_material_incomplete, proposed_by, proposed_at, \
                   answered_by, answered_at, overdue_at, withdrawn_at, agreement_id, written, case_file, \
                   created_at, updated_at, shown_at, version, document_number, answer_number) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
                   $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, \
                   $41, $42)"
            )
        } else {
            write!(
                "UPDATE access_request.access_requests SET ( \
                   case_number, applicant, provider, entry_id, entry_title, wanted, purpose, scenario, basis, \
                   items, mode, delivery, use_until, state, drafted_by, entry_version, received_at, answer_due, \
                   answer_due_provisional, policy_pack, policy_pack_version, sharing_class, answer_kind, \
                   answer_reasons, answer_conditions, answer_material_incomplete, proposed_by, proposed_at, \
                   answered_by, answered_at, overdue_at, withdrawn_at, agreement_id, written, case_file, \
                   created_at, updated_at, shown_at, version, document_number, answer_number) \
                 = ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
                   $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, \
                   $42) \
                 WHERE id = $1 AND version + 1 = $40"
            )
        };
        if rows.rows_affected() != 1 {
            return Err(Failure::internal("a request changed under its lock"));
        }
        let event = event::event(transition, &self.info_office);
        tx.set_tasks(&event.aggregate, &event.case, request.tasks());
        tx.emit(actor, &event)
    }
}

/// Lower-case hexadecimal SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}
