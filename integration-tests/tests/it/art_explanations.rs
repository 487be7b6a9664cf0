//! Written explanations over the gateway: filed, numbered with the unit's short name, printed (art. 13, 16).

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use integration_tests::refusal::refused;
use integration_tests::steps::{request_id, sha256};
use prost_types::FieldMask;
use tonic::Code;

use crate::art_catalogue::{kinds_of, waiting};
use crate::city::City;

const UNIT: &str = "jiaowei";
const OTHER: &str = "fagaiwei";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_16_what_cannot_be_listed_is_explained_to_the_info_office_in_writing() {
    let city = City::start().await;
    let create = |reasons: &str| catalog::CreateExplanationRequest {
        content: Some(catalog::ExplanationContent {
            subject: "教育督导案件线索".to_owned(),
            reasons: reasons.to_owned(),
            basis: String::new(),
        }),
        request_id: request_id(),
    };
    let both = city.someone(UNIT, "jiaowei.zhang", &[Role::Drafter, Role::Approver]);
    let bad = both.explanations().create_explanation(create(" ")).await;
    refused(bad, Code::InvalidArgument, "FIELD_INVALID").violates("content.reasons");
    let drafted = both.explanations().create_explanation(create("正在办理，登记将影响调查")).await;
    let id = drafted.expect("drafted").into_inner().explanation.expect("one").explanation_id;
    let get = || catalog::GetExplanationRequest { explanation_id: id.clone() };
    let early = city.info_office().explanations().get_explanation(get()).await;
    refused(early, Code::NotFound, "NOT_FOUND");
    let file = || catalog::FileExplanationRequest { explanation_id: id.clone(), request_id: request_id() };
    refused(both.explanations().file_explanation(file()).await, Code::PermissionDenied, "SELF_APPROVAL")
        .article("16");
    assert_eq!(waiting(&city, UNIT, Role::Approver).await, ["file"]);

    city.person(UNIT, Role::Approver).explanations().file_explanation(file()).await.expect("filed");
    assert!(waiting(&city, UNIT, Role::Approver).await.is_empty());
    let seen =
        city.info_office().explanations().get_explanation(get()).await.expect("filed with it").into_inner();
    let seen = seen.explanation.expect("one");
    assert_eq!((seen.state(), seen.file_time.is_some()), (catalog::ExplanationState::Filed, true));
    assert_eq!(seen.document_number, "教委说〔2026〕1号");
    let print = || catalog::GetExplanationDocumentRequest { explanation_id: id.clone() };
    let page = city.info_office().explanations().get_explanation_document(print()).await.expect("printed");
    let page = page.into_inner();
    assert_eq!(page.file_name, "政务信息资源不列入目录的书面说明 教委说〔2026〕1号.html");
    assert_eq!(page.sha256, sha256(&page.content));
    let text = String::from_utf8(page.content).expect("UTF-8");
    for part in [
        "教委说〔2026〕1号",
        "正在办理，登记将影响调查",
        "区教委",
        "2026年3月3日",
        "（西政办发〔2014〕14号）第十六条",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let hidden = city.person(OTHER, Role::Drafter).explanations().get_explanation_document(print()).await;
    refused(hidden, Code::NotFound, "NOT_FOUND");
    let stranger = city.person(OTHER, Role::Drafter).explanations().get_explanation(get()).await;
    refused(stranger, Code::NotFound, "NOT_FOUND");
    let update = catalog::UpdateExplanationRequest {
        explanation_id: id.clone(),
        content: create("改").content,
        etag: String::new(),
        request_id: request_id(),
    };
    let late = both.explanations().update_explanation(update).await;
    refused(late, Code::FailedPrecondition, "WRONG_STATE").state("FILED");
    let withdraw = catalog::WithdrawExplanationRequest {
        explanation_id: id.clone(),
        reason: "案件已结，可以登记".to_owned(),
        request_id: request_id(),
    };
    both.explanations().withdraw_explanation(withdraw).await.expect("withdrawn");
    let listed = catalog::ListExplanationsRequest::default();
    let listed =
        city.info_office().explanations().list_explanations(listed).await.expect("listed").into_inner();
    assert_eq!(listed.explanations[0].withdraw_reason, "案件已结，可以登记");
    let kinds = kinds_of(&city, &format!("explanation/{id}"), 3).await;
    assert_eq!(kinds, ["explanation.drafted", "explanation.filed", "explanation.withdrawn"]);
}

async fn filed(city: &City, unit: &str) -> catalog::Explanation {
    let create = catalog::CreateExplanationRequest {
        content: Some(catalog::ExplanationContent {
            subject: "内部讨论稿".to_owned(),
            reasons: "尚未定稿".to_owned(),
            basis: String::new(),
        }),
        request_id: request_id(),
    };
    let drafted = city.person(unit, Role::Drafter).explanations().create_explanation(create).await;
    let explanation_id = drafted.expect("drafted").into_inner().explanation.expect("one").explanation_id;
    let file = catalog::FileExplanationRequest { explanation_id, request_id: request_id() };
    let filed = city.person(unit, Role::Approver).explanations().file_explanation(file).await;
    filed.expect("filed").into_inner().explanation.expect("one")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_16_explanations_are_numbered_by_unit_and_year_with_the_short_name_of_the_day() {
    let city = City::start().await;
    assert_eq!(filed(&city, UNIT).await.document_number, "教委说〔2026〕1号");
    assert_eq!(filed(&city, OTHER).await.document_number, "发改说〔2026〕1号");
    let rename = |short_name: &str| catalog::UpdateUnitRequest {
        unit: Some(catalog::Unit {
            unit_id: UNIT.to_owned(),
            short_name: short_name.to_owned(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["short_name".to_owned()] }),
        request_id: request_id(),
    };
    let own = city.person(UNIT, Role::Approver).units().update_unit(rename("教育")).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED").article("13");
    let mut office = city.info_office().units();
    for bad in ["教委1", "区教育委员会办公室一"] {
        let reply = office.update_unit(rename(bad)).await;
        refused(reply, Code::InvalidArgument, "FIELD_INVALID").violates("unit.short_name");
    }
    let renamed = office.update_unit(rename("教育")).await.expect("renamed").into_inner();
    assert_eq!(renamed.unit.expect("a unit").short_name, "教育");
    assert_eq!(filed(&city, UNIT).await.document_number, "教育说〔2026〕2号");
    office.update_unit(rename("")).await.expect("without a short name");
    assert_eq!(filed(&city, UNIT).await.document_number, "区教委说〔2026〕3号", "the end of its name");
    city.travel_to(2027, 1, 4);
    assert_eq!(filed(&city, UNIT).await.document_number, "区教委说〔2027〕1号");
    let listed = catalog::ListExplanationsRequest::default();
    let listed = city.info_office().explanations().list_explanations(listed).await.expect("listed");
    let listed = listed.into_inner().explanations;
    let numbers: Vec<_> = listed.iter().map(|listed| listed.document_number.as_str()).collect();
    let given = [
        "区教委说〔2027〕1号",
        "区教委说〔2026〕3号",
        "教育说〔2026〕2号",
        "发改说〔2026〕1号",
        "教委说〔2026〕1号",
    ];
    assert_eq!(numbers, given, "a number stays as it was given");
}
