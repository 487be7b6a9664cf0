//! The audit events of agreements.

use std::collections::BTreeMap;

use service_kit::Event;

use crate::agreement::lifecycle::End;
use crate::agreement::{Agreement, DocumentKind, Happened, Rendered, State};
use crate::document::sha256;
use crate::rows;

pub fn event(agreement: &Agreement, version: i64, happened: &Happened) -> Event {
    let (applicant, provider) = (&agreement.parties.applicant, &agreement.parties.provider);
    let mut attributes = BTreeMap::from([
        ("case_number", agreement.case_number.clone()),
        ("applicant", applicant.to_string()),
        ("provider", provider.to_string()),
        ("entry_id", agreement.entry.to_string()),
        ("entry_version", agreement.entry_version.to_string()),
    ]);
    if let Some(replaced) = &agreement.replaces {
        attributes.insert("replaces", replaced.agreement.to_string());
        attributes.insert("replacement", rows::replacement_name(replaced.kind).to_owned());
    }
    further(agreement, happened, &mut attributes);
    let (kind, state, article) = match happened {
        Happened::Drafted { .. } => ("agreement.drafted", "AWAITING_SIGNATURES", "26(一)"),
        Happened::Signed { signature } => match signature.kind {
            DocumentKind::Agreement => ("agreement.signed", "AWAITING_SIGNATURES", "26(一)"),
            DocumentKind::Confidentiality => ("agreement.signed", "AWAITING_SIGNATURES", "31"),
        },
        Happened::Activated => ("agreement.activated", "ACTIVE", "26(一)"),
        Happened::Cancelled => ("agreement.cancelled", "CANCELLED", "26(一)"),
        Happened::Suspended => ("agreement.suspended", "SUSPENDED", "23"),
        Happened::Resumed => ("agreement.resumed", "ACTIVE", "23"),
        Happened::Expired => ("agreement.expired", "EXPIRED", "26(一)"),
        Happened::Terminated => ("agreement.terminated", "TERMINATED", "26(一)"),
        Happened::TerminationFiled => ("agreement.termination-filed", "TERMINATED", "26(一)"),
        Happened::Replaced => ("agreement.replaced", "REPLACED", "26(一)"),
        Happened::DisposalAttested => ("agreement.disposal-attested", agreement.state.name(), "23"),
        Happened::DisposalOverdue => ("agreement.disposal-overdue", agreement.state.name(), "23"),
        Happened::EntryWarned => ("agreement.entry-warned", agreement.state.name(), "16"),
        Happened::EntryWarningLifted => ("agreement.entry-warning-lifted", agreement.state.name(), "16"),
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

/// What each kind of event says beyond the agreement's own facts; words of people only as digests.
fn further(agreement: &Agreement, happened: &Happened, attributes: &mut BTreeMap<&'static str, String>) {
    match happened {
        Happened::Drafted { documents } => {
            for Rendered { document, .. } in documents {
                let key = match document.kind {
                    DocumentKind::Agreement => "agreement_sha256",
                    DocumentKind::Confidentiality => "confidentiality_sha256",
                };
                attributes.insert(key, document.sha256.clone());
            }
            attributes.insert("document_number", agreement.document_number.clone());
            attributes.insert("policy_pack", agreement.pack.clone());
            attributes.insert("valid_from", agreement.terms.valid_from.to_string());
            attributes.insert("valid_until", agreement.terms.valid_until.to_string());
        }
        Happened::Signed { signature } => {
            attributes.insert("document", signature.kind.as_str().to_owned());
            attributes.insert("unit", signature.unit.to_string());
            attributes.insert("key_id", signature.key.clone());
            attributes.insert("signature", hex::encode(&signature.bytes));
        }
        Happened::Cancelled => {
            if let State::Cancelled { reason, .. } = &agreement.state {
                attributes.insert("reason_sha256", sha256(reason.as_bytes()));
            }
        }
        Happened::Suspended => {
            if let State::Suspended { suspension, .. } = &agreement.state {
                attributes.insert("grounds_sha256", sha256(suspension.grounds.as_bytes()));
                if let Some(day) = suspension.mend_until {
                    attributes.insert("mend_until", day.to_string());
                }
            }
        }
        Happened::Expired | Happened::Terminated => {
            if let Some(duty) = agreement.state.duty() {
                attributes.insert("disposal_due", duty.due.to_string());
            }
            if let State::Ended { end: End::Terminated { termination, .. }, .. } = &agreement.state {
                attributes.insert("grounds_sha256", sha256(termination.grounds.as_bytes()));
                attributes.insert("negotiation_sha256", sha256(termination.negotiation.as_bytes()));
                attributes.insert("on_file", termination.filed.is_some().to_string());
            }
        }
        Happened::Replaced => {
            if let State::Ended { end: End::Replaced { by }, .. } = &agreement.state {
                attributes.insert("replaced_by", by.to_string());
            }
        }
        Happened::DisposalAttested => {
            let duty = agreement.state.duty();
            if let Some((duty, attestation)) = duty.and_then(|duty| Some((duty, duty.attestation.as_ref()?)))
            {
                attributes.insert("disposal", rows::disposal_name(attestation.disposal).to_owned());
                attributes.insert("statement_sha256", sha256(attestation.statement.as_bytes()));
                attributes.insert("in_time", duty.overdue.is_none().to_string());
            }
        }
        Happened::DisposalOverdue => {
            if let Some(duty) = agreement.state.duty() {
                attributes.insert("disposal_due", duty.due.to_string());
            }
        }
        Happened::EntryWarned => {
            if let Some(warning) = &agreement.warning {
                attributes.insert("entry_state", warning.withdrawn.name().to_owned());
                attributes.insert("reason_sha256", sha256(warning.reason.as_bytes()));
            }
        }
        Happened::Activated
        | Happened::Resumed
        | Happened::TerminationFiled
        | Happened::EntryWarningLifted => {}
    }
}
