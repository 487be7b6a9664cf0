//! Who may do what to units and their keys: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use super::unit::Field;

/// The method whose permission makes a unit or a key visible: the register is open to all who have a token.
pub const READ: &str = "GetUnit";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListUnits", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListUnitKeys", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateUnit", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
    // While importing their unit's catalogue, which names providers that are not registered yet.
    Rule {
        method: "CreateUnit",
        roles: &[Role::Drafter],
        relation: Relation::Anyone,
        states: &["PROVISIONAL"],
    },
    Rule { method: "UpdateUnit", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateUnit", roles: &[Role::Approver], relation: Relation::Owner, states: &[] },
    Rule { method: "RegisterUnitKey", roles: &[Role::Signatory], relation: Relation::Owner, states: &[] },
    Rule {
        method: "CountersignUnitKey",
        roles: &[Role::Signatory],
        relation: Relation::InfoOffice,
        states: &[],
    },
    Rule { method: "RevokeUnitKey", roles: &[Role::Signatory], relation: Relation::Owner, states: &[] },
    Rule { method: "RevokeUnitKey", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
];

/// What a unit itself keeps of its record (art. 13); the rest is the info office's. Names and aliases decide whose the
/// rows of an imported catalogue are.
const OWN_FIELDS: [Field; 2] = [Field::Section, Field::Contacts];

/// How the caller's unit stands to `unit` or a key of it.
pub fn relations(actor: &Actor, unit: &UnitId, info_office: &UnitId) -> Vec<Relation> {
    let mut relations = Vec::new();
    if actor.unit == *unit {
        relations.push(Relation::Owner);
    }
    if actor.unit == *info_office {
        relations.push(Relation::InfoOffice);
    }
    relations
}

/// Whether someone who may update the record may change this field of it.
pub fn may_change(actor: &Actor, field: Field) -> bool {
    actor.is(Role::InfoOffice) || OWN_FIELDS.contains(&field)
}
