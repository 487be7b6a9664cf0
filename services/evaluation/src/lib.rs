//! evaluation: what each unit did, counted from the audit feed (art. 32).

mod convert;
mod feed;
mod grpc;
pub mod indicators;
pub mod policy;
mod store;
mod upstreams;

use std::time::Duration;

use govshare_proto::evaluation::v1::evaluation_service_server::EvaluationServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Config, bounded};
use sqlx::migrate::Migrator;

pub const NAME: &str = "evaluation";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[PublicService { name: "govshare.evaluation.v1.EvaluationService", rules: policy::RULES }],
    internal: &[],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How often the feed is asked for more when it had nothing new.
    pub poll_milliseconds: u64,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = upstreams::Audit::new(service.upstream(&config, "audit")?);
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, None, Vec::new())?;
    let store = store::Store::new(database.clone());
    let interval = Duration::from_millis(config.service.poll_milliseconds.max(1));
    service.spawn(feed::follow(database.clone(), store.clone(), audit, interval, service.shutdown.clone()));

    let mut routes = tonic::service::RoutesBuilder::default();
    let evaluation = grpc::Evaluation { store, catalog };
    routes.add_service(bounded!(EvaluationServiceServer::new(evaluation), service.max_message_bytes()));
    service.serve(routes, ACCESS, Some(database)).await
}
