//! A catalogue file as a person imports it: the command line, the file's reading, and every row a draft. The file has
//! the headers, rows and providers of a province's open-data portal.

use std::error::Error;
use std::fmt::Write;
use std::process::Stdio;
use std::time::Instant;

use govshare_model::Role;
use tokio::process::Command;

use crate::report::Figure;
use crate::sandbox::Sandbox;

/// As many as a province's portal lists (Guizhou, 2023: 12,406 rows of 763 providers).
const ROWS: usize = 12_406;
const PROVIDERS: usize = 763;
const GOAL: f64 = 10.0;

pub async fn run(sandbox: &Sandbox) -> Result<Figure, Box<dyn Error>> {
    let file = tempfile::Builder::new().suffix(".csv").tempfile()?;
    std::fs::write(file.path(), catalogue()?)?;
    let office = "info-office".parse()?;
    let token = sandbox.cluster.identity().mint(&office, Role::InfoOffice)?;
    let binary = std::env::current_exe()?.with_file_name("govshare");
    let begun = Instant::now();
    let done = Command::new(binary)
        .args(["catalog", "import", "--json", "--create-units", "--token", &token])
        .args(["--endpoint", &sandbox.cluster.gateway_endpoint()])
        .arg(file.path())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    let told: serde_json::Value = serde_json::from_slice(&done.stdout)?;
    if told["import"]["created"] != ROWS {
        return Err(format!("not every row became a draft: {told}").into());
    }
    let name = format!("registration: import of a CSV, {ROWS} rows of {PROVIDERS} unknown providers");
    Ok(Figure::at_most(name, seconds, GOAL, "s"))
}

fn catalogue() -> Result<String, std::fmt::Error> {
    let mut csv =
        "标题,数据摘要,主题名称,数据提供方,所属行业,更新时间,发布时间,开放属性,更新频率,详情页网址,数据格式\n".to_owned();
    for n in 0..ROWS {
        let provider = n % PROVIDERS;
        let title = format!("{}年第{n}号公共停车场信息", 2014 + n % 10);
        writeln!(
            csv,
            "{title},{title}及其泊位、地址和开放时间,道路交通,第{provider}街道办事处,默认行业,2023-02-13,2023-02-13,\
             有条件开放,实时,http://data.example.gov.cn/open-data/{n:032x},json"
        )?;
    }
    Ok(csv)
}
