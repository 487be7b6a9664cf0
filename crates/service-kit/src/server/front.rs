//! What every call passes before its handler: a place among the calls in work, the caller's identity and role,
//! a span and metrics. The handler then runs as a task of its own, so that a client who hangs up does not cut a
//! database transaction in half.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use govshare_proto::error::v1::Reason;
use http::header::AUTHORIZATION as AUTHORIZATION_HEADER;
use http::{HeaderValue, Request, Response};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;

use crate::auth::access::Access;
use crate::auth::people::PeopleTokens;
use crate::auth::services::{SERVICE_HEADER, ServiceTokens};
use crate::auth::{TokenError, bearer};
use crate::call::{AUTHORIZATION, Caller, CallingService};
use crate::failure::{Refusal, unreadable, with_article};
use crate::telemetry;

/// The service that people's calls come through.
const GATEWAY: &str = "gateway";

/// Shared by all connections of a server.
#[derive(Clone)]
pub struct Front(Arc<Shared>);

struct Shared {
    service: &'static str,
    access: Access,
    people: PeopleTokens,
    services: ServiceTokens,
    places: Arc<Semaphore>,
    duration: Histogram<f64>,
    rejected: Counter<u64>,
}

impl Front {
    pub fn new(
        service: &'static str,
        access: Access,
        people: PeopleTokens,
        services: ServiceTokens,
        max_concurrent_calls: usize,
    ) -> Self {
        let meter = global::meter("govshare");
        Self(Arc::new(Shared {
            service,
            access,
            people,
            services,
            places: Arc::new(Semaphore::new(max_concurrent_calls)),
            duration: meter
                .f64_histogram("rpc.server.call.duration")
                .with_unit("s")
                .with_boundaries(vec![
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
                ])
                .build(),
            rejected: meter.u64_counter("govshare.auth.rejected").build(),
        }))
    }

    pub(super) fn over<S>(&self, inner: S) -> Fronted<S> {
        Fronted { inner, shared: Arc::clone(&self.0) }
    }
}

/// A service behind the front.
#[derive(Clone)]
pub struct Fronted<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Fronted<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let path = request.uri().path().to_owned();
        let Some((service, method)) = Access::split(&path) else { return refuse(unlisted(&path)) };
        if Access::is_open(service) {
            return Box::pin(inner.call(request));
        }
        let started = Instant::now();
        let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
            return refuse(
                Refusal::new(
                    Reason::Overloaded,
                    "too many calls are in work; come back soon",
                    "系统繁忙，请稍后重试",
                )
                .retry_after(std::time::Duration::from_millis(200))
                .into(),
            );
        };
        let person = match shared.identify(service, method, &mut request) {
            Ok(person) => person,
            Err(refusal) => {
                let status = shared.named(service, refusal.into());
                shared.observe(service, method, status.code(), started);
                return refuse(status);
            }
        };
        let span = tracing::info_span!(
            "rpc",
            otel.kind = "server",
            rpc.system = "grpc",
            rpc.service = service,
            rpc.method = method
        );
        telemetry::adopt(&span, request.headers());
        let (service, method) = (service.to_owned(), method.to_owned());
        let work = AUTHORIZATION.scope(person, async move { inner.call(request).await }).instrument(span);
        let task = tokio::spawn(async move {
            let result = work.await;
            drop(place);
            result
        });
        Box::pin(async move {
            let Ok(result) = task.await else {
                // The handler panicked; tokio has reported where.
                shared.observe(&service, &method, Code::Internal, started);
                return Ok(Status::from(Refusal::new(
                    Reason::Internal,
                    "a fault on our side",
                    "系统内部错误",
                ))
                .into_http());
            };
            let Ok(response) = result else { return result };
            let Some(mut status) = Status::from_header_map(response.headers()) else {
                shared.observe(&service, &method, Code::Ok, started);
                return Ok(response);
            };
            if let Some(explained) = unreadable(&status) {
                status = explained;
            }
            shared.observe(&service, &method, status.code(), started);
            Ok(if status.code() == Code::Ok { response } else { shared.named(&service, status).into_http() })
        })
    }
}

impl Shared {
    /// Verifies who calls and that they may call this method at all; gives the person's token to send along.
    fn identify(
        &self,
        service: &str,
        method: &str,
        request: &mut Request<Body>,
    ) -> Result<Option<HeaderValue>, Refusal> {
        let calling = bearer(request.headers().get(SERVICE_HEADER))
            .and_then(|token| self.services.verify(token))
            .map_err(|error| self.reject_service(error))?;
        let person = request.headers().get(AUTHORIZATION_HEADER).cloned();
        if let Some(internal) = self.access.internal(service) {
            internal.admit(method, &calling)?;
            request.extensions_mut().insert(CallingService(calling));
            return Ok(person);
        }
        let public = self.access.public(service).ok_or_else(|| unlisted_refusal(service, method))?;
        if &*calling != GATEWAY {
            return Err(unlisted_refusal(service, method));
        }
        let actor = bearer(person.as_ref())
            .and_then(|token| self.people.verify(token))
            .map_err(|error| self.reject_person(error))?;
        public.admit(method, &actor)?;
        let name = service.rsplit('.').next().unwrap_or(service);
        request.extensions_mut().insert(Caller { actor, method: format!("{name}/{method}").into() });
        Ok(person)
    }

    /// The status with the article that the service carries out, where it names none itself and one is due.
    fn named(&self, service: &str, status: Status) -> Status {
        let article = self.access.public(service).map(|public| public.article);
        article.and_then(|article| with_article(&status, article)).unwrap_or(status)
    }

    fn reject_person(&self, error: TokenError) -> Refusal {
        self.rejected
            .add(1, &[KeyValue::new("error.type", error.as_str()), KeyValue::new("token", "person")]);
        error.into()
    }

    fn reject_service(&self, error: TokenError) -> Refusal {
        self.rejected
            .add(1, &[KeyValue::new("error.type", error.as_str()), KeyValue::new("token", "service")]);
        Refusal::new(
            Reason::ServiceIdentityInvalid,
            format!("{} takes calls from the gateway and its peers only: {error}", self.service),
            "缺少有效的服务身份",
        )
    }

    fn observe(&self, service: &str, method: &str, code: Code, started: Instant) {
        self.duration.record(
            started.elapsed().as_secs_f64(),
            &[
                KeyValue::new("rpc.system", "grpc"),
                KeyValue::new("rpc.service", service.to_owned()),
                KeyValue::new("rpc.method", method.to_owned()),
                KeyValue::new("rpc.grpc.status_code", i64::from(code as i32)),
            ],
        );
    }
}

/// A reply, with what tonic says of a message that it cannot read in our words.
pub fn explained(response: Response<Body>) -> Response<Body> {
    let status = Status::from_header_map(response.headers());
    match status.and_then(|status| unreadable(&status)) {
        Some(explained) => explained.into_http(),
        None => response,
    }
}

fn unlisted_refusal(service: &str, method: &str) -> Refusal {
    Refusal::new(Reason::RoleNotAllowed, format!("{service}/{method} is not open to you"), "该接口未对您开放")
}

fn unlisted(path: &str) -> Status {
    Status::unimplemented(format!("{path} is not a method"))
}

fn refuse<E: Send + 'static>(
    status: Status,
) -> Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>> {
    Box::pin(std::future::ready(Ok(status.into_http())))
}
