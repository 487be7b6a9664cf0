//! catalog: the register of units, their keys and the shared databases, and the catalogue of entries with its
//! search (art. 2, 5, 12 to 16, 24).

pub mod archiving;
mod attachments;
pub mod classification;
pub mod collection;
mod convert;
pub mod entries;
mod error;
pub mod explanations;
mod facts;
mod holidays;
pub mod regulations;
pub mod search;
pub mod shared_databases;
pub mod unit_keys;
pub mod units;
pub mod update_calendar;

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use govshare_model::id::UnitId;
use govshare_proto::catalog::internal::v1::catalog_facts_service_server::CatalogFactsServiceServer;
use govshare_proto::catalog::internal::v1::holiday_service_server::HolidayServiceServer;
use govshare_proto::catalog::v1::archiving_service_server::ArchivingServiceServer;
use govshare_proto::catalog::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::catalog::v1::classification_service_server::ClassificationServiceServer;
use govshare_proto::catalog::v1::collection_service_server::CollectionServiceServer;
use govshare_proto::catalog::v1::entry_service_server::EntryServiceServer;
use govshare_proto::catalog::v1::explanation_service_server::ExplanationServiceServer;
use govshare_proto::catalog::v1::regulation_service_server::RegulationServiceServer;
use govshare_proto::catalog::v1::shared_database_service_server::SharedDatabaseServiceServer;
use govshare_proto::catalog::v1::task_service_server::TaskServiceServer;
use govshare_proto::catalog::v1::unit_service_server::UnitServiceServer;
use govshare_proto::catalog::v1::update_calendar_service_server::UpdateCalendarServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::packs::Policy;
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, WorkList, bounded};
use sqlx::migrate::Migrator;

use archiving::{ArchiveStore, Archiving};
use attachments::Papers;
use classification::{Classification, ClassificationStore};
use collection::{Check, Collection, PlanStore};
use entries::{Entries, EntryStore, Follower, Searching};
use explanations::{ExplanationStore, Explanations};
use facts::CatalogFacts;
use regulations::{RegulationStore, Regulations};
use shared_databases::{SharedDatabaseStore, SharedDatabases};
use unit_keys::key::InfoOffice;
use unit_keys::public_key::PublicKey;
use unit_keys::store::KeyStore;
use units::Units;
use units::store::UnitStore;
use update_calendar::{ScheduleStore, UpdateCalendar};

pub const NAME: &str = "catalog";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService { name: "govshare.catalog.v1.UnitService", article: "2", rules: units::policy::RULES },
        PublicService {
            name: "govshare.catalog.v1.SharedDatabaseService",
            article: "12",
            rules: shared_databases::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.EntryService",
            article: "16",
            rules: entries::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.ClassificationService",
            article: "15",
            rules: classification::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.ArchivingService",
            article: "11",
            rules: archiving::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.CollectionService",
            article: "18",
            rules: collection::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.ExplanationService",
            article: "16",
            rules: explanations::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.UpdateCalendarService",
            article: "19",
            rules: update_calendar::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.RegulationService",
            article: "35",
            rules: regulations::policy::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.AttachmentService",
            article: "20",
            rules: service_kit::attachments::RULES,
        },
        PublicService {
            name: "govshare.catalog.v1.TaskService",
            article: "29",
            rules: service_kit::tasks::RULES,
        },
    ],
    internal: &[
        InternalService {
            name: "govshare.catalog.internal.v1.CatalogFactsService",
            callers: &[
                (
                    "GetEntryFacts",
                    &["access-request", "agreement", "exchange", "security-review", "evaluation"],
                ),
                ("GetEntryWarnings", &["agreement"]),
                ("GetUnitFacts", &["access-request", "agreement", "evaluation"]),
                ("GetUnitKeyFacts", &["agreement"]),
                ("ObserveUpdate", &["exchange"]),
                ("BeginReviews", &["security-review"]),
                ("RecordReviewOutcomes", &["security-review"]),
            ],
        },
        InternalService {
            name: "govshare.catalog.internal.v1.HolidayService",
            callers: &[
                ("RecordHolidayNotice", &["access-request"]),
                ("ListUnknownHolidayNotices", &["security-review", "agreement", "evaluation"]),
            ],
        },
    ],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The info office's unit (区政府信息办), which countersigns the keys of all units.
    pub info_office: UnitId,
    /// Its first public key, raw Ed25519 in base64; empty: it cannot register a first key.
    pub info_office_root_key: String,
    /// The statistics bureau's unit (区统计局), which approves statistical surveys (art. 10).
    pub statistics_bureau: UnitId,
    /// The archives bureau's unit (区档案局), which supervises archiving (art. 11).
    pub archives_bureau: UnitId,
    /// Where this replica keeps its search index; empty: in memory.
    pub index_dir: PathBuf,
    /// The policy packs and the days on which each is in force, `PACK@FROM..UNTIL` with commas between them; the same
    /// list as access-request's.
    pub packs: String,
    /// How often published entries are looked at for being late.
    pub sweep_seconds: u64,
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
    let office = info_office.unit.clone();
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let database = service.database(&config, Some(audit), Vec::new())?;
    let packs = service_kit::packs::configured("service.packs", &config.service.packs)?;
    let policy = Policy::new(packs, database.clock().clone());
    let units = UnitStore::new(database.clone());
    let keys = KeyStore::new(database.clone());
    let entries = EntryStore::new(database.clone(), policy.clone());
    let classification = ClassificationStore::new(database.clone());

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
            policy: policy.clone(),
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
            classification: classification.clone(),
            policy: policy.clone(),
            searching: Searching::new(index.clone(), entries.clone()),
        }),
        bytes
    ));
    routes.add_service(bounded!(
        ClassificationServiceServer::new(Classification {
            database: database.clone(),
            store: classification,
            entries: entries.clone(),
        }),
        bytes
    ));
    let regulations = RegulationStore::new(database.clone(), office.clone());
    let explanations = ExplanationStore::new(database.clone(), office.clone());
    let plans = PlanStore::new(database.clone(), office.clone(), config.service.statistics_bureau.clone());
    routes.add_service(bounded!(
        CollectionServiceServer::new(Collection {
            database: database.clone(),
            store: plans.clone(),
            check: Check::new(index, plans.clone()),
            policy: policy.clone(),
            statistics_bureau: config.service.statistics_bureau.clone(),
        }),
        bytes
    ));
    routes.add_service(bounded!(
        RegulationServiceServer::new(Regulations {
            database: database.clone(),
            store: regulations.clone(),
            databases: SharedDatabaseStore::new(database.clone()),
        }),
        bytes
    ));
    let archives_bureau = config.service.archives_bureau.clone();
    let archive = ArchiveStore::new(database.clone(), archives_bureau.clone());
    routes.add_service(bounded!(
        ArchivingServiceServer::new(Archiving {
            database: database.clone(),
            store: archive.clone(),
            entries: entries.clone(),
            archives_bureau: archives_bureau.clone(),
        }),
        bytes
    ));
    routes.add_service(bounded!(
        ExplanationServiceServer::new(Explanations {
            database: database.clone(),
            store: explanations.clone(),
            units: units.clone(),
            policy: policy.clone(),
            info_office: office.clone(),
        }),
        bytes
    ));
    let statistics_bureau = config.service.statistics_bureau.clone();
    let papers = Papers { explanations, regulations, plans, archive, statistics_bureau, archives_bureau };
    let papers = Attachments::new(database.clone(), papers);
    routes.add_service(bounded!(AttachmentServiceServer::new(papers), bytes));
    let schedules = ScheduleStore::new(database.clone(), office.clone());
    let interval = Duration::from_secs(config.service.sweep_seconds.max(1));
    let shutdown = service.shutdown.clone();
    service.spawn(update_calendar::sweeper::run(database.clone(), schedules.clone(), interval, shutdown));
    routes.add_service(bounded!(
        UpdateCalendarServiceServer::new(UpdateCalendar {
            database: database.clone(),
            store: schedules.clone(),
            entries: entries.clone(),
        }),
        bytes
    ));
    let tasks = WorkList::new(database.clone(), service.shutdown.clone());
    routes.add_service(bounded!(TaskServiceServer::new(tasks), bytes));
    let loaded = holidays::LoadedHolidays(database.clone());
    routes.add_service(bounded!(HolidayServiceServer::new(loaded), bytes));
    let facts = CatalogFacts { database: database.clone(), entries, units, keys, schedules, policy };
    routes.add_service(bounded!(CatalogFactsServiceServer::new(facts), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
