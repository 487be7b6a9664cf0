//! Between contract and domain.

use govshare_model::Actor;
use govshare_model::authority::Relation;
use govshare_model::id::UnitId;
use govshare_model::pack::DeliveryMode;
use govshare_proto::agreement::v1 as pb;
use govshare_proto::catalog::v1::EntryState;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Refusal, Violations};
use time::Date;

use crate::agreement::duty::{Disposal, DisposalDuty};
use crate::agreement::lifecycle::{End, ReplacementKind, Suspension, Termination};
use crate::agreement::warning::{EntryWarning, Withdrawn};
use crate::agreement::{Agreement, Document, DocumentKind, Signature, State};
use crate::policy;
use crate::terms::{GiveBack, Terms};
use crate::upstreams::Received;

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
        delivery_mode: mode(terms.delivery_mode()),
        frequency: violations.text("terms.frequency", &terms.frequency, 0, 200),
        give_back: give_back(&terms.give_back, violations),
        valid_from: day("terms.valid_from", terms.valid_from.as_ref(), violations),
        valid_until: day("terms.valid_until", terms.valid_until.as_ref(), violations),
        retention: violations.text("terms.retention", &terms.retention, 1, 1000),
        disposal_days: disposal_days(terms.disposal_days, violations),
    }
}

fn give_back(given: &[pb::GiveBack], violations: &mut Violations) -> Vec<GiveBack> {
    violations.check(given.len() <= 100, "terms.give_back", "must not be more than 100 / 不得超过100项");
    let parse = |given: &pb::GiveBack| GiveBack {
        what: violations.text("terms.give_back.what", &given.what, 1, 200),
        scope: violations.text("terms.give_back.scope", &given.scope, 1, 500),
        time: violations.text("terms.give_back.time", &given.time, 1, 200),
    };
    given.iter().take(100).map(parse).collect()
}

fn disposal_days(wanted: i32, violations: &mut Violations) -> u16 {
    let found = u16::try_from(wanted).ok().filter(|days| *days <= 365);
    violations.check(found.is_some(), "terms.disposal_days", "must be 1 to 365 / 须为1至365日");
    found.unwrap_or_default()
}

fn mode(mode: pb::DeliveryMode) -> Option<DeliveryMode> {
    match mode {
        pb::DeliveryMode::Unspecified => None,
        pb::DeliveryMode::Interface => Some(DeliveryMode::Interface),
        pb::DeliveryMode::Batch => Some(DeliveryMode::Batch),
        pb::DeliveryMode::File => Some(DeliveryMode::File),
        pb::DeliveryMode::AsAgreed => Some(DeliveryMode::AsAgreed),
    }
}

fn mode_to_proto(mode: DeliveryMode) -> pb::DeliveryMode {
    match mode {
        DeliveryMode::Interface => pb::DeliveryMode::Interface,
        DeliveryMode::Batch => pb::DeliveryMode::Batch,
        DeliveryMode::File => pb::DeliveryMode::File,
        DeliveryMode::AsAgreed => pb::DeliveryMode::AsAgreed,
    }
}

pub fn replacement(kind: pb::ReplacementKind, violations: &mut Violations) -> ReplacementKind {
    match kind {
        pb::ReplacementKind::Amendment => ReplacementKind::Amendment,
        pb::ReplacementKind::Renewal => ReplacementKind::Renewal,
        pb::ReplacementKind::Unspecified => {
            violations.add("kind", "must say whether it amends or renews / 须指明变更或者续签");
            ReplacementKind::Amendment
        }
    }
}

pub fn disposal(disposal: pb::Disposal, violations: &mut Violations) -> Disposal {
    match disposal {
        pb::Disposal::Destroyed => Disposal::Destroyed,
        pb::Disposal::Kept => Disposal::Kept,
        pb::Disposal::Unspecified => {
            violations.add("disposal", "must be DISPOSAL_DESTROYED or DISPOSAL_KEPT / 须为销毁或者留存");
            Disposal::Destroyed
        }
    }
}

pub fn day(
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
        Suspended => Some("SUSPENDED"),
        Terminated => Some("TERMINATED"),
        Replaced => Some("REPLACED"),
    }
}

/// An agreement as it is told on a day.
pub fn to_proto(agreement: &Agreement, today: Date) -> pb::Agreement {
    let told = Told::of(&agreement.state);
    let over = agreement.state_on(today) == "EXPIRED";
    let state = if over { pb::AgreementState::Expired } else { told.state };
    let replaces = agreement.replaces.as_ref();
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
        activate_time: told.activated.map(time_to_proto),
        cancel_reason: told.cancel_reason.to_owned(),
        create_time: Some(time_to_proto(agreement.created)),
        update_time: Some(time_to_proto(agreement.updated)),
        etag: format!("\"{}\"", agreement.version),
        policy_pack: agreement.pack.clone(),
        replaces_agreement_id: replaces.map(|replaced| replaced.agreement.to_string()).unwrap_or_default(),
        replacement_kind: replaces
            .map_or(pb::ReplacementKind::Unspecified, |replaced| match replaced.kind {
                ReplacementKind::Amendment => pb::ReplacementKind::Amendment,
                ReplacementKind::Renewal => pb::ReplacementKind::Renewal,
            })
            .into(),
        replaced_by_agreement_id: told.replaced_by,
        suspension: told.suspension.filter(|_| !over).map(suspension_to_proto),
        termination: told.termination.map(termination_to_proto),
        end_time: told.ended.map(time_to_proto),
        disposal_duty: agreement.state.duty().map(duty_to_proto),
        document_number: agreement.document_number.clone(),
        conditions: agreement.conditions.clone(),
        entry_warning: agreement.warning.as_ref().filter(|_| !over).map(warning_to_proto),
    }
}

/// What a state has to tell.
struct Told<'a> {
    state: pb::AgreementState,
    activated: Option<time::OffsetDateTime>,
    ended: Option<time::OffsetDateTime>,
    cancel_reason: &'a str,
    suspension: Option<&'a Suspension>,
    termination: Option<&'a Termination>,
    replaced_by: String,
}

impl<'a> Told<'a> {
    fn of(state: &'a State) -> Self {
        let told = |state, activated| Told {
            state,
            activated,
            ended: None,
            cancel_reason: "",
            suspension: None,
            termination: None,
            replaced_by: String::new(),
        };
        match state {
            State::AwaitingSignatures { .. } => told(pb::AgreementState::AwaitingSignatures, None),
            State::Active { at, .. } => told(pb::AgreementState::Active, Some(*at)),
            State::Suspended { activated, suspension, .. } => {
                Told { suspension: Some(suspension), ..told(pb::AgreementState::Suspended, Some(*activated)) }
            }
            State::Cancelled { reason, .. } => {
                Told { cancel_reason: reason, ..told(pb::AgreementState::Cancelled, None) }
            }
            State::Ended { activated, end, at, .. } => {
                let ended = |state| Told { ended: Some(*at), ..told(state, Some(*activated)) };
                match end {
                    End::Expired { .. } => ended(pb::AgreementState::Expired),
                    End::Terminated { termination, .. } => {
                        Told { termination: Some(termination), ..ended(pb::AgreementState::Terminated) }
                    }
                    End::Replaced { by } => {
                        Told { replaced_by: by.to_string(), ..ended(pb::AgreementState::Replaced) }
                    }
                }
            }
        }
    }
}

fn warning_to_proto(warning: &EntryWarning) -> pb::EntryWarning {
    let state = match warning.withdrawn {
        Withdrawn::Suspended => EntryState::Suspended,
        Withdrawn::Retired => EntryState::Retired,
    };
    pb::EntryWarning {
        state: state.into(),
        reason: warning.reason.clone(),
        since: Some(time_to_proto(warning.since)),
        article: "16".to_owned(),
    }
}

fn suspension_to_proto(suspension: &Suspension) -> pb::Suspension {
    pb::Suspension {
        grounds: suspension.grounds.clone(),
        unit_id: suspension.unit.to_string(),
        mend_until: suspension.mend_until.map(date_to_proto),
        suspend_time: Some(time_to_proto(suspension.at)),
    }
}

fn termination_to_proto(termination: &Termination) -> pb::Termination {
    pb::Termination {
        grounds: termination.grounds.clone(),
        negotiation: termination.negotiation.clone(),
        unit_id: termination.unit.to_string(),
        filing_required: termination.filing_required,
        file_time: termination.filed.map(time_to_proto),
    }
}

fn duty_to_proto(duty: &DisposalDuty) -> pb::DisposalDuty {
    let attestation = duty.attestation.as_ref();
    let disposal = attestation.map_or(pb::Disposal::Unspecified, |attestation| match attestation.disposal {
        Disposal::Destroyed => pb::Disposal::Destroyed,
        Disposal::Kept => pb::Disposal::Kept,
    });
    pb::DisposalDuty {
        due: Some(date_to_proto(duty.due)),
        overdue_time: duty.overdue.map(time_to_proto),
        disposal: disposal.into(),
        statement: attestation.map(|attestation| attestation.statement.clone()).unwrap_or_default(),
        attested_by: attestation.map(|attestation| attestation.by.to_string()).unwrap_or_default(),
        attest_time: attestation.map(|attestation| time_to_proto(attestation.at)),
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
        delivery_mode: terms.delivery_mode.map_or(pb::DeliveryMode::Unspecified, mode_to_proto).into(),
        frequency: terms.frequency.clone(),
        give_back: terms.give_back.iter().map(give_back_to_proto).collect(),
        disposal_days: i32::from(terms.disposal_days),
    }
}

fn give_back_to_proto(given: &GiveBack) -> pb::GiveBack {
    pb::GiveBack { what: given.what.clone(), scope: given.scope.clone(), time: given.time.clone() }
}

pub fn document_to_proto(document: &Document) -> pb::Document {
    pb::Document {
        kind: kind_to_proto(document.kind).into(),
        media_type: document.media_type.clone(),
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
    let (relations, state) = (policy::relations(actor, &agreement.parties), agreement.state.name());
    decide(actor, method, &relations, state, ("agreement", &agreement.id))
}

/// As [`authorize`], for an agreement that is yet to be drafted: the case is what is named or hidden, also one that
/// nobody provides for yet.
pub fn authorize_drafting(actor: &Actor, case: &Received, info_office: &UnitId) -> Result<(), Refusal> {
    let relations = policy::stands(actor, &case.applicant, case.provider.as_ref(), info_office);
    decide(actor, "CreateAgreement", &relations, "", ("access-request", &case.id))
}

fn decide(
    actor: &Actor,
    method: &str,
    relations: &[Relation],
    state: &str,
    resource: (&'static str, &dyn std::fmt::Display),
) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        relations,
        state,
        resource,
    )
}
