//! What bulk registration costs: rows of a catalogue through the gateway with all their checks, beside COPY of the
//! finished records into the same tables, indexes and outbox of the same durable PostgreSQL, call by call.

mod copy;
mod import;

use std::error::Error;

use govshare_cluster::Seed;
use govshare_proto::catalog::v1 as pb;
use integration_tests::Person;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::durable::{Cost, Meter};
use crate::report::{Figure, median};
use crate::sandbox::Sandbox;

const ROUNDS: usize = 7;
/// As many as a call takes.
const ROWS: usize = 1_000;

/// Measures with 5,000 rows a round, in full with 20,000.
pub async fn run(full: bool) -> Result<Vec<Figure>, Box<dyn Error>> {
    let calls = if full { 20 } else { 5 };
    let sandbox = Sandbox::start().await?;
    let imported = import::run(&sandbox).await?;
    let (cluster, platform) = (&sandbox.cluster, &sandbox.platform);
    let seed = Seed::builtin();
    // What follows the commit is the audit's work and is measured there: its events wait in the outbox meanwhile.
    cluster.kill9("audit", 0).await?;

    let office = platform.info_office();
    let names: Vec<&str> = seed.units.iter().map(|unit| unit.name.as_str()).collect();
    let mut database = PgConnection::connect(cluster.database_url()).await?;
    let pids = [cluster.process("catalog", 0)?.pid(), cluster.process("gateway", 0)?.pid()];
    let pids: Vec<u32> = pids.into_iter().flatten().collect();
    let mut next = 0;
    let mut rows = |calls: usize| -> Vec<Vec<pb::RegisterEntriesRow>> {
        let mut call = || {
            let numbers = next..next + ROWS as u64;
            next = numbers.end;
            numbers.map(|n| row(n, &names)).collect()
        };
        (0..calls).map(|_| call()).collect()
    };

    register(&office, rows(calls), &pids, &mut database).await?;
    copy::run(&mut database, rows(calls)).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (first, second) = (rows(calls), rows(calls));
        if round % 2 == 0 {
            ours.push(register(&office, first, &pids, &mut database).await?);
            theirs.push(copy::run(&mut database, second).await?);
        } else {
            theirs.push(copy::run(&mut database, first).await?);
            ours.push(register(&office, second, &pids, &mut database).await?);
        }
    }
    drop(database);
    sandbox.cluster.stop().await?;

    let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.rate / theirs.rate));
    let rate = |costs: &[Cost]| median(costs.iter().map(|cost| cost.rate));
    let beside = |name: &str, value: fn(&Cost) -> f64, unit| Figure {
        reference: Some(median(theirs.iter().map(value))),
        ..Figure::info(format!("registration: {name}"), median(ours.iter().map(value)), unit)
    };
    Ok(vec![
        Figure {
            reference: Some(rate(&theirs)),
            ratio: Some(ratio),
            goal: ">= 0.5x".to_owned(),
            met: Some(ratio >= 0.5),
            ..Figure::info("registration: rate of COPY into the same tables beside", rate(&ours), "rows/s")
        },
        beside("commits for each 1000 rows", |cost| cost.commits * ROWS as f64, "commits"),
        beside("WAL for each row", |cost| cost.wal_bytes, "B"),
        Figure::info(
            "registration: CPU of gateway and service for each row",
            median(ours.iter().map(|cost| cost.cpu_us)),
            "µs",
        ),
        imported,
    ])
}

/// Sends one call after the other; `pids` are gateway and service.
async fn register(
    office: &Person,
    calls: Vec<Vec<pb::RegisterEntriesRow>>,
    pids: &[u32],
    database: &mut PgConnection,
) -> Result<Cost, Box<dyn Error>> {
    let count = calls.len();
    let meter = Meter::start(database, pids).await?;
    for rows in calls {
        let request =
            pb::RegisterEntriesRequest { rows, request_id: Uuid::now_v7().to_string(), ..Default::default() };
        let reply = office.entries().register_entries(request).await?.into_inner();
        let created = reply.results.iter().filter(|row| row.outcome() == pb::RegisterOutcome::Created);
        assert_eq!(created.count(), ROWS, "every row is new and good");
    }
    meter.stop(count * ROWS).await
}

const PLACES: [&str; 5] = ["贵阳市", "西城区", "安顺市", "芜湖市镜湖区", "兰州新区"];
const THINGS: [&str; 6] = ["行政许可", "小学招生", "企业纳税", "空气质量监测", "公共停车场", "社会救助"];
const ITEMS: [&str; 8] =
    ["序号", "名称", "统一社会信用代码", "地址", "数量", "所属街道", "更新时间", "审批机关名称"];

/// The n-th row: title, abstract and items as long as those of real catalogues.
fn row(n: u64, names: &[&str]) -> pb::RegisterEntriesRow {
    let pick = n as usize;
    let thing = THINGS[pick % THINGS.len()];
    let items = &ITEMS[pick % 4..];
    let title = format!("{}{thing}信息（2023年第{n}号）", PLACES[pick % PLACES.len()]);
    let address = format!("http://data.example.gov.cn/open-data/{n:032x}");
    let item = |name: &&str| pb::Item {
        name: (*name).to_owned(),
        data_type: "字符型".to_owned(),
        length: "50".to_owned(),
    };
    pb::RegisterEntriesRow {
        source_key: address.clone(),
        provider_name: names[pick % names.len()].to_owned(),
        content: Some(pb::EntryContent {
            r#abstract: format!("{title}，包含{}等信息。", items.join("、")),
            title,
            themes: vec![thing.to_owned()],
            formats: vec![pb::Format { format_class: 0, r#type: "xlsx".to_owned() }],
            items: items.iter().map(item).collect(),
            sharing_type: pb::SharingType::Conditional.into(),
            update_cycle: pb::UpdateCycle::Yearly.into(),
            source_uri: address,
            ..Default::default()
        }),
    }
}
