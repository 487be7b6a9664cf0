//! agreement: the agreements of applicant, provider and info office, rendered once and signed by all, with what
//! follows from them (art. 21, 23, 26, 31).

pub mod agreement;
mod attachments;
pub mod case;
mod changing;
mod convert;
pub mod disclosure;
pub mod document;
mod entry_warnings;
mod error;
mod events;
mod facts;
mod grpc;
pub mod outside_delivery;
pub mod policy;
mod rows;
pub mod signing;
mod store;
mod sweeper;
pub mod terms;
mod upstreams;

use std::time::Duration;

use govshare_model::id::UnitId;
use govshare_proto::agreement::internal::v1::agreement_facts_service_server::AgreementFactsServiceServer;
use govshare_proto::agreement::v1::agreement_service_server::AgreementServiceServer;
use govshare_proto::agreement::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::agreement::v1::disclosure_service_server::DisclosureServiceServer;
use govshare_proto::agreement::v1::outside_delivery_service_server::OutsideDeliveryServiceServer;
use govshare_proto::agreement::v1::task_service_server::TaskServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, WorkList, bounded};
use sqlx::migrate::Migrator;

pub use signing::signing_input;

pub const NAME: &str = "agreement";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService { name: "govshare.agreement.v1.AgreementService", article: "26", rules: policy::RULES },
        PublicService {
            name: "govshare.agreement.v1.OutsideDeliveryService",
            article: "26",
            rules: outside_delivery::policy::RULES,
        },
        PublicService {
            name: "govshare.agreement.v1.DisclosureService",
            article: "23",
            rules: disclosure::policy::RULES,
        },
        PublicService {
            name: "govshare.agreement.v1.TaskService",
            article: "29",
            rules: service_kit::tasks::RULES,
        },
        PublicService {
            name: "govshare.agreement.v1.AttachmentService",
            article: "20",
            rules: service_kit::attachments::RULES,
        },
    ],
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
    /// How often agreements are looked at for having ended.
    pub sweep_seconds: u64,
    /// How often agreements in force are compared with the catalogue, whose suspended and retired entries their users
    /// are warned of.
    pub warning_seconds: u64,
    /// The policy packs and the days on which applications are received under each, `PACK@FROM..UNTIL` with commas
    /// between them; the same list as access-request's.
    pub packs: String,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let packs = service_kit::packs::configured("service.packs", &config.service.packs)?;
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let cases = upstreams::Cases::new(service.upstream(&config, "access-request")?);
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, Some(audit), vec![cases.agreed()])?;
    service.follow_holidays(&config, &database)?;
    let store = store::Store::new(database.clone());

    let interval = Duration::from_secs(config.service.sweep_seconds.max(1));
    service.spawn(sweeper::run(database.clone(), store.clone(), interval, service.shutdown.clone()));

    let interval = Duration::from_secs(config.service.warning_seconds.max(1));
    let shutdown = service.shutdown.clone();
    service.spawn(entry_warnings::run(database.clone(), store.clone(), catalog.clone(), interval, shutdown));

    let bytes = service.max_message_bytes();
    let agreements = changing::Agreements {
        database: database.clone(),
        store: store.clone(),
        cases,
        catalog,
        info_office: config.service.info_office.clone(),
        packs,
    };
    let papers = attachments::Papers {
        agreements: store.clone(),
        disclosures: disclosure::store::Store::new(database.clone()),
        outside_deliveries: outside_delivery::store::Store::new(database.clone()),
    };
    let outside_deliveries = outside_delivery::grpc::OutsideDeliveries {
        database: database.clone(),
        agreements: store.clone(),
        store: papers.outside_deliveries.clone(),
    };
    let disclosures = disclosure::grpc::Disclosures {
        database: database.clone(),
        agreements: store.clone(),
        store: papers.disclosures.clone(),
    };
    let attachments = Attachments::new(database.clone(), papers);
    let facts = facts::AgreementFacts { database: database.clone(), store };
    let tasks = WorkList::new(database.clone(), service.shutdown.clone());
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(AgreementServiceServer::new(agreements), bytes));
    routes.add_service(bounded!(OutsideDeliveryServiceServer::new(outside_deliveries), bytes));
    routes.add_service(bounded!(DisclosureServiceServer::new(disclosures), bytes));
    routes.add_service(bounded!(TaskServiceServer::new(tasks), bytes));
    routes.add_service(bounded!(AttachmentServiceServer::new(attachments), bytes));
    routes.add_service(bounded!(AgreementFactsServiceServer::new(facts), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
