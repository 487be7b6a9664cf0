//! The catalogue under the packs that the configuration lists: what is mandatory changes with the day (art. 37).

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::security_review::v1 as reviews;
use integration_tests::eventually;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id};
use tonic::{Code, Response, Status};

use crate::city::City;

const UNIT: &str = "jiaowei";
const OTHER: &str = "fagaiwei";
/// Nothing is in force on 2026-03-04.
const PACKS: &str = "xicheng-2014@2014-08-01..2026-03-03, national-2025@2026-03-05..";

async fn asked_for_review(
    city: &City,
    entry_id: &str,
    version: i32,
) -> Result<Response<reviews::CreateReviewResponse>, Status> {
    let request =
        reviews::CreateReviewRequest { entry_id: entry_id.to_owned(), version, request_id: request_id() };
    city.person(UNIT, Role::Drafter).reviews().create_review(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_37_what_an_entry_must_state_and_who_approves_it_follow_the_configured_pack_of_the_day() {
    let city = City::start_with("catalog", &[("PACKS", PACKS)]).await;
    let older = city.published_entry(UNIT).await;
    let entry = city.drafted_entry(UNIT, content("小学名录")).await.expect("drafted");

    city.travel_to(2026, 3, 4);
    let without_a_pack = asked_for_review(&city, &entry, 1).await;
    refused(without_a_pack, Code::FailedPrecondition, "WRONG_STATE").article("37");
    let suspend = catalog::SuspendEntryRequest {
        entry_id: older,
        reason: "数据有误".to_owned(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Approver).entries().suspend_entry(suspend).await.expect("no pack is asked");

    city.travel_to(2026, 3, 5);
    let lacking = asked_for_review(&city, &entry, 1).await;
    let lacking =
        refused(lacking, Code::FailedPrecondition, "ENTRY_INCOMPLETE").article("国务院令第809号 art. 13");
    let wanted = "formats, sharing_mode, grading, personal_information_assessment";
    assert!(lacking.status.message().contains(wanted), "{}", lacking.status.message());
    let complete = catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(catalog::EntryContent {
            formats: vec![catalog::Format { r#type: "csv".to_owned(), ..Default::default() }],
            sharing_mode: "接口".to_owned(),
            grading: "一般数据".to_owned(),
            personal_information_assessment: "不含个人信息".to_owned(),
            ..content("小学名录")
        }),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Drafter).entries().update_entry(complete).await.expect("completed");
    let review =
        asked_for_review(&city, &entry, 2).await.expect("under review").into_inner().review.expect("one");
    let pass = reviews::PassReviewRequest {
        review_id: review.review_id,
        content_digest: review.content_digest,
        request_id: request_id(),
    };
    city.person(UNIT, Role::Reviewer).reviews().pass_review(pass).await.expect("passed");
    let approve =
        || catalog::ApproveEntryRequest { entry_id: entry.clone(), version: 2, request_id: request_id() };
    let publish =
        || catalog::PublishEntryRequest { entry_id: entry.clone(), version: 2, request_id: request_id() };
    let mut approver = city.person(UNIT, Role::Approver).entries();
    eventually("the catalogue hears of the review", async || {
        match approver.clone().publish_entry(publish()).await {
            Err(status) if status.message().contains("info office") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    refused(approver.publish_entry(publish()).await, Code::FailedPrecondition, "AUTHORITY_REVIEW_MISSING");
    city.info_office().entries().approve_entry(approve()).await.expect("approved");
    approver.publish_entry(publish()).await.expect("published");
    let back = |version| catalog::ReturnEntryRequest {
        entry_id: entry.clone(),
        version,
        reasons: "更新周期与实际不符".to_owned(),
        request_id: request_id(),
    };
    let late = city.info_office().entries().return_entry(back(2)).await;
    refused(late, Code::FailedPrecondition, "WRONG_STATE").state("PUBLISHED");

    let third = catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(catalog::EntryContent {
            formats: vec![catalog::Format { r#type: "xlsx".to_owned(), ..Default::default() }],
            sharing_mode: "接口".to_owned(),
            grading: "一般数据".to_owned(),
            personal_information_assessment: "不含个人信息".to_owned(),
            ..content("小学名录")
        }),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(UNIT, Role::Drafter).entries().update_entry(third).await.expect("revised");
    let review =
        asked_for_review(&city, &entry, 3).await.expect("under review").into_inner().review.expect("one");
    let pass = reviews::PassReviewRequest {
        review_id: review.review_id,
        content_digest: review.content_digest,
        request_id: request_id(),
    };
    city.person(UNIT, Role::Reviewer).reviews().pass_review(pass).await.expect("passed");
    let returned = eventually("the catalogue hears of the review", async || {
        city.info_office().entries().return_entry(back(3)).await
    })
    .await;
    let returned = returned.into_inner().entry.expect("an entry").latest.expect("a version");
    assert_eq!(returned.state(), catalog::EntryVersionState::Rejected);
    assert_eq!(returned.return_reasons, "更新周期与实际不符");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_37_whether_collecting_again_is_refused_follows_the_configured_pack_of_the_day() {
    let city = City::start_with("catalog", &[("PACKS", PACKS)]).await;
    city.published_entry(UNIT).await;
    let item = catalog::CollectionItem {
        name: "小学在校生人数".to_owned(),
        item_names: vec!["学校".to_owned(), "人数".to_owned()],
        source: "学校报送".to_owned(),
        channel: "区交换平台".to_owned(),
        need: "需现场核验".to_owned(),
        ..Default::default()
    };
    let drafter = city.person(OTHER, Role::Drafter);
    let check = || catalog::CheckDuplicatesRequest { items: vec![item.clone()] };
    eventually("the entry is in the index", async || {
        let found = drafter.collection().check_duplicates(check()).await;
        let found = found.map_err(|status| status.to_string())?.into_inner();
        assert!(!found.duplicates_refused);
        if found.findings[0].similar_entries.is_empty() { Err("not found".to_owned()) } else { Ok(()) }
    })
    .await;
    let create = catalog::CreateCollectionPlanRequest {
        title: "2026年采集计划".to_owned(),
        items: vec![item.clone()],
        request_id: request_id(),
    };
    let plan = drafter.collection().create_collection_plan(create).await.expect("drafted").into_inner();
    let collection_plan_id = plan.collection_plan.expect("a plan").collection_plan_id;
    let submit = || catalog::SubmitCollectionPlanRequest {
        collection_plan_id: collection_plan_id.clone(),
        request_id: request_id(),
    };
    let mut approver = city.person(OTHER, Role::Approver).collection();
    city.travel_to(2026, 3, 4);
    refused(approver.submit_collection_plan(submit()).await, Code::FailedPrecondition, "WRONG_STATE")
        .article("37");
    city.travel_to(2026, 3, 5);
    let warned = drafter.collection().check_duplicates(check()).await.expect("checked").into_inner();
    assert!(warned.duplicates_refused);
    let again = approver.submit_collection_plan(submit()).await;
    refused(again, Code::FailedPrecondition, "DUPLICATE_COLLECTION").article("国务院令第809号 art. 19");
}
