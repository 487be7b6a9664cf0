//! Who may do what to information systems: one table, everything else is denied.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::WorkingGroup, Role::Auditor];
const REGISTERING: &[Role] = &[Role::Drafter, Role::Approver];

/// The method whose permission makes a system visible.
pub const READ: &str = "GetInformationSystem";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListInformationSystems", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListInformationSystems", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "RegisterInformationSystem", roles: REGISTERING, relation: Relation::Owner, states: &[] },
    Rule { method: "ChangeSecurityLevel", roles: &[Role::Approver], relation: Relation::Owner, states: &[] },
];

/// How the caller's unit stands to a system of `unit`.
pub fn relations(actor: &Actor, unit: &UnitId) -> Vec<Relation> {
    if actor.unit == *unit { vec![Relation::Owner] } else { Vec::new() }
}

/// Whether the caller reads the systems of every unit.
pub fn reads_all(actor: &Actor) -> bool {
    decide(RULES, READ, READ, actor, &[], "") == Decision::Allowed
}
