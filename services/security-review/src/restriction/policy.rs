//! Who may do what to restrictions: one table, everything else is denied.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::{Actor, Role};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::Auditor];
const STATING: &[Role] = &[Role::Drafter, Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const BUREAU: &[Role] = &[Role::SecrecyBureau];

/// The method whose permission makes a restriction visible.
pub const READ: &str = "GetRestriction";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListRestrictions", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListRestrictions", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "StateRestriction", roles: STATING, relation: Relation::Provider, states: &[] },
    Rule { method: "StateRestriction", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "BatchStateRestrictions", roles: STATING, relation: Relation::Provider, states: &[] },
    Rule { method: "BatchStateRestrictions", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "ApproveRestriction", roles: BUREAU, relation: Relation::Anyone, states: &[] },
    Rule { method: "BatchApproveRestrictions", roles: BUREAU, relation: Relation::Anyone, states: &[] },
    Rule { method: "RejectRestriction", roles: BUREAU, relation: Relation::Anyone, states: &[] },
    Rule { method: "FileRestriction", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "BatchFileRestrictions", roles: OFFICE, relation: Relation::Anyone, states: &[] },
];

/// Whether the caller reads every restriction, whoever provides the entry.
pub fn reads_all(actor: &Actor) -> bool {
    decide(RULES, READ, READ, actor, &[], "") == Decision::Allowed
}
