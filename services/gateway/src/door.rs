//! The port: connections within bounds, HTTP/2 in cleartext or over TLS, and an end under a deadline.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use service_kit::config;
use service_kit::server::connections::{self, Connection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{Instant, interval_at, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;

use crate::gate::{Answer, Gate};

/// Where clients come in.
pub struct Door {
    pub gate: Arc<Gate>,
    /// `None`: cleartext.
    pub tls: Option<TlsAcceptor>,
    /// A connection without a call for this long is closed.
    pub idle: Duration,
    pub bounds: config::Server,
}

impl Door {
    /// Serves until `shutdown`, then lets running calls end under the drain's deadline and cuts what is left.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let mut accepted = Box::pin(connections::bounded(listener, &self.bounds));
        let drain = Duration::from_secs(self.bounds.drain_seconds);
        let guest = Arc::new(Guests {
            http: http(&self.bounds),
            door: self,
            shutdown,
            cut: CancellationToken::new(),
        });
        let connections = TaskTracker::new();
        loop {
            let connection = tokio::select! {
                () = guest.shutdown.cancelled() => break,
                Some(connection) = accepted.next() => connection,
            };
            // What could not be accepted has been logged.
            if let Ok(connection) = connection {
                let guest = Arc::clone(&guest);
                connections.spawn(async move {
                    tokio::select! {
                        () = guest.cut.cancelled() => {}
                        () = guest.receive(connection) => {}
                    }
                });
            }
        }
        drop(accepted);
        connections.close();
        if timeout(drain, connections.wait()).await.is_err() {
            tracing::warn!("calls still ran at the end of the drain and were cut");
            guest.cut.cancel();
            connections.wait().await;
        }
    }
}

fn http(bounds: &config::Server) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    // HTTP/1 gets one short answer.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(bounds.handshake_seconds))
        .max_buf_size(16 << 10)
        .keep_alive(false);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(bounds.max_concurrent_streams)
        .max_header_list_size(bounds.max_header_bytes)
        .max_pending_accept_reset_streams(Some(bounds.max_concurrent_streams as usize))
        .initial_stream_window_size(256 << 10)
        .initial_connection_window_size(1 << 20)
        .max_send_buf_size(256 << 10)
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(10));
    http
}

/// What every connection shares.
struct Guests {
    door: Door,
    http: auto::Builder<TokioExecutor>,
    shutdown: CancellationToken,
    /// Ends connections at once.
    cut: CancellationToken,
}

impl Guests {
    async fn receive(&self, connection: Connection) {
        let source = connection.source();
        let Some(tls) = &self.door.tls else { return self.converse(connection, source).await };
        let handshake = Duration::from_secs(self.door.bounds.handshake_seconds);
        match timeout(handshake, tls.accept(connection)).await {
            Ok(Ok(mut stream)) => {
                stream.get_mut().0.expect_words();
                self.converse(stream, source).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }

    async fn converse<S>(&self, stream: S, source: IpAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let service = service_fn(|request: Request<Incoming>| {
            let gate = Arc::clone(&self.door.gate);
            let open = Open::new(&activity);
            async move {
                // Boxed here, where it is made: hyper moves what it is given several times on the way to a task.
                let answer = Box::pin(gate.answer(source, request)).await;
                Ok::<_, Infallible>(answer.map(|answer| Counted { answer, _open: open }))
            }
        });
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        let mut ticks = interval_at(Instant::now() + self.door.idle, self.door.idle);
        let mut closing = false;
        let mut seen = 0;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection lost");
                    }
                    return;
                }
                () = self.shutdown.cancelled(), if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = ticks.tick() => {
                    if !activity.rested_since(&mut seen) {
                        continue;
                    }
                    if closing {
                        return;
                    }
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Calls of one connection.
#[derive(Default)]
struct Activity {
    open: AtomicUsize,
    begun: AtomicU64,
}

impl Activity {
    /// Whether no call is open and none has begun since this was last asked with `seen`.
    fn rested_since(&self, seen: &mut u64) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        let rested = begun == *seen && self.open.load(Ordering::Relaxed) == 0;
        *seen = begun;
        rested
    }
}

struct Open(Arc<Activity>);

impl Open {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.open.fetch_add(1, Ordering::Relaxed);
        activity.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer that keeps its connection from resting until it has gone out.
struct Counted {
    answer: Answer,
    _open: Open,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().answer).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}
