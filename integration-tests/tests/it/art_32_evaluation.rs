//! Journeys of article 32 over the gateway: units evaluate themselves, the info office evaluates the district.

use govshare_model::Role;
use govshare_proto::evaluation::v1::{self as pb};
use integration_tests::refusal::refused;
use integration_tests::steps::request_id;
use integration_tests::{Person, eventually};
use tonic::{Code, Status};

use crate::city::City;
use crate::evaluation_steps::*;

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
    let drafted = drafted.self_evaluation.expect("a draft");
    let self_evaluation_id = drafted.self_evaluation_id;
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
    let update = || pb::UpdateSelfEvaluationRequest {
        self_evaluation_id: self_evaluation_id.clone(),
        assessments: assessments(&ASPECTS),
        etag: drafted.etag.clone(),
        request_id: request_id(),
    };
    drafter.self_evaluations().update_self_evaluation(update()).await.expect("revised");
    let stale = drafter.self_evaluations().update_self_evaluation(update()).await;
    refused(stale, Code::Aborted, "ETAG_MISMATCH");
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
    let accepted = accepted.self_evaluation.expect("a record");
    assert_eq!(accepted.state(), pb::SelfEvaluationState::Accepted);
    assert_eq!(accepted.document_number, "教委评〔2026〕1号", "given once, though it was submitted twice");
    let print =
        pb::GetSelfEvaluationDocumentRequest { self_evaluation_id: accepted.self_evaluation_id.clone() };
    let page = drafter.self_evaluations().get_self_evaluation_document(print).await.expect("printed");
    let text = String::from_utf8(page.into_inner().content).expect("UTF-8");
    for part in [
        "区教委",
        "教委评〔2026〕1号",
        "共享应用绩效",
        "95分。年度抽查",
        "（西政办发〔2014〕14号）第三十二条",
    ] {
        assert!(text.contains(part), "{part} is not on {text}");
    }
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
