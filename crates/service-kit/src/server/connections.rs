//! Accepted connections, never more than a bound at once: further ones wait in the listen queue. No source address
//! takes more than its share, and none stays that does not say at once what a client says.

use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::config;
use crate::shares::{Share, Shares};

/// Length of the HTTP/2 connection preface (RFC 9113, 3.4); a TLS ClientHello is longer.
const FIRST_WORDS: usize = 24;
/// A bound as small as in a sandbox leaves every source at least so many.
const SMALLEST_SHARE: usize = 16;

/// A connection that gives its place back when it closes.
pub struct Connection {
    stream: TcpStream,
    source: IpAddr,
    patience: Duration,
    greeting: Option<Greeting>,
    cut: Cut,
    _place: OwnedSemaphorePermit,
    _share: Share<IpAddr>,
}

/// What a client still has to say, and until when.
struct Greeting {
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

/// Ends a connection from outside, whatever it waits for. Handlers find it among the extensions of a request.
#[derive(Clone, Default)]
pub struct Cut(Arc<Cutting>);

#[derive(Default)]
struct Cutting {
    done: AtomicBool,
    reader: AtomicWaker,
}

/// Connections of `listener`, within `bounds`.
pub fn bounded(
    listener: TcpListener,
    bounds: &config::Server,
) -> impl Stream<Item = io::Result<Connection>> + Send + use<> {
    let entrance = Entrance {
        listener,
        places: Arc::new(Semaphore::new(bounds.max_connections)),
        shares: Shares::of((bounds.max_connections / 4).max(SMALLEST_SHARE)),
        patience: Duration::from_secs(bounds.handshake_seconds),
    };
    futures_util::stream::unfold(entrance, |entrance| async move {
        let accepted = entrance.accept().await?;
        Some((accepted, entrance))
    })
}

struct Entrance {
    listener: TcpListener,
    places: Arc<Semaphore>,
    shares: Shares<IpAddr>,
    patience: Duration,
}

impl Entrance {
    async fn accept(&self) -> Option<io::Result<Connection>> {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
            let (stream, from) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "connection not accepted");
                    // Out of file descriptors, most likely: trying again at once would only spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    return Some(Err(error));
                }
            };
            let source = from.ip().to_canonical();
            let Some(share) = self.shares.take(network(source)) else {
                tracing::debug!(%source, "closed, as its source has all the connections that one may have");
                continue;
            };
            let _ = stream.set_nodelay(true);
            return Some(Ok(Connection {
                stream,
                source,
                patience: self.patience,
                greeting: Some(Greeting::within(self.patience)),
                cut: Cut::default(),
                _place: place,
                _share: share,
            }));
        }
    }
}

/// What one client has to itself: an IPv4 address, or the /64 of an IPv6 address (RFC 6177).
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Connection {
    pub fn source(&self) -> IpAddr {
        self.source
    }

    /// Waits no longer for the client's first words than it did at the start, now that a layer, such as TLS, is
    /// through with its own.
    pub fn expect_words(&mut self) {
        self.greeting = Some(Greeting::within(self.patience));
    }
}

impl Greeting {
    fn within(patience: Duration) -> Self {
        Self { missing: FIRST_WORDS, deadline: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl Cut {
    pub fn now(&self) {
        self.0.done.store(true, Ordering::Release);
        self.0.reader.wake();
    }

    fn check(&self) -> io::Result<()> {
        if self.0.done.load(Ordering::Acquire) {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Cut;
    fn connect_info(&self) -> Cut {
        self.cut.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.cut.0.reader.register(cx.waker());
        this.cut.check()?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Some(greeting) = &mut this.greeting {
            greeting.missing = greeting.missing.saturating_sub(buffer.filled().len() - before);
            if greeting.missing == 0 {
                this.greeting = None;
            } else if read.is_pending() {
                ready!(greeting.deadline.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
