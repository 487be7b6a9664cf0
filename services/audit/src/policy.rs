//! Who may read which events: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule, decide};
use govshare_model::{Actor, Decision, Role};

use service_kit::event::{Leaf, WITHHELD_FROM};

const MEMBERS: &[Role] =
    &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory, Role::SecrecyBureau, Role::Supervisor];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup];
const AUDITOR: &[Role] = &[Role::Auditor];

/// The method whose permission makes an event visible.
pub const READ: &str = "GetEvent";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: AUDITOR, relation: Relation::Anyone, states: &[] },
    // Every event but those that are withheld from their own unit.
    Rule { method: READ, roles: DISTRICT, relation: Relation::Uninvolved, states: &[] },
    Rule { method: "ListEvents", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEvents", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEvents", roles: AUDITOR, relation: Relation::Anyone, states: &[] },
];

/// An event belongs to every unit that it names as concerned.
pub fn relations(actor: &Actor, event: &Leaf) -> Vec<Relation> {
    let concerned = event.concerns.iter().any(|unit| unit == actor.unit.as_str());
    let withheld = event.attributes.get(WITHHELD_FROM).is_some_and(|unit| unit == actor.unit.as_str());
    let relations = [(concerned, Relation::Owner), (!withheld, Relation::Uninvolved)];
    relations.into_iter().filter_map(|(holds, relation)| holds.then_some(relation)).collect()
}

/// Whether the caller reads events whomever they concern.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().chain(AUDITOR).any(|role| actor.is(*role))
}

/// Whether the caller reads this event.
pub fn reads(actor: &Actor, event: &Leaf) -> bool {
    decide(RULES, READ, READ, actor, &relations(actor, event), &event.state) == Decision::Allowed
}
