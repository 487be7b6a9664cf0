//! Who may do what to the classification: one table, everything else is denied.

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

/// The method whose permission makes a node visible: to all who have a token.
pub const READ: &str = "GetClassificationNode";

const INFO_OFFICE: &[Role] = &[Role::InfoOffice];

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListClassificationNodes", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CheckResourceCode", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule {
        method: "RegisterClassificationNodes",
        roles: INFO_OFFICE,
        relation: Relation::Anyone,
        states: &[],
    },
    Rule { method: "RetireClassificationNode", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
];
