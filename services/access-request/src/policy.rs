//! Who may do what to a request: one table, everything else is denied.

use govshare_model::authority::{Relation, Rule};
use govshare_model::{Actor, Role};

use crate::access_request::AccessRequest;

/// Staff of a party.
pub const MEMBERS: &[Role] = &[Role::Drafter, Role::Approver, Role::Reviewer, Role::Signatory];
const DISTRICT: &[Role] = &[Role::InfoOffice, Role::WorkingGroup, Role::Auditor];
const ASKING: &[Role] = &[Role::Drafter, Role::Approver];
const DRAFTER: &[Role] = &[Role::Drafter];
const APPROVER: &[Role] = &[Role::Approver];
const OFFICE: &[Role] = &[Role::InfoOffice];
const GROUP: &[Role] = &[Role::WorkingGroup];
/// A draft is nobody's business but the applicant's.
pub const SENT: &[&str] = &[
    "AT_INFO_OFFICE",
    "SETTLED",
    "SUBMITTED",
    "ANSWER_PROPOSED",
    "SUPPLEMENT_REQUESTED",
    "CONSENTED",
    "REFUSED",
    "OBJECTED",
    "COORDINATED",
    "REFUSAL_STANDS",
    "WITHDRAWN",
    "AGREED",
];

/// The method whose permission makes a request visible.
pub const READ: &str = "GetAccessRequest";

/// Reading what was written is reading the request.
pub const READ_DOCUMENT: &str = "GetAccessRequestDocument";

const fn applicant(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, roles, relation: Relation::Applicant, states: &[] }
}

const fn provider(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, roles, relation: Relation::Provider, states: SENT }
}

const fn district(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, roles, relation: Relation::Anyone, states: SENT }
}

const fn anyone(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, roles, relation: Relation::Anyone, states: &[] }
}

pub const RULES: &[Rule] = &[
    applicant(READ, MEMBERS),
    provider(READ, MEMBERS),
    district(READ, DISTRICT),
    applicant(READ_DOCUMENT, MEMBERS),
    provider(READ_DOCUMENT, MEMBERS),
    district(READ_DOCUMENT, DISTRICT),
    anyone("ListAccessRequests", MEMBERS),
    anyone("ListAccessRequests", DISTRICT),
    anyone("CreateAccessRequest", DRAFTER),
    anyone("EnterPaperRequest", OFFICE),
    applicant("UpdateAccessRequest", DRAFTER),
    applicant("SubmitAccessRequest", ASKING),
    applicant("WithdrawAccessRequest", ASKING),
    applicant("SupplementAccessRequest", ASKING),
    applicant("ObjectToRefusal", ASKING),
    provider("ProposeAnswer", DRAFTER),
    provider("ConsentAccessRequest", APPROVER),
    provider("RefuseAccessRequest", APPROVER),
    provider("NameEntry", DRAFTER),
    provider("RequestSupplement", ASKING),
    provider("RequestExtension", ASKING),
    provider("StartSuperiorLiaison", DRAFTER),
    provider("RecordSuperiorConsent", DRAFTER),
    provider("StateSuperiorRefusal", APPROVER),
    district("ForwardAccessRequest", OFFICE),
    district("SettleAccessRequest", OFFICE),
    district("DecideExtension", OFFICE),
    district("RequestCityCoordination", OFFICE),
    district("RecordCityCoordination", OFFICE),
    district("RemindProvider", OFFICE),
    district("ReportToWorkingGroup", OFFICE),
    district("CoordinateObjection", GROUP),
];

/// The method that reads the notes of a case: whoever reads the case.
pub const READ_NOTES: &str = "ListNotes";

pub const NOTE_RULES: &[Rule] = &[
    applicant(READ_NOTES, MEMBERS),
    provider(READ_NOTES, MEMBERS),
    district(READ_NOTES, DISTRICT),
    applicant("AddNote", MEMBERS),
    provider("AddNote", MEMBERS),
    district("AddNote", OFFICE),
    district("AddNote", GROUP),
];

/// Packs and holidays: everybody reads the rules (art. 36), the info office tries and loads.
pub const PACK_RULES: &[Rule] = &[
    anyone("ListPolicyPacks", Role::ALL),
    anyone("GetPolicyPack", Role::ALL),
    anyone("DryRunPolicyPack", OFFICE),
    anyone("ListHolidayNotices", Role::ALL),
    anyone("LoadHolidayNotice", OFFICE),
];

/// How the caller's unit stands to a request.
pub fn relations(actor: &Actor, request: &AccessRequest) -> Vec<Relation> {
    let mut relations = Vec::new();
    if actor.unit == request.applicant {
        relations.push(Relation::Applicant);
    }
    if request.provider.as_ref() == Some(&actor.unit) {
        relations.push(Relation::Provider);
    }
    relations
}

/// Whether the caller reads every received request, whoever its parties are.
pub fn reads_all(actor: &Actor) -> bool {
    DISTRICT.iter().any(|role| actor.is(*role))
}
