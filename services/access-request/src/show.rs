//! A request as somebody may see it.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_model::pack::DeliveryMode;
use govshare_proto::access_request::v1 as pb;
use service_kit::etag;
use service_kit::validate::{date_to_proto, time_to_proto};

use crate::access_request::case_file::{
    Contested, Escalation, EscalationKind, Extension, Paper, Stage, SuperiorMatter, Supplement,
};
use crate::access_request::{
    AccessRequest, Answer, AnswerKind, Form, Notice, Proposal, State, Statement, Wording,
};

/// A request as `viewer` may see it: what the provider prepares is shown to the provider only. `None` is another
/// service, which sees what the parties do.
pub fn to_proto(request: &AccessRequest, viewer: Option<&Actor>, info_office: &UnitId) -> pb::AccessRequest {
    let prepares = viewer.is_some_and(|viewer| request.provider.as_ref() == Some(&viewer.unit));
    let copies = [request.applicant.to_string(), info_office.to_string()];
    let answer = match (request.state.answer(), request.state.proposal()) {
        (Some(answer), _) => Some(given(answer, prepares, &copies)),
        (None, Some(proposal)) if prepares => Some(proposed(proposal)),
        _ => None,
    };
    let receipt = request.state.receipt();
    let entry = request.entry.as_ref();
    let file = &request.file;
    let agreement_id = match &request.state {
        State::Agreed { agreement, .. } => agreement.to_string(),
        _ => String::new(),
    };
    let mut supplements: Vec<_> = file.supplements.iter().map(supplement).collect();
    if let State::SupplementRequested { notice: asked, .. } = &request.state {
        supplements.push(notice(asked));
    }
    let settlement = match &request.state {
        State::Settled { settlement } => Some(statement(settlement)),
        _ => None,
    };
    let (objection, coordination) = match &request.state {
        State::Objected { objection, .. } => (Some(statement(objection)), None),
        State::RefusalStands { objection, coordination, .. } => {
            (Some(statement(objection)), Some(statement(coordination)))
        }
        _ => (None, None),
    };
    let mut shown = pb::AccessRequest {
        access_request_id: request.id.to_string(),
        case_number: request.number.clone(),
        applicant_unit_id: request.applicant.to_string(),
        provider_unit_id: request.provider.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry_id: entry.map(|entry| entry.id.to_string()).unwrap_or_default(),
        entry_version: entry.and_then(|entry| entry.version).unwrap_or_default(),
        entry_title: entry.map(|entry| entry.title.clone()).unwrap_or_default(),
        form: Some(form(&request.form)),
        state: state(request, prepares).into(),
        receive_time: receipt.map(|receipt| time_to_proto(receipt.at)),
        answer_due: receipt.map(|receipt| date_to_proto(receipt.clock.due)),
        answer_due_provisional: receipt.is_some_and(|receipt| receipt.clock.provisional),
        policy_pack: receipt
            .map(|receipt| format!("{}/{}", receipt.pack, receipt.pack_version))
            .unwrap_or_default(),
        overdue_time: request.overdue.map(time_to_proto),
        answer,
        agreement_id,
        create_time: Some(time_to_proto(request.created)),
        update_time: Some(time_to_proto(if prepares { request.updated } else { request.shown })),
        etag: String::new(),
        wanted: request.wanted.clone(),
        renews_access_request_id: request
            .renewal
            .as_ref()
            .map(|renewal| renewal.case.to_string())
            .unwrap_or_default(),
        paper: file.paper.as_ref().map(paper),
        forwarding: file.forwarding.as_ref().map(statement),
        settlement,
        supplements,
        extension: file.extension.as_ref().map(extension),
        superior: file.superior.as_ref().map(|matter| superior(matter, &copies)),
        objection,
        coordination,
        contested_answers: file
            .contested
            .iter()
            .map(|earlier| contested(earlier, prepares, &copies))
            .collect(),
        escalations: file.escalations.iter().map(escalation).collect(),
        document_number: request.document_number.clone(),
    };
    shown.etag = etag::of_shown(&shown);
    shown
}

fn state(request: &AccessRequest, prepares: bool) -> pb::AccessRequestState {
    use pb::AccessRequestState::*;
    match &request.state {
        State::Draft => Draft,
        State::AtInfoOffice => AtInfoOffice,
        State::Settled { .. } => Settled,
        State::Submitted { .. } => Submitted,
        State::AnswerProposed { .. } if prepares => AnswerProposed,
        State::AnswerProposed { .. } if request.file.contested.is_empty() => Submitted,
        State::AnswerProposed { .. } => Coordinated,
        State::SupplementRequested { .. } => SupplementRequested,
        State::Consented { .. } => Consented,
        State::Refused { .. } => Refused,
        State::Objected { .. } => Objected,
        State::Coordinated { .. } => Coordinated,
        State::RefusalStands { .. } => RefusalStands,
        State::Withdrawn { .. } => Withdrawn,
        State::Agreed { .. } => Agreed,
    }
}

fn form(form: &Form) -> pb::ApplicationForm {
    let mode = match form.mode {
        None => pb::DeliveryMode::Unspecified,
        Some(DeliveryMode::Interface) => pb::DeliveryMode::Interface,
        Some(DeliveryMode::Batch) => pb::DeliveryMode::Batch,
        Some(DeliveryMode::File) => pb::DeliveryMode::File,
        Some(DeliveryMode::AsAgreed) => pb::DeliveryMode::AsAgreed,
    };
    pb::ApplicationForm {
        purpose: form.purpose.clone(),
        basis: form.basis.clone(),
        items: form.items.clone(),
        delivery: form.delivery.clone(),
        use_until: form.use_until.map(date_to_proto),
        scenario: form.scenario.clone(),
        mode: mode.into(),
    }
}

fn answer(wording: &Wording) -> pb::Answer {
    let kind = match wording.kind {
        AnswerKind::Consent => pb::AnswerKind::Consent,
        AnswerKind::Refusal => pb::AnswerKind::Refusal,
    };
    pb::Answer {
        kind: kind.into(),
        reasons: wording.reasons.clone(),
        conditions: wording.conditions.clone(),
        material_incomplete: wording.material_incomplete,
        ..Default::default()
    }
}

fn proposed(proposal: &Proposal) -> pb::Answer {
    pb::Answer { propose_time: Some(time_to_proto(proposal.at)), ..answer(&proposal.wording) }
}

fn given(given: &Answer, prepares: bool, copies: &[String; 2]) -> pb::Answer {
    let receivers = match given.proposal.wording.kind {
        AnswerKind::Refusal => copies.as_slice(),
        AnswerKind::Consent => &copies[..1],
    };
    pb::Answer {
        reasons: given.reasons.clone(),
        propose_time: prepares.then(|| time_to_proto(given.proposal.at)),
        answer_time: Some(time_to_proto(given.at)),
        copies_to_unit_ids: receivers.to_vec(),
        document_number: given.number.clone(),
        ..answer(&given.proposal.wording)
    }
}

fn statement(statement: &Statement) -> pb::Statement {
    pb::Statement {
        text: statement.text.clone(),
        unit_id: statement.unit.to_string(),
        time: Some(time_to_proto(statement.at)),
    }
}

fn paper(paper: &Paper) -> pb::PaperReceipt {
    pb::PaperReceipt {
        receive_date: Some(date_to_proto(paper.received)),
        reason: Some(statement(&paper.reason)),
    }
}

fn notice(notice: &Notice) -> pb::Supplement {
    pb::Supplement {
        missing: notice.missing.clone(),
        notice_time: Some(time_to_proto(notice.at)),
        earlier_answer_due: Some(date_to_proto(notice.earlier_due)),
        answer: None,
    }
}

fn supplement(supplement: &Supplement) -> pb::Supplement {
    pb::Supplement { answer: Some(statement(&supplement.answer)), ..notice(&supplement.notice) }
}

fn extension(extension: &Extension) -> pb::Extension {
    let state = match &extension.decision {
        None => pb::ExtensionState::Requested,
        Some(decision) if decision.granted => pb::ExtensionState::Granted,
        Some(_) => pb::ExtensionState::Refused,
    };
    pb::Extension {
        state: state.into(),
        working_days: i32::from(extension.working_days),
        reason: Some(statement(&extension.reason)),
        earlier_answer_due: Some(date_to_proto(extension.earlier_due)),
        decision: extension.decision.as_ref().map(|decision| statement(&decision.statement)),
    }
}

fn superior(matter: &SuperiorMatter, copies: &[String; 2]) -> pb::SuperiorMatter {
    use pb::SuperiorState as Shown;
    let (state, outcome, city_request, city_outcome) = match &matter.stage {
        Stage::Liaison => (Shown::Liaison, None, None, None),
        Stage::Obtained { outcome } => (Shown::Obtained, Some(outcome), None, None),
        Stage::Refused { statement } => (Shown::Refused, Some(statement), None, None),
        Stage::CityAsked { statement, request } => (Shown::CityAsked, Some(statement), Some(request), None),
        Stage::CityObtained { statement, request, outcome } => {
            (Shown::CityObtained, Some(statement), Some(request), Some(outcome))
        }
        Stage::CityRefused { statement, request, outcome } => {
            (Shown::CityRefused, Some(statement), Some(request), Some(outcome))
        }
    };
    let refused = outcome.is_some() && state != Shown::Obtained;
    pb::SuperiorMatter {
        state: state.into(),
        body: matter.body.clone(),
        liaison: Some(statement(&matter.liaison)),
        outcome: outcome.map(statement),
        copies_to_unit_ids: if refused { copies.to_vec() } else { Vec::new() },
        city_request: city_request.map(statement),
        city_outcome: city_outcome.map(statement),
        document_number: matter.document_number.clone(),
    }
}

fn contested(earlier: &Contested, prepares: bool, copies: &[String; 2]) -> pb::ContestedAnswer {
    pb::ContestedAnswer {
        answer: Some(given(&earlier.answer, prepares, copies)),
        answer_due: Some(date_to_proto(earlier.due)),
        overdue_time: earlier.overdue.map(time_to_proto),
        objection: earlier.objection.as_ref().map(statement),
        coordination: Some(statement(&earlier.coordination)),
    }
}

fn escalation(escalation: &Escalation) -> pb::Escalation {
    let kind = match escalation.kind {
        EscalationKind::Reminder => pb::EscalationKind::Reminder,
        EscalationKind::Report => pb::EscalationKind::Report,
    };
    pb::Escalation { kind: kind.into(), statement: Some(statement(&escalation.statement)) }
}
