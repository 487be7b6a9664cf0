//! Calls to the platform as one person: connection, token, repeats of what may be repeated, pages.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use govshare_proto::access_request::v1::access_request_service_client::AccessRequestServiceClient;
use govshare_proto::access_request::v1::attachment_service_client::AttachmentServiceClient as RequestAttachments;
use govshare_proto::access_request::v1::case_note_service_client::CaseNoteServiceClient;
use govshare_proto::access_request::v1::policy_service_client::PolicyServiceClient;
use govshare_proto::access_request::v1::task_service_client::TaskServiceClient as RequestTasks;
use govshare_proto::agreement::v1::agreement_service_client::AgreementServiceClient;
use govshare_proto::agreement::v1::attachment_service_client::AttachmentServiceClient as AgreementAttachments;
use govshare_proto::agreement::v1::disclosure_service_client::DisclosureServiceClient;
use govshare_proto::agreement::v1::outside_delivery_service_client::OutsideDeliveryServiceClient;
use govshare_proto::agreement::v1::task_service_client::TaskServiceClient as AgreementTasks;
use govshare_proto::audit::v1::audit_service_client::AuditServiceClient;
use govshare_proto::catalog::v1::archiving_service_client::ArchivingServiceClient;
use govshare_proto::catalog::v1::attachment_service_client::AttachmentServiceClient as CatalogAttachments;
use govshare_proto::catalog::v1::classification_service_client::ClassificationServiceClient;
use govshare_proto::catalog::v1::collection_service_client::CollectionServiceClient;
use govshare_proto::catalog::v1::entry_service_client::EntryServiceClient;
use govshare_proto::catalog::v1::explanation_service_client::ExplanationServiceClient;
use govshare_proto::catalog::v1::regulation_service_client::RegulationServiceClient;
use govshare_proto::catalog::v1::shared_database_service_client::SharedDatabaseServiceClient;
use govshare_proto::catalog::v1::task_service_client::TaskServiceClient as CatalogTasks;
use govshare_proto::catalog::v1::unit_service_client::UnitServiceClient;
use govshare_proto::catalog::v1::update_calendar_service_client::UpdateCalendarServiceClient;
use govshare_proto::evaluation::v1::attachment_service_client::AttachmentServiceClient as EvaluationAttachments;
use govshare_proto::evaluation::v1::evaluation_service_client::EvaluationServiceClient;
use govshare_proto::evaluation::v1::feedback_service_client::FeedbackServiceClient;
use govshare_proto::evaluation::v1::inspection_service_client::InspectionServiceClient;
use govshare_proto::evaluation::v1::plan_service_client::PlanServiceClient;
use govshare_proto::evaluation::v1::self_evaluation_service_client::SelfEvaluationServiceClient;
use govshare_proto::evaluation::v1::task_service_client::TaskServiceClient as EvaluationTasks;
use govshare_proto::evaluation::v1::violation_service_client::ViolationServiceClient;
use govshare_proto::evaluation::v1::yearly_evaluation_service_client::YearlyEvaluationServiceClient;
use govshare_proto::exchange::v1::defect_service_client::DefectServiceClient;
use govshare_proto::exchange::v1::exchange_service_client::ExchangeServiceClient;
use govshare_proto::security_review::v1::attachment_service_client::AttachmentServiceClient as ReviewAttachments;
use govshare_proto::security_review::v1::information_system_service_client::InformationSystemServiceClient;
use govshare_proto::security_review::v1::restriction_service_client::RestrictionServiceClient;
use govshare_proto::security_review::v1::secrecy_rules_service_client::SecrecyRulesServiceClient;
use govshare_proto::security_review::v1::security_review_service_client::SecurityReviewServiceClient;
use govshare_proto::security_review::v1::task_service_client::TaskServiceClient as ReviewTasks;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::failure::Failure;

/// Longest wait for a reply, batches included; downloads and uploads take as long as they take.
const DEADLINE: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 6;
/// Largest page that a list may ask for.
const LARGEST_PAGE: usize = 1000;
/// A page holds up to 1000 records, each of which may carry text of some kilobytes.
pub const LARGEST_REPLY: usize = 64 << 20;

/// One person's access to the platform; cheap to clone.
#[derive(Clone)]
pub struct Caller {
    channel: Channel,
    bearer: Bearer,
}

/// A connection that carries one person's token.
pub type Authorized = InterceptedService<Channel, Bearer>;

/// Adds the token, and the deadline where there is one.
#[derive(Clone)]
pub struct Bearer {
    authorization: MetadataValue<Ascii>,
    deadline: Option<Duration>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.authorization.clone());
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        Ok(request)
    }
}

/// Connects to `endpoint`, `http://host:port` or `https://host:port`; the latter is verified with the certificates
/// in `ca`, without it with the system's.
pub async fn connect(endpoint: &str, ca: Option<&Path>) -> Result<Channel, Failure> {
    let invalid = || Failure::usage(format!("{endpoint:?} is no http:// or https:// address"));
    let mut to = Endpoint::from_shared(endpoint.to_owned()).map_err(|_| invalid())?;
    match to.uri().scheme_str() {
        Some("http") => {}
        Some("https") => to = to.tls_config(trust(ca)?).map_err(Failure::local)?,
        _ => return Err(invalid()),
    }
    to.connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(8 << 20)
        .connect()
        .await
        .map_err(|error| Failure::local(format!("cannot reach {endpoint}: {}", root_cause(&error))))
}

fn trust(ca: Option<&Path>) -> Result<ClientTlsConfig, Failure> {
    if let Some(path) = ca {
        let pem = std::fs::read(path).map_err(|error| Failure::file("read", path, error))?;
        return Ok(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)));
    }
    let found = rustls_native_certs::load_native_certs();
    let pem = |der: &[u8]| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
    };
    let certificates = found.certs.iter().map(|certificate| Certificate::from_pem(pem(certificate)));
    Ok(ClientTlsConfig::new().ca_certificates(certificates))
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

macro_rules! clients {
    ($($name:ident = $client:ident),+ $(,)?) => {
        impl Caller {
            $(pub fn $name(&self) -> $client<Authorized> {
                $client::with_interceptor(self.channel.clone(), self.bearer.clone())
                    .max_decoding_message_size(LARGEST_REPLY)
            })+
        }
    };
}

clients! {
    units = UnitServiceClient,
    databases = SharedDatabaseServiceClient,
    entries = EntryServiceClient,
    archiving = ArchivingServiceClient,
    classification = ClassificationServiceClient,
    collection = CollectionServiceClient,
    update_calendar = UpdateCalendarServiceClient,
    explanations = ExplanationServiceClient,
    regulations = RegulationServiceClient,
    reviews = SecurityReviewServiceClient,
    access_requests = AccessRequestServiceClient,
    notes = CaseNoteServiceClient,
    policies = PolicyServiceClient,
    agreements = AgreementServiceClient,
    outside_deliveries = OutsideDeliveryServiceClient,
    disclosures = DisclosureServiceClient,
    restrictions = RestrictionServiceClient,
    secrecy_rules = SecrecyRulesServiceClient,
    systems = InformationSystemServiceClient,
    exchange = ExchangeServiceClient,
    defects = DefectServiceClient,
    audit = AuditServiceClient,
    evaluation = EvaluationServiceClient,
    feedback = FeedbackServiceClient,
    self_evaluations = SelfEvaluationServiceClient,
    yearly_evaluations = YearlyEvaluationServiceClient,
    inspections = InspectionServiceClient,
    violations = ViolationServiceClient,
    plans = PlanServiceClient,
    request_attachments = RequestAttachments,
    agreement_attachments = AgreementAttachments,
    catalog_attachments = CatalogAttachments,
    evaluation_attachments = EvaluationAttachments,
    review_attachments = ReviewAttachments,
    request_tasks = RequestTasks,
    agreement_tasks = AgreementTasks,
    catalog_tasks = CatalogTasks,
    evaluation_tasks = EvaluationTasks,
    review_tasks = ReviewTasks,
}

impl Caller {
    /// Calls over `channel` with this token.
    pub fn new(channel: Channel, token: &str) -> Result<Caller, Failure> {
        let authorization = format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| Failure::usage("the token has characters that no token has"))?;
        Ok(Caller { channel, bearer: Bearer { authorization, deadline: Some(DEADLINE) } })
    }

    /// For a call of whatever method.
    pub fn authorized(&self) -> Authorized {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// The same without a deadline, for uploads.
    pub fn unhurried(&self) -> Caller {
        let bearer = Bearer { authorization: self.bearer.authorization.clone(), deadline: None };
        Caller { channel: self.channel.clone(), bearer }
    }
}

/// A new request id: repeats of a call with it are one call (AIP-155).
pub fn request_id() -> String {
    Uuid::now_v7().to_string()
}

/// Repeats a call that carries a request id, or only reads, while the platform is unreachable, overloaded or lost a
/// race; with growing pauses, or as long as the platform says.
pub async fn retrying<T, F>(call: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let mut pause = Duration::from_millis(50);
    for _ in 1..ATTEMPTS {
        match call().await {
            Ok(reply) => return Ok(reply.into_inner()),
            Err(status) if may_repeat(&status) => {
                let told = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
                tokio::time::sleep(told.unwrap_or(pause).min(Duration::from_secs(10))).await;
                pause *= 3;
            }
            Err(status) => return Err(status.into()),
        }
    }
    Ok(call().await?.into_inner())
}

fn may_repeat(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Aborted | Code::ResourceExhausted)
}

/// Reads pages until `limit` records are there (0: all). `page` gets the size and token of a page and gives its
/// records and the next token. The second value is the token of what is left.
pub async fn pages<T, F>(limit: usize, page: impl Fn(i32, String) -> F) -> Result<(Vec<T>, String), Failure>
where
    F: Future<Output = Result<(Vec<T>, String), Failure>>,
{
    let limit = if limit == 0 { usize::MAX } else { limit };
    let (mut records, mut token) = (Vec::new(), String::new());
    loop {
        let wanted = (limit - records.len()).min(LARGEST_PAGE);
        let (found, next) = page(i32::try_from(wanted).unwrap_or(i32::MAX), token).await?;
        records.extend(found);
        token = next;
        if token.is_empty() || records.len() >= limit {
            return Ok((records, token));
        }
    }
}
