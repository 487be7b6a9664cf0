//! Rows as PostgreSQL gives them, and agreements made of them. A row that no state allows is a fault of ours and is
//! named as such.

use std::collections::HashMap;

use govshare_model::Subject;
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use service_kit::Failure;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::agreement::{Agreement, Document, DocumentKind, Parties, Signature, State};
use crate::terms::Terms;

pub struct AgreementRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub case_number: String,
    pub entry_id: Uuid,
    pub entry_version: i32,
    pub applicant: String,
    pub provider: String,
    pub info_office: String,
    pub purpose: String,
    pub items: Vec<String>,
    pub delivery: String,
    pub valid_from: Date,
    pub valid_until: Date,
    pub retention: String,
    pub drafted_by: String,
    pub state: String,
    pub activated_at: Option<OffsetDateTime>,
    pub cancelled_at: Option<OffsetDateTime>,
    pub cancel_reason: String,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub version: i64,
}

pub struct DocumentRow {
    pub agreement_id: Uuid,
    pub kind: String,
    pub signatories: Vec<String>,
    pub sha256: String,
    pub size: i64,
}

pub struct SignatureRow {
    pub agreement_id: Uuid,
    pub kind: String,
    pub unit: String,
    pub key_id: String,
    pub signature: Vec<u8>,
    pub signed_at: OffsetDateTime,
    pub version: i64,
}

/// The agreements of `rows`, in their order, each with its documents and the signatures that its version has.
pub fn assemble(
    rows: Vec<AgreementRow>,
    documents: Vec<DocumentRow>,
    signatures: Vec<SignatureRow>,
) -> Result<Vec<Agreement>, Failure> {
    let versions: HashMap<_, _> = rows.iter().map(|row| (row.id, row.version)).collect();
    let mut documents_of: HashMap<Uuid, Vec<Document>> = HashMap::new();
    for row in documents {
        documents_of.entry(row.agreement_id).or_default().push(row.try_into()?);
    }
    let mut signatures_of: HashMap<Uuid, Vec<Signature>> = HashMap::new();
    for row in signatures {
        if versions.get(&row.agreement_id).is_some_and(|version| row.version <= *version) {
            signatures_of.entry(row.agreement_id).or_default().push(row.try_into()?);
        }
    }
    let agreement = |row: AgreementRow| {
        let documents = documents_of.remove(&row.id).unwrap_or_default();
        let signatures = signatures_of.remove(&row.id).unwrap_or_default();
        agreement(row, documents, signatures)
    };
    rows.into_iter().map(agreement).collect()
}

fn agreement(
    row: AgreementRow,
    documents: Vec<Document>,
    signatures: Vec<Signature>,
) -> Result<Agreement, Failure> {
    let impossible =
        |what: &str| Failure::internal(format!("agreement {}: {what} does not fit its state", row.id));
    let state = match row.state.as_str() {
        "AWAITING_SIGNATURES" => State::AwaitingSignatures { signatures },
        "ACTIVE" => {
            State::Active { signatures, at: row.activated_at.ok_or_else(|| impossible("activation"))? }
        }
        "CANCELLED" => State::Cancelled {
            signatures,
            reason: row.cancel_reason,
            at: row.cancelled_at.ok_or_else(|| impossible("cancellation"))?,
        },
        _ => return Err(impossible("state")),
    };
    Ok(Agreement {
        id: AgreementId(row.id),
        case: CaseId(row.case_id),
        case_number: row.case_number,
        entry: EntryId(row.entry_id),
        entry_version: row.entry_version,
        parties: Parties {
            applicant: unit(&row.applicant)?,
            provider: unit(&row.provider)?,
            info_office: unit(&row.info_office)?,
        },
        terms: Terms {
            purpose: row.purpose,
            items: row.items,
            delivery: row.delivery,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            retention: row.retention,
        },
        documents,
        drafted_by: Subject(row.drafted_by),
        state,
        created: row.created_at,
        updated: row.updated_at,
        version: row.version,
    })
}

impl TryFrom<DocumentRow> for Document {
    type Error = Failure;

    fn try_from(row: DocumentRow) -> Result<Self, Failure> {
        Ok(Self {
            kind: kind(&row.kind)?,
            sha256: row.sha256,
            size: row.size,
            signatories: row.signatories.iter().map(|name| unit(name)).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<SignatureRow> for Signature {
    type Error = Failure;

    fn try_from(row: SignatureRow) -> Result<Self, Failure> {
        Ok(Self {
            kind: kind(&row.kind)?,
            unit: unit(&row.unit)?,
            key: row.key_id,
            bytes: row.signature,
            at: row.signed_at,
        })
    }
}

fn unit(name: &str) -> Result<UnitId, Failure> {
    name.parse().map_err(Failure::internal)
}

pub fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Agreement => "AGREEMENT",
        DocumentKind::Confidentiality => "CONFIDENTIALITY",
    }
}

fn kind(name: &str) -> Result<DocumentKind, Failure> {
    match name {
        "AGREEMENT" => Ok(DocumentKind::Agreement),
        "CONFIDENTIALITY" => Ok(DocumentKind::Confidentiality),
        _ => Err(Failure::internal(format!("{name} is no kind of document"))),
    }
}
