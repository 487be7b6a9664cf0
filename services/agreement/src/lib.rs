//! agreement: the agreements of applicant, provider and info office, rendered once and signed by all (art. 26, 31).

pub mod agreement;
pub mod case;
mod convert;
pub mod document;
mod error;
mod facts;
mod grpc;
pub mod policy;
mod rows;
pub mod signing;
mod store;
pub mod terms;
mod upstreams;

use govshare_model::id::UnitId;
use govshare_proto::agreement::internal::v1::agreement_facts_service_server::AgreementFactsServiceServer;
use govshare_proto::agreement::v1::agreement_service_server::AgreementServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Config, bounded};
use sqlx::migrate::Migrator;

pub use signing::signing_input;

pub const NAME: &str = "agreement";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[PublicService { name: "govshare.agreement.v1.AgreementService", rules: policy::RULES }],
    internal: &[InternalService {
        name: "govshare.agreement.internal.v1.AgreementFactsService",
        callers: &[("GetAgreementFacts", &["exchange"])],
    }],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The info office's unit (区政府信息办), third party of every agreement.
    pub info_office: UnitId,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let cases = upstreams::Cases::new(service.upstream(&config, "access-request")?);
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, Some(audit), vec![cases.agreed()])?;
    let store = store::Store::new(database.clone());

    let bytes = service.max_message_bytes();
    let agreements = grpc::Agreements {
        database: database.clone(),
        store: store.clone(),
        cases,
        catalog,
        info_office: config.service.info_office.clone(),
    };
    let facts = facts::AgreementFacts { database: database.clone(), store };
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(AgreementServiceServer::new(agreements), bytes));
    routes.add_service(bounded!(AgreementFactsServiceServer::new(facts), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
