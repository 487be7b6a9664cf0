//! Who may read which unit's indicators: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

const MEMBERS: &[Role] =
    &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory, Role::SecrecyBureau];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];

/// The method whose permission makes a unit's line visible.
pub const READ: &str = "GetUnitIndicators";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "GetUnitPeriod", roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: "GetUnitPeriod", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListUnitIndicators", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListUnitIndicators", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
];

/// A line belongs to the unit that it is about.
pub fn relations(actor: &Actor, unit: &UnitId) -> Vec<Relation> {
    (actor.unit == *unit).then_some(Relation::Owner).into_iter().collect()
}

/// Whether the caller reads every unit's line.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
