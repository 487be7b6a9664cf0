//! access-request: applications for resources that are shared on application, from draft to answer (art. 26).

pub mod access_request;
mod attachments;
mod case_facts;
pub mod case_note;
mod changing;
mod convert;
mod documents;
mod error;
mod grpc;
mod more_time;
mod packs;
pub mod policy;
mod show;
pub mod store;
mod submission;
pub mod sweeper;
mod upstreams;

use std::sync::Arc;
use std::time::Duration;

use govshare_model::id::UnitId;
use govshare_proto::access_request::internal::v1::case_facts_service_server::CaseFactsServiceServer;
use govshare_proto::access_request::v1::access_request_service_server::AccessRequestServiceServer;
use govshare_proto::access_request::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::access_request::v1::case_note_service_server::CaseNoteServiceServer;
use govshare_proto::access_request::v1::policy_service_server::PolicyServiceServer;
use govshare_proto::access_request::v1::task_service_server::TaskServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, InternalService, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, WorkList, bounded};
use sqlx::migrate::Migrator;

pub const NAME: &str = "access-request";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService {
            name: "govshare.access_request.v1.AccessRequestService",
            article: "26",
            rules: policy::RULES,
        },
        PublicService {
            name: "govshare.access_request.v1.CaseNoteService",
            article: "26",
            rules: policy::NOTE_RULES,
        },
        PublicService {
            name: "govshare.access_request.v1.PolicyService",
            article: "36",
            rules: policy::PACK_RULES,
        },
        PublicService {
            name: "govshare.access_request.v1.TaskService",
            article: "29",
            rules: service_kit::tasks::RULES,
        },
        PublicService {
            name: "govshare.access_request.v1.AttachmentService",
            article: "20",
            rules: service_kit::attachments::RULES,
        },
    ],
    internal: &[InternalService {
        name: "govshare.access_request.internal.v1.CaseFactsService",
        callers: &[("GetCaseFacts", &["agreement"]), ("RecordAgreement", &["agreement"])],
    }],
};

/// This service's part of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The info office's unit (区政府信息办), which gets copies of refusals.
    pub info_office: UnitId,
    /// How often open requests are looked at for being overdue.
    pub sweep_seconds: u64,
    /// The policy packs and the days on which applications are received under each, `PACK@FROM..UNTIL` with commas
    /// between: the id of a pack that ships or the path of a TOML file, the first day, and the last one if there is one.
    pub packs: String,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let rules = Arc::new(packs::Rules::configured(&config.service.packs)?);
    let service = Service::start(NAME, &config, runtime).await?;
    let audit = service.upstream(&config, "audit")?;
    let catalog = service.upstream(&config, "catalog")?;
    let notices = upstreams::holiday_notices(catalog.clone());
    let catalog = upstreams::Catalog::new(catalog);
    let database = service.database(&config, Some(audit), vec![notices])?;
    let info_office = config.service.info_office.clone();
    let store = store::Store::new(database.clone(), info_office.clone());
    let holidays = packs::Holidays::new(database.clone(), info_office.clone());
    let interval = Duration::from_secs(config.service.sweep_seconds.max(1));
    service.spawn(packs::tell_again(database.clone(), service.shutdown.clone()));
    service.spawn(sweeper::run(database.clone(), store.clone(), interval, service.shutdown.clone()));

    let bytes = service.max_message_bytes();
    let requests = changing::Requests {
        database: database.clone(),
        store: store.clone(),
        catalog,
        info_office: info_office.clone(),
        rules: Arc::clone(&rules),
        holidays: holidays.clone(),
    };
    let policies =
        packs::grpc::Policies { database: database.clone(), store: store.clone(), rules, holidays };
    let notes = case_note::grpc::Notes {
        database: database.clone(),
        requests: store.clone(),
        store: case_note::store::Store::new(database.clone()),
    };
    let work_list = WorkList::new(database.clone(), service.shutdown.clone());
    let attachments = Attachments::new(database.clone(), store.clone());
    let facts = case_facts::CaseFacts { database: database.clone(), store, info_office };
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(AccessRequestServiceServer::new(requests), bytes));
    routes.add_service(bounded!(CaseNoteServiceServer::new(notes), bytes));
    routes.add_service(bounded!(PolicyServiceServer::new(policies), bytes));
    routes.add_service(bounded!(TaskServiceServer::new(work_list), bytes));
    routes.add_service(bounded!(AttachmentServiceServer::new(attachments), bytes));
    routes.add_service(bounded!(CaseFactsServiceServer::new(facts), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
