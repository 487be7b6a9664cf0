//! Real processes, killed without warning while cases run: nothing acknowledged is lost, nothing happens twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use govshare_cluster::{Cluster, GATEWAY, Options, SERVICES, Seed};
use govshare_model::Role;
use govshare_proto::access_request::v1::{self as requests, AccessRequestState, AnswerKind};
use govshare_proto::agreement::v1 as agreements;
use govshare_proto::audit::v1::{Event, ListEventsRequest};
use govshare_proto::evaluation::v1::GetUnitIndicatorsRequest;
use integration_tests::steps::{form, request_id, terms};
use integration_tests::{Platform, eventually};
use tokio::sync::watch;
use tonic::{Code, Response, Status};

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const CASES: usize = 200;
const WORKERS: usize = 8;

/// Repeats a call, with the same request_id, while the platform cannot be reached: what every client does.
async fn patiently<T, F>(what: &str, call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        match call().await {
            Ok(reply) => return reply.into_inner(),
            Err(status) => {
                let transient = matches!(
                    status.code(),
                    Code::Unavailable
                        | Code::DeadlineExceeded
                        | Code::Aborted
                        | Code::Cancelled
                        | Code::Unknown
                );
                assert!(transient, "{what}: {status:?}");
                assert!(tokio::time::Instant::now() < deadline, "{what}: {status:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
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

/// One case from draft to active agreement; gives its id.
async fn run_case(platform: &Platform, entry_id: &str) -> String {
    let (applicant, provider) =
        (platform.person(APPLICANT, Role::Drafter), platform.person(PROVIDER, Role::Drafter));
    let draft = requests::CreateAccessRequestRequest {
        entry_id: entry_id.to_owned(),
        form: Some(form()),
        request_id: request_id(),
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
    };
    patiently!("propose", provider.requests(), propose_answer, propose);
    let approver = platform.person(PROVIDER, Role::Approver);
    let consent =
        requests::ConsentAccessRequestRequest { access_request_id: id.clone(), request_id: request_id() };
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
    id
}

async fn events_of(platform: &Platform, case: &str) -> Result<Vec<Event>, String> {
    let request = ListEventsRequest { case_id: case.to_owned(), page_size: 1000, ..Default::default() };
    let listed = platform.info_office().audit().list_events(request).await;
    Ok(listed.map_err(|status| status.to_string())?.into_inner().events)
}

const EXPECTED: [&str; 10] = [
    "access-request.agreed",
    "access-request.answer-proposed",
    "access-request.consented",
    "access-request.drafted",
    "access-request.submitted",
    "agreement.activated",
    "agreement.drafted",
    "agreement.signed",
    "agreement.signed",
    "agreement.signed",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_of_any_service_during_200_cases_loses_and_doubles_nothing() {
    let options = Options { revive: false, ..Options::disposable() };
    let cluster =
        Cluster::start(options).await.expect("the built services start; `cargo build --workspace --bins`");
    cluster.plant(&Seed::builtin()).await.expect("units");
    let platform = Platform::at(&cluster.gateway_endpoint(), cluster.identity().clone());
    platform.wait_until_ready().await;
    platform.register_keys(&[APPLICANT, PROVIDER]).await;
    let entry_id = platform.published_entry(PROVIDER).await;

    let (finished, mut progress) = watch::channel(0_usize);
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (platform, entry_id, finished) = (platform.clone(), entry_id.clone(), finished.clone());
            tokio::spawn(async move {
                let mut cases = Vec::new();
                for _ in 0..CASES / WORKERS {
                    cases.push(run_case(&platform, &entry_id).await);
                    finished.send_modify(|finished| *finished += 1);
                }
                cases
            })
        })
        .collect();
    drop(finished);
    // Everybody dies twice, spread over the cases so that each death meets work in flight.
    let victims: Vec<_> = SERVICES.iter().chain([&GATEWAY]).collect();
    for (number, victim) in victims.iter().cycle().take(2 * victims.len()).enumerate() {
        let due = number * CASES / (2 * victims.len() + 1);
        if progress.wait_for(|finished| *finished >= due).await.is_err() {
            break;
        }
        cluster.kill9(victim.name, 0).await.expect("killed");
        cluster.restart(victim.name, 0).await.expect("started again");
    }
    let mut cases = BTreeSet::new();
    for worker in workers {
        cases.extend(worker.await.expect("every step was acknowledged in the end"));
    }
    assert_eq!(cases.len(), CASES);

    for case in &cases {
        let request = requests::GetAccessRequestRequest { access_request_id: case.clone() };
        let applicant = platform.person(APPLICANT, Role::Drafter);
        eventually("the case is AGREED", async || {
            let found = applicant.requests().get_access_request(request.clone()).await;
            let found =
                found.map_err(|status| status.to_string())?.into_inner().access_request.expect("a request");
            if found.state() == AccessRequestState::Agreed {
                Ok(())
            } else {
                Err(format!("{:?}", found.state()))
            }
        })
        .await;
        let events = eventually("every step stands in the audit", async || {
            let events = events_of(&platform, case).await?;
            if events.len() >= EXPECTED.len() { Ok(events) } else { Err(format!("{} events", events.len())) }
        })
        .await;
        let mut kinds: Vec<_> = events.iter().map(|event| event.r#type.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, EXPECTED, "case {case}");
        let mut versions: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for event in &events {
            versions.entry(&event.aggregate).or_default().push(event.aggregate_version);
        }
        for (aggregate, found) in versions {
            let expected: Vec<i64> = (1..=found.len() as i64).collect();
            assert_eq!(found, expected, "{aggregate} stands in order and without gaps");
        }
    }
    eventually("evaluation has counted every case once", async || {
        let request = GetUnitIndicatorsRequest { unit_id: PROVIDER.to_owned() };
        let reply = platform.info_office().evaluation().get_unit_indicators(request).await;
        let found = reply.map_err(|status| status.to_string())?.into_inner().unit_indicators.expect("a line");
        let counted = (found.requests_received, found.answered_in_time, found.consents, found.agreements);
        let cases = CASES as i64;
        if counted == (cases, cases, cases, cases) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    cluster.stop().await.expect("stopped");
}
