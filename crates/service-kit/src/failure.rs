//! How a call fails: a refusal that tells the caller what, where and why, or a fault that is logged once and
//! never shown. The only way from either to a gRPC status.

use std::time::Duration;

use govshare_proto::error::v1::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// A refusal for the caller: reason, words in both languages, article and what else helps.
#[derive(Debug, Clone)]
pub struct Refusal(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    reason: Reason,
    english: String,
    chinese: String,
    metadata: Vec<(&'static str, String)>,
    resource: Option<(&'static str, String)>,
    violations: Vec<FieldViolation>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub fn new(reason: Reason, english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self(Box::new(Content {
            reason,
            english: english.into(),
            chinese: chinese.into(),
            metadata: Vec::new(),
            resource: None,
            violations: Vec::new(),
            retry_after: None,
        }))
    }

    /// The article that gives the rule: of 西政办发〔2014〕14号 bare, e.g. `26(二)`, of a pack as `Pack::cite` writes it.
    pub fn article(self, article: &str) -> Self {
        self.with("article", article)
    }

    /// The state that stands in the way.
    pub fn state(self, state: &str) -> Self {
        self.with("state", state)
    }

    /// A further fact for programs.
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.metadata.push((key, value.into()));
        self
    }

    /// The record it is about, e.g. `("access-request", id)`.
    pub fn resource(mut self, kind: &'static str, name: impl ToString) -> Self {
        self.0.resource = Some((kind, name.to_string()));
        self
    }

    pub fn violations(mut self, violations: Vec<FieldViolation>) -> Self {
        self.0.violations = violations;
        self
    }

    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// There is no such record, or the caller may not know of it: both answer the same.
    pub fn not_found(kind: &'static str, name: impl ToString) -> Self {
        let name = name.to_string();
        Self::new(Reason::NotFound, format!("there is no {kind} {name}"), format!("不存在：{kind} {name}"))
            .resource(kind, name)
    }

    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// `RULE_NAME` as ErrorInfo carries it.
    pub fn reason_name(&self) -> &'static str {
        reason_name(self.0.reason)
    }

    /// The article that the refusal names, to pass it on.
    pub fn named_article(&self) -> Option<&str> {
        self.0.metadata.iter().find(|(key, _)| *key == "article").map(|(_, article)| article.as_str())
    }

    pub fn english(&self) -> &str {
        &self.0.english
    }

    pub fn chinese(&self) -> &str {
        &self.0.chinese
    }
}

fn reason_name(reason: Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

fn code(reason: Reason) -> Code {
    use Reason::*;
    match reason {
        TokenMissing | TokenExpired | TokenInvalid | ServiceIdentityInvalid => Code::Unauthenticated,
        RoleNotAllowed | SelfApproval => Code::PermissionDenied,
        NotFound => Code::NotFound,
        FieldInvalid
        | PageTokenInvalid
        | RequestIdReused
        | ReasonsMissing
        | SignatureInvalid
        | ContentMismatch
        | NeedMissing
        | SensitiveNotActive
        | AttachmentTypeNotTaken
        | AttachmentTypeMismatch
        | AttachmentTooLarge
        | FormIncomplete
        | WeightsInvalid
        | MendingTermMissing
        | NegotiationMissing
        | PolicyPackInvalid
        | HolidayNoticeInvalid => Code::InvalidArgument,
        AlreadyExists | RestrictionExists => Code::AlreadyExists,
        EtagMismatch | LostRace => Code::Aborted,
        WrongState
        | RequestNotOpen
        | AnswerNotProposed
        | EntryNotPublished
        | EntryNotSharedActively
        | EntrySharedActively
        | EntryIncomplete
        | NotReviewed
        | StateSecretRefused
        | OwnResource
        | UnitProvisional
        | KeyNotActive
        | CaseNotConsented
        | AgreementExists
        | AgreementNotActive
        | AlreadySigned
        | TicketSpent
        | DefectNotAcknowledged
        | NodeHasChildren
        | DuplicateCollection
        | NotLeadUnit
        | AuthorityReviewMissing
        | SharingTypeNotInPolicy
        | AttachmentsFull
        | NotesFull
        | NotHeard
        | NotGrave
        | DutyDischarged
        | DisposalNotAllowed
        | ReplacedAgreementOver
        | DeliveryThroughPlatform
        | DisclosureNotConsented
        | RestrictionNotFiled
        | LevelLoweredWithoutAuthority
        | SupplementNotAllowed
        | ExtensionNotAllowed
        | ExtensionNotAsked
        | LastDayPassed
        | ExtraConditions
        | SupplementFirst
        | EntryNotNamed
        | EntryOfOtherUnit
        | LiaisonExists
        | SuperiorNotInState
        | RequestNotOverdue
        | EscalatedEnough
        | NotRenewable
        | PolicyPackUnknown => Code::FailedPrecondition,
        RateLimited | Overloaded => Code::ResourceExhausted,
        UpstreamUnavailable | AuditUnavailable => Code::Unavailable,
        Unspecified | Internal => Code::Internal,
    }
}

/// A status travels in headers, of which HTTP/2 peers take 16 KiB in all and break off the connection beyond. In the
/// message each byte of Chinese becomes three, in the details three bytes four: these bounds keep the whole below 14 KiB.
const TEXT_BYTES: usize = 900;
const METADATA_BYTES: usize = 1024;
const VIOLATIONS_BYTES: usize = 3072;
/// Of any one value in the details.
const MOST_BYTES: usize = 400;

/// The first `most` bytes of a text at most, and a sign that there was more.
fn cut(mut text: String, most: usize) -> String {
    const MORE: char = '…';
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub(MORE.len_utf8())));
        text.push(MORE);
    }
    text
}

/// As many violations as fit, each of bounded length, and how many there are besides.
fn that_fit(violations: Vec<FieldViolation>) -> Vec<FieldViolation> {
    let mut room = VIOLATIONS_BYTES;
    let all = violations.len();
    let mut fitting: Vec<_> = violations
        .into_iter()
        .map(|found| {
            FieldViolation::new(cut(found.field, MOST_BYTES / 2), cut(found.description, MOST_BYTES))
        })
        .take_while(|violation| {
            let size = violation.field.len() + violation.description.len() + 8;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        })
        .collect();
    if fitting.len() < all {
        fitting.push(FieldViolation::new("…", format!("+{}", all - fitting.len())));
    }
    fitting
}

impl From<Refusal> for Status {
    fn from(Refusal(refusal): Refusal) -> Self {
        let mut details = ErrorDetails::new();
        let mut room = METADATA_BYTES;
        let metadata = refusal.metadata.into_iter().map(|(key, value)| {
            let value = cut(value, room.min(MOST_BYTES));
            room -= value.len().min(room);
            (key.to_owned(), value)
        });
        let metadata = metadata.collect::<std::collections::HashMap<_, _>>();
        details.set_error_info(reason_name(refusal.reason), "govshare", metadata);
        let (chinese, english) = (cut(refusal.chinese, TEXT_BYTES), cut(refusal.english, TEXT_BYTES / 2));
        details.set_localized_message("zh-CN", chinese.clone());
        if let Some((kind, name)) = refusal.resource {
            details.set_resource_info(kind, cut(name, MOST_BYTES), "", "");
        }
        if !refusal.violations.is_empty() {
            details.set_bad_request(that_fit(refusal.violations));
        }
        if refusal.retry_after.is_some() {
            details.set_retry_info(refusal.retry_after);
        }
        let message = format!("{chinese} / {english}");
        Status::with_error_details(code(refusal.reason), message, details)
    }
}

/// What tonic says of a message that it cannot read, in our words: `None` leaves the status as it is.
pub(crate) fn unreadable(status: &Status) -> Option<Status> {
    if !status.details().is_empty() {
        return None;
    }
    let problem = status.message();
    let refusal = match status.code() {
        Code::Internal if UNREADABLE.iter().any(|start| problem.starts_with(start)) => Refusal::new(
            Reason::FieldInvalid,
            format!("the request is no message of this method: {problem}"),
            "请求不是该方法的报文",
        )
        .violations(undecodable(problem).into_iter().collect()),
        Code::OutOfRange => Refusal::new(
            Reason::FieldInvalid,
            format!("the message is larger than allowed: {problem}"),
            "报文超过允许的大小",
        ),
        _ => return None,
    };
    Some(refusal.into())
}

/// How tonic begins its words on a message that is missing, cut short, framed wrongly or not of the method's type.
const UNREADABLE: [&str; 4] = [
    "failed to decode Protobuf message",
    "Missing request message",
    "Unexpected EOF decoding stream",
    "protocol error",
];

/// The field that could not be decoded, of prost's `Message.field: Message.field: why`.
fn undecodable(problem: &str) -> Option<FieldViolation> {
    let is_name = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut path = Vec::new();
    let mut why = problem.split_once("message: ")?.1;
    while let Some((place, rest)) = why.split_once(": ") {
        let Some((message, field)) = place.split_once('.') else { break };
        if !is_name(message) || !is_name(field) {
            break;
        }
        path.push(field);
        why = rest;
    }
    (!path.is_empty()).then(|| FieldViolation::new(path.join("."), format!("{why} / 无法解析")))
}

/// The status with `article`, if it refuses a role or a field without naming an article; `None` leaves it as it is.
pub(crate) fn with_article(status: &Status, article: &str) -> Option<Status> {
    let mut details = status.get_error_details();
    let info = details.error_info().filter(|info| {
        [Reason::RoleNotAllowed, Reason::FieldInvalid].map(reason_name).contains(&info.reason.as_str())
            && !info.metadata.contains_key("article")
    })?;
    let (reason, mut metadata) = (info.reason.clone(), info.metadata.clone());
    metadata.insert("article".to_owned(), article.to_owned());
    details.set_error_info(reason, "govshare", metadata);
    Some(Status::with_error_details(status.code(), status.message(), details))
}

/// Why a handler did not reply.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{}", .0.english())]
    Refused(Refusal),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Another service answered with this status; its refusals go on to the caller.
    #[error("upstream: {0}")]
    Upstream(Status),
    /// What the service needs before it can answer is not there yet, e.g. the calendar after its start.
    #[error("{0} is not there yet")]
    NotReady(&'static str),
    /// A fault on our side, e.g. a row that cannot be.
    #[error("{0}")]
    Internal(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Failure {
    pub fn internal(problem: impl std::fmt::Display) -> Self {
        Self::Internal(problem.to_string())
    }

    /// Whether the database or another service cannot be reached or needs a moment, so that the same call may work
    /// later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Database(error) => database_is_gone(error),
            Self::Upstream(status) => status.code() == Code::DeadlineExceeded || was_not_reached(status),
            Self::NotReady(_) => true,
            Self::Refused(_) | Self::Internal(_) => false,
        }
    }
}

/// Whether a call broke off on the way: a service that answers says why in the details, also of its faults.
pub(crate) fn was_not_reached(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        Code::Cancelled | Code::Unknown | Code::Internal => status.details().is_empty(),
        _ => false,
    }
}

/// Whether the error means that no statement reached a working server.
pub(crate) fn database_is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed => true,
        // 57P0x: shutdown and crash of the server; 53xxx: disk, memory or connections used up; 08xxx: connection
        // exceptions.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57P", "53", "08"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

fn unavailable() -> Refusal {
    Refusal::new(
        Reason::UpstreamUnavailable,
        "the service cannot reach what it needs; nothing was changed, repeat later",
        "服务暂时不可用，未作任何改动，请稍后重试",
    )
    .retry_after(Duration::from_secs(1))
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        if failure.is_unavailable() {
            tracing::warn!(error = %failure, "unavailable");
            return unavailable().into();
        }
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Upstream(status)
                if status.code() != Code::Internal && status.code() != Code::Unknown =>
            {
                Status::with_details(status.code(), status.message(), status.details().to_vec().into())
            }
            // 40001 and 40P01: serialization failure and deadlock; 57014: statement timeout.
            Failure::Database(sqlx::Error::Database(error))
                if error.code().is_some_and(|code| code == "40001" || code == "40P01") =>
            {
                Refusal::new(
                    Reason::LostRace,
                    "another call won the race; read again and repeat",
                    "并发冲突，请重新读取后重试",
                )
                .into()
            }
            Failure::Database(sqlx::Error::Database(error))
                if error.code().is_some_and(|code| code == "57014") =>
            {
                tracing::warn!(error = %error, "statement timed out");
                unavailable().into()
            }
            fault => {
                tracing::error!(error = %fault, details = ?fault, "fault");
                Refusal::new(Reason::Internal, "a fault on our side", "系统内部错误").into()
            }
        }
    }
}
