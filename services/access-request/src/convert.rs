//! Between contract and domain.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::access_request::v1 as pb;
use prost::Message;
use prost_types::FieldMask;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Reason, Refusal, Violations};

use crate::access_request::{AccessRequest, AnswerKind, Form, State};
use crate::policy;

/// Parses the form; `violations` hears of every bad field.
pub fn form(form: Option<pb::ApplicationForm>, violations: &mut Violations) -> Form {
    let form = form.unwrap_or_default();
    let mut items: Vec<String> = Vec::with_capacity(form.items.len());
    violations.check(form.items.len() <= 1000, "form.items", "must not be more than 1000 / 不得超过1000项");
    for item in &form.items {
        let item = violations.text("form.items", item, 1, 200);
        violations.check(!items.contains(&item), "form.items", format!("names {item:?} twice / 信息项重复"));
        items.push(item);
    }
    Form {
        purpose: violations.text("form.purpose", &form.purpose, 0, 2000),
        basis: violations.text("form.basis", &form.basis, 0, 2000),
        items,
        delivery: violations.text("form.delivery", &form.delivery, 0, 500),
        use_until: violations.date("form.use_until", form.use_until.as_ref()),
    }
}

/// The fields of a form that an update changes.
#[derive(Debug, Clone)]
pub struct FormMask(Vec<String>);

/// Parses an update mask over the form's fields.
pub fn form_mask(mask: Option<FieldMask>, violations: &mut Violations) -> FormMask {
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    violations.check(!paths.is_empty(), "update_mask", "must name at least one field / 须至少指定一个字段");
    for path in &paths {
        let known = ["purpose", "basis", "items", "delivery", "use_until"].contains(&path.as_str());
        violations.check(
            known,
            "update_mask",
            format!("{path:?} is not one of purpose, basis, items, delivery, use_until / 未知字段"),
        );
    }
    FormMask(paths)
}

impl FormMask {
    /// `old` with the masked fields of `new`.
    pub fn merge(&self, mut old: Form, new: Form) -> Form {
        for path in &self.0 {
            match path.as_str() {
                "purpose" => old.purpose.clone_from(&new.purpose),
                "basis" => old.basis.clone_from(&new.basis),
                "items" => old.items.clone_from(&new.items),
                "delivery" => old.delivery.clone_from(&new.delivery),
                "use_until" => old.use_until = new.use_until,
                _ => {}
            }
        }
        old
    }
}

pub fn answer_kind(kind: pb::AnswerKind, violations: &mut Violations) -> AnswerKind {
    match kind {
        pb::AnswerKind::Consent => AnswerKind::Consent,
        pb::AnswerKind::Refusal => AnswerKind::Refusal,
        pb::AnswerKind::Unspecified => {
            violations.add("kind", "must be ANSWER_KIND_CONSENT or ANSWER_KIND_REFUSAL / 须为同意或不同意");
            AnswerKind::Refusal
        }
    }
}

/// Compares the etag that the caller read, if they sent one.
pub fn check_etag(
    etag: &str,
    request: &AccessRequest,
    caller: &Actor,
    info_office: &UnitId,
) -> Result<(), Refusal> {
    if etag.is_empty() || etag == to_proto(request, Some(caller), info_office).etag {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::EtagMismatch,
        "the request was changed since you read it; read it again",
        "申请已被他人修改，请重新读取",
    )
    .resource("access-request", request.id))
}

/// Of what is shown, so that it changes with nothing that is not.
fn etag(shown: &pb::AccessRequest) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &shown.encode_to_vec());
    format!("\"{}\"", hex::encode(&digest.as_ref()[..12]))
}

pub fn state_name(state: pb::AccessRequestState) -> Option<&'static str> {
    use pb::AccessRequestState::*;
    match state {
        Unspecified => None,
        Draft => Some("DRAFT"),
        Submitted => Some("SUBMITTED"),
        AnswerProposed => Some("ANSWER_PROPOSED"),
        Consented => Some("CONSENTED"),
        Refused => Some("REFUSED"),
        Withdrawn => Some("WITHDRAWN"),
        Agreed => Some("AGREED"),
    }
}

fn state_to_proto(state: &State) -> pb::AccessRequestState {
    match state {
        State::Draft => pb::AccessRequestState::Draft,
        State::Submitted { .. } => pb::AccessRequestState::Submitted,
        State::AnswerProposed { .. } => pb::AccessRequestState::AnswerProposed,
        State::Consented { .. } => pb::AccessRequestState::Consented,
        State::Refused { .. } => pb::AccessRequestState::Refused,
        State::Withdrawn { .. } => pb::AccessRequestState::Withdrawn,
        State::Agreed { .. } => pb::AccessRequestState::Agreed,
    }
}

/// A request as `viewer` may see it: what the provider prepares is shown to the provider only. `None` is another
/// service, which sees all.
pub fn to_proto(request: &AccessRequest, viewer: Option<&Actor>, info_office: &UnitId) -> pb::AccessRequest {
    let prepares = viewer.is_none_or(|viewer| viewer.unit == request.provider);
    let mut state = state_to_proto(&request.state);
    if state == pb::AccessRequestState::AnswerProposed && !prepares {
        state = pb::AccessRequestState::Submitted;
    }
    let kind_to_proto = |kind| match kind {
        AnswerKind::Consent => pb::AnswerKind::Consent,
        AnswerKind::Refusal => pb::AnswerKind::Refusal,
    };
    let answer = match (request.state.answer(), request.state.proposal()) {
        (Some(answer), _) => Some(pb::Answer {
            kind: kind_to_proto(answer.proposal.kind).into(),
            reasons: answer.reasons.clone(),
            propose_time: prepares.then(|| time_to_proto(answer.proposal.at)),
            answer_time: Some(time_to_proto(answer.at)),
            copies_to_unit_ids: match answer.proposal.kind {
                AnswerKind::Refusal => vec![request.applicant.to_string(), info_office.to_string()],
                AnswerKind::Consent => vec![request.applicant.to_string()],
            },
        }),
        (None, Some(proposal)) if prepares => Some(pb::Answer {
            kind: kind_to_proto(proposal.kind).into(),
            reasons: proposal.reasons.clone(),
            propose_time: Some(time_to_proto(proposal.at)),
            answer_time: None,
            copies_to_unit_ids: Vec::new(),
        }),
        _ => None,
    };
    let receipt = request.state.receipt();
    let updated = match (&request.state, receipt) {
        (State::AnswerProposed { .. }, Some(receipt)) if !prepares => {
            request.overdue.map_or(receipt.at, |overdue| overdue.max(receipt.at))
        }
        _ => request.updated,
    };
    let agreement_id = match &request.state {
        State::Agreed { agreement, .. } => agreement.to_string(),
        _ => String::new(),
    };
    let mut shown = pb::AccessRequest {
        access_request_id: request.id.to_string(),
        case_number: request.number.clone(),
        applicant_unit_id: request.applicant.to_string(),
        provider_unit_id: request.provider.to_string(),
        entry_id: request.entry.to_string(),
        entry_version: receipt.map_or(0, |receipt| receipt.entry_version),
        entry_title: request.entry_title.clone(),
        form: Some(pb::ApplicationForm {
            purpose: request.form.purpose.clone(),
            basis: request.form.basis.clone(),
            items: request.form.items.clone(),
            delivery: request.form.delivery.clone(),
            use_until: request.form.use_until.map(date_to_proto),
        }),
        state: state.into(),
        receive_time: receipt.map(|receipt| time_to_proto(receipt.at)),
        answer_due: receipt.map(|receipt| date_to_proto(receipt.due)),
        answer_due_provisional: receipt.is_some_and(|receipt| receipt.provisional),
        policy_pack: receipt
            .map(|receipt| format!("{}/{}", receipt.pack, receipt.pack_version))
            .unwrap_or_default(),
        overdue_time: request.overdue.map(time_to_proto),
        answer,
        agreement_id,
        create_time: Some(time_to_proto(request.created)),
        update_time: Some(time_to_proto(updated)),
        etag: String::new(),
    };
    shown.etag = etag(&shown);
    shown
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, request: &AccessRequest) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &policy::relations(actor, request),
        request.state.name(),
        ("access-request", &request.id),
    )
}
