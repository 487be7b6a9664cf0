//! The product method × role × relation × state tried over gRPC, for the services where a record's state and parties
//! matter most: each call answers as the service's rule table says.

use govshare_model::authority::{Rule, decide, may_call};
use govshare_model::{Decision, Relation, Role};
use govshare_proto::access_request::v1::{self as requests, AnswerKind};
use govshare_proto::agreement::v1::{self as agreements, DocumentKind};
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::security_review::v1 as reviews;
use integration_tests::steps::{content, form, request_id, terms};
use integration_tests::{Case, Person, eventually};
use service_kit::server::methods_of;
use tonic::{Code, Status};

use crate::authorization::actor;
use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const OFFICE: &str = "info-office";
const STRANGER: &str = "weishengju";

/// What is tried of one service.
struct Product<'p, R> {
    service: &'p str,
    rules: &'p [Rule],
    /// The method whose permission makes a record visible.
    read: &'p str,
    /// Further methods that give what `read` does, to whoever may `read`.
    further_reads: &'p [&'p str],
    /// Methods of no single record.
    apart: &'p [&'p str],
    units: &'p [(&'p str, &'p [Relation])],
    /// A record in each state, by the state's name in the rules.
    records: &'p [(&'p str, R)],
}

impl<R> Product<'_, R> {
    /// Tries every combination and gives how many. What is allowed and changes the record is left to the journeys.
    async fn try_all(
        &self,
        city: &City,
        attempt: impl AsyncFn(&Person, &str, &R) -> Result<(), Status>,
    ) -> usize {
        let mut methods = methods_of(self.service);
        for named in self.apart.iter().chain(self.further_reads).chain([&self.read]) {
            assert!(methods.iter().any(|method| method == named), "{} has no {named}", self.service);
        }
        methods.retain(|method| !self.apart.contains(&method.as_str()));
        let mut tried = 0;
        for (state, record) in self.records {
            for method in &methods {
                for role in Role::ALL {
                    for (unit, relations) in self.units {
                        let Some(expected) = self.expected(method, *role, relations, state) else { continue };
                        let outcome = attempt(&city.person(unit, *role), method, record).await;
                        let found = outcome.as_ref().err().map_or(Code::Ok, Status::code);
                        assert_eq!(found, expected, "{method} by {role:?} of {unit} in {state}: {outcome:?}");
                        tried += 1;
                    }
                }
            }
        }
        tried
    }

    /// The code that the table gives; `None` for an allowed change.
    fn expected(&self, method: &str, role: Role, relations: &[Relation], state: &str) -> Option<Code> {
        let reads = method == self.read || self.further_reads.contains(&method);
        let decided = if reads { self.read } else { method };
        let actor = actor(role);
        if !may_call(self.rules, method, &actor) {
            return Some(Code::PermissionDenied);
        }
        match decide(self.rules, decided, self.read, &actor, relations, state) {
            Decision::Allowed => reads.then_some(Code::Ok),
            Decision::Forbidden => Some(Code::PermissionDenied),
            Decision::Hidden => Some(Code::NotFound),
        }
    }
}

/// A request in each state in which it has a provider.
async fn requests_in_every_state(city: &City) -> Vec<(&'static str, Case)> {
    let entry = city.published_entry(PROVIDER).await;
    let create = requests::CreateAccessRequestRequest {
        entry_id: entry.clone(),
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    let drafter = city.person(APPLICANT, Role::Drafter);
    let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
    let draft = Case {
        id: draft.access_request.expect("a request").access_request_id,
        entry_id: entry.clone(),
        applicant: APPLICANT,
        provider: PROVIDER,
    };
    let submitted = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let proposed = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    city.proposed(&proposed, AnswerKind::Consent, "").await;
    let consented = consented_for(city, &entry).await;
    let withdrawn = city.submitted_request_for(APPLICANT, PROVIDER, &entry).await;
    let withdraw = requests::WithdrawAccessRequestRequest {
        access_request_id: withdrawn.id.clone(),
        request_id: request_id(),
    };
    drafter.requests().withdraw_access_request(withdraw).await.expect("withdrawn");
    let refused = refused_for(city, &entry).await;
    let objected = objected_for(city, &entry).await;
    let coordinated = objected_for(city, &entry).await;
    let standing = objected_for(city, &entry).await;
    for (case, outcome) in [
        (&coordinated, requests::CoordinationOutcome::AnswerAnew),
        (&standing, requests::CoordinationOutcome::RefusalStands),
    ] {
        let coordinate = requests::CoordinateObjectionRequest {
            access_request_id: case.id.clone(),
            outcome: outcome.into(),
            opinion: "经协调".to_owned(),
            request_id: request_id(),
        };
        let group = city.person(OFFICE, Role::WorkingGroup);
        group.requests().coordinate_objection(coordinate).await.expect("coordinated");
    }
    let (agreed, _) = city.agreed_case(APPLICANT, PROVIDER).await;
    eventually("the case is AGREED", async || {
        let request = requests::GetAccessRequestRequest { access_request_id: agreed.id.clone() };
        let found =
            drafter.requests().get_access_request(request).await.map_err(|status| status.to_string())?;
        let state = found.into_inner().access_request.expect("a request").state();
        if state == requests::AccessRequestState::Agreed { Ok(()) } else { Err(format!("{state:?}")) }
    })
    .await;
    let incomplete = incomplete_for(city, &entry).await;
    vec![
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
}

async fn refused_for(city: &City, entry: &str) -> Case {
    let refused = city.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    city.proposed(&refused, AnswerKind::Refusal, "涉密").await;
    let refuse = requests::RefuseAccessRequestRequest {
        access_request_id: refused.id.clone(),
        reasons: "涉密".to_owned(),
        request_id: request_id(),
        etag: String::new(),
    };
    let approver = city.person(PROVIDER, Role::Approver);
    approver.requests().refuse_access_request(refuse).await.expect("refused");
    refused
}

async fn objected_for(city: &City, entry: &str) -> Case {
    let case = refused_for(city, entry).await;
    let object = requests::ObjectToRefusalRequest {
        access_request_id: case.id.clone(),
        grounds: "不涉密".to_owned(),
        request_id: request_id(),
    };
    city.person(APPLICANT, Role::Drafter).requests().object_to_refusal(object).await.expect("objected");
    case
}

/// Under national-2025, which holds from the second day of the city on.
async fn incomplete_for(city: &City, entry: &str) -> Case {
    city.travel_to(2026, 3, 4);
    let create = requests::CreateAccessRequestRequest {
        entry_id: entry.to_owned(),
        form: Some(requests::ApplicationForm { mode: requests::DeliveryMode::File.into(), ..form() }),
        request_id: request_id(),
        ..Default::default()
    };
    let drafter = city.person(APPLICANT, Role::Drafter);
    let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
    let id = draft.access_request.expect("a request").access_request_id;
    let submit =
        requests::SubmitAccessRequestRequest { access_request_id: id.clone(), request_id: request_id() };
    let approver = city.person(APPLICANT, Role::Approver);
    approver.requests().submit_access_request(submit).await.expect("submitted");
    let case = Case { id, entry_id: entry.to_owned(), applicant: APPLICANT, provider: PROVIDER };
    on_a_request(&city.person(PROVIDER, Role::Drafter), "RequestSupplement", &case).await.expect("asked for");
    case
}

/// Requests that nobody has been found for, or that were settled so.
async fn requests_without_a_provider(city: &City) -> Vec<(&'static str, Case)> {
    let drafter = city.person(APPLICANT, Role::Drafter);
    let mut cases = Vec::new();
    for _ in 0..2 {
        let create = requests::CreateAccessRequestRequest {
            wanted: "各街道适龄儿童人数".to_owned(),
            form: Some(requests::ApplicationForm { mode: requests::DeliveryMode::File.into(), ..form() }),
            request_id: request_id(),
            ..Default::default()
        };
        let draft = drafter.requests().create_access_request(create).await.expect("drafted").into_inner();
        let id = draft.access_request.expect("a request").access_request_id;
        let case = Case { id, entry_id: String::new(), applicant: APPLICANT, provider: PROVIDER };
        let approver = city.person(APPLICANT, Role::Approver);
        on_a_request(&approver, "SubmitAccessRequest", &case).await.expect("submitted");
        cases.push(case);
    }
    let [waiting, settled] = cases.try_into().map_err(|_| "two").expect("two were submitted");
    on_a_request(&city.info_office(), "SettleAccessRequest", &settled).await.expect("settled");
    vec![("AT_INFO_OFFICE", waiting), ("SETTLED", settled)]
}

async fn consented_for(city: &City, entry: &str) -> Case {
    let case = city.submitted_request_for(APPLICANT, PROVIDER, entry).await;
    city.proposed(&case, AnswerKind::Consent, "").await;
    city.consent(&case).await.expect("consented");
    case
}

async fn on_a_request(person: &Person, method: &str, case: &Case) -> Result<(), Status> {
    let mut client = person.requests();
    let (access_request_id, request_id) = (case.id.clone(), request_id());
    let words = || "经研究".to_owned();
    match method {
        "GetAccessRequest" => {
            let request = requests::GetAccessRequestRequest { access_request_id };
            client.get_access_request(request).await.map(drop)
        }
        "GetAccessRequestDocument" => {
            let kind = requests::AccessRequestDocumentKind::Application.into();
            let request =
                requests::GetAccessRequestDocumentRequest { access_request_id, kind, contested_answer: 0 };
            client.get_access_request_document(request).await.map(drop)
        }
        "UpdateAccessRequest" => {
            let request = requests::UpdateAccessRequestRequest {
                access_request_id,
                form: Some(form()),
                update_mask: Some(prost_types::FieldMask { paths: vec!["purpose".to_owned()] }),
                etag: String::new(),
                request_id,
            };
            client.update_access_request(request).await.map(drop)
        }
        "SubmitAccessRequest" => {
            let request = requests::SubmitAccessRequestRequest { access_request_id, request_id };
            client.submit_access_request(request).await.map(drop)
        }
        "ProposeAnswer" => {
            let (kind, reasons) = (AnswerKind::Consent.into(), String::new());
            let request = requests::ProposeAnswerRequest {
                access_request_id,
                kind,
                reasons,
                request_id,
                ..Default::default()
            };
            client.propose_answer(request).await.map(drop)
        }
        "ConsentAccessRequest" => {
            let request =
                requests::ConsentAccessRequestRequest { access_request_id, request_id, etag: String::new() };
            client.consent_access_request(request).await.map(drop)
        }
        "RefuseAccessRequest" => {
            let reasons = "理由".to_owned();
            let request = requests::RefuseAccessRequestRequest {
                access_request_id,
                reasons,
                request_id,
                etag: String::new(),
            };
            client.refuse_access_request(request).await.map(drop)
        }
        "WithdrawAccessRequest" => {
            let request = requests::WithdrawAccessRequestRequest { access_request_id, request_id };
            client.withdraw_access_request(request).await.map(drop)
        }
        "ObjectToRefusal" => {
            let request =
                requests::ObjectToRefusalRequest { access_request_id, request_id, grounds: words() };
            client.object_to_refusal(request).await.map(drop)
        }
        "CoordinateObjection" => {
            let request = requests::CoordinateObjectionRequest {
                access_request_id,
                request_id,
                outcome: requests::CoordinationOutcome::AnswerAnew.into(),
                opinion: words(),
            };
            client.coordinate_objection(request).await.map(drop)
        }
        "ForwardAccessRequest" => {
            let request = requests::ForwardAccessRequestRequest {
                access_request_id,
                request_id,
                provider_unit_id: PROVIDER.to_owned(),
                ..Default::default()
            };
            client.forward_access_request(request).await.map(drop)
        }
        "SettleAccessRequest" => {
            let request =
                requests::SettleAccessRequestRequest { access_request_id, request_id, outcome: words() };
            client.settle_access_request(request).await.map(drop)
        }
        "NameEntry" => {
            let entry_id = if case.entry_id.is_empty() {
                integration_tests::steps::request_id()
            } else {
                case.entry_id.clone()
            };
            let request = requests::NameEntryRequest { access_request_id, request_id, entry_id };
            client.name_entry(request).await.map(drop)
        }
        "StartSuperiorLiaison" => {
            let request = requests::StartSuperiorLiaisonRequest {
                access_request_id,
                request_id,
                body: words(),
                statement: words(),
            };
            client.start_superior_liaison(request).await.map(drop)
        }
        "RecordSuperiorConsent" => {
            let request =
                requests::RecordSuperiorConsentRequest { access_request_id, request_id, outcome: words() };
            client.record_superior_consent(request).await.map(drop)
        }
        "StateSuperiorRefusal" => {
            let request =
                requests::StateSuperiorRefusalRequest { access_request_id, request_id, statement: words() };
            client.state_superior_refusal(request).await.map(drop)
        }
        "RequestCityCoordination" => {
            let request = requests::RequestCityCoordinationRequest {
                access_request_id,
                request_id,
                statement: words(),
            };
            client.request_city_coordination(request).await.map(drop)
        }
        "RecordCityCoordination" => {
            let request = requests::RecordCityCoordinationRequest {
                access_request_id,
                request_id,
                provided: true,
                outcome: words(),
            };
            client.record_city_coordination(request).await.map(drop)
        }
        "RequestSupplement" => {
            let request =
                requests::RequestSupplementRequest { access_request_id, request_id, missing: vec![words()] };
            client.request_supplement(request).await.map(drop)
        }
        "SupplementAccessRequest" => {
            let request = requests::SupplementAccessRequestRequest {
                access_request_id,
                request_id,
                form: Some(form()),
                statement: words(),
            };
            client.supplement_access_request(request).await.map(drop)
        }
        "RequestExtension" => {
            let request = requests::RequestExtensionRequest {
                access_request_id,
                request_id,
                working_days: 5,
                reason: words(),
            };
            client.request_extension(request).await.map(drop)
        }
        "DecideExtension" => {
            let request = requests::DecideExtensionRequest {
                access_request_id,
                request_id,
                granted: true,
                decision: words(),
            };
            client.decide_extension(request).await.map(drop)
        }
        "RemindProvider" => {
            let request =
                requests::RemindProviderRequest { access_request_id, request_id, statement: words() };
            client.remind_provider(request).await.map(drop)
        }
        "ReportToWorkingGroup" => {
            let request =
                requests::ReportToWorkingGroupRequest { access_request_id, request_id, statement: words() };
            client.report_to_working_group(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

async fn on_notes(person: &Person, method: &str, case: &Case) -> Result<(), Status> {
    let (mut client, access_request_id) = (person.notes(), case.id.clone());
    match method {
        "AddNote" => {
            let body = "请补充说明".to_owned();
            let request = requests::AddNoteRequest { access_request_id, body, request_id: request_id() };
            client.add_note(request).await.map(drop)
        }
        "ListNotes" => {
            let request = requests::ListNotesRequest { access_request_id, ..Default::default() };
            client.list_notes(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_answers_each_role_relation_and_state_as_the_table_says() {
    let packs = "xicheng-2014@2014-08-01..2026-03-03, national-2025@2026-03-04..";
    let city = City::start_with_packs(packs).await;
    let product = Product {
        service: "govshare.access_request.v1.AccessRequestService",
        rules: access_request::policy::RULES,
        read: access_request::policy::READ,
        further_reads: &[access_request::policy::READ_DOCUMENT],
        apart: &["CreateAccessRequest", "EnterPaperRequest", "ListAccessRequests"],
        units: &[
            (APPLICANT, &[Relation::Applicant]),
            (PROVIDER, &[Relation::Provider]),
            (OFFICE, &[]),
            (STRANGER, &[]),
        ],
        records: &requests_in_every_state(&city).await,
    };
    let tried = product.try_all(&city, on_a_request).await;
    assert!(tried > 7000, "only {tried} combinations were tried");
    let notes = Product {
        service: "govshare.access_request.v1.CaseNoteService",
        rules: access_request::policy::NOTE_RULES,
        read: access_request::policy::READ_NOTES,
        further_reads: &[],
        apart: &[],
        ..product
    };
    let tried = notes.try_all(&city, on_notes).await;
    assert!(tried > 600, "only {tried} combinations were tried");
    let without_a_provider = Product {
        units: &[(APPLICANT, &[Relation::Applicant]), (PROVIDER, &[]), (OFFICE, &[])],
        records: &requests_without_a_provider(&city).await,
        ..product
    };
    let tried = without_a_provider.try_all(&city, on_a_request).await;
    assert!(tried > 1000, "only {tried} combinations were tried");
}

/// An agreement and the case that it belongs to.
struct Agreed {
    case_id: String,
    agreement_id: String,
}

async fn agreements_in_every_state(city: &City) -> Vec<(&'static str, Agreed)> {
    let entry = city.published_entry(PROVIDER).await;
    city.register_keys(&[APPLICANT, PROVIDER]).await;
    let mut drafted = Vec::new();
    for _ in 0..5 {
        let case = consented_for(city, &entry).await;
        let agreement_id = city.drafted_agreement(&case).await.agreement_id;
        drafted.push(Agreed { case_id: case.id, agreement_id });
    }
    let [awaiting, active, cancelled, suspended, terminated] =
        drafted.try_into().map_err(|_| "five").expect("five were drafted");
    for agreed in [&active, &suspended, &terminated] {
        for unit in [APPLICANT, PROVIDER, OFFICE] {
            city.sign(&agreed.agreement_id, unit).await.expect("signed");
        }
    }
    let drafter = city.person(PROVIDER, Role::Drafter);
    on_an_agreement(&drafter, "CancelAgreement", &cancelled).await.expect("cancelled");
    let approver = city.person(PROVIDER, Role::Approver);
    on_an_agreement(&approver, "SuspendAgreement", &suspended).await.expect("suspended");
    on_an_agreement(&approver, "TerminateAgreement", &terminated).await.expect("terminated");
    vec![
        ("AWAITING_SIGNATURES", awaiting),
        ("ACTIVE", active),
        ("CANCELLED", cancelled),
        ("SUSPENDED", suspended),
        ("TERMINATED", terminated),
    ]
}

async fn on_an_agreement(person: &Person, method: &str, agreed: &Agreed) -> Result<(), Status> {
    let mut client = person.agreements();
    let (agreement_id, request_id) = (agreed.agreement_id.clone(), request_id());
    let kind = DocumentKind::Agreement.into();
    match method {
        "CreateAgreement" => {
            let (case_id, terms) = (agreed.case_id.clone(), Some(terms()));
            let request = agreements::CreateAgreementRequest { case_id, terms, request_id };
            client.create_agreement(request).await.map(drop)
        }
        "GetAgreement" => {
            client.get_agreement(agreements::GetAgreementRequest { agreement_id }).await.map(drop)
        }
        "GetAgreementDocument" => {
            let request = agreements::GetAgreementDocumentRequest { agreement_id, kind };
            client.get_agreement_document(request).await.map(drop)
        }
        "SignAgreement" => {
            let (key_id, signature) = ("0".repeat(64), vec![0; 64]);
            let request =
                agreements::SignAgreementRequest { agreement_id, kind, key_id, signature, request_id };
            client.sign_agreement(request).await.map(drop)
        }
        "CancelAgreement" => {
            let reason = "不再需要".to_owned();
            let request = agreements::CancelAgreementRequest { agreement_id, reason, request_id };
            client.cancel_agreement(request).await.map(drop)
        }
        "DraftReplacement" => {
            let (kind, terms) = (agreements::ReplacementKind::Amendment.into(), Some(terms()));
            let request = agreements::DraftReplacementRequest { agreement_id, kind, terms, request_id };
            client.draft_replacement(request).await.map(drop)
        }
        "SuspendAgreement" => {
            let (grounds, mend_until) = ("超出约定用途".to_owned(), None);
            let request =
                agreements::SuspendAgreementRequest { agreement_id, grounds, mend_until, request_id };
            client.suspend_agreement(request).await.map(drop)
        }
        "ResumeAgreement" => {
            let request = agreements::ResumeAgreementRequest { agreement_id, request_id };
            client.resume_agreement(request).await.map(drop)
        }
        "TerminateAgreement" => {
            let (grounds, negotiation) = ("不再需要".to_owned(), "已协商一致".to_owned());
            let request =
                agreements::TerminateAgreementRequest { agreement_id, grounds, negotiation, request_id };
            client.terminate_agreement(request).await.map(drop)
        }
        "FileTermination" => {
            let request = agreements::FileTerminationRequest { agreement_id, request_id };
            client.file_termination(request).await.map(drop)
        }
        "AttestDisposal" => {
            let request = agreements::AttestDisposalRequest {
                agreement_id,
                disposal: agreements::Disposal::Destroyed.into(),
                statement: "已销毁".to_owned(),
                request_id,
            };
            client.attest_disposal(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_answers_each_role_relation_and_state_as_the_table_says() {
    let city = City::start().await;
    let product = Product {
        service: "govshare.agreement.v1.AgreementService",
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
        records: &agreements_in_every_state(&city).await,
    };
    let tried = product.try_all(&city, on_an_agreement).await;
    assert!(tried > 400, "only {tried} combinations were tried");
}

async fn reviews_in_every_state(city: &City) -> Vec<(&'static str, reviews::Review)> {
    let drafter = city.person(PROVIDER, Role::Drafter);
    let mut opened = Vec::new();
    for _ in 0..3 {
        let entry_id = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
        let request = reviews::CreateReviewRequest { entry_id, version: 1, request_id: request_id() };
        let review = drafter.reviews().create_review(request).await.expect("opened").into_inner().review;
        opened.push(review.expect("a review"));
    }
    let [open, passed, rejected] = opened.try_into().map_err(|_| "three").expect("three were opened");
    let reviewer = city.person(PROVIDER, Role::Reviewer);
    on_a_review(&reviewer, "PassReview", &passed).await.expect("passed");
    on_a_review(&reviewer, "RejectReview", &rejected).await.expect("rejected");
    vec![("OPEN", open), ("PASSED", passed), ("REJECTED", rejected)]
}

async fn on_a_review(person: &Person, method: &str, review: &reviews::Review) -> Result<(), Status> {
    let mut client = person.reviews();
    let (review_id, request_id) = (review.review_id.clone(), request_id());
    match method {
        "CreateReview" => {
            let (entry_id, version) = (review.entry_id.clone(), review.version);
            let request = reviews::CreateReviewRequest { entry_id, version, request_id };
            client.create_review(request).await.map(drop)
        }
        "GetReview" => client.get_review(reviews::GetReviewRequest { review_id }).await.map(drop),
        "PassReview" => {
            let content_digest = review.content_digest.clone();
            let request = reviews::PassReviewRequest { review_id, content_digest, request_id };
            client.pass_review(request).await.map(drop)
        }
        "RejectReview" => {
            let reasons = "涉密".to_owned();
            let request =
                reviews::RejectReviewRequest { review_id, reasons, request_id, state_secret: false };
            client.reject_review(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_answers_each_role_relation_and_state_as_the_table_says() {
    let city = City::start().await;
    let product = Product {
        service: "govshare.security_review.v1.SecurityReviewService",
        rules: security_review::policy::RULES,
        read: security_review::policy::READ,
        further_reads: &[],
        apart: &["ListReviews", "BatchCreateReviews", "BatchPassReviews"],
        units: &[(PROVIDER, &[Relation::Provider]), (OFFICE, &[]), (STRANGER, &[])],
        records: &reviews_in_every_state(&city).await,
    };
    let tried = product.try_all(&city, on_a_review).await;
    assert!(tried > 250, "only {tried} combinations were tried");
}

async fn on_an_entry(person: &Person, method: &str, entry_id: &str) -> Result<(), Status> {
    let mut client = person.entries();
    let (entry_id, request_id) = (entry_id.to_owned(), request_id());
    let reason = "数据有误".to_owned();
    match method {
        "GetEntry" => client.get_entry(catalog::GetEntryRequest { entry_id }).await.map(drop),
        "ListEntryVersions" => {
            let request = catalog::ListEntryVersionsRequest { entry_id, ..Default::default() };
            client.list_entry_versions(request).await.map(drop)
        }
        "DiffEntryVersions" => {
            let request = catalog::DiffEntryVersionsRequest { entry_id, from_version: 1, to_version: 1 };
            client.diff_entry_versions(request).await.map(drop)
        }
        "AssignResourceCode" => {
            let classification_code = "307001".to_owned();
            let request = catalog::AssignResourceCodeRequest { entry_id, classification_code, request_id };
            client.assign_resource_code(request).await.map(drop)
        }
        "ApproveEntry" => {
            let request = catalog::ApproveEntryRequest { entry_id, version: 1, request_id };
            client.approve_entry(request).await.map(drop)
        }
        "ReturnEntry" => {
            let reasons = "补充".to_owned();
            let request = catalog::ReturnEntryRequest { entry_id, version: 1, reasons, request_id };
            client.return_entry(request).await.map(drop)
        }
        "UpdateEntry" => {
            let (content, etag) = (Some(content("学校名录")), String::new());
            let request = catalog::UpdateEntryRequest { entry_id, content, etag, request_id };
            client.update_entry(request).await.map(drop)
        }
        "PublishEntry" => {
            let request = catalog::PublishEntryRequest { entry_id, version: 1, request_id };
            client.publish_entry(request).await.map(drop)
        }
        "SuspendEntry" => {
            let request = catalog::SuspendEntryRequest { entry_id, reason, request_id };
            client.suspend_entry(request).await.map(drop)
        }
        "ResumeEntry" => {
            client.resume_entry(catalog::ResumeEntryRequest { entry_id, request_id }).await.map(drop)
        }
        "RetireEntry" => {
            let request = catalog::RetireEntryRequest { entry_id, reason, request_id };
            client.retire_entry(request).await.map(drop)
        }
        unknown => unreachable!("no method {unknown}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_answers_each_role_relation_and_standing_as_the_table_says() {
    let city = City::start().await;
    let draft = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
    let product = Product {
        service: "govshare.catalog.v1.EntryService",
        rules: ::catalog::entries::policy::RULES,
        read: ::catalog::entries::policy::READ,
        further_reads: &["ListEntryVersions", "DiffEntryVersions"],
        apart: &[
            "CreateEntry",
            "ListEntries",
            "RegisterEntries",
            "BatchPublishEntries",
            "SearchEntries",
            "ListEntryWarnings",
        ],
        units: &[(PROVIDER, &[Relation::Owner]), (OFFICE, &[]), (STRANGER, &[])],
        records: &[("UNLISTED", draft), ("LISTED", city.published_entry(PROVIDER).await)],
    };
    let tried = product
        .try_all(&city, async |person, method, id: &String| on_an_entry(person, method, id).await)
        .await;
    assert!(tried > 300, "only {tried} combinations were tried");
}
