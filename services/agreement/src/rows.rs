//! Rows as PostgreSQL gives them, and agreements made of them. A row that no state allows is a fault of ours and is
//! named as such.

use std::collections::HashMap;

use govshare_model::Subject;
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::pack::DeliveryMode;
use service_kit::Failure;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::agreement::duty::{Attestation, Disposal, DisposalDuty};
use crate::agreement::lifecycle::{End, Replacement, ReplacementKind, Rules, Suspension, Termination};
use crate::agreement::warning::{EntryWarning, Withdrawn};
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
    pub policy_pack: String,
    pub mending_term: bool,
    pub termination_filed: bool,
    pub disposals: Vec<String>,
    pub delivery_mode: Option<String>,
    pub frequency: String,
    pub give_back: serde_json::Value,
    pub disposal_days: i32,
    pub replaces: Option<Uuid>,
    pub replacement_kind: Option<String>,
    pub suspended_at: Option<OffsetDateTime>,
    pub suspended_by: Option<String>,
    pub suspension_grounds: Option<String>,
    pub mend_until: Option<Date>,
    pub ended_at: Option<OffsetDateTime>,
    pub terminated_by: Option<String>,
    pub termination_grounds: Option<String>,
    pub negotiation: Option<String>,
    pub filing_required: Option<bool>,
    pub filed_at: Option<OffsetDateTime>,
    pub replaced_by: Option<Uuid>,
    pub duty_due: Option<Date>,
    pub duty_overdue_at: Option<OffsetDateTime>,
    pub disposal: Option<String>,
    pub disposal_statement: Option<String>,
    pub attested_by: Option<String>,
    pub attested_at: Option<OffsetDateTime>,
    pub document_number: String,
    pub conditions: String,
    pub warned_of: Option<String>,
    pub warning_reason: Option<String>,
    pub warned_since: Option<OffsetDateTime>,
}

pub struct DocumentRow {
    pub agreement_id: Uuid,
    pub kind: String,
    pub media_type: String,
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
    let state = state(&row, signatures)?;
    let disposals = row.disposals.iter().map(|name| disposal(name)).collect::<Result<_, _>>()?;
    let replaces = match (row.replaces, row.replacement_kind.as_deref()) {
        (None, _) => None,
        (Some(replaced), Some("AMENDMENT")) => Some((replaced, ReplacementKind::Amendment)),
        (Some(replaced), Some("RENEWAL")) => Some((replaced, ReplacementKind::Renewal)),
        (Some(_), _) => return Err(impossible(&row, "replacement")),
    };
    let warning = warning(row.warned_of.as_deref(), row.warning_reason, row.warned_since)?;
    Ok(Agreement {
        id: AgreementId(row.id),
        case: CaseId(row.case_id),
        case_number: row.case_number,
        document_number: row.document_number,
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
            delivery_mode: row.delivery_mode.as_deref().map(mode).transpose()?,
            frequency: row.frequency,
            give_back: serde_json::from_value(row.give_back).map_err(Failure::internal)?,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            retention: row.retention,
            disposal_days: u16::try_from(row.disposal_days).map_err(Failure::internal)?,
        },
        conditions: row.conditions,
        pack: row.policy_pack,
        rules: Rules { mending_term: row.mending_term, termination_filed: row.termination_filed, disposals },
        replaces: replaces.map(|(replaced, kind)| Replacement { agreement: AgreementId(replaced), kind }),
        documents,
        drafted_by: Subject(row.drafted_by),
        state,
        warning,
        created: row.created_at,
        updated: row.updated_at,
        version: row.version,
    })
}

/// A warning from its columns, which are null where there is none.
pub fn warning(
    withdrawn: Option<&str>,
    reason: Option<String>,
    since: Option<OffsetDateTime>,
) -> Result<Option<EntryWarning>, Failure> {
    let (Some(name), Some(reason), Some(since)) = (withdrawn, reason, since) else { return Ok(None) };
    let withdrawn = match name {
        "SUSPENDED" => Withdrawn::Suspended,
        "RETIRED" => Withdrawn::Retired,
        _ => return Err(Failure::internal(format!("{name} is nothing to warn of"))),
    };
    Ok(Some(EntryWarning { withdrawn, reason, since }))
}

fn impossible(row: &AgreementRow, what: &str) -> Failure {
    Failure::internal(format!("agreement {}: {what} does not fit its state", row.id))
}

fn state(row: &AgreementRow, signatures: Vec<Signature>) -> Result<State, Failure> {
    let activated = || row.activated_at.ok_or_else(|| impossible(row, "activation"));
    let ended = |signatures, end| {
        let at = row.ended_at.ok_or_else(|| impossible(row, "end"))?;
        Ok(State::Ended { signatures, activated: activated()?, end, at })
    };
    match row.state.as_str() {
        "AWAITING_SIGNATURES" => Ok(State::AwaitingSignatures { signatures }),
        "ACTIVE" => Ok(State::Active { signatures, at: activated()? }),
        "SUSPENDED" => {
            let suspension = suspension(row)?.ok_or_else(|| impossible(row, "suspension"))?;
            Ok(State::Suspended { signatures, activated: activated()?, suspension })
        }
        "CANCELLED" => Ok(State::Cancelled {
            signatures,
            reason: row.cancel_reason.clone(),
            at: row.cancelled_at.ok_or_else(|| impossible(row, "cancellation"))?,
        }),
        "EXPIRED" => ended(signatures, End::Expired { duty: duty(row)? }),
        "TERMINATED" => {
            let termination = termination(row)?.ok_or_else(|| impossible(row, "termination"))?;
            ended(signatures, End::Terminated { termination, duty: duty(row)? })
        }
        "REPLACED" => {
            let by = row.replaced_by.ok_or_else(|| impossible(row, "replacement"))?;
            ended(signatures, End::Replaced { by: AgreementId(by) })
        }
        _ => Err(impossible(row, "state")),
    }
}

fn suspension(row: &AgreementRow) -> Result<Option<Suspension>, Failure> {
    let (Some(by), Some(grounds), Some(at)) = (&row.suspended_by, &row.suspension_grounds, row.suspended_at)
    else {
        return Ok(None);
    };
    let (unit, grounds) = (unit(by)?, grounds.clone());
    Ok(Some(Suspension { grounds, unit, mend_until: row.mend_until, at }))
}

fn termination(row: &AgreementRow) -> Result<Option<Termination>, Failure> {
    let (Some(by), Some(grounds), Some(negotiation), Some(filing_required)) =
        (&row.terminated_by, &row.termination_grounds, &row.negotiation, row.filing_required)
    else {
        return Ok(None);
    };
    Ok(Some(Termination {
        grounds: grounds.clone(),
        negotiation: negotiation.clone(),
        unit: unit(by)?,
        filing_required,
        filed: row.filed_at,
    }))
}

fn duty(row: &AgreementRow) -> Result<DisposalDuty, Failure> {
    let due = row.duty_due.ok_or_else(|| impossible(row, "duty"))?;
    let attestation = match (&row.disposal, &row.disposal_statement, &row.attested_by, row.attested_at) {
        (Some(name), Some(statement), Some(by), Some(at)) => Some(Attestation {
            disposal: disposal(name)?,
            statement: statement.clone(),
            by: Subject(by.clone()),
            at,
        }),
        (None, None, None, None) => None,
        _ => return Err(impossible(row, "attestation")),
    };
    Ok(DisposalDuty { due, overdue: row.duty_overdue_at, attestation })
}

impl TryFrom<DocumentRow> for Document {
    type Error = Failure;

    fn try_from(row: DocumentRow) -> Result<Self, Failure> {
        Ok(Self {
            kind: kind(&row.kind)?,
            media_type: row.media_type,
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

pub fn replacement_name(kind: ReplacementKind) -> &'static str {
    match kind {
        ReplacementKind::Amendment => "AMENDMENT",
        ReplacementKind::Renewal => "RENEWAL",
    }
}

pub fn disposal_name(disposal: Disposal) -> &'static str {
    match disposal {
        Disposal::Destroyed => "DESTROYED",
        Disposal::Kept => "KEPT",
    }
}

fn disposal(name: &str) -> Result<Disposal, Failure> {
    match name {
        "DESTROYED" => Ok(Disposal::Destroyed),
        "KEPT" => Ok(Disposal::Kept),
        _ => Err(Failure::internal(format!("{name} is no disposal"))),
    }
}

pub fn mode_name(mode: DeliveryMode) -> &'static str {
    match mode {
        DeliveryMode::Interface => "INTERFACE",
        DeliveryMode::Batch => "BATCH",
        DeliveryMode::File => "FILE",
        DeliveryMode::AsAgreed => "AS_AGREED",
    }
}

fn mode(name: &str) -> Result<DeliveryMode, Failure> {
    match name {
        "INTERFACE" => Ok(DeliveryMode::Interface),
        "BATCH" => Ok(DeliveryMode::Batch),
        "FILE" => Ok(DeliveryMode::File),
        "AS_AGREED" => Ok(DeliveryMode::AsAgreed),
        _ => Err(Failure::internal(format!("{name} is no way of delivery"))),
    }
}
