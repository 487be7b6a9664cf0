//! From domain to contract, for deliveries.

use govshare_proto::exchange::v1 as pb;
use service_kit::validate::time_to_proto;

use super::{Delivery, State};

pub fn to_proto(delivery: &Delivery) -> pb::Delivery {
    let state = match delivery.state {
        State::Started { .. } => pb::DeliveryState::Started,
        State::Completed { .. } => pb::DeliveryState::Completed,
        State::Broken { .. } => pb::DeliveryState::Broken,
    };
    pb::Delivery {
        delivery_id: delivery.id.to_string(),
        case_id: delivery.basis.case().map(|case| case.to_string()).unwrap_or_default(),
        agreement_id: delivery.basis.agreement().map(|agreement| agreement.to_string()).unwrap_or_default(),
        data_version_id: delivery.data_version.to_string(),
        applicant_unit_id: delivery.applicant.to_string(),
        provider_unit_id: delivery.provider.to_string(),
        state: state.into(),
        sent_bytes: delivery.sent().cast_signed(),
        start_time: Some(time_to_proto(delivery.started)),
        end_time: delivery.state.ended().map(time_to_proto),
    }
}
