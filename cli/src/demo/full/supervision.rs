//! Chapter 7 (art. 32-34): evaluation, inspections, violations.

use govshare_model::Role;
use govshare_proto::evaluation::v1 as pb;

use super::steps::in_days;
use super::walk::{Walk, call, state};
use super::yearly;
use crate::connect::request_id;
use crate::demo::narration::ensure;
use crate::demo::stage::Person;
use crate::failure::Failure;

pub async fn play(walk: &mut Walk<'_>) -> Result<(), Failure> {
    walk.article(32)?;
    yearly::play(walk).await?;
    walk.article(33)?;
    inspection(walk).await?;
    walk.article(34)?;
    violation(walk).await
}

async fn inspection(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let supervisor = walk.person("zhengfuban", Role::Supervisor)?;
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let create = || pb::CreateInspectionRequest {
        unit_id: approver.unit.to_string(),
        subject: walk.title("目录更新与答复时限"),
        visit_date: in_days(0),
        request_id: request_id(),
    };
    let (unasked, asked) = (create(), create());
    let tried = call!(drafter, inspections.create_inspection, unasked);
    walk.refused(&drafter, "inspects itself", "ROLE_NOT_ALLOWED", tried)?;
    let notified = call!(supervisor, inspections.create_inspection, asked)?.inspection.unwrap_or_default();
    walk.reached(&supervisor, "gives notice of an inspection", state!(notified), "NOTIFIED")?;
    let inspection_id = notified.inspection_id;
    let find = || pb::RecordFindingsRequest {
        inspection_id: inspection_id.clone(),
        findings: vec!["三项目录逾期未更新".to_owned()],
        statement_due: in_days(11),
        request_id: request_id(),
    };
    let other = walk.person("renlishebaoju", Role::Supervisor)?;
    let tried = call!(other, inspections.record_findings, find());
    walk.refused(&other, "records findings of another's inspection", "ROLE_NOT_ALLOWED", tried)?;
    let found = call!(supervisor, inspections.record_findings, find())?.inspection.unwrap_or_default();
    walk.reached(&supervisor, "records what was found", state!(found), "FOUND")?;
    walk.waits_for(&approver, "state", |task| task.resource.ends_with(&inspection_id)).await?;
    let close = || pb::CloseInspectionRequest {
        inspection_id: inspection_id.clone(),
        conclusion: "整改到位".to_owned(),
        request_id: request_id(),
    };
    let tried = call!(supervisor, inspections.close_inspection, close());
    walk.refused(&supervisor, "closes it before the unit was heard", "NOT_HEARD", tried)?;
    let statement = pb::StateOnFindingsRequest {
        inspection_id: inspection_id.clone(),
        statement: "已全部更新".to_owned(),
        request_id: request_id(),
    };
    let stated = call!(approver, inspections.state_on_findings, statement)?.inspection.unwrap_or_default();
    walk.reached(&approver, "states what it did", state!(stated), "STATED")?;
    let closed = call!(supervisor, inspections.close_inspection, close())?.inspection.unwrap_or_default();
    walk.reached(&supervisor, "closes it: 整改到位", state!(closed), "CLOSED")
}

async fn violation(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (reporter, accused) = (walk.applicant(Role::Drafter)?, walk.provider(Role::Approver)?);
    let (group, department) = (walk.working_group()?, walk.person("renlishebaoju", Role::Approver)?);
    let wanted = pb::ReportViolationRequest {
        unit_id: accused.unit.to_string(),
        facts: "三次催办均不答复".to_owned(),
        resource: String::new(),
        request_id: request_id(),
    };
    let reported = call!(reporter, violations.report_violation, wanted)?.violation.unwrap_or_default();
    walk.reached(&reporter, "reports that a unit does not cooperate", state!(reported), "REPORTED")?;
    let id = reported.violation_id;
    walk.refused(&accused, "reads it before it is investigated", "NOT_FOUND", read(&accused, &id).await)?;
    let investigate = |days| pb::InvestigateViolationRequest {
        violation_id: id.clone(),
        charge: "是否不配合共享工作".to_owned(),
        answer_due: in_days(days),
        request_id: request_id(),
    };
    let tried = call!(group, violations.investigate_violation, investigate(0));
    let wrong = ("FIELD_INVALID", &["answer_due"][..]);
    walk.refused_fields(&group, "gives the unit until today to answer", wrong, tried)?;
    let opened = call!(group, violations.investigate_violation, investigate(14))?;
    let opened = opened.violation.unwrap_or_default();
    walk.reached(&group, "investigates, and asks the unit for its answer", state!(opened), "INVESTIGATING")?;
    let seen = read(&accused, &id).await?;
    ensure(seen.reporter_unit_id.is_empty() && seen.facts.is_empty(), || {
        "the unit is told who reported it".to_owned()
    })?;
    walk.done(&accused, format!("reads the charge, not who reported it: {}", seen.charge));
    let find = |kind: &str| pb::FindViolationRequest {
        violation_id: id.clone(),
        kind: kind.to_owned(),
        facts: "查证属实".to_owned(),
        grave: true,
        request_id: request_id(),
    };
    let tried = call!(group, violations.find_violation, find("inaction"));
    walk.refused(&group, "finds before the unit was heard", "NOT_HEARD", tried)?;
    let answer = pb::AnswerViolationRequest {
        violation_id: id.clone(),
        statement: "因系统故障".to_owned(),
        request_id: request_id(),
    };
    let heard = call!(accused, violations.answer_violation, answer)?.violation.unwrap_or_default();
    walk.reached(&accused, "answers: 因系统故障", state!(heard), "HEARD")?;
    let tried = call!(group, violations.find_violation, find("wider-scope"));
    let wrong = ("FIELD_INVALID", &["kind"][..]);
    walk.refused_fields(&group, "finds what the policy does not know", wrong, tried)?;
    let found = call!(group, violations.find_violation, find("inaction"))?.violation.unwrap_or_default();
    walk.reached(&group, "finds inaction with serious consequence", state!(found), "FOUND")?;
    let refer = pb::ReferViolationRequest {
        violation_id: id.clone(),
        department_unit_id: department.unit.to_string(),
        request_id: request_id(),
    };
    let referred = call!(group, violations.refer_violation, refer)?.violation.unwrap_or_default();
    walk.reached(&group, "hands it to the competent department", state!(referred), "REFERRED")?;
    walk.waits_for(&department, "sanction", |task| task.resource.ends_with(&id)).await?;
    let sanction = || pb::RecordSanctionRequest {
        violation_id: id.clone(),
        sanction: "通报批评".to_owned(),
        request_id: request_id(),
    };
    let tried = call!(accused, violations.record_sanction, sanction());
    walk.refused(&accused, "sanctions itself", "ROLE_NOT_ALLOWED", tried)?;
    let decided = call!(department, violations.record_sanction, sanction())?.violation.unwrap_or_default();
    walk.reached(&department, "decides: 通报批评", state!(decided), "SANCTIONED")?;
    let close = pb::CloseViolationRequest {
        violation_id: id.clone(),
        remark: "结案".to_owned(),
        request_id: request_id(),
    };
    call!(group, violations.close_violation, close)?;
    let seen = read(&reporter, &id).await?;
    walk.reached(&group, "closes it; who reported it reads the end", state!(seen), "CLOSED")
}

async fn read(by: &Person, id: &str) -> Result<pb::Violation, Failure> {
    let wanted = pb::GetViolationRequest { violation_id: id.to_owned() };
    Ok(call!(by, violations.get_violation, wanted)?.violation.unwrap_or_default())
}
