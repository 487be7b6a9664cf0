//! Who may do what to a violation: one table, everything else is denied. Only those concerned read a case.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::violation::Violation;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Supervisor];
const APPROVER: &[Role] = &[Role::Approver];
const GROUP: &[Role] = &[Role::WorkingGroup];
/// The working group, and the info office that does its daily work (art. 7); in a case against their own unit they are
/// its people and no more.
const DISTRICT: &[Role] = &[Role::WorkingGroup, Role::InfoOffice];
/// From the opening of the investigation the unit knows of the case.
const OPENED: &[&str] = &["INVESTIGATING", "HEARD", "UNFOUNDED", "FOUND", "REFERRED", "SANCTIONED", "CLOSED"];
const ALL: &[&str] =
    &["REPORTED", "INVESTIGATING", "HEARD", "UNFOUNDED", "FOUND", "REFERRED", "SANCTIONED", "CLOSED"];

/// The method whose permission makes a case visible.
pub const READ: &str = "GetViolation";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: OPENED },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Competent, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Uninvolved, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Owner, states: OPENED },
    Rule { method: "ListViolations", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListViolations", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ReportViolation", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ReportViolation", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
    Rule { method: "InvestigateViolation", roles: GROUP, relation: Relation::Uninvolved, states: &[] },
    Rule { method: "AnswerViolation", roles: APPROVER, relation: Relation::Owner, states: OPENED },
    Rule { method: "FindViolation", roles: GROUP, relation: Relation::Uninvolved, states: &[] },
    Rule { method: "ReferViolation", roles: GROUP, relation: Relation::Uninvolved, states: &[] },
    Rule { method: "RecordSanction", roles: APPROVER, relation: Relation::Competent, states: &[] },
    Rule { method: "CloseViolation", roles: GROUP, relation: Relation::Uninvolved, states: &[] },
];

fn is_district(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// Whether the caller is told what was reported, and by whom.
pub fn reads_report(actor: &Actor, found: &Violation) -> bool {
    actor.unit == found.report.reporter || (is_district(actor) && actor.unit != found.unit)
}

/// States in which the caller reads every case that is not withheld from their unit.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    if is_district(actor) { ALL } else { &[] }
}

pub fn authorize(actor: &Actor, method: &str, found: &Violation) -> Result<(), Refusal> {
    let mut relations = Vec::new();
    if actor.unit == found.report.reporter {
        relations.push(Relation::Applicant);
    }
    relations.push(if actor.unit == found.unit { Relation::Owner } else { Relation::Uninvolved });
    if found.state.department() == Some(&actor.unit) {
        relations.push(Relation::Competent);
    }
    let resource: (&'static str, &dyn std::fmt::Display) = (Violation::KIND, &found.head.id);
    service_kit::auth::access::authorize(RULES, method, READ, actor, &relations, found.state(), resource)
}
