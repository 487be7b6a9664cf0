//! Who may do what to a feedback form: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};
use service_kit::Refusal;

use crate::procedure::Procedure;
use crate::procedure::feedback::Feedback;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Supervisor, Role::Auditor];
const DRAFTER: &[Role] = &[Role::Drafter];

/// The method whose permission makes a form visible.
pub const READ: &str = "GetFeedback";

/// Reading it printed.
pub const DOCUMENT: &str = "GetFeedbackDocument";

pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: DOCUMENT, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: DOCUMENT, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: DOCUMENT, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListFeedback", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListFeedback", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "SubmitFeedback", roles: DRAFTER, relation: Relation::Anyone, states: &[] },
    Rule { method: "VerifyFeedback", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: "ProposeFeedbackAnswer", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: "AnswerFeedback", roles: &[Role::Approver], relation: Relation::Provider, states: &[] },
    Rule { method: "FileFeedback", roles: &[Role::InfoOffice], relation: Relation::Anyone, states: &[] },
    Rule {
        method: "WithdrawFeedback",
        roles: &[Role::Drafter, Role::Approver],
        relation: Relation::Applicant,
        states: &[],
    },
];

/// States in which the caller reads every form.
pub fn open_states(actor: &Actor) -> &'static [&'static str] {
    if DISTRICT.iter().any(|role| actor.is(*role)) {
        &["SUBMITTED", "VERIFYING", "ANSWER_PROPOSED", "ANSWERED", "FILED", "WITHDRAWN"]
    } else {
        &[]
    }
}

pub fn authorize(actor: &Actor, method: &str, feedback: &Feedback) -> Result<(), Refusal> {
    let mut relations = Vec::new();
    if actor.unit == feedback.user {
        relations.push(Relation::Applicant);
    }
    if actor.unit == feedback.resource.provider {
        relations.push(Relation::Provider);
    }
    service_kit::auth::access::authorize(
        RULES,
        method,
        READ,
        actor,
        &relations,
        feedback.state(),
        (Feedback::KIND, &feedback.head.id),
    )
}
