//! security-review: the secrecy review of exact entry versions before they are registered (art. 16).

mod attachments;
mod convert;
mod error;
mod grpc;
pub mod policy;
pub mod review;
mod store;
mod upstreams;

use govshare_proto::security_review::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::security_review::v1::security_review_service_server::SecurityReviewServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, bounded};
use sqlx::migrate::Migrator;

pub const NAME: &str = "security-review";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService { name: "govshare.security_review.v1.SecurityReviewService", rules: policy::RULES },
        PublicService {
            name: "govshare.security_review.v1.AttachmentService",
            rules: service_kit::attachments::RULES,
        },
    ],
    internal: &[],
};

/// This service's part of the configuration: it needs none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, Some(audit), vec![catalog.outcomes()])?;
    let store = store::Store::new(database.clone());

    let bytes = service.max_message_bytes();
    let attachments = Attachments::new(database.clone(), store.clone());
    let reviews = grpc::Reviews { database: database.clone(), store, catalog };
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(SecurityReviewServiceServer::new(reviews), bytes));
    routes.add_service(bounded!(AttachmentServiceServer::new(attachments), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
