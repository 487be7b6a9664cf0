//! The catalogue's entries, registers and filings.

use catalog::{
    archiving, classification, collection, entries, explanations, regulations, shared_databases, units,
    update_calendar,
};
use govshare_model::authority::Rule;
use govshare_model::{Relation, Role};
use integration_tests::steps::content;
use serde_json::{Value as Json, json};

use super::{OFFICE, PROVIDER, Product, STRANGER, act};
use crate::city::City;

const DRAFTER: (&str, Role) = (PROVIDER, Role::Drafter);
const APPROVER: (&str, Role) = (PROVIDER, Role::Approver);
const OFFICER: (&str, Role) = (OFFICE, Role::InfoOffice);

const STATISTICS_BUREAU: &str = "tongjiju";
const ARCHIVES_BUREAU: &str = "danganju";

const OWNED: &[(&str, &[Relation])] = &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[]), (STRANGER, &[])];
/// Of what every unit stands to alike.
const ALIKE: &[(&str, &[Relation])] = &[(STRANGER, &[])];

pub async fn products(city: &City, entry: &str) -> Vec<Product> {
    let mut products = vec![
        entries(city, entry).await,
        update_schedules(entry),
        collection_plans(city).await,
        explanations(city).await,
        archive_records(city).await,
        classification(city).await,
        units(city).await,
    ];
    products.push(shared_databases(city).await);
    products.push(regulations(city).await);
    products
}

/// A product of records that stand to the units as `units` say, in one state.
fn of(
    service: &'static str,
    (rules, read): (&'static [Rule], &'static str),
    apart: &'static [&'static str],
    units: &'static [(&'static str, &'static [Relation])],
    records: Vec<(&'static str, Json)>,
) -> Product {
    Product { service, rules, read, further_reads: &[], apart, units, records }
}

async fn entries(city: &City, entry: &str) -> Product {
    let draft = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
    let record = |entry: &str| {
        json!({
            "entry_id": entry, "version": 1, "from_version": 1, "to_version": 1, "classification_code": "307001",
            "content": { "title": "学校名录", "abstract": "按学校", "items": [{ "name": "学校" }],
                "sharing_type": "SHARING_TYPE_CONDITIONAL", "sharing_condition": "按申请" },
        })
    };
    Product {
        further_reads: &["ListEntryVersions", "DiffEntryVersions"],
        ..of(
            "govshare.catalog.v1.EntryService",
            (entries::policy::RULES, entries::policy::READ),
            &[
                "CreateEntry",
                "ListEntries",
                "RegisterEntries",
                "BatchPublishEntries",
                "SearchEntries",
                "ListEntryWarnings",
            ],
            OWNED,
            vec![("UNLISTED", record(&draft)), ("LISTED", record(entry))],
        )
    }
}

fn update_schedules(entry: &str) -> Product {
    of(
        "govshare.catalog.v1.UpdateCalendarService",
        (update_calendar::policy::RULES, update_calendar::policy::READ),
        &["ListUpdateSchedules"],
        OWNED,
        vec![("", json!({ "entry_id": entry }))],
    )
}

async fn collection_plans(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.CollectionService";
    let given = json!({ "items": [{ "name": "学籍调查", "item_names": ["姓名"], "source": "学校",
        "channel": "系统", "statistical_survey": true, "need": "法定职责" }] });
    let mut plans = Vec::new();
    for _ in 0..2 {
        let reply = act(city, DRAFTER, SERVICE, "CreateCollectionPlan", given.clone()).await;
        let mut record = given.clone();
        record["collection_plan_id"] = reply["collection_plan"]["collection_plan_id"].clone();
        plans.push(record);
    }
    act(city, APPROVER, SERVICE, "SubmitCollectionPlan", plans[1].clone()).await;
    of(
        SERVICE,
        (collection::policy::RULES, collection::policy::READ),
        &["CreateCollectionPlan", "ListCollectionPlans", "CheckDuplicates"],
        &[
            (PROVIDER, &[Relation::Owner]),
            (STATISTICS_BUREAU, &[Relation::Competent]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        ["UNSUBMITTED", "SUBMITTED"].into_iter().zip(plans).collect(),
    )
}

async fn explanations(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.ExplanationService";
    let mut explanations = Vec::new();
    for _ in 0..2 {
        let reply = act(city, DRAFTER, SERVICE, "CreateExplanation", json!({})).await;
        explanations.push(json!({ "explanation_id": reply["explanation"]["explanation_id"] }));
    }
    act(city, APPROVER, SERVICE, "FileExplanation", explanations[1].clone()).await;
    of(
        SERVICE,
        (explanations::policy::RULES, explanations::policy::READ),
        &["CreateExplanation", "ListExplanations"],
        OWNED,
        ["UNFILED", "FILED"].into_iter().zip(explanations).collect(),
    )
}

async fn archive_records(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.ArchivingService";
    let given = json!({
        "period_start": { "year": 2025, "month": 1, "day": 1 },
        "period_end": { "year": 2025, "month": 12, "day": 31 },
        "archive_due": { "year": 2026, "month": 6, "day": 30 },
    });
    let reply = act(city, DRAFTER, SERVICE, "CreateArchiveRecord", given).await;
    let record = json!({ "archive_record_id": reply["archive_record"]["archive_record_id"] });
    of(
        SERVICE,
        (archiving::policy::RULES, archiving::policy::READ),
        &["CreateArchiveRecord", "ListArchiveRecords"],
        &[
            (PROVIDER, &[Relation::Owner]),
            (ARCHIVES_BUREAU, &[Relation::Competent]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        vec![("", record)],
    )
}

async fn classification(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.ClassificationService";
    let nodes = ["3", "307", "307001"].map(|code| json!({ "code": code, "display_name": "教育" }));
    act(city, OFFICER, SERVICE, "RegisterClassificationNodes", json!({ "nodes": nodes })).await;
    of(
        SERVICE,
        (classification::policy::RULES, classification::policy::READ),
        &["RegisterClassificationNodes", "ListClassificationNodes", "CheckResourceCode"],
        ALIKE,
        vec![("", json!({ "code": "307001" }))],
    )
}

async fn units(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.UnitService";
    let keys = act(city, DRAFTER, SERVICE, "ListUnitKeys", json!({ "unit_id": PROVIDER })).await;
    let key = &keys["keys"][0];
    let record = json!({
        "unit_id": PROVIDER, "display_name": "区教委", "update_mask": "section", "section": "信息科",
        "key_id": key["key_id"], "countersign_key_id": key["key_id"], "algorithm": "ed25519",
        "public_key": key["public_key"], "signature": format!("{}==", "A".repeat(86)),
    });
    Product {
        further_reads: &["ListUnitKeys"],
        ..of(
            SERVICE,
            (units::policy::RULES, units::policy::READ),
            &["CreateUnit", "ListUnits"],
            &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[Relation::InfoOffice]), (STRANGER, &[])],
            vec![("", record)],
        )
    }
}

/// An educational database that the provider leads.
async fn shared_databases(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.SharedDatabaseService";
    let database = json!({
        "shared_database_id": "jiaoyu", "display_name": "教育共享专题数据库", "basis": "第十二条（八）",
        "kind": "SHARED_DATABASE_KIND_THEMATIC",
        "leads": [{ "unit_id": PROVIDER, "start_date": { "year": 2014, "month": 8, "day": 1 } }],
    });
    let given = json!({ "shared_database": database });
    act(city, OFFICER, SERVICE, "CreateSharedDatabase", given.clone()).await;
    let mut record = given;
    record["shared_database_id"] = json!("jiaoyu");
    record["update_mask"] = json!("basis");
    of(
        SERVICE,
        (shared_databases::policy::RULES, shared_databases::policy::READ),
        &["CreateSharedDatabase", "ListSharedDatabases"],
        ALIKE,
        vec![("", record)],
    )
}

async fn regulations(city: &City) -> Product {
    const SERVICE: &str = "govshare.catalog.v1.RegulationService";
    const INVESTIGATORS: (&str, Role) = ("working-group", Role::WorkingGroup);
    let scheme = json!({ "kind": "REGULATION_KIND_TECHNICAL_SCHEME", "shared_database_id": "jiaoyu" });
    let rules = json!({ "kind": "REGULATION_KIND_IMPLEMENTING_RULES" });
    let mut records = Vec::new();
    for (state, given, steps) in [
        ("SCHEME", &scheme, &[(APPROVER, "SubmitRegulation")][..]),
        (
            "RULES_IN_FORCE",
            &rules,
            &[(APPROVER, "SubmitRegulation"), (INVESTIGATORS, "ApproveRegulation")][..],
        ),
    ] {
        let reply = act(city, DRAFTER, SERVICE, "CreateRegulation", given.clone()).await;
        let record = json!({ "regulation_id": reply["regulation"]["regulation_id"] });
        for (by, method) in steps {
            act(city, *by, SERVICE, method, record.clone()).await;
        }
        records.push((state, record));
    }
    let procedure = json!({ "kind": "REGULATION_KIND_PROCEDURE" });
    let reply = act(city, DRAFTER, SERVICE, "CreateRegulation", procedure).await;
    records.push(("UNSUBMITTED", json!({ "regulation_id": reply["regulation"]["regulation_id"] })));
    of(
        SERVICE,
        (regulations::policy::RULES, regulations::policy::READ),
        &["CreateRegulation", "ListRegulations"],
        OWNED,
        records,
    )
}
