//! One call of a person: who, which method, and the request id that makes it repeatable (AIP-155).

use std::sync::Arc;

use aws_lc_rs::digest;
use govshare_model::Actor;
use prost::Message;
use tonic::Request;
use uuid::Uuid;

use crate::failure::{Failure, Refusal};
use crate::validate::Violations;
use govshare_proto::error::v1::Reason;

tokio::task_local! {
    /// The person's `authorization` value, to go along on calls to other services.
    pub(crate) static AUTHORIZATION: Option<http::HeaderValue>;
}

/// Put into the request by the server stack once the caller is known.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Arc<Actor>,
    /// `Service/Method` without the package.
    pub method: Arc<str>,
}

/// The service that calls an internal method; put into the request by the server stack.
#[derive(Debug, Clone)]
pub struct CallingService(pub Arc<str>);

/// A mutating call.
#[derive(Debug, Clone)]
pub struct Call {
    pub actor: Arc<Actor>,
    pub(crate) method: Arc<str>,
    pub(crate) request_id: Uuid,
    pub(crate) request_hash: Vec<u8>,
}

impl Call {
    /// Takes caller and request id of a mutating request; a missing or malformed id goes to `violations`.
    pub fn new<M: Message>(
        request: &Request<M>,
        request_id: &str,
        violations: &mut Violations,
    ) -> Result<Self, Failure> {
        Self::over(caller(request)?, &request.get_ref().encode_to_vec(), request_id, violations)
    }

    /// As [`Call::new`] for a streamed request: `content` is what a repeat must have again.
    pub fn over(
        caller: &Caller,
        content: &[u8],
        request_id: &str,
        violations: &mut Violations,
    ) -> Result<Self, Failure> {
        let request_id =
            violations.parse::<RequestId>("request_id", request_id).map_or(Uuid::nil(), |id| id.0);
        Ok(Self {
            actor: Arc::clone(&caller.actor),
            method: Arc::clone(&caller.method),
            request_id,
            request_hash: digest::digest(&digest::SHA256, content).as_ref().to_vec(),
        })
    }

    /// Number to lock repeats of one call on, so that they run one after the other.
    pub(crate) fn lock_number(&self) -> i64 {
        let mut key = digest::Context::new(&digest::SHA256);
        for part in [self.actor.unit.as_str(), self.actor.subject.as_str(), &self.method] {
            key.update(part.as_bytes());
            key.update(&[0]);
        }
        key.update(self.request_id.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&key.finish().as_ref()[..8]);
        i64::from_be_bytes(first)
    }

    pub(crate) fn reused(&self) -> Refusal {
        Refusal::new(
            Reason::RequestIdReused,
            "this request_id was used before with another request; take a new one",
            "该 request_id 已用于另一请求，请更换",
        )
        .with("request_id", self.request_id.to_string())
    }
}

struct RequestId(Uuid);

impl std::str::FromStr for RequestId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Uuid::parse_str(text) {
            Ok(id) if !id.is_nil() => Ok(Self(id)),
            _ => Err("must be a UUID that is not nil / 须为非零 UUID"),
        }
    }
}

/// The caller of a public method.
pub fn caller<T>(request: &Request<T>) -> Result<&Caller, Failure> {
    request
        .extensions()
        .get()
        .ok_or_else(|| Failure::internal("a public method was reached without a caller"))
}

/// The person who calls a public method.
pub fn actor<T>(request: &Request<T>) -> Result<Arc<Actor>, Failure> {
    Ok(Arc::clone(&caller(request)?.actor))
}

/// The service that calls an internal method.
pub fn calling_service<T>(request: &Request<T>) -> Result<Arc<str>, Failure> {
    let calling: Option<&CallingService> = request.extensions().get();
    calling
        .map(|calling| Arc::clone(&calling.0))
        .ok_or_else(|| Failure::internal("an internal method was reached without a calling service"))
}
