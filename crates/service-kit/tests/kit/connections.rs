//! A port that strangers reach: who says nothing neither keeps others out nor stays.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use service_kit::Config;
use service_kit::server::connections;
use service_kit::shares::Shares;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[derive(Debug, Deserialize)]
struct Nothing {}

/// A server with health behind the bounded port.
async fn serve(max_connections: usize, handshake_seconds: u64) -> SocketAddr {
    let mut bounds = Config::<Nothing>::from_variables("[service]\n", []).expect("the defaults").server;
    bounds.max_connections = max_connections;
    bounds.handshake_seconds = handshake_seconds;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    let (_, health) = tonic_health::server::health_reporter();
    let router = tonic::transport::Server::builder().add_service(health);
    tokio::spawn(router.serve_with_incoming(connections::bounded(listener, &bounds)));
    address
}

async fn silent(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(TcpStream::connect(address).await.expect("in the listen queue"));
    }
    connections
}

fn client(address: SocketAddr, from: IpAddr) -> HealthClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let within = Duration::from_secs(20);
    HealthClient::new(endpoint.local_address(Some(from)).timeout(within).connect_lazy())
}

#[tokio::test]
async fn a_hundred_silent_connections_of_one_source_do_not_keep_another_out() {
    let address = serve(64, 3600).await;
    let connections = silent(address, 100).await;
    let mut other = client(address, Ipv4Addr::new(127, 0, 0, 2).into());
    other.check(HealthCheckRequest::default()).await.expect("served at once");
    drop(connections);
}

#[tokio::test]
async fn who_does_not_begin_to_speak_in_time_is_closed_and_who_did_stays() {
    let address = serve(64, 1).await;
    let mut speaker = client(address, Ipv4Addr::LOCALHOST.into());
    speaker.check(HealthCheckRequest::default()).await.expect("served");
    let mut connections = silent(address, 2).await;
    connections[1].write_all(b"PRI * HTTP/2").await.expect("half a preface");
    for connection in &mut connections {
        // What the server says before it leaves, such as its SETTINGS, is of no interest.
        let mut said = Vec::new();
        let closed = connection.read_to_end(&mut said);
        let _ = tokio::time::timeout(Duration::from_secs(20), closed).await.expect("closed in time");
    }
    speaker.check(HealthCheckRequest::default()).await.expect("served on");
}

#[test]
fn a_holder_has_its_share_and_no_more_and_leaves_others_theirs() {
    let shares = Shares::of(2);
    let (first, second) = (shares.take("one").expect("a share"), shares.take("one").expect("a share"));
    assert!(shares.take("one").is_none());
    assert!(shares.take("other").is_some());
    drop(first);
    let third = shares.take("one").expect("what was given back");
    assert!(shares.take("one").is_none());
    drop((second, third));
}
