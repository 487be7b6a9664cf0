//! security-review: the secrecy review of exact entry versions before they are registered (art. 16), restrictions from
//! general sharing (24), units' secrecy rules (9), and the security levels of their systems (30).

mod attachments;
mod convert;
mod erasure;
mod error;
mod grpc;
pub mod policy;
pub mod restriction;
pub mod review;
pub mod secrecy_rules;
mod store;
pub mod systems;
mod upstreams;

use govshare_model::id::UnitId;
use govshare_proto::security_review::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::security_review::v1::information_system_service_server::InformationSystemServiceServer;
use govshare_proto::security_review::v1::restriction_service_server::RestrictionServiceServer;
use govshare_proto::security_review::v1::secrecy_rules_service_server::SecrecyRulesServiceServer;
use govshare_proto::security_review::v1::security_review_service_server::SecurityReviewServiceServer;
use govshare_proto::security_review::v1::task_service_server::TaskServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, PublicService};
use service_kit::packs::{self, Policy};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, WorkList, bounded};
use sqlx::migrate::Migrator;

pub const NAME: &str = "security-review";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService {
            name: "govshare.security_review.v1.SecurityReviewService",
            article: "16",
            rules: policy::RULES,
        },
        PublicService {
            name: "govshare.security_review.v1.AttachmentService",
            article: "20",
            rules: service_kit::attachments::RULES,
        },
        PublicService {
            name: "govshare.security_review.v1.RestrictionService",
            article: "24",
            rules: restriction::policy::RULES,
        },
        PublicService {
            name: "govshare.security_review.v1.SecrecyRulesService",
            article: "9",
            rules: secrecy_rules::policy::RULES,
        },
        PublicService {
            name: "govshare.security_review.v1.InformationSystemService",
            article: "30",
            rules: systems::policy::RULES,
        },
        PublicService {
            name: "govshare.security_review.v1.TaskService",
            article: "29",
            rules: service_kit::tasks::RULES,
        },
    ],
    internal: &[],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The info office's unit (区政府信息办), with which restrictions are filed.
    pub info_office: UnitId,
    /// The secrecy bureau's unit (区保密局), which approves restrictions and guides units' rules.
    pub secrecy_bureau: UnitId,
    /// The policy packs and the days on which each is in force, `PACK@FROM..UNTIL` with commas between them; the same
    /// list as access-request's.
    pub packs: String,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, Some(audit), vec![catalog.outcomes()])?;
    service.follow_holidays(&config, &database)?;
    let store = store::Store::new(database.clone());

    let Settings { info_office, secrecy_bureau, packs } = config.service.clone();
    let policy = Policy::new(packs::configured("service.packs", &packs)?, database.clock().clone());
    let restrictions =
        restriction::store::Store::new(database.clone(), secrecy_bureau.clone(), info_office.clone());

    let rules = secrecy_rules::store::Store::new(database.clone(), secrecy_bureau.clone());
    let systems = systems::store::Store::new(database.clone(), secrecy_bureau.clone(), info_office.clone());
    let papers = attachments::Papers {
        reviews: store.clone(),
        restrictions: restrictions.clone(),
        secrecy_rules: rules.clone(),
        systems: systems.clone(),
        secrecy_bureau,
        info_office,
    };
    let attachments = Attachments::new(database.clone(), papers);

    let bytes = service.max_message_bytes();
    let reviews = grpc::Reviews {
        database: database.clone(),
        store,
        restrictions: restrictions.clone(),
        catalog: catalog.clone(),
        policy,
    };
    let restrictions =
        restriction::grpc::Restrictions { database: database.clone(), store: restrictions, catalog };
    let secrecy_rules = secrecy_rules::grpc::Rules { database: database.clone(), store: rules };
    let systems = systems::grpc::Systems { database: database.clone(), store: systems };
    let tasks = WorkList::new(database.clone(), service.shutdown.clone());
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(SecurityReviewServiceServer::new(reviews), bytes));
    routes.add_service(bounded!(RestrictionServiceServer::new(restrictions), bytes));
    routes.add_service(bounded!(SecrecyRulesServiceServer::new(secrecy_rules), bytes));
    routes.add_service(bounded!(InformationSystemServiceServer::new(systems), bytes));
    routes.add_service(bounded!(AttachmentServiceServer::new(attachments), bytes));
    routes.add_service(bounded!(TaskServiceServer::new(tasks), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
