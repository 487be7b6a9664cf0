//! Collection plans between contract and domain.

use govshare_proto::catalog::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Violations, etag};

use super::plan::{Content, Finding, Item, Plan, State};

/// Parses a plan's content; `violations` hears of every bad field.
pub fn content(title: &str, items: &[pb::CollectionItem], violations: &mut Violations) -> Content {
    Content { title: violations.text("title", title, 1, 200), items: self::items(items, violations) }
}

/// Parses 1 to 100 items.
pub fn items(items: &[pb::CollectionItem], violations: &mut Violations) -> Vec<Item> {
    violations.check((1..=100).contains(&items.len()), "items", "must be 1 to 100 / 须为1至100项");
    let items: Vec<_> = items.iter().take(100).map(|item| self::item(item, violations)).collect();
    let mut names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        violations.add("items.name", format!("names {:?} twice / 采集项重复", twice[0]));
    }
    items
}

fn item(item: &pb::CollectionItem, violations: &mut Violations) -> Item {
    let names = &item.item_names;
    violations.check(names.len() <= 100, "items.item_names", "must not be more than 100 / 不得超过100项");
    let mut item_names = Vec::with_capacity(names.len().min(100));
    for name in names.iter().take(100) {
        let name = violations.text("items.item_names", name, 1, 200);
        let is_new = !item_names.contains(&name);
        violations.check(is_new, "items.item_names", format!("names {name:?} twice / 信息项重复"));
        item_names.push(name);
    }
    let excepted = item.statistical_survey || item.survey_exception.trim().is_empty();
    let problem = "is for statistical surveys only / 仅统计调查项目可填";
    violations.check(excepted, "items.survey_exception", problem);
    Item {
        name: violations.text("items.name", &item.name, 1, 200),
        item_names,
        source: violations.text("items.source", &item.source, 0, 200),
        channel: violations.text("items.channel", &item.channel, 0, 200),
        statistical_survey: item.statistical_survey,
        survey_exception: violations.text("items.survey_exception", &item.survey_exception, 0, 500),
        need: violations.text("items.need", &item.need, 0, 2000),
    }
}

/// The stored name of a state; `None` for any.
pub fn state_name(state: pb::CollectionPlanState) -> Option<&'static str> {
    use pb::CollectionPlanState::*;
    match state {
        Unspecified => None,
        Draft => Some("DRAFT"),
        AwaitingSurveyApproval => Some("AWAITING_SURVEY_APPROVAL"),
        Returned => Some("RETURNED"),
        Filed => Some("FILED"),
        Withdrawn => Some("WITHDRAWN"),
    }
}

pub fn to_proto(plan: &Plan) -> pb::CollectionPlan {
    let state = match plan.state {
        State::Draft => pb::CollectionPlanState::Draft,
        State::AwaitingSurveyApproval { .. } => pb::CollectionPlanState::AwaitingSurveyApproval,
        State::Returned { .. } => pb::CollectionPlanState::Returned,
        State::Filed { .. } => pb::CollectionPlanState::Filed,
        State::Withdrawn { .. } => pb::CollectionPlanState::Withdrawn,
    };
    let submission = plan.state.submission();
    let items = &plan.content.items;
    pb::CollectionPlan {
        collection_plan_id: plan.id.to_string(),
        unit_id: plan.unit.to_string(),
        title: plan.content.title.clone(),
        items: items.iter().map(item_to_proto).collect(),
        state: state.into(),
        findings: submission.map(|submission| findings(items, &submission.findings)).unwrap_or_default(),
        submit_time: submission.map(|submission| time_to_proto(submission.at)),
        policy_pack: submission
            .map(|submission| format!("{}/{}", submission.pack, submission.pack_version))
            .unwrap_or_default(),
        survey_approve_time: plan.state.survey_approved().map(time_to_proto),
        state_reason: plan.state.reason().unwrap_or_default().to_owned(),
        create_time: Some(time_to_proto(plan.created)),
        update_time: Some(time_to_proto(plan.updated)),
        etag: etag::of(plan.version),
    }
}

fn item_to_proto(item: &Item) -> pb::CollectionItem {
    pb::CollectionItem {
        name: item.name.clone(),
        item_names: item.item_names.clone(),
        source: item.source.clone(),
        channel: item.channel.clone(),
        statistical_survey: item.statistical_survey,
        survey_exception: item.survey_exception.clone(),
        need: item.need.clone(),
    }
}

/// What was found for each item.
pub fn findings(items: &[Item], findings: &[Vec<Finding>]) -> Vec<pb::ItemFindings> {
    let of_item = |(item, found): (&Item, &Vec<Finding>)| pb::ItemFindings {
        name: item.name.clone(),
        similar_entries: found.iter().map(finding_to_proto).collect(),
    };
    items.iter().zip(findings).map(of_item).collect()
}

fn finding_to_proto(finding: &Finding) -> pb::SimilarEntry {
    let sharing = pb::SharingType::from_str_name(&format!("SHARING_TYPE_{}", finding.sharing));
    pb::SimilarEntry {
        entry_id: finding.entry.to_string(),
        title: finding.title.clone(),
        provider_unit_id: finding.provider.to_string(),
        provider_display_name: finding.provider_name.clone(),
        sharing_type: sharing.unwrap_or_default().into(),
        score: finding.score.into(),
        name_score: finding.name_score.into(),
        items_score: finding.items_score.into(),
        duplicate: finding.duplicate,
    }
}
