//! The import of a catalogue by the command line, killed without warning and repeated.

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;

use govshare_cluster::{Cluster, Options, Seed};
use govshare_model::Role;
use govshare_proto::catalog::v1::ListEntriesRequest;
use integration_tests::{Platform, eventually};
use tokio::process::{Child, Command};

const ROWS: usize = 6000;
const PROVIDER: &str = "jiaowei";

fn catalogue() -> String {
    let mut csv = "资源名称,资源摘要,提供方,信息项\n".to_owned();
    for number in 0..ROWS {
        writeln!(csv, "第{number}号学校基本信息,第{number}号学校的名称和地址,区教委,名称、地址、电话")
            .expect("a string takes all");
    }
    csv
}

/// `govshare catalog import`, as a person types it.
fn import(cluster: &Cluster, file: &Path, token: &str) -> Child {
    import_with(cluster, file, token, &[])
}

fn import_with(cluster: &Cluster, file: &Path, token: &str, further: &[&str]) -> Child {
    let test = std::env::current_exe().expect("this program");
    let binary = test.ancestors().nth(2).expect("a target folder").join("govshare");
    Command::new(binary)
        .args(["catalog", "import", "--json", "--endpoint", &cluster.gateway_endpoint(), "--token", token])
        .args(further)
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the built command line starts; `cargo build --workspace --bins`")
}

async fn entries(platform: &Platform) -> Vec<(String, i32)> {
    let mut clerk = platform.person(PROVIDER, Role::Drafter).entries();
    let mut request =
        ListEntriesRequest { provider_unit_id: PROVIDER.to_owned(), page_size: 1000, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = clerk.list_entries(request.clone()).await.expect("a page").into_inner();
        found.extend(page.entries.into_iter().map(|entry| {
            let latest = entry.latest.expect("a version");
            (latest.content.expect("content").title, latest.version)
        }));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_is_repeated_and_leaves_every_row_once() {
    let cluster = Cluster::start(Options::disposable()).await.expect("the built services start");
    cluster.plant(&Seed::builtin()).await.expect("units");
    let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
    platform.wait_until_ready().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.csv");
    std::fs::write(&file, catalogue()).expect("disk");
    let token = cluster.identity().mint(&PROVIDER.parse().expect("a unit"), Role::Drafter).expect("a token");

    let mut first = import(&cluster, &file, &token);
    let clerk = platform.person(PROVIDER, Role::Drafter);
    eventually("the first rows are registered", async || {
        let any =
            ListEntriesRequest { provider_unit_id: PROVIDER.to_owned(), page_size: 1, ..Default::default() };
        let page = clerk.entries().list_entries(any).await.map_err(|status| status.to_string())?;
        if page.into_inner().entries.is_empty() { Err("none yet".to_owned()) } else { Ok(()) }
    })
    .await;
    first.start_kill().expect("it runs");
    let ended = first.wait().await.expect("it ends");
    assert!(!ended.success(), "the import was over before it could be killed");

    for _ in 0..2 {
        let repeated = import(&cluster, &file, &token).wait_with_output().await.expect("it ends");
        assert!(repeated.status.success(), "{}", String::from_utf8_lossy(&repeated.stderr));
        let mut found = entries(&platform).await;
        found.sort();
        let mut expected: Vec<_> = (0..ROWS).map(|number| (format!("第{number}号学校基本信息"), 1)).collect();
        expected.sort();
        assert!(found == expected, "{} entries for {ROWS} rows", found.len());
    }
    cluster.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_row_becomes_the_next_version_and_a_dry_run_changes_nothing() {
    let cluster = Cluster::start(Options::disposable()).await.expect("the built services start");
    cluster.plant(&Seed::builtin()).await.expect("units");
    let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
    platform.wait_until_ready().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.csv");
    let token = cluster.identity().mint(&PROVIDER.parse().expect("a unit"), Role::Drafter).expect("a token");
    let row = |title: &str, items: &str| format!("{title},学校的名称和地址,区教委,{items}\n");
    let rows = |first: &str| {
        "资源名称,资源摘要,提供方,信息项\n".to_owned()
            + &row("小学名录", first)
            + &row("中学名录", "名称、地址")
            + &row("", "名称")
    };
    let imported = async |further: &[&str]| {
        let report = folder.path().join("refused.csv");
        let report = ["--report", report.to_str().expect("UTF-8")];
        let done =
            import_with(&cluster, &file, &token, &[further, &report].concat()).wait_with_output().await;
        let done = done.expect("it ends");
        let told: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let count = |name: &str| told["import"][name].as_u64().unwrap_or_else(|| panic!("{name}: {told}"));
        [count("created"), count("revised"), count("unchanged"), count("refused")]
    };

    std::fs::write(&file, rows("名称、地址")).expect("disk");
    assert_eq!(imported(&["--dry-run"]).await, [2, 0, 0, 1]);
    assert_eq!(entries(&platform).await, [], "a dry run makes nothing");
    assert_eq!(imported(&[]).await, [2, 0, 0, 1]);
    let report = std::fs::read_to_string(folder.path().join("refused.csv")).expect("a report");
    assert!(report.contains('4') && report.contains("资源名称"), "row and column: {report}");

    std::fs::write(&file, rows("名称、地址、电话")).expect("disk");
    assert_eq!(imported(&["--dry-run"]).await, [0, 1, 1, 1]);
    assert_eq!(imported(&[]).await, [0, 1, 1, 1]);
    let mut found = entries(&platform).await;
    found.sort();
    assert_eq!(found, [("中学名录".to_owned(), 1), ("小学名录".to_owned(), 2)]);
    cluster.stop().await.expect("stopped");
}
