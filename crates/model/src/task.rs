//! What a record waits for: the machine says it with every state, the work lists show it.

use crate::actor::{Role, Subject};
use crate::calendar::Due;
use crate::id::UnitId;

/// Something that is to be done on a record. Within one record its kind is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Slug, e.g. `answer`.
    pub kind: &'static str,
    /// What is to be done.
    pub zh: &'static str,
    pub en: &'static str,
    /// What the record is about: a title or number.
    pub subject: String,
    pub article: &'static str,
    pub waits_for: WaitsFor,
    /// Roles of which one is needed.
    pub roles: &'static [Role],
    /// Who may not do it because they did the step before, or wrote what it is about (four eyes).
    pub not: Vec<Subject>,
    pub due: Option<Due>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitsFor {
    Unit(UnitId),
    /// Whoever has the role in the district: info office, working group, secrecy bureau.
    District,
}
