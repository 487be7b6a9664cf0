//! From the contract to the domain; what is wrong with a call is named all at once.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_model::pack::DeliveryMode;
use govshare_proto::access_request::v1 as pb;
use prost_types::FieldMask;
use service_kit::{Refusal, Violations};

use crate::access_request::{AccessRequest, AnswerKind, Form, Outcome, Wording};
use crate::policy;
pub use crate::show::to_proto;

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
    let mode = match pb::DeliveryMode::try_from(form.mode) {
        Ok(pb::DeliveryMode::Unspecified) => None,
        Ok(pb::DeliveryMode::Interface) => Some(DeliveryMode::Interface),
        Ok(pb::DeliveryMode::Batch) => Some(DeliveryMode::Batch),
        Ok(pb::DeliveryMode::File) => Some(DeliveryMode::File),
        Ok(pb::DeliveryMode::AsAgreed) => Some(DeliveryMode::AsAgreed),
        Err(_) => {
            violations.add("form.mode", "is no DeliveryMode / 未知共享方式");
            None
        }
    };
    Form {
        purpose: violations.text("form.purpose", &form.purpose, 0, 2000),
        scenario: violations.text("form.scenario", &form.scenario, 0, 2000),
        basis: violations.text("form.basis", &form.basis, 0, 2000),
        items,
        mode,
        delivery: violations.text("form.delivery", &form.delivery, 0, 500),
        use_until: violations.date("form.use_until", form.use_until.as_ref()),
    }
}

/// The fields of a form that an update changes.
#[derive(Debug, Clone)]
pub struct FormMask(Vec<String>);

const FORM_FIELDS: [&str; 7] = ["purpose", "basis", "items", "delivery", "use_until", "scenario", "mode"];

/// Parses an update mask over the form's fields.
pub fn form_mask(mask: Option<FieldMask>, violations: &mut Violations) -> FormMask {
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    violations.check(!paths.is_empty(), "update_mask", "must name at least one field / 须至少指定一个字段");
    for path in &paths {
        violations.check(
            FORM_FIELDS.contains(&path.as_str()),
            "update_mask",
            format!("{path:?} is not one of {} / 未知字段", FORM_FIELDS.join(", ")),
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
                "scenario" => old.scenario.clone_from(&new.scenario),
                "mode" => old.mode = new.mode,
                _ => {}
            }
        }
        old
    }
}

/// What is proposed as the answer.
pub fn wording(body: &pb::ProposeAnswerRequest, violations: &mut Violations) -> Wording {
    let kind = match body.kind() {
        pb::AnswerKind::Consent => AnswerKind::Consent,
        pb::AnswerKind::Refusal => AnswerKind::Refusal,
        pb::AnswerKind::Unspecified => {
            violations.add("kind", "must be ANSWER_KIND_CONSENT or ANSWER_KIND_REFUSAL / 须为同意或不同意");
            AnswerKind::Refusal
        }
    };
    let conditions = violations.text("conditions", &body.conditions, 0, 2000);
    let conditioned = kind == AnswerKind::Consent || conditions.is_empty();
    violations.check(conditioned, "conditions", "belong to a consent only / 仅限同意答复");
    let lacking = kind == AnswerKind::Refusal || !body.material_incomplete;
    violations.check(lacking, "material_incomplete", "belongs to a refusal only / 仅限不同意答复");
    Wording {
        kind,
        reasons: violations.text("reasons", &body.reasons, 0, 4000),
        conditions,
        material_incomplete: body.material_incomplete,
    }
}

pub fn outcome(outcome: pb::CoordinationOutcome, violations: &mut Violations) -> Outcome {
    match outcome {
        pb::CoordinationOutcome::AnswerAnew => Outcome::AnswerAnew,
        pb::CoordinationOutcome::RefusalStands => Outcome::RefusalStands,
        pb::CoordinationOutcome::Unspecified => {
            violations.add("outcome", "must be ANSWER_ANEW or REFUSAL_STANDS / 须为重新答复或维持答复");
            Outcome::RefusalStands
        }
    }
}

/// All that is missing, each thing once.
pub fn missing(missing: &[String], violations: &mut Violations) -> Vec<String> {
    violations.check(
        (1..=50).contains(&missing.len()),
        "missing",
        "must name 1 to 50 things / 须一次性列明1至50项",
    );
    missing.iter().map(|thing| violations.text("missing", thing, 1, 500)).collect()
}

/// Compares the etag that the caller read, if they sent one.
pub fn check_etag(
    sent: &str,
    request: &AccessRequest,
    caller: &Actor,
    info_office: &UnitId,
) -> Result<(), Refusal> {
    let current = to_proto(request, Some(caller), info_office).etag;
    service_kit::etag::check(sent, &current, "access-request", request.id)
}

pub fn state_name(state: pb::AccessRequestState) -> Option<&'static str> {
    use pb::AccessRequestState::*;
    match state {
        Unspecified => None,
        Draft => Some("DRAFT"),
        AtInfoOffice => Some("AT_INFO_OFFICE"),
        Settled => Some("SETTLED"),
        Submitted => Some("SUBMITTED"),
        AnswerProposed => Some("ANSWER_PROPOSED"),
        SupplementRequested => Some("SUPPLEMENT_REQUESTED"),
        Consented => Some("CONSENTED"),
        Refused => Some("REFUSED"),
        Objected => Some("OBJECTED"),
        Coordinated => Some("COORDINATED"),
        RefusalStands => Some("REFUSAL_STANDS"),
        Withdrawn => Some("WITHDRAWN"),
        Agreed => Some("AGREED"),
    }
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
