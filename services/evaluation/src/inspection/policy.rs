//! Who may do what to an inspection: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::inspection::Inspection;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];
const SUPERVISOR: &[Role] = &[Role::Supervisor];

/// The method whose permission makes an inspection visible.
pub const READ: &str = "GetInspection";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Competent, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListInspections", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListInspections", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateInspection", roles: SUPERVISOR, relation: Relation::Anyone, states: &[] },
    Rule { method: "RecordFindings", roles: SUPERVISOR, relation: Relation::Competent, states: &[] },
    Rule { method: "StateOnFindings", roles: &[Role::Approver], relation: Relation::Owner, states: &[] },
    Rule { method: "CloseInspection", roles: SUPERVISOR, relation: Relation::Competent, states: &[] },
];

/// States in which the caller reads every inspection.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    let district = DISTRICT.iter().any(|role| actor.is(*role));
    if district { &["NOTIFIED", "FOUND", "STATED", "CLOSED"] } else { &[] }
}

pub fn authorize(actor: &Actor, method: &str, found: &Inspection) -> Result<(), Refusal> {
    let mut relations = Vec::new();
    if actor.unit == found.unit {
        relations.push(Relation::Owner);
    }
    if actor.unit == found.supervisor {
        relations.push(Relation::Competent);
    }
    let resource: (&'static str, &dyn std::fmt::Display) = (Inspection::KIND, &found.head.id);
    service_kit::auth::access::authorize(RULES, method, READ, actor, &relations, found.state(), resource)
}
