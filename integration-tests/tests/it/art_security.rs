//! Journeys of the secrecy bureau's work, over the gateway: art. 9, 24, 30 and 31.

use govshare_model::Role;
use govshare_proto::attachment::v1::AttachmentHeader;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use govshare_proto::security_review::v1::add_attachment_request::Part;
use govshare_proto::security_review::v1::{
    self as pb, RestrictionBasis, RestrictionState, ReviewState, SecrecyRulesState,
};
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id, sha256};
use integration_tests::{Person, eventually};
use tonic::Code;

use crate::city::City;

const PROVIDER: &str = "jiaowei";
const STRANGER: &str = "weishengju";
const BUREAU: &str = "baomiju";
const WORDS: &str = "《个人信息保护法》第三十一条";

fn bureau(city: &City) -> Person {
    city.person(BUREAU, Role::SecrecyBureau)
}

fn state(entry_id: &str) -> pb::StateRestrictionRequest {
    pb::StateRestrictionRequest {
        entry_id: entry_id.to_owned(),
        basis: RestrictionBasis::Law.into(),
        words: WORDS.to_owned(),
        request_id: request_id(),
    }
}

async fn opened(city: &City, entry_id: &str) -> pb::Review {
    opened_version(city, entry_id, 1).await
}

async fn opened_version(city: &City, entry_id: &str, version: i32) -> pb::Review {
    let request =
        pb::CreateReviewRequest { entry_id: entry_id.to_owned(), version, request_id: request_id() };
    let reply = city.person(PROVIDER, Role::Drafter).reviews().create_review(request).await.expect("opened");
    reply.into_inner().review.expect("a review")
}

fn pass(review: &pb::Review) -> pb::PassReviewRequest {
    pb::PassReviewRequest {
        review_id: review.review_id.clone(),
        content_digest: review.content_digest.clone(),
        request_id: request_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art24_on_application_only_with_a_basis_that_the_secrecy_bureau_approved_and_the_info_office_filed() {
    let city = City::start_with("security-review", &[("PACKS", "xicheng-2014@2014-08-01..")]).await;
    let entry = city.drafted_entry(PROVIDER, content("学籍信息")).await.expect("drafted");
    let review = opened(&city, &entry).await;
    let mut reviewer = city.person(PROVIDER, Role::Reviewer).reviews();
    refused(reviewer.pass_review(pass(&review)).await, Code::FailedPrecondition, "RESTRICTION_NOT_FILED")
        .article("24(二)");

    let mut drafter = city.person(PROVIDER, Role::Drafter).restrictions();
    let stranger = city.person(STRANGER, Role::Drafter).restrictions().state_restriction(state(&entry)).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    let stated = drafter.state_restriction(state(&entry)).await.expect("stated").into_inner();
    let id = stated.restriction.expect("a restriction").restriction_id;
    refused(drafter.state_restriction(state(&entry)).await, Code::AlreadyExists, "RESTRICTION_EXISTS");
    let tasks = pb::ListTasksRequest::default();
    let waiting =
        bureau(&city).review_tasks().list_tasks(tasks).await.expect("a work list").into_inner().tasks;
    assert_eq!(waiting.iter().map(|task| task.kind.as_str()).collect::<Vec<_>>(), ["approve"]);

    let file = || pb::FileRestrictionRequest { restriction_id: id.clone(), request_id: request_id() };
    let early = city.info_office().restrictions().file_restriction(file()).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("STATED").article("24(二)");
    let approve = || pb::ApproveRestrictionRequest { restriction_id: id.clone(), request_id: request_id() };
    let read = catalog::GetEntryRequest { entry_id: entry.clone() };
    let read = bureau(&city).entries().get_entry(read).await.expect("the bureau reads what it decides on");
    assert!(read.into_inner().entry.expect("an entry").latest.is_some());
    let unit = city.person(PROVIDER, Role::Approver).restrictions().approve_restriction(approve()).await;
    refused(unit, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    bureau(&city).restrictions().approve_restriction(approve()).await.expect("approved");
    refused(reviewer.pass_review(pass(&review)).await, Code::FailedPrecondition, "RESTRICTION_NOT_FILED");
    let filed =
        city.info_office().restrictions().file_restriction(file()).await.expect("on file").into_inner();
    assert_eq!(filed.restriction.expect("a restriction").state(), RestrictionState::Filed);
    reviewer.pass_review(pass(&review)).await.expect("now it may be listed");

    let mut active = content("学校名录");
    active.sharing_type = govshare_proto::catalog::v1::SharingType::Unconditional.into();
    let active = city.drafted_entry(PROVIDER, active).await.expect("drafted");
    refused(
        drafter.state_restriction(state(&active)).await,
        Code::FailedPrecondition,
        "ENTRY_SHARED_ACTIVELY",
    );
    let review = opened(&city, &active).await;
    reviewer.pass_review(pass(&review)).await.expect("active sharing needs no restriction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art24_restrictions_of_a_whole_catalogue_are_stated_approved_and_filed_in_bulk() {
    let city = City::start().await;
    let mut entries = Vec::new();
    for title in ["学籍信息", "教师信息", "考试成绩"] {
        entries.push(city.drafted_entry(PROVIDER, content(title)).await.expect("drafted"));
    }
    let foreign = city.drafted_entry(STRANGER, content("疾病报告")).await.expect("drafted");
    let request = pb::BatchStateRestrictionsRequest {
        entry_ids: entries.iter().chain([&foreign]).cloned().collect(),
        basis: RestrictionBasis::Explanation.into(),
        words: "涉及未成年人个人信息，不宜普遍共享".to_owned(),
        request_id: request_id(),
    };
    let mut drafter = city.person(PROVIDER, Role::Drafter).restrictions();
    let results = drafter.batch_state_restrictions(request).await.expect("answered").into_inner().results;
    let reasons: Vec<_> = results.iter().map(|result| result.reason.as_str()).collect();
    assert_eq!(reasons, ["", "", "", "NOT_FOUND"]);
    let ids: Vec<_> = results.into_iter().take(3).map(|result| result.restriction_id).collect();
    let approve =
        pb::BatchApproveRestrictionsRequest { restriction_ids: ids.clone(), request_id: request_id() };
    let approved = bureau(&city).restrictions().batch_approve_restrictions(approve).await.expect("answered");
    let states: Vec<_> = approved.into_inner().results.iter().map(pb::RestrictionResult::state).collect();
    assert_eq!(states, [RestrictionState::Approved; 3]);
    let reject = pb::RejectRestrictionRequest {
        restriction_id: ids[0].clone(),
        reasons: "依据不足".to_owned(),
        request_id: request_id(),
    };
    let late = bureau(&city).restrictions().reject_restriction(reject).await;
    refused(late, Code::FailedPrecondition, "WRONG_STATE").state("APPROVED");
    let file = pb::BatchFileRestrictionsRequest { restriction_ids: ids, request_id: request_id() };
    let filed = city.info_office().restrictions().batch_file_restrictions(file).await.expect("answered");
    assert!(filed.into_inner().results.iter().all(|result| result.state() == RestrictionState::Filed));
    let list = pb::ListRestrictionsRequest { state: RestrictionState::Filed.into(), ..Default::default() };
    let listed = drafter.list_restrictions(list.clone()).await.expect("a list").into_inner().restrictions;
    assert_eq!(listed.len(), 3);
    let hidden = city.person(STRANGER, Role::Drafter).restrictions().list_restrictions(list).await;
    assert!(hidden.expect("a list").into_inner().restrictions.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art9_a_unit_hands_in_its_secrecy_rules_and_the_secrecy_bureau_guides_and_accepts() {
    let city = City::start().await;
    let file = || pb::FileSecrecyRulesRequest {
        title: "区教委政务信息资源共享保密制度".to_owned(),
        text: "第一条 ……".to_owned(),
        request_id: request_id(),
    };
    let mut approver = city.person(PROVIDER, Role::Approver).secrecy_rules();
    let filed = approver.file_secrecy_rules(file()).await.expect("filed").into_inner().secrecy_rules;
    assert_eq!(filed.expect("rules").revision, 1);
    let guide = pb::GuideSecrecyRulesRequest {
        unit_id: PROVIDER.to_owned(),
        revision: 1,
        guidance: "补充保密审查流程".to_owned(),
        request_id: request_id(),
    };
    let own = approver.guide_secrecy_rules(guide.clone()).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    bureau(&city).secrecy_rules().guide_secrecy_rules(guide).await.expect("guided");
    approver.file_secrecy_rules(file()).await.expect("revised");
    let accept = |revision| pb::AcceptSecrecyRulesRequest {
        unit_id: PROVIDER.to_owned(),
        revision,
        request_id: request_id(),
    };
    let stale = bureau(&city).secrecy_rules().accept_secrecy_rules(accept(1)).await;
    refused(stale, Code::Aborted, "LOST_RACE").article("9");
    let accepted = bureau(&city).secrecy_rules().accept_secrecy_rules(accept(2)).await.expect("accepted");
    assert_eq!(accepted.into_inner().secrecy_rules.expect("rules").state(), SecrecyRulesState::Accepted);
    let get = pb::GetSecrecyRulesRequest { unit_id: PROVIDER.to_owned() };
    let stranger = city.person(STRANGER, Role::Drafter).secrecy_rules().get_secrecy_rules(get).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art30_nobody_lowers_a_systems_security_level_without_recorded_authority() {
    let city = City::start().await;
    let mut approver = city.person(PROVIDER, Role::Approver).systems();
    let register = || pb::RegisterInformationSystemRequest {
        name: "学籍管理系统".to_owned(),
        level: 2,
        request_id: request_id(),
    };
    let system = approver.register_information_system(register()).await.expect("registered").into_inner();
    let system_id = system.information_system.expect("a system").system_id;
    refused(approver.register_information_system(register()).await, Code::AlreadyExists, "ALREADY_EXISTS");
    let change = |level, authority| pb::ChangeSecurityLevelRequest {
        system_id: system_id.clone(),
        level,
        authority,
        request_id: request_id(),
    };
    let raised = approver.change_security_level(change(3, None)).await.expect("raising is free");
    assert_eq!(raised.into_inner().information_system.expect("a system").level, 3);
    refused(
        approver.change_security_level(change(2, None)).await,
        Code::FailedPrecondition,
        "LEVEL_LOWERED_WITHOUT_AUTHORITY",
    )
    .article("30");
    let stranger =
        city.person(STRANGER, Role::Approver).systems().change_security_level(change(4, None)).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    let authority = pb::LoweringAuthority {
        body: "市公安局网络安全保卫部门".to_owned(),
        document_number: "京公网安〔2026〕3号".to_owned(),
        document_date: Some(Date { year: 2026, month: 3, day: 2 }),
    };
    let lowered = approver.change_security_level(change(2, Some(authority.clone()))).await.expect("allowed");
    let lowered = lowered.into_inner().information_system.expect("a system");
    assert_eq!((lowered.level, lowered.authority), (2, Some(authority)));
    let list = pb::ListInformationSystemsRequest::default();
    let listed = bureau(&city).systems().list_information_systems(list).await.expect("a list").into_inner();
    assert_eq!(listed.information_systems.len(), 1);
}

/// The tables of catalogue and security review with a row that has these words in any of its columns.
async fn kept_in(city: &City, words: &str) -> Vec<String> {
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
        WHERE schemaname IN ('catalog', 'security_review') ORDER BY 1";
    let pool = sqlx::PgPool::connect(city.database.url()).await.expect("the owner connects");
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&pool).await.expect("the tables");
    assert!(tables.len() > 20);
    let mut kept = Vec::new();
    for table in tables {
        // As text a row shows its texts as they are, and its bytes in hexadecimal.
        let count = format!(
            "SELECT count(*) FROM {table} AS t WHERE position($1 IN t::text) > 0 OR position($2 IN t::text) > 0"
        );
        let hex = hex::encode(words);
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).bind(words).bind(hex);
        let found: i64 = count.fetch_one(&pool).await.expect("counted");
        kept.extend((found > 0).then_some(table));
    }
    kept
}

async fn is_kept(city: &City, words: &str) -> bool {
    !kept_in(city, words).await.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art31_content_found_to_be_a_state_secret_is_rejected_with_where_it_belongs_and_erased() {
    const SECRET: &str = "某专项名单";
    let city = City::start().await;
    let entry = city.drafted_entry(PROVIDER, content(SECRET)).await.expect("drafted");
    let mut drafter = city.person(PROVIDER, Role::Drafter).entries();
    let update = |title: &str| catalog::UpdateEntryRequest {
        entry_id: entry.clone(),
        content: Some(content(title)),
        etag: String::new(),
        request_id: request_id(),
    };
    drafter.update_entry(update("某专项名单（二）")).await.expect("drafted anew");
    let review = opened_version(&city, &entry, 2).await;
    let restrict = pb::StateRestrictionRequest {
        entry_id: entry.clone(),
        basis: pb::RestrictionBasis::Explanation.into(),
        words: "某专项名单涉及在办事项".to_owned(),
        request_id: request_id(),
    };
    let restricted = city.person(PROVIDER, Role::Drafter).restrictions().state_restriction(restrict).await;
    let restriction = restricted.expect("stated").into_inner().restriction.expect("a restriction");
    let paper = |resource: String| {
        let (writer, bytes) = (city.person(PROVIDER, Role::Drafter), "某专项名单样本".as_bytes());
        let header = AttachmentHeader {
            resource,
            file_name: "某专项名单样本.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: bytes.len() as i64,
            sha256: sha256(bytes),
            request_id: request_id(),
        };
        let parts = [Part::Header(header), Part::Chunk(bytes.to_vec())];
        let parts = parts.map(|part| pb::AddAttachmentRequest { part: Some(part) });
        async move { writer.review_attachments().add_attachment(tokio_stream::iter(parts)).await }
    };
    paper(format!("review/{}", review.review_id)).await.expect("added");
    paper(format!("restriction/{}", restriction.restriction_id)).await.expect("added");
    let kept = kept_in(&city, SECRET).await;
    for table in ["attachments", "idempotency", "restrictions", "reviews", "tasks"] {
        assert!(kept.contains(&format!("security_review.{table}")), "{table} is not in {kept:?}");
    }
    for table in ["entry_versions", "idempotency"] {
        assert!(kept.contains(&format!("catalog.{table}")), "{table} is not in {kept:?}");
    }
    let reject = pb::RejectReviewRequest {
        review_id: review.review_id.clone(),
        reasons: String::new(),
        request_id: request_id(),
        state_secret: true,
    };
    let writer = city.person(PROVIDER, Role::Drafter).reviews().reject_review(reject.clone()).await;
    refused(writer, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let rejected =
        city.person(PROVIDER, Role::Reviewer).reviews().reject_review(reject).await.expect("rejected");
    let rejected = rejected.into_inner().review.expect("a review");
    assert_eq!(rejected.state(), ReviewState::Rejected);
    assert!(rejected.reasons.contains("保守国家秘密法") && rejected.reasons.contains("区保密局"));

    eventually("the catalogue hears of it", async || {
        let kept = kept_in(&city, SECRET).await;
        if kept.is_empty() { Ok(()) } else { Err(format!("it is kept in {kept:?}")) }
    })
    .await;
    let list = catalog::ListEntryVersionsRequest { entry_id: entry.clone(), ..Default::default() };
    let versions = drafter.list_entry_versions(list).await.expect("readable").into_inner().versions;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0].content_digest, review.content_digest, "what was erased can be proven");
    for version in versions {
        let said = version.content.expect("a content");
        let only = catalog::EntryContent {
            title: "涉及国家秘密的信息不得在本平台登记，请线下办理".to_owned(),
            ..Default::default()
        };
        assert_eq!(said, only);
        assert!(version.erase_time.is_some());
    }
    drafter.update_entry(update("某专项名单（二）")).await.expect("the same again changes nothing");
    assert!(!is_kept(&city, SECRET).await);
    let events = eventually("the audit has the erasure", async || {
        let events = city.events_of(&format!("entry/{entry}")).await.map_err(|status| status.to_string())?;
        let last = events.last().map(|event| event.r#type.clone()).unwrap_or_default();
        if last == "entry.erased-as-state-secret" { Ok(events) } else { Err(last) }
    })
    .await;
    assert_eq!(events.last().expect("events").article, "31");
    assert!(!format!("{events:?}").contains(SECRET), "the audit keeps digests only");

    let published = city.published_entry(PROVIDER).await;
    let former = catalog::GetEntryRequest { entry_id: published.clone() };
    let former = drafter.get_entry(former).await.expect("readable").into_inner().entry.expect("an entry");
    let change = catalog::UpdateEntryRequest { entry_id: published.clone(), ..update("又一专项名单") };
    drafter.update_entry(change).await.expect("drafted");
    let review = opened_version(&city, &published, 2).await;
    let reject = pb::RejectReviewRequest {
        review_id: review.review_id,
        reasons: String::new(),
        request_id: request_id(),
        state_secret: true,
    };
    city.person(PROVIDER, Role::Reviewer).reviews().reject_review(reject).await.expect("rejected");
    eventually("the draft is erased", async || {
        let kept = kept_in(&city, "又一专项名单").await;
        if kept.is_empty() { Ok(()) } else { Err(format!("it is kept in {kept:?}")) }
    })
    .await;
    let request = catalog::GetEntryRequest { entry_id: published };
    let found = drafter.get_entry(request).await.expect("readable").into_inner().entry.expect("an entry");
    assert_eq!(found.published, former.published, "what was published before stays");
}
