//! Who may do what to a request: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};

use crate::access_request::AccessRequest;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Auditor];
const ASKING: &[Role] = &[Role::Drafter, Role::Approver];
/// A draft is nobody's business but the applicant's.
const RECEIVED: &[&str] = &["SUBMITTED", "ANSWER_PROPOSED", "CONSENTED", "REFUSED", "WITHDRAWN", "AGREED"];

/// The method whose permission makes a request visible.
pub const READ: &str = "GetAccessRequest";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: RECEIVED },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: RECEIVED },
    Rule { method: "ListAccessRequests", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListAccessRequests", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateAccessRequest", roles: &[Role::Drafter], relation: Relation::Anyone, states: &[] },
    Rule {
        method: "UpdateAccessRequest",
        roles: &[Role::Drafter],
        relation: Relation::Applicant,
        states: &[],
    },
    Rule { method: "SubmitAccessRequest", roles: ASKING, relation: Relation::Applicant, states: &[] },
    Rule { method: "WithdrawAccessRequest", roles: ASKING, relation: Relation::Applicant, states: &[] },
    Rule { method: "ProposeAnswer", roles: &[Role::Drafter], relation: Relation::Provider, states: RECEIVED },
    Rule {
        method: "ConsentAccessRequest",
        roles: &[Role::Approver],
        relation: Relation::Provider,
        states: RECEIVED,
    },
    Rule {
        method: "RefuseAccessRequest",
        roles: &[Role::Approver],
        relation: Relation::Provider,
        states: RECEIVED,
    },
];

/// How the caller's unit stands to a request.
pub fn relations(actor: &Actor, request: &AccessRequest) -> Vec<Relation> {
    let mut relations = Vec::new();
    if actor.unit == request.applicant {
        relations.push(Relation::Applicant);
    }
    if actor.unit == request.provider {
        relations.push(Relation::Provider);
    }
    relations
}

/// Whether the caller reads every received request, whoever its parties are.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
