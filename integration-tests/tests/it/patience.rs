//! The steps of a case as a patient client takes them while services die under it: each call is repeated, with the
//! same request id, until it is answered.

use std::time::Duration;

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AnswerKind};
use govshare_proto::agreement::v1 as agreements;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::exchange::v1 as exchange;
use govshare_proto::security_review::v1 as reviews;
use integration_tests::steps::{content, form, request_id, sha256, terms};
use integration_tests::{Person, Platform, redeem};
use tokio::time::Instant;
use tonic::{Code, Response, Status};

/// How long nobody dies.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a killed replica has not recorded by then, it never will.
const RECORDED: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

pub const APPLICANT: &str = "fagaiwei";
pub const PROVIDER: &str = "jiaowei";

/// Repeats a call, with the same request_id, while the platform cannot be reached: what every client does.
async fn patiently<T, F>(what: &str, call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(reply) => return reply.into_inner(),
            Err(status) => {
                let transient = matches!(
                    status.code(),
                    Code::Unavailable
                        | Code::ResourceExhausted
                        | Code::DeadlineExceeded
                        | Code::Aborted
                        | Code::Cancelled
                        | Code::Unknown
                );
                assert!(transient, "{what}: {status:?}");
                assert!(Instant::now() < deadline, "{what}: {status:?}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

macro_rules! patiently {
    ($what:literal, $client:expr, $method:ident, $request:expr) => {{
        let request = $request;
        patiently($what, || {
            let (mut client, request) = ($client, request.clone());
            async move { client.$method(request).await }
        })
        .await
    }};
}

/// A case from draft to active agreement.
#[derive(Debug)]
pub struct Agreed {
    pub case_id: String,
    pub agreement_id: String,
}

pub async fn agree(platform: &Platform, entry_id: &str) -> Agreed {
    let (applicant, provider) =
        (platform.person(APPLICANT, Role::Drafter), platform.person(PROVIDER, Role::Drafter));
    let draft = requests::CreateAccessRequestRequest {
        entry_id: entry_id.to_owned(),
        form: Some(form()),
        request_id: request_id(),
        ..Default::default()
    };
    let draft = patiently!("draft", applicant.requests(), create_access_request, draft);
    let id = draft.access_request.expect("a request").access_request_id;
    let submit =
        requests::SubmitAccessRequestRequest { access_request_id: id.clone(), request_id: request_id() };
    patiently!("submit", applicant.requests(), submit_access_request, submit);
    let propose = requests::ProposeAnswerRequest {
        access_request_id: id.clone(),
        kind: AnswerKind::Consent.into(),
        reasons: String::new(),
        request_id: request_id(),
        ..Default::default()
    };
    patiently!("propose", provider.requests(), propose_answer, propose);
    let approver = platform.person(PROVIDER, Role::Approver);
    let consent = requests::ConsentAccessRequestRequest {
        access_request_id: id.clone(),
        request_id: request_id(),
        etag: String::new(),
    };
    patiently!("consent", approver.requests(), consent_access_request, consent);
    let create = agreements::CreateAgreementRequest {
        case_id: id.clone(),
        terms: Some(terms()),
        request_id: request_id(),
    };
    let agreement = patiently!("agreement", provider.agreements(), create_agreement, create);
    let agreement_id = agreement.agreement.expect("an agreement").agreement_id;
    let kind = agreements::DocumentKind::Agreement;
    let document =
        agreements::GetAgreementDocumentRequest { agreement_id: agreement_id.clone(), kind: kind.into() };
    let document = patiently!("document", provider.agreements(), get_agreement_document, document).content;
    for unit in [APPLICANT, PROVIDER, "info-office"] {
        let signatory = platform.person(unit, Role::Signatory);
        let sign = platform.signed(&agreement_id, kind, unit, &document);
        patiently!("sign", signatory.agreements(), sign_agreement, sign);
    }
    Agreed { case_id: id, agreement_id }
}

/// A published entry and the review that it passed.
#[derive(Debug)]
pub struct Published {
    pub entry_id: String,
    pub review_id: String,
}

pub async fn publish(platform: &Platform) -> Published {
    let drafter = platform.person(PROVIDER, Role::Drafter);
    let draft = catalog::CreateEntryRequest {
        provider_unit_id: String::new(),
        content: Some(content("小学在校生人数")),
        request_id: request_id(),
    };
    let entry = patiently!("entry", drafter.entries(), create_entry, draft).entry.expect("an entry");
    let (entry_id, version) = (entry.entry_id, 1);
    let open = reviews::CreateReviewRequest { entry_id: entry_id.clone(), version, request_id: request_id() };
    let review = patiently!("review", drafter.reviews(), create_review, open).review.expect("a review");
    let pass = reviews::PassReviewRequest {
        review_id: review.review_id.clone(),
        content_digest: review.content_digest,
        request_id: request_id(),
    };
    restrict(platform, &entry_id).await;
    let reviewer = platform.person(PROVIDER, Role::Reviewer);
    patiently!("pass", reviewer.reviews(), pass_review, pass);
    registered(&drafter, &entry_id).await;
    let publish =
        catalog::PublishEntryRequest { entry_id: entry_id.clone(), version, request_id: request_id() };
    let approver = platform.person(PROVIDER, Role::Approver);
    patiently!("publish", approver.entries(), publish_entry, publish);
    Published { entry_id, review_id: review.review_id }
}

/// Has the entry's restriction stated, approved and filed, without which its review does not pass.
async fn restrict(platform: &Platform, entry_id: &str) {
    let state = reviews::StateRestrictionRequest {
        entry_id: entry_id.to_owned(),
        basis: reviews::RestrictionBasis::Law.into(),
        words: "《未成年人保护法》".to_owned(),
        request_id: request_id(),
    };
    let drafter = platform.person(PROVIDER, Role::Drafter);
    let stated = patiently!("state", drafter.restrictions(), state_restriction, state);
    let restriction_id = stated.restriction.expect("a restriction").restriction_id;
    let approve = reviews::ApproveRestrictionRequest {
        restriction_id: restriction_id.clone(),
        request_id: request_id(),
    };
    let bureau = platform.person("baomiju", Role::SecrecyBureau);
    patiently!("approve", bureau.restrictions(), approve_restriction, approve);
    let file = reviews::FileRestrictionRequest { restriction_id, request_id: request_id() };
    patiently!("file", platform.info_office().restrictions(), file_restriction, file);
}

/// Waits until the catalogue has heard that the review was passed.
async fn registered(drafter: &Person, entry_id: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = catalog::GetEntryRequest { entry_id: entry_id.to_owned() };
        let found = patiently!("read", drafter.entries(), get_entry, request);
        let state = found.entry.and_then(|entry| entry.latest).expect("a version").state();
        if state == catalog::EntryVersionState::Registered {
            return;
        }
        assert!(Instant::now() < deadline, "the passed version is {state:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Publishes data of its own for an entry.
pub async fn publish_data(platform: &Platform, entry_id: &str) -> exchange::DataVersion {
    let bytes = format!("{entry_id},第一小学,812\n").repeat(2000).into_bytes();
    let header = exchange::PublishDataVersionHeader {
        entry_id: entry_id.to_owned(),
        file_name: "pupils.csv".to_owned(),
        media_type: "text/csv".to_owned(),
        size_bytes: bytes.len() as i64,
        sha256: sha256(&bytes),
        request_id: request_id(),
    };
    let upload = || async { platform.publish(PROVIDER, header.clone(), &bytes).await.map(Response::new) };
    let version = patiently("data", upload).await.data_version.expect("a version");
    assert_eq!(version.sha256, header.sha256);
    version
}

/// Takes data until the platform has a whole delivery on record. A redemption whose reply is lost has spent its
/// ticket, so each attempt has one of its own.
pub async fn take(platform: &Platform, agreement_id: &str, version: &exchange::DataVersion) {
    let applicant = platform.person(APPLICANT, Role::Drafter);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ticket = exchange::CreateTicketRequest {
            agreement_id: agreement_id.to_owned(),
            data_version_id: version.data_version_id.clone(),
        };
        let ticket = patiently!("ticket", applicant.exchange(), create_ticket, ticket);
        match redeem(&ticket.download_uri, &ticket.ticket).await {
            Ok(download) => {
                assert_eq!(sha256(&download.bytes), version.sha256, "a stream that ends is whole");
                if is_recorded(platform, &download.delivery_id).await {
                    return;
                }
            }
            Err(status) => {
                let refused = matches!(
                    status.code(),
                    Code::NotFound
                        | Code::InvalidArgument
                        | Code::PermissionDenied
                        | Code::FailedPrecondition
                );
                assert!(!refused, "a fresh ticket is good: {status:?}");
            }
        }
        assert!(Instant::now() < deadline, "no delivery of {version:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the end of a delivery is recorded, which follows its last byte unless the replica dies between.
async fn is_recorded(platform: &Platform, delivery_id: &str) -> bool {
    let applicant = platform.person(APPLICANT, Role::Drafter);
    let deadline = Instant::now() + RECORDED;
    loop {
        let request = exchange::GetDeliveryRequest { delivery_id: delivery_id.to_owned() };
        let found = patiently!("delivery", applicant.exchange(), get_delivery, request);
        if found.delivery.expect("a delivery").state() == exchange::DeliveryState::Completed {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
