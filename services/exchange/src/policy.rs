//! Who may do what on the exchange platform: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::{EntryId, UnitId};
use govshare_model::{Actor, Role};
use service_kit::Refusal;
use service_kit::auth::access;

use crate::agreement::Agreement;
use crate::data_version::DataVersion;
use crate::delivery::Delivery;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];

/// The methods whose permission makes a data version or a delivery visible.
pub const READ_VERSION: &str = "GetDataVersion";
pub const LIST_VERSIONS: &str = "ListDataVersions";
pub const READ_DELIVERY: &str = "GetDelivery";

/// `Applicant` is the applicant of an agreement on the entry under which data may flow now, and of an actively shared
/// entry every other unit (art. 25).
pub const RULES: &[Rule] = &[
    Rule { method: "PublishDataVersion", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: READ_VERSION, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ_VERSION, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ_VERSION, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: LIST_VERSIONS, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: LIST_VERSIONS, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: LIST_VERSIONS, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateTicket", roles: DRAFTER, relation: Relation::Applicant, states: &[] },
    Rule { method: READ_DELIVERY, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ_DELIVERY, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ_DELIVERY, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListDeliveries", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListDeliveries", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
];

pub const LIST_DEFECTS: &str = "ListDefects";

/// As [`RULES`], for defects of data versions.
pub const DEFECT_RULES: &[Rule] = &[
    Rule { method: "TellDefect", roles: &[Role::Approver], relation: Relation::Provider, states: &[] },
    Rule { method: "AcknowledgeDefect", roles: DRAFTER, relation: Relation::Applicant, states: &[] },
    Rule { method: LIST_DEFECTS, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: LIST_DEFECTS, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: LIST_DEFECTS, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
];

/// Whether the caller reads every delivery, whoever its parties are.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// Whether the caller reads data versions of `provider` only if data may flow to its unit.
pub fn needs_permission(actor: &Actor, provider: &UnitId) -> bool {
    !reads_all(actor) && actor.unit != *provider
}

/// Publishing for an entry of `provider`. Everybody reads a published entry in the catalogue, so that it is no secret
/// here either.
pub fn authorize_publication(
    actor: &Actor,
    provider: &UnitId,
    entry: EntryId,
    is_published: bool,
) -> Result<(), Refusal> {
    const METHOD: &str = "PublishDataVersion";
    let relations = relations(actor, provider, None);
    let decided = decide(METHOD, READ_VERSION, actor, &relations, ("entry", &entry));
    decided.map_err(|refusal| {
        if is_published { access::role_not_allowed(METHOD).resource("entry", entry) } else { refusal }
    })
}

/// Reading one version; `user` is the unit that may take data of its entry now.
pub fn authorize_reading(actor: &Actor, version: &DataVersion, user: Option<&UnitId>) -> Result<(), Refusal> {
    let relations = relations(actor, &version.provider, user);
    decide(READ_VERSION, READ_VERSION, actor, &relations, ("data-version", &version.id))
}

/// Reading the versions of an entry of `provider`; `user` as in [`authorize_reading`].
pub fn authorize_listing(
    actor: &Actor,
    provider: &UnitId,
    entry: EntryId,
    user: Option<&UnitId>,
) -> Result<(), Refusal> {
    let relations = relations(actor, provider, user);
    decide(LIST_VERSIONS, LIST_VERSIONS, actor, &relations, ("entry", &entry))
}

/// Taking data that is shared with every other unit.
pub fn authorize_active_taking(actor: &Actor, version: &DataVersion) -> Result<(), Refusal> {
    let user = (actor.unit != version.provider).then_some(&actor.unit);
    let relations = relations(actor, &version.provider, user);
    decide("CreateTicket", READ_VERSION, actor, &relations, ("data-version", &version.id))
}

/// Taking data under an agreement.
pub fn authorize_taking(actor: &Actor, agreement: &Agreement) -> Result<(), Refusal> {
    let relations = relations(actor, &agreement.provider, Some(&agreement.applicant));
    decide("CreateTicket", READ_DELIVERY, actor, &relations, ("agreement", &agreement.id))
}

/// A method on the defects of a version; `user` as in [`authorize_reading`].
pub fn authorize_defects(
    method: &str,
    actor: &Actor,
    version: &DataVersion,
    user: Option<&UnitId>,
) -> Result<(), Refusal> {
    let relations = relations(actor, &version.provider, user);
    let resource: (&'static str, &dyn std::fmt::Display) = ("data-version", &version.id);
    access::authorize(DEFECT_RULES, method, LIST_DEFECTS, actor, &relations, "", resource)
}

/// Reading one delivery.
pub fn authorize_delivery(actor: &Actor, delivery: &Delivery) -> Result<(), Refusal> {
    let relations = relations(actor, &delivery.provider, Some(&delivery.applicant));
    decide(READ_DELIVERY, READ_DELIVERY, actor, &relations, ("delivery", &delivery.id))
}

fn relations(actor: &Actor, provider: &UnitId, applicant: Option<&UnitId>) -> Vec<Relation> {
    let mut relations = Vec::new();
    if *provider == actor.unit {
        relations.push(Relation::Provider);
    }
    if applicant == Some(&actor.unit) {
        relations.push(Relation::Applicant);
    }
    relations
}

fn decide(
    method: &str,
    read: &str,
    actor: &Actor,
    relations: &[Relation],
    resource: (&'static str, &dyn std::fmt::Display),
) -> Result<(), Refusal> {
    access::authorize(RULES, method, read, actor, relations, "", resource)
}
