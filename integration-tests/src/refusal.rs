//! What a refusal says, for tests to assert on.

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refusal taken apart.
#[derive(Debug)]
pub struct Refused {
    pub status: Status,
    pub reason: String,
}

/// The error of a call that must be refused with this code and reason.
pub fn refused<T: std::fmt::Debug>(
    result: Result<tonic::Response<T>, Status>,
    code: Code,
    reason: &str,
) -> Refused {
    let status = result.expect_err(reason);
    let found = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    assert_eq!((status.code(), found.as_str()), (code, reason), "{status:?}");
    Refused { reason: found, status }
}

impl Refused {
    /// The refusal names this field.
    pub fn violates(self, field: &str) -> Self {
        let details = self.status.get_details_bad_request().map(|request| request.field_violations);
        let fields: Vec<_> =
            details.unwrap_or_default().into_iter().map(|violation| violation.field).collect();
        assert!(fields.iter().any(|found| found == field), "{field} is not among {fields:?}");
        self
    }

    /// The refusal cites this article.
    pub fn article(self, article: &str) -> Self {
        assert_eq!(self.metadata("article").as_deref(), Some(article));
        self
    }

    /// The refusal names the state that stands in the way.
    pub fn state(self, state: &str) -> Self {
        assert_eq!(self.metadata("state").as_deref(), Some(state));
        self
    }

    /// The refusal says when to come back.
    pub fn retry(self) -> Self {
        let retry = self.status.get_details_retry_info().and_then(|info| info.retry_delay);
        assert!(retry.is_some(), "{:?}", self.status);
        self
    }

    fn metadata(&self, key: &str) -> Option<String> {
        self.status.get_details_error_info()?.metadata.get(key).cloned()
    }
}
