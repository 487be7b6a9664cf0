//! Agreements from their draft to their end.

use govshare_model::{Relation, Role};
use integration_tests::Case;
use serde_json::{Value as Json, json};

use super::{APPLICANT, OFFICE, PROVIDER, Product, STRANGER, act, requests};
use crate::city::City;

const SERVICE: &str = "govshare.agreement.v1.AgreementService";

pub async fn product(city: &City, entry: &str, agreed: &Case, agreement_id: &str) -> Product {
    let mut drafted = Vec::new();
    for _ in 0..4 {
        let case = requests::consented(city, entry).await;
        let agreement = city.drafted_agreement(&case).await;
        drafted.push((agreement.agreement_id, case.id));
    }
    let [awaiting, cancelled, suspended, terminated] =
        drafted.try_into().map_err(|_| "four").expect("four were drafted");
    let step = async |by, method: &str, id: &str| {
        act(city, by, SERVICE, method, json!({ "agreement_id": id, "negotiation": "已协商一致" })).await;
    };
    step((PROVIDER, Role::Drafter), "CancelAgreement", &cancelled.0).await;
    for (method, (id, _)) in [("SuspendAgreement", &suspended), ("TerminateAgreement", &terminated)] {
        for unit in [APPLICANT, PROVIDER, OFFICE] {
            city.sign(id, unit).await.expect("signed");
        }
        step((PROVIDER, Role::Approver), method, id).await;
    }
    let active = (agreement_id.to_owned(), agreed.id.clone());
    let records = [
        ("AWAITING_SIGNATURES", awaiting),
        ("ACTIVE", active),
        ("CANCELLED", cancelled),
        ("SUSPENDED", suspended),
        ("TERMINATED", terminated),
    ];
    let record = |agreement: String, case: String| {
        json!({
            "agreement_id": agreement, "case_id": case, "kind": 1, "terms": terms(),
            "key_id": "0".repeat(64), "signature": format!("{}==", "A".repeat(86)),
        })
    };
    Product {
        service: SERVICE,
        rules: agreement::policy::RULES,
        read: agreement::policy::READ,
        further_reads: &[agreement::policy::READ_DOCUMENT],
        apart: &["ListAgreements"],
        units: &[
            (APPLICANT, &[Relation::Applicant]),
            (PROVIDER, &[Relation::Provider]),
            (OFFICE, &[Relation::InfoOffice]),
            (STRANGER, &[]),
        ],
        records: records.map(|(state, (agreement, case))| (state, record(agreement, case))).to_vec(),
    }
}

fn terms() -> Json {
    json!({
        "valid_from": { "year": 2026, "month": 1, "day": 1 },
        "valid_until": { "year": 2027, "month": 12, "day": 31 },
    })
}
