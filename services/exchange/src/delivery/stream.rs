//! What the client reads: the opening, then the bytes as fast as they are taken. Its end is noticed by whoever
//! holds the other side of [`Progress`], however it ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use govshare_model::id::UnitId;
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::download_response::Part;
use service_kit::server::connections::Cut;
use service_kit::shares::Share;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::Status;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, object_store::Error>> + Send>>;

/// Among all downloads and among those of the unit.
pub type Place = (OwnedSemaphorePermit, Share<UnitId>);

/// The stream of one delivery.
pub struct DeliveryStream {
    opening: Option<pb::DownloadOpening>,
    chunks: Chunks,
    sent: Arc<AtomicU64>,
    /// Nothing more is sent: the drain of a shutdown is over, or the delivery was ended.
    cut: CancellationToken,
    _place: Place,
    _end: oneshot::Sender<Infallible>,
}

/// How far a stream is, and when it is gone.
pub struct Progress {
    sent: Arc<AtomicU64>,
    end: oneshot::Receiver<Infallible>,
    cut: CancellationToken,
    connection: Cut,
}

impl DeliveryStream {
    pub fn new(
        opening: pb::DownloadOpening,
        chunks: Chunks,
        place: Place,
        cut: CancellationToken,
        connection: Cut,
    ) -> (Self, Progress) {
        let sent = Arc::new(AtomicU64::new(0));
        let (sender, end) = oneshot::channel();
        let progress = Progress { sent: Arc::clone(&sent), end, cut: cut.clone(), connection };
        (Self { opening: Some(opening), chunks, sent, cut, _place: place, _end: sender }, progress)
    }
}

impl Progress {
    /// Bytes handed to the transport.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Lets nothing more be sent, and closes the connection: a stream that waits for its client to read is not asked
    /// for anything, so it could not end otherwise.
    pub fn cut(&self) {
        self.cut.cancel();
        self.connection.now();
    }

    /// Returns once the transport took nothing for `bound`, as the client took nothing from it.
    pub fn stalled(&self, bound: Duration) -> impl Future<Output = ()> + Send + use<> {
        let sent = Arc::clone(&self.sent);
        async move {
            let mut before = sent.load(Ordering::Relaxed);
            loop {
                tokio::time::sleep(bound).await;
                let now = sent.load(Ordering::Relaxed);
                if now == before {
                    return;
                }
                before = now;
            }
        }
    }

    /// Returns once the stream has ended or was dropped by a client who left.
    pub async fn ended(&mut self) {
        let Err(_dropped) = (&mut self.end).await;
    }
}

impl Stream for DeliveryStream {
    type Item = Result<pb::DownloadResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Some(Err(Status::unavailable("the delivery was cut; take a new ticket"))));
        }
        if let Some(opening) = self.opening.take() {
            return Poll::Ready(Some(Ok(pb::DownloadResponse { part: Some(Part::Opening(opening)) })));
        }
        let item = ready!(self.chunks.as_mut().poll_next(cx));
        Poll::Ready(item.map(|chunk| match chunk {
            Ok(chunk) => {
                self.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                Ok(pb::DownloadResponse { part: Some(Part::Chunk(chunk)) })
            }
            Err(error) => {
                tracing::error!(%error, "object not read");
                Err(Status::internal("the data cannot be read"))
            }
        }))
    }
}
