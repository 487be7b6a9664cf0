//! Who may do what to an agreement: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::id::UnitId;
use govshare_model::{Actor, Role};

use crate::agreement::Parties;

const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::Auditor];
const OFFICE: &[Role] = &[Role::InfoOffice];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];
const SIGNATORY: &[Role] = &[Role::Signatory];

/// The method whose permission makes an agreement visible.
pub const READ: &str = "GetAgreement";
/// Reading a document is reading the agreement.
pub const READ_DOCUMENT: &str = "GetAgreementDocument";

/// The info office's unit is the third party of every agreement and keeps it.
pub const RULES: &[Rule] = &[
    Rule { method: READ, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ, roles: MEMBERS, relation: Relation::InfoOffice, states: &[] },
    Rule { method: READ, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: READ_DOCUMENT, roles: MEMBERS, relation: Relation::Applicant, states: &[] },
    Rule { method: READ_DOCUMENT, roles: MEMBERS, relation: Relation::Provider, states: &[] },
    Rule { method: READ_DOCUMENT, roles: MEMBERS, relation: Relation::InfoOffice, states: &[] },
    Rule { method: READ_DOCUMENT, roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListAgreements", roles: MEMBERS, relation: Relation::Anyone, states: &[] },
    Rule { method: "ListAgreements", roles: DISTRICT, relation: Relation::Anyone, states: &[] },
    Rule { method: "CreateAgreement", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: "CreateAgreement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "SignAgreement", roles: SIGNATORY, relation: Relation::Applicant, states: &[] },
    Rule { method: "SignAgreement", roles: SIGNATORY, relation: Relation::Provider, states: &[] },
    Rule { method: "SignAgreement", roles: SIGNATORY, relation: Relation::InfoOffice, states: &[] },
    Rule { method: "CancelAgreement", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: "CancelAgreement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "DraftReplacement", roles: DRAFTER, relation: Relation::Provider, states: &[] },
    Rule { method: "DraftReplacement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "SuspendAgreement", roles: APPROVER, relation: Relation::Provider, states: &[] },
    Rule { method: "SuspendAgreement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "ResumeAgreement", roles: APPROVER, relation: Relation::Provider, states: &[] },
    Rule { method: "ResumeAgreement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "TerminateAgreement", roles: APPROVER, relation: Relation::Applicant, states: &[] },
    Rule { method: "TerminateAgreement", roles: APPROVER, relation: Relation::Provider, states: &[] },
    Rule { method: "TerminateAgreement", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "FileTermination", roles: OFFICE, relation: Relation::Anyone, states: &[] },
    Rule { method: "AttestDisposal", roles: APPROVER, relation: Relation::Applicant, states: &[] },
];

/// How the caller's unit stands to an agreement of these parties.
pub fn relations(actor: &Actor, parties: &Parties) -> Vec<Relation> {
    stands(actor, &parties.applicant, Some(&parties.provider), &parties.info_office)
}

/// As [`relations`], to a case that may have no provider yet.
pub fn stands(
    actor: &Actor,
    applicant: &UnitId,
    provider: Option<&UnitId>,
    info_office: &UnitId,
) -> Vec<Relation> {
    of_unit(
        actor,
        [
            (Some(applicant), Relation::Applicant),
            (provider, Relation::Provider),
            (Some(info_office), Relation::InfoOffice),
        ],
    )
}

/// How the caller's unit stands to what happens between the user and the provider.
pub fn between(actor: &Actor, applicant: &UnitId, provider: &UnitId) -> Vec<Relation> {
    of_unit(actor, [(Some(applicant), Relation::Applicant), (Some(provider), Relation::Provider)])
}

fn of_unit<const N: usize>(actor: &Actor, stands: [(Option<&UnitId>, Relation); N]) -> Vec<Relation> {
    let own = stands.into_iter().filter(|(unit, _)| *unit == Some(&actor.unit));
    own.map(|(_, relation)| relation).collect()
}

/// Whether the caller reads every agreement, whoever its parties are.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
