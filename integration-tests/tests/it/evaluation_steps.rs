//! Steps of the written procedures of evaluation, for journeys that need a record at some stage.

use govshare_model::Role;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::google::r#type::Date;
use integration_tests::steps::request_id;
use integration_tests::{DATA, Person, eventually, redeem};
use tonic::Status;

use crate::city::City;

pub const USER: &str = "fagaiwei";
pub const PROVIDER: &str = "jiaowei";

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn problem(aspect: pb::Aspect) -> pb::Problem {
    pb::Problem {
        aspect: aspect.into(),
        description: "人数与年鉴不符".to_owned(),
        items: vec!["人数".to_owned()],
    }
}

pub async fn submit(person: &Person, entry_id: &str, case_id: &str) -> Result<pb::Feedback, Status> {
    let request = pb::SubmitFeedbackRequest {
        entry_id: entry_id.to_owned(),
        case_id: case_id.to_owned(),
        problems: vec![problem(pb::Aspect::Accuracy)],
        request_id: request_id(),
    };
    Ok(person.feedback().submit_feedback(request).await?.into_inner().feedback.expect("a form"))
}

/// What waits for a person in evaluation, as kinds.
pub async fn waits(person: &Person) -> Vec<String> {
    let tasks = person.evaluation_tasks().list_tasks(pb::ListTasksRequest::default()).await.expect("a list");
    tasks.into_inner().tasks.into_iter().map(|task| task.kind).collect()
}

/// The whole loop of a form, to its filing.
pub async fn filed(city: &City, entry_id: &str, case_id: &str) -> pb::Feedback {
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

pub fn assessments(aspects: &[pb::Aspect]) -> Vec<pb::Assessment> {
    let assessment = |aspect: &pb::Aspect| pb::Assessment {
        aspect: (*aspect).into(),
        score: 95,
        remarks: "年度抽查".to_owned(),
    };
    aspects.iter().map(assessment).collect()
}

pub const ASPECTS: [pb::Aspect; 6] = [
    pb::Aspect::Truth,
    pb::Aspect::Completeness,
    pb::Aspect::Accuracy,
    pb::Aspect::Timeliness,
    pb::Aspect::Degree,
    pb::Aspect::Results,
];

/// A self-evaluation of `unit` that the info office accepted.
pub async fn accepted(city: &City, unit: &str) {
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

/// A case to its delivery, feedback to its filing, and a self-evaluation: something to measure.
pub async fn a_years_work(city: &City) {
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

pub async fn period(city: &City, unit: &str, period: &str) -> impl Fn(&str) -> i64 + use<> {
    let request = pb::GetUnitPeriodRequest { unit_id: unit.to_owned(), period: period.to_owned() };
    let reply =
        city.info_office().evaluation().get_unit_period(request).await.expect("a period").into_inner();
    move |name| {
        let found = reply.counted.iter().find(|counted| counted.indicator == name);
        found.map(|counted| counted.value).unwrap_or_else(|| panic!("no {name}"))
    }
}

pub async fn computed(city: &City, scheme: Option<pb::EvaluationScheme>) -> pb::YearlyEvaluation {
    let request = pb::CreateYearlyEvaluationRequest { year: 2026, scheme, request_id: request_id() };
    let reply =
        city.info_office().yearly_evaluations().create_yearly_evaluation(request).await.expect("computed");
    reply.into_inner().yearly_evaluation.expect("an evaluation")
}

pub async fn freeze(city: &City, id: &str) {
    let freeze =
        pb::FreezeYearlyEvaluationRequest { yearly_evaluation_id: id.to_owned(), request_id: request_id() };
    city.info_office().yearly_evaluations().freeze_yearly_evaluation(freeze).await.expect("frozen");
}
