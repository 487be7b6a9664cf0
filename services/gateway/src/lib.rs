//! The gateway: the one port that clients know. It authenticates and routes every call but the downloads, by the
//! name of the proto service and without decoding what goes through.

mod config;
mod door;
mod gate;
mod headers;
mod metrics;
mod own;
mod rates;
mod refusals;
mod rejections;
mod relay;
mod routes;
mod tls;
mod trace;
mod upstream;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use service_kit::auth::keys::KeySet;
use service_kit::auth::people::PeopleTokens;
use service_kit::auth::services;
use service_kit::client::Connector;
use service_kit::config::Config;
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::admin;
use service_kit::shares::Shares;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic_health::ServingStatus;
use uuid::Uuid;

use crate::door::Door;
use crate::gate::Gate;
use crate::metrics::Durations;
use crate::rates::Rates;
use crate::rejections::Rejections;
use crate::routes::{Limit, Routes, UPSTREAMS};
use crate::upstream::{Origin, Replicas, Upstream};

pub use crate::config::Settings;

/// Its name as a service.
pub const NAME: &str = "gateway";
/// Its part of the default configuration.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// Time for the last words to the audit, after the drain.
const FAREWELL: Duration = Duration::from_secs(3);

/// Serves until the word to stop, then drains and ends; configuration that cannot be used is an error.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    config.service.check()?;
    let settings = &config.service;
    let keys = KeySet::load(&config.identity.jwks, config.environment).await?;
    let (signer, _) = services::load(NAME, &config.service_identity, config.environment).await?;
    let tls = config.tls.as_ref().map(tls::connector).transpose()?;
    let acceptor = settings.tls()?.map(|(certificate, key)| tls::acceptor(certificate, key)).transpose()?;
    let (health, own) = own::services().await?;

    // Background work outlives the drain: calls that end then still need replicas, and the audit.
    let background = TaskTracker::new();
    let ended = CancellationToken::new();
    let refresh = Duration::from_secs(config.identity.refresh_seconds.max(1));
    background.spawn(keys.clone().keep_fresh(refresh, ended.clone()));
    let upstreams: Vec<Arc<Upstream>> =
        UPSTREAMS.iter().map(|(_, name)| Arc::new(Upstream::new(name))).collect();
    for upstream in &upstreams {
        let addresses = config.upstream(upstream.name)?;
        let replicas = Replicas {
            upstream: Arc::clone(upstream),
            origins: addresses.iter().map(|a| Origin::parse(a, tls.as_ref())).collect::<Result<_, _>>()?,
            connections_per_replica: settings.connections_per_replica,
            health_interval: Duration::from_millis(settings.health_interval_ms),
            tasks: background.clone(),
        };
        background.spawn(replicas.keep_connected(ended.clone()));
    }
    let _gauge = metrics::watch_connections(&upstreams);

    let routes = Routes::new(
        &Limit::seconds(config.server.call_timeout_seconds),
        &Limit::seconds(settings.stream_timeout_seconds),
    );
    let gate = Arc::new(Gate {
        durations: Durations::new(routes.all().len()),
        routes,
        upstreams,
        people: PeopleTokens::new(&config.identity, keys),
        signer: signer.clone(),
        rates: Rates::new(settings.calls_per_second, settings.burst),
        rejections: Rejections::new(runtime.clock, signer.clone()),
        own,
        sample_ratio: config.telemetry.sample_ratio,
        unit_calls: Shares::of(settings.calls_at_once),
        own_calls: Shares::of(own::EACH),
        max_calls: config.server.max_concurrent_calls,
        calls: AtomicUsize::new(0),
    });
    let connector = Connector { signer, tls: config.tls.clone(), shutdown: ended.clone() };
    let audit = connector.connect("audit", &config.upstream("audit")?)?;
    background.spawn(watch(Arc::clone(&gate), audit, ended.clone()));
    if let Some(listener) = runtime.admin {
        background.spawn(admin::serve(listener, None, ended.clone()));
    }

    let stopping = runtime.shutdown.clone();
    background.spawn(async move {
        stopping.cancelled().await;
        health.set(ServingStatus::NotServing).await;
    });
    let door = Door {
        gate,
        tls: acceptor,
        idle: Duration::from_secs(settings.idle_seconds),
        bounds: config.server.clone(),
    };
    door.serve(runtime.listener, runtime.shutdown).await;
    ended.cancel();
    background.close();
    if timeout(FAREWELL, background.wait()).await.is_err() {
        tracing::warn!("background work still ran and was cut");
    }
    Ok(())
}

/// Tells the audit of rejected tokens and forgets units at rest.
async fn watch(gate: Arc<Gate>, audit: service_kit::client::Upstream, ended: CancellationToken) {
    let replica = Uuid::now_v7().simple().to_string();
    let forget = async {
        loop {
            tokio::time::sleep(rates::FORGET_INTERVAL).await;
            gate.rates.forget_those_at_rest();
        }
    };
    tokio::select! {
        () = gate.rejections.report(audit, &replica, ended) => {}
        () = forget => {}
    }
}
