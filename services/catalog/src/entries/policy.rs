//! Who may do what to entries: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use super::entry::Entry;

/// The method whose permission makes an entry visible.
pub const READ: &str = "GetEntry";

/// Those who see every entry and its latest version, beside the providing unit. The secrecy bureau decides on restrictions
/// of entries that are not published yet (art. 24).
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::SecrecyBureau, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];

/// An entry of which a version is or was published.
const LISTED: &str = "LISTED";
/// An entry that only its provider and the district know of.
const UNLISTED: &str = "UNLISTED";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: Role::ALL, relation: Relation::Owner, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: READ, roles: Role::ALL, relation: Relation::Anyone, states: &[LISTED] },
    Rule { method: "ListEntries", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEntryVersions", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "DiffEntryVersions", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListEntryWarnings", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "SearchEntries", roles: Role::ALL, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateEntry", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "CreateEntry", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "UpdateEntry", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "UpdateEntry", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "AssignResourceCode", roles: DRAFTER, relation: Relation::Owner, states: &[] },
    Rule { method: "AssignResourceCode", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    // Its rows are decided one by one, as CreateEntry would be.
    Rule { method: "RegisterEntries", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "RegisterEntries", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "ApproveEntry", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "ReturnEntry", roles: INFO_OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "PublishEntry", roles: APPROVER, relation: Relation::Owner, states: &[] },
    // Its versions are decided one by one, as PublishEntry would be.
    Rule { method: "BatchPublishEntries", roles: APPROVER, relation: Relation::Anyone, states: &[] },
    Rule { method: "SuspendEntry", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "ResumeEntry", roles: APPROVER, relation: Relation::Owner, states: &[] },
    Rule { method: "RetireEntry", roles: APPROVER, relation: Relation::Owner, states: &[] },
];

/// How far the world knows of an entry: what the table's states are.
pub fn standing(is_or_was_published: bool) -> &'static str {
    if is_or_was_published { LISTED } else { UNLISTED }
}

/// How the caller's unit stands to entries of `provider`.
pub fn relations(actor: &Actor, provider: &UnitId) -> &'static [Relation] {
    if actor.unit == *provider { &[Relation::Owner] } else { &[] }
}

/// Whether the caller sees the latest versions of every unit's entries.
pub fn sees_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// Whether the caller sees the latest version of an entry of `provider`, published or not.
pub fn sees_latest(actor: &Actor, provider: &UnitId) -> bool {
    actor.unit == *provider || sees_all(actor)
}

/// Whether the caller may draft entries of `provider`.
pub fn may_draft(actor: &Actor, provider: &UnitId) -> bool {
    let decision = govshare_model::authority::decide(
        RULES,
        "CreateEntry",
        READ,
        actor,
        relations(actor, provider),
        UNLISTED,
    );
    decision == govshare_model::Decision::Allowed
}

/// The standing of a loaded entry.
pub fn standing_of(entry: &Entry) -> &'static str {
    standing(entry.state.published().is_some())
}
