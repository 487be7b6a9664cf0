//! The search for entries that resemble a sketch, against a naive comparison with every entry.

use std::collections::BTreeSet;

use catalog::search::{Document, Filter, Index, LEAST_SCORE, Sharing, Similar, Sketch, Text};
use govshare_model::id::EntryId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use time::macros::date;
use uuid::Uuid;

fn document(id: u128, title: &str, items: &[&str], unit: &str) -> Document {
    Document {
        entry_id: EntryId(Uuid::from_u128(id)),
        issued: date!(2026 - 01 - 05),
        title: Text::new(title),
        provider: Text::new("区教委"),
        items: Text::of_items(items.iter().copied()),
        summary: Text::new(""),
        filters: vec![Filter::Unit(unit.parse().expect("a slug")), Filter::Sharing(Sharing::Active)],
    }
}

fn index(documents: &[Document]) -> Index {
    let index = Index::create(None, 1).expect("an index");
    index.apply(documents, &[]).expect("applied");
    index.commit("").expect("committed");
    index
}

fn found(index: &Index, sketch: Sketch, except: Option<&Filter>) -> Vec<Similar> {
    index.similar(&[sketch], except, 100).expect("found").remove(0)
}

/// Pairs of neighbours and the last character, as a set.
fn pairs(text: &str) -> BTreeSet<String> {
    let characters: Vec<char> = text.chars().collect();
    (0..characters.len()).map(|at| characters[at..(at + 2).min(characters.len())].iter().collect()).collect()
}

fn naive(documents: &[Document], name: &str, items: &[&str]) -> Vec<Similar> {
    let mut found: Vec<Similar> = Vec::new();
    for document in documents {
        let (wanted, has) = (pairs(Text::new(name).as_str()), pairs(document.title.as_str()));
        let name = 200 * wanted.intersection(&has).count() / (wanted.len() + has.len()).max(1);
        let lines =
            |text: &str| text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let wanted: BTreeSet<String> = lines(Text::of_items(items.iter().copied()).as_str());
        let has: BTreeSet<String> = lines(document.items.as_str());
        let items = (!wanted.is_empty()).then(|| 100 * wanted.intersection(&has).count() / wanted.len());
        let score = items.map_or(name, |items| (60 * name + 40 * items) / 100);
        let percent = |value: usize| u8::try_from(value).expect("a percentage");
        let similar = Similar {
            entry_id: document.entry_id,
            name: percent(name),
            items: items.map(percent),
            score: percent(score),
        };
        found.extend((similar.score >= LEAST_SCORE).then_some(similar));
    }
    found.sort_by_key(|similar| (std::cmp::Reverse(similar.score), similar.entry_id));
    found
}

#[test]
fn spaces_and_signs_between_the_words_make_no_other_information() {
    let stored = [document(1, "全区小学在校学生营养监测信息", &["姓名", "身 高", "体重"], "jiaowei")];
    for name in
        ["全区小学·在校学生·营养监测信息", "全区 小学 在校学生 营养监测信息", "全区小学在校学生-营养监测信息"]
    {
        for items in [&["姓名", "身高", "体重"][..], &["姓名、身高、体重"], &["姓 名；身·高", "体重"]]
        {
            let best = found(&index(&stored), Sketch::new(name, items.iter().copied()), None);
            assert!(best.first().is_some_and(Similar::is_the_same), "{name} {items:?}: {best:?}");
        }
    }
}

#[test]
fn names_and_items_rank_and_the_units_own_entries_are_left_out() {
    let index = index(&[
        document(1, "小学在校生人数", &["学校", "人数"], "jiaowei"),
        document(2, "小学在校生人数统计", &["学校", "人数", "性别"], "tongjiju"),
        document(3, "中学在校生人数", &["人数"], "tongjiju"),
        document(4, "餐饮许可证", &["证号"], "yaojianju"),
    ]);
    let sketch = || Sketch::new("小学在校生人数", ["学校", "人数"]);
    let ids = |found: Vec<Similar>| -> Vec<u128> {
        found.iter().map(|similar| similar.entry_id.0.as_u128()).collect()
    };
    let all = found(&index, sketch(), None);
    assert_eq!((all[0].score, all[0].is_the_same()), (100, true));
    assert!(!all[2].is_the_same(), "an item is missing");
    assert_eq!(ids(all), [1, 2, 3]);
    let own = Filter::Unit("jiaowei".parse().expect("a slug"));
    assert_eq!(ids(found(&index, sketch(), Some(&own))), [2, 3]);
    let stranger = Filter::Unit("minzhengju".parse().expect("a slug"));
    assert_eq!(ids(found(&index, sketch(), Some(&stranger))), [1, 2, 3]);
}

#[test]
fn an_entry_with_all_items_under_another_name_is_found_if_the_names_have_anything_in_common() {
    let items = ["姓名", "证件号码", "毕业院校", "学位"];
    let index = index(&[document(1, "教师资格认定信息", &items, "jiaowei")]);
    let similar = found(&index, Sketch::new("教师基本信息", items), None);
    assert_eq!(similar.first().map(|similar| similar.items), Some(Some(100)));
}

#[test]
fn the_very_same_name_is_found_among_ten_thousand_of_the_same_words() {
    let titles = (0..10_000_u128).map(|n| (n + 2, format!("区人口信息{n}")));
    let mut documents: Vec<_> = titles.map(|(id, title)| document(id, &title, &[], "gonganju")).collect();
    documents.push(document(1, "人口信息", &[], "gonganju"));
    let index = index(&documents);
    let best = found(&index, Sketch::new("人口信息", []), None);
    assert_eq!(best.first().map(|similar| (similar.entry_id.0.as_u128(), similar.score)), Some((1, 100)));
}

#[test]
fn what_was_removed_is_not_found() {
    let index = index(&[document(1, "校舍面积", &[], "jiaowei"), document(2, "校舍面积", &[], "jiaowei")]);
    index.apply(&[], &[EntryId(Uuid::from_u128(1))]).expect("removed");
    index.commit("").expect("committed");
    let left = found(&index, Sketch::new("校舍面积", []), None);
    assert_eq!(left.iter().map(|similar| similar.entry_id.0.as_u128()).collect::<Vec<_>>(), [2]);
}

fn words(longest: usize) -> impl Strategy<Value = String> {
    let pieces = select(vec!["教", "育", "统", "计", "年", "人", "口", "学", "校", "Ａ", "2"]);
    vec(pieces, 0..=longest).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_small_catalogue_gives_what_a_naive_comparison_gives(
        titles in vec((words(8), vec(words(3), 0..4)), 0..30),
        name in words(8),
        items in vec(words(3), 0..4),
    ) {
        let documents: Vec<Document> = (1..)
            .zip(&titles)
            .map(|(id, (title, items))| {
                let items: Vec<_> = items.iter().map(String::as_str).collect();
                document(id, title, &items, "jiaowei")
            })
            .collect();
        let items: Vec<_> = items.iter().map(String::as_str).collect();
        let similar = found(&index(&documents), Sketch::new(&name, items.iter().copied()), None);
        prop_assert_eq!(similar, naive(&documents, &name, &items));
    }
}
