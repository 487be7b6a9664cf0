//! One HTTP/2 connection to a replica, made anew whenever it is lost, and offered to calls while the replica says
//! that it serves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use h2::client::{ResponseFuture, SendRequest};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Upstream;
use super::health::{self, Health};
use super::resolve::Origin;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// Checks without an answer after which no more calls are given to the connection, and after which it is cut.
const UNANSWERED_OUT: u32 = 2;
const UNANSWERED_CUT: u32 = 4;

/// Bytes of one reply that its client did not take yet. Those of all streams together fit into the window of the
/// connection, so that clients who do not read hold up nobody else's reply.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = i32::MAX.cast_unsigned();

type ConnectError = Box<dyn std::error::Error + Send + Sync>;

/// A connection that is up.
pub struct Connection {
    sender: SendRequest<Bytes>,
    scheme: Scheme,
    authority: Authority,
    calls: AtomicUsize,
    /// No further call can be made on it.
    spent: CancellationToken,
}

impl Connection {
    /// Begins a call. An error means that nothing of it left.
    pub fn send(
        &self,
        path: PathAndQuery,
        headers: HeaderMap,
        end: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        uri.path_and_query = Some(path);
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_parts(uri).expect("scheme, authority and path are all there");
        *request.headers_mut() = headers;
        self.sender.clone().send_request(request, end).inspect_err(|_| self.spent.cancel())
    }

    /// Says that the replica takes no further calls here, so that a new connection is made.
    pub fn retire(&self) {
        self.spent.cancel();
    }

    pub fn is_spent(&self) -> bool {
        self.spent.is_cancelled()
    }

    /// Calls in work.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether further calls wait for a stream: then a health check would wait too, and say nothing.
    fn is_full(&self) -> bool {
        self.calls() >= self.sender.current_max_send_streams()
    }

    pub fn begin_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end_call(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The place of one connection to one replica.
pub(super) struct Slot {
    pub upstream: Arc<Upstream>,
    pub origin: Origin,
    pub address: SocketAddr,
    pub health_interval: Duration,
}

impl Slot {
    pub async fn keep_connected(self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let connecting = async { timeout(CONNECT_TIMEOUT, self.connect()).await? };
            let connected = tokio::select! {
                () = stop.cancelled() => return,
                connected = connecting => connected,
            };
            match connected {
                Ok((connection, driver)) => {
                    tracing::debug!(service = self.upstream.name, address = %self.address, "connected");
                    let answered = self.offer(&connection, driver, &stop).await;
                    self.upstream.remove(&connection);
                    pause = if answered { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
                    tracing::debug!(service = self.upstream.name, address = %self.address, "no longer connected");
                }
                Err(error) => {
                    if pause < LONGEST_PAUSE && pause * 2 >= LONGEST_PAUSE {
                        tracing::warn!(service = self.upstream.name, address = %self.address, %error, "not reached");
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn connect(&self) -> Result<(Arc<Connection>, JoinHandle<()>), ConnectError> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        match &self.origin.tls {
            Some((config, name)) => {
                let connector = tokio_rustls::TlsConnector::from(Arc::clone(config));
                self.greet(connector.connect(name.clone(), stream).await?).await
            }
            None => self.greet(stream).await,
        }
    }

    async fn greet<S>(&self, stream: S) -> Result<(Arc<Connection>, JoinHandle<()>), ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(16 << 10)
            .max_send_buffer_size(1 << 20)
            // Every client that hangs up resets a stream here. The replicas are our own: what they send for such
            // streams is no attack that the whole connection should end for.
            .max_concurrent_reset_streams(8192)
            .max_local_error_reset_streams(None)
            .handshake(stream)
            .await?;
        let spent = CancellationToken::new();
        let closed = spent.clone();
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection lost");
            }
            closed.cancel();
        });
        let connection = Connection {
            sender,
            scheme: self.origin.scheme.clone(),
            authority: self.origin.authority.clone(),
            calls: AtomicUsize::new(0),
            spent,
        };
        Ok((Arc::new(connection), driver))
    }

    /// Asks for the replica's health and offers the connection accordingly, until it is spent or `stop`. Calls in
    /// work go on: the driver ends when the last of them has. Tells whether the replica ever answered.
    async fn offer(
        &self,
        connection: &Arc<Connection>,
        driver: JoinHandle<()>,
        stop: &CancellationToken,
    ) -> bool {
        let mut answered = false;
        let mut unanswered = 0;
        loop {
            let checked = tokio::select! {
                () = stop.cancelled() => return answered,
                () = connection.spent.cancelled() => return answered,
                checked = health::check(connection) => checked,
            };
            match checked {
                Health::Serving => {
                    unanswered = 0;
                    self.upstream.add(connection);
                }
                Health::NotServing => {
                    unanswered = 0;
                    self.upstream.remove(connection);
                }
                Health::Unanswered if connection.is_full() => {}
                Health::Unanswered => unanswered += 1,
            }
            answered |= unanswered == 0;
            if unanswered >= UNANSWERED_OUT {
                self.upstream.remove(connection);
            }
            if unanswered >= UNANSWERED_CUT {
                tracing::warn!(service = self.upstream.name, address = %self.address, "does not answer; cut");
                driver.abort();
                return answered;
            }
            tokio::select! {
                () = stop.cancelled() => return answered,
                () = connection.spent.cancelled() => return answered,
                () = tokio::time::sleep(self.health_interval) => {}
            }
        }
    }
}
