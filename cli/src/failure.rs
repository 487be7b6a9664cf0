//! Why a command did not do its work, in words for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a command ends without success.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for something that cannot be; exit code 2.
    Usage(String),
    /// The platform refused or could not be reached.
    Refused(Box<Refused>),
    /// Something on this machine: a file, a key, bytes that are not what they should be.
    Local(String),
}

/// A gRPC status with everything that its details say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refused {
    /// Canonical code, e.g. `FAILED_PRECONDITION`.
    pub code: &'static str,
    /// `govshare.error.v1.Reason` without its prefix; empty where the status carries none.
    pub reason: String,
    /// Chinese and English.
    pub message: String,
    /// Article of 西政办发〔2014〕14号; empty where none gives the rule.
    pub article: String,
    /// State that stands in the way; empty where it is not about one.
    pub state: String,
    /// Further facts of the reason.
    pub metadata: BTreeMap<String, String>,
    /// Every field that is wrong.
    pub violations: Vec<Violation>,
    /// The record, `kind/name`.
    pub resource: String,
    /// When a repeat may succeed.
    pub retry_after_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    pub field: String,
    pub description: String,
}

impl Failure {
    pub fn usage(problem: impl fmt::Display) -> Self {
        Self::Usage(problem.to_string())
    }

    pub fn local(problem: impl fmt::Display) -> Self {
        Self::Local(problem.to_string())
    }

    /// Something that went wrong with a file.
    pub fn file(action: &str, path: &Path, problem: impl fmt::Display) -> Self {
        Self::Local(format!("cannot {action} {}: {problem}", path.display()))
    }

    /// The reason of a refusal; empty for other failures.
    pub fn reason(&self) -> &str {
        match self {
            Self::Refused(refused) => &refused.reason,
            Self::Usage(_) | Self::Local(_) => "",
        }
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused(_) | Self::Local(_) => 1,
        }
    }

    /// One JSON object: `{"error": {...}}`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Refused(refused) => serde_json::json!({ "error": refused }),
            Self::Usage(message) => serde_json::json!({ "error": { "code": "USAGE", "message": message } }),
            Self::Local(message) => serde_json::json!({ "error": { "code": "LOCAL", "message": message } }),
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(Refused::from(&status)))
    }
}

impl From<&Status> for Refused {
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let mut metadata: BTreeMap<String, String> =
            info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default();
        let mut violations = Vec::new();
        for wrong in details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default() {
            let (field, description) = (wrong.field.clone(), wrong.description.clone());
            violations.push(Violation { field, description });
        }
        Self {
            code: code_name(status.code()),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            message: status.message().to_owned(),
            article: metadata.remove("article").unwrap_or_default(),
            state: metadata.remove("state").unwrap_or_default(),
            metadata,
            violations,
            resource: details
                .resource_info()
                .map(|resource| format!("{}/{}", resource.resource_type, resource.resource_name))
                .unwrap_or_default(),
            retry_after_ms: details
                .retry_info()
                .and_then(|retry| retry.retry_delay)
                .map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Local(message) => f.write_str(message),
            Self::Refused(refused) => refused.fmt(f),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        if !self.article.is_empty() {
            let bare = self.article.starts_with(|first: char| first.is_ascii_digit());
            write!(f, " ({}{})", if bare { "art. " } else { "" }, self.article)?;
        }
        write!(f, ": {}", self.message)?;
        let facts = [("state", &self.state), ("record", &self.resource)];
        for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            write!(f, "\n  {name}: {value}")?;
        }
        for (name, value) in &self.metadata {
            write!(f, "\n  {name}: {value}")?;
        }
        for wrong in &self.violations {
            write!(f, "\n  {}: {}", wrong.field, wrong.description)?;
        }
        if let Some(wait) = self.retry_after_ms {
            write!(f, "\n  try again in {:.1} s", wait as f64 / 1000.0)?;
        }
        Ok(())
    }
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    fn refusal() -> Failure {
        let mut details = ErrorDetails::new();
        let metadata = [("article", "26(二)"), ("state", "SUBMITTED"), ("limit", "4000")];
        let metadata: HashMap<_, _> =
            metadata.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        details.set_error_info("REASONS_MISSING", "govshare", metadata);
        details.set_bad_request(vec![
            FieldViolation::new("reasons", "written reasons are required / 须书面说明理由"),
            FieldViolation::new("request_id", "must be a UUID"),
        ]);
        details.set_resource_info("access-request", "0192", "", "");
        details.set_retry_info(Some(Duration::from_millis(1500)));
        let message = "不同意提供的，应当书面说明理由 / a refusal needs written reasons";
        Status::with_error_details(Code::InvalidArgument, message, details).into()
    }

    #[test]
    fn a_refusal_is_told_with_reason_article_state_every_field_and_the_wait() {
        let expected = "INVALID_ARGUMENT REASONS_MISSING (art. 26(二)): \
            不同意提供的，应当书面说明理由 / a refusal needs written reasons\n  \
            state: SUBMITTED\n  record: access-request/0192\n  limit: 4000\n  \
            reasons: written reasons are required / 须书面说明理由\n  request_id: must be a UUID\n  \
            try again in 1.5 s";
        assert_eq!(refusal().to_string(), expected);
        assert_eq!((refusal().reason(), refusal().exit_code()), ("REASONS_MISSING", 1));
    }

    #[test]
    fn programs_get_the_same_as_one_object() {
        let json = refusal().to_json();
        let error = &json["error"];
        assert_eq!(
            (&error["code"], &error["reason"]),
            (&"INVALID_ARGUMENT".into(), &"REASONS_MISSING".into())
        );
        assert_eq!(error["violations"][1]["field"], "request_id");
        assert_eq!((&error["state"], &error["retry_after_ms"]), (&"SUBMITTED".into(), &1500.into()));
    }

    #[test]
    fn a_status_without_details_is_told_by_its_code() {
        let failure = Failure::from(Status::unavailable("connection refused"));
        assert_eq!(failure.to_string(), "UNAVAILABLE: connection refused");
        assert_eq!(Failure::usage("x").exit_code(), 2);
    }
}
