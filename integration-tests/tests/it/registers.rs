//! Registers (台账) of a filled city, written by the command line's code and read back as a spreadsheet program does.

use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use govshare_cli::connect::{Caller, connect};
use govshare_cli::registers::{REGISTERS, Register, named};
use govshare_model::Role;
use integration_tests::DATA;
use serde_json::json;

use crate::authorization_over_grpc::{act, city_with_an_agreed_case, filled};
use crate::city::City;

const PROVIDER: &str = "jiaowei";
const APPLICANT: &str = "fagaiwei";

/// Somebody of the provider with every role, who reads every register.
async fn clerk(city: &City) -> Caller {
    let unit = PROVIDER.parse().expect("a unit");
    let token = city.identity.mint_for(&unit, "jiaowei.clerk", Role::ALL).expect("a token");
    let channel = connect(&city.services["gateway"][0], None).await.expect("a gateway");
    Caller::new(channel, &token).expect("a caller")
}

/// The rows of a register's file, the heading first.
fn read(register: &Register, file: &Path) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = open_workbook(file).expect("a workbook");
    let sheet = workbook.worksheet_range(register.title).expect("the sheet has the register's title");
    let text = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("{}: a cell is no text: {other:?}", register.name),
    };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_register_of_a_filled_city_has_its_records_under_the_headings_of_the_office() {
    let (city, agreed, agreement_id) = city_with_an_agreed_case().await;
    let entry_id = agreed.entry_id.clone();
    let mut given = json!({ "agreement_id": agreement_id });
    let disclosures = "govshare.agreement.v1.DisclosureService";
    act(&city, (APPLICANT, Role::Drafter), disclosures, "RequestDisclosure", given.clone()).await;
    given["delivered_on"] = json!({ "year": 2026, "month": 3, "day": 3 });
    let deliveries = "govshare.agreement.v1.OutsideDeliveryService";
    act(&city, (PROVIDER, Role::Drafter), deliveries, "RecordOutsideDelivery", given).await;
    let data_version = city.published_data(PROVIDER, &entry_id, DATA).await.data_version_id;
    let given = json!({ "data_version_id": data_version });
    act(&city, (PROVIDER, Role::Approver), "govshare.exchange.v1.DefectService", "TellDefect", given).await;
    filled(&city, agreed, &agreement_id).await;

    let clerk = clerk(&city).await;
    let folder = tempfile::tempdir().expect("a folder");
    assert!(REGISTERS.len() >= 17, "seven registers and ten more");
    for register in REGISTERS {
        let file = folder.path().join(format!("{}.xlsx", register.name));
        // Data versions are listed by entry, defects by data version.
        let filters = match register.name {
            "data-versions" => vec![("entry_id".to_owned(), entry_id.clone())],
            "defects" => vec![("data_version_id".to_owned(), data_version.clone())],
            _ => Vec::new(),
        };
        let count = register.write(&clerk, &filters, &file).await;
        let count = count.unwrap_or_else(|failure| panic!("{}: {failure}", register.name));
        let rows = read(register, &file);
        let headings: Vec<_> = register.columns.iter().map(|(heading, _)| *heading).collect();
        assert_eq!(rows[0], headings, "{}", register.name);
        assert!(count > 0 && rows.len() == count + 1, "{}: {count} of {rows:?}", register.name);
        for row in &rows[1..] {
            let said = row.iter().filter(|cell| !cell.is_empty()).count();
            assert!(said >= 3, "{}: a row says hardly anything: {row:?}", register.name);
        }
    }
    let column = |name: &str, heading: &str| -> Vec<String> {
        let register = named(name).expect("a register");
        let rows = read(register, &folder.path().join(format!("{name}.xlsx")));
        let at = rows[0].iter().position(|found| found == heading).expect("a column");
        rows[1..].iter().map(|row| row[at].clone()).collect()
    };
    assert_eq!(column("systems", "安全保护等级"), ["3"]);
    assert_eq!(column("databases", "牵头单位"), [PROVIDER]);
    assert_eq!(column("secrecy-rules", "状态"), ["FILED"]);
    assert_eq!(column("disclosures", "使用方"), [APPLICANT]);
    assert!(column("collection-plans", "采集事项").contains(&"学籍调查".to_owned()));
    assert!(column("regulations", "状态").contains(&"IN_FORCE".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_of_one_case_has_its_events_and_no_others() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    city.submitted_request(APPLICANT, PROVIDER).await;
    let clerk = clerk(&city).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (register, file) = (named("events").expect("a register"), folder.path().join("events.xlsx"));
    let of_the_case = [("case_id".to_owned(), case.id.clone())];
    integration_tests::eventually("the case stands in the audit", async || {
        match register.write(&clerk, &of_the_case, &file).await {
            Ok(2..) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let rows = read(register, &file);
    let at = rows[0].iter().position(|heading| heading == "申请标识").expect("a column");
    assert!(rows[1..].iter().all(|row| row[at] == case.id), "{rows:?}");
    let requests = named("requests").expect("a register");
    let overdue = [("overdue".to_owned(), "true".to_owned())];
    assert_eq!(requests.write(&clerk, &overdue, &file).await.expect("a flag filters, too"), 0);
    let unknown = [("no_such_filter".to_owned(), "x".to_owned())];
    let refused = register.write(&clerk, &unknown, &file).await.expect_err("refused");
    assert!(refused.to_string().contains("no_such_filter"), "{refused}");
}
