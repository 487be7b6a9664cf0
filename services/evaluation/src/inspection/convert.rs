//! Between contract and machine.

use govshare_proto::evaluation::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};

use crate::procedure::inspection::{Inspection, State};

pub fn state_name(state: pb::InspectionState) -> Option<&'static str> {
    match state {
        pb::InspectionState::Unspecified => None,
        pb::InspectionState::Notified => Some("NOTIFIED"),
        pb::InspectionState::Found => Some("FOUND"),
        pb::InspectionState::Stated => Some("STATED"),
        pb::InspectionState::Closed => Some("CLOSED"),
    }
}

pub fn to_proto(found: &Inspection) -> pb::Inspection {
    let (state, conclusion) = match &found.state {
        State::Notified => (pb::InspectionState::Notified, String::new()),
        State::Found { .. } => (pb::InspectionState::Found, String::new()),
        State::Stated { .. } => (pb::InspectionState::Stated, String::new()),
        State::Closed { conclusion, .. } => (pb::InspectionState::Closed, conclusion.clone()),
    };
    let (findings, statement) = (found.state.findings(), found.state.statement());
    pb::Inspection {
        inspection_id: found.head.id.to_string(),
        unit_id: found.unit.to_string(),
        supervisor_unit_id: found.supervisor.to_string(),
        subject: found.notice.subject.clone(),
        visit_date: Some(date_to_proto(found.notice.visit)),
        state: state.into(),
        findings: findings.map(|findings| findings.found.clone()).unwrap_or_default(),
        statement_due: findings.map(|findings| date_to_proto(findings.statement_due)),
        statement: statement.map(|statement| statement.text.clone()).unwrap_or_default(),
        conclusion,
        create_time: Some(time_to_proto(found.head.created)),
        update_time: Some(time_to_proto(found.head.updated)),
    }
}
