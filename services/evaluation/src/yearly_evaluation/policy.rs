//! Who may do what to a yearly evaluation: one table, everything else is denied.

use govshare_model::authority::Rule;
use govshare_model::{Actor, Relation, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::yearly_evaluation::YearlyEvaluation;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];
const INFO_OFFICE: &[Role] = &[Role::InfoOffice];
/// What may still change is for the info office and those who watch over it.
const FIXED: &[&str] = &["FROZEN", "REPORTED"];
const ALL: &[&str] = &["COMPUTED", "FROZEN", "REPORTED"];

/// The method whose permission makes an evaluation visible.
pub const READ: &str = "GetYearlyEvaluation";

pub const RULES: &[Rule] = &[
    rule(READ, DISTRICT, &[]),
    rule(READ, MEMBERS, FIXED),
    rule("ListYearlyEvaluations", DISTRICT, &[]),
    rule("ListYearlyEvaluations", MEMBERS, &[]),
    // A unit is given its own result only.
    rule("ListUnitResults", DISTRICT, &[]),
    rule("ListUnitResults", MEMBERS, FIXED),
    rule("CreateYearlyEvaluation", INFO_OFFICE, &[]),
    rule("RecomputeYearlyEvaluation", INFO_OFFICE, &[]),
    rule("FreezeYearlyEvaluation", INFO_OFFICE, &[]),
    rule("ReportYearlyEvaluation", INFO_OFFICE, &[]),
    rule("VerifyYearlyEvaluation", DISTRICT, &[]),
    rule("CheckYearlyEvaluations", DISTRICT, &[]),
    rule("ListPriorityUnits", DISTRICT, &[]),
    rule("RenderYearlyReport", DISTRICT, &[]),
];

const fn rule(method: &'static str, roles: &'static [Role], states: &'static [&'static str]) -> Rule {
    Rule { method, roles, relation: Relation::Anyone, states }
}

/// Whether the caller reads every unit's result, frozen or not.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}

/// States in which the caller reads an evaluation.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    if reads_all(actor) { ALL } else { FIXED }
}

pub fn authorize(actor: &Actor, method: &str, found: &YearlyEvaluation) -> Result<(), Refusal> {
    let resource: (&'static str, &dyn std::fmt::Display) = (YearlyEvaluation::KIND, &found.head.id);
    service_kit::auth::access::authorize(RULES, method, READ, actor, &[], found.state(), resource)
}
