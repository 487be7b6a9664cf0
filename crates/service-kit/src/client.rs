//! Clients of other services: balanced over all replicas that the name resolves to, with this service's
//! identity, the person's token, a deadline that the server is told, and the trace.

use std::collections::HashSet;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION as AUTHORIZATION_HEADER;
use http::{HeaderValue, Request, Response};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::channel::Change;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tower::Service;

use crate::auth::services::{SERVICE_HEADER, ServiceSigner};
use crate::call::AUTHORIZATION;
use crate::config::Tls;
use crate::failure::{Failure, was_not_reached};
use crate::telemetry;

/// Longest wait for a reply between services; a call for data of another service is a small one.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// [`DEADLINE`] as gRPC writes it, in milliseconds.
const DEADLINE_HEADER: &str = "5000m";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const RESOLVE_INTERVAL: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 4;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("upstreams: {address:?} is not an http(s) address")]
    Address { address: String },
    #[error("tls: {0}")]
    Tls(String),
}

/// A connection to all replicas of one service; cheap to clone.
#[derive(Clone)]
pub struct Upstream {
    channel: Channel,
    signer: ServiceSigner,
    audience: &'static str,
}

/// What every client of a service shares.
#[derive(Clone)]
pub struct Connector {
    pub signer: ServiceSigner,
    pub tls: Option<Tls>,
    pub shutdown: CancellationToken,
}

impl Connector {
    /// Connects, when first used, to `audience` at `addresses`; names are resolved again while it lives.
    pub fn connect(&self, audience: &'static str, addresses: &[String]) -> Result<Upstream, UpstreamError> {
        let (channel, changes) = Channel::balance_channel::<SocketAddr>(64);
        let tls = self.tls.as_ref().map(client_tls).transpose()?;
        let mut endpoints = Vec::new();
        for address in addresses {
            let uri: http::Uri =
                address.parse().map_err(|_| UpstreamError::Address { address: address.clone() })?;
            if uri.host().is_none() || uri.scheme_str().is_none() {
                return Err(UpstreamError::Address { address: address.clone() });
            }
            endpoints.push(uri);
        }
        tokio::spawn(resolve(endpoints, tls, changes, self.shutdown.clone()));
        Ok(Upstream { channel, signer: self.signer.clone(), audience })
    }
}

fn client_tls(tls: &Tls) -> Result<ClientTlsConfig, UpstreamError> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| UpstreamError::Tls(format!("{}: {error}", path.display())))
    };
    Ok(ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read(&tls.client_ca_file)?))
        .identity(Identity::from_pem(read(&tls.cert_file)?, read(&tls.key_file)?)))
}

/// Keeps the balancer's list equal to what the names resolve to.
async fn resolve(
    uris: Vec<http::Uri>,
    tls: Option<ClientTlsConfig>,
    changes: Sender<Change<SocketAddr, Endpoint>>,
    shutdown: CancellationToken,
) {
    let mut known: HashSet<SocketAddr> = HashSet::new();
    loop {
        let mut found = HashSet::new();
        let mut complete = true;
        for uri in &uris {
            let (Some(host), port) = (uri.host(), uri.port_u16().unwrap_or(80)) else { continue };
            match tokio::net::lookup_host((host, port)).await {
                Ok(addresses) => {
                    for address in addresses {
                        found.insert(address);
                        if known.insert(address) {
                            let endpoint = endpoint(uri, address, tls.clone());
                            if let Some(endpoint) = endpoint
                                && changes.send(Change::Insert(address, endpoint)).await.is_err()
                            {
                                return;
                            }
                        }
                    }
                }
                Err(error) => {
                    complete = false;
                    tracing::warn!(%host, %error, "name not resolved");
                }
            }
        }
        if complete {
            for gone in known.difference(&found).copied().collect::<Vec<_>>() {
                known.remove(&gone);
                if changes.send(Change::Remove(gone)).await.is_err() {
                    return;
                }
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = changes.closed() => return,
            () = tokio::time::sleep(RESOLVE_INTERVAL) => {}
        }
    }
}

fn endpoint(uri: &http::Uri, address: SocketAddr, tls: Option<ClientTlsConfig>) -> Option<Endpoint> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
        .ok()?
        .origin(uri.clone())
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .http2_max_header_list_size(16 << 10);
    match (tls, uri.host()) {
        (Some(tls), Some(host)) if scheme == "https" => endpoint.tls_config(tls.domain_name(host)).ok(),
        _ => Some(endpoint),
    }
}

impl Service<Request<Body>> for Upstream {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        headers.insert(SERVICE_HEADER, self.signer.header(self.audience));
        if let Ok(Some(person)) = AUTHORIZATION.try_with(Clone::clone) {
            headers.insert(AUTHORIZATION_HEADER, person);
        }
        if !headers.contains_key("grpc-timeout") {
            headers.insert("grpc-timeout", HeaderValue::from_static(DEADLINE_HEADER));
        }
        telemetry::inject(headers);
        Box::pin(self.channel.call(request))
    }
}

/// Repeats an idempotent call while the other side cannot be reached, with short growing pauses.
pub async fn retrying<T, Fut>(call: impl Fn() -> Fut) -> Result<T, Failure>
where
    Fut: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let mut pause = Duration::from_millis(25);
    for _ in 1..ATTEMPTS {
        match tokio::time::timeout(DEADLINE, call()).await {
            Ok(Ok(reply)) => return Ok(reply.into_inner()),
            Ok(Err(status)) if was_not_reached(&status) => {}
            Ok(Err(status)) => return Err(Failure::Upstream(status)),
            Err(_) => return Err(Failure::Upstream(Status::deadline_exceeded("no reply in time"))),
        }
        tokio::time::sleep(pause).await;
        pause *= 3;
    }
    match tokio::time::timeout(DEADLINE, call()).await {
        Ok(Ok(reply)) => Ok(reply.into_inner()),
        Ok(Err(status)) => Err(Failure::Upstream(status)),
        Err(_) => Err(Failure::Upstream(Status::deadline_exceeded("no reply in time"))),
    }
}
