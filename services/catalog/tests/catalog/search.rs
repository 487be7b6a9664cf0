//! The index against `LIKE` written out naively: same hits, same order, on every page and every replica.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::search::{
    COUNT_CAP, Count, Document, Error, Field, Filter, Index, InvalidQuery, Key, Query, Sharing, Text,
};
use govshare_model::id::EntryId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use time::{Date, Duration, Month};
use uuid::Uuid;

fn text(longest: usize) -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "教",
        "育",
        "统",
        "计",
        "年",
        "教育",
        "统计年",
        "的",
        "2",
        "0",
        "202",
        "GDP",
        "gdp",
        "g",
        "d",
        " ",
        "\u{3000}",
        "（",
        "Ａ",
        "é",
        "𠮷",
        "\u{200b}",
        "\t",
    ]);
    vec(pieces, 0..=longest).prop_map(|pieces| pieces.concat())
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let unit = select(vec!["jiaowei", "tongjiju"]);
    let sharing = select(vec![Sharing::Active, Sharing::OnApplication]);
    (unit, sharing).prop_map(|(unit, sharing)| {
        vec![Filter::Unit(unit.parse().expect("a slug")), Filter::Sharing(sharing)]
    })
}

fn document() -> impl Strategy<Value = Document> {
    (0..40u128, 0..5i64, text(6), text(2), vec(text(3), 0..3), text(8), filters()).prop_map(
        |(id, day, title, provider, items, summary, filters)| Document {
            entry_id: entry(id),
            issued: day_of_issue(day),
            title: Text::new(&title),
            provider: Text::new(&provider),
            items: Text::of_items(items.iter().map(String::as_str)),
            summary: Text::new(&summary),
            filters,
        },
    )
}

/// Some changes and whether a commit follows them.
type Step = (Vec<Document>, Vec<u128>, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((vec(document(), 0..8), vec(0..40u128, 0..3), any::<bool>()), 1..8)
}

fn query() -> impl Strategy<Value = Query> {
    (vec(text(3), 0..3), filters(), 0..4usize, 1..6usize).prop_map(|(terms, filters, kept, limit)| {
        let mut query = Query::new(terms.iter().map(String::as_str)).expect("few and short terms");
        query.filters =
            filters.into_iter().enumerate().filter(|(i, _)| kept >> i & 1 == 1).map(|(_, f)| f).collect();
        query.limit = limit;
        query
    })
}

fn entry(id: u128) -> EntryId {
    // Neighbouring ids differ in their first byte, so that id order is not the order of making.
    EntryId(Uuid::from_u128((id * 37 % 64) << 120 | id))
}

fn day_of_issue(day: i64) -> Date {
    Date::from_calendar_date(2014, Month::August, 1).expect("a date") + Duration::days(day)
}

fn like(entries: &BTreeMap<EntryId, Document>, query: &Query) -> Vec<Key> {
    let mut found: Vec<Key> = entries
        .values()
        .filter(|entry| query.filters.iter().all(|filter| entry.filters.contains(filter)))
        .filter_map(|entry| {
            let texts = [&entry.title, &entry.provider, &entry.items, &entry.summary];
            let classes = query.terms().iter().map(|term| {
                let contains = |text: &&Text| text.as_str().contains(term.as_str());
                texts.iter().position(contains).map(|field| Field::ALL[field])
            });
            let class = classes.collect::<Option<Vec<Field>>>()?.into_iter().max().unwrap_or(Field::Title);
            Some(Key { class, issued: entry.issued, entry_id: entry.entry_id })
        })
        .collect();
    found.sort();
    found
}

fn all_pages(index: &Index, query: &Query) -> (Vec<Key>, Vec<Count>) {
    let (mut hits, mut totals, mut query) = (Vec::new(), Vec::new(), query.clone());
    loop {
        let page = index.search(&query).expect("an answer");
        assert!(page.hits.len() <= query.limit);
        hits.extend(page.hits);
        totals.push(page.total);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return (hits, totals),
        }
    }
}

fn run(index: &Index, entries: &mut BTreeMap<EntryId, Document>, steps: &[Step]) {
    for (upserts, deletes, commit) in steps {
        let deletes: Vec<EntryId> = deletes.iter().copied().map(entry).collect();
        index.apply(upserts, &deletes).expect("applied");
        for id in &deletes {
            entries.remove(id);
        }
        entries.extend(upserts.iter().map(|document| (document.entry_id, document.clone())));
        if *commit {
            index.commit("").expect("committed");
        }
    }
    index.commit("").expect("committed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn hits_pages_and_counts_are_those_of_like(steps in steps(), queries in vec(query(), 12)) {
        let index = Index::create(None, 2).expect("created");
        let mut entries = BTreeMap::new();
        run(&index, &mut entries, &steps);
        prop_assert_eq!(index.len(), entries.len());
        for query in &queries {
            let expected = like(&entries, query);
            let (hits, totals) = all_pages(&index, query);
            prop_assert_eq!(&hits, &expected, "{:?}", query);
            prop_assert!(totals.iter().all(|total| *total == Count::Exact(expected.len())));
        }
    }

}

proptest! {
    // Each case commits often.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn replicas_with_other_histories_give_the_same_order(steps in steps(), queries in vec(query(), 12)) {
        let (one, other) = (Index::create(None, 1).expect("created"), Index::create(None, 2).expect("created"));
        let mut entries = BTreeMap::new();
        run(&one, &mut entries, &steps);
        for documents in entries.into_values().collect::<Vec<_>>().chunks(4) {
            other.apply(documents, &[]).expect("applied");
            other.commit("").expect("committed");
        }
        for query in &queries {
            prop_assert_eq!(all_pages(&one, query), all_pages(&other, query));
        }
    }

}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(raw in any::<String>()) {
        let once = Text::new(&raw);
        prop_assert_eq!(Text::new(once.as_str()), once);
    }
}

fn titled(id: u128, title: &str) -> Document {
    Document {
        entry_id: entry(id),
        issued: day_of_issue(id as i64 % 300),
        title: Text::new(title),
        provider: Text::new("区统计局"),
        items: Text::of_items(["单位名称", "年份"]),
        summary: Text::default(),
        filters: Vec::new(),
    }
}

fn found(index: &Index, words: &str) -> Vec<EntryId> {
    let mut query = Query::words(words).expect("a query");
    query.limit = usize::MAX;
    index.search(&query).expect("an answer").hits.into_iter().map(|hit| hit.entry_id).collect()
}

#[test]
fn readers_spellings_are_one() {
    let text = Text::new("\u{feff} ２０２２年\u{3000}\r\n ＧＤＰ（现价）Él\u{200b}an ");
    assert_eq!(text.as_str(), "2022年 gdp(现价)élan");
    assert_eq!(Text::of_items(["Ａ a", " ", "b"]).as_str(), "a a\nb");
}

#[test]
fn terms_do_not_match_across_fields_or_items() {
    let index = Index::create(None, 1).expect("created");
    index.apply(&[titled(1, "人口")], &[]).expect("applied");
    index.commit("").expect("committed");
    assert_eq!(found(&index, "口区"), []);
    assert_eq!(found(&index, "称年"), []);
    assert_eq!(found(&index, "单位名称 年份 口"), [entry(1)]);
}

#[test]
fn a_change_is_found_from_its_commit_on() {
    let index = Index::create(None, 2).expect("created");
    index.apply(&[titled(1, "学校名录"), titled(2, "学校名录")], &[]).expect("applied");
    assert_eq!(found(&index, "学校"), []);
    index.commit("").expect("committed");
    assert_eq!(found(&index, "学校").len(), 2);

    index.apply(&[titled(1, "医院名录")], &[entry(2)]).expect("applied");
    assert_eq!(found(&index, "学校").len(), 2);
    index.commit("").expect("committed");
    assert_eq!(found(&index, "学校"), []);
    assert_eq!(found(&index, "医院"), [entry(1)]);
}

#[test]
fn counts_stop_at_the_cap_and_pages_do_not() {
    let index = Index::create(None, 2).expect("created");
    let documents: Vec<Document> = (0..COUNT_CAP as u128 + 300)
        .map(|id| titled(id, if id < 1_000 { "企业名录" } else { "学校" }))
        .collect();
    for batch in documents.chunks(100) {
        index.apply(batch, &[]).expect("applied");
        index.commit("").expect("committed");
    }
    let entries: BTreeMap<_, _> =
        documents.into_iter().map(|document| (document.entry_id, document)).collect();
    for (words, total) in [
        ("企业名录", Count::Exact(1_000)),
        ("单位名称", Count::MoreThan(COUNT_CAP)),
        ("", Count::MoreThan(COUNT_CAP)),
    ] {
        let mut query = Query::words(words).expect("a query");
        query.limit = 170;
        let (hits, totals) = all_pages(&index, &query);
        assert_eq!(hits, like(&entries, &query));
        assert!(totals.iter().all(|counted| *counted == total), "{words} {totals:?}");
    }
}

#[test]
fn oversized_queries_are_refused() {
    let long = "长".repeat(65);
    assert_eq!(Query::new([long.as_str()]).err(), Some(InvalidQuery::TermTooLong(65)));
    assert_eq!(Query::words("a b c d e f g h i").err(), Some(InvalidQuery::TooManyTerms(9)));
    assert_eq!(Query::words("a b c d e f g h a").map(|query| query.terms().len()), Ok(8));
}

#[test]
fn searches_run_while_one_writer_applies() {
    let index = Index::create(None, 2).expect("created");
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let searches = || {
            let mut most = 0;
            while !written.load(Ordering::SeqCst) {
                let hits = found(&index, "企业名录").len();
                assert!(hits >= most && hits.is_multiple_of(20), "half a commit was seen");
                most = hits;
            }
        };
        let searchers = [scope.spawn(searches), scope.spawn(searches), scope.spawn(searches)];
        let writer = scope.spawn(|| {
            for batch in 0..20 {
                let documents: Vec<Document> = (0..20).map(|i| titled(batch * 20 + i, "企业名录")).collect();
                index.apply(&documents, &[]).expect("applied");
                index.commit("").expect("committed");
            }
        });
        let outcome = writer.join();
        written.store(true, Ordering::SeqCst);
        outcome.expect("written");
        for searcher in searchers {
            searcher.join().expect("searched");
        }
    });
    assert_eq!(found(&index, "企业名录").len(), 400);
}

#[test]
fn a_reopened_index_knows_its_entries_and_position() {
    let directory = tempfile::tempdir().expect("a directory");
    let index = Index::create(Some(directory.path()), 1).expect("created");
    assert_eq!(index.position().expect("read"), None);
    index.apply(&[titled(1, "学校名录"), titled(2, "医院名录")], &[]).expect("applied");
    index.commit("17").expect("committed");
    index.apply(&[titled(3, "未提交")], &[]).expect("applied");
    drop(index);

    let index = Index::open(directory.path(), 1).expect("opened");
    assert_eq!(index.position().expect("read").as_deref(), Some("17"));
    assert_eq!(found(&index, "学校"), [entry(1)]);
    assert_eq!(found(&index, "未提交"), []);
    index.apply(&[], &[entry(1)]).expect("applied");
    index.commit("18").expect("committed");
    assert_eq!(found(&index, "名录"), [entry(2)]);
}

#[test]
fn a_lost_or_damaged_index_asks_to_be_rebuilt_and_can_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let unusable = |path: &Path| matches!(Index::open(path, 1), Err(Error::Unusable(_)));
    assert!(unusable(directory.path()), "none there");

    let build = || {
        let index = Index::create(Some(directory.path()), 1).expect("created");
        let documents: Vec<Document> = (0..50).map(|id| titled(id, "企业名录")).collect();
        index.apply(&documents, &[]).expect("applied");
        index.commit("1").expect("committed");
    };
    build();
    let files: Vec<_> = std::fs::read_dir(directory.path().join("entries"))
        .expect("a directory")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.metadata().is_ok_and(|file| file.len() > 0))
        .filter(|path| !path.ends_with(".managed.json"))
        .collect();
    assert!(files.len() > 4, "{files:?}");
    for path in files.iter().filter_map(|path| path.file_name()) {
        for damage in [Damage::Flip, Damage::Truncate, Damage::Remove] {
            if path == "meta.json" && matches!(damage, Damage::Flip) {
                continue; // The list of segments carries no checksum.
            }
            build();
            let path = the_file_like(directory.path(), Path::new(path));
            damage.inflict(&path);
            assert!(unusable(directory.path()), "{damage:?} {}", path.display());
        }
    }
    build();
    assert_eq!(Index::open(directory.path(), 1).expect("opened").len(), 50);
}

/// Segment files are named anew by each build: the one with the same extension, or of the same name.
fn the_file_like(directory: &Path, name: &Path) -> std::path::PathBuf {
    let same = |path: &Path| match name.to_str() {
        Some("meta.json") => path.file_name() == Some(name.as_os_str()),
        _ => path.extension() == name.extension() && !path.ends_with("meta.json"),
    };
    std::fs::read_dir(directory.join("entries"))
        .expect("a directory")
        .map(|file| file.expect("a file").path())
        .find(|path| same(path))
        .expect("a file of each kind in each build")
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Flip,
    Truncate,
    Remove,
}

impl Damage {
    fn inflict(self, path: &Path) {
        let mut bytes = std::fs::read(path).expect("read");
        match self {
            Self::Flip => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x55;
            }
            Self::Truncate => bytes.truncate(bytes.len() / 2),
            Self::Remove => return std::fs::remove_file(path).expect("removed"),
        }
        std::fs::write(path, bytes).expect("written");
    }
}
