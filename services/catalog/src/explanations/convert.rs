//! Explanations between contract and domain.

use govshare_model::Actor;
use govshare_proto::catalog::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Refusal, Violations, etag};

use super::explanation::{Content, Explanation, State};
use super::policy;

/// Parses what an explanation says; `violations` hears of every bad field.
pub fn content(content: Option<&pb::ExplanationContent>, violations: &mut Violations) -> Content {
    violations.check(content.is_some(), "content", "is required / 必填");
    let content = content.cloned().unwrap_or_default();
    Content {
        subject: violations.text("content.subject", &content.subject, 1, 200),
        reasons: violations.text("content.reasons", &content.reasons, 1, 4000),
        basis: violations.text("content.basis", &content.basis, 0, 1000),
    }
}

/// The stored name of a state; `None` for any.
pub fn state_name(state: pb::ExplanationState) -> Option<&'static str> {
    match state {
        pb::ExplanationState::Unspecified => None,
        pb::ExplanationState::Draft => Some("DRAFT"),
        pb::ExplanationState::Filed => Some("FILED"),
        pb::ExplanationState::Withdrawn => Some("WITHDRAWN"),
    }
}

pub fn to_proto(explanation: &Explanation) -> pb::Explanation {
    let state = match explanation.state {
        State::Draft => pb::ExplanationState::Draft,
        State::Filed(_) => pb::ExplanationState::Filed,
        State::Withdrawn { .. } => pb::ExplanationState::Withdrawn,
    };
    let filing = explanation.state.filing();
    let (withdrawn, reason) = match &explanation.state {
        State::Withdrawn { at, reason, .. } => (Some(*at), reason.clone()),
        State::Draft | State::Filed(_) => (None, String::new()),
    };
    pb::Explanation {
        explanation_id: explanation.id.to_string(),
        unit_id: explanation.unit.to_string(),
        content: Some(pb::ExplanationContent {
            subject: explanation.content.subject.clone(),
            reasons: explanation.content.reasons.clone(),
            basis: explanation.content.basis.clone(),
        }),
        state: state.into(),
        file_time: filing.map(|filing| time_to_proto(filing.at)),
        withdraw_time: withdrawn.map(time_to_proto),
        withdraw_reason: reason,
        create_time: Some(time_to_proto(explanation.created)),
        update_time: Some(time_to_proto(explanation.updated)),
        etag: etag::of(explanation.version),
        document_number: filing.and_then(|filing| filing.number.clone()).unwrap_or_default(),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, explanation: &Explanation) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        policy::relations(actor, explanation),
        policy::standing(&explanation.state),
        ("explanation", &explanation.id),
    )
}
