//! Keys from domain to contract.

use govshare_proto::catalog::v1 as pb;
use service_kit::validate::time_to_proto;

use super::key::{ALGORITHM, State, UnitKey};

pub fn to_proto(key: &UnitKey) -> pb::UnitKey {
    let state = match &key.state {
        State::Pending => pb::UnitKeyState::Pending,
        State::Active { .. } => pb::UnitKeyState::Active,
        State::Superseded { .. } => pb::UnitKeyState::Superseded,
        State::Revoked { .. } => pb::UnitKeyState::Revoked,
    };
    let revoke_reason = match &key.state {
        State::Revoked { reason, .. } => reason.clone(),
        State::Pending | State::Active { .. } | State::Superseded { .. } => String::new(),
    };
    let countersignature = key.state.countersignature();
    pb::UnitKey {
        key_id: key.id.to_string(),
        unit_id: key.unit.to_string(),
        algorithm: ALGORITHM.to_owned(),
        public_key: key.public_key.as_bytes().to_vec(),
        state: state.into(),
        register_time: Some(time_to_proto(key.registered)),
        countersign_time: countersignature.map(|by| time_to_proto(by.at)),
        countersign_key_id: countersignature.map(|by| by.key.to_string()).unwrap_or_default(),
        countersignature: countersignature.map(|by| by.signature.clone()).unwrap_or_default(),
        end_time: key.state.ended().map(time_to_proto),
        revoke_reason,
    }
}
