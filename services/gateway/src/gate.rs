//! What every call passes: is there such a method, is there room, who calls, how often; then on to a replica.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use govshare_model::id::UnitId;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use service_kit::Refusal;
use service_kit::auth::access::Access;
use service_kit::auth::bearer;
use service_kit::auth::people::PeopleTokens;
use service_kit::auth::services::ServiceSigner;
use service_kit::server::explained;
use service_kit::shares::{Share, Shares};
use tokio::time::timeout_at;
use tonic::{Code, Status};
use tower::Service;

use crate::metrics::Durations;
use crate::own::OwnReply;
use crate::rates::Rates;
use crate::rejections::Rejections;
use crate::relay::{self, Reply};
use crate::routes::{Routes, UPSTREAMS};
use crate::upstream::Upstream;
use crate::{headers, refusals, trace};

/// Shared by all connections.
pub struct Gate {
    pub routes: Routes,
    /// In the order of [`UPSTREAMS`].
    pub upstreams: Vec<Arc<Upstream>>,
    pub people: PeopleTokens,
    pub signer: ServiceSigner,
    pub rates: Rates,
    pub rejections: Rejections,
    pub durations: Durations,
    /// Health and reflection.
    pub own: tonic::service::Routes,
    /// Calls of these, by source address.
    pub own_calls: Shares<IpAddr>,
    pub sample_ratio: f64,
    pub max_calls: usize,
    /// Calls in work of each unit.
    pub unit_calls: Shares<UnitId>,
    pub calls: AtomicUsize,
}

impl Gate {
    pub async fn answer(self: Arc<Self>, source: IpAddr, request: Request<Incoming>) -> Response<Answer> {
        let speaks_grpc = request.version() == Version::HTTP_2
            && request.method() == Method::POST
            && headers::is_grpc(request.headers().get(CONTENT_TYPE));
        if !speaks_grpc {
            return refusals::not_grpc();
        }
        let Some(route) = self.routes.find(request.uri().path()) else {
            return self.answer_itself(source, request).await;
        };
        let mut work = Work::begin(&self, route);
        match self.relay(route, source, request, &mut work).await {
            Ok(ready) => ready.reply(work),
            Err(status) => {
                work.ended(status.code());
                status.into_http()
            }
        }
    }

    async fn answer_itself(&self, source: IpAddr, request: Request<Incoming>) -> Response<Answer> {
        if !Access::split(request.uri().path()).is_some_and(|(service, _)| Access::is_open(service)) {
            return refusals::unknown_method().into_http();
        }
        let Some(share) = self.own_calls.take(source) else {
            return Status::from(refusals::overloaded()).into_http();
        };
        let Ok(response) = self.own.clone().call(request).await;
        explained(response).map(|body| Answer::Own(OwnReply::new(body, share)))
    }

    async fn relay(
        &self,
        number: usize,
        source: IpAddr,
        request: Request<Incoming>,
        work: &mut Work,
    ) -> Result<Ready, Status> {
        if !work.has_place() {
            return Err(refusals::overloaded().into());
        }
        let route = &self.routes[number];
        let (mut head, body) = request.into_parts();
        let person = bearer(head.headers.get(AUTHORIZATION)).and_then(|token| self.people.verify(token));
        let person = person.map_err(|error| {
            self.rejections.count(source, route, error);
            Refusal::from(error)
        })?;
        self.rates.admit(&person.unit)?;
        work.share = Some(self.unit_calls.take(person.unit.clone()).ok_or_else(refusals::unit_overloaded)?);

        let service = UPSTREAMS[route.upstream].1;
        headers::strip(&mut head.headers);
        headers::identify(&mut head.headers, self.signer.header(service));
        let time = headers::deadline(&mut head.headers, &route.limit);
        let deadline = tokio::time::Instant::now() + time;
        let span = trace::follow(&mut head.headers, self.sample_ratio, &route.service, &route.method);
        let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let sent = relay::send(&self.upstreams[route.upstream], path, head.headers, body);
        match timeout_at(deadline, sent).await {
            Ok(Ok(answered)) => Ok(Ready { answered, deadline, span }),
            Ok(Err(error)) => Err(refusals::no_reply(service, &error)),
            Err(_) => Err(refusals::too_late()),
        }
    }
}

/// A reply whose head is there.
struct Ready {
    answered: relay::Answered,
    deadline: tokio::time::Instant,
    span: Option<tracing::Span>,
}

impl Ready {
    fn reply(self, work: Work) -> Response<Answer> {
        Reply::new(self.answered, self.deadline, work, self.span).map(Answer::Relayed)
    }
}

/// A routed call from its beginning to its end: its place among those in work, and its duration in the metrics.
pub struct Work {
    gate: Arc<Gate>,
    route: usize,
    started: Instant,
    has_place: bool,
    /// Of the calls that the person's unit may have in work.
    share: Option<Share<UnitId>>,
    code: Code,
}

impl Work {
    fn begin(gate: &Arc<Gate>, route: usize) -> Self {
        let has_place = gate.calls.fetch_add(1, Ordering::Relaxed) < gate.max_calls;
        // A call that nobody has ended when it is dropped was given up by its client.
        Self {
            gate: Arc::clone(gate),
            route,
            started: Instant::now(),
            has_place,
            share: None,
            code: Code::Cancelled,
        }
    }

    fn has_place(&self) -> bool {
        self.has_place
    }

    pub fn ended(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.gate.calls.fetch_sub(1, Ordering::Relaxed);
        let route = &self.gate.routes[self.route];
        self.gate.durations.record(self.route, route, self.code, self.started.elapsed());
    }
}

/// A body that goes to a client.
pub enum Answer {
    Relayed(Reply),
    Own(OwnReply),
    Text(Bytes),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Text(Bytes::new())
    }
}

impl From<Bytes> for Answer {
    fn from(text: Bytes) -> Self {
        Self::Text(text)
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.get_mut() {
            Self::Relayed(reply) => Pin::new(reply).poll_frame(cx).map_err(|never| match never {}),
            Self::Own(reply) => reply.poll_frame(cx),
            Self::Text(text) if text.is_empty() => Poll::Ready(None),
            Self::Text(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Relayed(reply) => reply.is_end_stream(),
            Self::Own(reply) => reply.is_end_stream(),
            Self::Text(text) => text.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Relayed(_) | Self::Own(_) => SizeHint::default(),
            Self::Text(text) => SizeHint::with_exact(text.len() as u64),
        }
    }
}
