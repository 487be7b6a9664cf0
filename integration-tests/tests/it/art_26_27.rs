//! What follows an application besides its answer: objection, unknown provider, superior body, paper, renewal (art. 26,
//! 27).

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as pb, AccessRequestState as State, AnswerKind};
use govshare_proto::audit::v1::ListEventsRequest;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{form, request_id};
use integration_tests::{Case, Person, eventually};
use tonic::{Code, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const OFFICE: &str = "info-office";

/// One step with a written statement, as the gateway carries it.
macro_rules! step {
    ($person:expr, $method:ident, $request:ident, $case:expr $(, $field:ident: $value:expr)*) => {{
        let request = pb::$request {
            access_request_id: $case.id.clone(),
            request_id: request_id(),
            $($field: $value.into(),)*
        };
        $person.requests().$method(request).await
    }};
}

fn shown<T>(
    reply: Result<tonic::Response<T>, Status>,
    take: impl Fn(T) -> Option<pb::AccessRequest>,
) -> pb::AccessRequest {
    take(reply.expect("a legal step").into_inner()).expect("a request")
}

async fn get(person: &Person, case: &Case) -> pb::AccessRequest {
    let request = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    shown(person.requests().get_access_request(request).await, |reply| reply.access_request)
}

/// Kinds of the case's events, once `last` is among them.
async fn kinds(city: &City, case: &Case, last: &str) -> Vec<String> {
    eventually("the step stands in the audit", async || {
        let request = ListEventsRequest { case_id: case.id.clone(), page_size: 1000, ..Default::default() };
        let reply =
            city.info_office().audit().list_events(request).await.map_err(|status| status.to_string())?;
        let kinds: Vec<_> = reply.into_inner().events.into_iter().map(|event| event.r#type).collect();
        if kinds.iter().any(|kind| kind == last) { Ok(kinds) } else { Err(format!("{kinds:?}")) }
    })
    .await
}

/// Kinds of the tasks that wait for somebody on this case.
async fn waits_for(person: &Person, case: &Case) -> Vec<String> {
    let reply = person.request_tasks().list_tasks(pb::ListTasksRequest::default()).await.expect("listed");
    let tasks = reply.into_inner().tasks.into_iter().filter(|task| task.case_id == case.id);
    tasks.map(|task| task.kind).collect()
}

async fn refuse(city: &City, case: &Case) {
    city.proposed(case, AnswerKind::Refusal, "涉及未成年人信息").await;
    let approver = city.person(PROVIDER, Role::Approver);
    step!(approver, refuse_access_request, RefuseAccessRequestRequest, case, reasons: "不宜共享", etag: "")
        .expect("refused with reasons");
}

/// A refused case to which the applicant has objected.
async fn objected(city: &City) -> Case {
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    refuse(city, &case).await;
    let applicant = city.person(APPLICANT, Role::Drafter);
    step!(applicant, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "只需学校汇总数")
        .expect("objected");
    case
}

async fn coordinate(
    person: &Person,
    case: &Case,
    outcome: pb::CoordinationOutcome,
) -> Result<tonic::Response<pb::CoordinateObjectionResponse>, Status> {
    step!(person, coordinate_objection, CoordinateObjectionRequest, case, outcome: outcome, opinion: "提供汇总数")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_objection_is_coordinated_and_answered_anew() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let applicant = city.person(APPLICANT, Role::Drafter);
    let early = step!(applicant, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "不同意");
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("SUBMITTED");
    refuse(&city, &case).await;
    let silent = step!(applicant, object_to_refusal, ObjectToRefusalRequest, &case, grounds: " ");
    refused(silent, Code::InvalidArgument, "FIELD_INVALID").violates("grounds");
    let provider = city.person(PROVIDER, Role::Drafter);
    let own = step!(provider, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "不同意");
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let stranger = city.person("weishengju", Role::Drafter);
    let foreign = step!(stranger, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "不同意");
    refused(foreign, Code::NotFound, "NOT_FOUND");

    // The text sets no time limit for objecting.
    city.travel_to(2026, 4, 8);
    let reply = step!(applicant, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "只需学校汇总数");
    let objection = shown(reply, |reply| reply.access_request);
    assert_eq!(objection.state(), State::Objected);
    assert_eq!(objection.objection.expect("in writing").text, "只需学校汇总数");

    let group = city.person(OFFICE, Role::WorkingGroup);
    assert_eq!(waits_for(&group, &case).await, ["coordinate"]);
    assert_eq!(waits_for(&provider, &case).await, Vec::<String>::new());
    let anew = pb::CoordinationOutcome::AnswerAnew;
    let office = coordinate(&city.info_office(), &case, anew).await;
    refused(office, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let undecided = coordinate(&group, &case, pb::CoordinationOutcome::Unspecified).await;
    refused(undecided, Code::InvalidArgument, "FIELD_INVALID").violates("outcome");
    let coordinated = shown(coordinate(&group, &case, anew).await, |reply| reply.access_request);
    assert_eq!(coordinated.state(), State::Coordinated);
    // 15 working days from Wednesday 8 April over 劳动节, with 9 May worked.
    assert_eq!(coordinated.answer_due, Some(Date { year: 2026, month: 4, day: 29 }));
    assert_eq!(coordinated.contested_answers.len(), 1);
    assert_eq!(waits_for(&group, &case).await, Vec::<String>::new());
    assert_eq!(waits_for(&provider, &case).await, ["propose-answer"]);

    city.proposed(&case, AnswerKind::Consent, "").await;
    assert_eq!(get(&applicant, &case).await.state(), State::Coordinated, "what is proposed is not shown");
    assert_eq!(get(&provider, &case).await.state(), State::AnswerProposed);
    assert_eq!(city.consent(&case).await.expect("consented").state(), State::Consented);
    assert_eq!(city.drafted_agreement(&case).await.case_id, case.id);
    let kinds = kinds(&city, &case, "access-request.consented").await;
    for kind in ["access-request.refused", "access-request.objected", "access-request.coordinated"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} missing in {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_a_coordinated_refusal_may_stand_and_is_final() {
    let city = City::start().await;
    let case = objected(&city).await;
    let group = city.person(OFFICE, Role::WorkingGroup);
    let stands = pb::CoordinationOutcome::RefusalStands;
    let reply = shown(coordinate(&group, &case, stands).await, |reply| reply.access_request);
    assert_eq!(reply.state(), State::RefusalStands);
    assert_eq!(reply.coordination.expect("in writing").text, "提供汇总数");
    let again = coordinate(&group, &case, stands).await;
    refused(again, Code::FailedPrecondition, "WRONG_STATE").state("REFUSAL_STANDS").article("26");
    let applicant = city.person(APPLICANT, Role::Drafter);
    let objection = step!(applicant, object_to_refusal, ObjectToRefusalRequest, &case, grounds: "仍不同意");
    refused(objection, Code::FailedPrecondition, "WRONG_STATE").state("REFUSAL_STANDS");
    let provider = city.person(PROVIDER, Role::Drafter);
    let kind = AnswerKind::Consent;
    let propose = pb::ProposeAnswerRequest {
        access_request_id: case.id.clone(),
        kind: kind.into(),
        request_id: request_id(),
        ..Default::default()
    };
    let proposed = provider.requests().propose_answer(propose).await;
    refused(proposed, Code::FailedPrecondition, "REQUEST_NOT_OPEN").state("REFUSAL_STANDS");
}

/// An application for what is wanted in words, which went to the info office.
async fn at_info_office(city: &City) -> Case {
    let applicant = city.person(APPLICANT, Role::Drafter);
    let create = pb::CreateAccessRequestRequest {
        wanted: "各街道适龄儿童人数".to_owned(),
        form: Some(pb::ApplicationForm { items: Vec::new(), ..form() }),
        request_id: request_id(),
        ..Default::default()
    };
    let draft = shown(applicant.requests().create_access_request(create).await, |reply| reply.access_request);
    assert_eq!(
        (draft.state(), draft.entry_id.as_str(), draft.provider_unit_id.as_str()),
        (State::Draft, "", "")
    );
    let case = Case {
        id: draft.access_request_id,
        entry_id: String::new(),
        applicant: APPLICANT,
        provider: PROVIDER,
    };
    let reply = step!(applicant, submit_access_request, SubmitAccessRequestRequest, &case);
    let submitted = shown(reply, |reply| reply.access_request);
    assert_eq!((submitted.state(), submitted.answer_due), (State::AtInfoOffice, None));
    case
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_an_application_without_a_known_provider_is_forwarded_and_answered() {
    let city = City::start().await;
    let applicant = city.person(APPLICANT, Role::Drafter);
    let neither = pb::CreateAccessRequestRequest { request_id: request_id(), ..Default::default() };
    let neither = applicant.requests().create_access_request(neither).await;
    refused(neither, Code::InvalidArgument, "FIELD_INVALID").violates("entry_id");
    let case = at_info_office(&city).await;
    let provider = city.person(PROVIDER, Role::Drafter);
    let hidden = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    refused(provider.requests().get_access_request(hidden).await, Code::NotFound, "NOT_FOUND");
    let office = city.info_office();
    assert_eq!(waits_for(&office, &case).await, ["forward"]);

    let forward = async |unit: &str, entry: &str| {
        step!(office, forward_access_request, ForwardAccessRequestRequest, &case,
            provider_unit_id: unit, entry_id: entry, note: "请你委办理")
    };
    refused(forward("nobody", "").await, Code::NotFound, "NOT_FOUND");
    refused(forward(APPLICANT, "").await, Code::FailedPrecondition, "OWN_RESOURCE");
    let entry = city.published_entry(PROVIDER).await;
    refused(forward("weishengju", &entry).await, Code::FailedPrecondition, "ENTRY_OF_OTHER_UNIT");
    city.travel_to(2026, 9, 28);
    let forwarded = shown(forward(PROVIDER, "").await, |reply| reply.access_request);
    assert_eq!(forwarded.state(), State::Submitted);
    assert_eq!(
        forwarded.answer_due,
        Some(Date { year: 2026, month: 10, day: 23 }),
        "forwarding is the receipt"
    );
    assert_eq!(forwarded.forwarding.expect("a note").text, "请你委办理");
    assert_eq!(waits_for(&provider, &case).await, ["name-entry", "propose-answer"]);

    city.proposed(&case, AnswerKind::Consent, "").await;
    let approver = city.person(PROVIDER, Role::Approver);
    let early = step!(approver, consent_access_request, ConsentAccessRequestRequest, &case, etag: "");
    refused(early, Code::FailedPrecondition, "ENTRY_NOT_NAMED").article("14");
    let named = step!(provider, name_entry, NameEntryRequest, &case, entry_id: entry.as_str());
    let named = shown(named, |reply| reply.access_request);
    assert_eq!((named.entry_id.as_str(), named.entry_version), (entry.as_str(), 1));
    assert_eq!(city.consent(&case).await.expect("consented").state(), State::Consented);
    assert_eq!(city.drafted_agreement(&case).await.case_id, case.id);
    kinds(&city, &case, "access-request.forwarded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_the_info_office_may_settle_an_application_without_a_known_provider() {
    let city = City::start().await;
    let case = at_info_office(&city).await;
    let group = city.person(OFFICE, Role::WorkingGroup);
    let settle = async |person: &Person| step!(person, settle_access_request, SettleAccessRequestRequest, &case, outcome: "本区无此信息");
    refused(settle(&group).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let settled = shown(settle(&city.info_office()).await, |reply| reply.access_request);
    assert_eq!(settled.state(), State::Settled);
    let seen = get(&city.person(APPLICANT, Role::Approver), &case).await;
    assert_eq!(seen.settlement.expect("in writing").text, "本区无此信息");
    refused(settle(&city.info_office()).await, Code::FailedPrecondition, "WRONG_STATE").state("SETTLED");
    let create = govshare_proto::agreement::v1::CreateAgreementRequest {
        case_id: case.id.clone(),
        terms: Some(integration_tests::steps::terms()),
        request_id: request_id(),
    };
    let agreement = city.info_office().agreements().create_agreement(create).await;
    refused(agreement, Code::FailedPrecondition, "CASE_NOT_CONSENTED").state("SETTLED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_27_the_superior_body_is_asked_while_the_clock_runs_and_the_city_coordinates() {
    let city = City::start().await;
    city.travel_to(2026, 9, 28);
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let (drafter, approver) = (city.person(PROVIDER, Role::Drafter), city.person(PROVIDER, Role::Approver));
    let office = city.info_office();
    let start = async || {
        step!(drafter, start_superior_liaison, StartSuperiorLiaisonRequest, &case,
            body: "市教委", statement: "请示提供学籍数据")
    };
    let liaison = shown(start().await, |reply| reply.access_request);
    assert_eq!(liaison.state(), State::Submitted);
    assert_eq!(liaison.answer_due, Some(Date { year: 2026, month: 10, day: 23 }), "the clock runs on");
    refused(start().await, Code::FailedPrecondition, "LIAISON_EXISTS").article("27");
    city.proposed(&case, AnswerKind::Consent, "").await;
    let early = step!(approver, consent_access_request, ConsentAccessRequestRequest, &case, etag: "");
    refused(early, Code::FailedPrecondition, "SUPERIOR_NOT_IN_STATE").article("27");
    let early =
        step!(office, request_city_coordination, RequestCityCoordinationRequest, &case, statement: "请协调");
    refused(early, Code::FailedPrecondition, "SUPERIOR_NOT_IN_STATE");

    let state = async |person: &Person| step!(person, state_superior_refusal, StateSuperiorRefusalRequest, &case, statement: "市教委不予提供");
    refused(state(&drafter).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    state(&approver).await.expect("stated in writing");
    let matter = get(&city.person(APPLICANT, Role::Drafter), &case).await.superior.expect("a matter");
    assert_eq!(matter.state(), pb::SuperiorState::Refused);
    assert_eq!(matter.outcome.expect("in writing").text, "市教委不予提供");
    assert_eq!(matter.copies_to_unit_ids, [APPLICANT, OFFICE]);

    // It is no answer: the provider still refuses with reasons.
    city.proposed(&case, AnswerKind::Refusal, "上级机关不予提供").await;
    step!(approver, refuse_access_request, RefuseAccessRequestRequest, &case, reasons: "上级机关不予提供", etag: "")
        .expect("refused");
    step!(office, request_city_coordination, RequestCityCoordinationRequest, &case, statement: "请协调")
        .expect("the city is asked");
    assert_eq!(waits_for(&office, &case).await, ["record-city"]);
    city.travel_to(2026, 11, 2);
    let reply = step!(office, record_city_coordination, RecordCityCoordinationRequest, &case,
        provided: true, outcome: "同意提供汇总数");
    let anew = shown(reply, |reply| reply.access_request);
    assert_eq!(anew.state(), State::Coordinated);
    assert_eq!(anew.answer_due, Some(Date { year: 2026, month: 11, day: 23 }));
    city.proposed(&case, AnswerKind::Consent, "").await;
    assert_eq!(city.consent(&case).await.expect("consented").state(), State::Consented);
    let kinds = kinds(&city, &case, "access-request.consented").await;
    for kind in ["liaison-started", "superior-refused", "city-asked", "city-obtained"] {
        assert!(kinds.contains(&format!("access-request.{kind}")), "{kind} missing in {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_27_with_the_superior_bodys_consent_the_provider_consents() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let drafter = city.person(PROVIDER, Role::Drafter);
    step!(drafter, start_superior_liaison, StartSuperiorLiaisonRequest, &case,
        body: "市教委", statement: "请示提供学籍数据")
    .expect("started");
    let both = city.someone(PROVIDER, "jiaowei.zhang", &[Role::Drafter, Role::Approver]);
    step!(both, record_superior_consent, RecordSuperiorConsentRequest, &case, outcome: "同意提供")
        .expect("recorded");
    city.proposed(&case, AnswerKind::Consent, "").await;
    assert_eq!(city.consent(&case).await.expect("consented").state(), State::Consented);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_what_came_on_paper_counts_from_its_day_and_an_overdue_answer_is_escalated() {
    let city = City::start().await;
    let entry_id = city.published_entry(PROVIDER).await;
    let office = city.info_office();
    let enter = |day: Option<Date>| pb::EnterPaperRequestRequest {
        applicant_unit_id: APPLICANT.to_owned(),
        entry_id: entry_id.clone(),
        form: Some(form()),
        receive_date: day,
        reason: "申请方当日网络中断".to_owned(),
        request_id: request_id(),
    };
    let tomorrow = enter(Some(Date { year: 2026, month: 3, day: 4 }));
    let future = office.requests().enter_paper_request(tomorrow).await;
    refused(future, Code::InvalidArgument, "FIELD_INVALID").violates("receive_date").article("26");
    let drafter = city.person(APPLICANT, Role::Drafter);
    let own =
        drafter.requests().enter_paper_request(enter(Some(Date { year: 2026, month: 2, day: 3 }))).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let entered =
        office.requests().enter_paper_request(enter(Some(Date { year: 2026, month: 2, day: 3 }))).await;
    let entered = shown(entered, |reply| reply.access_request);
    assert_eq!(entered.answer_due, Some(Date { year: 2026, month: 3, day: 2 }));
    let paper = entered.paper.clone().expect("on paper");
    assert_eq!(paper.reason.expect("why").text, "申请方当日网络中断");
    let case = Case {
        id: entered.access_request_id,
        entry_id: entry_id.clone(),
        applicant: APPLICANT,
        provider: PROVIDER,
    };
    eventually("the answer is overdue at once", async || {
        let found = get(&drafter, &case).await;
        if found.overdue_time.is_some() { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    assert_eq!(waits_for(&office, &case).await, ["remind"]);
    step!(office, remind_provider, RemindProviderRequest, &case, statement: "请尽快答复").expect("reminded");
    step!(office, report_to_working_group, ReportToWorkingGroupRequest, &case, statement: "逾期未答复")
        .expect("reported");
    assert_eq!(waits_for(&city.person("working-group", Role::WorkingGroup), &case).await, ["urge"]);
    let escalated: Vec<_> = get(&drafter, &case).await.escalations.iter().map(|step| step.kind()).collect();
    assert_eq!(escalated, [pb::EscalationKind::Reminder, pb::EscalationKind::Report]);
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("late consent is possible");
    let answered = step!(office, remind_provider, RemindProviderRequest, &case, statement: "请尽快答复");
    refused(answered, Code::FailedPrecondition, "REQUEST_NOT_OVERDUE").state("CONSENTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_an_agreed_case_is_renewed_before_its_use_ends() {
    let city = City::start().await;
    let (agreed, _) = city.agreed_case(APPLICANT, PROVIDER).await;
    let drafter = city.person(APPLICANT, Role::Drafter);
    eventually("the case is AGREED", async || {
        let found = get(&drafter, &agreed).await.state();
        if found == State::Agreed { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    let renew = |case: &str, entry_id: &str| pb::CreateAccessRequestRequest {
        entry_id: entry_id.to_owned(),
        form: Some(pb::ApplicationForm {
            use_until: Some(Date { year: 2029, month: 12, day: 31 }),
            ..form()
        }),
        renews_access_request_id: case.to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let stranger = city.person("weishengju", Role::Drafter);
    let foreign = stranger.requests().create_access_request(renew(&agreed.id, &agreed.entry_id)).await;
    refused(foreign, Code::NotFound, "NOT_FOUND");
    let other = city.published_entry(PROVIDER).await;
    let other = drafter.requests().create_access_request(renew(&agreed.id, &other)).await;
    refused(other, Code::FailedPrecondition, "NOT_RENEWABLE");
    let renewed = drafter.requests().create_access_request(renew(&agreed.id, &agreed.entry_id)).await;
    let renewed = shown(renewed, |reply| reply.access_request);
    assert_eq!(renewed.renews_access_request_id, agreed.id);
    let new = Case { id: renewed.access_request_id, ..agreed.clone() };
    let reply = step!(drafter, submit_access_request, SubmitAccessRequestRequest, &new);
    assert_eq!(shown(reply, |reply| reply.access_request).state(), State::Submitted);
    city.travel_to(2028, 1, 3);
    let ended = drafter.requests().create_access_request(renew(&agreed.id, &agreed.entry_id)).await;
    refused(ended, Code::FailedPrecondition, "NOT_RENEWABLE").article("26");
}
