//! Who may do what to a review: one table, everything else is denied.

use govshare_model::authority::{Decision, Relation, Rule, decide};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::Auditor];

/// The method whose permission makes a review visible.
pub const READ: &str = "GetReview";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListReviews", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListReviews", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateReview", roles: &[Role::Drafter], relation: Relation::Provider, states: &[] },
    Rule { method: "CreateReview", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
    Rule { method: "BatchCreateReviews", roles: &[Role::Drafter], relation: Relation::Provider, states: &[] },
    Rule {
        method: "BatchCreateReviews",
        roles: &[Role::InfoOffice],
        relation: Relation::Anyone,
        states: &[],
    },
    Rule { method: "PassReview", roles: &[Role::Reviewer], relation: Relation::Provider, states: &[] },
    Rule { method: "BatchPassReviews", roles: &[Role::Reviewer], relation: Relation::Provider, states: &[] },
    Rule { method: "RejectReview", roles: &[Role::Reviewer], relation: Relation::Provider, states: &[] },
];

/// How the caller's unit stands to a review of an entry that `provider` provides.
pub fn relations(actor: &Actor, provider: &UnitId) -> Vec<Relation> {
    if actor.unit == *provider { vec![Relation::Provider] } else { Vec::new() }
}

/// Whether the caller reads every review, whoever provides the entry.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// Whether the caller, who may call `method`, may submit the versions of every unit by it, not only of its own.
pub fn submits_for_all(actor: &Actor, method: &str) -> bool {
    decide(RULES, method, READ, actor, &[], "") == Decision::Allowed
}
