//! Packs and holidays over the gateway (art. 36, 37), and cases under the rules of decree 809.

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as pb, AccessRequestState as State, AnswerKind};
use govshare_proto::catalog::v1::{self as catalog, SharingType};
use govshare_proto::evaluation::v1::{Aspect, Problem, SubmitFeedbackRequest};
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, form, request_id};
use integration_tests::{Case, eventually};
use sqlx::{Connection, PgConnection};
use tonic::{Code, Response, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const NATIONAL: &str = include_str!("../../../crates/model/data/packs/national-2025.toml");
const NOTICE_2027: &str = "year = 2027\n\
    notices = [{ number = '国办发明电〔2026〕9号', source = 'https://www.gov.cn/zhengce/2027' }]\n\
    off = [{ name = '元旦', from = 2027-01-01, to = 2027-01-03 }]\nworked = []\n";

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_36_everybody_reads_the_pack_with_each_article_and_interpretation() {
    let city = City::start().await;
    let anybody = city.person("weishengju", Role::Reviewer);
    let listed = anybody.policies().list_policy_packs(pb::ListPolicyPacksRequest::default()).await;
    let listed = listed.expect("listed").into_inner().policy_packs;
    let [pack] = listed.as_slice() else { panic!("one pack: {listed:?}") };
    assert_eq!((pack.pack_id.as_str(), pack.in_force_from), ("xicheng-2014", day(2014, 8, 1)));
    let request = pb::GetPolicyPackRequest { pack_id: "xicheng-2014".to_owned(), version: 1 };
    let pack = anybody.policies().get_policy_pack(request).await.expect("read").into_inner().policy_pack;
    let provisions = pack.expect("a pack").provisions;
    let provision = |key: &str| provisions.iter().find(|one| one.key == key).expect("listed").clone();
    let days = provision("classes.on_application.answer_working_days");
    assert_eq!((days.value.as_str(), days.article.as_str(), days.interpretation), ("15", "26", None));
    let supplements = provision("clock.supplements");
    assert_eq!(supplements.value, "0");
    assert!(supplements.interpretation.expect("the text is silent").zh.contains("补正"));
    let unknown = pb::GetPolicyPackRequest { pack_id: "xicheng-2014".to_owned(), version: 7 };
    refused(anybody.policies().get_policy_pack(unknown).await, Code::NotFound, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_36_a_dry_run_names_the_open_cases_that_would_have_differed_and_changes_nothing() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let before = get(&city, &case).await;
    let answered = city.consented_request(APPLICANT, PROVIDER).await;
    let run = |toml: &str| pb::DryRunPolicyPackRequest { toml: toml.to_owned(), ..Default::default() };
    let drafter = city.person(APPLICANT, Role::Drafter);
    refused(
        drafter.policies().dry_run_policy_pack(run(NATIONAL)).await,
        Code::PermissionDenied,
        "ROLE_NOT_ALLOWED",
    );
    let mut office = city.info_office().policies();
    let broken = NATIONAL.replacen("version = 1", "version = 0", 1).replacen("value = 10,", "value = 0,", 1);
    let answer = office.dry_run_policy_pack(run(&broken)).await;
    refused(answer, Code::InvalidArgument, "POLICY_PACK_INVALID")
        .violates("version")
        .violates("classes.on_application.answer_working_days");
    let tried = office.dry_run_policy_pack(run(NATIONAL)).await.expect("tried").into_inner();
    assert_eq!(tried.cases_examined, 1, "{} is not open", answered.id);
    let [difference] = tried.differences.as_slice() else { panic!("one difference: {tried:?}") };
    assert_eq!(difference.access_request_id, case.id);
    // Received on Tuesday 3 March: 15 working days here, 10 there.
    assert_eq!(difference.answer_due, day(2026, 3, 24));
    assert_eq!(difference.other_answer_due, day(2026, 3, 17));
    assert_eq!(difference.missing_fields, ["form.mode"]);
    assert_eq!(get(&city, &case).await, before, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_36_a_loaded_holiday_notice_counts_for_new_receipts_and_leaves_running_clocks() {
    let city = City::start().await;
    let entry = city.published_entry(PROVIDER).await;
    city.travel_to(2026, 12, 21);
    let running = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let before = get(&city, &running).await;
    assert_eq!((before.answer_due, before.answer_due_provisional), (day(2027, 1, 11), true));
    let load = |toml: &str| pb::LoadHolidayNoticeRequest { toml: toml.to_owned(), request_id: request_id() };
    let drafter = city.person(APPLICANT, Role::Drafter);
    refused(
        drafter.policies().load_holiday_notice(load(NOTICE_2027)).await,
        Code::PermissionDenied,
        "ROLE_NOT_ALLOWED",
    );
    let mut office = city.info_office().policies();
    let wrong = NOTICE_2027.replace("worked = []", "worked = [2027-01-04, 2028-02-05]");
    let answer = office.load_holiday_notice(load(&wrong)).await;
    refused(answer, Code::InvalidArgument, "HOLIDAY_NOTICE_INVALID").violates("toml").article("36");
    let loaded = office.load_holiday_notice(load(NOTICE_2027)).await.expect("loaded").into_inner();
    assert_eq!(loaded.holiday_notice.expect("a year").off_days.len(), 3);
    let new = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let new = get(&city, &new).await;
    assert_eq!((new.answer_due, new.answer_due_provisional), (day(2027, 1, 12), false));
    assert_eq!(get(&city, &running).await, before, "a running clock is never recomputed");
    let years = drafter.policies().list_holiday_notices(pb::ListHolidayNoticesRequest::default()).await;
    let years = years.expect("listed").into_inner().holiday_notices;
    assert_eq!(years.last().map(|year| (year.year, year.load_time.is_some())), Some((2027, true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_36_a_loaded_holiday_notice_counts_in_every_service_within_seconds() {
    let city = City::start_with_packs("national-2025@2025-08-01..").await;
    let entry_id = city.published_entry(PROVIDER).await;
    city.travel_to(2026, 12, 21);
    let user = city.person(APPLICANT, Role::Drafter);
    let submit = async || {
        let request = SubmitFeedbackRequest {
            entry_id: entry_id.clone(),
            problems: vec![Problem {
                aspect: Aspect::Accuracy.into(),
                description: "与实际不符".to_owned(),
                items: Vec::new(),
            }],
            request_id: request_id(),
            ..Default::default()
        };
        let reply = user.feedback().submit_feedback(request).await.expect("submitted").into_inner();
        reply.feedback.expect("a form")
    };
    let information = catalog::CollectedInformation {
        title: "2025年度学籍信息".to_owned(),
        period_start: day(2025, 1, 1),
        period_end: day(2025, 12, 31),
        system: "区教育管理平台".to_owned(),
        archive_due: day(2027, 1, 12),
        ..Default::default()
    };
    let record =
        catalog::CreateArchiveRecordRequest { information: Some(information), request_id: request_id() };
    let archivist = city.person(PROVIDER, Role::Drafter);
    archivist.archiving().create_archive_record(record).await.expect("recorded");
    let days_left = async || {
        let listed = archivist.tasks_of_catalog().list_tasks(catalog::ListTasksRequest::default()).await;
        let tasks = listed.map_err(|status| status.to_string())?.into_inner().tasks;
        let task = tasks.iter().find(|task| task.kind == "archive").ok_or("no task")?;
        Ok::<_, String>(task.working_days_left)
    };
    let before = submit().await;
    assert_eq!((before.answer_due, before.answer_due_provisional), (day(2027, 1, 4), true));
    assert_eq!(days_left().await, Ok(16), "Friday 1 January counts by the week");

    let load = pb::LoadHolidayNoticeRequest { toml: NOTICE_2027.to_owned(), request_id: request_id() };
    city.info_office().policies().load_holiday_notice(load).await.expect("loaded");
    eventually("the catalogue counts by the notice", async || match days_left().await? {
        15 => Ok(()),
        other => Err(format!("{other} days left")),
    })
    .await;
    let after = eventually("the evaluation counts by the notice", async || {
        let form = submit().await;
        if form.answer_due_provisional { Err("provisional".to_owned()) } else { Ok(form) }
    })
    .await;
    assert_eq!(after.answer_due, day(2027, 1, 5));
    for schema in ["access_request", "agreement", "catalog", "evaluation", "security_review"] {
        let known = format!("SELECT count(*) FROM {schema}.learnt_holiday_notices WHERE year = 2027");
        eventually("the service keeps the notice over a restart", async || {
            let mut connection = PgConnection::connect(city.database.url()).await.expect("connected");
            let known: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(known.clone()))
                .fetch_one(&mut connection)
                .await
                .map_err(|error| error.to_string())?;
            if known == 1 { Ok(()) } else { Err(format!("{schema} does not know the year")) }
        })
        .await;
    }
}

/// As [`City::start`] for cases until Tuesday 3 March 2026; from the next day on decree 809 holds.
async fn city_of_two_packs() -> City {
    City::start_with_packs("xicheng-2014@2014-08-01..2026-03-03, national-2025@2026-03-04..").await
}

async fn get(city: &City, case: &Case) -> pb::AccessRequest {
    let request = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let reply = city.person(PROVIDER, Role::Drafter).requests().get_access_request(request).await;
    reply.expect("readable").into_inner().access_request.expect("a request")
}

async fn drafted(city: &City, entry_id: &str) -> Case {
    let create = pb::CreateAccessRequestRequest {
        entry_id: entry_id.to_owned(),
        form: Some(pb::ApplicationForm { mode: pb::DeliveryMode::File.into(), ..form() }),
        request_id: request_id(),
        ..Default::default()
    };
    let drafter = city.person(APPLICANT, Role::Drafter);
    let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
    let id = draft.access_request.expect("a request").access_request_id;
    Case { id, entry_id: entry_id.to_owned(), applicant: APPLICANT, provider: PROVIDER }
}

async fn submit(
    city: &City,
    case: &Case,
    role: Role,
) -> Result<Response<pb::SubmitAccessRequestResponse>, Status> {
    let request =
        pb::SubmitAccessRequestRequest { access_request_id: case.id.clone(), request_id: request_id() };
    city.person(APPLICANT, role).requests().submit_access_request(request).await
}

fn missing(case: &Case) -> pb::RequestSupplementRequest {
    pb::RequestSupplementRequest {
        access_request_id: case.id.clone(),
        missing: vec!["使用场景说明".to_owned(), "数据安全负责人".to_owned()],
        request_id: request_id(),
    }
}

fn longer(case: &Case, working_days: i32) -> pb::RequestExtensionRequest {
    pb::RequestExtensionRequest {
        access_request_id: case.id.clone(),
        working_days,
        reason: "须会同学籍系统核对".to_owned(),
        request_id: request_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decree_809_art_21_a_supplement_is_asked_for_once_where_the_cases_pack_knows_it() {
    let city = city_of_two_packs().await;
    let entry = city.published_entry(PROVIDER).await;
    let older = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.travel_to(2026, 3, 4);
    let mut provider = city.person(PROVIDER, Role::Drafter).requests();
    let refusal = provider.request_supplement(missing(&older)).await;
    refused(refusal, Code::FailedPrecondition, "SUPPLEMENT_NOT_ALLOWED").article("26");
    assert_eq!(get(&city, &older).await.policy_pack, "xicheng-2014/1", "a case keeps its pack");

    let case = drafted(&city, &entry).await;
    refused(submit(&city, &case, Role::Drafter).await, Code::PermissionDenied, "SELF_APPROVAL");
    submit(&city, &case, Role::Approver).await.expect("an approver hands it in");
    let received = get(&city, &case).await;
    assert_eq!((received.policy_pack.as_str(), received.answer_due), ("national-2025/1", day(2026, 3, 18)));
    let outright = pb::ProposeAnswerRequest {
        access_request_id: case.id.clone(),
        kind: AnswerKind::Refusal.into(),
        reasons: "材料不全".to_owned(),
        material_incomplete: true,
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = provider.propose_answer(outright.clone()).await;
    refused(refusal, Code::FailedPrecondition, "SUPPLEMENT_FIRST").article("国务院令第809号 art. 21");
    provider.request_supplement(missing(&case)).await.expect("asked for");
    let incomplete = get(&city, &case).await;
    assert_eq!(incomplete.state(), State::SupplementRequested);
    assert_eq!(incomplete.supplements[0].missing.len(), 2);
    city.travel_to(2026, 3, 25);
    let supplement = pb::SupplementAccessRequestRequest {
        access_request_id: case.id.clone(),
        form: Some(pb::ApplicationForm { mode: pb::DeliveryMode::File.into(), ..form() }),
        statement: "补充使用场景与负责人".to_owned(),
        request_id: request_id(),
    };
    // The consent of the applicant's own approver covers what is supplemented (decree art. 20).
    let mut drafter = city.person(APPLICANT, Role::Drafter).requests();
    let own = drafter.supplement_access_request(supplement.clone()).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL");
    let mut applicant = city.person(APPLICANT, Role::Approver).requests();
    applicant.supplement_access_request(supplement).await.expect("completed");
    let complete = get(&city, &case).await;
    assert_eq!((complete.state(), complete.answer_due), (State::Submitted, day(2026, 4, 9)));
    assert!(complete.overdue_time.is_none(), "the clock rested");
    refused(
        provider.request_supplement(missing(&case)).await,
        Code::FailedPrecondition,
        "SUPPLEMENT_NOT_ALLOWED",
    );
    let outright = pb::ProposeAnswerRequest { request_id: request_id(), ..outright };
    provider.propose_answer(outright).await.expect("no longer outright");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decree_809_art_21_an_extension_needs_the_info_offices_consent_and_the_applicant_sees_it() {
    let city = city_of_two_packs().await;
    let entry = city.published_entry(PROVIDER).await;
    let older = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.travel_to(2026, 3, 4);
    let mut provider = city.person(PROVIDER, Role::Approver).requests();
    let refusal = provider.request_extension(longer(&older, 5)).await;
    refused(refusal, Code::FailedPrecondition, "EXTENSION_NOT_ALLOWED").article("26");
    let case = drafted(&city, &entry).await;
    submit(&city, &case, Role::Approver).await.expect("received");
    refused(provider.request_extension(longer(&case, 11)).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("working_days")
        .article("国务院令第809号 art. 21");
    provider.request_extension(longer(&case, 5)).await.expect("asked for");
    let decide = |granted| pb::DecideExtensionRequest {
        access_request_id: case.id.clone(),
        granted,
        decision: "同意延期五个工作日".to_owned(),
        request_id: request_id(),
    };
    refused(provider.decide_extension(decide(true)).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let mut office = city.info_office().requests();
    office.decide_extension(decide(true)).await.expect("granted");
    let request = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let seen = city.person(APPLICANT, Role::Drafter).requests().get_access_request(request).await;
    let seen = seen.expect("readable").into_inner().access_request.expect("a request");
    let extension = seen.extension.clone().expect("an extension");
    assert_eq!((seen.answer_due, extension.earlier_answer_due), (day(2026, 3, 25), day(2026, 3, 18)));
    assert_eq!(extension.state(), pb::ExtensionState::Granted);
    refused(office.decide_extension(decide(false)).await, Code::FailedPrecondition, "EXTENSION_NOT_ASKED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decree_809_art_21_an_unconditional_resource_is_answered_in_one_working_day_without_conditions() {
    let city = city_of_two_packs().await;
    let mut unconditional = content("学校名录");
    unconditional.sharing_type = SharingType::Unconditional.into();
    unconditional.sharing_conditions = String::new();
    let entry = city.drafted_entry(PROVIDER, unconditional).await.expect("drafted");
    city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    let case = drafted(&city, &entry).await;
    let refusal = submit(&city, &case, Role::Approver).await;
    refused(refusal, Code::FailedPrecondition, "ENTRY_SHARED_ACTIVELY").article("24(一)");
    city.travel_to(2026, 3, 6);
    submit(&city, &case, Role::Approver).await.expect("received");
    assert_eq!(get(&city, &case).await.answer_due, day(2026, 3, 9), "the Monday after a Friday");
    let conditioned = pb::ProposeAnswerRequest {
        access_request_id: case.id.clone(),
        kind: AnswerKind::Consent.into(),
        conditions: "另付费".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = city.person(PROVIDER, Role::Drafter).requests().propose_answer(conditioned).await;
    refused(refusal, Code::FailedPrecondition, "EXTRA_CONDITIONS").article("国务院令第809号 art. 15");
    city.proposed(&case, AnswerKind::Consent, "").await;
    assert_eq!(city.consent(&case).await.expect("consented").state(), State::Consented);
}
