//! Journeys of articles 33 and 34 over the gateway: inspections, and violations with what follows from them.

use govshare_model::Role;
use govshare_proto::evaluation::v1::{self as pb};
use integration_tests::refusal::refused;
use integration_tests::steps::request_id;
use integration_tests::{Person, eventually};
use tonic::Code;

use crate::city::City;
use crate::evaluation_steps::*;

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
    assert_eq!(
        (seen.finding_number.as_str(), seen.sanction_number.as_str()),
        ("共享组处〔2026〕1号", "人社处〔2026〕1号")
    );
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_34_the_info_office_learns_of_a_case_against_itself_as_any_unit_does() {
    let city = City::start().await;
    let (reporter, group) =
        (city.person(USER, Role::Drafter), city.person("working-group", Role::WorkingGroup));
    let report = |unit: &str| pb::ReportViolationRequest {
        unit_id: unit.to_owned(),
        facts: "擅自公开".to_owned(),
        resource: String::new(),
        request_id: request_id(),
    };
    let mut ids = Vec::new();
    for unit in ["info-office", PROVIDER] {
        let reported = reporter.violations().report_violation(report(unit)).await.expect("reported");
        ids.push(reported.into_inner().violation.expect("a case").violation_id);
    }
    let own = ids[0].clone();
    let get = || pb::GetViolationRequest { violation_id: own.clone() };
    // Nor does a member of the working group who is one of its people.
    let people = [city.info_office(), city.person("info-office", Role::WorkingGroup)];
    for person in &people {
        let hidden = person.violations().get_violation(get()).await.expect_err("not told yet");
        assert_eq!(hidden.code(), Code::NotFound);
        let listed = person.violations().list_violations(pb::ListViolationsRequest::default()).await;
        let listed: Vec<_> =
            listed.expect("a list").into_inner().violations.into_iter().map(|one| one.violation_id).collect();
        assert_eq!(listed, ids[1..], "the other unit's case");
    }
    let aggregate = format!("violation/{own}");
    let events = async |person: &Person| {
        let of = govshare_proto::audit::v1::ListEventsRequest {
            aggregate: aggregate.clone(),
            ..Default::default()
        };
        person.audit().list_events(of).await.map(|page| page.into_inner().events.len())
    };
    let auditor = city.person("info-office", Role::Auditor);
    eventually("the report stands in the audit", async || events(&auditor).await.map(|_| ())).await;
    for person in &people {
        assert_eq!(events(person).await.expect_err("withheld").code(), Code::NotFound);
    }

    let investigate = || pb::InvestigateViolationRequest {
        violation_id: own.clone(),
        charge: "是否擅自公开".to_owned(),
        answer_due: day(2026, 3, 17),
        request_id: request_id(),
    };
    let judging = people[1].violations().investigate_violation(investigate()).await;
    assert_eq!(judging.expect_err("its own unit's case").code(), Code::NotFound);
    group.violations().investigate_violation(investigate()).await.expect("opened");
    for person in &people {
        let told = person.violations().get_violation(get()).await.expect("told").into_inner();
        let told = told.violation.expect("a case");
        assert_eq!(
            (told.charge.as_str(), told.reporter_unit_id.as_str(), told.facts.as_str()),
            ("是否擅自公开", "", "")
        );
    }
    let find = pb::FindViolationRequest {
        violation_id: own.clone(),
        facts: "无此事".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let judging = people[1].violations().find_violation(find).await;
    refused(judging, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    eventually("the opening stands in the audit, who reported does not", async || {
        match events(&people[0]).await {
            Ok(1) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_34_a_case_is_judged_by_the_pack_of_the_day_on_which_it_was_reported() {
    let packs = [("PACKS", "xicheng-2014@2014-08-01..2026-03-09, national-2025@2026-03-10..")];
    let city = City::start_with(evaluation::NAME, &packs).await;
    let group = city.person("working-group", Role::WorkingGroup);
    let report = pb::ReportViolationRequest {
        unit_id: PROVIDER.to_owned(),
        facts: "拒不提供".to_owned(),
        resource: String::new(),
        request_id: request_id(),
    };
    let reported =
        city.person(USER, Role::Drafter).violations().report_violation(report).await.expect("reported");
    let violation_id = reported.into_inner().violation.expect("a case").violation_id;
    let investigate = pb::InvestigateViolationRequest {
        violation_id: violation_id.clone(),
        charge: "是否拒不提供".to_owned(),
        answer_due: day(2026, 3, 9),
        request_id: request_id(),
    };
    group.violations().investigate_violation(investigate).await.expect("opened");
    city.travel_to(2026, 3, 17);
    let find = |kind: &str| pb::FindViolationRequest {
        violation_id: violation_id.clone(),
        kind: kind.to_owned(),
        facts: "查证属实".to_owned(),
        grave: false,
        request_id: request_id(),
    };
    let later = group.violations().find_violation(find("wider-scope")).await;
    refused(later, Code::InvalidArgument, "FIELD_INVALID").violates("kind").article("34");
    let found = group.violations().find_violation(find("inaction")).await.expect("found").into_inner();
    assert_eq!(found.violation.expect("a case").policy_pack, "xicheng-2014/1");
}
