//! What the gateway costs a call: its CPU beside that of nginx's grpc_pass, which checks nothing, and beside that of
//! the tonic server behind both. All in cleartext HTTP/2, the same calls to each, in processes of their own.

pub mod parts;
mod proxies;

use std::error::Error;
use std::time::Instant;

use govshare_proto::evaluation::v1::GetUnitIndicatorsRequest;
use govshare_proto::evaluation::v1::evaluation_service_client::EvaluationServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::report::{Figure, median};
use proxies::{Proxies, Server};

const ROUNDS: usize = 7;
const CONNECTIONS: usize = 8;
const IN_FLIGHT: usize = 8;
const UNIT: &str = "jiaowei";

/// Of one server in one round.
struct Cost {
    /// µs of CPU for a call.
    cpu: f64,
    /// Calls in a second.
    rate: f64,
}

/// Measures with 40,000 calls a round, in full with 200,000.
pub async fn run(full: bool) -> Result<Vec<Figure>, Box<dyn Error>> {
    let calls = if full { 200_000 } else { 40_000 };
    let proxies = Proxies::start().await?;
    let token: MetadataValue<Ascii> = format!("Bearer {}", proxies.token).parse()?;
    let servers = [&proxies.hello, &proxies.gateway, &proxies.nginx];
    for server in servers {
        measure(server, &token, calls / 10).await?;
    }
    let mut rounds: [Vec<Cost>; 3] = Default::default();
    for round in 0..ROUNDS {
        // Another one begins each time, so that none has always the same before it.
        for turn in 0..servers.len() {
            let which = (round + turn) % servers.len();
            rounds[which].push(measure(servers[which], &token, calls).await?);
        }
    }
    proxies.stop().await;

    let [hello, gateway, nginx] = rounds;
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu));
    let ratio = |ours: &[Cost], theirs: &[Cost]| median(theirs.iter().zip(ours).map(|(t, o)| t.cpu / o.cpu));
    let (to_nginx, to_hello) = (ratio(&gateway, &nginx), ratio(&hello, &gateway));
    let beside_nginx = Figure::faster(
        "gateway: CPU of a call, nginx grpc_pass beside it",
        cpu(&gateway),
        cpu(&nginx),
        2.0,
        "µs",
    );
    Ok(vec![
        Figure { ratio: Some(to_nginx), met: Some(to_nginx >= 2.0), ..beside_nginx },
        Figure::at_most("gateway: its CPU as multiple of the tonic server's own", to_hello, 2.5, "x"),
        Figure::info("gateway: CPU of the tonic server for a call", cpu(&hello), "µs"),
        Figure::info("gateway: calls through it", median(gateway.iter().map(|cost| cost.rate)), "1/s"),
        Figure::info("gateway: calls through nginx", median(nginx.iter().map(|cost| cost.rate)), "1/s"),
    ])
}

async fn measure(
    server: &Server,
    token: &MetadataValue<Ascii>,
    calls: usize,
) -> Result<Cost, Box<dyn Error>> {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(Endpoint::from_shared(server.endpoint.clone())?.tcp_nodelay(true).connect().await?);
    }
    let (begun, before) = (Instant::now(), server.cpu_seconds()?);
    let callers: Vec<_> = channels
        .iter()
        .flat_map(|channel| std::iter::repeat_n(channel, IN_FLIGHT))
        .map(|channel| tokio::spawn(call(channel.clone(), token.clone(), calls / CONNECTIONS / IN_FLIGHT)))
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await??;
    }
    let (cpu, time) = (server.cpu_seconds()? - before, begun.elapsed().as_secs_f64());
    Ok(Cost { cpu: cpu * 1e6 / done as f64, rate: done as f64 / time })
}

async fn call(channel: Channel, token: MetadataValue<Ascii>, calls: usize) -> Result<usize, tonic::Status> {
    let mut client = EvaluationServiceClient::new(channel);
    for _ in 0..calls {
        let mut request = tonic::Request::new(GetUnitIndicatorsRequest { unit_id: UNIT.to_owned() });
        request.metadata_mut().insert("authorization", token.clone());
        client.get_unit_indicators(request).await?;
    }
    Ok(calls)
}
