//! Between contract and domain.

use govshare_model::Actor;
use govshare_proto::agreement::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Refusal, Violations};
use time::Date;

use crate::agreement::{Agreement, Document, DocumentKind, Parties, Signature, State};
use crate::document::MEDIA_TYPE;
use crate::policy;
use crate::terms::Terms;

/// Parses the terms; `violations` hears of every bad field.
pub fn terms(terms: Option<pb::Terms>, violations: &mut Violations) -> Terms {
    let terms = terms.unwrap_or_default();
    let mut items: Vec<String> = Vec::with_capacity(terms.items.len().min(1000));
    violations.check(terms.items.len() <= 1000, "terms.items", "must not be more than 1000 / 不得超过1000项");
    for item in terms.items.iter().take(1000) {
        let item = violations.text("terms.items", item, 1, 200);
        violations.check(!items.contains(&item), "terms.items", format!("names {item:?} twice / 信息项重复"));
        items.push(item);
    }
    Terms {
        purpose: violations.text("terms.purpose", &terms.purpose, 1, 2000),
        items,
        delivery: violations.text("terms.delivery", &terms.delivery, 1, 500),
        valid_from: day("terms.valid_from", terms.valid_from.as_ref(), violations),
        valid_until: day("terms.valid_until", terms.valid_until.as_ref(), violations),
        retention: violations.text("terms.retention", &terms.retention, 1, 1000),
    }
}

fn day(
    field: &str,
    date: Option<&govshare_proto::google::r#type::Date>,
    violations: &mut Violations,
) -> Date {
    violations.check(date.is_some(), field, "is required / 必填");
    violations.date(field, date).unwrap_or(Date::MIN)
}

pub fn kind(kind: pb::DocumentKind, violations: &mut Violations) -> DocumentKind {
    match kind {
        pb::DocumentKind::Agreement => DocumentKind::Agreement,
        pb::DocumentKind::Confidentiality => DocumentKind::Confidentiality,
        pb::DocumentKind::Unspecified => {
            violations.add(
                "kind",
                "must be DOCUMENT_KIND_AGREEMENT or DOCUMENT_KIND_CONFIDENTIALITY / 须为交换协议或保密协议",
            );
            DocumentKind::Agreement
        }
    }
}

fn kind_to_proto(kind: DocumentKind) -> pb::DocumentKind {
    match kind {
        DocumentKind::Agreement => pb::DocumentKind::Agreement,
        DocumentKind::Confidentiality => pb::DocumentKind::Confidentiality,
    }
}

/// A key's id and a signature by it.
pub fn signature(key: &str, bytes: &[u8], violations: &mut Violations) {
    violations.check(
        key.len() == 64 && key.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
        "key_id",
        "must be 64 characters of 0-9 and a-f / 须为64位小写十六进制",
    );
    violations.check(
        bytes.len() == 64,
        "signature",
        format!("must have 64 bytes, has {} / 须为64字节", bytes.len()),
    );
}

pub fn state_name(state: pb::AgreementState) -> Option<&'static str> {
    use pb::AgreementState::*;
    match state {
        Unspecified => None,
        AwaitingSignatures => Some("AWAITING_SIGNATURES"),
        Active => Some("ACTIVE"),
        Cancelled => Some("CANCELLED"),
        Expired => Some("EXPIRED"),
    }
}

/// An agreement as it is told on a day.
pub fn to_proto(agreement: &Agreement, today: Date) -> pb::Agreement {
    let state = match &agreement.state {
        State::Active { .. } if agreement.state_on(today) == "EXPIRED" => pb::AgreementState::Expired,
        State::Active { .. } => pb::AgreementState::Active,
        State::AwaitingSignatures { .. } => pb::AgreementState::AwaitingSignatures,
        State::Cancelled { .. } => pb::AgreementState::Cancelled,
    };
    let (activate_time, cancel_reason) = match &agreement.state {
        State::AwaitingSignatures { .. } => (None, String::new()),
        State::Active { at, .. } => (Some(time_to_proto(*at)), String::new()),
        State::Cancelled { reason, .. } => (None, reason.clone()),
    };
    pb::Agreement {
        agreement_id: agreement.id.to_string(),
        case_id: agreement.case.to_string(),
        case_number: agreement.case_number.clone(),
        entry_id: agreement.entry.to_string(),
        entry_version: agreement.entry_version,
        applicant_unit_id: agreement.parties.applicant.to_string(),
        provider_unit_id: agreement.parties.provider.to_string(),
        info_office_unit_id: agreement.parties.info_office.to_string(),
        terms: Some(terms_to_proto(&agreement.terms)),
        state: state.into(),
        documents: agreement.documents.iter().map(document_to_proto).collect(),
        signatures: agreement.state.signatures().iter().map(signature_to_proto).collect(),
        activate_time,
        cancel_reason,
        create_time: Some(time_to_proto(agreement.created)),
        update_time: Some(time_to_proto(agreement.updated)),
        etag: format!("\"{}\"", agreement.version),
    }
}

fn terms_to_proto(terms: &Terms) -> pb::Terms {
    pb::Terms {
        purpose: terms.purpose.clone(),
        items: terms.items.clone(),
        delivery: terms.delivery.clone(),
        valid_from: Some(date_to_proto(terms.valid_from)),
        valid_until: Some(date_to_proto(terms.valid_until)),
        retention: terms.retention.clone(),
    }
}

pub fn document_to_proto(document: &Document) -> pb::Document {
    pb::Document {
        kind: kind_to_proto(document.kind).into(),
        media_type: MEDIA_TYPE.to_owned(),
        sha256: document.sha256.clone(),
        size_bytes: document.size,
        signatory_unit_ids: document.signatories.iter().map(ToString::to_string).collect(),
    }
}

fn signature_to_proto(signature: &Signature) -> pb::Signature {
    pb::Signature {
        kind: kind_to_proto(signature.kind).into(),
        unit_id: signature.unit.to_string(),
        key_id: signature.key.clone(),
        signature: signature.bytes.clone(),
        sign_time: Some(time_to_proto(signature.at)),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, agreement: &Agreement) -> Result<(), Refusal> {
    decide(actor, method, &agreement.parties, agreement.state.name(), ("agreement", &agreement.id))
}

/// As [`authorize`], for an agreement that is yet to be drafted: the case is what is named or hidden.
pub fn authorize_case(
    actor: &Actor,
    method: &str,
    parties: &Parties,
    case: &dyn std::fmt::Display,
) -> Result<(), Refusal> {
    decide(actor, method, parties, "", ("access-request", case))
}

fn decide(
    actor: &Actor,
    method: &str,
    parties: &Parties,
    state: &str,
    resource: (&'static str, &dyn std::fmt::Display),
) -> Result<(), Refusal> {
    let relations = policy::relations(actor, parties);
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &relations,
        state,
        resource,
    )
}
