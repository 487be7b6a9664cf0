//! Chapter 4 (art. 17-20): procedures, what others collect already, updates in time, digital records.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;

use super::catalogue::Listed;
use super::regulations;
use super::steps::in_days;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::WITHIN;
use crate::demo::narration::{ensure, until};
use crate::demo::stage::Person;
use crate::failure::Failure;
use crate::output::listed as table;

const LATE_UPDATES: &str = "art_19_late_updates_are_found_once_shown_to_all_and_end_with_the_update";

pub async fn play(walk: &mut Walk<'_>, listed: &Listed) -> Result<(), Failure> {
    walk.article(17)?;
    procedure(walk).await?;
    walk.article(18)?;
    duplicates(walk, listed).await?;
    walk.article(19)?;
    updates(walk, listed).await?;
    walk.article(20)?;
    digital_records(walk, listed).await
}

async fn procedure(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let other = walk.applicant(Role::Drafter)?;
    let title = walk.title("学籍信息采集、发布、维护规程");
    let kind = catalog::RegulationKind::Procedure;
    let id = regulations::create(&drafter, kind, "", &title).await?.regulation_id;
    let tried = regulations::read(&other, &id).await;
    walk.refused(&other, "reads a procedure that is not set yet", "NOT_FOUND", tried)?;
    regulations::submit(&approver, &id).await?;
    let seen = regulations::read(&other, &id).await?;
    walk.reached(&approver, format!("sets 《{title}》, which all can read"), state!(seen), "IN_FORCE")
}

async fn duplicates(walk: &mut Walk<'_>, listed: &Listed) -> Result<(), Failure> {
    let (drafter, approver) = (walk.applicant(Role::Drafter)?, walk.applicant(Role::Approver)?);
    let wanted = |need: &str| catalog::CollectionItem {
        item_names: ["学校", "年级", "人数"].map(str::to_owned).into(),
        ..item(&listed.title, need)
    };
    let check = || catalog::CheckDuplicatesRequest { items: vec![wanted("")] };
    let (found, _) = until(WITHIN, "the entry in the duplicate check", async || {
        let checked = call!(drafter, collection.check_duplicates, check())?;
        let found = checked.findings.into_iter().next().unwrap_or_default();
        let ours = found.similar_entries.iter().find(|similar| similar.entry_id == listed.entry);
        Ok(ours.cloned())
    })
    .await?;
    ensure(found.duplicate, || format!("《{}》 is no duplicate of itself", listed.title))?;
    let who = found.provider_display_name;
    walk.done(&drafter, format!("is told that {who} has it already, similar by {} of 100", found.score));
    let wanted_plan = catalog::CreateCollectionPlanRequest {
        title: walk.title("采集计划"),
        items: vec![wanted("")],
        request_id: request_id(),
    };
    let plan = call!(drafter, collection.create_collection_plan, wanted_plan)?;
    let plan = plan.collection_plan.unwrap_or_default();
    let submit = || catalog::SubmitCollectionPlanRequest {
        collection_plan_id: plan.collection_plan_id.clone(),
        request_id: request_id(),
    };
    let tried = call!(approver, collection.submit_collection_plan, submit());
    let wrong = ("NEED_MISSING", &["items[0].need"][..]);
    walk.refused_fields(&approver, "plans to collect it again without a need", wrong, tried)?;
    let update = catalog::UpdateCollectionPlanRequest {
        collection_plan_id: plan.collection_plan_id.clone(),
        title: plan.title,
        items: vec![wanted("需现场核验")],
        etag: String::new(),
        request_id: request_id(),
    };
    call!(drafter, collection.update_collection_plan, update)?;
    let filed = call!(approver, collection.submit_collection_plan, submit())?;
    let filed = filed.collection_plan.unwrap_or_default();
    walk.reached(&approver, "states the need: never blocked, recorded", state!(filed), "FILED")?;
    let office = walk.office()?;
    let get = catalog::GetCollectionPlanRequest { collection_plan_id: plan.collection_plan_id };
    let copy = call!(office, collection.get_collection_plan, get)?.collection_plan.unwrap_or_default();
    let need = copy.items.into_iter().next().unwrap_or_default().need;
    ensure(need == "需现场核验", || format!("the info office reads the need {need:?}"))?;
    walk.done(&office, format!("reads the need: {need}"));
    Ok(())
}

async fn updates(walk: &mut Walk<'_>, listed: &Listed) -> Result<(), Failure> {
    let (drafter, other) = (walk.provider(Role::Drafter)?, walk.applicant(Role::Drafter)?);
    let wanted = catalog::GetUpdateScheduleRequest { entry_id: listed.entry.clone() };
    let due = call!(other, update_calendar.get_update_schedule, wanted)?;
    let due = due.update_schedule.and_then(|schedule| schedule.next_due).unwrap_or_default();
    let (year, month, day) = (due.year, due.month, due.day);
    walk.done(&other, format!("reads when the data is due: {year:04}-{month:02}-{day:02}, monthly"));
    let record =
        |day| catalog::RecordUpdateRequest { entry_id: listed.entry.clone(), day, request_id: request_id() };
    let tried = call!(drafter, update_calendar.record_update, record(in_days(1)));
    let wrong = ("FIELD_INVALID", &["day"][..]);
    walk.refused_fields(&drafter, "records an update of tomorrow", wrong, tried)?;
    let tried = call!(other, update_calendar.record_update, record(None));
    walk.refused(&other, "records the update of another's data", "ROLE_NOT_ALLOWED", tried)?;
    let updated = call!(drafter, update_calendar.record_update, record(None))?;
    let updated = updated.update_schedule.unwrap_or_default();
    ensure(updated.last_update == in_days(0) && updated.late_time.is_none(), || {
        format!("the schedule after the update is {updated:?}")
    })?;
    walk.done(&drafter, "records that the data was updated today");
    let wanted = catalog::ListUpdateSchedulesRequest {
        page_size: 3,
        ..catalog::ListUpdateSchedulesRequest::default()
    };
    let calendar = call!(other, update_calendar.list_update_schedules, wanted)?;
    walk.done(&other, "reads the update calendar of the district");
    let columns = ["next_due", "late_time", "title", "provider_unit_id", "update_cycle"];
    walk.narrator.note(table(&calendar, "update_schedules", &columns));
    walk.needs_time("an update that is late", LATE_UPDATES);
    Ok(())
}

async fn digital_records(walk: &mut Walk<'_>, listed: &Listed) -> Result<(), Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    let wanted = catalog::CreateArchiveRecordRequest {
        information: Some(catalog::CollectedInformation {
            title: walk.title("学籍信息"),
            period_start: in_days(-30),
            period_end: in_days(-60),
            system: "区教育管理平台".to_owned(),
            entry_id: listed.entry.clone(),
            archive_due: in_days(30),
        }),
        request_id: request_id(),
    };
    let tried = call!(drafter, archiving.create_archive_record, wanted);
    let wrong = ("FIELD_INVALID", &["information.period_end"][..]);
    walk.refused_fields(&drafter, "records a span that ends before it begins", wrong, tried)?;
    let record = archive_record(&drafter, &walk.title("学籍信息"), -1, 30).await?;
    let what = "records digitally what was collected, and when it is to be archived";
    walk.reached(&drafter, what, state!(record), "TO_ARCHIVE")?;
    let archive = |day| catalog::RecordArchivingRequest {
        archive_record_id: record.archive_record_id.clone(),
        archive_number: "JW-2026-0013".to_owned(),
        day,
        request_id: request_id(),
    };
    let tried = call!(drafter, archiving.record_archiving, archive(in_days(1)));
    let wrong = ("FIELD_INVALID", &["day"][..]);
    walk.refused_fields(&drafter, "archives it tomorrow", wrong, tried)?;
    let archived = call!(drafter, archiving.record_archiving, archive(None))?;
    let archived = archived.archive_record.unwrap_or_default();
    walk.reached(&drafter, "archives it under JW-2026-0013", state!(archived), "ARCHIVED")
}

/// Something to collect; `need` says why although others may have it.
pub fn item(name: &str, need: &str) -> catalog::CollectionItem {
    catalog::CollectionItem {
        name: name.to_owned(),
        source: "学校报送".to_owned(),
        channel: "区交换平台".to_owned(),
        need: need.to_owned(),
        ..catalog::CollectionItem::default()
    }
}

/// A submitted plan of one survey: its id, and the plan as it is then.
pub async fn survey_plan(
    walk: &Walk<'_>,
    drafter: &Person,
    approver: &Person,
    survey: catalog::CollectionItem,
) -> Result<(String, catalog::CollectionPlan), Failure> {
    let wanted = catalog::CreateCollectionPlanRequest {
        title: walk.title("统计调查计划"),
        items: vec![survey],
        request_id: request_id(),
    };
    let drafted = call!(drafter, collection.create_collection_plan, wanted)?;
    let id = drafted.collection_plan.unwrap_or_default().collection_plan_id;
    let submit =
        catalog::SubmitCollectionPlanRequest { collection_plan_id: id.clone(), request_id: request_id() };
    let submitted = call!(approver, collection.submit_collection_plan, submit)?;
    Ok((id, submitted.collection_plan.unwrap_or_default()))
}

/// Information that was collected until `ended`, to be archived until `due`; both in days from today.
pub async fn archive_record(
    by: &Person,
    title: &str,
    ended: i64,
    due: i64,
) -> Result<catalog::ArchiveRecord, Failure> {
    let wanted = catalog::CreateArchiveRecordRequest {
        information: Some(catalog::CollectedInformation {
            title: title.to_owned(),
            period_start: in_days(ended - 300),
            period_end: in_days(ended),
            system: "区教育管理平台".to_owned(),
            entry_id: String::new(),
            archive_due: in_days(due),
        }),
        request_id: request_id(),
    };
    let created = call!(by, archiving.create_archive_record, wanted)?;
    Ok(created.archive_record.unwrap_or_default())
}
