//! Between contract and machine.

use std::collections::BTreeSet;

use govshare_proto::evaluation::v1 as pb;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Violations, etag};
use time::OffsetDateTime;

use crate::procedure::plan::{Body, Ground, Item, Kind, Plan, State};

/// Parses items; `violations` hears of every bad field.
pub fn items(given: &[pb::PlanItem], violations: &mut Violations) -> Vec<Item> {
    violations.check(given.len() <= 500, "items", "must not be more than 500 / 不得超过500项");
    let (mut items, mut numbers) = (Vec::new(), BTreeSet::new());
    for (place, given) in given.iter().take(500).enumerate() {
        let field = |name: &str| format!("items[{place}].{name}");
        let number = u32::try_from(given.number).ok().filter(|number| *number > 0);
        violations.check(number.is_some(), field("number"), "must be at least 1 / 须不小于1");
        violations.check(numbers.insert(given.number), field("number"), "is given twice / 编号重复");
        let title = violations.text(&field("title"), &given.title, 1, 500);
        let lead = violations.parse(&field("lead_unit_id"), &given.lead_unit_id);
        violations.check(given.due.is_some(), field("due"), "is required / 必填");
        let due = violations.date(&field("due"), given.due.as_ref());
        let (Some(number), Some(lead), Some(due)) = (number, lead, due) else { continue };
        let furthers_sharing = given.furthers_sharing;
        items.push(Item { number, title, lead, due, furthers_sharing, priority: Vec::new(), progress: None });
    }
    items.sort_by_key(|item| item.number);
    items
}

pub fn kind(kind: pb::PlanKind, years: (i32, i32), violations: &mut Violations) -> Kind {
    let (first, last) = years;
    let known = 2014..=2999;
    violations.check(known.contains(&first), "first_year", "must be 2014 to 2999 / 须为2014至2999");
    let fits = known.contains(&last) && first <= last && last.saturating_sub(first) < 20;
    violations.check(
        fits,
        "last_year",
        "must be first_year or at most 19 years later / 须不早于起始年度且不超过二十年",
    );
    match kind {
        pb::PlanKind::Plan => Kind::Plan,
        pb::PlanKind::Yearly => {
            violations.check(first == last, "last_year", "must be first_year / 年度计划须为同一年度");
            Kind::Yearly
        }
        pb::PlanKind::Unspecified => {
            violations.add("kind", "is required / 必填");
            Kind::Yearly
        }
    }
}

pub fn body(body: pb::ConsultedBody, violations: &mut Violations) -> Body {
    match body {
        pb::ConsultedBody::Legal => Body::Legal,
        pb::ConsultedBody::Secrecy => Body::Secrecy,
        pb::ConsultedBody::Finance => Body::Finance,
        pb::ConsultedBody::Unspecified => {
            violations.add("body", "is required / 必填");
            Body::Legal
        }
    }
}

fn body_to_proto(body: Body) -> pb::ConsultedBody {
    match body {
        Body::Legal => pb::ConsultedBody::Legal,
        Body::Secrecy => pb::ConsultedBody::Secrecy,
        Body::Finance => pb::ConsultedBody::Finance,
    }
}

pub fn state_name(state: pb::PlanState) -> Option<&'static str> {
    match state {
        pb::PlanState::Unspecified => None,
        pb::PlanState::Draft => Some("DRAFT"),
        pb::PlanState::Submitted => Some("SUBMITTED"),
        pb::PlanState::Issued => Some("ISSUED"),
        pb::PlanState::Replaced => Some("REPLACED"),
    }
}

fn item_to_proto(item: &Item, now: OffsetDateTime) -> pb::PlanItem {
    let priority = item.priority.iter().map(|ground| match ground {
        Ground::OutstandingUnit => pb::PriorityGround::OutstandingUnit.into(),
        Ground::FurthersSharing => pb::PriorityGround::FurthersSharing.into(),
    });
    pb::PlanItem {
        number: i32::try_from(item.number).unwrap_or(i32::MAX),
        title: item.title.clone(),
        lead_unit_id: item.lead.to_string(),
        due: Some(date_to_proto(item.due)),
        furthers_sharing: item.furthers_sharing,
        priority: priority.collect(),
        percent: item.percent().into(),
        remark: item.progress.as_ref().map(|progress| progress.remark.clone()).unwrap_or_default(),
        progress_time: item.progress.as_ref().map(|progress| time_to_proto(progress.at)),
        overdue: item.is_overdue(now),
    }
}

pub fn to_proto(found: &Plan, now: OffsetDateTime) -> pb::Plan {
    let (state, issue, given_back) = match &found.state {
        State::Draft { given_back } => (pb::PlanState::Draft, None, given_back.clone()),
        State::Submitted { .. } => (pb::PlanState::Submitted, None, None),
        State::Issued { issue } => (pb::PlanState::Issued, Some(issue), None),
        State::Replaced { issue } => (pb::PlanState::Replaced, Some(issue), None),
    };
    let kind = match found.kind {
        Kind::Plan => pb::PlanKind::Plan,
        Kind::Yearly => pb::PlanKind::Yearly,
    };
    let consultations = found.consultations.iter().map(|known| pb::Consultation {
        body: body_to_proto(known.body).into(),
        opinion: known.opinion.clone(),
        opinion_date: Some(date_to_proto(known.date)),
    });
    let evaluation = issue.and_then(|issue| issue.evaluation);
    pb::Plan {
        plan_id: found.head.id.to_string(),
        kind: kind.into(),
        edition: i32::try_from(found.edition).unwrap_or(i32::MAX),
        title: found.title.clone(),
        first_year: found.years.0,
        last_year: found.years.1,
        state: state.into(),
        items: found.items.iter().map(|item| item_to_proto(item, now)).collect(),
        consultations: consultations.collect(),
        not_consulted: found.not_consulted().map(|body| body_to_proto(body).into()).collect(),
        replaces_plan_id: found.replaces.map(|id| id.to_string()).unwrap_or_default(),
        return_reasons: given_back.unwrap_or_default(),
        evaluation_id: evaluation.map(|id| id.to_string()).unwrap_or_default(),
        issue_time: issue.map(|issue| time_to_proto(issue.at)),
        update_time: Some(time_to_proto(found.head.updated)),
        etag: etag::of(found.head.version),
    }
}
