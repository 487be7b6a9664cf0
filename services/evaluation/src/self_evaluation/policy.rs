//! Who may do what to a self-evaluation: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::self_evaluation::SelfEvaluation;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];
/// A draft is nobody's business but the unit's.
const SENT: &[&str] = &["SUBMITTED", "ACCEPTED"];

/// The method whose permission makes a self-evaluation visible.
pub const READ: &str = "GetSelfEvaluation";

/// Reading it printed.
pub const DOCUMENT: &str = "GetSelfEvaluationDocument";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: SENT },
    Rule { method: DOCUMENT, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: DOCUMENT, roles: DISTRICT, relation: Relation::Anyone, states: SENT },
    Rule { method: "ListSelfEvaluations", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListSelfEvaluations", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateSelfEvaluation", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateSelfEvaluation", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "SubmitSelfEvaluation", roles: &[Role::Approver], relation: Relation::Owner, states: &[] },
    Rule { method: "AcceptSelfEvaluation", roles: INFO_OFFICE, relation: Relation::Anyone, states: SENT },
    Rule { method: "ReturnSelfEvaluation", roles: INFO_OFFICE, relation: Relation::Anyone, states: SENT },
];

/// States in which the caller reads every self-evaluation.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    if DISTRICT.iter().any(|role| actor.is(*role)) { SENT } else { &[] }
}

pub fn authorize(actor: &Actor, method: &str, found: &SelfEvaluation) -> Result<(), Refusal> {
    let relations: &[Relation] = if actor.unit == found.unit { &[Relation::Owner] } else { &[] };
    service_kit::auth::access::authorize(
        RULES,
        method,
        READ,
        actor,
        relations,
        found.state(),
        (SelfEvaluation::KIND, &found.head.id),
    )
}
