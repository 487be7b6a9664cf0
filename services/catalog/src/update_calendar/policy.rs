//! Who may do what to update schedules: one table, everything else is denied.

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

/// The method whose permission makes a schedule visible, where the entry is.
pub const READ: &str = "GetUpdateSchedule";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListUpdateSchedules", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "RecordUpdate", roles: &[Role::Drafter], relation: Relation::Owner, states: &[] },
];
