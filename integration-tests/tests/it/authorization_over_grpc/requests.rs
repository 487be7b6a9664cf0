//! Requests in every state, with a provider and without.

use govshare_model::{Relation, Role};
use govshare_proto::access_request::v1::{self as requests, AnswerKind};
use integration_tests::{Case, eventually};
use serde_json::{Value as Json, json};

use super::{APPLICANT, OFFICE, PROVIDER, Product, STRANGER, act, fields};
use crate::city::City;

const SERVICE: &str = "govshare.access_request.v1.AccessRequestService";

pub async fn products(city: &City, entry: &str, agreed: Case) -> Vec<Product> {
    let of = |units, records| Product {
        service: SERVICE,
        rules: access_request::policy::RULES,
        read: access_request::policy::READ,
        further_reads: &[access_request::policy::READ_DOCUMENT],
        apart: &["CreateAccessRequest", "EnterPaperRequest", "ListAccessRequests"],
        units,
        records,
    };
    let without_a_provider = of(
        &[(APPLICANT, &[Relation::Applicant]), (PROVIDER, &[]), (OFFICE, &[])],
        without_a_provider(city).await,
    );
    let with_a_provider = of(
        &[
            (APPLICANT, &[Relation::Applicant]),
            (PROVIDER, &[Relation::Provider]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        in_every_state(city, entry, agreed).await,
    );
    let notes = Product {
        service: "govshare.access_request.v1.CaseNoteService",
        rules: access_request::policy::NOTE_RULES,
        read: access_request::policy::READ_NOTES,
        further_reads: &[],
        apart: &[],
        units: with_a_provider.units,
        records: with_a_provider.records.clone(),
    };
    vec![without_a_provider, with_a_provider, notes]
}

async fn step(city: &City, by: (&str, Role), method: &str, given: Json) -> Json {
    act(city, by, SERVICE, method, given).await
}

/// The fields of a case; its updates change the purpose.
fn record(case: &Case) -> Json {
    let mut fields = fields(case);
    fields["update_mask"] = json!("purpose");
    fields["form"] = json!({ "purpose": "核定学位", "scenario": "每学期", "basis": "三定方案" });
    fields
}

async fn in_every_state(city: &City, entry: &str, agreed: Case) -> Vec<(&'static str, Json)> {
    let submitted = async || city.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    let draft = drafted(city, json!({ "entry_id": entry })).await;
    let proposed = submitted().await;
    city.proposed(&proposed, AnswerKind::Consent, "").await;
    let consented = consented(city, entry).await;
    let withdrawn = submitted().await;
    step(city, (APPLICANT, Role::Drafter), "WithdrawAccessRequest", record(&withdrawn)).await;
    let refused = refused(city, entry).await;
    let objected = objected(city, entry).await;
    let (coordinated, standing) = (self::objected(city, entry).await, self::objected(city, entry).await);
    for (case, outcome) in [
        (&coordinated, requests::CoordinationOutcome::AnswerAnew),
        (&standing, requests::CoordinationOutcome::RefusalStands),
    ] {
        let given = json!({ "access_request_id": case.id, "outcome": outcome.as_str_name() });
        step(city, (OFFICE, Role::WorkingGroup), "CoordinateObjection", given).await;
    }
    eventually("the case is AGREED", async || {
        let found = step(city, (APPLICANT, Role::Drafter), "GetAccessRequest", record(&agreed)).await;
        let state = found["access_request"]["state"].clone();
        if state == "ACCESS_REQUEST_STATE_AGREED" { Ok(()) } else { Err(state) }
    })
    .await;
    let submitted = submitted().await;
    // Supplements are of national-2025, which holds from the second day of the city on.
    city.travel_to(2026, 3, 4);
    let incomplete = drafted(city, json!({ "entry_id": entry })).await;
    step(city, (APPLICANT, Role::Approver), "SubmitAccessRequest", record(&incomplete)).await;
    let missing = json!({ "access_request_id": incomplete.id, "missing": ["依据"] });
    step(city, (PROVIDER, Role::Drafter), "RequestSupplement", missing).await;
    [
        ("DRAFT", draft),
        ("SUBMITTED", submitted),
        ("ANSWER_PROPOSED", proposed),
        ("SUPPLEMENT_REQUESTED", incomplete),
        ("CONSENTED", consented),
        ("REFUSED", refused),
        ("OBJECTED", objected),
        ("COORDINATED", coordinated),
        ("REFUSAL_STANDS", standing),
        ("WITHDRAWN", withdrawn),
        ("AGREED", agreed),
    ]
    .map(|(state, case)| (state, record(&case)))
    .to_vec()
}

/// Requests that nobody has been found for, or that were settled so.
async fn without_a_provider(city: &City) -> Vec<(&'static str, Json)> {
    let mut cases = Vec::new();
    for _ in 0..2 {
        let case = drafted(city, json!({ "wanted": "各街道适龄儿童人数" })).await;
        step(city, (APPLICANT, Role::Approver), "SubmitAccessRequest", record(&case)).await;
        let mut fields = record(&case);
        fields["entry_id"] = json!(integration_tests::steps::request_id());
        cases.push(fields);
    }
    let [waiting, settled] = cases.try_into().map_err(|_| "two").expect("two were submitted");
    let given = json!({ "access_request_id": settled["access_request_id"] });
    step(city, (OFFICE, Role::InfoOffice), "SettleAccessRequest", given).await;
    vec![("AT_INFO_OFFICE", waiting), ("SETTLED", settled)]
}

async fn drafted(city: &City, of: Json) -> Case {
    let mut given = of.clone();
    given["form"] = json!({
        "purpose": "核定学位", "scenario": "每学期", "basis": "三定方案", "delivery": "文件", "mode": "DELIVERY_MODE_FILE",
        "use_until": { "year": 2027, "month": 12, "day": 31 },
    });
    let reply = step(city, (APPLICANT, Role::Drafter), "CreateAccessRequest", given).await;
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let id = text(&reply["access_request"]["access_request_id"]);
    Case { id, entry_id: text(&of["entry_id"]), applicant: APPLICANT, provider: PROVIDER }
}

pub async fn consented(city: &City, entry: &str) -> Case {
    let case = city.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    case
}

async fn refused(city: &City, entry: &str) -> Case {
    let case = city.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    city.proposed(&case, AnswerKind::Refusal, "涉密").await;
    let given = json!({ "access_request_id": case.id, "reasons": "涉密" });
    step(city, (PROVIDER, Role::Approver), "RefuseAccessRequest", given).await;
    case
}

async fn objected(city: &City, entry: &str) -> Case {
    let case = refused(city, entry).await;
    step(city, (APPLICANT, Role::Drafter), "ObjectToRefusal", json!({ "access_request_id": case.id })).await;
    case
}
