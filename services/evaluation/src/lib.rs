//! evaluation: what each unit did, counted from the audit feed (art. 32).

mod attachments;
mod convert;
mod desk;
mod error;
mod feed;
pub mod feedback;
mod grpc;
pub mod indicators;
pub mod inspection;
pub mod ledger;
pub mod measures;
pub mod plan;
pub mod policy;
pub mod procedure;
mod records;
pub mod self_evaluation;
mod store;
mod upstreams;
pub mod violation;
pub mod yearly_evaluation;

use std::sync::Arc;
use std::time::Duration;

use govshare_model::id::UnitId;
use govshare_proto::evaluation::v1::attachment_service_server::AttachmentServiceServer;
use govshare_proto::evaluation::v1::evaluation_service_server::EvaluationServiceServer;
use govshare_proto::evaluation::v1::feedback_service_server::FeedbackServiceServer;
use govshare_proto::evaluation::v1::inspection_service_server::InspectionServiceServer;
use govshare_proto::evaluation::v1::plan_service_server::PlanServiceServer;
use govshare_proto::evaluation::v1::self_evaluation_service_server::SelfEvaluationServiceServer;
use govshare_proto::evaluation::v1::task_service_server::TaskServiceServer;
use govshare_proto::evaluation::v1::violation_service_server::ViolationServiceServer;
use govshare_proto::evaluation::v1::yearly_evaluation_service_server::YearlyEvaluationServiceServer;
use serde::Deserialize;
use service_kit::auth::access::{Access, PublicService};
use service_kit::process::{Error, Runtime, Serving};
use service_kit::server::Service;
use service_kit::{Attachments, Config, WorkList, bounded};
use sqlx::migrate::Migrator;

use desk::Desk;
use records::Records;

pub const NAME: &str = "evaluation";
pub const DEFAULTS: &str = include_str!("../config/default.toml");
pub static MIGRATIONS: Migrator = sqlx::migrate!();

pub const ACCESS: Access = Access {
    public: &[
        PublicService {
            name: "govshare.evaluation.v1.EvaluationService",
            article: "32",
            rules: policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.FeedbackService",
            article: "28",
            rules: feedback::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.SelfEvaluationService",
            article: "32",
            rules: self_evaluation::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.YearlyEvaluationService",
            article: "32",
            rules: yearly_evaluation::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.InspectionService",
            article: "33",
            rules: inspection::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.ViolationService",
            article: "34",
            rules: violation::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.PlanService",
            article: "8",
            rules: plan::policy::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.AttachmentService",
            article: "20",
            rules: service_kit::attachments::RULES,
        },
        PublicService {
            name: "govshare.evaluation.v1.TaskService",
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
    /// How often the feed is asked for more when it had nothing new.
    pub poll_milliseconds: u64,
    /// The info office's unit (区政府信息办), which gets copies of answers.
    pub info_office: UnitId,
    /// The policy packs and the days on which each is in force, `PACK@FROM..UNTIL` with commas between them; the same
    /// as those of access-request.
    pub packs: String,
    /// How often open feedback is looked at for being overdue.
    pub sweep_seconds: u64,
}

/// Serves until the runtime says to stop.
pub fn serve(config: Config<Settings>, runtime: Runtime) -> Serving {
    Box::pin(run(config, runtime))
}

async fn run(config: Config<Settings>, runtime: Runtime) -> Result<(), Error> {
    let service = Service::start(NAME, &config, runtime).await?;
    let feed = upstreams::Audit::new(service.upstream(&config, "audit")?);
    let catalog = upstreams::Catalog::new(service.upstream(&config, "catalog")?);
    let database = service.database(&config, Some(service.upstream(&config, "audit")?), Vec::new())?;
    service.follow_holidays(&config, &database)?;
    let store = store::Store::new(database.clone());
    let interval = Duration::from_millis(config.service.poll_milliseconds.max(1));
    service.spawn(feed::follow(
        database.clone(),
        store.clone(),
        feed.clone(),
        interval,
        service.shutdown.clone(),
    ));
    let forms = Records::new(database.clone());
    let interval = Duration::from_secs(config.service.sweep_seconds.max(1));
    service.spawn(feedback::sweep(forms.clone(), interval, service.shutdown.clone()));

    let bytes = service.max_message_bytes();
    let packs = Arc::new(service_kit::packs::configured("service.packs", &config.service.packs)?);
    let forms = feedback::FeedbackForms {
        desk: Desk::new(forms, feedback::policy::authorize),
        catalog: catalog.clone(),
        packs: packs.clone(),
        info_office: config.service.info_office.clone(),
    };
    let self_evaluations = self_evaluation::SelfEvaluations {
        desk: Desk::new(Records::new(database.clone()), self_evaluation::policy::authorize),
        catalog: catalog.clone(),
        packs: packs.clone(),
    };
    let yearly_evaluations = yearly_evaluation::YearlyEvaluations {
        desk: Desk::new(Records::new(database.clone()), yearly_evaluation::policy::authorize),
        account: yearly_evaluation::Account { store: store.clone(), audit: feed },
        packs: packs.clone(),
    };
    let inspections = inspection::Inspections {
        desk: Desk::new(Records::new(database.clone()), inspection::policy::authorize),
        catalog: catalog.clone(),
    };
    let violations = violation::Violations {
        desk: Desk::new(Records::new(database.clone()), violation::policy::authorize),
        catalog: catalog.clone(),
        packs: packs.clone(),
    };
    let plans =
        plan::Plans { desk: Desk::new(Records::new(database.clone()), plan::policy::authorize), packs };
    let papers = Attachments::new(database.clone(), attachments::Papers::new(database.clone()));
    let work_list = WorkList::new(database.clone(), service.shutdown.clone());
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(bounded!(EvaluationServiceServer::new(grpc::Evaluation { store, catalog }), bytes));
    routes.add_service(bounded!(FeedbackServiceServer::new(forms), bytes));
    routes.add_service(bounded!(SelfEvaluationServiceServer::new(self_evaluations), bytes));
    routes.add_service(bounded!(YearlyEvaluationServiceServer::new(yearly_evaluations), bytes));
    routes.add_service(bounded!(InspectionServiceServer::new(inspections), bytes));
    routes.add_service(bounded!(ViolationServiceServer::new(violations), bytes));
    routes.add_service(bounded!(PlanServiceServer::new(plans), bytes));
    routes.add_service(bounded!(AttachmentServiceServer::new(papers), bytes));
    routes.add_service(bounded!(TaskServiceServer::new(work_list), bytes));
    service.serve(routes, ACCESS, Some(database)).await
}
