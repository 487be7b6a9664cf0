//! A server behind the gateway, on a runtime of its own so that it can die at once. What it does with a call, the
//! call's first message says.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::server::{Grpc, StreamingService};
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::client::Plain;

/// Sends every message back.
pub const ECHO: &str = "echo";
/// `many COUNT SIZE`: sends so many messages of this size.
pub const MANY: &str = "many";
/// Takes everything and answers with the number of bytes.
pub const SWALLOW: &str = "swallow";
/// Sends a message, then fails with details and metadata.
pub const FAIL: &str = "fail";
/// Answers nothing until [`Peer::release`].
pub const HOLD: &str = "hold";
/// Sends one message and the rest at [`Peer::release`].
pub const HOLD_OPEN: &str = "hold-open";

type Messages = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// What the test sees of the peer.
#[derive(Clone)]
pub struct Desk {
    name: Arc<str>,
    /// Headers and whole messages of every call.
    seen: Arc<Mutex<Vec<Seen>>>,
    held: Arc<AtomicUsize>,
    released: watch::Sender<bool>,
}

#[derive(Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub first: Bytes,
}

pub struct Peer {
    pub address: SocketAddr,
    pub desk: Desk,
    health: HealthReporter,
    runtime: Option<Runtime>,
}

impl Peer {
    pub fn start(name: &str) -> Self {
        Self::start_at(name, SocketAddr::from(([127, 0, 0, 1], 0)), None)
    }

    pub fn start_at(name: &str, address: SocketAddr, tls: Option<ServerTlsConfig>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (health, health_service) = tonic_health::server::health_reporter();
        let listener = std::net::TcpListener::bind(address).expect("the port is free");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("bound");
        let (released, _) = watch::channel(false);
        let desk = Desk { name: name.into(), seen: Arc::default(), held: Arc::default(), released };
        let answering = desk.clone();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            let router = axum::Router::new().fallback_service(tower::service_fn(move |request| {
                let desk = answering.clone();
                async move { Ok::<_, std::convert::Infallible>(desk.answer(request).await) }
            }));
            let mut server = Server::builder()
                .max_concurrent_streams(256)
                .http2_max_pending_accept_reset_streams(Some(1024));
            if let Some(tls) = tls {
                server = server.tls_config(tls).expect("certificates");
            }
            let routes = tonic::service::Routes::from(router).add_service(health_service);
            let _ = server.add_routes(routes).serve_with_incoming(TcpListenerStream::new(listener)).await;
        });
        Self { address, desk, health, runtime: Some(runtime) }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends without a word: every connection breaks.
    pub fn die(mut self) -> SocketAddr {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.address
    }

    pub async fn say_serving(&self, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.health.set_service_status("", status).await;
    }

    pub fn release(&self) {
        self.desk.released.send_replace(true);
    }

    /// Calls that are held just now.
    pub fn held(&self) -> usize {
        self.desk.held.load(Ordering::SeqCst)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().expect("no panic").clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Desk {
    async fn answer(&self, request: http::Request<axum::body::Body>) -> http::Response<tonic::body::Body> {
        let answering = Answering {
            desk: self.clone(),
            path: request.uri().path().to_owned(),
            headers: request.headers().clone(),
        };
        let mut grpc = Grpc::new(Plain).max_decoding_message_size(64 << 20);
        grpc.streaming(answering, request.map(tonic::body::Body::new)).await
    }
}

struct Answering {
    desk: Desk,
    path: String,
    headers: HeaderMap,
}

impl StreamingService<Bytes> for Answering {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Messages>, Status>> + Send>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (desk, path, headers) = (self.desk.clone(), self.path.clone(), self.headers.clone());
        Box::pin(async move {
            let mut messages = request.into_inner();
            let first = messages.message().await?.unwrap_or_default();
            let seen = Seen { path, headers, first: first.clone() };
            desk.seen.lock().expect("no panic").push(seen);
            let mut response = Response::new(desk.replies(first, messages).await?);
            response.metadata_mut().insert("peer", desk.name.parse().expect("ASCII"));
            Ok(response)
        })
    }
}

impl Desk {
    async fn replies(&self, first: Bytes, mut messages: Streaming<Bytes>) -> Result<Messages, Status> {
        let text = std::str::from_utf8(&first).unwrap_or_default();
        let mut words = text.split(' ');
        let command = words.next().unwrap_or_default();
        let mut number = || words.next().and_then(|word| word.parse::<usize>().ok()).unwrap_or_default();
        match command {
            MANY => {
                let (count, size) = (number(), number());
                let message = Bytes::from(vec![b'm'; size]);
                Ok(Box::pin(tokio_stream::iter((0..count).map(move |_| Ok(message.clone())))))
            }
            SWALLOW => {
                let mut bytes = first.len();
                while let Some(message) = messages.message().await? {
                    bytes += message.len();
                }
                Ok(Box::pin(tokio_stream::once(Ok(Bytes::from(bytes.to_string())))))
            }
            FAIL => {
                let mut status = Status::with_details(
                    tonic::Code::Aborted,
                    "没成 / failed",
                    Bytes::from_static(b"\x08\x0a"),
                );
                status.metadata_mut().insert("why", "because".parse().expect("ASCII"));
                Ok(Box::pin(tokio_stream::iter([Ok(first), Err(status)])))
            }
            HOLD => {
                self.hold().await;
                Ok(Box::pin(tokio_stream::once(Ok(first))))
            }
            HOLD_OPEN => {
                let desk = self.clone();
                let rest = async move {
                    desk.hold().await;
                    Ok(Bytes::from_static(b"rest"))
                };
                Ok(Box::pin(tokio_stream::once(Ok(first)).chain(futures_stream(rest))))
            }
            _ => Ok(Box::pin(tokio_stream::once(Ok(first)).chain(messages))),
        }
    }

    async fn hold(&self) {
        struct Held(Arc<AtomicUsize>);
        impl Drop for Held {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let mut released = self.released.subscribe();
        self.held.fetch_add(1, Ordering::SeqCst);
        let _held = Held(Arc::clone(&self.held));
        let _ = released.wait_for(|released| *released).await;
    }
}

/// A stream of one item that is yet to come.
fn futures_stream(item: impl Future<Output = Result<Bytes, Status>> + Send + 'static) -> Messages {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let gone = sender.clone();
        tokio::select! {
            item = item => { let _ = sender.send(item).await; }
            () = gone.closed() => {}
        }
    });
    Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
}
