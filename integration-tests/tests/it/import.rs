//! The import of a catalogue by the command line, killed without warning and repeated.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use govshare_cluster::{Cluster, Options, Seed};
use govshare_model::Role;
use govshare_proto::catalog::v1::ListEntriesRequest;
use integration_tests::{Platform, eventually};
use rust_xlsxwriter::Workbook;
use tempfile::TempDir;
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

/// A platform, and a clerk of the provider who imports files of a folder into it.
struct Importing {
    cluster: Cluster,
    platform: Platform,
    folder: TempDir,
    token: String,
}

impl Importing {
    async fn start() -> Self {
        let cluster = Cluster::start(Options::disposable()).await.expect("the built services start");
        cluster.plant(&Seed::builtin()).await.expect("units");
        let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
        platform.wait_until_ready().await;
        let provider = PROVIDER.parse().expect("a unit");
        let token = cluster.identity().mint(&provider, Role::Drafter).expect("a token");
        Self { cluster, platform, folder: tempfile::tempdir().expect("a folder"), token }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).expect("disk");
        file
    }

    /// `govshare catalog import`, as a person types it.
    fn command(&self, file: &Path, further: &[&str]) -> Child {
        let test = std::env::current_exe().expect("this program");
        let binary = test.ancestors().nth(2).expect("a target folder").join("govshare");
        let endpoint = self.cluster.gateway_endpoint();
        Command::new(binary)
            .args(["catalog", "import", "--json", "--endpoint", &endpoint, "--token", &self.token])
            .args(further)
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the built command line starts; `cargo build --workspace --bins`")
    }

    /// Rows created, revised, unchanged and refused, and the report of the refused ones.
    async fn imported(&self, file: &Path, further: &[&str]) -> ([u64; 4], String) {
        let report = self.folder.path().join("refused.csv");
        let asked = [further, &["--report", report.to_str().expect("UTF-8")]].concat();
        let done = self.command(file, &asked).wait_with_output().await.expect("it ends");
        let told: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let count = |name: &str| told["import"][name].as_u64().unwrap_or_else(|| panic!("{name}: {told}"));
        let report = std::fs::read_to_string(report).unwrap_or_default();
        (["created", "revised", "unchanged", "refused"].map(count), report)
    }
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
    let importing = Importing::start().await;
    let platform = &importing.platform;
    let file = importing.write("catalogue.csv", catalogue());

    let mut first = importing.command(&file, &[]);
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
        let repeated = importing.command(&file, &[]).wait_with_output().await.expect("it ends");
        assert!(repeated.status.success(), "{}", String::from_utf8_lossy(&repeated.stderr));
        let mut found = entries(platform).await;
        found.sort();
        let mut expected: Vec<_> = (0..ROWS).map(|number| (format!("第{number}号学校基本信息"), 1)).collect();
        expected.sort();
        assert!(found == expected, "{} entries for {ROWS} rows", found.len());
    }
    importing.cluster.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_row_becomes_the_next_version_and_a_dry_run_changes_nothing() {
    let importing = Importing::start().await;
    let row = |title: &str, items: &str| format!("{title},学校的名称和地址,区教委,{items}\n");
    let rows = |first: &str| {
        let text = "资源名称,资源摘要,提供方,信息项\n".to_owned()
            + &row("小学名录", first)
            + &row("中学名录", "名称、地址")
            + &row("", "名称");
        importing.write("catalogue.csv", text)
    };

    let file = rows("名称、地址");
    assert_eq!(importing.imported(&file, &["--dry-run"]).await.0, [2, 0, 0, 1]);
    assert_eq!(entries(&importing.platform).await, [], "a dry run makes nothing");
    let (counts, report) = importing.imported(&file, &[]).await;
    assert_eq!(counts, [2, 0, 0, 1]);
    assert!(report.contains('4') && report.contains("资源名称"), "row and column: {report}");

    let file = rows("名称、地址、电话");
    assert_eq!(importing.imported(&file, &["--dry-run"]).await.0, [0, 1, 1, 1]);
    assert_eq!(importing.imported(&file, &[]).await.0, [0, 1, 1, 1]);
    let mut found = entries(&importing.platform).await;
    found.sort();
    assert_eq!(found, [("中学名录".to_owned(), 1), ("小学名录".to_owned(), 2)]);
    importing.cluster.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workbooks_and_gbk_are_imported_and_rows_of_unknown_providers_are_refused() {
    let importing = Importing::start().await;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let rows = [["资源名称", "提供方", "信息项"], ["校车名录", "区教委", "车牌、座位"]];
    sheet.write_row_matrix(0, 0, rows).expect("cells");
    let file = importing.write("catalogue.xlsx", workbook.save_to_buffer().expect("a workbook"));
    assert_eq!(importing.imported(&file, &[]).await.0, [1, 0, 0, 0]);

    let (gbk, ..) =
        encoding_rs::GBK.encode("资源名称,提供方,信息项\n幼儿园名录,区教委,名称\n温室名录,区园艺局,地址\n");
    let file = importing.write("gbk.csv", gbk);
    let (counts, report) = importing.imported(&file, &[]).await;
    assert_eq!(counts, [1, 0, 0, 1]);
    assert!(report.contains("区园艺局") && report.contains('3'), "who and in which row: {report}");
    let mut found = entries(&importing.platform).await;
    found.sort();
    assert_eq!(found, [("幼儿园名录".to_owned(), 1), ("校车名录".to_owned(), 1)]);
    importing.cluster.stop().await.expect("stopped");
}
