//! Who may do what to deliveries outside the platform: one table, everything else is denied.

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::Auditor];
const TAKING: &[Role] = &[Role::Drafter, Role::Approver];

/// The method whose permission makes a record visible.
pub const READ: &str = "GetOutsideDelivery";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListOutsideDeliveries", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListOutsideDeliveries", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule {
        method: "RecordOutsideDelivery",
        roles: &[Role::Drafter],
        relation: Relation::Provider,
        states: &[],
    },
    Rule { method: "ConfirmOutsideDelivery", roles: TAKING, relation: Relation::Applicant, states: &[] },
    Rule { method: "DenyOutsideDelivery", roles: TAKING, relation: Relation::Applicant, states: &[] },
];
