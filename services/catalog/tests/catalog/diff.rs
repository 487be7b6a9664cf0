use catalog::entries::diff::diff;
use govshare_proto::catalog::v1::{
    ChangeKind, EntryContent, FieldChange, Item, ItemChange, SharingType, UpdateCycle,
};
use govshare_proto::google::r#type::Date;

fn item(name: &str, length: &str) -> Item {
    Item { name: name.to_owned(), length: length.to_owned(), ..Item::default() }
}

fn content() -> EntryContent {
    EntryContent {
        title: "小学名录".to_owned(),
        keywords: vec!["学校".to_owned()],
        items: vec![item("学校", "50"), item("人数", "8"), item("电话", "11")],
        sharing_type: SharingType::Conditional.into(),
        extras: [("备注".to_owned(), "甲".to_owned())].into(),
        ..EntryContent::default()
    }
}

#[test]
fn the_same_content_has_no_difference() {
    let found = diff(&content(), &content());
    assert!(found.field_changes.is_empty() && found.item_changes.is_empty() && !found.items_reordered);
}

#[test]
fn every_field_that_differs_is_told_with_both_values() {
    let after = EntryContent {
        title: "中小学名录".to_owned(),
        keywords: vec!["学校".to_owned(), "名录".to_owned()],
        sharing_type: SharingType::Unspecified.into(),
        update_cycle: UpdateCycle::Yearly.into(),
        issue_date: Some(Date { year: 2026, month: 1, day: 5 }),
        extras: [("来源".to_owned(), "乙".to_owned())].into(),
        ..content()
    };
    let change = |field: &str, kind: ChangeKind, before: &str, after: &str| FieldChange {
        field: field.to_owned(),
        kind: kind.into(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    assert_eq!(
        diff(&content(), &after).field_changes,
        [
            change("title", ChangeKind::Changed, "小学名录", "中小学名录"),
            change("sharing_type", ChangeKind::Removed, "SHARING_TYPE_CONDITIONAL", ""),
            change("update_cycle", ChangeKind::Added, "", "UPDATE_CYCLE_YEARLY"),
            change("issue_date", ChangeKind::Added, "", "2026-01-05"),
            change("keywords", ChangeKind::Changed, "学校", "学校\n名录"),
            change("extras.备注", ChangeKind::Removed, "甲", ""),
            change("extras.来源", ChangeKind::Added, "", "乙"),
        ]
    );
}

#[test]
fn items_are_added_removed_changed_and_reordered_by_name() {
    let items = vec![item("地址", "100"), item("人数", "9"), item("学校", "50")];
    let found = diff(&content(), &EntryContent { items, ..content() });
    let change = |kind: ChangeKind, before: Option<Item>, after: Option<Item>| ItemChange {
        item_name: before.as_ref().or(after.as_ref()).map(|item| item.name.clone()).unwrap_or_default(),
        kind: kind.into(),
        before,
        after,
    };
    assert_eq!(
        found.item_changes,
        [
            change(ChangeKind::Changed, Some(item("人数", "8")), Some(item("人数", "9"))),
            change(ChangeKind::Removed, Some(item("电话", "11")), None),
            change(ChangeKind::Added, None, Some(item("地址", "100"))),
        ]
    );
    assert!(found.items_reordered);
}
