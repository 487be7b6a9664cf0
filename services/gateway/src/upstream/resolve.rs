//! Where the replicas of a service are: names are resolved again while the gateway runs, since a headless Service
//! answers with the pods there are just now.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, Scheme};
use service_kit::process::Error;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Upstream;
use super::connection::Slot;

const RESOLVE_INTERVAL: Duration = Duration::from_secs(5);

/// An address of the configuration, `http://host:port` or `https://host:port`.
#[derive(Clone)]
pub struct Origin {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    port: u16,
    /// How replicas are spoken to over TLS, and the name that their certificate must have; `None`: cleartext.
    pub(super) tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
}

impl Origin {
    pub fn parse(address: &str, tls: Option<&Arc<rustls::ClientConfig>>) -> Result<Self, Error> {
        let wrong = |problem: &str| format!("configuration: upstreams: {address:?} {problem}");
        let parts = address.parse::<Uri>().map_err(|_| wrong("is not an address"))?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong("is not an http(s) address").into());
        };
        let tls = if scheme == Scheme::HTTPS {
            let config = tls.ok_or_else(|| wrong("needs the certificates of [tls]"))?;
            let host = authority.host().trim_matches(['[', ']']).to_owned();
            let name =
                ServerName::try_from(host).map_err(|_| wrong("has no name that a certificate can have"))?;
            Some((Arc::clone(config), name))
        } else {
            None
        };
        let port = authority.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        Ok(Self { scheme, authority, port, tls })
    }
}

/// Keeps the connections of one service.
pub struct Replicas {
    pub upstream: Arc<Upstream>,
    pub origins: Vec<Origin>,
    pub connections_per_replica: usize,
    pub health_interval: Duration,
    pub tasks: TaskTracker,
}

impl Replicas {
    /// Holds connections to every address that the names resolve to, until `shutdown`.
    pub async fn keep_connected(self, shutdown: CancellationToken) {
        let mut known: HashMap<SocketAddr, CancellationToken> = HashMap::new();
        loop {
            let mut found = HashSet::new();
            let mut complete = true;
            for origin in &self.origins {
                let host = origin.authority.host().trim_matches(['[', ']']);
                match tokio::net::lookup_host((host, origin.port)).await {
                    Ok(addresses) => {
                        for address in addresses {
                            found.insert(address);
                            known.entry(address).or_insert_with(|| self.connect(origin, address, &shutdown));
                        }
                    }
                    Err(error) => {
                        complete = false;
                        tracing::warn!(service = self.upstream.name, %host, %error, "name not resolved");
                    }
                }
            }
            if complete {
                known.retain(|address, stop| {
                    let stays = found.contains(address);
                    if !stays {
                        stop.cancel();
                    }
                    stays
                });
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(RESOLVE_INTERVAL) => {}
            }
        }
    }

    fn connect(
        &self,
        origin: &Origin,
        address: SocketAddr,
        shutdown: &CancellationToken,
    ) -> CancellationToken {
        let stop = shutdown.child_token();
        for _ in 0..self.connections_per_replica {
            let slot = Slot {
                upstream: Arc::clone(&self.upstream),
                origin: origin.clone(),
                address,
                health_interval: self.health_interval,
            };
            self.tasks.spawn(slot.keep_connected(stop.clone()));
        }
        stop
    }
}
