//! docs/policy-coverage.md: article, rule, RPCs that cite it, journeys named after it. Made from docs/articles.toml, the
//! contracts and the names of the tests; a gap fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use serde::Deserialize;

#[derive(Deserialize)]
struct Articles {
    article: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    number: u8,
    rule: String,
    #[serde(default = "yes")]
    asks: bool,
    /// What is not carried out yet.
    gap: Option<String>,
}

fn yes() -> bool {
    true
}

type ByArticle = BTreeMap<u8, BTreeSet<String>>;

/// Numbers of the articles that a comment cites: `art. 26(一)`, `art. 14 to 16, 24`, `articles 5 and 25`; not those of
/// another text, `art. 21 of decree 809`.
fn cited(comment: &str) -> BTreeSet<u8> {
    let text = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    for marker in ["art. ", "articles ", "article "] {
        for (at, _) in text.match_indices(marker) {
            let mut here = BTreeSet::new();
            let rest = numbers(&text[at + marker.len()..], &mut here);
            if !rest.starts_with(" of decree") {
                found.extend(here);
            }
        }
    }
    found
}

/// Reads numbers as long as commas, `and`, `to` and bracketed items lead from one to the next; gives what follows.
fn numbers<'t>(mut text: &'t str, found: &mut BTreeSet<u8>) -> &'t str {
    let mut range_from = None;
    loop {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(number) = text[..digits].parse::<u8>() else { return text };
        found.extend(range_from.unwrap_or(number)..=number);
        text = &text[digits..];
        if let Some(end) = text.starts_with('(').then(|| text.find(')')).flatten() {
            text = &text[end + 1..];
        }
        let Some((separator, rest)) =
            [", ", " and ", " to "].into_iter().find_map(|it| Some((it, text.strip_prefix(it)?)))
        else {
            return text;
        };
        range_from = (separator == " to ").then_some(number);
        text = rest;
    }
}

/// Comments by path into the descriptor, as `source_code_info` keeps them.
fn comments(file: &FileDescriptorProto) -> BTreeMap<&[i32], &str> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    locations.map(|location| (location.path.as_slice(), location.leading_comments())).collect()
}

/// Public RPCs by the articles that their own comment, their service's, or their request's fields cite. What a file says
/// at its head is true of the file, not of each call in it.
fn rpcs() -> ByArticle {
    let files = FileDescriptorSet::decode(govshare_proto::DESCRIPTORS).expect("the build wrote them");
    let mut found = ByArticle::new();
    for file in files.file.iter().filter(|file| is_public(file.package())) {
        let comments = comments(file);
        let comment = |path: &[i32]| comments.get(path).copied().unwrap_or_default();
        for (at, service) in (0..).zip(&file.service) {
            for (number, method) in (0..).zip(&service.method) {
                let mut articles = cited(comment(&[6, at, 2, number]));
                articles.extend(cited(comment(&[6, at])));
                let request = method.input_type().rsplit('.').next().unwrap_or_default();
                for (message, kind) in
                    (0..).zip(&file.message_type).filter(|(_, kind)| kind.name() == request)
                {
                    for (field, _) in (0..).zip(&kind.field) {
                        articles.extend(cited(comment(&[4, message, 2, field])));
                    }
                }
                for article in articles {
                    let name = format!("{}/{}", service.name(), method.name());
                    found.entry(article).or_default().insert(name);
                }
            }
        }
    }
    found
}

fn is_public(package: &str) -> bool {
    package.starts_with("govshare.") && !package.contains(".internal.")
}

/// Tests by the articles that their names begin with: `art26_…`, `art_24_31_…`.
fn journeys() -> ByArticle {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut found = ByArticle::new();
    for file in std::fs::read_dir(folder).expect("this folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|suffix| suffix != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("readable");
        let lines: Vec<&str> = source.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = line.strip_prefix("async fn art").and_then(|rest| rest.split('(').next()) else {
                continue;
            };
            let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
            assert!(
                attributes.clone().any(|line| line.contains("test")),
                "{}: art{name} is no test",
                path.display()
            );
            assert!(!attributes.clone().any(|line| line.contains("ignore")), "art{name} is not run");
            for number in name.split('_').filter(|part| !part.is_empty()).map_while(|part| part.parse().ok())
            {
                found.entry(number).or_default().insert(format!("art{name}"));
            }
        }
    }
    found
}

#[test]
fn every_article_that_asks_something_has_an_rpc_and_a_journey_and_the_page_says_so() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let articles = std::fs::read_to_string(docs.join("articles.toml")).expect("docs/articles.toml");
    let articles: Articles = toml::from_str(&articles).expect("articles");
    let numbers: Vec<u8> = articles.article.iter().map(|article| article.number).collect();
    assert_eq!(numbers, (1..=37).collect::<Vec<u8>>(), "each article once, in order");

    let (rpcs, journeys) = (rpcs(), journeys());
    let (mut page, mut gaps) = (HEAD.to_owned(), Vec::new());
    for article in &articles.article {
        let list = |of: &ByArticle| {
            let names = of.get(&article.number).into_iter().flatten();
            names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>")
        };
        let (rpcs, journeys) = (list(&rpcs), list(&journeys));
        let wanting = article.asks && (rpcs.is_empty() || journeys.is_empty());
        if wanting != article.gap.is_some() {
            gaps.push(format!("article {}: RPCs [{rpcs}], journeys [{journeys}]", article.number));
        }
        let gap = article.gap.as_ref().map(|gap| format!(" **Not yet:** {gap}")).unwrap_or_default();
        writeln!(page, "| {} | {}{gap} | {rpcs} | {journeys} |", article.number, article.rule)
            .expect("a string takes all");
    }
    assert!(
        gaps.is_empty(),
        "articles without an RPC that cites them or a journey named after them: {gaps:#?}"
    );
    let file = docs.join("policy-coverage.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).expect("written");
    }
    let stands = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stands == page, "docs/policy-coverage.md is not up to date: UPDATE_DOCS=1 writes it");
}

const HEAD: &str = "# What carries out which article\n\n\
    Article of 西政办发〔2014〕14号, what it asks, the RPCs whose own comment, service or request cites it, and the \
    journeys over the gateway that are named after it. Generated by `integration-tests/tests/it/coverage.rs` (`UPDATE_DOCS=1 cargo test -p \
    integration-tests coverage`), which fails when an article has no RPC or no journey and \
    is not said to be a gap.\n\n\
    | art. | rule | RPCs | journeys |\n|---|---|---|---|\n";

#[test]
fn citations_are_read_as_people_write_them() {
    let cases: &[(&str, &[u8])] = &[
        ("received (art. 26(一)).", &[26]),
        ("entries (art. 14 to 16, 24)", &[14, 15, 16, 24]),
        ("articles 5 and 25", &[5, 25]),
        ("art. 24(一), 25", &[24, 25]),
        ("where art.\n 31 asks", &[31]),
        ("at most 2000 characters", &[]),
        ("once (art. 21 of decree 809)", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(cited(text), expected.iter().copied().collect(), "{text}");
    }
}
