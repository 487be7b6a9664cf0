//! What security-review decides of entries, rules and systems.

use govshare_model::{Relation, Role};
use integration_tests::steps::content;
use serde_json::{Value as Json, json};

use super::{OFFICE, PROVIDER, Product, STRANGER, act};
use crate::city::City;

const REVIEWS: &str = "govshare.security_review.v1.SecurityReviewService";
const RESTRICTIONS: &str = "govshare.security_review.v1.RestrictionService";
const SECRECY_RULES: &str = "govshare.security_review.v1.SecrecyRulesService";
const SYSTEMS: &str = "govshare.security_review.v1.InformationSystemService";

const OWNER: &[(&str, &[Relation])] = &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[]), (STRANGER, &[])];
const OF_PROVIDER: &[(&str, &[Relation])] =
    &[(PROVIDER, &[Relation::Provider]), (OFFICE, &[]), (STRANGER, &[])];

pub async fn products(city: &City, entry: &str) -> Vec<Product> {
    vec![reviews(city).await, restrictions(city, entry).await, secrecy_rules(city).await, systems(city).await]
}

async fn reviews(city: &City) -> Product {
    let mut opened = Vec::new();
    for _ in 0..3 {
        let entry_id = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
        let given = json!({ "entry_id": entry_id, "version": 1 });
        let reply = act(city, (PROVIDER, Role::Drafter), REVIEWS, "CreateReview", given).await;
        opened.push(reply["review"].clone());
    }
    for (number, method) in [(1, "PassReview"), (2, "RejectReview")] {
        opened[number]["reasons"] = json!("涉及个人隐私");
        act(city, (PROVIDER, Role::Reviewer), REVIEWS, method, opened[number].clone()).await;
    }
    Product {
        service: REVIEWS,
        rules: security_review::policy::RULES,
        read: security_review::policy::READ,
        further_reads: &[],
        apart: &["ListReviews", "BatchCreateReviews", "BatchPassReviews"],
        units: OF_PROVIDER,
        records: ["OPEN", "PASSED", "REJECTED"].into_iter().zip(opened).collect(),
    }
}

async fn restrictions(city: &City, entry: &str) -> Product {
    let given = json!({ "entry_id": entry });
    let reply = act(city, (PROVIDER, Role::Drafter), RESTRICTIONS, "StateRestriction", given).await;
    let stated = json!({ "restriction_id": reply["restriction"]["restriction_id"] });
    Product {
        service: RESTRICTIONS,
        rules: security_review::restriction::policy::RULES,
        read: security_review::restriction::policy::READ,
        further_reads: &[],
        apart: &[
            "StateRestriction",
            "BatchStateRestrictions",
            "BatchApproveRestrictions",
            "BatchFileRestrictions",
            "ListRestrictions",
        ],
        units: OF_PROVIDER,
        records: vec![("STATED", stated)],
    }
}

async fn secrecy_rules(city: &City) -> Product {
    act(city, (PROVIDER, Role::Approver), SECRECY_RULES, "FileSecrecyRules", json!({})).await;
    Product {
        service: SECRECY_RULES,
        rules: security_review::secrecy_rules::policy::RULES,
        read: security_review::secrecy_rules::policy::READ,
        further_reads: &[],
        apart: &["FileSecrecyRules", "ListSecrecyRules"],
        units: OWNER,
        records: vec![("FILED", json!({ "unit_id": PROVIDER }))],
    }
}

async fn systems(city: &City) -> Product {
    let reply =
        act(city, (PROVIDER, Role::Drafter), SYSTEMS, "RegisterInformationSystem", json!({ "level": 3 }))
            .await;
    let id: &Json = &reply["information_system"]["system_id"];
    Product {
        service: SYSTEMS,
        rules: security_review::systems::policy::RULES,
        read: security_review::systems::policy::READ,
        further_reads: &[],
        apart: &["RegisterInformationSystem", "ListInformationSystems"],
        units: OWNER,
        records: vec![("REGISTERED", json!({ "system_id": id, "level": 4 }))],
    }
}
