//! Between contract and domain, and what the caller hears when a step is refused.

use govshare_model::Actor;
use govshare_proto::agreement::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Failure, Reason, Refusal};

use super::{Disclosure, Rejection, State, policy};
use crate::agreement::Agreement;
use crate::error::{agreement_not_active, field};
use crate::policy::between;

pub fn state_name(state: pb::DisclosureState) -> Option<&'static str> {
    match state {
        pb::DisclosureState::Unspecified => None,
        pb::DisclosureState::Requested => Some("REQUESTED"),
        pb::DisclosureState::Consented => Some("CONSENTED"),
        pb::DisclosureState::Refused => Some("REFUSED"),
        pb::DisclosureState::Made => Some("MADE"),
    }
}

pub fn to_proto(disclosure: &Disclosure) -> pb::Disclosure {
    let state = match disclosure.state {
        State::Requested => pb::DisclosureState::Requested,
        State::Consented { .. } => pb::DisclosureState::Consented,
        State::Refused { .. } => pb::DisclosureState::Refused,
        State::Made { .. } => pb::DisclosureState::Made,
    };
    pb::Disclosure {
        disclosure_id: disclosure.id.to_string(),
        agreement_id: disclosure.agreement.to_string(),
        case_id: disclosure.case.to_string(),
        applicant_unit_id: disclosure.applicant.to_string(),
        provider_unit_id: disclosure.provider.to_string(),
        third_party: disclosure.wish.third_party.clone(),
        scope: disclosure.wish.scope.clone(),
        purpose: disclosure.wish.purpose.clone(),
        state: state.into(),
        reasons: disclosure.state.reasons().to_owned(),
        disclosed_on: disclosure.state.made_on().map(date_to_proto),
        create_time: Some(time_to_proto(disclosure.created)),
        answer_time: disclosure.state.answered().map(time_to_proto),
        etag: format!("\"{}\"", disclosure.version),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, disclosure: &Disclosure) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &between(actor, &disclosure.applicant, &disclosure.provider),
        disclosure.state.name(),
        ("disclosure", &disclosure.id),
    )
}

/// As [`authorize`], for what is yet to be asked for: the agreement is what is named or hidden.
pub fn authorize_request(actor: &Actor, agreement: &Agreement) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        "RequestDisclosure",
        policy::READ,
        actor,
        &between(actor, &agreement.parties.applicant, &agreement.parties.provider),
        "",
        ("agreement", &agreement.id),
    )
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::AgreementNotActive { state } => agreement_not_active(state),
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the disclosure is {state}, which does not allow this step"),
                format!("当前状态为 {state}，不能执行此操作"),
            )
            .state(state),
            Rejection::ReasonsMissing => field(
                Refusal::new(
                    Reason::ReasonsMissing,
                    "a refusal needs written reasons",
                    "不同意提供的，应当书面说明理由",
                ),
                ("reasons", "written reasons are required / 须书面说明理由"),
            ),
            Rejection::NotConsented { state } => Refusal::new(
                Reason::DisclosureNotConsented,
                format!("nothing is given to a third party without the provider's consent: it is {state}"),
                format!("未经提供方同意，不得擅自向第三方提供（当前状态为 {state}）"),
            )
            .state(state),
            Rejection::OutsideConsent => field(
                Refusal::new(
                    Reason::FieldInvalid,
                    "the day lies before the consent or after today",
                    "提供日期早于同意之日或者晚于今日",
                ),
                ("disclosed_on", "must lie between the consent and today / 须在同意之日与今日之间"),
            ),
        };
        refusal.article("23").into()
    }
}
