//! Collection plans and archiving over the gateway, with the bureaus that supervise them.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use integration_tests::eventually;
use integration_tests::refusal::refused;
use integration_tests::steps::request_id;
use tonic::Code;

use crate::art_catalogue::{day, kinds_of, waiting};
use crate::city::City;

const UNIT: &str = "jiaowei";
const OTHER: &str = "fagaiwei";
const STATISTICS: &str = "tongjiju";

fn item(name: &str, item_names: &[&str]) -> catalog::CollectionItem {
    catalog::CollectionItem {
        name: name.to_owned(),
        item_names: item_names.iter().map(|name| (*name).to_owned()).collect(),
        source: "学校报送".to_owned(),
        channel: "区交换平台".to_owned(),
        ..Default::default()
    }
}

async fn drafted_plan(city: &City, unit: &str, items: Vec<catalog::CollectionItem>) -> String {
    let request = catalog::CreateCollectionPlanRequest {
        title: "2026年采集计划".to_owned(),
        items,
        request_id: request_id(),
    };
    let drafted = city.person(unit, Role::Drafter).collection().create_collection_plan(request).await;
    drafted.expect("drafted").into_inner().collection_plan.expect("a plan").collection_plan_id
}

fn submit(plan: &str) -> catalog::SubmitCollectionPlanRequest {
    catalog::SubmitCollectionPlanRequest { collection_plan_id: plan.to_owned(), request_id: request_id() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_18_what_another_unit_has_is_shown_and_an_own_collection_is_recorded_with_its_need() {
    let city = City::start().await;
    let entry = city.published_entry(UNIT).await;
    let wanted = || item("小学在校生人数", &["学校", "人数"]);
    let check = || catalog::CheckDuplicatesRequest { items: vec![wanted(), item("餐饮许可证", &[])] };
    let person = city.person(OTHER, Role::Drafter);
    let checked = eventually("the entry is in the index", async || {
        let reply =
            person.collection().check_duplicates(check()).await.map_err(|status| status.to_string())?;
        let reply = reply.into_inner();
        if reply.findings[0].similar_entries.is_empty() { Err("not found".to_owned()) } else { Ok(reply) }
    })
    .await;
    assert!(!checked.duplicates_refused, "art. 18 only warns");
    let best = &checked.findings[0].similar_entries[0];
    assert_eq!((best.entry_id.as_str(), best.score, best.duplicate), (entry.as_str(), 100, true));
    assert_eq!(best.provider_unit_id, UNIT);
    assert!(checked.findings[1].similar_entries.is_empty());
    let own = city.person(UNIT, Role::Drafter).collection().check_duplicates(check()).await.expect("checked");
    assert!(own.into_inner().findings[0].similar_entries.is_empty(), "a unit's own entry is no duplicate");

    let plan = drafted_plan(&city, OTHER, vec![wanted(), item("餐饮许可证", &[])]).await;
    let approver = city.person(OTHER, Role::Approver);
    let silent = approver.collection().submit_collection_plan(submit(&plan)).await;
    refused(silent, Code::InvalidArgument, "NEED_MISSING").violates("items[0].need").article("18");
    let update = catalog::UpdateCollectionPlanRequest {
        collection_plan_id: plan.clone(),
        title: "2026年采集计划".to_owned(),
        items: vec![catalog::CollectionItem { need: "需现场核验".to_owned(), ..wanted() }],
        etag: String::new(),
        request_id: request_id(),
    };
    person.collection().update_collection_plan(update).await.expect("the need is stated");
    let filed = approver.collection().submit_collection_plan(submit(&plan)).await.expect("never blocked");
    let filed = filed.into_inner().collection_plan.expect("a plan");
    assert_eq!(
        (filed.state(), filed.policy_pack.as_str()),
        (catalog::CollectionPlanState::Filed, "xicheng-2014/1")
    );
    assert_eq!(filed.findings[0].similar_entries[0].entry_id, entry);
    let get = catalog::GetCollectionPlanRequest { collection_plan_id: plan.clone() };
    let office =
        city.info_office().collection().get_collection_plan(get.clone()).await.expect("it has a copy");
    assert_eq!(office.into_inner().collection_plan.expect("a plan").items[0].need, "需现场核验");
    refused(
        city.person(UNIT, Role::Drafter).collection().get_collection_plan(get).await,
        Code::NotFound,
        "NOT_FOUND",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_10_a_statistical_survey_is_collected_with_the_statistics_bureaus_approval_only() {
    let city = City::start().await;
    eventually("the index has caught up", async || {
        let items = vec![item("住户抽样调查", &[])];
        let request = catalog::CheckDuplicatesRequest { items };
        city.person(UNIT, Role::Drafter).collection().check_duplicates(request).await.map(drop)
    })
    .await;
    let survey =
        || catalog::CollectionItem { statistical_survey: true, ..item("住户抽样调查", &["住址"]) };
    let plan = drafted_plan(&city, UNIT, vec![survey()]).await;
    let approver = city.person(UNIT, Role::Approver);
    let waits =
        approver.collection().submit_collection_plan(submit(&plan)).await.expect("submitted").into_inner();
    let waits = waits.collection_plan.expect("a plan");
    assert_eq!(waits.state(), catalog::CollectionPlanState::AwaitingSurveyApproval);
    assert_eq!(waiting(&city, STATISTICS, Role::Approver).await, ["survey"]);

    let approve =
        || catalog::ApproveSurveyRequest { collection_plan_id: plan.clone(), request_id: request_id() };
    refused(
        approver.collection().approve_survey(approve()).await,
        Code::PermissionDenied,
        "ROLE_NOT_ALLOWED",
    );
    let bureau = city.person(STATISTICS, Role::Approver);
    let back = catalog::ReturnSurveyRequest {
        collection_plan_id: plan.clone(),
        reasons: "与住户收支调查重复".to_owned(),
        request_id: request_id(),
    };
    let returned = bureau.collection().return_survey(back).await.expect("returned").into_inner();
    assert_eq!(returned.collection_plan.expect("a plan").state_reason, "与住户收支调查重复");
    let update = catalog::UpdateCollectionPlanRequest {
        collection_plan_id: plan.clone(),
        title: "2026年采集计划".to_owned(),
        items: vec![catalog::CollectionItem { name: "住户教育支出调查".to_owned(), ..survey() }],
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Drafter).collection().update_collection_plan(update).await.expect("rewritten");
    approver.collection().submit_collection_plan(submit(&plan)).await.expect("submitted again");
    let filed = bureau.collection().approve_survey(approve()).await.expect("approved").into_inner();
    let filed = filed.collection_plan.expect("a plan");
    assert_eq!(
        (filed.state(), filed.survey_approve_time.is_some()),
        (catalog::CollectionPlanState::Filed, true)
    );
    refused(bureau.collection().approve_survey(approve()).await, Code::FailedPrecondition, "WRONG_STATE")
        .state("FILED");

    let excepted =
        catalog::CollectionItem { survey_exception: "《统计法》第十二条".to_owned(), ..survey() };
    let plan = drafted_plan(&city, UNIT, vec![excepted]).await;
    let filed =
        approver.collection().submit_collection_plan(submit(&plan)).await.expect("submitted").into_inner();
    assert_eq!(filed.collection_plan.expect("a plan").state(), catalog::CollectionPlanState::Filed);

    let withdraw = |reason: &str| catalog::WithdrawCollectionPlanRequest {
        collection_plan_id: plan.clone(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let silent = approver.collection().withdraw_collection_plan(withdraw("")).await;
    refused(silent, Code::InvalidArgument, "FIELD_INVALID").violates("reason");
    let withdrawn = approver.collection().withdraw_collection_plan(withdraw("改为共享取得")).await;
    let withdrawn = withdrawn.expect("withdrawn").into_inner().collection_plan.expect("a plan");
    assert_eq!(withdrawn.state(), catalog::CollectionPlanState::Withdrawn);
    let again = approver.collection().withdraw_collection_plan(withdraw("改为共享取得")).await;
    refused(again, Code::FailedPrecondition, "WRONG_STATE").state("WITHDRAWN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_20_collected_information_is_recorded_digitally_and_archived() {
    let city = City::start().await;
    let entry = city.published_entry(UNIT).await;
    let create = |period_end, entry_id: &str| catalog::CreateArchiveRecordRequest {
        information: Some(catalog::CollectedInformation {
            title: "2025年度学籍信息".to_owned(),
            period_start: day(2025, 1, 1),
            period_end,
            system: "区教育管理平台".to_owned(),
            entry_id: entry_id.to_owned(),
            archive_due: day(2026, 6, 30),
        }),
        request_id: request_id(),
    };
    let mut drafter = city.person(UNIT, Role::Drafter).archiving();
    let bad = drafter.create_archive_record(create(day(2024, 12, 31), "")).await;
    refused(bad, Code::InvalidArgument, "FIELD_INVALID").violates("information.period_end").article("20");
    let others = city.person(OTHER, Role::Drafter).archiving();
    let others = others.clone().create_archive_record(create(day(2025, 12, 31), &entry)).await;
    refused(others, Code::NotFound, "NOT_FOUND");
    let created = drafter.create_archive_record(create(day(2025, 12, 31), &entry)).await.expect("recorded");
    let created = created.into_inner().archive_record.expect("a record");
    assert_eq!(created.state(), catalog::ArchiveRecordState::ToArchive);
    assert_eq!(waiting(&city, UNIT, Role::Drafter).await, ["archive"]);

    let id = created.archive_record_id;
    let archive = |day| catalog::RecordArchivingRequest {
        archive_record_id: id.clone(),
        archive_number: "JW-2026-0012".to_owned(),
        day,
        request_id: request_id(),
    };
    refused(drafter.record_archiving(archive(day(2026, 3, 4))).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("day");
    let archived = drafter.record_archiving(archive(None)).await.expect("archived").into_inner();
    let archived = archived.archive_record.expect("a record");
    assert_eq!((archived.archive_number.as_str(), archived.archive_day), ("JW-2026-0012", day(2026, 3, 3)));
    refused(drafter.record_archiving(archive(None)).await, Code::FailedPrecondition, "WRONG_STATE")
        .state("ARCHIVED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_11_the_archives_bureau_sees_every_units_archiving_and_what_it_objects_to_is_mended() {
    let city = City::start().await;
    let create = catalog::CreateArchiveRecordRequest {
        information: Some(catalog::CollectedInformation {
            title: "2025年度学籍信息".to_owned(),
            period_start: day(2025, 1, 1),
            period_end: day(2025, 12, 31),
            system: "区教育管理平台".to_owned(),
            entry_id: String::new(),
            archive_due: day(2026, 6, 30),
        }),
        request_id: request_id(),
    };
    let mut drafter = city.person(UNIT, Role::Drafter).archiving();
    let created = drafter.create_archive_record(create).await.expect("recorded").into_inner();
    let id = created.archive_record.expect("a record").archive_record_id;
    let bureau = city.person("danganju", Role::Approver);
    let overdue = catalog::ListArchiveRecordsRequest { due_until: day(2026, 7, 1), ..Default::default() };
    let listed = bureau.archiving().list_archive_records(overdue).await.expect("listed").into_inner();
    assert_eq!(listed.archive_records.len(), 1, "the bureau's view");
    let get = catalog::GetArchiveRecordRequest { archive_record_id: id.clone() };
    let stranger = city.person(OTHER, Role::Drafter).archiving().get_archive_record(get).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");

    let object = || catalog::ObjectToArchivingRequest {
        archive_record_id: id.clone(),
        objection: "逾期未归档".to_owned(),
        request_id: request_id(),
    };
    let early = bureau.archiving().object_to_archiving(object()).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").article("11");
    city.travel_to(2026, 7, 1);
    bureau.archiving().object_to_archiving(object()).await.expect("its last day has passed");
    assert_eq!(waiting(&city, UNIT, Role::Drafter).await, ["mend"]);
    let archive = catalog::RecordArchivingRequest {
        archive_record_id: id.clone(),
        archive_number: "JW-2026-0012".to_owned(),
        day: None,
        request_id: request_id(),
    };
    drafter.record_archiving(archive).await.expect("archived");
    let confirm =
        || catalog::ConfirmArchivingRequest { archive_record_id: id.clone(), request_id: request_id() };
    let own = city.person(UNIT, Role::Approver).archiving().confirm_archiving(confirm()).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    bureau.archiving().confirm_archiving(confirm()).await.expect("in order");
    let kinds = kinds_of(&city, &format!("archive-record/{id}"), 4).await;
    let wanted = [
        "archive-record.recorded",
        "archive-record.objected",
        "archive-record.archived",
        "archive-record.confirmed",
    ];
    assert_eq!(kinds, wanted);
}
