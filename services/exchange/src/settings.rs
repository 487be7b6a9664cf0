//! This service's part of the configuration.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ticket::Lifetime;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where DownloadService is served.
    pub data_listen: SocketAddr,
    /// Address of DownloadService as tickets tell it, `http://host:port` or `https://host:port`; empty: the bound
    /// address.
    pub data_endpoint: String,
    /// Certificate chain of the data port, PEM; with the key or not at all. Clients need no certificate.
    pub data_tls_cert_file: Option<PathBuf>,
    /// Private key of the data port, PEM.
    pub data_tls_key_file: Option<PathBuf>,
    /// Directory of the objects; shared by all replicas.
    pub store_dir: PathBuf,
    /// Largest file.
    pub max_file_bytes: u64,
    /// Uploads at once; each takes up to 24 MiB of memory.
    pub max_uploads: usize,
    /// Of these, uploads that one unit has at once.
    pub max_uploads_per_unit: usize,
    /// Downloads at once; each takes up to 3 MiB of memory.
    pub max_downloads: usize,
    /// Of these, downloads that one unit has at once.
    pub max_downloads_per_unit: usize,
    /// A client who takes no further chunk for so long is cut off; noticed after twice that at the latest.
    pub stall_seconds: u64,
    /// How long a delivery may run at most.
    pub longest_delivery_seconds: u64,
    /// A connection takes new downloads for so long; then the client is asked to open another.
    pub connection_age_seconds: u64,
    /// How long a ticket is good, 1 to 300.
    pub ticket_seconds: u64,
    /// A delivery without a sign of life for so long is broken; one is given three times in this span.
    pub abandoned_seconds: u64,
    /// Age at which an object without a row is removed.
    pub orphan_seconds: u64,
    /// How often running deliveries are looked at for being abandoned.
    pub sweep_seconds: u64,
}

impl Settings {
    /// Refuses what cannot work, naming the key; gives the lifetime of tickets.
    pub fn check(&self) -> Result<Lifetime, String> {
        if self.data_tls_cert_file.is_some() != self.data_tls_key_file.is_some() {
            return Err("service.data_tls_cert_file and data_tls_key_file go together".to_owned());
        }
        if !(1..=i64::MAX as u64).contains(&self.max_file_bytes) {
            return Err("service.max_file_bytes must be 1 to 2^63 - 1".to_owned());
        }
        if self.abandoned_seconds < 3 {
            return Err("service.abandoned_seconds must be 3 or more".to_owned());
        }
        for (key, seconds) in [
            ("stall_seconds", self.stall_seconds),
            ("longest_delivery_seconds", self.longest_delivery_seconds),
            ("connection_age_seconds", self.connection_age_seconds),
        ] {
            if seconds == 0 {
                return Err(format!("service.{key} must be more than 0"));
            }
        }
        Lifetime::of_seconds(self.ticket_seconds)
            .ok_or_else(|| "service.ticket_seconds must be 1 to 300".to_owned())
    }

    /// Certificate chain and key of the data port.
    pub fn data_tls(&self) -> Option<(&Path, &Path)> {
        Some((self.data_tls_cert_file.as_deref()?, self.data_tls_key_file.as_deref()?))
    }

    /// What tickets tell as the address of the data port that listens at `bound`.
    pub fn endpoint(&self, bound: SocketAddr) -> Result<String, String> {
        if !self.data_endpoint.is_empty() {
            return Ok(self.data_endpoint.clone());
        }
        if bound.ip().is_unspecified() {
            return Err(format!("service.data_endpoint must be set, as nobody can call {bound}"));
        }
        let scheme = if self.data_tls().is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{bound}"))
    }
}
