//! Who may do what to collection plans: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use super::plan::{Plan, State};

/// The method whose permission makes a plan visible.
pub const READ: &str = "GetCollectionPlan";

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];

/// A plan as it was submitted.
const SUBMITTED: &str = "SUBMITTED";
/// A plan that only its unit knows of, or rewrites.
const UNSUBMITTED: &str = "UNSUBMITTED";

/// Competent is the statistics bureau.
pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Competent, states: &[SUBMITTED] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[SUBMITTED] },
    Rule { method: "ListCollectionPlans", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListCollectionPlans", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CheckDuplicates", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateCollectionPlan", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateCollectionPlan", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "SubmitCollectionPlan", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "WithdrawCollectionPlan", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "ApproveSurvey", roles: APPROVER, relation: Relation::Competent, states: &[SUBMITTED] },
    Rule { method: "ReturnSurvey", roles: APPROVER, relation: Relation::Competent, states: &[SUBMITTED] },
];

/// How far the district knows of a plan: what the table's states are.
pub fn standing(state: &State) -> &'static str {
    if state.submission().is_some() { SUBMITTED } else { UNSUBMITTED }
}

pub fn relations(actor: &Actor, plan: &Plan, statistics_bureau: &UnitId) -> Vec<Relation> {
    let mut relations = Vec::new();
    if actor.unit == plan.unit {
        relations.push(Relation::Owner);
    }
    if actor.unit == *statistics_bureau {
        relations.push(Relation::Competent);
    }
    relations
}

/// Whether the caller reads every submitted plan.
pub fn reads_all(actor: &Actor, statistics_bureau: &UnitId) -> bool {
    actor.unit == *statistics_bureau || DISTRICT.iter().any(|role| actor.is(*role))
}
