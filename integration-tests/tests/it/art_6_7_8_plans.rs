//! Journeys of articles 6, 7 and 8 over the gateway: the plan, who is heard on it, and whose projects come first.

use govshare_model::Role;
use govshare_proto::evaluation::v1::{self as pb};
use integration_tests::refusal::refused;
use integration_tests::steps::request_id;
use tonic::Code;

use crate::city::City;
use crate::evaluation_steps::*;

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
