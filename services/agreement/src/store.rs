//! Agreements in PostgreSQL. Takes only transitions, and writes each with its audit events; the activation of a case's
//! first agreement also goes to access-request.

use govshare_model::Actor;
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use service_kit::{Database, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::agreement::lifecycle::{End, Suspension, Termination};
use crate::agreement::warning::EntryWarning;
use crate::agreement::{
    Agreement, DocumentKind, Happened, Rejection, Rendered, Signature, State, Transition,
};
use crate::events::event;
use crate::rows::{self, AgreementRow, DocumentRow, SignatureRow};
use crate::upstreams;

#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Which agreements a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    /// The unit whose agreements are visible; `None` for those who read all.
    pub party: Option<&'f UnitId>,
    pub case: Option<CaseId>,
    /// As it is told `today`.
    pub state: Option<&'static str>,
    pub today: Date,
    pub duty_overdue: bool,
    /// Newest first: only agreements with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

/// An agreement in force, what it rests on, and what its user was warned of.
pub struct Resting {
    pub agreement: AgreementId,
    pub entry: EntryId,
    pub warning: Option<EntryWarning>,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: AgreementId) -> Result<Agreement, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        let row = sqlx::query_as!(AgreementRow, "SELECT * FROM agreement.agreements WHERE id = $1", id.0)
            .fetch_optional(&mut *connection)
            .await?;
        self.one(&mut connection, id, row).await
    }

    pub async fn load_for_update(&self, tx: &mut Tx, id: AgreementId) -> Result<Agreement, Failure> {
        let row = sqlx::query_as!(
            AgreementRow,
            "SELECT * FROM agreement.agreements WHERE id = $1 FOR UPDATE",
            id.0
        )
        .fetch_optional(&mut **tx)
        .await?;
        self.one(tx, id, row).await
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Agreement>, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        let rows = sqlx::query_as!(
            AgreementRow,
            "SELECT * FROM agreement.agreements \
             WHERE ($1::text IS NULL OR applicant = $1 OR provider = $1 OR info_office = $1) \
               AND ($2::uuid IS NULL OR case_id = $2) \
               AND ($3::text IS NULL \
                 OR CASE WHEN state IN ('ACTIVE', 'SUSPENDED') AND valid_until < $4 THEN 'EXPIRED' ELSE state END = $3) \
               AND (NOT $7 OR (duty_due < $4 AND attested_at IS NULL)) \
               AND ($5::uuid IS NULL OR id < $5) \
             ORDER BY id DESC LIMIT $6",
            filter.party.map(UnitId::as_str),
            filter.case.map(|case| case.0),
            filter.state,
            filter.today,
            filter.before,
            filter.limit,
            filter.duty_overdue
        )
        .fetch_all(&mut *connection)
        .await?;
        self.whole(&mut connection, rows).await
    }

    /// Agreements whose last day has passed, locked; those that somebody else holds are left to them.
    pub async fn claim_over(&self, tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Agreement>, Failure> {
        let rows = sqlx::query_as!(
            AgreementRow,
            "SELECT * FROM agreement.agreements WHERE state IN ('ACTIVE', 'SUSPENDED') AND valid_until < $1 \
             ORDER BY valid_until LIMIT $2 FOR UPDATE SKIP LOCKED",
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        self.whole(tx, rows).await
    }

    /// As [`Store::claim_over`], those whose users should have attested what became of their copies.
    pub async fn claim_overdue(
        &self,
        tx: &mut Tx,
        today: Date,
        limit: i64,
    ) -> Result<Vec<Agreement>, Failure> {
        let rows = sqlx::query_as!(
            AgreementRow,
            "SELECT * FROM agreement.agreements WHERE attested_at IS NULL AND duty_overdue_at IS NULL \
               AND duty_due IS NOT NULL AND duty_due < $1 ORDER BY duty_due LIMIT $2 FOR UPDATE SKIP LOCKED",
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        self.whole(tx, rows).await
    }

    /// Agreements in force in the order of their ids, from the one after `after`.
    pub async fn resting(&self, after: Option<AgreementId>, limit: i64) -> Result<Vec<Resting>, Failure> {
        let rows = sqlx::query!(
            "SELECT id, entry_id, warned_of, warning_reason, warned_since FROM agreement.agreements \
             WHERE state IN ('ACTIVE', 'SUSPENDED') AND id > $1 ORDER BY id LIMIT $2",
            after.map_or(Uuid::nil(), |after| after.0),
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Resting {
                    agreement: AgreementId(row.id),
                    entry: EntryId(row.entry_id),
                    warning: rows::warning(row.warned_of.as_deref(), row.warning_reason, row.warned_since)?,
                })
            })
            .collect()
    }

    /// A document with its bytes.
    pub async fn document(&self, id: AgreementId, kind: DocumentKind) -> Result<Rendered, Failure> {
        let row = sqlx::query!(
            "SELECT agreement_id, kind, media_type, signatories, sha256, content FROM agreement.documents \
             WHERE agreement_id = $1 AND kind = $2",
            id.0,
            rows::kind_name(kind)
        )
        .fetch_optional(self.database.pool())
        .await?;
        let row = row.ok_or(Rejection::NoSuchDocument { agreement: id, kind })?;
        let document = DocumentRow {
            agreement_id: row.agreement_id,
            kind: row.kind,
            media_type: row.media_type,
            signatories: row.signatories,
            sha256: row.sha256,
            size: row.content.len() as i64,
        };
        Ok(Rendered { document: document.try_into()?, content: row.content })
    }

    async fn one(
        &self,
        connection: &mut PgConnection,
        id: AgreementId,
        row: Option<AgreementRow>,
    ) -> Result<Agreement, Failure> {
        let found = self.whole(connection, row.into_iter().collect()).await?.pop();
        found.ok_or_else(|| Refusal::not_found("agreement", id).into())
    }

    /// Adds documents and signatures to agreements. Signatures that came after a row was read are left out by their
    /// version, so that state and signatures fit without a snapshot over the statements.
    async fn whole(
        &self,
        connection: &mut PgConnection,
        rows: Vec<AgreementRow>,
    ) -> Result<Vec<Agreement>, Failure> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let documents = sqlx::query_as!(
            DocumentRow,
            "SELECT agreement_id, kind, media_type, signatories, sha256, octet_length(content)::bigint AS \"size!\" \
             FROM agreement.documents WHERE agreement_id = ANY($1) ORDER BY agreement_id, kind",
            &ids
        )
        .fetch_all(&mut *connection)
        .await?;
        let signatures = sqlx::query_as!(
            SignatureRow,
            "SELECT * FROM agreement.signatures WHERE agreement_id = ANY($1) ORDER BY agreement_id, version",
            &ids
        )
        .fetch_all(&mut *connection)
        .await?;
        rows::assemble(rows, documents, signatures)
    }

    /// Writes a change and its events. `actor` is `None` when the platform itself acts.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transition: &Transition,
        actor: Option<&Actor>,
    ) -> Result<(), Failure> {
        let agreement = transition.agreement();
        for (version, happened) in transition.happened() {
            match happened {
                Happened::Drafted { documents } => {
                    self.insert(tx, agreement).await?;
                    self.insert_documents(tx, agreement.id, documents).await?;
                }
                Happened::Signed { signature } => {
                    self.insert_signature(tx, agreement.id, signature, version).await?;
                    self.update(tx, agreement).await?;
                }
                Happened::Activated => {
                    // A case whose agreement is replaced stays agreed.
                    if agreement.replaces.is_none() {
                        tx.command(upstreams::AGREED, &upstreams::record_agreement(agreement));
                    }
                }
                Happened::Cancelled
                | Happened::Suspended
                | Happened::Resumed
                | Happened::Expired
                | Happened::Terminated
                | Happened::TerminationFiled
                | Happened::Replaced
                | Happened::DisposalAttested
                | Happened::DisposalOverdue
                | Happened::EntryWarned
                | Happened::EntryWarningLifted => self.update(tx, agreement).await?,
            }
            tx.emit(actor, &event(agreement, version, happened))?;
        }
        let aggregate = format!("agreement/{}", agreement.id);
        tx.set_tasks(&aggregate, &agreement.case.to_string(), agreement.tasks());
        Ok(())
    }

    async fn insert(&self, tx: &mut Tx, agreement: &Agreement) -> Result<(), Failure> {
        let disposals: Vec<_> = agreement
            .rules
            .disposals
            .iter()
            .map(|disposal| rows::disposal_name(*disposal).to_owned())
            .collect();
        let give_back = serde_json::to_value(&agreement.terms.give_back).map_err(Failure::internal)?;
        let inserted = sqlx::query!(
            "INSERT INTO agreement.agreements (id, case_id, case_number, entry_id, entry_version, applicant, \
               provider, info_office, purpose, items, delivery, valid_from, valid_until, retention, drafted_by, \
               state, cancel_reason, created_at, updated_at, version, policy_pack, mending_term, \
               termination_filed, disposals, delivery_mode, frequency, give_back, disposal_days, replaces, \
               replacement_kind, document_number, conditions) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17, $18, $19, $20, \
               $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)",
            agreement.id.0,
            agreement.case.0,
            agreement.case_number,
            agreement.entry.0,
            agreement.entry_version,
            agreement.parties.applicant.as_str(),
            agreement.parties.provider.as_str(),
            agreement.parties.info_office.as_str(),
            agreement.terms.purpose,
            &agreement.terms.items,
            agreement.terms.delivery,
            agreement.terms.valid_from,
            agreement.terms.valid_until,
            agreement.terms.retention,
            agreement.drafted_by.as_str(),
            agreement.state.name(),
            agreement.created,
            agreement.updated,
            agreement.version,
            agreement.pack,
            agreement.rules.mending_term,
            agreement.rules.termination_filed,
            &disposals,
            agreement.terms.delivery_mode.map(rows::mode_name),
            agreement.terms.frequency,
            give_back,
            i32::from(agreement.terms.disposal_days),
            agreement.replaces.as_ref().map(|replaced| replaced.agreement.0),
            agreement.replaces.as_ref().map(|replaced| rows::replacement_name(replaced.kind)),
            agreement.document_number,
            agreement.conditions,
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error))
                if matches!(
                    error.constraint(),
                    Some("agreements_one_per_case" | "agreements_one_replacement")
                ) =>
            {
                Err(Rejection::AgreementExists.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn insert_documents(
        &self,
        tx: &mut Tx,
        id: AgreementId,
        documents: &[Rendered],
    ) -> Result<(), Failure> {
        for Rendered { document, content } in documents {
            let signatories: Vec<_> = document.signatories.iter().map(ToString::to_string).collect();
            sqlx::query!(
                "INSERT INTO agreement.documents (agreement_id, kind, media_type, signatories, sha256, content) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                id.0,
                rows::kind_name(document.kind),
                document.media_type,
                &signatories,
                document.sha256,
                content,
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    async fn insert_signature(
        &self,
        tx: &mut Tx,
        id: AgreementId,
        signature: &Signature,
        version: i64,
    ) -> Result<(), Failure> {
        sqlx::query!(
            "INSERT INTO agreement.signatures (agreement_id, kind, unit, key_id, signature, signed_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            id.0,
            rows::kind_name(signature.kind),
            signature.unit.as_str(),
            signature.key,
            signature.bytes,
            signature.at,
            version,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    async fn update(&self, tx: &mut Tx, agreement: &Agreement) -> Result<(), Failure> {
        let columns = Columns::of(&agreement.state);
        let duty = agreement.state.duty();
        let attestation = duty.and_then(|duty| duty.attestation.as_ref());
        let warning = agreement.warning.as_ref();
        sqlx::query!(
            "UPDATE agreement.agreements SET state = $2, activated_at = $3, cancelled_at = $4, \
               cancel_reason = $5, updated_at = $6, version = $7, suspended_at = $8, suspended_by = $9, \
               suspension_grounds = $10, mend_until = $11, ended_at = $12, terminated_by = $13, \
               termination_grounds = $14, negotiation = $15, filing_required = $16, filed_at = $17, \
               replaced_by = $18, duty_due = $19, duty_overdue_at = $20, disposal = $21, \
               disposal_statement = $22, attested_by = $23, attested_at = $24, warned_of = $25, \
               warning_reason = $26, warned_since = $27 WHERE id = $1",
            agreement.id.0,
            agreement.state.name(),
            columns.activated,
            columns.cancelled.map(|(at, _)| at),
            columns.cancelled.map_or("", |(_, reason)| reason),
            agreement.updated,
            agreement.version,
            columns.suspension.map(|suspension| suspension.at),
            columns.suspension.map(|suspension| suspension.unit.as_str()),
            columns.suspension.map(|suspension| suspension.grounds.as_str()),
            columns.suspension.and_then(|suspension| suspension.mend_until),
            columns.ended,
            columns.termination.map(|termination| termination.unit.as_str()),
            columns.termination.map(|termination| termination.grounds.as_str()),
            columns.termination.map(|termination| termination.negotiation.as_str()),
            columns.termination.map(|termination| termination.filing_required),
            columns.termination.and_then(|termination| termination.filed),
            columns.replaced_by.map(|by| by.0),
            duty.map(|duty| duty.due),
            duty.and_then(|duty| duty.overdue),
            attestation.map(|attestation| rows::disposal_name(attestation.disposal)),
            attestation.map(|attestation| attestation.statement.as_str()),
            attestation.map(|attestation| attestation.by.as_str()),
            attestation.map(|attestation| attestation.at),
            warning.map(|warning| warning.withdrawn.name()),
            warning.map(|warning| warning.reason.as_str()),
            warning.map(|warning| warning.since),
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// What a state leaves in the columns that are there for some states only.
#[derive(Default)]
struct Columns<'a> {
    activated: Option<OffsetDateTime>,
    cancelled: Option<(OffsetDateTime, &'a str)>,
    suspension: Option<&'a Suspension>,
    ended: Option<OffsetDateTime>,
    termination: Option<&'a Termination>,
    replaced_by: Option<AgreementId>,
}

impl<'a> Columns<'a> {
    fn of(state: &'a State) -> Self {
        match state {
            State::AwaitingSignatures { .. } => Self::default(),
            State::Active { at, .. } => Self { activated: Some(*at), ..Self::default() },
            State::Suspended { activated, suspension, .. } => {
                Self { activated: Some(*activated), suspension: Some(suspension), ..Self::default() }
            }
            State::Cancelled { at, reason, .. } => {
                Self { cancelled: Some((*at, reason.as_str())), ..Self::default() }
            }
            State::Ended { activated, end, at, .. } => {
                let (termination, replaced_by) = match end {
                    End::Expired { .. } => (None, None),
                    End::Terminated { termination, .. } => (Some(termination), None),
                    End::Replaced { by } => (None, Some(*by)),
                };
                let (activated, ended) = (Some(*activated), Some(*at));
                Self { activated, ended, termination, replaced_by, ..Self::default() }
            }
        }
    }
}
