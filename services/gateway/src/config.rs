//! What the gateway alone is configured with.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use service_kit::process::Error;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Certificate chain shown to clients, PEM. Empty: cleartext HTTP/2, for a sandbox or behind a load balancer
    /// that ends TLS.
    pub tls_cert_file: PathBuf,
    /// Its private key, PEM.
    pub tls_key_file: PathBuf,
    /// Connections to each replica of a service, 2 to 4: one alone is a lock that all calls contend for.
    pub connections_per_replica: usize,
    /// How often each of these connections is asked for the replica's health.
    pub health_interval_ms: u64,
    /// Calls that one unit may make in a second, over time.
    pub calls_per_second: NonZeroU32,
    /// Calls that one unit may make at once after a rest.
    pub burst: NonZeroU32,
    /// Calls that one unit may have in work, streams among them.
    pub calls_at_once: usize,
    /// Longest time for a streaming call; unary calls have `server.call_timeout_seconds`.
    pub stream_timeout_seconds: u64,
    /// A connection without a call for this long is closed.
    pub idle_seconds: u64,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(2..=4).contains(&self.connections_per_replica) {
            return Err("configuration: service.connections_per_replica: must be 2 to 4".into());
        }
        if self.calls_at_once == 0 {
            return Err("configuration: service.calls_at_once: must be more than 0".into());
        }
        if self.health_interval_ms == 0 || self.idle_seconds == 0 || self.stream_timeout_seconds == 0 {
            return Err("configuration: service: intervals and timeouts must be more than 0".into());
        }
        Ok(())
    }

    /// Certificate and key shown to clients; `None` for cleartext.
    pub(crate) fn tls(&self) -> Result<Option<(&Path, &Path)>, Error> {
        match (self.tls_cert_file.as_os_str().is_empty(), self.tls_key_file.as_os_str().is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some((&self.tls_cert_file, &self.tls_key_file))),
            _ => Err("configuration: service.tls_cert_file and tls_key_file go together".into()),
        }
    }
}
