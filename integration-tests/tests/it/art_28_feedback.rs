//! Journeys of article 28 over the gateway: problems found in data that was obtained.

use govshare_model::Role;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use govshare_proto::evaluation::v1::add_attachment_request::Part;
use govshare_proto::evaluation::v1::{self as pb, FeedbackState};
use integration_tests::refusal::refused;
use integration_tests::steps::{request_id, sha256};
use integration_tests::{Person, eventually};
use tonic::{Code, Status};

use crate::city::City;
use crate::evaluation_steps::*;

async fn get(person: &Person, id: &str) -> Result<pb::Feedback, Status> {
    let request = pb::GetFeedbackRequest { feedback_id: id.to_owned() };
    Ok(person.feedback().get_feedback(request).await?.into_inner().feedback.expect("a form"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_28_a_problem_in_obtained_data_is_verified_answered_in_writing_and_filed() {
    let city = City::start().await;
    let case = city.submitted_request(USER, PROVIDER).await;
    let (user, provider) = (city.person(USER, Role::Drafter), city.person(PROVIDER, Role::Drafter));
    let approver = city.person(PROVIDER, Role::Approver);
    let form =
        eventually("evaluation knows of the case", async || submit(&user, &case.entry_id, &case.id).await)
            .await;
    assert_eq!(
        (form.state(), form.answer_due, form.policy_pack.as_str()),
        (FeedbackState::Submitted, None, "xicheng-2014/1")
    );
    assert_eq!((form.user_unit_id.as_str(), form.provider_unit_id.as_str()), (USER, PROVIDER));
    assert_eq!((form.entry_version, form.entry_title.as_str()), (1, "小学在校生人数"));
    assert_eq!(waits(&provider).await, ["verify"]);
    assert!(waits(&user).await.is_empty());

    let feedback_id = form.feedback_id.clone();
    let answer = |text: &str| pb::AnswerFeedbackRequest {
        feedback_id: feedback_id.clone(),
        text: text.to_owned(),
        request_id: request_id(),
    };
    let early = approver.feedback().answer_feedback(answer("无误")).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("SUBMITTED").article("28");
    let verify = pb::VerifyFeedbackRequest { feedback_id: feedback_id.clone(), request_id: request_id() };
    let other = user.feedback().verify_feedback(verify.clone()).await;
    refused(other, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    provider.feedback().verify_feedback(verify).await.expect("verifying");

    let both = city.someone(PROVIDER, "jiaowei.zhang", &[Role::Drafter, Role::Approver]);
    let propose = pb::ProposeFeedbackAnswerRequest {
        feedback_id: feedback_id.clone(),
        outcome: pb::FeedbackOutcome::ToBeCorrected.into(),
        text: "拟于月底更正".to_owned(),
        request_id: request_id(),
    };
    both.feedback().propose_feedback_answer(propose).await.expect("proposed");
    let own = both.feedback().answer_feedback(answer("将更正")).await;
    refused(own, Code::PermissionDenied, "SELF_APPROVAL").article("28");
    let seen = get(&user, &feedback_id).await.expect("a party reads");
    assert_eq!(
        (seen.state(), seen.answer),
        (FeedbackState::Verifying, None),
        "the proposal is the provider's"
    );
    assert_eq!(get(&provider, &feedback_id).await.expect("reads").state(), FeedbackState::AnswerProposed);
    assert_eq!(waits(&approver).await, ["answer"]);

    approver.feedback().answer_feedback(answer("将于月底更正")).await.expect("answered");
    let seen = get(&user, &feedback_id).await.expect("a party reads");
    let written = seen.answer.clone().expect("a written answer");
    assert_eq!(
        (written.text.as_str(), written.outcome()),
        ("将于月底更正", pb::FeedbackOutcome::ToBeCorrected)
    );
    assert_eq!(written.copies_to_unit_ids, [USER, "info-office"]);
    let file = |request_id: String| pb::FileFeedbackRequest {
        feedback_id: feedback_id.clone(),
        remark: "2026-001".to_owned(),
        request_id,
    };
    assert!(waits(&city.info_office()).await.contains(&"file".to_owned()));
    let once = request_id();
    let filed = city.info_office().feedback().file_feedback(file(once.clone())).await.expect("filed");
    let filed = filed.into_inner();
    assert_eq!(filed.feedback.as_ref().map(|form| form.state()), Some(FeedbackState::Filed));
    let again = city.info_office().feedback().file_feedback(file(once)).await.expect("the first reply");
    assert_eq!(again.into_inner(), filed);
    assert!(!waits(&city.info_office()).await.contains(&"file".to_owned()));

    let expected = [
        "feedback.submitted",
        "feedback.verifying",
        "feedback.answer-proposed",
        "feedback.answered",
        "feedback.filed",
    ];
    let kinds = eventually("every step stands in the audit", async || {
        let events =
            city.events_of(&format!("feedback/{feedback_id}")).await.map_err(|status| status.to_string())?;
        let kinds: Vec<_> = events.into_iter().map(|event| event.r#type).collect();
        if kinds.len() == expected.len() { Ok(kinds) } else { Err(format!("{kinds:?}")) }
    })
    .await;
    assert_eq!(kinds, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_28_a_form_without_its_parts_or_about_another_units_case_changes_nothing() {
    let city = City::start().await;
    let case = city.submitted_request(USER, PROVIDER).await;
    let (user, stranger) = (city.person(USER, Role::Drafter), city.person("weishengju", Role::Drafter));
    let request = pb::SubmitFeedbackRequest {
        entry_id: case.entry_id.clone(),
        problems: vec![problem(pb::Aspect::Degree), pb::Problem::default()],
        request_id: request_id(),
        ..Default::default()
    };
    refused(user.feedback().submit_feedback(request).await, Code::InvalidArgument, "FIELD_INVALID")
        .violates("problems[0].aspect")
        .violates("problems[1].description");
    let form = submit(&user, &case.entry_id, "").await.expect("submitted");
    let foreign = submit(&stranger, &case.entry_id, &case.id).await.expect_err("another unit's case");
    assert_eq!(foreign.code(), Code::InvalidArgument);
    let own = submit(&city.person(PROVIDER, Role::Drafter), &case.entry_id, "").await.expect_err("their own");
    assert_eq!(own.code(), Code::FailedPrecondition);
    assert_eq!(get(&stranger, &form.feedback_id).await.expect_err("hidden").code(), Code::NotFound);
    let list = async |person: Person| {
        let listed = person.feedback().list_feedback(pb::ListFeedbackRequest::default()).await;
        listed.expect("a list").into_inner().feedback.len()
    };
    assert_eq!((list(user.clone()).await, list(stranger).await, list(city.info_office()).await), (1, 0, 1));

    let withdraw = pb::WithdrawFeedbackRequest {
        feedback_id: form.feedback_id.clone(),
        reason: "系本单位误读".to_owned(),
        request_id: request_id(),
    };
    user.feedback().withdraw_feedback(withdraw.clone()).await.expect("withdrawn");
    let again = pb::WithdrawFeedbackRequest { request_id: request_id(), ..withdraw };
    refused(user.feedback().withdraw_feedback(again).await, Code::FailedPrecondition, "WRONG_STATE")
        .state("WITHDRAWN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_28_the_answer_has_a_last_day_where_the_pack_in_force_gives_one_and_is_marked_late_once() {
    let packs = [("PACKS", "xicheng-2014@2014-08-01..2025-07-31, national-2025@2025-08-01..")];
    let city = City::start_with(evaluation::NAME, &packs).await;
    let entry = city.published_entry(PROVIDER).await;
    let user = city.person(USER, Role::Drafter);
    let form = submit(&user, &entry, "").await.expect("submitted");
    assert_eq!((form.answer_due, form.answer_due_provisional), (day(2026, 3, 17), false), "10 working days");
    assert!(form.policy_pack.starts_with("national-2025/"), "{}", form.policy_pack);
    let print = pb::GetFeedbackDocumentRequest { feedback_id: form.feedback_id.clone() };
    let page = user.feedback().get_feedback_document(print).await.expect("printed").into_inner().content;
    let page = String::from_utf8(page).expect("UTF-8");
    assert!(page.contains("依据《政务数据共享条例》（国务院令第809号）第二十六条"), "{page}");
    city.travel_to(2026, 3, 18);
    let marked = eventually("the form is marked overdue", async || {
        let found = get(&user, &form.feedback_id).await.map_err(|status| status.to_string())?;
        found.overdue_time.map(|_| found.state()).ok_or("not yet".to_owned())
    })
    .await;
    assert_eq!(marked, FeedbackState::Submitted, "shown beside the state");
    let overdue = eventually("the mark is counted", async || {
        let counted = period(&city, PROVIDER, "2026-03").await;
        if counted("feedback-overdue") == 1 { Ok(counted("feedback-received")) } else { Err("not yet") }
    })
    .await;
    assert_eq!(overdue, 1);
}

async fn attach(person: &Person, resource: &str, bytes: &[u8]) -> Result<Attachment, Status> {
    let header = AttachmentHeader {
        resource: resource.to_owned(),
        file_name: "比对结果.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: bytes.len() as i64,
        sha256: sha256(bytes),
        request_id: request_id(),
    };
    let parts = [Part::Header(header), Part::Chunk(bytes.to_vec())]
        .map(|part| pb::AddAttachmentRequest { part: Some(part) });
    let reply = person.evaluation_attachments().add_attachment(tokio_stream::iter(parts)).await?;
    Ok(reply.into_inner().attachment.expect("an attachment"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_28_evidence_of_a_problem_is_kept_with_the_form_for_those_who_read_it() {
    let city = City::start().await;
    let entry = city.published_entry(PROVIDER).await;
    let (user, stranger) = (city.person(USER, Role::Drafter), city.person("weishengju", Role::Drafter));
    let form = submit(&user, &entry, "").await.expect("submitted");
    let resource = format!("feedback/{}", form.feedback_id);
    let evidence = b"%PDF-1.7\n% what was compared\n";
    let added = attach(&user, &resource, evidence).await.expect("added");
    assert_eq!(attach(&stranger, &resource, evidence).await.expect_err("hidden").code(), Code::NotFound);
    let foreign = format!("inspection/{}", form.feedback_id);
    assert_eq!(attach(&user, &foreign, evidence).await.expect_err("another kind").code(), Code::NotFound);
    let list = pb::ListAttachmentsRequest { resource: resource.clone(), ..Default::default() };
    let provider = city.person(PROVIDER, Role::Approver);
    let listed = provider.evaluation_attachments().list_attachments(list).await.expect("a party reads");
    assert_eq!(listed.into_inner().attachments, [added]);
    let withdraw = pb::WithdrawFeedbackRequest {
        feedback_id: form.feedback_id,
        reason: "系本单位误读".to_owned(),
        request_id: request_id(),
    };
    user.feedback().withdraw_feedback(withdraw).await.expect("withdrawn");
    let late = attach(&user, &resource, evidence).await.map(tonic::Response::new);
    refused(late, Code::FailedPrecondition, "WRONG_STATE").state("WITHDRAWN").article("28");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_28_form_and_answer_have_numbers_and_print_for_those_who_read_them() {
    let city = City::start().await;
    let entry = city.published_entry(PROVIDER).await;
    let form = filed(&city, &entry, "").await;
    let answer = form.answer.clone().expect("a written answer");
    assert_eq!(
        (form.document_number.as_str(), answer.document_number.as_str()),
        ("发改馈〔2026〕1号", "教委核〔2026〕1号")
    );
    // What is refused takes no number, and the next is the next.
    let user = city.person(USER, Role::Drafter);
    let wrong =
        pb::SubmitFeedbackRequest { entry_id: entry.clone(), request_id: request_id(), ..Default::default() };
    user.feedback().submit_feedback(wrong).await.expect_err("no problem is named");
    let problems =
        vec![pb::Problem { description: "<b>缺</b>页".to_owned(), ..problem(pb::Aspect::Completeness) }];
    let request = pb::SubmitFeedbackRequest {
        entry_id: entry,
        problems,
        request_id: request_id(),
        ..Default::default()
    };
    let next = user.feedback().submit_feedback(request).await.expect("submitted").into_inner();
    let next = next.feedback.expect("a form");
    assert_eq!(next.document_number, "发改馈〔2026〕2号");

    let print = async |person: &Person, id: &str| {
        let request = pb::GetFeedbackDocumentRequest { feedback_id: id.to_owned() };
        person.feedback().get_feedback_document(request).await.map(tonic::Response::into_inner)
    };
    let page = print(&city.info_office(), &form.feedback_id).await.expect("printed");
    assert_eq!(page, print(&user, &form.feedback_id).await.expect("printed"), "the same for both");
    assert_eq!(page.content_type, "text/html; charset=utf-8");
    assert_eq!(page.sha256, sha256(&page.content));
    assert_eq!(page.file_name, "政务信息资源使用情况反馈表 发改馈〔2026〕1号.html");
    let text = String::from_utf8(page.content).expect("UTF-8");
    for part in [
        "区发展改革委",
        "区教委",
        "准确性：人数与年鉴不符",
        "已更正。已更正并重新发布",
        "教委核〔2026〕1号",
        "（西政办发〔2014〕14号）第二十八条",
    ] {
        assert!(text.contains(part), "{part} is not on {text}");
    }
    let text =
        String::from_utf8(print(&user, &next.feedback_id).await.expect("printed").content).expect("UTF-8");
    assert!(text.contains("&lt;b&gt;缺&lt;&#x2f;b&gt;页") && !text.contains("<b>"), "{text}");
    let stranger = city.person("weishengju", Role::Drafter);
    assert_eq!(print(&stranger, &form.feedback_id).await.expect_err("hidden").code(), Code::NotFound);
}
