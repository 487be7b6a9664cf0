//! Document numbers (文号) and what is printed under them: 申请单, 答复, 书面说明, 协议 (art. 26, 27).

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as pb, AccessRequestDocumentKind as Kind, AnswerKind};
use govshare_proto::agreement::v1 as agreements;
use integration_tests::refusal::refused;
use integration_tests::steps::{form, request_id, sha256, terms};
use integration_tests::{Case, Person};
use tonic::{Code, Response, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

async fn get(person: &Person, case: &Case) -> pb::AccessRequest {
    let request = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let reply = person.requests().get_access_request(request).await.expect("read").into_inner();
    reply.access_request.expect("a request")
}

async fn print(
    person: &Person,
    case: &Case,
    kind: Kind,
    contested_answer: i32,
) -> Result<Response<pb::GetAccessRequestDocumentResponse>, Status> {
    let access_request_id = case.id.clone();
    let request =
        pb::GetAccessRequestDocumentRequest { access_request_id, kind: kind.into(), contested_answer };
    person.requests().get_access_request_document(request).await
}

/// The page as text; it is what its digest says.
async fn page(person: &Person, case: &Case, kind: Kind) -> (String, String) {
    let printed = print(person, case, kind, 0).await.expect("printed").into_inner();
    assert_eq!(printed.sha256, sha256(&printed.content));
    assert_eq!(printed.content_type, "text/html; charset=utf-8");
    (String::from_utf8(printed.content).expect("UTF-8"), printed.file_name)
}

fn assert_row(page: &str, label: &str, value: &str) {
    let row = format!("<th scope=\"row\">{label}</th><td>{value}</td>");
    assert!(page.contains(&row), "no {row} in {page}");
}

async fn refuse(city: &City, case: &Case, reasons: &str) -> pb::RefuseAccessRequestRequest {
    city.proposed(case, AnswerKind::Refusal, reasons).await;
    pb::RefuseAccessRequestRequest {
        access_request_id: case.id.clone(),
        reasons: reasons.to_owned(),
        request_id: request_id(),
        etag: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_an_application_and_its_answer_bear_numbers_without_gaps_and_are_printed() {
    let city = City::start().await;
    let entry_id = city.published_entry(PROVIDER).await;
    let applicant = city.person(APPLICANT, Role::Drafter);
    let create = pb::CreateAccessRequestRequest {
        entry_id: entry_id.clone(),
        form: Some(pb::ApplicationForm {
            purpose: "<script>alert(1)</script>\n学位预测".to_owned(),
            ..form()
        }),
        request_id: request_id(),
        ..Default::default()
    };
    let draft = applicant.requests().create_access_request(create).await.expect("drafted").into_inner();
    let id = draft.access_request.expect("a request").access_request_id;
    let case = Case { id, entry_id: entry_id.clone(), applicant: APPLICANT, provider: PROVIDER };
    let (unnumbered, name) = page(&applicant, &case, Kind::Application).await;
    assert!(!unnumbered.contains("编号：") && name == "政务信息资源共享申请单.html", "{name}: {unnumbered}");
    let stranger = city.person("weishengju", Role::Drafter);
    refused(print(&stranger, &case, Kind::Application, 0).await, Code::NotFound, "NOT_FOUND");

    let submit =
        pb::SubmitAccessRequestRequest { access_request_id: case.id.clone(), request_id: request_id() };
    let submitted = applicant.requests().submit_access_request(submit.clone()).await.expect("received");
    let submitted = submitted.into_inner().access_request.expect("a request");
    assert_eq!(submitted.document_number, "发改申〔2026〕1号");
    let repeated = applicant.requests().submit_access_request(submit).await.expect("the first reply");
    assert_eq!(repeated.into_inner().access_request.expect("it").document_number, "发改申〔2026〕1号");
    let (form, name) = page(&applicant, &case, Kind::Application).await;
    assert_eq!(name, "政务信息资源共享申请单 发改申〔2026〕1号.html");
    assert!(form.contains("编号：发改申〔2026〕1号") && form.contains("第二十六条"), "{form}");
    assert_row(&form, "申请方", "区发展改革委");
    assert_row(&form, "被申请方", "区教委");
    assert_row(&form, "用途", "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;\n学位预测");
    assert_row(&form, "收到日期", "2026年3月3日");
    assert_row(&form, "答复期限", "2026年3月24日");
    let early = print(&applicant, &case, Kind::Answer, 0).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("SUBMITTED").article("26");
    let unnamed = print(&applicant, &case, Kind::Unspecified, 1).await;
    refused(unnamed, Code::InvalidArgument, "FIELD_INVALID").violates("kind").violates("contested_answer");

    let other = city.submitted_request_for(APPLICANT, PROVIDER, &entry_id).await;
    assert_eq!(get(&applicant, &other).await.document_number, "发改申〔2026〕2号");
    // A step that is refused counts no number.
    let mut refusal = refuse(&city, &case, "涉及未成年人信息").await;
    refusal.reasons = " ".to_owned();
    let approver = city.person(PROVIDER, Role::Approver);
    let silent = approver.requests().refuse_access_request(refusal.clone()).await;
    refused(silent, Code::InvalidArgument, "REASONS_MISSING");
    refusal.request_id = request_id();
    refusal.reasons = "涉及未成年人信息".to_owned();
    approver.requests().refuse_access_request(refusal).await.expect("refused with reasons");
    let answer = get(&applicant, &case).await.answer.expect("answered");
    assert_eq!(answer.document_number, "教委复〔2026〕1号");
    let (written, name) = page(&applicant, &case, Kind::Answer).await;
    assert_eq!(name, "不予提供政务信息资源书面说明 教委复〔2026〕1号.html");
    assert_row(&written, "答复", "不同意提供");
    assert_row(&written, "理由", "涉及未成年人信息");
    assert_row(&written, "同时送", "区政府信息办");
    assert_row(&written, "申请文号", "发改申〔2026〕1号");

    city.proposed(&other, AnswerKind::Consent, "").await;
    city.consent(&other).await.expect("consented");
    let (written, _) = page(&applicant, &other, Kind::Answer).await;
    assert!(written.contains("编号：教委复〔2026〕2号"), "{written}");
    assert_row(&written, "答复", "同意提供");
    let list = pb::ListAccessRequestsRequest::default();
    let listed = applicant.requests().list_access_requests(list).await.expect("listed").into_inner();
    let numbers: Vec<_> = listed.access_requests.iter().map(|case| case.document_number.as_str()).collect();
    assert_eq!(numbers, ["发改申〔2026〕2号", "发改申〔2026〕1号"]);
    city.travel_to(2027, 1, 4);
    let next_year = city.submitted_request_for(APPLICANT, PROVIDER, &entry_id).await;
    assert_eq!(get(&applicant, &next_year).await.document_number, "发改申〔2027〕1号");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_a_refusal_answered_anew_keeps_its_number_and_its_paper() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let applicant = city.person(APPLICANT, Role::Drafter);
    let refusal = refuse(&city, &case, "不宜共享").await;
    city.person(PROVIDER, Role::Approver).requests().refuse_access_request(refusal).await.expect("refused");
    let object = pb::ObjectToRefusalRequest {
        access_request_id: case.id.clone(),
        grounds: "只需汇总数".to_owned(),
        request_id: request_id(),
    };
    applicant.requests().object_to_refusal(object).await.expect("objected");
    let coordinate = pb::CoordinateObjectionRequest {
        access_request_id: case.id.clone(),
        outcome: pb::CoordinationOutcome::AnswerAnew.into(),
        opinion: "提供汇总数".to_owned(),
        request_id: request_id(),
    };
    let group = city.person("info-office", Role::WorkingGroup);
    group.requests().coordinate_objection(coordinate).await.expect("coordinated");
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    let shown = get(&applicant, &case).await;
    assert_eq!(shown.answer.expect("anew").document_number, "教委复〔2026〕2号");
    let earlier = shown.contested_answers[0].answer.clone().expect("the refusal");
    assert_eq!(earlier.document_number, "教委复〔2026〕1号");
    let printed = print(&applicant, &case, Kind::Answer, 1).await.expect("printed").into_inner();
    let printed = String::from_utf8(printed.content).expect("UTF-8");
    assert!(printed.contains("教委复〔2026〕1号"), "{printed}");
    assert_row(&printed, "理由", "不宜共享");
    let none = print(&applicant, &case, Kind::Answer, 2).await;
    refused(none, Code::FailedPrecondition, "WRONG_STATE").state("CONSENTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_27_the_statement_on_the_superior_bodys_refusal_is_a_numbered_paper() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let (drafter, approver) = (city.person(PROVIDER, Role::Drafter), city.person(PROVIDER, Role::Approver));
    let start = pb::StartSuperiorLiaisonRequest {
        access_request_id: case.id.clone(),
        body: "市教委".to_owned(),
        statement: "请示提供学籍数据".to_owned(),
        request_id: request_id(),
    };
    drafter.requests().start_superior_liaison(start).await.expect("started");
    let early = print(&drafter, &case, Kind::SuperiorStatement, 0).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE");
    let state = pb::StateSuperiorRefusalRequest {
        access_request_id: case.id.clone(),
        statement: "市教委不予提供".to_owned(),
        request_id: request_id(),
    };
    approver.requests().state_superior_refusal(state).await.expect("stated in writing");
    let matter = get(&drafter, &case).await.superior.expect("a matter");
    assert_eq!(matter.document_number, "教委函〔2026〕1号");
    let (statement, name) = page(&city.info_office(), &case, Kind::SuperiorStatement).await;
    assert_eq!(name, "上级机关不予提供政务信息资源书面说明 教委函〔2026〕1号.html");
    assert_row(&statement, "上级机关", "市教委");
    assert_row(&statement, "说明", "市教委不予提供");
    assert_row(&statement, "同时送", "区政府信息办");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_agreements_are_numbered_in_the_info_offices_register_and_say_the_consents_conditions() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let propose = pb::ProposeAnswerRequest {
        access_request_id: case.id.clone(),
        kind: AnswerKind::Consent.into(),
        conditions: "仅限内部统计，\n不得公开".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let provider = city.person(PROVIDER, Role::Drafter);
    provider.requests().propose_answer(propose).await.expect("proposed");
    city.consent(&case).await.expect("consented");
    let create = |terms| agreements::CreateAgreementRequest {
        case_id: case.id.clone(),
        terms: Some(terms),
        request_id: request_id(),
    };
    let wrong = agreements::Terms { items: vec!["没有的信息项".to_owned()], ..terms() };
    let wrong = provider.agreements().create_agreement(create(wrong)).await;
    refused(wrong, Code::InvalidArgument, "FIELD_INVALID").violates("terms.items");
    let drafted = provider.agreements().create_agreement(create(terms())).await.expect("drafted");
    let agreement = drafted.into_inner().agreement.expect("an agreement");
    assert_eq!(agreement.document_number, "信办协〔2026〕1号", "what was refused counted none");
    assert_eq!(agreement.conditions, "仅限内部统计，\n不得公开");
    let document = agreements::GetAgreementDocumentRequest {
        agreement_id: agreement.agreement_id,
        kind: agreements::DocumentKind::Agreement.into(),
    };
    let document = provider.agreements().get_agreement_document(document).await.expect("read").into_inner();
    let document = String::from_utf8(document.content).expect("UTF-8");
    for words in ["<td>信办协〔2026〕1号</td>", "<p>仅限内部统计，</p>", "<p>不得公开</p>"] {
        assert!(document.contains(words), "no {words} in {document}");
    }
    let second = city.consented_request("weishengju", PROVIDER).await;
    assert_eq!(city.drafted_agreement(&second).await.document_number, "信办协〔2026〕2号");
}
