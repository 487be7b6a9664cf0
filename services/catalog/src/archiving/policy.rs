//! Who may do what to archive records: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use super::record::Record;

/// The method whose permission makes a record visible.
pub const READ: &str = "GetArchiveRecord";

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];

/// Competent is the archives bureau.
pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Competent, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListArchiveRecords", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListArchiveRecords", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateArchiveRecord", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "RecordArchiving", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "ConfirmArchiving", roles: APPROVER, relation: Relation::Competent, states: &[] },
    Rule { method: "ObjectToArchiving", roles: APPROVER, relation: Relation::Competent, states: &[] },
];

pub fn relations(actor: &Actor, record: &Record, archives_bureau: &UnitId) -> Vec<Relation> {
    let mut relations = Vec::new();
    if actor.unit == record.unit {
        relations.push(Relation::Owner);
    }
    if actor.unit == *archives_bureau {
        relations.push(Relation::Competent);
    }
    relations
}

/// Whether the caller reads every unit's records.
pub fn reads_all(actor: &Actor, archives_bureau: &UnitId) -> bool {
    actor.unit == *archives_bureau || DISTRICT.iter().any(|role| actor.is(*role))
}
