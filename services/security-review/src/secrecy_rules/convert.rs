//! Between contract and domain, and what the caller hears when a step is refused.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::security_review::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Failure, Reason, Refusal};

use super::{Rejection, SecrecyRules, State, policy};

pub fn state_name(state: pb::SecrecyRulesState) -> Option<&'static str> {
    match state {
        pb::SecrecyRulesState::Unspecified => None,
        pb::SecrecyRulesState::Filed => Some("FILED"),
        pb::SecrecyRulesState::Guided => Some("GUIDED"),
        pb::SecrecyRulesState::Accepted => Some("ACCEPTED"),
    }
}

pub fn to_proto(rules: &SecrecyRules) -> pb::SecrecyRules {
    let state = match rules.state {
        State::Filed => pb::SecrecyRulesState::Filed,
        State::Guided { .. } => pb::SecrecyRulesState::Guided,
        State::Accepted { .. } => pb::SecrecyRulesState::Accepted,
    };
    pb::SecrecyRules {
        unit_id: rules.unit.to_string(),
        title: rules.title.clone(),
        text: rules.text.clone(),
        revision: rules.revision,
        state: state.into(),
        guidance: rules.state.guidance().to_owned(),
        file_time: Some(time_to_proto(rules.filed)),
        decide_time: rules.state.decided().map(time_to_proto),
        etag: format!("\"{}\"", rules.version),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, unit: &UnitId, state: &str) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &policy::relations(actor, unit),
        state,
        ("secrecy-rules", unit),
    )
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the rules are {state}; the unit hands in a revision first"),
                format!("当前状态为 {state}，须由单位重新提交"),
            )
            .state(state),
            Rejection::OtherRevision { revision } => Refusal::new(
                Reason::LostRace,
                format!("the unit handed in revision {revision} meanwhile; read it first"),
                format!("单位已提交第{revision}稿，请重新审阅"),
            )
            .with("revision", revision.to_string()),
            Rejection::SelfApproval => Refusal::new(
                Reason::SelfApproval,
                "you handed these rules in, so somebody else has to accept them",
                "提交人不得审定自己提交的保密制度",
            ),
        };
        refusal.article("9").into()
    }
}
