//! What a state transition costs: ProposeAnswer with its authorization, outbox row and reply for repeats, beside a
//! bare tonic service that does the same SQL on the same durable PostgreSQL and checks nothing.

mod bare;

use std::error::Error;

use govshare_model::Role;
use govshare_proto::access_request::v1::access_request_service_client::AccessRequestServiceClient;
use govshare_proto::access_request::v1::{AnswerKind, ProposeAnswerRequest};
use govshare_proto::evaluation::v1::GetUnitIndicatorsRequest;
use govshare_proto::evaluation::v1::evaluation_service_client::EvaluationServiceClient;
use service_kit::auth::services::{self, SERVICE_HEADER};
use service_kit::config::{Environment, ServiceIdentity};
use sqlx::{Connection, PgConnection};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use uuid::Uuid;

use crate::durable::{Cost, Meter, idle_commits};
use crate::report::{Figure, median};
use crate::sandbox::Sandbox;
pub use bare::serve as serve_bare;

const ROUNDS: usize = 7;
const WORKERS: usize = 16;
const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

/// Measures with 2,000 calls a round, in full with 20,000.
pub async fn run(full: bool) -> Result<Vec<Figure>, Box<dyn Error>> {
    let calls = if full { 20_000 } else { 2_000 };
    let sandbox = Sandbox::start().await?;
    let (cluster, platform) = (&sandbox.cluster, &sandbox.platform);
    let entry = platform.published_entry(PROVIDER).await;
    let mut cases = Vec::new();
    for _ in 0..WORKERS {
        cases.push(platform.submitted_request_for(APPLICANT, PROVIDER, &entry).await.id);
    }
    // What follows the commit is the audit's work and is measured there: its events wait in the outbox meanwhile.
    cluster.kill9("audit", 0).await?;

    let identity = cluster.identity();
    let files =
        ServiceIdentity { key_file: identity.service_key_file("gateway"), jwks: identity.services_jwks() };
    let (signer, _) = services::load("gateway", &files, Environment::Sandbox).await?;
    let service_token: MetadataValue<Ascii> = signer.header("access-request").to_str()?.parse()?;
    let person = identity.mint(&PROVIDER.parse()?, Role::Drafter)?;
    let person: MetadataValue<Ascii> = format!("Bearer {person}").parse()?;
    let ours = Channel::from_shared(cluster.endpoint("access-request", 0)?)?.connect().await?;
    let propose = |case: String| {
        let (channel, person, service) = (ours.clone(), person.clone(), service_token.clone());
        async move {
            let mut request = tonic::Request::new(ProposeAnswerRequest {
                access_request_id: case,
                kind: AnswerKind::Consent.into(),
                reasons: "同意".to_owned(),
                request_id: Uuid::now_v7().to_string(),
                ..Default::default()
            });
            request.metadata_mut().insert("authorization", person);
            request.metadata_mut().insert(SERVICE_HEADER, service);
            AccessRequestServiceClient::new(channel).propose_answer(request).await.map(drop)
        }
    };

    let (bare, bare_channel) = bare::Process::start(cluster.database_url()).await?;
    let plain = |case: String| {
        let channel = bare_channel.clone();
        async move {
            let request = GetUnitIndicatorsRequest { unit_id: case };
            EvaluationServiceClient::new(channel).get_unit_indicators(request).await.map(drop)
        }
    };

    let mut database = PgConnection::connect(cluster.database_url()).await?;
    let our_pid = cluster.process("access-request", 0)?.pid().ok_or("the service is not running")?;
    measure((&cases, calls / 4), our_pid, (&mut database, 0.0), &propose).await?;
    measure((&cases, calls / 4), bare.pid(), (&mut database, 0.0), &plain).await?;
    let idle = idle_commits(&mut database).await?;
    let (mut our_costs, mut bare_costs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            our_costs.push(measure((&cases, calls), our_pid, (&mut database, idle), &propose).await?);
            bare_costs.push(measure((&cases, calls), bare.pid(), (&mut database, idle), &plain).await?);
        } else {
            bare_costs.push(measure((&cases, calls), bare.pid(), (&mut database, idle), &plain).await?);
            our_costs.push(measure((&cases, calls), our_pid, (&mut database, idle), &propose).await?);
        }
    }
    drop(bare);
    sandbox.cluster.stop().await?;

    let ratio = median(our_costs.iter().zip(&bare_costs).map(|(ours, bare)| ours.rate / bare.rate));
    let rate = |costs: &[Cost]| median(costs.iter().map(|cost| cost.rate));
    let beside = |name: &str, value: fn(&Cost) -> f64, unit| Figure {
        reference: Some(median(bare_costs.iter().map(value))),
        ..Figure::info(format!("transition: {name}"), median(our_costs.iter().map(value)), unit)
    };
    Ok(vec![
        Figure {
            reference: Some(rate(&bare_costs)),
            ratio: Some(ratio),
            goal: ">= 0.8x".to_owned(),
            met: Some(ratio >= 0.8),
            ..Figure::info(
                "transition: rate of a bare service doing the same SQL beside",
                rate(&our_costs),
                "1/s",
            )
        },
        Figure {
            reference: Some(median(bare_costs.iter().map(|cost| cost.commits))),
            ..Figure::at_most(
                "transition: commits for each",
                median(our_costs.iter().map(|cost| cost.commits)),
                1.05,
                "commits",
            )
        },
        Figure::info("transition: commits of the idle cluster, not counted above", idle, "1/s"),
        beside("WAL for each", |cost| cost.wal_bytes, "B"),
        beside("CPU of the service for each", |cost| cost.cpu_us, "µs"),
    ])
}

async fn measure<F, Fut>(
    (cases, calls): (&[String], usize),
    pid: u32,
    (database, idle): (&mut PgConnection, f64),
    call: &F,
) -> Result<Cost, Box<dyn Error>>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Result<(), tonic::Status>>,
{
    let pids = [pid];
    let meter = Meter::start(database, &pids).await?.beside(idle);
    let workers = cases.iter().map(|case| async {
        for _ in 0..calls / cases.len() {
            call(case.clone()).await?;
        }
        Ok::<_, tonic::Status>(())
    });
    futures_util::future::try_join_all(workers).await?;
    meter.stop(calls / cases.len() * cases.len()).await
}
