//! `govshare demo` as a person types it: the walk through all articles, alone and on what earlier demos left.

use std::path::Path;
use std::process::Output;

use govshare_cluster::{Cluster, Options, Seed, Storage};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::Command;

const ARTICLES: u8 = 37;

/// What `--json` tells.
#[derive(Deserialize)]
struct Told {
    steps: Vec<Step>,
    summary: Summary,
}

#[derive(Deserialize)]
struct Step {
    part: String,
    article: String,
    refused: String,
}

#[derive(Deserialize)]
struct Summary {
    articles: Vec<Walked>,
}

#[derive(Deserialize)]
struct Walked {
    article: u8,
    heading: String,
    asks: bool,
}

/// Runs the built command line on the sandbox in `dir`, or alone where none runs.
async fn demo(dir: &Path, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().expect("this program");
    let binary = test.ancestors().nth(2).expect("a target folder").join("govshare");
    Command::new(binary)
        .arg("demo")
        .args(arguments)
        .arg("--dir")
        .arg(dir)
        .kill_on_drop(true)
        .output()
        .await
        .expect("the built command line starts; `cargo build --workspace --bins`")
}

fn text(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_of_all_articles_runs_alone_and_tells_each_in_order() {
    let dir = TempDir::new().expect("a folder");
    let out = dir.path().join("written");
    let said = text(&demo(dir.path(), &["--full", "--out", &out.to_string_lossy()]).await);
    let mut rest = said.as_str();
    for number in 1..=ARTICLES {
        let heading = format!("条 · Article {number}\n");
        let (_, after) = rest
            .split_once(&heading)
            .unwrap_or_else(|| panic!("article {number} is not told in order\n{said}"));
        rest = after;
    }
    assert!(rest.contains("Everything went as the policy says"), "{rest}");
    for (name, begins) in
        [("requests.xlsx", "PK"), ("agreements.xlsx", "PK"), ("agreement.html", "<!DOCTYPE html>")]
    {
        let bytes = std::fs::read(out.join(name)).expect("a file that the walk wrote");
        assert!(bytes.starts_with(begins.as_bytes()), "{name}");
    }
    let reports = std::fs::read_dir(&out)
        .expect("the folder")
        .filter_map(|file| file.ok()?.file_name().into_string().ok());
    assert_eq!(reports.filter(|name| name.starts_with("evaluation-")).count(), 3, "page, workbook, JSON");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_of_all_articles_repeats_on_what_earlier_demos_left() {
    let dir = TempDir::new().expect("a folder");
    let storage = Storage::Sandbox(dir.path().to_owned());
    let cluster =
        Cluster::start(Options { storage, ..Options::disposable() }).await.expect("the built services start");
    cluster.plant(&Seed::builtin()).await.expect("units");
    cluster.announce().expect("a description in the folder");
    text(&demo(dir.path(), &[]).await);
    text(&demo(dir.path(), &["--full"]).await);
    let told: Told =
        serde_json::from_str(&text(&demo(dir.path(), &["--full", "--json"]).await)).expect("one JSON object");
    let numbers: Vec<u8> = told.summary.articles.iter().map(|walked| walked.article).collect();
    assert_eq!(numbers, (1..=ARTICLES).collect::<Vec<_>>());
    for walked in told.summary.articles.iter().filter(|walked| walked.asks) {
        let under = |step: &&Step| {
            let named = step.article.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let number = &step.article[..step.article.len() - named.len()];
            step.part == walked.heading && number == walked.article.to_string()
        };
        assert!(
            told.steps.iter().any(|step| under(&step)),
            "nothing is done under article {}",
            walked.article
        );
    }
    let refused = told.steps.iter().filter(|step| !step.refused.is_empty()).count();
    assert!(refused > usize::from(ARTICLES), "{refused} refusals");
    text(&demo(dir.path(), &[]).await);
    cluster.stop().await.expect("stopped");
}
