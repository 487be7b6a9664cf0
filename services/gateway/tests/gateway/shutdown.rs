//! The end: what runs may finish, nothing can hold the gateway.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::city::{City, eventually};
use crate::client::{GET_UNIT, LIST_UNITS};
use crate::peer::{ECHO, HOLD, HOLD_OPEN, Peer};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_finishes_during_the_drain() {
    let peer = Peer::start("one");
    let mut city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let held = {
        let client = client.clone();
        tokio::spawn(async move { client.unary(GET_UNIT, HOLD).await })
    };
    let mut watched = HealthClient::new(city.drafter("jiaowei").await.channel)
        .watch(HealthCheckRequest::default())
        .await
        .expect("a reply")
        .into_inner();
    assert_eq!(watched.message().await.expect("a state").map(|s| s.status()), Some(ServingStatus::Serving));
    eventually("the call is held", async || (peer.held() == 1).then_some(())).await;

    city.shutdown.cancel();
    assert_eq!(
        watched.message().await.expect("a state").map(|s| s.status()),
        Some(ServingStatus::NotServing)
    );
    drop(watched);
    eventually("no new connections", async || tokio::net::TcpStream::connect(city.address).await.err()).await;
    assert!(!city.serving.is_finished(), "it waits for the call");
    peer.release();
    held.await.expect("no panic").expect("the call ends well");
    (&mut city.serving).await.expect("and then the gateway");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_cannot_hold_the_gateway_beyond_its_drain() {
    let peer = Peer::start("one");
    let mut city = City::start_with(&peer.origin(), &[("SERVER__DRAIN_SECONDS", "1")]).await;
    let client = city.drafter("jiaowei").await;
    let mut open = client
        .stream(LIST_UNITS, tokio_stream::once(Bytes::from(HOLD_OPEN)))
        .await
        .expect("a reply")
        .into_inner();
    assert_eq!(open.message().await.expect("a message"), Some(Bytes::from(HOLD_OPEN)));
    let unary = tokio::spawn(async move { client.unary(GET_UNIT, HOLD).await });
    let silent = tokio::net::TcpStream::connect(city.address).await.expect("connected");
    eventually("both are held", async || (peer.held() == 2).then_some(())).await;

    let begun = Instant::now();
    city.shutdown.cancel();
    (&mut city.serving).await.expect("ends");
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(6), "{took:?} for a drain of 1 s");
    open.message().await.expect_err("the stream was cut");
    unary.await.expect("no panic").expect_err("the call was cut");
    eventually("the service is told", async || (peer.held() == 0).then_some(())).await;
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_gateway_ends_at_once() {
    let peer = Peer::start("one");
    let mut city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    client.unary(GET_UNIT, ECHO).await.expect("a reply");
    let begun = Instant::now();
    city.shutdown.cancel();
    (&mut city.serving).await.expect("ends");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?} with an idle client connected", begun.elapsed());
}
