//! Work lists (待办): what waits is written with the change that makes it wait, listed by index and streamed to
//! whoever watches.

mod service;
mod table;

use govshare_model::Role;
use govshare_model::authority::{Relation, Rule};

pub use service::WorkList;
pub(crate) use table::{Pending, REPLACE};

/// Rules of every `TaskService`: each reads what waits for them.
pub const RULES: &[Rule] = &[
    Rule { method: "ListTasks", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "WatchTasks", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
];
