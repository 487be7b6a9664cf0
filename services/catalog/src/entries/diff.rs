//! What is different between two contents of an entry, field by field and item by item.

use std::collections::{BTreeMap, BTreeSet};

use govshare_proto::catalog::v1 as pb;

/// What one has to change in `before` to say what `after` says.
pub fn diff(before: &pb::EntryContent, after: &pb::EntryContent) -> pb::DiffEntryVersionsResponse {
    let (old, new) = (texts(before), texts(after));
    let named =
        old.into_iter().zip(new).map(|((field, before), (_, after))| (field.to_owned(), before, after));
    let headers: BTreeSet<_> = before.extras.keys().chain(after.extras.keys()).collect();
    let extras = headers.into_iter().map(|header| {
        let value = |content: &pb::EntryContent| content.extras.get(header).cloned().unwrap_or_default();
        (format!("extras.{header}"), value(before), value(after))
    });
    let field_changes = named.chain(extras).filter(|(_, before, after)| before != after);
    let field_changes = field_changes.map(|(field, before, after)| pb::FieldChange {
        kind: kind(!before.is_empty(), !after.is_empty()).into(),
        field,
        before,
        after,
    });
    pb::DiffEntryVersionsResponse {
        field_changes: field_changes.collect(),
        item_changes: items(&before.items, &after.items),
        items_reordered: reordered(&before.items, &after.items),
    }
}

fn kind(is_in_first: bool, is_in_second: bool) -> pb::ChangeKind {
    match (is_in_first, is_in_second) {
        (false, _) => pb::ChangeKind::Added,
        (true, false) => pb::ChangeKind::Removed,
        (true, true) => pb::ChangeKind::Changed,
    }
}

/// Every field but items and extras, in the order of the contract. What is not said is empty.
fn texts(content: &pb::EntryContent) -> Vec<(&'static str, String)> {
    let formats = content.formats.iter().map(|format| match format.format_class() {
        pb::FormatClass::Unspecified => format.r#type.clone(),
        class => format!("{} {}", class.as_str_name(), format.r#type),
    });
    let sensitivities = content.sensitivities().map(|ground| ground.as_str_name().to_owned());
    vec![
        ("title", content.title.clone()),
        ("abstract", content.r#abstract.clone()),
        ("resource_code", content.resource_code.clone()),
        ("themes", content.themes.join("\n")),
        ("formats", lines(formats)),
        ("sharing_type", said(content.sharing_type, content.sharing_type().as_str_name())),
        ("sharing_conditions", content.sharing_conditions.clone()),
        ("sharing_mode", content.sharing_mode.clone()),
        ("public_openness", said(content.public_openness, content.public_openness().as_str_name())),
        ("open_conditions", content.open_conditions.clone()),
        ("update_cycle", said(content.update_cycle, content.update_cycle().as_str_name())),
        ("update_cycle_words", content.update_cycle_words.clone()),
        ("issue_date", day(content.issue_date)),
        ("modify_date", day(content.modify_date)),
        ("keywords", content.keywords.join("\n")),
        ("related_codes", content.related_codes.join("\n")),
        ("source_uri", content.source_uri.clone()),
        ("sensitivities", lines(sensitivities)),
        ("grading", content.grading.clone()),
        ("personal_information_assessment", content.personal_information_assessment.clone()),
    ]
}

fn lines(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join("\n")
}

/// The name of an enumeration's value, nothing where it is not said.
fn said(value: i32, name: &str) -> String {
    if value == 0 { String::new() } else { name.to_owned() }
}

fn day(date: Option<govshare_proto::google::r#type::Date>) -> String {
    date.map(|date| format!("{}-{:02}-{:02}", date.year, date.month, date.day)).unwrap_or_default()
}

fn items(before: &[pb::Item], after: &[pb::Item]) -> Vec<pb::ItemChange> {
    let old: BTreeMap<_, _> = before.iter().map(|item| (item.name.as_str(), item)).collect();
    let new: BTreeMap<_, _> = after.iter().map(|item| (item.name.as_str(), item)).collect();
    let change = |before: Option<&pb::Item>, after: Option<&pb::Item>| pb::ItemChange {
        item_name: before.or(after).map(|item| item.name.clone()).unwrap_or_default(),
        kind: kind(before.is_some(), after.is_some()).into(),
        before: before.cloned(),
        after: after.cloned(),
    };
    let former = before.iter().filter_map(|item| match new.get(item.name.as_str()) {
        Some(now) if *now == item => None,
        now => Some(change(Some(item), now.copied())),
    });
    let added = after.iter().filter(|item| !old.contains_key(item.name.as_str()));
    former.chain(added.map(|item| change(None, Some(item)))).collect()
}

/// Whether the items that stand in both stand in another order.
fn reordered(before: &[pb::Item], after: &[pb::Item]) -> bool {
    let common = |items: &[pb::Item], others: &[pb::Item]| -> Vec<String> {
        let others: BTreeSet<_> = others.iter().map(|item| item.name.as_str()).collect();
        let kept = items.iter().filter(|item| others.contains(item.name.as_str()));
        kept.map(|item| item.name.clone()).collect()
    };
    common(before, after) != common(after, before)
}
