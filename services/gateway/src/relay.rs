//! One call on its way: the client's half out to a replica, the replica's half back, bytes as they come. A unary
//! call needs no task of its own for either.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::uri::PathAndQuery;
use http::{HeaderMap, Response};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep};
use tonic::{Code, Status};
use tracing::Span;

use crate::gate::Work;
use crate::refusals;
use crate::upstream::{Connection, Unreachable, Upstream};

const ATTEMPTS: usize = 3;

/// Why no reply came.
#[derive(Debug, thiserror::Error)]
pub enum NoReply {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error("lost after it left: {0}")]
    Lost(h2::Error),
}

/// The head of a reply, and what keeps the call going until its end.
pub struct Answered {
    pub response: Response<RecvStream>,
    pub on: OnConnection,
    /// Where the client has more to send, as in a bidirectional stream.
    pub upload: Option<AbortHandle>,
}

/// A call counted on its connection.
pub struct OnConnection(Arc<Connection>);

impl OnConnection {
    fn new(connection: Arc<Connection>) -> Self {
        connection.begin_call();
        Self(connection)
    }
}

impl Drop for OnConnection {
    fn drop(&mut self) {
        self.0.end_call();
    }
}

/// Sends a call and waits for the head of the reply. What surely no replica worked on goes to another one.
pub async fn send(
    upstream: &Upstream,
    path: PathAndQuery,
    headers: HeaderMap,
    body: Incoming,
) -> Result<Answered, NoReply> {
    let mut upload = Upload { body, sent: Sent::Nothing, held: None };
    let mut failed = None;
    let mut last_error = None;
    for _ in 0..ATTEMPTS {
        let on = OnConnection::new(upstream.connection(failed.as_ref()).await?);
        let ends = matches!(upload.sent, Sent::Nothing) && upload.body.is_end_stream();
        let Ok((mut response, mut stream)) = on.0.send(path.clone(), headers.clone(), ends) else {
            failed = Some(Arc::clone(&on.0));
            continue;
        };
        let mut sending = !ends;
        let head =
            std::future::poll_fn(|cx| poll_head(&mut response, &mut upload, &mut stream, &mut sending, cx))
                .await;
        match head {
            Ok(response) => {
                let over = response.body().is_end_stream();
                let upload = (sending && !over).then(|| upload.go_on(stream));
                return Ok(Answered { response, on, upload });
            }
            Err(error) if was_not_worked_on(&error) && upload.rewind() => {
                if error.is_go_away() {
                    on.0.retire();
                }
                failed = Some(Arc::clone(&on.0));
                last_error = Some(error);
            }
            Err(error) => return Err(NoReply::Lost(error)),
        }
    }
    Err(last_error.map_or(NoReply::Unreachable(Unreachable), NoReply::Lost))
}

fn poll_head(
    response: &mut ResponseFuture,
    upload: &mut Upload,
    stream: &mut SendStream<Bytes>,
    sending: &mut bool,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<RecvStream>, h2::Error>> {
    if *sending && upload.poll(stream, cx).is_ready() {
        *sending = false;
    }
    Pin::new(response).poll(cx)
}

/// The other end says that it did not begin with the stream (RFC 9113, sections 6.8 and 8.7).
fn was_not_worked_on(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (error.is_go_away() || refused)
}

/// The client's half of a call.
struct Upload {
    body: Incoming,
    sent: Sent,
    /// Taken from the client, waiting for the replica's window; with whether it is the last.
    held: Option<(Bytes, bool)>,
}

/// What was taken from the client so far: the first piece, mostly all of it, is kept for a second attempt.
enum Sent {
    Nothing,
    First(Bytes, bool),
    More,
}

impl Upload {
    /// Sends what there is; ready when all is sent or no more is wanted.
    fn poll(&mut self, stream: &mut SendStream<Bytes>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some((data, last)) = self.held.take() {
                if !data.is_empty() {
                    stream.reserve_capacity(1);
                }
                while !data.is_empty() && stream.capacity() == 0 {
                    match stream.poll_capacity(cx) {
                        Poll::Ready(Some(Ok(_))) => {}
                        Poll::Ready(_) => return Poll::Ready(()),
                        Poll::Pending => {
                            self.held = Some((data, last));
                            return Poll::Pending;
                        }
                    }
                }
                if stream.send_data(data, last).is_err() || last {
                    return Poll::Ready(());
                }
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        let last = self.body.is_end_stream();
                        self.sent = match std::mem::replace(&mut self.sent, Sent::More) {
                            Sent::Nothing => Sent::First(data.clone(), last),
                            // Many clients end their half with an empty piece.
                            Sent::First(first, _) if data.is_empty() => Sent::First(first, last),
                            Sent::First(..) | Sent::More => Sent::More,
                        };
                        self.held = Some((data, last));
                    }
                    Err(frame) => {
                        self.sent = Sent::More;
                        if let Ok(trailers) = frame.into_trailers() {
                            // Refused only by a stream that is over.
                            let _ = stream.send_trailers(trailers);
                        }
                        return Poll::Ready(());
                    }
                },
                Some(Err(_)) => {
                    stream.send_reset(h2::Reason::CANCEL);
                    return Poll::Ready(());
                }
                None => {
                    let _ = stream.send_data(Bytes::new(), true);
                    return Poll::Ready(());
                }
            }
        }
    }

    /// Begins anew, if what was sent is still at hand.
    fn rewind(&mut self) -> bool {
        self.held = match &self.sent {
            Sent::Nothing => None,
            Sent::First(data, last) => Some((data.clone(), *last)),
            Sent::More => return false,
        };
        true
    }

    /// Sends the rest beside the reply: a client may wait with reading until it has sent everything.
    fn go_on(mut self, mut stream: SendStream<Bytes>) -> AbortHandle {
        let sending = async move { std::future::poll_fn(|cx| self.poll(&mut stream, cx)).await };
        tokio::spawn(sending).abort_handle()
    }
}

/// The replica's half of a call.
pub struct Reply {
    received: RecvStream,
    over: bool,
    deadline: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
    upload: Option<AbortHandle>,
    work: Work,
    _on: OnConnection,
    _span: Option<Span>,
}

impl Reply {
    pub fn new(answered: Answered, deadline: Instant, mut work: Work, span: Option<Span>) -> Response<Self> {
        let (head, received) = answered.response.into_parts();
        if let Some(code) = code(&head.headers) {
            work.ended(code);
        }
        let (upload, on) = (answered.upload, answered.on);
        let reply = Self { received, over: false, deadline, alarm: None, upload, work, _on: on, _span: span };
        Response::from_parts(head, reply)
    }

    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        match ready!(self.received.poll_data(cx)) {
            Some(Ok(data)) => {
                self.received.flow_control().release_capacity(data.len())?;
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => Poll::Ready(
                ready!(self.received.poll_trailers(cx))?.map(|trailers| Ok(Frame::trailers(trailers))),
            ),
        }
    }

    /// Ends the stream with a status of the gateway's own.
    fn end_with(&mut self, status: &Status) -> Frame<Bytes> {
        self.over = true;
        self.work.ended(status.code());
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            trailers.insert(Status::GRPC_STATUS, http::HeaderValue::from_static("13"));
        }
        Frame::trailers(trailers)
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let reply = self.get_mut();
        if reply.over {
            return Poll::Ready(None);
        }
        match reply.poll_received(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    reply.over = true;
                    reply.work.ended(code(trailers).unwrap_or(Code::Unknown));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                reply.over = true;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                let status = refusals::lost(&error);
                Poll::Ready(Some(Ok(reply.end_with(&status))))
            }
            Poll::Pending => {
                let deadline = reply.deadline;
                let alarm = reply.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                ready!(alarm.as_mut().poll(cx));
                Poll::Ready(Some(Ok(reply.end_with(&refusals::too_late()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.received.is_end_stream()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            upload.abort();
        }
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|status| Code::from_bytes(status.as_bytes()))
}
