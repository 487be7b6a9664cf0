//! Clients that vanish and replicas that die, restart, refuse or say that they do not serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Response};
use tokio::net::TcpListener;
use tonic::Code;

use crate::city::{City, eventually, reason};
use crate::client::{Client, GET_UNIT, PUBLISH, drain};
use crate::peer::{ECHO, HOLD, Peer};

async fn answering_peer(client: &Client) -> Result<String, tonic::Status> {
    let reply = client.unary(GET_UNIT, ECHO).await?;
    Ok(reply.metadata().get("peer").and_then(|peer| peer.to_str().ok()).unwrap_or_default().to_owned())
}

/// Streams that a peer takes on one of its two connections.
const FULL: usize = 256;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_of_vanished_clients_leave_the_gateway_as_it_was() {
    let peer = Peer::start("one");
    let city = City::start_with(&peer.origin(), &[("SERVICE__CALLS_AT_ONCE", "2000")]).await;
    let token = city.keys.token("jiaowei");
    for round in 0..3 {
        // More than fit: the others wait in the gateway.
        let mut clients = Vec::new();
        for _ in 0..5 {
            let stream = tokio::net::TcpStream::connect(city.address).await.expect("connected");
            let (mut sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
            let driver = tokio::spawn(connection);
            let mut streams = Vec::new();
            for _ in 0..200 {
                sender = sender.ready().await.expect("room for a stream");
                let request = http::Request::post(format!("{}{GET_UNIT}", city.origin()))
                    .header("content-type", "application/grpc")
                    .header("te", "trailers")
                    .header("authorization", format!("Bearer {token}"))
                    .body(())
                    .expect("a request");
                let (response, mut body) = sender.send_request(request, false).expect("sent");
                body.send_data(Bytes::from_static(b"\0\0\0\0\x04hold"), true).expect("sent");
                streams.push((response, body));
            }
            clients.push((driver, sender, streams));
        }
        eventually("the peer is full of calls", async || (peer.held() >= FULL).then_some(())).await;
        for (driver, ..) in &clients {
            driver.abort();
        }
        drop(clients);
        eventually("the peer is rid of them", async || (peer.held() == 0).then_some(())).await;
        let fresh = city.drafter("jiaowei").await;
        for _ in 0..100 {
            eventually(&format!("round {round}: calls go well"), async || answering_peer(&fresh).await.ok())
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_given_up_one_by_one_do_not_wear_the_connections_out() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    for _ in 0..40 {
        let given_up: Vec<_> = (0..50)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.unary(GET_UNIT, HOLD).await })
            })
            .collect();
        eventually("fifty are held", async || (peer.held() == 50).then_some(())).await;
        given_up.iter().for_each(tokio::task::JoinHandle::abort);
        eventually("all are given up", async || (peer.held() == 0).then_some(())).await;
    }
    assert_eq!(answering_peer(&client).await.expect("a reply"), "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_service_is_found_again() {
    let peer = Peer::start("first");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    assert_eq!(answering_peer(&client).await.expect("a reply"), "first");
    let address = peer.die();
    let status = eventually("it is missed", async || answering_peer(&client).await.err()).await;
    assert_eq!(
        (status.code(), reason(&status).0.as_str()),
        (Code::Unavailable, "UPSTREAM_UNAVAILABLE"),
        "{status:?}"
    );
    assert!(reason(&status).1.retry_info().is_some(), "{status:?}");
    let _second = Peer::start_at("second", address, None);
    // A call waits a second for a replica, and a connection is tried at least every half second.
    assert_eq!(answering_peer(&client).await.expect("the next call finds it"), "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_replicas_dies_the_other_takes_all() {
    let (one, two) = (Peer::start("one"), Peer::start("two"));
    let city = City::start(&format!("{},{}", one.origin(), two.origin())).await;
    let client = city.drafter("jiaowei").await;
    for name in ["one", "two"] {
        eventually(&format!("{name} answers"), async || {
            (answering_peer(&client).await.ok()? == name).then_some(())
        })
        .await;
    }
    one.die();
    let mut in_a_row = 0;
    eventually("only the other answers", async || {
        match answering_peer(&client).await {
            Ok(name) => in_a_row = if name == "two" { in_a_row + 1 } else { 0 },
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                in_a_row = 0;
            }
        }
        (in_a_row == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_says_it_does_not_serve_is_left_alone_until_it_does() {
    let (one, two) = (Peer::start("one"), Peer::start("two"));
    let city = City::start(&format!("{},{}", one.origin(), two.origin())).await;
    let client = city.drafter("jiaowei").await;
    let answers =
        async |name: &str| (answering_peer(&client).await.expect("no call is lost") == name).then_some(());
    eventually("one answers", async || answers("one").await).await;
    one.say_serving(false).await;
    let mut in_a_row = 0;
    eventually("only two answers", async || {
        in_a_row = if answers("two").await.is_some() { in_a_row + 1 } else { 0 };
        (in_a_row == 200).then_some(())
    })
    .await;
    one.say_serving(true).await;
    eventually("one answers again", async || answers("one").await).await;
}

/// A server that refuses every stream but health checks until it has refused `refusals`, then echoes.
async fn reluctant(refusals: usize, body_first: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let refused = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&refused);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
                while let Some(Ok((request, mut respond))) = connection.accept().await {
                    let counter = Arc::clone(&counter);
                    tokio::spawn(async move {
                        let health = request.uri().path().starts_with("/grpc.health");
                        let mut body = request.into_body();
                        if !health && counter.load(Ordering::SeqCst) < refusals {
                            if body_first {
                                body.data().await;
                            }
                            counter.fetch_add(1, Ordering::SeqCst);
                            return respond.send_reset(h2::Reason::REFUSED_STREAM);
                        }
                        let mut all = Vec::new();
                        while let Some(Ok(data)) = body.data().await {
                            let _ = body.flow_control().release_capacity(data.len());
                            all.extend_from_slice(&data);
                        }
                        let head = Response::builder()
                            .header("content-type", "application/grpc")
                            .body(())
                            .expect("a head");
                        let mut reply = respond.send_response(head, false).expect("sent");
                        let answer = if health { vec![0, 0, 0, 0, 2, 8, 1] } else { all };
                        reply.send_data(answer.into(), false).expect("sent");
                        let mut trailers = HeaderMap::new();
                        trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
                        reply.send_trailers(trailers).expect("sent");
                    });
                }
            });
        }
    });
    (format!("http://{address}"), refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_replica_refused_unseen_is_repeated_with_its_body() {
    for body_first in [false, true] {
        let (origin, refused) = reluctant(2, body_first).await;
        let city = City::start(&origin).await;
        let client = city.drafter("jiaowei").await;
        let reply = client.unary(GET_UNIT, "the same").await.expect("the third attempt is taken");
        assert_eq!(reply.into_inner(), Bytes::from("the same"));
        assert_eq!(refused.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_always_refused_ends_after_three_attempts() {
    let (origin, refused) = reluctant(usize::MAX, false).await;
    let city = City::start(&origin).await;
    let client = city.drafter("jiaowei").await;
    let status = client.unary(GET_UNIT, ECHO).await.expect_err("refused");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert_eq!(refused.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_answered_when_its_replica_dies_in_the_middle() {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    sender.send(Bytes::from(ECHO)).await.expect("room");
    let upward = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut downward = client.stream(PUBLISH, upward).await.expect("a reply").into_inner();
    assert_eq!(downward.message().await.expect("no error"), Some(Bytes::from(ECHO)));
    peer.die();
    let (_, status) = drain(downward).await;
    let status = status.expect("it cannot end well");
    assert_eq!(
        (status.code(), reason(&status).0.as_str()),
        (Code::Unavailable, "UPSTREAM_UNAVAILABLE"),
        "{status:?}"
    );
}
