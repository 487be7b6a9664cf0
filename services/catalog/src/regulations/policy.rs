//! Who may do what to regulations: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};

use super::regulation::{Kind, Regulation, Stage};

/// The method whose permission makes a regulation visible.
pub const READ: &str = "GetRegulation";

const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];
const WORKING_GROUP: &[Role] = &[Role::WorkingGroup];

/// A technical scheme that was submitted.
const SCHEME: &str = "SCHEME";
/// Measures, rules or a procedure that was submitted.
const RULES_OF_UNIT: &str = "RULES";
/// Of these an edition is in force, too.
const RULES_IN_FORCE: &str = "RULES_IN_FORCE";
/// What only its unit knows of.
const UNSUBMITTED: &str = "UNSUBMITTED";

const SUBMITTED: &[&str] = &[SCHEME, RULES_OF_UNIT, RULES_IN_FORCE];
const OF_WORKING_GROUP: &[&str] = &[RULES_OF_UNIT, RULES_IN_FORCE];

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: SUBMITTED },
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[RULES_IN_FORCE] },
    Rule { method: "ListRegulations", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateRegulation", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateRegulation", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "SubmitRegulation", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "ApproveRegulation", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[SCHEME] },
    Rule {
        method: "ApproveRegulation",
        roles: WORKING_GROUP,
        relation: Relation::Anyone,
        states: OF_WORKING_GROUP,
    },
    Rule { method: "ReturnRegulation", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[SCHEME] },
    Rule {
        method: "ReturnRegulation",
        roles: WORKING_GROUP,
        relation: Relation::Anyone,
        states: OF_WORKING_GROUP,
    },
];

/// How far the district knows of a regulation, and whose it is to approve: what the table's states are.
pub fn standing(regulation: &Regulation) -> &'static str {
    let is_draft = regulation.pending.as_ref().is_some_and(|pending| pending.stage == Stage::Draft);
    match (regulation.kind, regulation.in_force.is_some()) {
        (_, false) if is_draft => UNSUBMITTED,
        (Kind::TechnicalScheme, _) => SCHEME,
        (Kind::ManagementMeasures | Kind::ImplementingRules | Kind::Procedure, true) => RULES_IN_FORCE,
        (Kind::ManagementMeasures | Kind::ImplementingRules | Kind::Procedure, false) => RULES_OF_UNIT,
    }
}

pub fn relations(actor: &Actor, regulation: &Regulation) -> &'static [Relation] {
    if actor.unit == regulation.unit { &[Relation::Owner] } else { &[] }
}

/// Whether the caller reads what everybody submitted, pending editions too.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// Whether the caller sees the pending edition: a draft is its unit's own matter.
pub fn sees_pending(actor: &Actor, regulation: &Regulation) -> bool {
    let is_draft = regulation.pending.as_ref().is_some_and(|pending| pending.stage == Stage::Draft);
    actor.unit == regulation.unit || (reads_all(actor) && !is_draft)
}
