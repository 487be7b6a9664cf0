//! Between contract and domain, and what the caller hears when a step is refused.

use govshare_model::Actor;
use govshare_proto::agreement::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Failure, Reason, Refusal};

use super::{OutsideDelivery, Rejection, State, policy};
use crate::agreement::Agreement;
use crate::error::{agreement_not_active, field};
use crate::policy::between;

pub fn state_name(state: pb::OutsideDeliveryState) -> Option<&'static str> {
    match state {
        pb::OutsideDeliveryState::Unspecified => None,
        pb::OutsideDeliveryState::Recorded => Some("RECORDED"),
        pb::OutsideDeliveryState::Confirmed => Some("CONFIRMED"),
        pb::OutsideDeliveryState::Denied => Some("DENIED"),
    }
}

pub fn to_proto(delivery: &OutsideDelivery) -> pb::OutsideDelivery {
    let state = match delivery.state {
        State::Recorded => pb::OutsideDeliveryState::Recorded,
        State::Confirmed { .. } => pb::OutsideDeliveryState::Confirmed,
        State::Denied { .. } => pb::OutsideDeliveryState::Denied,
    };
    pb::OutsideDelivery {
        outside_delivery_id: delivery.id.to_string(),
        agreement_id: delivery.agreement.to_string(),
        case_id: delivery.case.to_string(),
        applicant_unit_id: delivery.applicant.to_string(),
        provider_unit_id: delivery.provider.to_string(),
        description: delivery.description.clone(),
        delivered_on: Some(date_to_proto(delivery.delivered_on)),
        state: state.into(),
        reasons: delivery.state.reasons().to_owned(),
        create_time: Some(time_to_proto(delivery.created)),
        decide_time: delivery.state.decided().map(time_to_proto),
        etag: format!("\"{}\"", delivery.version),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, delivery: &OutsideDelivery) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &between(actor, &delivery.applicant, &delivery.provider),
        delivery.state.name(),
        ("outside-delivery", &delivery.id),
    )
}

/// As [`authorize`], for what is yet to be recorded: the agreement is what is named or hidden.
pub fn authorize_recording(actor: &Actor, agreement: &Agreement) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        "RecordOutsideDelivery",
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
            Rejection::ThroughPlatform => Refusal::new(
                Reason::DeliveryThroughPlatform,
                "the agreement says that data is delivered through the platform",
                "协议约定通过区交换平台提供，不得以平台外方式登记",
            ),
            Rejection::OutsideValidity => field(
                Refusal::new(
                    Reason::FieldInvalid,
                    "the delivery lies outside the validity of the agreement",
                    "交付日期不在协议有效期内",
                ),
                ("delivered_on", "must lie between valid_from and today / 须在起始日与今日之间"),
            ),
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the user has spoken: the delivery is {state}"),
                format!("使用方已经答复，当前状态为 {state}"),
            )
            .state(state),
            Rejection::ReasonsMissing => field(
                Refusal::new(
                    Reason::ReasonsMissing,
                    "a denial needs written reasons",
                    "否认收到的，应当书面说明理由",
                ),
                ("reasons", "written reasons are required / 须书面说明理由"),
            ),
        };
        refusal.article("26(一)").into()
    }
}
