//! What the gateway answers itself.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use service_kit::{Reason, Refusal};
use tonic::Status;

use crate::relay::NoReply;

pub fn overloaded() -> Refusal {
    Refusal::new(Reason::Overloaded, "too many calls are in work; come back soon", "系统繁忙，请稍后重试")
        .retry_after(Duration::from_millis(200))
}

pub fn unit_overloaded() -> Refusal {
    Refusal::new(
        Reason::Overloaded,
        "your unit has as many calls in work as it may at once; come back when one has ended",
        "贵单位同时进行的调用已达上限，请待其中之一结束后重试",
    )
    .retry_after(Duration::from_millis(200))
}

pub fn unknown_method() -> Status {
    Status::unimplemented("没有此接口 / there is no such method; server reflection lists what there is")
}

pub fn too_late() -> Status {
    Status::deadline_exceeded("未在时限内完成 / not finished within the deadline")
}

pub fn no_reply(service: &str, error: &NoReply) -> Status {
    match error {
        NoReply::Unreachable(_) => {
            tracing::warn!(service, "no replica can be reached");
            Refusal::new(
                Reason::UpstreamUnavailable,
                "the service cannot be reached; nothing was changed, repeat later",
                "服务暂时不可用，未作任何改动，请稍后重试",
            )
            .retry_after(Duration::from_secs(1))
            .into()
        }
        NoReply::Lost(error) => lost(error),
    }
}

/// The replica went away in the middle of a call: what it did is not known here.
pub fn lost(error: &h2::Error) -> Status {
    tracing::warn!(%error, "reply lost");
    Refusal::new(
        Reason::UpstreamUnavailable,
        "the service was lost while it worked on the call; repeat with the same request_id, or read first",
        "服务在处理过程中中断，请以相同 request_id 重试或先查询结果",
    )
    .retry_after(Duration::from_secs(1))
    .into()
}

/// For callers that do not speak gRPC.
pub fn not_grpc<B: From<Bytes>>() -> Response<B> {
    const TEXT: &[u8] = b"This port speaks gRPC: HTTP/2, POST, content-type application/grpc.\n";
    let mut response = Response::new(Bytes::from_static(TEXT).into());
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
