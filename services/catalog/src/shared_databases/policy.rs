//! Who may do what to shared databases: one table, everything else is denied.

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

/// The method whose permission makes a shared database visible: to all who have a token.
pub const READ: &str = "GetSharedDatabase";

const WORKING_GROUP: &[Role] = &[Role::WorkingGroup];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListSharedDatabases", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateSharedDatabase", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateSharedDatabase", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule {
        method: "ApproveSharedDatabaseLeads",
        roles: WORKING_GROUP,
        relation: Relation::Anyone,
        states: &[],
    },
    Rule {
        method: "ReturnSharedDatabaseLeads",
        roles: WORKING_GROUP,
        relation: Relation::Anyone,
        states: &[],
    },
];
