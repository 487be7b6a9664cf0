//! Who may read which events: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};

use service_kit::event::Leaf;

const MEMBERS: &[Role] =
    &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory, Role::SecrecyBureau, Role::Supervisor];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Auditor];

/// The method whose permission makes an event visible.
pub const READ: &str = "GetEvent";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEvents", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEvents", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
];

/// An event belongs to every unit that it names as concerned.
pub fn relations(actor: &Actor, event: &Leaf) -> Vec<Relation> {
    let concerned = event.concerns.iter().any(|unit| unit == actor.unit.as_str());
    concerned.then_some(Relation::Owner).into_iter().collect()
}

/// Whether the caller reads every event, whomever it concerns.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
