//! Configuration: the service's defaults, then a TOML file, then the environment (`GOVSHARE__SERVER__LISTEN`).
//! An unknown key is an error that names it; secrets come from the file or the environment only.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Environment as EnvironmentSource, File, FileFormat};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::auth::keys::SANDBOX_PREFIX;

/// Why a configuration is refused; the message names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration: {0}")]
    Source(#[from] config::ConfigError),
    #[error("configuration: {key}: {problem}")]
    Value { key: &'static str, problem: String },
}

/// What every service is configured with; `S` is the service's own part, under `service`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config<S> {
    pub environment: Environment,
    pub server: Server,
    #[serde(default)]
    pub database: Option<DatabaseConfig>,
    #[serde(default)]
    pub migrate: Option<Migrate>,
    pub identity: Identity,
    pub service_identity: ServiceIdentity,
    #[serde(default)]
    pub tls: Option<Tls>,
    #[serde(default)]
    pub upstreams: BTreeMap<String, String>,
    pub telemetry: Telemetry,
    pub service: S,
}

/// Services that others call, as `upstreams` names them.
const UPSTREAMS: [&str; 7] =
    ["catalog", "security_review", "access_request", "agreement", "exchange", "audit", "evaluation"];

/// A sandbox accepts the keys and passwords that the sandbox makes; anything else refuses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    Sandbox,
    Production,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where gRPC is served.
    pub listen: SocketAddr,
    /// Where `/metrics`, `/livez` and `/readyz` are served.
    pub admin_listen: SocketAddr,
    /// How long running calls may go on after SIGTERM before they are cut.
    pub drain_seconds: u64,
    /// Calls in work at once; more are shed with RESOURCE_EXHAUSTED.
    pub max_concurrent_calls: usize,
    /// Connections at once; more wait in the listen queue. One source address has at most a quarter of them, or 16.
    pub max_connections: usize,
    /// How long a new connection may take for the TLS handshake, and then for the client's first words.
    pub handshake_seconds: u64,
    /// Largest message in either direction.
    pub max_message_bytes: usize,
    /// Largest header list of a request.
    pub max_header_bytes: u32,
    /// Streams at once on a connection.
    pub max_concurrent_streams: u32,
    /// Longest time for a unary call; a caller's shorter deadline counts.
    pub call_timeout_seconds: u64,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://role:password@host:port/database` of the runtime role. Secret.
    pub url: String,
    /// Connections of this replica; all replicas of all services together stay under the server's limit.
    pub max_connections: u32,
    /// How long a call waits for a connection before it answers UNAVAILABLE.
    pub acquire_timeout_ms: u64,
    /// The server cancels statements that run longer.
    pub statement_timeout_ms: u64,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("url", &"(secret)")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrate {
    /// URL of a role that may create the schema and the runtime role; it owns the tables. Secret.
    pub url: String,
}

impl std::fmt::Debug for Migrate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Migrate { url: (secret) }")
    }
}

/// Whose tokens of people are believed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Wanted `iss`.
    pub issuer: String,
    /// Wanted `aud`.
    pub audience: String,
    /// JWKS of the issuer: a file or an http(s) URL.
    pub jwks: String,
    /// How often the JWKS is read again; an unknown key id also asks for it.
    pub refresh_seconds: u64,
}

/// Who this service is to the others, and whom it believes to be a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceIdentity {
    /// Ed25519 private key, PKCS#8 PEM.
    pub key_file: PathBuf,
    /// JWKS with the keys of all services; a key id is the service's name, or `<name>.<n>` beside an older key.
    pub jwks: PathBuf,
}

/// mTLS between the services: each end shows a certificate of the same authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert_file: PathBuf,
    /// Private key, PEM.
    pub key_file: PathBuf,
    /// Authority that the other end's certificate must come from, PEM.
    pub client_ca_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Filter of the log, e.g. `info,sqlx=warn`.
    pub log: String,
    /// OTLP/gRPC collector; empty: none.
    pub otlp_endpoint: String,
    /// Share of new traces that are recorded, 0 to 1; a caller's decision counts.
    pub sample_ratio: f64,
}

const SHARED_DEFAULTS: &str = include_str!("../config/default.toml");

impl<S: DeserializeOwned> Config<S> {
    /// Reads the shared defaults, the service's `defaults`, `file` if given, and the environment.
    pub fn load(defaults: &str, file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(defaults, file, EnvironmentSource::with_prefix("GOVSHARE"))
    }

    /// As [`Config::load`], with variables given instead of the process environment's.
    pub fn from_variables(
        defaults: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let source = EnvironmentSource::with_prefix("GOVSHARE").source(Some(variables.into_iter().collect()));
        Self::from_sources(defaults, None, source)
    }

    fn from_sources(
        defaults: &str,
        file: Option<&Path>,
        environment: EnvironmentSource,
    ) -> Result<Self, ConfigError> {
        let mut sources = config::Config::builder()
            .add_source(File::from_str(SHARED_DEFAULTS, FileFormat::Toml))
            .add_source(File::from_str(defaults, FileFormat::Toml));
        if let Some(path) = file {
            sources = sources.add_source(File::from(path));
        }
        let config: Self = sources
            .add_source(environment.prefix_separator("__").separator("__").try_parsing(true))
            .build()?
            .try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !(0.0..=1.0).contains(&self.telemetry.sample_ratio) {
            return Err(ConfigError::Value {
                key: "telemetry.sample_ratio",
                problem: format!("must lie between 0 and 1, is {}", self.telemetry.sample_ratio),
            });
        }
        if self.server.handshake_seconds == 0 {
            return Err(ConfigError::Value {
                key: "server.handshake_seconds",
                problem: "must be more than 0".to_owned(),
            });
        }
        if let Some(unknown) = self.upstreams.keys().find(|name| !UPSTREAMS.contains(&name.as_str())) {
            return Err(ConfigError::Value {
                key: "upstreams",
                problem: format!("there is no service {unknown}; there are {}", UPSTREAMS.join(", ")),
            });
        }
        if self.environment == Environment::Production {
            self.check_production()?;
        }
        Ok(())
    }

    /// What a sandbox lives with and nobody else may; its keys are told by their ids when they are read.
    fn check_production(&self) -> Result<(), ConfigError> {
        let urls = [
            ("database.url", self.database.as_ref().map(|database| &database.url)),
            ("migrate.url", self.migrate.as_ref().map(|migrate| &migrate.url)),
        ];
        for (key, url) in urls {
            if url.is_some_and(|url| has_sandbox_password(url)) {
                return Err(ConfigError::Value {
                    key,
                    problem: "the sandbox's password is not accepted in production".to_owned(),
                });
            }
        }
        if self.identity.jwks.starts_with("http://") {
            return Err(ConfigError::Value {
                key: "identity.jwks",
                problem: "keys that come over http:// are not accepted in production; use https:// or a file"
                    .to_owned(),
            });
        }
        Ok(())
    }
}

/// Whether `url` has a password that only a sandbox makes, in either place where PostgreSQL takes one. What is no
/// URL at all is refused when it is used.
fn has_sandbox_password(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let userinfo = url.password().map(|password| percent_decode_str(password).decode_utf8_lossy());
    let query = url.query_pairs().filter(|(name, _)| name == "password").map(|(_, password)| password);
    userinfo
        .into_iter()
        .chain(query)
        .any(|password| password == "sandbox" || password.starts_with(SANDBOX_PREFIX))
}

impl<S> Config<S> {
    /// The database part; an error names what is missing.
    pub fn database(&self) -> Result<&DatabaseConfig, ConfigError> {
        self.database.as_ref().ok_or_else(|| ConfigError::Value {
            key: "database.url",
            problem: "is not set (GOVSHARE__DATABASE__URL)".to_owned(),
        })
    }

    /// Addresses of another service, separated by commas in the configuration.
    pub fn upstream(&self, service: &'static str) -> Result<Vec<String>, ConfigError> {
        let key = service.replace('-', "_");
        let addresses = self.upstreams.get(&key).ok_or_else(|| ConfigError::Value {
            key: "upstreams",
            problem: format!("{service} is not set (GOVSHARE__UPSTREAMS__{})", key.to_uppercase()),
        })?;
        Ok(addresses.split(',').map(|address| address.trim().to_owned()).collect())
    }
}
