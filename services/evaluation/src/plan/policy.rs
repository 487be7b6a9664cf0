//! Who may do what to a plan: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::plan::Plan;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];
const GROUP: &[Role] = &[Role::WorkingGroup];
/// What was issued is for every unit.
const ISSUED: &[&str] = &["ISSUED", "REPLACED"];
const ALL: &[&str] = &["DRAFT", "SUBMITTED", "ISSUED", "REPLACED"];

/// The method whose permission makes a plan visible.
pub const READ: &str = "GetPlan";

pub const RULES: &[Rule] = &[
    rule(READ, DISTRICT, &[]),
    rule(READ, MEMBERS, ISSUED),
    rule("ListPlans", DISTRICT, &[]),
    rule("ListPlans", MEMBERS, &[]),
    rule("CreatePlan", INFO_OFFICE, &[]),
    rule("UpdatePlan", INFO_OFFICE, &[]),
    rule("RecordConsultation", INFO_OFFICE, &[]),
    rule("SubmitPlan", INFO_OFFICE, &[]),
    rule("ReturnPlan", GROUP, &[]),
    rule("IssuePlan", GROUP, &[]),
    // The machine asks whether the unit leads the item.
    rule("RecordProgress", &[Role::Drafter, Role::Approver], ISSUED),
    rule("RecordProgress", INFO_OFFICE, &[]),
];

const fn rule(method: &'static str, roles: &'static [Role], states: &'static [&'static str]) -> Rule {
    Rule { method, roles, relation: Relation::Anyone, states }
}

/// States in which the caller reads every plan.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    if DISTRICT.iter().any(|role| actor.is(*role)) { ALL } else { ISSUED }
}

pub fn authorize(actor: &Actor, method: &str, found: &Plan) -> Result<(), Refusal> {
    let resource: (&'static str, &dyn std::fmt::Display) = (Plan::KIND, &found.head.id);
    service_kit::auth::access::authorize(RULES, method, READ, actor, &[], found.state(), resource)
}
