//! Data versions, tickets and deliveries of an agreed case.

use govshare_model::{Relation, Role};
use integration_tests::{Case, DATA, eventually, redeem};
use serde_json::json;

use super::{APPLICANT, OFFICE, PROVIDER, Product, STRANGER, act};
use crate::city::City;

const SERVICE: &str = "govshare.exchange.v1.ExchangeService";
const DEFECTS: &str = "govshare.exchange.v1.DefectService";

const UNITS: &[(&str, &[Relation])] =
    &[(APPLICANT, &[Relation::Applicant]), (PROVIDER, &[Relation::Provider]), (OFFICE, &[]), (STRANGER, &[])];

pub async fn products(city: &City, agreed: &Case, agreement_id: &str) -> Vec<Product> {
    let version = city.published_data(PROVIDER, &agreed.entry_id, DATA).await.data_version_id;
    let given = json!({ "agreement_id": agreement_id, "data_version_id": version });
    let drafter = (APPLICANT, Role::Drafter);
    let ticket = act(city, drafter, SERVICE, "CreateTicket", given.clone()).await;
    let text = |name: &str| ticket[name].as_str().expect("a text").to_owned();
    redeem(&text("download_uri"), &text("ticket")).await.expect("delivered");
    let delivery = eventually("the delivery is recorded", async || {
        let listed = act(city, drafter, SERVICE, "ListDeliveries", json!({})).await;
        let found = listed["deliveries"][0]["delivery_id"].clone();
        if found.is_string() { Ok(found) } else { Err("none yet") }
    })
    .await;

    let of = |read, further_reads, apart, record| Product {
        service: SERVICE,
        rules: ::exchange::policy::RULES,
        read,
        further_reads,
        apart,
        units: UNITS,
        records: vec![("", record)],
    };
    let mut defect = given.clone();
    let told = act(city, (PROVIDER, Role::Approver), DEFECTS, "TellDefect", given.clone()).await;
    defect["defect_id"] = told["defect"]["defect_id"].clone();
    let mut version = given.clone();
    version["entry_id"] = json!(agreed.entry_id);
    let mut delivered = given;
    delivered["delivery_id"] = delivery;
    vec![
        of(
            ::exchange::policy::READ_VERSION,
            &[::exchange::policy::LIST_VERSIONS],
            &["PublishDataVersion", "CreateTicket", "GetDelivery", "ListDeliveries"],
            version,
        ),
        of(
            ::exchange::policy::READ_DELIVERY,
            &[],
            &[
                "PublishDataVersion",
                ::exchange::policy::READ_VERSION,
                ::exchange::policy::LIST_VERSIONS,
                "ListDeliveries",
            ],
            delivered,
        ),
        Product {
            service: DEFECTS,
            rules: ::exchange::policy::DEFECT_RULES,
            read: ::exchange::policy::LIST_DEFECTS,
            further_reads: &[],
            // It names no agreement, so that a version is hidden from users who call it.
            apart: &["TellDefect"],
            units: UNITS,
            records: vec![("", defect)],
        },
    ]
}
