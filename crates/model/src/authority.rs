//! Authorization as data: a service is one table of [`Rule`]s, everything not in it is denied.
//!
//! A rule lets a role, standing in a relation to the record, call a method while the record is in one of some
//! states. What a caller may not read is hidden from them; what they may read but not do is refused openly.

use crate::actor::{Actor, Role};

/// How the caller's unit stands to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Any authenticated unit, party to the record or not.
    Anyone,
    /// The unit that the record belongs to: an entry's provider, a unit's own register record.
    Owner,
    /// The unit that provides the resource (提供方, 被申请方).
    Provider,
    /// The unit that asks for or uses the resource (申请方, 使用方).
    Applicant,
    /// The info office's own unit (区政府信息办), whoever the record belongs to.
    InfoOffice,
    /// The unit whose task the matter is (主管部门, 有关部门): statistics bureau for surveys (art. 10), archives bureau
    /// for archiving (11), who inspects (33), who decides what was referred to it (34).
    Competent,
    /// Any unit but the one that is accused (art. 34): nobody judges, or is told who reported, the own unit.
    Uninvolved,
}

impl Relation {
    pub const ALL: &'static [Relation] = &[
        Relation::Anyone,
        Relation::Owner,
        Relation::Provider,
        Relation::Applicant,
        Relation::InfoOffice,
        Relation::Competent,
        Relation::Uninvolved,
    ];
}

/// Whoever has one of `roles` and stands in `relation` may call `method` while the record's state is one of
/// `states` (any, if empty).
///
/// Info office, secrecy bureau, working group and auditors act for the district: their relation is `Anyone`.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// RPC name without its service, e.g. `ConsentAccessRequest`.
    pub method: &'static str,
    pub roles: &'static [Role],
    pub relation: Relation,
    pub states: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// The caller may read the record but not do this: PERMISSION_DENIED.
    Forbidden,
    /// The caller may not read the record: NOT_FOUND, as if it did not exist.
    Hidden,
}

/// Decides one call on one record. `read` is the method whose permission makes the record visible; `relations`
/// are those of the caller's unit (`Anyone` is implied).
pub fn decide(
    rules: &[Rule],
    method: &str,
    read: &str,
    actor: &Actor,
    relations: &[Relation],
    state: &str,
) -> Decision {
    let allows = |wanted: &str| {
        rules.iter().any(|rule| {
            rule.method == wanted
                && rule.roles.iter().any(|role| actor.is(*role))
                && (rule.relation == Relation::Anyone || relations.contains(&rule.relation))
                && (rule.states.is_empty() || rule.states.contains(&state))
        })
    };
    if allows(method) {
        Decision::Allowed
    } else if allows(read) {
        Decision::Forbidden
    } else {
        Decision::Hidden
    }
}

/// Whether any of the caller's roles is named for `method` at all; decided before a record is loaded.
pub fn may_call(rules: &[Rule], method: &str, actor: &Actor) -> bool {
    rules.iter().any(|rule| rule.method == method && rule.roles.iter().any(|role| actor.is(*role)))
}
