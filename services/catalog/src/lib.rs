//! catalog: the register of units, their keys and the shared databases, and the catalogue of entries with its
//! search (art. 2, 5, 12 to 16, 24).

mod convert;
pub mod entries;
mod error;
mod facts;
pub mod search;
pub mod shared_databases;
pub mod unit_keys;
pub mod units;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use govshare_model::id::UnitId;
use govshare_proto::catalog::internal::v1::catalog_facts_service_server::CatalogFactsServiceServer;
use govshare_proto::catalog::v1::entry_service_server::EntryServiceServer;
use govshare_proto::catalog::v1::shared_database_service_server::SharedDatabaseServiceServer;
use govshare_proto::catalog::v1::unit_service_server::UnitServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Config, bounded};
use sqlx::migrate::Migrator;

use entries::{Entries, EntryStore, Follower, Searching};
use facts::CatalogFacts;
use shared_databases::{SharedDatabaseStore, SharedDatabases};
use unit_keys::key::InfoOffice;
use unit_keys::public_key::PublicKey;
use unit_keys::store::KeyStore;
use units::Units;
use units::store::UnitStore;

pub const NAME: &str = "catalog";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService { name: "govshare.catalog.v1.UnitService", rules: units::policy::RULES },
        PublicService {
            name: "govshare.catalog.v1.SharedDatabaseService",
            rules: shared_databases::policy::RULES,
        },
        PublicService { name: "govshare.catalog.v1.EntryService", rules: entries::policy::RULES },
    ],
    internal: &[InternalService {
        name: "govshare.catalog.internal.v1.CatalogFactsService",
        callers: &[
            ("GetEntryFacts", &["access-request", "agreement", "exchange", "security-review", "evaluation"]),
            ("GetUnitFacts", &["access-request", "agreement", "evaluation"]),
            ("GetUnitKeyFacts", &["agreement"]),
            ("BeginReviews", &["security-review"]),
            ("RecordReviewOutcomes", &["security-review"]),
        ],
    }],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The info office's unit (区政府信息办), which countersigns the keys of all units.
    pub info_office: UnitId,
    /// Its first public key, raw Ed25519 in base64; empty: it cannot register a first key.
    pub info_office_root_key: String,
    /// Where this replica keeps its search index; empty: in memory.
    pub index_dir: PathBuf,
}

impl Settings {
    fn info_office(&self) -> Result<InfoOffice, Error> {
        let wrong = |problem: String| format!("configuration: service.info_office_root_key: {problem}");
        let root = match self.info_office_root_key.as_str() {
            "" => None,
            text => {
                let bytes = STANDARD.decode(text).map_err(|error| wrong(error.to_string()))?;
                Some(PublicKey::try_from(bytes.as_slice()).map_err(|error| wrong(error.to_string()))?)
            }
        };
        Ok(InfoOffice { unit: self.info_office.clone(), root })
    }
}

/// The search index is built a tenth faster with it than with the system's. It holds more memory at rest, so the other
/// services go without.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let info_office = config.service.info_office()?;
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let database = service.database(&config, Some(audit), Vec::new())?;
    let units = UnitStore::new(database.clone());
    let keys = KeyStore::new(database.clone());
    let entries = EntryStore::new(database.clone());

    let directory = Some(config.service.index_dir.clone()).filter(|path| !path.as_os_str().is_empty());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (follower, index) = Follower::new(database.clone(), directory, threads.min(4));
    service.spawn(follower.run(service.shutdown.clone()));

    let bytes = service.max_message_bytes();
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(
        UnitServiceServer::new(Units {
            database: database.clone(),
            units: units.clone(),
            keys: keys.clone(),
            info_office,
        }),
        bytes
    ));
    routes.add_service(bounded!(
        SharedDatabaseServiceServer::new(SharedDatabases {
            database: database.clone(),
            store: SharedDatabaseStore::new(database.clone()),
            units: units.clone(),
        }),
        bytes
    ));
    routes.add_service(bounded!(
        EntryServiceServer::new(Entries {
            database: database.clone(),
            store: entries.clone(),
            units: units.clone(),
            searching: Searching::new(index, entries.clone()),
        }),
        bytes
    ));
    let facts = CatalogFacts { database: database.clone(), entries, units, keys };
    routes.add_service(bounded!(CatalogFactsServiceServer::new(facts), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
