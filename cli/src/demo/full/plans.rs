//! Plans as articles 6, 7 and 8 need them.

use govshare_proto::evaluation::v1 as pb;
use govshare_proto::google::r#type::Date;

use super::walk::{Walk, call};
use crate::connect::request_id;
use crate::demo::stage::Person;
use crate::demo::today;
use crate::failure::Failure;

/// A project of the next year's plan, to be done in its first half.
pub fn item(number: i32, lead: &str, furthers_sharing: bool) -> pb::PlanItem {
    pb::PlanItem {
        number,
        title: format!("共享项目{number}"),
        lead_unit_id: lead.to_owned(),
        due: Some(Date { year: today().year() + 1, month: 6, day: 30 }),
        furthers_sharing,
        ..pb::PlanItem::default()
    }
}

/// A draft of the next year's plan.
pub async fn drafted(
    walk: &Walk<'_>,
    by: &Person,
    items: Vec<pb::PlanItem>,
    replaces: &str,
) -> Result<pb::Plan, Failure> {
    let year = today().year() + 1;
    let wanted = pb::CreatePlanRequest {
        kind: pb::PlanKind::Yearly.into(),
        title: walk.title(&format!("{year}年度政务信息资源共享计划")),
        first_year: year,
        last_year: year,
        items,
        replaces_plan_id: replaces.to_owned(),
        request_id: request_id(),
    };
    Ok(call!(by, plans.create_plan, wanted)?.plan.unwrap_or_default())
}

pub async fn submitted(by: &Person, plan: &str) -> Result<pb::Plan, Failure> {
    let wanted = pb::SubmitPlanRequest { plan_id: plan.to_owned(), request_id: request_id() };
    Ok(call!(by, plans.submit_plan, wanted)?.plan.unwrap_or_default())
}

pub async fn issue(by: &Person, plan: &str) -> Result<pb::Plan, Failure> {
    let wanted = pb::IssuePlanRequest { plan_id: plan.to_owned(), request_id: request_id() };
    Ok(call!(by, plans.issue_plan, wanted)?.plan.unwrap_or_default())
}

/// Submits a draft and has the working group issue it.
pub async fn issued(walk: &Walk<'_>, by: &Person, plan: &str) -> Result<pb::Plan, Failure> {
    submitted(by, plan).await?;
    issue(&walk.working_group()?, plan).await
}
