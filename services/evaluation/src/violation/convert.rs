//! Between contract and machine.

use govshare_model::Actor;
use govshare_proto::evaluation::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};

use super::policy;
use crate::procedure::violation::{State, Violation};

pub fn state_name(state: pb::ViolationState) -> Option<&'static str> {
    match state {
        pb::ViolationState::Unspecified => None,
        pb::ViolationState::Reported => Some("REPORTED"),
        pb::ViolationState::Investigating => Some("INVESTIGATING"),
        pb::ViolationState::Heard => Some("HEARD"),
        pb::ViolationState::Unfounded => Some("UNFOUNDED"),
        pb::ViolationState::Found => Some("FOUND"),
        pb::ViolationState::Referred => Some("REFERRED"),
        pb::ViolationState::Sanctioned => Some("SANCTIONED"),
        pb::ViolationState::Closed => Some("CLOSED"),
    }
}

/// A case as `viewer` may see it: the unit and the department are told the charge, never who reported it.
pub fn to_proto(found: &Violation, viewer: &Actor) -> pb::Violation {
    let sees_report = policy::reads_report(viewer, found);
    let state = match &found.state {
        State::Reported => pb::ViolationState::Reported,
        State::Investigating { .. } => pb::ViolationState::Investigating,
        State::Heard { .. } => pb::ViolationState::Heard,
        State::Unfounded { .. } => pb::ViolationState::Unfounded,
        State::Found { .. } => pb::ViolationState::Found,
        State::Referred { .. } => pb::ViolationState::Referred,
        State::Sanctioned { .. } => pb::ViolationState::Sanctioned,
        State::Closed { .. } => pb::ViolationState::Closed,
    };
    let finding = found.state.finding();
    let verified = match &found.state {
        State::Unfounded { facts, .. } => facts.clone(),
        _ => finding.map(|finding| finding.facts.clone()).unwrap_or_default(),
    };
    let closing_remark = match &found.state {
        State::Closed { remark, .. } => remark.clone(),
        _ => String::new(),
    };
    let charge = found.state.charge();
    let shown = |text: &str| if sees_report { text.to_owned() } else { String::new() };
    pb::Violation {
        violation_id: found.head.id.to_string(),
        unit_id: found.unit.to_string(),
        reporter_unit_id: shown(found.report.reporter.as_str()),
        facts: shown(&found.report.facts),
        resource: shown(&found.report.resource),
        state: state.into(),
        charge: charge.map(|charge| charge.text.clone()).unwrap_or_default(),
        answer_due: charge.map(|charge| date_to_proto(charge.answer_due)),
        statement: found.state.statement().map(|statement| statement.text.clone()).unwrap_or_default(),
        kind: finding.map(|finding| finding.kind.clone()).unwrap_or_default(),
        finding: verified,
        grave: finding.is_some_and(|finding| finding.grave),
        policy_pack: finding
            .map(|finding| format!("{}/{}", finding.pack, finding.pack_version))
            .unwrap_or_default(),
        article: finding.map(|finding| finding.article.clone()).unwrap_or_default(),
        department_unit_id: found.state.department().map(ToString::to_string).unwrap_or_default(),
        sanction: found.state.sanction().map(|sanction| sanction.text.clone()).unwrap_or_default(),
        closing_remark,
        create_time: Some(time_to_proto(found.head.created)),
        update_time: Some(time_to_proto(found.head.updated)),
        finding_number: found.state.finding_number().unwrap_or_default().to_owned(),
        sanction_number: found.state.sanction().map(|sanction| sanction.number.clone()).unwrap_or_default(),
    }
}
