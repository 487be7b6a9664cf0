//! A person with a token, and the clients that they call the platform with.

use govshare_model::id::UnitId;
use govshare_proto::access_request::v1::access_request_service_client::AccessRequestServiceClient;
use govshare_proto::access_request::v1::attachment_service_client::AttachmentServiceClient as RequestAttachmentsClient;
use govshare_proto::access_request::v1::case_note_service_client::CaseNoteServiceClient;
use govshare_proto::access_request::v1::policy_service_client::PolicyServiceClient;
use govshare_proto::access_request::v1::task_service_client::TaskServiceClient as RequestTaskServiceClient;
use govshare_proto::agreement::v1::agreement_service_client::AgreementServiceClient;
use govshare_proto::agreement::v1::disclosure_service_client::DisclosureServiceClient;
use govshare_proto::agreement::v1::outside_delivery_service_client::OutsideDeliveryServiceClient;
use govshare_proto::agreement::v1::task_service_client::TaskServiceClient as AgreementTasksClient;
use govshare_proto::audit::v1::audit_service_client::AuditServiceClient;
use govshare_proto::catalog::v1::archiving_service_client::ArchivingServiceClient;
use govshare_proto::catalog::v1::classification_service_client::ClassificationServiceClient;
use govshare_proto::catalog::v1::collection_service_client::CollectionServiceClient;
use govshare_proto::catalog::v1::entry_service_client::EntryServiceClient;
use govshare_proto::catalog::v1::explanation_service_client::ExplanationServiceClient;
use govshare_proto::catalog::v1::regulation_service_client::RegulationServiceClient;
use govshare_proto::catalog::v1::shared_database_service_client::SharedDatabaseServiceClient;
use govshare_proto::catalog::v1::task_service_client::TaskServiceClient;
use govshare_proto::catalog::v1::unit_service_client::UnitServiceClient;
use govshare_proto::catalog::v1::update_calendar_service_client::UpdateCalendarServiceClient;
use govshare_proto::evaluation::v1::attachment_service_client::AttachmentServiceClient as EvaluationAttachmentsClient;
use govshare_proto::evaluation::v1::evaluation_service_client::EvaluationServiceClient;
use govshare_proto::evaluation::v1::feedback_service_client::FeedbackServiceClient;
use govshare_proto::evaluation::v1::inspection_service_client::InspectionServiceClient;
use govshare_proto::evaluation::v1::plan_service_client::PlanServiceClient;
use govshare_proto::evaluation::v1::self_evaluation_service_client::SelfEvaluationServiceClient;
use govshare_proto::evaluation::v1::task_service_client::TaskServiceClient as EvaluationTaskServiceClient;
use govshare_proto::evaluation::v1::violation_service_client::ViolationServiceClient;
use govshare_proto::evaluation::v1::yearly_evaluation_service_client::YearlyEvaluationServiceClient;
use govshare_proto::exchange::v1::defect_service_client::DefectServiceClient;
use govshare_proto::exchange::v1::exchange_service_client::ExchangeServiceClient;
use govshare_proto::security_review::v1::attachment_service_client::AttachmentServiceClient as ReviewAttachmentsClient;
use govshare_proto::security_review::v1::information_system_service_client::InformationSystemServiceClient;
use govshare_proto::security_review::v1::restriction_service_client::RestrictionServiceClient;
use govshare_proto::security_review::v1::secrecy_rules_service_client::SecrecyRulesServiceClient;
use govshare_proto::security_review::v1::security_review_service_client::SecurityReviewServiceClient;
use govshare_proto::security_review::v1::task_service_client::TaskServiceClient as ReviewTasksClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Adds the person's token to each call.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

pub type Client = InterceptedService<Channel, Bearer>;

/// Somebody at the gateway.
#[derive(Clone)]
pub struct Person {
    pub unit: UnitId,
    client: Client,
}

macro_rules! clients {
    ($($name:ident -> $client:ident),+ $(,)?) => {$(
        pub fn $name(&self) -> $client<Client> {
            $client::new(self.client.clone())
        }
    )+};
}

impl Person {
    /// An empty token sends none.
    pub fn new(channel: Channel, token: &str, unit: UnitId) -> Self {
        let token = (!token.is_empty()).then(|| format!("Bearer {token}").parse().expect("a token is ASCII"));
        Self { unit, client: InterceptedService::new(channel, Bearer(token)) }
    }

    /// For a call of whatever method.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    clients! {
        units -> UnitServiceClient,
        databases -> SharedDatabaseServiceClient,
        entries -> EntryServiceClient,
        classification -> ClassificationServiceClient,
        collection -> CollectionServiceClient,
        update_calendar -> UpdateCalendarServiceClient,
        tasks_of_catalog -> TaskServiceClient,
        regulations -> RegulationServiceClient,
        archiving -> ArchivingServiceClient,
        explanations -> ExplanationServiceClient,
        reviews -> SecurityReviewServiceClient,
        restrictions -> RestrictionServiceClient,
        secrecy_rules -> SecrecyRulesServiceClient,
        systems -> InformationSystemServiceClient,
        review_tasks -> ReviewTasksClient,
        review_attachments -> ReviewAttachmentsClient,
        requests -> AccessRequestServiceClient,
        request_tasks -> RequestTaskServiceClient,
        request_attachments -> RequestAttachmentsClient,
        notes -> CaseNoteServiceClient,
        policies -> PolicyServiceClient,
        agreements -> AgreementServiceClient,
        outside_deliveries -> OutsideDeliveryServiceClient,
        disclosures -> DisclosureServiceClient,
        agreement_tasks -> AgreementTasksClient,
        exchange -> ExchangeServiceClient,
        defects -> DefectServiceClient,
        audit -> AuditServiceClient,
        evaluation -> EvaluationServiceClient,
        feedback -> FeedbackServiceClient,
        self_evaluations -> SelfEvaluationServiceClient,
        yearly_evaluations -> YearlyEvaluationServiceClient,
        inspections -> InspectionServiceClient,
        violations -> ViolationServiceClient,
        plans -> PlanServiceClient,
        evaluation_attachments -> EvaluationAttachmentsClient,
        evaluation_tasks -> EvaluationTaskServiceClient,
    }
}
