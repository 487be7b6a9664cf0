//! Who may do what to units' secrecy rules: one table, everything else is denied.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::Auditor];
const BUREAU: &[Role] = &[Role::SecrecyBureau];

/// The method whose permission makes rules visible.
pub const READ: &str = "GetSecrecyRules";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListSecrecyRules", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListSecrecyRules", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "FileSecrecyRules", roles: &[Role::Approver], relation: Relation::Owner, states: &[] },
    Rule { method: "GuideSecrecyRules", roles: BUREAU, relation: Relation::Anyone, states: &[] },
    Rule { method: "AcceptSecrecyRules", roles: BUREAU, relation: Relation::Anyone, states: &[] },
];

/// How the caller's unit stands to the rules of `unit`.
pub fn relations(actor: &Actor, unit: &UnitId) -> Vec<Relation> {
    if actor.unit == *unit { vec![Relation::Owner] } else { Vec::new() }
}

/// Whether the caller reads the rules of every unit.
pub fn reads_all(actor: &Actor) -> bool {
    decide(RULES, READ, READ, actor, &[], "") == Decision::Allowed
}
