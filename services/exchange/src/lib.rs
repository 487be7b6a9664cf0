//! exchange: data versions are published here and delivered to users under their agreements (art. 5, 23, 25).

pub mod agreement;
pub mod basis;
pub mod data_version;
pub mod defect;
pub mod delivery;
mod error;
mod grpc;
mod objects;
pub mod policy;
pub mod settings;
mod sweeper;
pub mod ticket;
mod upstreams;

use std::sync::Arc;
use std::time::Duration;

use govshare_proto::exchange::v1::defect_service_server::DefectServiceServer;
use govshare_proto::exchange::v1::exchange_service_server::ExchangeServiceServer;
use service_kit::auth::access::{Access, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::shares::Shares;
use service_kit::{Config, bounded};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::data_version::publish::Publisher;
use crate::data_version::store::Versions;
use crate::defect::store::Defects;
use crate::delivery::data_port::DataPort;
use crate::delivery::download::Downloads;
use crate::delivery::recorder::Recorder;
use crate::delivery::store::Deliveries;
use crate::objects::Objects;
pub use crate::settings::Settings;
use crate::sweeper::{Abandoned, Leftovers};
use crate::ticket::store::Tickets;
use crate::upstreams::{Agreements, Catalog};

pub const NAME: &str = "exchange";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService { name: "govshare.exchange.v1.ExchangeService", article: "26", rules: policy::RULES },
        PublicService {
            name: "govshare.exchange.v1.DefectService",
            article: "22",
            rules: policy::DEFECT_RULES,
        },
    ],
    internal: &[],
};

/// Serves both ports until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let settings = &config.service;
    let lifetime = settings.check()?;
    let listener = TcpListener::bind(settings.data_listen).await.map_err(|error| {
        format!("service.data_listen: cannot listen on {}: {error}", settings.data_listen)
    })?;
    let download_uri = settings.endpoint(listener.local_addr()?)?;
    let objects = Objects::local(&settings.store_dir)?;

    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let catalog = Catalog::new(service.upstream(&config, "catalog")?);
    let agreements = Agreements::new(service.upstream(&config, "agreement")?);
    let database = service.database(&config, Some(audit.clone()), vec![catalog.updates()])?;
    let versions = Versions::new(database.clone());
    let tickets = Tickets::new(database.clone());
    let deliveries = Deliveries::new(database.clone());

    let meter = opentelemetry::global::meter("govshare");
    let silence = Duration::from_secs(settings.abandoned_seconds);
    let recorder = Recorder {
        database: database.clone(),
        deliveries: deliveries.clone(),
        beat: silence / 3,
        cut: CancellationToken::new(),
        stall: Duration::from_secs(settings.stall_seconds),
        longest: Duration::from_secs(settings.longest_delivery_seconds),
        tasks: TaskTracker::new(),
        sent: meter.u64_counter("govshare.delivery.sent").with_unit("By").build(),
    };
    let downloads = Downloads {
        database: database.clone(),
        versions: versions.clone(),
        tickets: tickets.clone(),
        deliveries: deliveries.clone(),
        objects: objects.clone(),
        agreements: agreements.clone(),
        catalog: catalog.clone(),
        audit,
        recorder,
        places: Arc::new(Semaphore::new(settings.max_downloads)),
        units: Shares::of(settings.max_downloads_per_unit),
        calls: meter.u64_counter("govshare.download.calls").build(),
    };
    let data_port = DataPort::new(settings, &config.server, listener, downloads)?;
    service.spawn_draining(data_port.serve(service.shutdown.clone()));

    let abandoned = Abandoned { database: database.clone(), deliveries: deliveries.clone(), silence };
    let interval = Duration::from_secs(settings.sweep_seconds.max(1));
    service.spawn(abandoned.run(interval, service.shutdown.clone()));
    let age = Duration::from_secs(settings.orphan_seconds);
    let leftovers =
        Leftovers { versions: versions.clone(), tickets: tickets.clone(), objects: objects.clone(), age };
    service.spawn(leftovers.run(service.shutdown.clone()));

    let publisher = Publisher {
        database: database.clone(),
        versions: versions.clone(),
        objects,
        catalog: catalog.clone(),
        places: Arc::new(Semaphore::new(settings.max_uploads)),
        units: Shares::of(settings.max_uploads_per_unit),
        max_file_bytes: settings.max_file_bytes,
    };
    let exchange = Arc::new(grpc::Exchange {
        database: database.clone(),
        versions,
        tickets,
        deliveries,
        defects: Defects::new(database.clone()),
        publisher,
        catalog,
        agreements,
        lifetime,
        download_uri,
    });
    let bytes = service.max_message_bytes();
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(ExchangeServiceServer::from_arc(Arc::clone(&exchange)), bytes));
    routes.add_service(bounded!(DefectServiceServer::from_arc(exchange), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
