use catalog::entries::content::{Content, Outline, Sensitivity, Sharing, Unlistable};
use catalog::entries::convert;
use govshare_model::pack::Pack;
use govshare_proto::catalog::v1 as pb;
use service_kit::Violations;

fn parsed(content: pb::EntryContent) -> Content {
    let mut violations = Violations::new();
    let parsed = convert::content(Some(content), &mut violations);
    assert!(violations.is_empty(), "{violations:?}");
    parsed.check(Pack::builtin("xicheng-2014"), &mut violations).expect("listable")
}

fn violated(content: pb::EntryContent) -> Vec<String> {
    let mut violations = Violations::new();
    convert::content(Some(content), &mut violations);
    violations.into_found().into_iter().map(|violation| violation.field).collect()
}

fn listed(pack: &str, outline: &Outline) -> Option<Unlistable> {
    let rules = &Pack::builtin(pack).expect("it ships").confidentiality;
    Content::new(outline.clone(), vec![], Some(rules)).err()
}

#[test]
fn the_pack_says_what_is_kept_off_and_whether_grounds_exclude_active_sharing_and_without_one_all_is_kept_off()
{
    let marked = |ground, sharing| Outline {
        title: "t".to_owned(),
        sharing: Some(sharing),
        has_conditions: true,
        sensitivities: vec![ground],
    };
    let work = marked(Sensitivity::WorkSecret, Sharing::Conditional);
    assert_eq!(listed("xicheng-2014", &work), None);
    assert_eq!(listed("national-2025", &work), Some(Unlistable::WorkSecret));
    assert_eq!(Content::new(work, vec![], None).err(), Some(Unlistable::WorkSecret));
    let open = marked(Sensitivity::TradeSecret, Sharing::Unconditional);
    assert_eq!(listed("xicheng-2014", &open), Some(Unlistable::SensitiveAndActive));
    assert_eq!(listed("national-2025", &open), None);
    assert_eq!(Content::new(open, vec![], None).err(), Some(Unlistable::SensitiveAndActive));
    for pack in ["xicheng-2014", "national-2025"] {
        let secret = marked(Sensitivity::StateSecret, Sharing::Conditional);
        assert_eq!(listed(pack, &secret), Some(Unlistable::StateSecret));
    }
}

#[test]
fn art31_state_secrets_are_never_listed_and_sensitive_entries_never_active() {
    use Sensitivity::*;
    let sharings = [None, Some(Sharing::Unconditional), Some(Sharing::Conditional), Some(Sharing::Withheld)];
    for sharing in sharings {
        for sensitivities in
            [vec![], vec![TradeSecret], vec![PersonalPrivacy, ProviderSensitive], vec![StateSecret]]
        {
            for has_conditions in [true, false] {
                let expected = if sensitivities.contains(&StateSecret) {
                    Some(Unlistable::StateSecret)
                } else if sharing == Some(Sharing::Unconditional) && !sensitivities.is_empty() {
                    Some(Unlistable::SensitiveAndActive)
                } else if sharing == Some(Sharing::Withheld) && !has_conditions {
                    Some(Unlistable::WithheldWithoutBasis)
                } else {
                    None
                };
                let sensitivities = sensitivities.clone();
                let outline = Outline { title: "t".to_owned(), sharing, has_conditions, sensitivities };
                assert_eq!(listed("xicheng-2014", &outline), expected, "{outline:?}");
            }
        }
    }
}

#[test]
fn equal_contents_have_equal_bytes_whatever_their_order_and_margins() {
    let one = pb::EntryContent {
        title: " 小学在校生 ".to_owned(),
        extras: [("数据量".to_owned(), "18".to_owned()), ("行业".to_owned(), "教育".to_owned())].into(),
        sensitivities: vec![3, 2],
        ..Default::default()
    };
    let other = pb::EntryContent {
        title: "小学在校生".to_owned(),
        extras: [("行业".to_owned(), "教育 ".to_owned()), ("数据量".to_owned(), "18".to_owned())].into(),
        sensitivities: vec![2, 3, 2],
        ..Default::default()
    };
    assert_eq!(parsed(one), parsed(other.clone()));
    let longer = pb::EntryContent { r#abstract: "。".to_owned(), ..other.clone() };
    assert_ne!(parsed(longer).digest(), parsed(other).digest());
}

#[test]
fn every_bad_field_is_named_at_once() {
    let item = |name: &str| pb::Item { name: name.to_owned(), ..Default::default() };
    let content = pb::EntryContent {
        title: " ".to_owned(),
        r#abstract: "字".repeat(10_001),
        themes: vec!["t".to_owned(); 21],
        formats: vec![pb::Format { format_class: 99, r#type: String::new() }],
        items: vec![item("姓名"), item("姓名 ")],
        sharing_type: 9,
        update_cycle: -1,
        issue_date: Some(govshare_proto::google::r#type::Date { year: 2026, month: 2, day: 30 }),
        source_uri: "no address".to_owned(),
        sensitivities: vec![0],
        extras: [("k".repeat(101), String::new())].into(),
        ..Default::default()
    };
    let mut fields = violated(content);
    fields.sort();
    let expected = [
        "content.abstract",
        "content.extras",
        "content.formats.format_class",
        "content.formats.type",
        "content.issue_date",
        "content.items.name",
        "content.sensitivities",
        "content.sharing_type",
        "content.source_uri",
        "content.themes",
        "content.title",
        "content.update_cycle",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn the_limits_themselves_are_good() {
    let content = pb::EntryContent {
        title: "字".repeat(500),
        r#abstract: "字".repeat(10_000),
        items: (0..1000).map(|n| pb::Item { name: n.to_string(), ..Default::default() }).collect(),
        themes: vec!["t".repeat(100); 20],
        extras: (0..50).map(|n| (n.to_string(), "v".repeat(2_000))).collect(),
        ..Default::default()
    };
    assert_eq!(violated(content), [""; 0]);
}
