//! A request in each state, and what the steps need.

use access_request::access_request::case_file::EscalationKind;
use access_request::access_request::{
    AccessRequest, AnswerKind, Asked, Destination, Form, Outcome, Rejection, Resource, Transition, Wording,
};
use govshare_model::calendar::Calendar;
use govshare_model::id::{AgreementId, CaseId, EntryId, UnitId};
use govshare_model::pack::{DeliveryMode, Pack, SharingClass};
use govshare_model::{Actor, Role, Roles, Subject};
use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::Uuid;

/// 10:00 in Shanghai on a Tuesday before the Spring Festival of 2026.
pub const NOW: OffsetDateTime = datetime!(2026-02-10 2:00 UTC);

pub fn unit(id: &str) -> UnitId {
    id.parse().expect("a unit id")
}

pub fn actor(unit_id: &str, subject: &str) -> Actor {
    Actor { subject: Subject(subject.to_owned()), unit: unit(unit_id), roles: Roles::default() }
}

/// Somebody of the applicant who may approve.
pub fn asking() -> Actor {
    Actor { roles: [Role::Approver].into_iter().collect(), ..actor("fagaiwei", "chen") }
}

pub fn wang() -> Actor {
    actor("jiaowei", "wang")
}

pub fn zhao() -> Actor {
    actor("jiaowei", "zhao")
}

pub fn office() -> Actor {
    actor("info-office", "sun")
}

pub fn group() -> Actor {
    actor("working-group", "zhou")
}

pub fn pack() -> &'static Pack {
    Pack::builtin("xicheng-2014").expect("it ships")
}

pub fn national() -> &'static Pack {
    Pack::builtin("national-2025").expect("it ships")
}

pub fn calendar() -> &'static Calendar {
    Calendar::builtin()
}

pub fn resource() -> Resource {
    Resource {
        entry: EntryId(Uuid::from_u128(2)),
        provider: unit("jiaowei"),
        title: "小学在校生人数".to_owned(),
        version: 3,
        class: SharingClass::OnApplication,
        items: vec!["学校".to_owned(), "人数".to_owned()],
    }
}

pub fn form() -> Form {
    Form {
        purpose: "编制学位预测".to_owned(),
        scenario: "每学期测算学位缺口".to_owned(),
        basis: "三定规定".to_owned(),
        mode: Some(DeliveryMode::File),
        use_until: Some(date!(2027 - 12 - 31)),
        ..Form::default()
    }
}

pub fn words() -> String {
    "理由".to_owned()
}

pub fn wording(kind: AnswerKind) -> Wording {
    Wording { kind, reasons: words(), conditions: String::new(), material_incomplete: false }
}

pub fn draft_of(asked: &Asked) -> AccessRequest {
    let (id, number) = (CaseId(Uuid::from_u128(1)), "2026-000001".to_owned());
    AccessRequest::draft(id, number, asked, None, form(), &actor("fagaiwei", "li"), NOW).into_request()
}

pub fn draft() -> AccessRequest {
    draft_of(&Asked::Entry(resource()))
}

pub fn sought() -> AccessRequest {
    draft_of(&Asked::Wanted("适龄儿童人数".to_owned()))
}

pub fn submitted_under(pack: &Pack) -> AccessRequest {
    done(draft().submit(&resource(), pack, calendar(), &asking(), NOW))
}

pub fn submitted() -> AccessRequest {
    submitted_under(pack())
}

pub fn proposed(kind: AnswerKind) -> AccessRequest {
    done(submitted().propose(wording(kind), pack(), &wang(), NOW))
}

pub fn refused() -> AccessRequest {
    done(proposed(AnswerKind::Refusal).refuse(words(), pack(), &zhao(), NOW))
}

pub fn objected() -> AccessRequest {
    done(refused().object(words(), &asking(), NOW))
}

pub fn coordinated(outcome: Outcome) -> AccessRequest {
    done(objected().coordinate(outcome, words(), pack(), calendar(), &group(), NOW))
}

pub fn at_info_office() -> AccessRequest {
    done(sought().submit_to_info_office(pack(), &asking(), NOW))
}

pub fn to(resource: Option<Resource>) -> Destination {
    Destination { provider: unit("jiaowei"), resource }
}

pub fn forwarded() -> AccessRequest {
    done(at_info_office().forward(to(None), words(), pack(), calendar(), &office(), NOW))
}

pub fn supplement_requested() -> AccessRequest {
    done(submitted_under(national()).request_supplement(vec![words()], national(), &wang(), NOW))
}

pub fn agreement() -> AgreementId {
    AgreementId(Uuid::from_u128(9))
}

pub fn agreed() -> AccessRequest {
    let consented = done(proposed(AnswerKind::Consent).consent(pack(), &zhao(), NOW));
    consented.agree(agreement(), NOW).expect("a legal step").expect("a change").into_request()
}

pub fn done(result: Result<Transition, Rejection>) -> AccessRequest {
    result.expect("a legal step").into_request()
}

/// One request in each state.
pub fn every_state() -> Vec<AccessRequest> {
    vec![
        draft(),
        at_info_office(),
        done(at_info_office().settle(words(), &office(), NOW)),
        submitted(),
        proposed(AnswerKind::Consent),
        supplement_requested(),
        done(proposed(AnswerKind::Consent).consent(pack(), &zhao(), NOW)),
        refused(),
        objected(),
        coordinated(Outcome::AnswerAnew),
        coordinated(Outcome::RefusalStands),
        done(submitted().withdraw(NOW)),
        agreed(),
    ]
}

pub type Step<'s> = Box<dyn Fn(AccessRequest) -> Result<(), Rejection> + 's>;

/// A step under national-2025, which knows them all, or the pack that the case has.
pub fn remind(request: AccessRequest, now: OffsetDateTime) -> Result<Transition, Rejection> {
    request.escalate(EscalationKind::Reminder, words(), &office(), now)
}
