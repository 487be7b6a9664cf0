//! Who may do what to explanations: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};

use super::explanation::{Explanation, State};

/// The method whose permission makes an explanation visible.
pub const READ: &str = "GetExplanation";

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];

/// An explanation that was filed, withdrawn since or not.
const FILED: &str = "FILED";
/// An explanation that only its unit knows of.
const UNFILED: &str = "UNFILED";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[FILED] },
    Rule { method: "GetExplanationDocument", roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: "GetExplanationDocument", roles: DISTRICT, relation: Relation::Anyone, states: &[FILED] },
    Rule { method: "ListExplanations", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListExplanations", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateExplanation", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateExplanation", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "FileExplanation", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "WithdrawExplanation", roles: APPROVER, relation: Relation::Owner, states: &[] },
];

/// How far the district knows of an explanation: what the table's states are.
pub fn standing(state: &State) -> &'static str {
    if state.filing().is_some() { FILED } else { UNFILED }
}

pub fn relations(actor: &Actor, explanation: &Explanation) -> &'static [Relation] {
    if actor.unit == explanation.unit { &[Relation::Owner] } else { &[] }
}

/// Whether the caller reads every filed explanation.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
