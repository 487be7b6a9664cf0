//! Bounds: rates, calls in work, headers, deadlines.

use std::io::ErrorKind::WouldBlock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tonic::Code;

use crate::city::{City, eventually, reason};
use crate::client::{GET_UNIT, LIST_UNITS};
use crate::peer::{ECHO, HOLD, MANY, Peer};

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_beyond_its_rate_is_told_when_to_come_back_and_others_are_not_held_up() {
    let peer = Peer::start("one");
    let slow = [("SERVICE__CALLS_PER_SECOND", "1"), ("SERVICE__BURST", "3")];
    let city = City::start_with(&peer.origin(), &slow).await;
    let (busy, other) = (city.drafter("jiaowei").await, city.drafter("weijianwei").await);
    let begun = Instant::now();
    let mut refused = None;
    let mut accepted = 0;
    while refused.is_none() {
        match busy.unary(GET_UNIT, ECHO).await {
            Ok(_) => accepted += 1,
            Err(status) => refused = Some(status),
        }
    }
    let status = refused.expect("refused at last");
    let (why, details) = reason(&status);
    assert_eq!((status.code(), why.as_str()), (Code::ResourceExhausted, "RATE_LIMITED"), "{status:?}");
    let earned = begun.elapsed().as_secs() + 1;
    assert!((3..=3 + earned).contains(&accepted), "{accepted} accepted of a burst of 3 and 1 a second");
    let wait = details.retry_info().and_then(|info| info.retry_delay).expect("RetryInfo");
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    other.unary(GET_UNIT, ECHO).await.expect("another unit has its own allowance");
    eventually("the unit may call again", async || busy.unary(GET_UNIT, ECHO).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_with_all_its_calls_in_work_waits_and_others_are_not_held_up() {
    let peer = Peer::start("one");
    let city = City::start_with(&peer.origin(), &[("SERVICE__CALLS_AT_ONCE", "2")]).await;
    let (busy, other) = (city.drafter("jiaowei").await, city.drafter("weijianwei").await);
    let held = [1, 2].map(|_| {
        let busy = busy.clone();
        tokio::spawn(async move { busy.unary(GET_UNIT, HOLD).await })
    });
    eventually("two calls are held", async || (peer.held() == 2).then_some(())).await;
    let status = busy.unary(GET_UNIT, ECHO).await.expect_err("no more at once");
    let (why, details) = reason(&status);
    assert_eq!((status.code(), why.as_str()), (Code::ResourceExhausted, "OVERLOADED"), "{status:?}");
    assert!(details.retry_info().is_some());
    other.unary(GET_UNIT, ECHO).await.expect("another unit has its own");
    peer.release();
    for call in held {
        call.await.expect("no panic").expect("the held calls end well");
    }
    eventually("there is room", async || busy.unary(GET_UNIT, ECHO).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_beyond_the_bound_are_shed_until_there_is_room() {
    let peer = Peer::start("one");
    let city = City::start_with(&peer.origin(), &[("SERVER__MAX_CONCURRENT_CALLS", "2")]).await;
    let client = city.drafter("jiaowei").await;
    let held = [1, 2].map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.unary(GET_UNIT, HOLD).await })
    });
    eventually("two calls are held", async || (peer.held() == 2).then_some(())).await;
    let status = client.unary(GET_UNIT, ECHO).await.expect_err("no room");
    assert_eq!(
        (status.code(), reason(&status).0.as_str()),
        (Code::ResourceExhausted, "OVERLOADED"),
        "{status:?}"
    );
    peer.release();
    for call in held {
        call.await.expect("no panic").expect("the held calls end well");
    }
    eventually("there is room", async || client.unary(GET_UNIT, ECHO).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_who_do_not_read_hold_up_nobody_elses_reply() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let idle = city.drafter("jiaowei").await;
    let mut unread = Vec::new();
    for _ in 0..60 {
        let question = tokio_stream::once(Bytes::from(format!("{MANY} 8 500000")));
        unread.push(idle.stream(LIST_UNITS, question).await.expect("a reply that nobody reads"));
    }
    let other = city.drafter("weijianwei").await;
    let large = format!("{ECHO}{}", "x".repeat(300_000));
    for _ in 0..20 {
        let answer = tokio::time::timeout(Duration::from_secs(2), other.unary(GET_UNIT, large.clone()));
        answer.await.expect("in time").expect("answered");
    }
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_headers_are_refused_and_the_connection_lives_on() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let status = client.with("x-big", &"b".repeat(20_000)).unary(GET_UNIT, ECHO).await.expect_err("too big");
    assert_ne!(status.code(), Code::Unavailable, "{status:?}");
    client.unary(GET_UNIT, ECHO).await.expect("the same connection serves on");
    assert_eq!(peer.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_service_is_cut_off_at_the_callers_deadline() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let status = client.with("grpc-timeout", "200m").unary(GET_UNIT, HOLD).await.expect_err("too late");
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    eventually("the service is told", async || (peer.held() == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_and_one_with_an_open_call_is_not() {
    let peer = Peer::start("one");
    let city = City::start_with(&peer.origin(), &[("SERVICE__IDLE_SECONDS", "1")]).await;
    let busy = city.drafter("jiaowei").await;
    let held = tokio::spawn(async move { busy.unary(GET_UNIT, HOLD).await });
    let stream = tokio::net::TcpStream::connect(city.address).await.expect("connected");
    let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let closed = tokio::time::timeout(Duration::from_secs(20), connection).await;
    closed.expect("closed by the gateway").expect("in good order");
    drop(sender);
    assert_eq!(peer.held(), 1, "the held call outlives the idle connection");
    peer.release();
    held.await.expect("no panic").expect("and ends well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_silent_connections_are_closed_soon_and_a_client_is_served() {
    let peer = Peer::start("one");
    let bounds = [("SERVER__MAX_CONNECTIONS", "64"), ("SERVER__HANDSHAKE_SECONDS", "1")];
    let city = City::start_with(&peer.origin(), &bounds).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(tokio::net::TcpStream::connect(city.address).await.expect("in the listen queue"));
    }
    eventually("all are closed", async || {
        silent.retain_mut(
            |stream| matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == WouldBlock),
        );
        silent.is_empty().then_some(())
    })
    .await;
    city.drafter("jiaowei").await.unary(GET_UNIT, ECHO).await.expect("served");
}
