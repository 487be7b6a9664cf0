//! A running gateway with its keys, as the tests use it, and waiting for what shall come true.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gateway::Settings;
use service_kit::Clock;
use service_kit::config::Config;
use service_kit::process::Runtime;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::client::Client;
use crate::keys::{AUDIENCE, ISSUER, KeyFiles};

const SERVICES: [&str; 7] =
    ["CATALOG", "SECURITY_REVIEW", "ACCESS_REQUEST", "AGREEMENT", "EXCHANGE", "AUDIT", "EVALUATION"];

pub struct City {
    pub keys: KeyFiles,
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub serving: JoinHandle<()>,
}

impl City {
    /// A gateway before `origins` (comma-separated), which stand for every service.
    pub async fn start(origins: &str) -> Self {
        Self::start_with(origins, &[]).await
    }

    pub async fn start_with(origins: &str, settings: &[(&str, &str)]) -> Self {
        let keys = KeyFiles::new();
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let mut variables = vec![
            ("IDENTITY__ISSUER".to_owned(), ISSUER.to_owned()),
            ("IDENTITY__AUDIENCE".to_owned(), AUDIENCE.to_owned()),
            ("IDENTITY__JWKS".to_owned(), path(&keys.jwks())),
            ("IDENTITY__REFRESH_SECONDS".to_owned(), "1".to_owned()),
            ("SERVICE_IDENTITY__KEY_FILE".to_owned(), path(&keys.gateway_key())),
            ("SERVICE_IDENTITY__JWKS".to_owned(), path(&keys.services_jwks())),
            ("SERVICE__HEALTH_INTERVAL_MS".to_owned(), "20".to_owned()),
        ];
        variables.extend(SERVICES.map(|service| (format!("UPSTREAMS__{service}"), origins.to_owned())));
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let variables = variables.into_iter().map(|(name, value)| (format!("GOVSHARE__{name}"), value));
        let config = Config::<Settings>::from_variables(gateway::DEFAULTS, variables).expect("configuration");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shutdown = CancellationToken::new();
        let runtime = Runtime { listener, admin: None, clock: Clock::default(), shutdown: shutdown.clone() };
        let serving = tokio::spawn(async move { gateway::serve(config, runtime).await.expect("serves") });
        Self { keys, address, shutdown, serving }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A drafter of `unit` on a connection of their own.
    pub async fn drafter(&self, unit: &str) -> Client {
        Client::connect(&self.origin(), &self.keys.token(unit)).await
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Asks until the answer is there; what does not come true within 20 s fails the test as `what`.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        loop {
            ticks.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("never came true: {what}"),
    }
}

/// `ErrorInfo.reason` with all other details.
pub fn reason(status: &Status) -> (String, ErrorDetails) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    (reason, details)
}
