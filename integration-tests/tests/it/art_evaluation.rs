//! Journeys of articles 6, 7, 8, 28, 32, 33 and 34 over the gateway, named after them.

use govshare_model::Role;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use govshare_proto::evaluation::v1::add_attachment_request::Part;
use govshare_proto::evaluation::v1::{self as pb, FeedbackState};
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::{request_id, sha256};
use integration_tests::{DATA, Person, eventually, redeem};
use tonic::{Code, Status};

use crate::city::City;

const USER: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn problem(aspect: pb::Aspect) -> pb::Problem {
    pb::Problem {
        aspect: aspect.into(),
        description: "人数与年鉴不符".to_owned(),
        items: vec!["人数".to_owned()],
    }
}

async fn submit(person: &Person, entry_id: &str, case_id: &str) -> Result<pb::Feedback, Status> {
    let request = pb::SubmitFeedbackRequest {
        entry_id: entry_id.to_owned(),
        case_id: case_id.to_owned(),
        problems: vec![problem(pb::Aspect::Accuracy)],
        request_id: request_id(),
    };
    Ok(person.feedback().submit_feedback(request).await?.into_inner().feedback.expect("a form"))
}

async fn get(person: &Person, id: &str) -> Result<pb::Feedback, Status> {
    let request = pb::GetFeedbackRequest { feedback_id: id.to_owned() };
    Ok(person.feedback().get_feedback(request).await?.into_inner().feedback.expect("a form"))
}

/// What waits for a person in evaluation, as kinds.
async fn waits(person: &Person) -> Vec<String> {
    let tasks = person.evaluation_tasks().list_tasks(pb::ListTasksRequest::default()).await.expect("a list");
    tasks.into_inner().tasks.into_iter().map(|task| task.kind).collect()
}

/// The whole loop of a form, to its filing.
async fn filed(city: &City, entry_id: &str, case_id: &str) -> pb::Feedback {
    let user = city.person(USER, Role::Drafter);
    let form = submit(&user, entry_id, case_id).await.expect("submitted");
    let feedback_id = form.feedback_id;
    let mut provider = city.person(PROVIDER, Role::Drafter).feedback();
    let verify = pb::VerifyFeedbackRequest { feedback_id: feedback_id.clone(), request_id: request_id() };
    provider.verify_feedback(verify).await.expect("verifying");
    let propose = pb::ProposeFeedbackAnswerRequest {
        feedback_id: feedback_id.clone(),
        outcome: pb::FeedbackOutcome::Corrected.into(),
        text: "已更正并重新发布".to_owned(),
        request_id: request_id(),
    };
    provider.propose_feedback_answer(propose).await.expect("proposed");
    let answer = pb::AnswerFeedbackRequest {
        feedback_id: feedback_id.clone(),
        text: "已更正并重新发布".to_owned(),
        request_id: request_id(),
    };
    city.person(PROVIDER, Role::Approver).feedback().answer_feedback(answer).await.expect("answered");
    let file = pb::FileFeedbackRequest { feedback_id, remark: "备案".to_owned(), request_id: request_id() };
    let filed = city.info_office().feedback().file_feedback(file).await.expect("filed");
    filed.into_inner().feedback.expect("a form")
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

fn assessments(aspects: &[pb::Aspect]) -> Vec<pb::Assessment> {
    let assessment = |aspect: &pb::Aspect| pb::Assessment {
        aspect: (*aspect).into(),
        score: 95,
        remarks: "年度抽查".to_owned(),
    };
    aspects.iter().map(assessment).collect()
}

const ASPECTS: [pb::Aspect; 6] = [
    pb::Aspect::Truth,
    pb::Aspect::Completeness,
    pb::Aspect::Accuracy,
    pb::Aspect::Timeliness,
    pb::Aspect::Degree,
    pb::Aspect::Results,
];

/// A self-evaluation of `unit` that the info office accepted.
async fn accepted(city: &City, unit: &str) {
    let mut drafter = city.person(unit, Role::Drafter).self_evaluations();
    let request = pb::CreateSelfEvaluationRequest {
        period_start: day(2025, 3, 1),
        period_end: day(2026, 2, 28),
        assessments: assessments(&ASPECTS),
        request_id: request_id(),
    };
    let drafted = drafter.create_self_evaluation(request).await.expect("drafted").into_inner();
    let self_evaluation_id = drafted.self_evaluation.expect("a draft").self_evaluation_id;
    let submit = pb::SubmitSelfEvaluationRequest {
        self_evaluation_id: self_evaluation_id.clone(),
        request_id: request_id(),
    };
    city.person(unit, Role::Approver)
        .self_evaluations()
        .submit_self_evaluation(submit)
        .await
        .expect("submitted");
    let accept = pb::AcceptSelfEvaluationRequest { self_evaluation_id, request_id: request_id() };
    city.info_office().self_evaluations().accept_self_evaluation(accept).await.expect("accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_32_a_unit_evaluates_itself_in_six_aspects_and_the_info_office_accepts() {
    let city = City::start().await;
    let (drafter, approver) = (city.person(PROVIDER, Role::Drafter), city.person(PROVIDER, Role::Approver));
    let request = pb::CreateSelfEvaluationRequest {
        period_start: day(2025, 3, 1),
        period_end: day(2026, 2, 28),
        assessments: assessments(&ASPECTS[..4]),
        request_id: request_id(),
    };
    let drafted =
        drafter.self_evaluations().create_self_evaluation(request).await.expect("drafted").into_inner();
    let self_evaluation_id = drafted.self_evaluation.expect("a draft").self_evaluation_id;
    let get = pb::GetSelfEvaluationRequest { self_evaluation_id: self_evaluation_id.clone() };
    let hidden = city.info_office().self_evaluations().get_self_evaluation(get.clone()).await;
    let hidden = hidden.expect_err("a draft is the unit's own");
    // The officer of the tests is a drafter too, of another unit.
    assert_eq!(hidden.code(), Code::NotFound);

    let submit = || pb::SubmitSelfEvaluationRequest {
        self_evaluation_id: self_evaluation_id.clone(),
        request_id: request_id(),
    };
    let partial = approver.self_evaluations().submit_self_evaluation(submit()).await;
    refused(partial, Code::InvalidArgument, "FORM_INCOMPLETE")
        .violates("assessments.ASPECT_DEGREE")
        .violates("assessments.ASPECT_RESULTS")
        .article("32");
    let update = pb::UpdateSelfEvaluationRequest {
        self_evaluation_id: self_evaluation_id.clone(),
        assessments: assessments(&ASPECTS),
        request_id: request_id(),
    };
    drafter.self_evaluations().update_self_evaluation(update).await.expect("revised");
    approver.self_evaluations().submit_self_evaluation(submit()).await.expect("submitted");
    let give_back = |reasons: &str| pb::ReturnSelfEvaluationRequest {
        self_evaluation_id: self_evaluation_id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
    };
    let mut office = city.info_office().self_evaluations();
    let silent = office.return_self_evaluation(give_back(" ")).await;
    refused(silent, Code::InvalidArgument, "REASONS_MISSING").violates("reasons").article("32");
    office.return_self_evaluation(give_back("请补充抽查记录")).await.expect("returned");
    let seen =
        drafter.self_evaluations().get_self_evaluation(get).await.expect("the unit's own").into_inner();
    let seen = seen.self_evaluation.expect("a record");
    assert_eq!(
        (seen.state(), seen.return_reasons.as_str()),
        (pb::SelfEvaluationState::Draft, "请补充抽查记录")
    );
    approver.self_evaluations().submit_self_evaluation(submit()).await.expect("submitted again");
    let accept = pb::AcceptSelfEvaluationRequest { self_evaluation_id, request_id: request_id() };
    let accepted = office.accept_self_evaluation(accept).await.expect("accepted").into_inner();
    assert_eq!(accepted.self_evaluation.map(|found| found.state()), Some(pb::SelfEvaluationState::Accepted));
}

/// A case to its delivery, feedback to its filing, and a self-evaluation: something to measure.
async fn a_years_work(city: &City) {
    let (case, agreement_id) = city.agreed_case(USER, PROVIDER).await;
    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await;
    let request = govshare_proto::exchange::v1::CreateTicketRequest {
        agreement_id,
        data_version_id: version.data_version_id,
    };
    let ticket = city.person(USER, Role::Drafter).exchange().create_ticket(request).await.expect("a ticket");
    let ticket = ticket.into_inner();
    redeem(&ticket.download_uri, &ticket.ticket).await.expect("delivered");
    filed(city, &case.entry_id, "").await;
    accepted(city, PROVIDER).await;
    eventually("everything is counted", async || {
        let counted = period(city, PROVIDER, "2026").await;
        let wanted = [
            ("deliveries-given", 1),
            ("feedback-answered", 1),
            ("self-evaluations", 1),
            ("answered-in-time", 1),
        ];
        let there = wanted.iter().all(|(name, number)| counted(name) == *number);
        if there { Ok(()) } else { Err("not yet") }
    })
    .await;
}

async fn period(city: &City, unit: &str, period: &str) -> impl Fn(&str) -> i64 + use<> {
    let request = pb::GetUnitPeriodRequest { unit_id: unit.to_owned(), period: period.to_owned() };
    let reply =
        city.info_office().evaluation().get_unit_period(request).await.expect("a period").into_inner();
    move |name| {
        let found = reply.counted.iter().find(|counted| counted.indicator == name);
        found.map(|counted| counted.value).unwrap_or_else(|| panic!("no {name}"))
    }
}

async fn computed(city: &City, scheme: Option<pb::EvaluationScheme>) -> pb::YearlyEvaluation {
    let request = pb::CreateYearlyEvaluationRequest { year: 2026, scheme, request_id: request_id() };
    let reply =
        city.info_office().yearly_evaluations().create_yearly_evaluation(request).await.expect("computed");
    reply.into_inner().yearly_evaluation.expect("an evaluation")
}

async fn freeze(city: &City, id: &str) {
    let freeze =
        pb::FreezeYearlyEvaluationRequest { yearly_evaluation_id: id.to_owned(), request_id: request_id() };
    city.info_office().yearly_evaluations().freeze_yearly_evaluation(freeze).await.expect("frozen");
}

async fn results(person: &Person, id: &str) -> Result<Vec<pb::UnitResult>, Status> {
    let request = pb::ListUnitResultsRequest { yearly_evaluation_id: id.to_owned(), ..Default::default() };
    Ok(person.yearly_evaluations().list_unit_results(request).await?.into_inner().results)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_32_the_yearly_evaluation_is_computed_from_the_feed_frozen_and_reproduced() {
    let city = City::start().await;
    a_years_work(&city).await;
    let march = period(&city, PROVIDER, "2026-03").await;
    assert_eq!((march("deliveries-given"), march("listed-entries"), march("compiled-entries")), (1, 1, 1));
    let february = period(&city, PROVIDER, "2026-02").await;
    assert_eq!((february("deliveries-given"), february("listed-entries")), (0, 0), "at the end of February");

    let office = city.info_office();
    let check = async || {
        let request = pb::CheckYearlyEvaluationsRequest { year: 2026 };
        let reply = office.yearly_evaluations().check_yearly_evaluations(request).await.expect("a check");
        let reply = reply.into_inner();
        (reply.required, reply.missing, reply.basis)
    };
    assert_eq!(
        check().await,
        (1, 1, "xicheng-2014/1 32".to_owned()),
        "at least one a year, and it is missing"
    );

    let evaluation = computed(&city, None).await;
    let id = evaluation.yearly_evaluation_id.clone();
    let ranked = results(&office, &id).await.expect("the office reads all");
    let provider = ranked.iter().find(|result| result.unit_id == PROVIDER).expect("measured").clone();
    let score = |measure: &str| {
        let found = provider.measures.iter().find(|found| found.measure == measure).expect("weighted");
        found.applies.then_some(found.score)
    };
    assert_eq!(
        (score("completeness"), score("answer-timeliness"), score("refusals")),
        (Some(10_000), Some(10_000), Some(10_000))
    );
    assert_eq!(
        (score("objections"), score("feedback-handling"), score("self-evaluation")),
        (None, Some(10_000), Some(10_000))
    );
    // One delivery of the twelve that the scheme calls full.
    assert_eq!(score("use"), Some(833));
    assert_eq!((provider.rank, provider.display_name.as_str()), (1, "区教委"));

    let unit = city.person(PROVIDER, Role::Drafter);
    assert_eq!(results(&unit, &id).await.expect_err("not frozen yet").code(), Code::NotFound);
    freeze(&city, &id).await;
    assert_eq!(results(&unit, &id).await.expect("its own"), std::slice::from_ref(&provider));
    assert_eq!(check().await.1, 0);

    // What happens afterwards, in the same year, changes nothing of it.
    let entry = city.published_entry("weishengju").await;
    city.submitted_request_for(USER, "weishengju", &entry).await;
    eventually("the later request is counted", async || {
        let counted = period(&city, "weishengju", "2026").await;
        if counted("requests-received") == 1 { Ok(()) } else { Err("not yet") }
    })
    .await;
    let verify = pb::VerifyYearlyEvaluationRequest { yearly_evaluation_id: id.clone() };
    let verified =
        office.yearly_evaluations().verify_yearly_evaluation(verify).await.expect("read").into_inner();
    assert!(verified.reproduced, "{verified:?}");
    assert_eq!(
        (verified.results_sha256, verified.event_count),
        (evaluation.results_sha256.clone(), evaluation.feed_position)
    );
    let later = computed(&city, None).await;
    assert_ne!(later.results_sha256, evaluation.results_sha256, "what counts now counts for the next one");

    let again = pb::RecomputeYearlyEvaluationRequest {
        yearly_evaluation_id: id.clone(),
        scheme: None,
        request_id: request_id(),
    };
    let again = office.yearly_evaluations().recompute_yearly_evaluation(again).await;
    refused(again, Code::FailedPrecondition, "WRONG_STATE").state("FROZEN").article("32");
    let report = pb::ReportYearlyEvaluationRequest {
        yearly_evaluation_id: id,
        summary: "总体情况良好".to_owned(),
        request_id: request_id(),
    };
    let reported = office.yearly_evaluations().report_yearly_evaluation(report).await.expect("reported");
    let state = reported.into_inner().yearly_evaluation.map(|found| found.state());
    assert_eq!(state, Some(pb::YearlyEvaluationState::Reported));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_32_weights_that_do_not_add_up_or_name_no_measure_are_refused() {
    let city = City::start().await;
    let weight = |measure: &str, weight| pb::MeasureWeight { measure: measure.to_owned(), weight };
    let create = |weights: Vec<pb::MeasureWeight>| pb::CreateYearlyEvaluationRequest {
        year: 2026,
        scheme: Some(pb::EvaluationScheme { weights, full_use: 12, outstanding_from: 9000 }),
        request_id: request_id(),
    };
    let mut office = city.info_office().yearly_evaluations();
    let short = office.create_yearly_evaluation(create(vec![weight("degree", 60), weight("use", 30)])).await;
    refused(short, Code::InvalidArgument, "WEIGHTS_INVALID").violates("scheme.weights").article("32");
    let unknown = office.create_yearly_evaluation(create(vec![weight("kindness", 100)])).await;
    refused(unknown, Code::InvalidArgument, "WEIGHTS_INVALID")
        .violates("scheme.weights[0].measure")
        .article("32");
    let future = pb::CreateYearlyEvaluationRequest { year: 2027, scheme: None, request_id: request_id() };
    let future = office.create_yearly_evaluation(future).await;
    refused(future, Code::InvalidArgument, "FIELD_INVALID").violates("year");
    let listed = office.list_yearly_evaluations(pb::ListYearlyEvaluationsRequest::default()).await;
    assert_eq!(listed.expect("a list").into_inner().yearly_evaluations, Vec::new(), "nothing was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_32_the_report_for_the_district_government_comes_as_page_workbook_and_json() {
    let city = City::start().await;
    a_years_work(&city).await;
    let evaluation = computed(&city, None).await;
    let render = |format: pb::ReportFormat| pb::RenderYearlyReportRequest {
        yearly_evaluation_id: evaluation.yearly_evaluation_id.clone(),
        format: format.into(),
    };
    let office = city.info_office();
    let mut files = Vec::new();
    for format in [pb::ReportFormat::Html, pb::ReportFormat::Xlsx, pb::ReportFormat::Json] {
        let file = office.yearly_evaluations().render_yearly_report(render(format)).await.expect("rendered");
        let again = office.yearly_evaluations().render_yearly_report(render(format)).await.expect("rendered");
        let file = file.into_inner();
        assert_eq!(file, again.into_inner(), "the same evaluation gives the same bytes");
        files.push(file);
    }
    let [page, workbook, json] = files.try_into().map_err(|_| "three").expect("three files");
    let text = String::from_utf8(page.content).expect("UTF-8");
    assert!(text.contains("政务信息资源共享年度考评报告") && text.contains("区教委"));
    assert!(text.matches("<svg").count() >= 3, "bars, trend and heat map");
    assert_eq!(
        (page.media_type.as_str(), page.file_name.as_str()),
        ("text/html; charset=utf-8", "evaluation-2026.html")
    );
    assert!(workbook.content.starts_with(b"PK"), "a workbook is a ZIP archive");
    let json = String::from_utf8(json.content).expect("UTF-8");
    assert!(json.contains(&evaluation.results_sha256), "{json}");
    let member = city.person(PROVIDER, Role::Drafter);
    let denied = member.yearly_evaluations().render_yearly_report(render(pb::ReportFormat::Html)).await;
    refused(denied, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
}

fn item(number: i32, lead: &str, furthers_sharing: bool) -> pb::PlanItem {
    pb::PlanItem {
        number,
        title: format!("任务{number}"),
        lead_unit_id: lead.to_owned(),
        due: day(2027, 6, 30),
        furthers_sharing,
        ..Default::default()
    }
}

async fn drafted_plan(city: &City, items: Vec<pb::PlanItem>, replaces: &str) -> String {
    let request = pb::CreatePlanRequest {
        kind: pb::PlanKind::Yearly.into(),
        title: "2027年度政务信息资源共享计划".to_owned(),
        first_year: 2027,
        last_year: 2027,
        items,
        replaces_plan_id: replaces.to_owned(),
        request_id: request_id(),
    };
    let reply = city.info_office().plans().create_plan(request).await.expect("drafted").into_inner();
    reply.plan.expect("a plan").plan_id
}

async fn issued_plan(city: &City, plan_id: &str) -> pb::Plan {
    let submit = pb::SubmitPlanRequest { plan_id: plan_id.to_owned(), request_id: request_id() };
    city.info_office().plans().submit_plan(submit).await.expect("submitted");
    let issue = pb::IssuePlanRequest { plan_id: plan_id.to_owned(), request_id: request_id() };
    let group = city.person("working-group", Role::WorkingGroup);
    group.plans().issue_plan(issue).await.expect("issued").into_inner().plan.expect("a plan")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_6_units_outstanding_in_sharing_and_projects_that_further_it_come_first_in_the_plan() {
    let city = City::start().await;
    a_years_work(&city).await;
    let scheme = pb::EvaluationScheme {
        weights: vec![pb::MeasureWeight { measure: "answer-timeliness".to_owned(), weight: 100 }],
        full_use: 12,
        outstanding_from: 9000,
    };
    let office = city.info_office();
    let priority = pb::ListPriorityUnitsRequest { year: 2026 };
    let none = office.yearly_evaluations().list_priority_units(priority).await;
    refused(none, Code::NotFound, "NOT_FOUND").article("6");
    let evaluation = computed(&city, Some(scheme)).await;
    freeze(&city, &evaluation.yearly_evaluation_id).await;
    let listed =
        office.yearly_evaluations().list_priority_units(priority).await.expect("a list").into_inner();
    let units: Vec<_> =
        listed.units.iter().map(|unit| (unit.unit_id.as_str(), unit.rank, unit.total)).collect();
    assert_eq!(units, [(PROVIDER, 1, 10_000)]);

    let items = vec![item(1, "weishengju", false), item(2, PROVIDER, false), item(3, USER, true)];
    let plan_id = drafted_plan(&city, items, "").await;
    let plan = issued_plan(&city, &plan_id).await;
    let order: Vec<_> =
        plan.items.iter().map(|item| (item.number, item.priority().collect::<Vec<_>>())).collect();
    let expected = [
        (2, vec![pb::PriorityGround::OutstandingUnit]),
        (3, vec![pb::PriorityGround::FurthersSharing]),
        (1, Vec::new()),
    ];
    assert_eq!(order, expected);
    assert_eq!(plan.evaluation_id, evaluation.yearly_evaluation_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_7_the_working_group_issues_the_plan_and_a_later_edition_replaces_it() {
    let city = City::start().await;
    let plan_id = drafted_plan(&city, vec![item(1, PROVIDER, false)], "").await;
    let (group, lead) =
        (city.person("working-group", Role::WorkingGroup), city.person(PROVIDER, Role::Drafter));
    let get = |plan_id: &str| pb::GetPlanRequest { plan_id: plan_id.to_owned() };
    let hidden = lead.plans().get_plan(get(&plan_id)).await.expect_err("a draft is no unit's business");
    assert_eq!(hidden.code(), Code::NotFound);
    let issue = || pb::IssuePlanRequest { plan_id: plan_id.clone(), request_id: request_id() };
    let early = group.plans().issue_plan(issue()).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("DRAFT").article("7");
    let submit = || pb::SubmitPlanRequest { plan_id: plan_id.clone(), request_id: request_id() };
    city.info_office().plans().submit_plan(submit()).await.expect("submitted");
    let give_back = |reasons: &str| pb::ReturnPlanRequest {
        plan_id: plan_id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
    };
    let silent = group.plans().return_plan(give_back("")).await;
    refused(silent, Code::InvalidArgument, "REASONS_MISSING").article("7");
    group.plans().return_plan(give_back("请细化")).await.expect("returned");
    city.info_office().plans().submit_plan(submit()).await.expect("submitted again");
    group.plans().issue_plan(issue()).await.expect("issued");

    let progress = |percent| pb::RecordProgressRequest {
        plan_id: plan_id.clone(),
        number: 1,
        percent,
        remark: "已立项".to_owned(),
        request_id: request_id(),
    };
    let other = city.person(USER, Role::Drafter).plans().record_progress(progress(10)).await;
    refused(other, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    lead.plans().record_progress(progress(101)).await.expect_err("more than all");
    lead.plans().record_progress(progress(40)).await.expect("told");
    let next = drafted_plan(&city, vec![item(1, PROVIDER, false), item(2, USER, false)], &plan_id).await;
    let plan = issued_plan(&city, &next).await;
    assert_eq!(
        (plan.edition, plan.replaces_plan_id.as_str(), plan.items[0].percent),
        (2, plan_id.as_str(), 40)
    );
    let earlier = lead.plans().get_plan(get(&plan_id)).await.expect("readable").into_inner().plan;
    assert_eq!(earlier.map(|plan| plan.state()), Some(pb::PlanState::Replaced));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_8_opinions_of_the_bodies_heard_on_major_issues_stand_with_the_draft() {
    let city = City::start().await;
    let plan_id = drafted_plan(&city, vec![item(1, PROVIDER, false)], "").await;
    let opinion = |body: pb::ConsultedBody, date| pb::RecordConsultationRequest {
        plan_id: plan_id.clone(),
        body: body.into(),
        opinion: "同意".to_owned(),
        opinion_date: date,
        request_id: request_id(),
    };
    let mut office = city.info_office().plans();
    let future = office.record_consultation(opinion(pb::ConsultedBody::Finance, day(2026, 3, 4))).await;
    refused(future, Code::InvalidArgument, "FIELD_INVALID").violates("opinion_date");
    let heard = office.record_consultation(opinion(pb::ConsultedBody::Finance, day(2026, 3, 2))).await;
    let plan = heard.expect("recorded").into_inner().plan.expect("a plan");
    let missing: Vec<_> = plan.not_consulted().collect();
    assert_eq!(missing, [pb::ConsultedBody::Legal, pb::ConsultedBody::Secrecy], "shown, not refused");
    let empty = drafted_plan(&city, Vec::new(), "").await;
    let submit = pb::SubmitPlanRequest { plan_id: empty, request_id: request_id() };
    refused(office.submit_plan(submit).await, Code::InvalidArgument, "FORM_INCOMPLETE")
        .violates("items")
        .article("8(二)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_33_an_inspection_goes_from_notice_over_findings_and_statement_to_its_close() {
    let city = City::start().await;
    let supervisor = city.person("zhengfuban", Role::Supervisor);
    let approver = city.person(PROVIDER, Role::Approver);
    let request = pb::CreateInspectionRequest {
        unit_id: PROVIDER.to_owned(),
        subject: "目录更新与答复时限".to_owned(),
        visit_date: day(2026, 3, 9),
        request_id: request_id(),
    };
    let drafter = city.person(PROVIDER, Role::Drafter);
    refused(
        drafter.inspections().create_inspection(request.clone()).await,
        Code::PermissionDenied,
        "ROLE_NOT_ALLOWED",
    );
    let nobody = pb::CreateInspectionRequest {
        unit_id: "no-such-unit".to_owned(),
        request_id: request_id(),
        ..request.clone()
    };
    refused(supervisor.inspections().create_inspection(nobody).await, Code::NotFound, "NOT_FOUND");
    let notified = supervisor.inspections().create_inspection(request).await.expect("notified").into_inner();
    let inspection_id = notified.inspection.expect("an inspection").inspection_id;
    let find = || pb::RecordFindingsRequest {
        inspection_id: inspection_id.clone(),
        findings: vec!["三项目录逾期未更新".to_owned()],
        statement_due: day(2026, 3, 20),
        request_id: request_id(),
    };
    let early = supervisor.inspections().record_findings(find()).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").article("33");
    city.travel_to(2026, 3, 9);
    let other = city.person("renlishebaoju", Role::Supervisor).inspections().record_findings(find()).await;
    refused(other, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    supervisor.inspections().record_findings(find()).await.expect("found");
    assert!(waits(&approver).await.contains(&"state".to_owned()));
    let close = || pb::CloseInspectionRequest {
        inspection_id: inspection_id.clone(),
        conclusion: "整改到位".to_owned(),
        request_id: request_id(),
    };
    let unheard = supervisor.inspections().close_inspection(close()).await;
    refused(unheard, Code::FailedPrecondition, "NOT_HEARD").article("33");
    let statement = pb::StateOnFindingsRequest {
        inspection_id: inspection_id.clone(),
        statement: "已于三月十五日更新".to_owned(),
        request_id: request_id(),
    };
    approver.inspections().state_on_findings(statement).await.expect("stated");
    let closed = supervisor.inspections().close_inspection(close()).await.expect("closed").into_inner();
    let closed = closed.inspection.expect("an inspection");
    assert_eq!(
        (closed.state(), closed.statement.as_str()),
        (pb::InspectionState::Closed, "已于三月十五日更新")
    );
    let get = pb::GetInspectionRequest { inspection_id };
    let stranger = city.person(USER, Role::Drafter).inspections().get_inspection(get).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_34_a_violation_is_investigated_answered_found_and_sanctioned_by_the_competent_department() {
    let city = City::start().await;
    let (reporter, group) =
        (city.person(USER, Role::Drafter), city.person("working-group", Role::WorkingGroup));
    let (accused, department) =
        (city.person(PROVIDER, Role::Approver), city.person("renlishebaoju", Role::Approver));
    let request = pb::ReportViolationRequest {
        unit_id: PROVIDER.to_owned(),
        facts: "三次催办均不答复".to_owned(),
        resource: String::new(),
        request_id: request_id(),
    };
    let reported = reporter.violations().report_violation(request).await.expect("reported").into_inner();
    let violation_id = reported.violation.expect("a case").violation_id;
    let get = || pb::GetViolationRequest { violation_id: violation_id.clone() };
    let read = async |person: &Person| {
        person
            .violations()
            .get_violation(get())
            .await
            .map(|reply| reply.into_inner().violation.expect("a case"))
    };
    assert_eq!(read(&accused).await.expect_err("not opened").code(), Code::NotFound);
    assert_eq!(read(&department).await.expect_err("not referred").code(), Code::NotFound);

    let investigate = |answer_due| pb::InvestigateViolationRequest {
        violation_id: violation_id.clone(),
        charge: "是否不配合共享工作".to_owned(),
        answer_due,
        request_id: request_id(),
    };
    let today = group.violations().investigate_violation(investigate(day(2026, 3, 3))).await;
    refused(today, Code::InvalidArgument, "FIELD_INVALID").violates("answer_due");
    group.violations().investigate_violation(investigate(day(2026, 3, 17))).await.expect("opened");
    let seen = read(&accused).await.expect("the unit is told");
    assert_eq!(
        (seen.charge.as_str(), seen.reporter_unit_id.as_str(), seen.facts.as_str()),
        ("是否不配合共享工作", "", "")
    );
    let find = |kind: &str| pb::FindViolationRequest {
        violation_id: violation_id.clone(),
        kind: kind.to_owned(),
        facts: "查证属实".to_owned(),
        grave: true,
        request_id: request_id(),
    };
    let unheard = group.violations().find_violation(find("inaction")).await;
    refused(unheard, Code::FailedPrecondition, "NOT_HEARD").article("34");
    let answer = pb::AnswerViolationRequest {
        violation_id: violation_id.clone(),
        statement: "因系统故障".to_owned(),
        request_id: request_id(),
    };
    accused.violations().answer_violation(answer).await.expect("answered");
    let unknown = group.violations().find_violation(find("wider-scope")).await;
    refused(unknown, Code::InvalidArgument, "FIELD_INVALID").violates("kind").article("34");
    group.violations().find_violation(find("inaction")).await.expect("found");
    let refer = pb::ReferViolationRequest {
        violation_id: violation_id.clone(),
        department_unit_id: "renlishebaoju".to_owned(),
        request_id: request_id(),
    };
    group.violations().refer_violation(refer).await.expect("referred");
    assert!(waits(&department).await.contains(&"sanction".to_owned()));
    assert_eq!(read(&department).await.expect("concerned").reporter_unit_id, "");
    let sanction = || pb::RecordSanctionRequest {
        violation_id: violation_id.clone(),
        sanction: "通报批评".to_owned(),
        request_id: request_id(),
    };
    refused(
        accused.violations().record_sanction(sanction()).await,
        Code::PermissionDenied,
        "ROLE_NOT_ALLOWED",
    );
    department.violations().record_sanction(sanction()).await.expect("decided");
    let close = pb::CloseViolationRequest {
        violation_id: violation_id.clone(),
        remark: "结案".to_owned(),
        request_id: request_id(),
    };
    group.violations().close_violation(close).await.expect("closed");
    let seen = read(&reporter).await.expect("who reported it reads the end");
    assert_eq!((seen.state(), seen.sanction.as_str()), (pb::ViolationState::Closed, "通报批评"));
    assert_eq!((seen.kind.as_str(), seen.article.as_str()), ("inaction", "34"));
    for person in [city.person("weishengju", Role::Drafter), city.person("zhengfuban", Role::Supervisor)] {
        assert_eq!(read(&person).await.expect_err("not concerned").code(), Code::NotFound);
    }
    let events = eventually("the finding stands in the audit", async || {
        let events = city
            .events_of(&format!("violation/{violation_id}"))
            .await
            .map_err(|status| status.to_string())?;
        if events.len() == 7 { Ok(events) } else { Err(format!("{}", events.len())) }
    })
    .await;
    let leaves: Vec<_> =
        events.iter().map(|event| String::from_utf8_lossy(&event.leaf).into_owned()).collect();
    assert!(
        leaves[1..].iter().all(|leaf| !leaf.contains(USER)),
        "who reported it is not told after the report"
    );
}
