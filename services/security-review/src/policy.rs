//! Who may do what to a review: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use crate::review::Review;

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

/// How the caller's unit stands to a review.
pub fn relations(actor: &Actor, review: &Review) -> Vec<Relation> {
    if actor.unit == review.submission.provider { vec![Relation::Provider] } else { Vec::new() }
}

/// Whether the caller reads every review, whoever provides the entry.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// The one unit whose versions the caller may submit; `None`: any unit's.
pub fn submits_for(actor: &Actor) -> Option<&UnitId> {
    (!actor.is(Role::InfoOffice)).then_some(&actor.unit)
}
