//! Agreements in PostgreSQL. Takes only transitions, and writes each with its audit events; an activation also goes
//! to access-request.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{AgreementId, CaseId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::agreement::{
    Agreement, DocumentKind, Happened, Rejection, Rendered, Signature, State, Transition,
};
use crate::document::sha256;
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
    /// Newest first: only agreements with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
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
                 OR CASE WHEN state = 'ACTIVE' AND valid_until < $4 THEN 'EXPIRED' ELSE state END = $3) \
               AND ($5::uuid IS NULL OR id < $5) \
             ORDER BY id DESC LIMIT $6",
            filter.party.map(UnitId::as_str),
            filter.case.map(|case| case.0),
            filter.state,
            filter.today,
            filter.before,
            filter.limit
        )
        .fetch_all(&mut *connection)
        .await?;
        self.whole(&mut connection, rows).await
    }

    /// A document with its bytes.
    pub async fn document(&self, id: AgreementId, kind: DocumentKind) -> Result<Rendered, Failure> {
        let row = sqlx::query!(
            "SELECT agreement_id, kind, signatories, sha256, content FROM agreement.documents \
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
            "SELECT agreement_id, kind, signatories, sha256, octet_length(content)::bigint AS \"size!\" \
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

    /// Writes a change and its events.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
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
                    tx.command(upstreams::AGREED, &upstreams::record_agreement(agreement));
                }
                Happened::Cancelled => self.update(tx, agreement).await?,
            }
            tx.emit(Some(actor), &event(agreement, version, happened))?;
        }
        Ok(())
    }

    async fn insert(&self, tx: &mut Tx, agreement: &Agreement) -> Result<(), Failure> {
        let inserted = sqlx::query!(
            "INSERT INTO agreement.agreements (id, case_id, case_number, entry_id, entry_version, applicant, \
               provider, info_office, purpose, items, delivery, valid_from, valid_until, retention, drafted_by, \
               state, cancel_reason, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17, $18, $19)",
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
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.constraint() == Some("agreements_one_per_case") => {
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
                "INSERT INTO agreement.documents (agreement_id, kind, signatories, sha256, content) \
                 VALUES ($1, $2, $3, $4, $5)",
                id.0,
                rows::kind_name(document.kind),
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
        let (activated_at, cancelled_at, cancel_reason) = match &agreement.state {
            State::AwaitingSignatures { .. } => (None, None, ""),
            State::Active { at, .. } => (Some(*at), None, ""),
            State::Cancelled { at, reason, .. } => (None, Some(*at), reason.as_str()),
        };
        sqlx::query!(
            "UPDATE agreement.agreements SET state = $2, activated_at = $3, cancelled_at = $4, \
               cancel_reason = $5, updated_at = $6, version = $7 WHERE id = $1",
            agreement.id.0,
            agreement.state.name(),
            activated_at,
            cancelled_at,
            cancel_reason,
            agreement.updated,
            agreement.version,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

fn event(agreement: &Agreement, version: i64, happened: &Happened) -> Event {
    let (applicant, provider) = (&agreement.parties.applicant, &agreement.parties.provider);
    let mut attributes = BTreeMap::from([
        ("case_number", agreement.case_number.clone()),
        ("applicant", applicant.to_string()),
        ("provider", provider.to_string()),
        ("entry_id", agreement.entry.to_string()),
        ("entry_version", agreement.entry_version.to_string()),
    ]);
    let (kind, state, article) = match happened {
        Happened::Drafted { documents } => {
            for Rendered { document, .. } in documents {
                let key = match document.kind {
                    DocumentKind::Agreement => "agreement_sha256",
                    DocumentKind::Confidentiality => "confidentiality_sha256",
                };
                attributes.insert(key, document.sha256.clone());
            }
            attributes.insert("valid_from", agreement.terms.valid_from.to_string());
            attributes.insert("valid_until", agreement.terms.valid_until.to_string());
            ("agreement.drafted", "AWAITING_SIGNATURES", "26(一)")
        }
        Happened::Signed { signature } => {
            attributes.insert("document", signature.kind.as_str().to_owned());
            attributes.insert("unit", signature.unit.to_string());
            attributes.insert("key_id", signature.key.clone());
            attributes.insert("signature", hex::encode(&signature.bytes));
            let article = match signature.kind {
                DocumentKind::Agreement => "26(一)",
                DocumentKind::Confidentiality => "31",
            };
            ("agreement.signed", "AWAITING_SIGNATURES", article)
        }
        Happened::Activated => ("agreement.activated", "ACTIVE", "26(一)"),
        Happened::Cancelled => {
            if let State::Cancelled { reason, .. } = &agreement.state {
                attributes.insert("reason_sha256", sha256(reason.as_bytes()));
            }
            ("agreement.cancelled", "CANCELLED", "26(一)")
        }
    };
    Event {
        aggregate: format!("agreement/{}", agreement.id),
        version,
        kind,
        case: agreement.case.to_string(),
        state,
        article,
        concerns: vec![applicant.clone(), provider.clone(), agreement.parties.info_office.clone()],
        attributes,
    }
}
