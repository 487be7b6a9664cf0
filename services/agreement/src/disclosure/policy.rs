//! Who may do what to disclosures: one table, everything else is denied.

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];

/// The method whose permission makes a disclosure visible.
pub const READ: &str = "GetDisclosure";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListDisclosures", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListDisclosures", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "RequestDisclosure", roles: DRAFTER, relation: Relation::Applicant, states: &[] },
    Rule { method: "ConsentDisclosure", roles: APPROVER, relation: Relation::Provider, states: &[] },
    Rule { method: "RefuseDisclosure", roles: APPROVER, relation: Relation::Provider, states: &[] },
    Rule { method: "RecordDisclosure", roles: DRAFTER, relation: Relation::Applicant, states: &[] },
];
