//! audit: the append-only log of what happened, for those concerned to read and for read models to follow.

mod convert;
mod error;
mod feed;
mod grpc;
mod ingest;
pub mod leaf;
pub mod policy;
pub mod sequence;
mod sequencer;
mod store;

use govshare_proto::audit::internal::v1::audit_feed_service_server::AuditFeedServiceServer;
use govshare_proto::audit::internal::v1::audit_ingest_service_server::AuditIngestServiceServer;
use govshare_proto::audit::v1::audit_service_server::AuditServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Config, bounded};
use sqlx::migrate::Migrator;

pub const NAME: &str = "audit";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// All that act and record it.
const RECORDING: &[&str] =
    &["gateway", "catalog", "security-review", "access-request", "agreement", "exchange", "evaluation"];

pub const ACCESS: Access = Access {
    public: &[PublicService { name: "govshare.audit.v1.AuditService", article: "29", rules: policy::RULES }],
    internal: &[
        InternalService {
            name: "govshare.audit.internal.v1.AuditIngestService",
            callers: &[("AppendEvents", RECORDING)],
        },
        InternalService {
            name: "govshare.audit.internal.v1.AuditFeedService",
            callers: &[("ReadFeed", &["evaluation"])],
        },
    ],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Bytes of leaves that may wait for the log at once; more are shed with RESOURCE_EXHAUSTED.
    pub queue_bytes: usize,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let database = service.database(&config, None, Vec::new())?;
    let store = store::Store::new(database.clone());
    let sequencer = sequencer::Sequencer::new(database.clone(), store.clone(), config.service.queue_bytes);

    let bytes = service.max_message_bytes();
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(AuditServiceServer::new(grpc::Audit { store: store.clone() }), bytes));
    routes.add_service(bounded!(AuditIngestServiceServer::new(ingest::Ingest { sequencer }), bytes));
    routes.add_service(bounded!(AuditFeedServiceServer::new(feed::Feed { store }), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
