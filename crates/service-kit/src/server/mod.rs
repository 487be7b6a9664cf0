//! The server stack of every service: bounds, identity and authorization, telemetry, health, reflection, admin
//! port, and a shutdown that ends whatever clients do.

pub mod admin;
pub mod connections;
mod front;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::RoutesBuilder;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::auth::access::Access;
use crate::auth::keys::KeySet;
use crate::auth::people::PeopleTokens;
use crate::auth::services::{self, ServiceSigner, ServiceTokens};
use crate::client::{Connector, Upstream};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::database::Database;
use crate::holidays;
use crate::outbox::{Destination, backlog};
use crate::process::{Error, Runtime};

pub use front::{Front, explained};

/// Bytes of one request that its call did not read yet.
const STREAM_WINDOW: u32 = 256 << 10;

/// What a running service holds: identity, clients, background work, and the word to stop.
pub struct Service {
    pub name: &'static str,
    pub clock: Clock,
    pub shutdown: CancellationToken,
    pub signer: ServiceSigner,
    people: PeopleTokens,
    services: ServiceTokens,
    connector: Connector,
    background: TaskTracker,
    draining: TaskTracker,
    runtime: Runtime,
    settings: config::Server,
    tls: Option<config::Tls>,
}

impl Service {
    /// Reads keys and prepares everything that needs no routes.
    pub async fn start<S>(name: &'static str, config: &Config<S>, runtime: Runtime) -> Result<Self, Error> {
        let keys = KeySet::load(&config.identity.jwks, config.environment).await?;
        let people = PeopleTokens::new(&config.identity, keys.clone());
        let (signer, services) = services::load(name, &config.service_identity, config.environment).await?;
        let shutdown = runtime.shutdown.clone();
        let background = TaskTracker::new();
        let interval = Duration::from_secs(config.identity.refresh_seconds.max(1));
        background.spawn(keys.keep_fresh(interval, shutdown.clone()));
        background.spawn(services.keys().keep_fresh(interval, shutdown.clone()));
        let connector =
            Connector { signer: signer.clone(), tls: config.tls.clone(), shutdown: shutdown.clone() };
        Ok(Self {
            name,
            clock: runtime.clock.clone(),
            shutdown,
            signer,
            people,
            services,
            connector,
            background,
            draining: TaskTracker::new(),
            settings: config.server.clone(),
            tls: config.tls.clone(),
            runtime,
        })
    }

    /// The service's own schema, with the relay of its outbox and the sweep of old replies running.
    ///
    /// `destinations` are those besides the audit.
    pub fn database<S>(
        &self,
        config: &Config<S>,
        audit: Option<Upstream>,
        destinations: Vec<Destination>,
    ) -> Result<Database, Error> {
        let database = Database::connect(self.name, config.database()?, self.clock.clone())?;
        let mut all: Vec<_> = audit.map(Destination::audit).into_iter().collect();
        all.extend(destinations);
        let names = all.iter().map(Destination::name).collect();
        self.background.spawn(backlog::watch(database.pool().clone(), names, self.shutdown.clone()));
        let relay = database.outbox().clone().relay(database.pool().clone(), all, self.shutdown.clone());
        self.background.spawn(relay);
        self.background.spawn(crate::database::forget_replies(database.clone(), self.shutdown.clone()));
        self.background.spawn(holidays::keep(database.clone(), None, self.shutdown.clone()));
        Ok(database)
    }

    /// A client of another service.
    pub fn upstream<S>(&self, config: &Config<S>, service: &'static str) -> Result<Upstream, Error> {
        Ok(self.connector.connect(service, &config.upstream(service)?)?)
    }

    /// Learns from the catalogue of holiday notices that the info office loads, for a service that counts working days
    /// and that access-request does not tell of them.
    pub fn follow_holidays<S>(&self, config: &Config<S>, database: &Database) -> Result<(), Error> {
        let catalog = self.upstream(config, "catalog")?;
        self.spawn(holidays::keep(database.clone(), Some(catalog), self.shutdown.clone()));
        Ok(())
    }

    /// Runs work beside the calls until it ends; it must heed `shutdown`.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(work);
    }

    /// As [`Service::spawn`] for another server beside this one: shutdown waits for it as long as for running calls,
    /// and then a little longer for it to put things in order.
    pub fn spawn_draining(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(self.draining.track_future(work));
    }

    /// Verifier of people's tokens, for servers that do not come through this stack.
    pub fn people(&self) -> &PeopleTokens {
        &self.people
    }

    /// Largest message, to be set on every generated server.
    pub fn max_message_bytes(&self) -> usize {
        self.settings.max_message_bytes
    }

    /// Serves until the word to stop, then drains under a deadline and ends.
    pub async fn serve(
        self,
        routes: RoutesBuilder,
        access: Access,
        database: Option<Database>,
    ) -> Result<(), Error> {
        let (health, health_service) = tonic_health::server::health_reporter();
        let names = access.public.iter().map(|service| service.name);
        let names: Vec<_> =
            names.chain(access.internal.iter().map(|service| service.name)).chain([""]).collect();
        for name in &names {
            health.set_service_status(name, tonic_health::ServingStatus::Serving).await;
        }
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(govshare_proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let settings = &self.settings;
        let mut server = tonic::transport::Server::builder()
            .timeout(Duration::from_secs(settings.call_timeout_seconds))
            .max_concurrent_streams(settings.max_concurrent_streams)
            .http2_max_header_list_size(settings.max_header_bytes)
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            .http2_max_pending_accept_reset_streams(Some(1024))
            // All streams together fit into the connection, so that a call which does not read its request holds up
            // no other's.
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(STREAM_WINDOW.saturating_mul(settings.max_concurrent_streams))
            .tcp_nodelay(true);
        if let Some(tls) = &self.tls {
            server = server.tls_config(server_tls(tls, settings)?)?;
        }
        let front = Front::new(
            self.name,
            access,
            self.people.clone(),
            self.services.clone(),
            settings.max_concurrent_calls,
        );
        let router = server
            .layer(tower::layer::layer_fn(move |inner| front.over(inner)))
            .add_routes(routes.routes())
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);

        if let Some(listener) = self.runtime.admin {
            let pool = database.as_ref().map(|database| database.pool().clone());
            self.background.spawn(admin::serve(listener, pool, self.shutdown.clone()));
        }
        if let Some(database) = &database {
            // Nothing is counted before; where it fails now, it is tried again while calls are refused.
            let _ = database.read_calendar().await;
        }
        let connections = connections::bounded(self.runtime.listener, settings);
        let stopping = self.shutdown.clone();
        let drain = Duration::from_secs(settings.drain_seconds);
        let serving = router.serve_with_incoming_shutdown(connections, async move {
            stopping.cancelled().await;
            for name in &names {
                health.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
            }
        });
        let drained = async {
            serving.await?;
            self.draining.close();
            self.draining.wait().await;
            Ok::<(), tonic::transport::Error>(())
        };
        tokio::select! {
            ended = drained => ended?,
            () = async { self.shutdown.cancelled().await; tokio::time::sleep(drain).await } => {
                tracing::warn!("calls still ran at the end of the drain and were cut");
            }
        }
        self.shutdown.cancel();
        self.background.close();
        if tokio::time::timeout(Duration::from_secs(3), self.background.wait()).await.is_err() {
            tracing::warn!("background work still ran and was cut");
        }
        if let Some(database) = database {
            let _ = tokio::time::timeout(Duration::from_secs(1), database.pool().close()).await;
        }
        Ok(())
    }
}

fn server_tls(tls: &config::Tls, bounds: &config::Server) -> Result<ServerTlsConfig, Error> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| format!("tls: {}: {error}", path.display()))
    };
    Ok(ServerTlsConfig::new()
        .identity(Identity::from_pem(read(&tls.cert_file)?, read(&tls.key_file)?))
        .client_ca_root(Certificate::from_pem(read(&tls.client_ca_file)?))
        .timeout(Duration::from_secs(bounds.handshake_seconds)))
}

/// Sets the message bounds that tonic leaves open, in the one place for all generated servers.
#[macro_export]
macro_rules! bounded {
    ($server:expr, $bytes:expr) => {
        $server.max_decoding_message_size($bytes).max_encoding_message_size($bytes)
    };
}

/// Every method of a proto service as its contract lists them, for tests that no method is left without a rule.
pub fn methods_of(service: &str) -> Vec<String> {
    use prost::Message;
    let files = prost_types::FileDescriptorSet::decode(govshare_proto::DESCRIPTORS)
        .expect("the descriptors are written by the build of govshare-proto");
    files
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
        .filter(|(package, found)| format!("{package}.{}", found.name()) == service)
        .flat_map(|(_, found)| found.method.iter().map(|method| method.name().to_owned()))
        .collect()
}
