//! What the policy asks of the catalogue, over the gateway: units, classification, entries, updates.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use govshare_proto::security_review::v1 as reviews;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id};
use integration_tests::{DATA, eventually};
use sqlx::{Connection, PgConnection};
use tonic::Code;
use tonic_types::StatusExt;

use crate::city::City;

const UNIT: &str = "jiaowei";
const OTHER: &str = "fagaiwei";

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

/// Kinds of the work list's tasks that wait for somebody.
pub async fn waiting(city: &City, unit: &str, role: Role) -> Vec<String> {
    let list =
        city.person(unit, role).tasks_of_catalog().list_tasks(catalog::ListTasksRequest::default()).await;
    let tasks = list.expect("a work list").into_inner().tasks;
    tasks.into_iter().map(|task| task.kind).collect()
}

pub async fn kinds_of(city: &City, aggregate: &str, count: usize) -> Vec<String> {
    eventually("the steps stand in the audit", async || {
        let events = city.events_of(aggregate).await.map_err(|status| status.to_string())?;
        let kinds: Vec<String> = events.into_iter().map(|event| event.r#type).collect();
        if kinds.len() >= count { Ok(kinds) } else { Err(format!("{kinds:?}")) }
    })
    .await
}

async fn register_branch(city: &City) {
    let node = |code: &str, name: &str| catalog::NewClassificationNode {
        code: code.to_owned(),
        display_name: name.to_owned(),
    };
    let nodes =
        vec![node("307001", "学校"), node("3", "部门信息资源"), node("307", "教育"), node("3070010", "小学")];
    let request = catalog::RegisterClassificationNodesRequest { nodes, request_id: request_id() };
    let reply = city.info_office().classification().register_classification_nodes(request).await;
    assert_eq!(reply.expect("registered").into_inner().created, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_15_the_info_office_keeps_the_classification_and_resource_codes_follow_from_it() {
    let city = City::start().await;
    register_branch(&city).await;
    let orphan = catalog::NewClassificationNode { code: "401".to_owned(), display_name: "孤".to_owned() };
    let request =
        catalog::RegisterClassificationNodesRequest { nodes: vec![orphan.clone()], request_id: request_id() };
    let reply = city.info_office().classification().register_classification_nodes(request).await;
    refused(reply, Code::InvalidArgument, "FIELD_INVALID").violates("nodes.code").article("15");
    let request =
        catalog::RegisterClassificationNodesRequest { nodes: vec![orphan], request_id: request_id() };
    let reply =
        city.person(UNIT, Role::Drafter).classification().register_classification_nodes(request).await;
    refused(reply, Code::PermissionDenied, "ROLE_NOT_ALLOWED");

    let assign = |entry_id: &str, node: &str| catalog::AssignResourceCodeRequest {
        entry_id: entry_id.to_owned(),
        classification_code: node.to_owned(),
        request_id: request_id(),
    };
    let mut drafter = city.person(UNIT, Role::Drafter).entries();
    let (one, two) = (
        city.drafted_entry(UNIT, content("小学名录")).await.expect("drafted"),
        city.drafted_entry(UNIT, content("小学教师")).await.expect("drafted"),
    );
    let coded = drafter.assign_resource_code(assign(&one, "3070010")).await.expect("coded").into_inner();
    assert_eq!(coded.entry.expect("an entry").resource_code, "3070010/000001");
    let coded = drafter.assign_resource_code(assign(&two, "3070010")).await.expect("coded").into_inner();
    assert_eq!(coded.entry.expect("an entry").resource_code, "3070010/000002");
    let again = drafter.assign_resource_code(assign(&one, "3070010")).await.expect("the same").into_inner();
    assert_eq!(again.entry.expect("an entry").resource_code, "3070010/000001");
    let other = drafter.assign_resource_code(assign(&one, "307001")).await;
    refused(other, Code::AlreadyExists, "ALREADY_EXISTS").article("15");
    let high = drafter.assign_resource_code(assign(&two, "307")).await;
    refused(high, Code::AlreadyExists, "ALREADY_EXISTS");
    let three = city.drafted_entry(UNIT, content("小学校舍")).await.expect("drafted");
    let high = drafter.assign_resource_code(assign(&three, "307")).await;
    refused(high, Code::InvalidArgument, "FIELD_INVALID").violates("classification_code").article("15");

    let check = |code: &str| catalog::CheckResourceCodeRequest { resource_code: code.to_owned() };
    let mut member = city.person(UNIT, Role::Drafter).classification();
    let checked = member.check_resource_code(check("3070010/000001")).await.expect("checked").into_inner();
    assert!(checked.well_formed && checked.classified);
    assert_eq!((checked.path.len(), checked.entry_id.as_str()), (4, one.as_str()));
    let mut stranger = city.person(OTHER, Role::Drafter).classification();
    let hidden = stranger.check_resource_code(check("3070010/000001")).await.expect("checked").into_inner();
    assert_eq!(hidden.entry_id, "", "a draft is its unit's own matter");
    let bad = member.check_resource_code(check("307-1")).await.expect("checked").into_inner();
    assert!(!bad.well_formed && !bad.problem.is_empty());

    let retire = |code: &str| catalog::RetireClassificationNodeRequest {
        code: code.to_owned(),
        request_id: request_id(),
    };
    let mut office = city.info_office().classification();
    let early = office.retire_classification_node(retire("307001")).await;
    refused(early, Code::FailedPrecondition, "NODE_HAS_CHILDREN");
    office.retire_classification_node(retire("3070010")).await.expect("retired");
    let late = drafter.assign_resource_code(assign(&three, "3070010")).await;
    refused(late, Code::InvalidArgument, "FIELD_INVALID");
    let kinds = kinds_of(&city, "classification-node/3070010", 2).await;
    assert_eq!(kinds, ["classification-node.registered", "classification-node.retired"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_16_users_are_warned_of_suspended_and_retired_entries_until_they_return() {
    let city = City::start().await;
    let (one, two) = (city.published_entry(UNIT).await, city.published_entry(UNIT).await);
    let approver = city.person(UNIT, Role::Approver);
    let suspend = catalog::SuspendEntryRequest {
        entry_id: one.clone(),
        reason: "核对数据".to_owned(),
        request_id: request_id(),
    };
    approver.entries().suspend_entry(suspend).await.expect("suspended");
    let retire = catalog::RetireEntryRequest {
        entry_id: two.clone(),
        reason: "职责调整".to_owned(),
        request_id: request_id(),
    };
    city.travel_to(2026, 3, 4);
    approver.entries().retire_entry(retire).await.expect("retired");

    let warnings = async |ids: &[&String]| {
        let entry_ids = ids.iter().map(|id| (*id).clone()).collect();
        let request = catalog::ListEntryWarningsRequest { entry_ids, ..Default::default() };
        let reply = city.person(OTHER, Role::Drafter).entries().list_entry_warnings(request).await;
        let warnings = reply.expect("listed").into_inner().warnings;
        warnings.into_iter().map(|warning| (warning.entry_id, warning.reason)).collect::<Vec<_>>()
    };
    let suspended = (one.clone(), "核对数据".to_owned());
    let retired = (two.clone(), "职责调整".to_owned());
    assert_eq!(warnings(&[]).await, [retired.clone(), suspended.clone()], "the latest first");
    assert_eq!(warnings(&[&one]).await, [suspended]);
    let resume = catalog::ResumeEntryRequest { entry_id: one, request_id: request_id() };
    approver.entries().resume_entry(resume).await.expect("resumed");
    assert_eq!(warnings(&[]).await, [retired]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_16_the_difference_of_two_versions_is_told_to_those_who_may_read_both() {
    let city = City::start().await;
    let entry = city.published_entry(UNIT).await;
    let mut revised = content("小学在校生人数");
    revised.items.push(catalog::Item { name: "性别".to_owned(), ..Default::default() });
    revised.sharing_conditions = "仅用于学位预测".to_owned();
    let update = catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(revised),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Drafter).entries().update_entry(update).await.expect("revised");
    let diff = |from_version, to_version| catalog::DiffEntryVersionsRequest {
        entry_id: entry.clone(),
        from_version,
        to_version,
    };
    let member = city.person(UNIT, Role::Drafter);
    let found = member.entries().diff_entry_versions(diff(1, 2)).await.expect("a difference").into_inner();
    let fields: Vec<_> = found.field_changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["sharing_conditions"]);
    assert_eq!(
        (found.item_changes[0].item_name.as_str(), found.item_changes[0].kind()),
        ("性别", catalog::ChangeKind::Added)
    );
    let stranger = city.person(OTHER, Role::Drafter).entries().diff_entry_versions(diff(1, 2)).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    refused(member.entries().diff_entry_versions(diff(1, 3)).await, Code::NotFound, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_2_13_a_unit_gets_its_credit_code_only_with_its_kind_and_its_responsible_section() {
    let city = City::start().await;
    let unit = |section: &str| catalog::Unit {
        unit_id: "xinju".to_owned(),
        display_name: "区新设局".to_owned(),
        kind: catalog::UnitKind::AdministrativeOrgan.into(),
        credit_code: "91350100M000100Y43".to_owned(),
        section: section.to_owned(),
        ..Default::default()
    };
    let create = |unit| catalog::CreateUnitRequest { unit: Some(unit), request_id: request_id() };
    let mut office = city.info_office().units();
    refused(office.create_unit(create(unit(""))).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("unit.section")
        .article("13");
    let unkind = catalog::Unit { kind: catalog::UnitKind::Unspecified.into(), ..unit("信息科") };
    refused(office.create_unit(create(unkind)).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("unit.kind");
    office.create_unit(create(unit("信息科"))).await.expect("with its kind and section");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_14_what_is_published_is_found_by_every_unit_and_what_is_not_by_nobody() {
    let city = City::start().await;
    let published = city.published_entry(UNIT).await;
    city.drafted_entry(UNIT, content("小学在校生人数（草稿）")).await.expect("drafted");
    let search =
        || catalog::SearchEntriesRequest { query: "在校生 小学".to_owned(), ..Default::default() };
    let hits = eventually("the entry is found", async || {
        let reply = city.person(OTHER, Role::Drafter).entries().search_entries(search()).await;
        let hits = reply.map_err(|status| status.to_string())?.into_inner().hits;
        if hits.is_empty() { Err("not yet".to_owned()) } else { Ok(hits) }
    })
    .await;
    let found: Vec<_> = hits.into_iter().filter_map(|hit| hit.entry).map(|entry| entry.entry_id).collect();
    assert_eq!(found, [published]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_one_may_not_see_shows_in_nothing_that_one_may() {
    let city = City::start().await;
    let published = city.published_entry(UNIT).await;
    let (drafter, outsider) = (city.person(UNIT, Role::Drafter), city.person(OTHER, Role::Drafter));
    let get = || catalog::GetEntryRequest { entry_id: published.clone() };
    let before = outsider.entries().get_entry(get()).await.expect("published").into_inner();
    let update = catalog::UpdateEntryRequest {
        entry_id: published.clone(),
        content: Some(content("小学在校生人数（新）")),
        etag: String::new(),
        request_id: request_id(),
    };
    drafter.entries().update_entry(update).await.expect("drafted");
    let after = outsider.entries().get_entry(get()).await.expect("published").into_inner();
    assert_eq!(before, after);

    let review = |entry_id: &str, version| reviews::CreateReviewRequest {
        entry_id: entry_id.to_owned(),
        version,
        request_id: request_id(),
    };
    drafter.reviews().create_review(review(&published, 2)).await.expect("under review");
    let mut asked = outsider.reviews();
    let hidden = asked.create_review(review(&published, 2)).await.expect_err("not the unit's");
    let absent = asked.create_review(review(&published, 9)).await.expect_err("no such version");
    let told = |status: &tonic::Status, version: &str| {
        let resource = status.get_details_resource_info().expect("a resource");
        assert!(resource.resource_name.ends_with(&format!("/{version}")), "{resource:?}");
        (status.code(), resource.resource_type, status.message().replace(&resource.resource_name, ""))
    };
    assert_eq!(told(&hidden, "2"), told(&absent, "9"));
    let names = vec!["区教委\0".to_owned()];
    let units = outsider.units().list_units(catalog::ListUnitsRequest { names, ..Default::default() }).await;
    refused(units, Code::InvalidArgument, "FIELD_INVALID").violates("names[0]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_16_an_entry_states_what_the_policy_requires_before_its_review() {
    let city = City::start().await;
    let silent = catalog::EntryContent {
        update_cycle: catalog::UpdateCycle::Unspecified.into(),
        ..content("小学在校生人数")
    };
    let entry = city.drafted_entry(UNIT, silent.clone()).await.expect("drafted");
    let review =
        |version| reviews::CreateReviewRequest { entry_id: entry.clone(), version, request_id: request_id() };
    let drafter = city.person(UNIT, Role::Drafter);
    refused(drafter.reviews().create_review(review(1)).await, Code::FailedPrecondition, "ENTRY_INCOMPLETE");
    let in_words = catalog::EntryContent { update_cycle_words: "每学期".to_owned(), ..silent };
    let update = catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(in_words),
        etag: String::new(),
        request_id: request_id(),
    };
    drafter.entries().update_entry(update).await.expect("revised");
    drafter.reviews().create_review(review(2)).await.expect("a cycle in words is one");
    let approve =
        catalog::ApproveEntryRequest { entry_id: entry.clone(), version: 2, request_id: request_id() };
    let approved = city.info_office().entries().approve_entry(approve).await;
    refused(approved, Code::FailedPrecondition, "WRONG_STATE").article("16");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_19_late_updates_are_found_once_shown_to_all_and_end_with_the_update() {
    let city = City::start().await;
    let mut monthly = content("小学在校生人数");
    monthly.update_cycle = catalog::UpdateCycle::Monthly.into();
    let entry = city.drafted_entry(UNIT, monthly).await.expect("drafted");
    city.reviewed_and_published(UNIT, &entry, 1).await.expect("published");
    let get = || catalog::GetUpdateScheduleRequest { entry_id: entry.clone() };
    let anyone = city.person(OTHER, Role::Drafter);
    let schedule =
        anyone.update_calendar().get_update_schedule(get()).await.expect("a schedule").into_inner();
    assert_eq!(schedule.update_schedule.expect("one").next_due, day(2026, 4, 3));

    city.travel_to(2026, 4, 4);
    let late = || catalog::ListUpdateSchedulesRequest { late: true, ..Default::default() };
    eventually("the entry is found late", async || {
        let reply = anyone.update_calendar().list_update_schedules(late()).await;
        let found = reply.map_err(|status| status.to_string())?.into_inner().update_schedules;
        if found.iter().any(|found| found.entry_id == entry) { Ok(()) } else { Err("not yet".to_owned()) }
    })
    .await;
    assert_eq!(waiting(&city, UNIT, Role::Drafter).await, ["update"]);
    let record =
        |day| catalog::RecordUpdateRequest { entry_id: entry.clone(), day, request_id: request_id() };
    let stranger = anyone.update_calendar().record_update(record(None)).await;
    refused(stranger, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let mut provider = city.person(UNIT, Role::Drafter).update_calendar();
    refused(provider.record_update(record(day(2026, 4, 5))).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("day")
        .article("19");
    let update = catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(catalog::EntryContent {
            update_cycle: catalog::UpdateCycle::Monthly.into(),
            ..content("小学在校生人数（分性别）")
        }),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Drafter).entries().update_entry(update).await.expect("revised");
    city.reviewed_and_published(UNIT, &entry, 2).await.expect("published");
    let listed = anyone.update_calendar().list_update_schedules(late()).await.expect("listed").into_inner();
    let listed = listed.update_schedules.into_iter().map(|found| found.title).collect::<Vec<_>>();
    assert_eq!(listed, ["小学在校生人数（分性别）"], "another version alone does not end the lateness");
    let updated = provider.record_update(record(None)).await.expect("recorded").into_inner();
    let updated = updated.update_schedule.expect("a schedule");
    assert_eq!((updated.next_due, updated.late_time), (day(2026, 5, 4), None));
    assert!(waiting(&city, UNIT, Role::Drafter).await.is_empty());
    let left = anyone.update_calendar().list_update_schedules(late()).await.expect("listed").into_inner();
    assert!(left.update_schedules.is_empty());
    let kinds = kinds_of(&city, &format!("update-schedule/{entry}"), 2).await;
    assert_eq!(kinds, ["entry.update-late", "entry.update-recorded"], "marked once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_19_data_published_on_the_exchange_platform_counts_as_an_update() {
    let city = City::start().await;
    let entry = city.published_entry(UNIT).await;
    city.travel_to(2026, 3, 10);
    city.published_data(UNIT, &entry, DATA).await;
    let get = || catalog::GetUpdateScheduleRequest { entry_id: entry.clone() };
    let schedule = eventually("the catalogue has heard of the data", async || {
        let reply = city.person(OTHER, Role::Drafter).update_calendar().get_update_schedule(get()).await;
        let found = reply.map_err(|status| status.to_string())?.into_inner().update_schedule.expect("one");
        if found.last_update.is_some() { Ok(found) } else { Err("not yet".to_owned()) }
    })
    .await;
    assert_eq!((schedule.last_update, schedule.next_due), (day(2026, 3, 10), day(2027, 3, 10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_19_what_was_published_before_there_was_a_calendar_is_taken_into_it() {
    let city = City::start().await;
    let published = city.published_entry(UNIT).await;
    let retired = city.published_entry(UNIT).await;
    let retire = catalog::RetireEntryRequest {
        entry_id: retired.clone(),
        reason: "机构撤销".to_owned(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Approver).entries().retire_entry(retire).await.expect("retired");
    city.travel_to(2026, 5, 6);
    let get = |entry: &str| catalog::GetUpdateScheduleRequest { entry_id: entry.to_owned() };
    let anyone = city.person(OTHER, Role::Drafter);
    // As a database that older versions of the service wrote looks when it is migrated.
    let mut owner = PgConnection::connect(city.database.url()).await.expect("connected");
    let older = concat!(
        "SET search_path TO catalog; DROP TABLE unscheduled_entries; DELETE FROM update_schedules; ",
        include_str!("../../../services/catalog/migrations/0011_update_calendar_backlog.sql")
    );
    sqlx::raw_sql(older).execute(&mut owner).await.expect("migrated");
    let schedule = eventually("the entry is on the calendar", async || {
        let reply = anyone.update_calendar().get_update_schedule(get(&published)).await;
        reply.map_err(|status| status.to_string())
    })
    .await;
    let schedule = schedule.into_inner().update_schedule.expect("one");
    assert_eq!((schedule.next_due, schedule.last_update), (day(2027, 5, 6), None), "a year from today");
    refused(anyone.update_calendar().get_update_schedule(get(&retired)).await, Code::NotFound, "NOT_FOUND");
}
