//! Asks a replica for its health (grpc.health.v1) over the very connection that calls would take.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use prost::Message;
use tokio::time::timeout;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus;

use super::Connection;

const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// A `HealthCheckRequest` about the whole server is empty: flag and length of a gRPC message, no more.
const WHOLE_SERVER: Bytes = Bytes::from_static(&[0; 5]);
const MAX_REPLY: usize = 1024;

pub(super) enum Health {
    Serving,
    NotServing,
    /// Nothing was heard in time.
    Unanswered,
}

/// A replica that answers otherwise than with a health, as one without that service does, serves.
pub(super) async fn check(connection: &Connection) -> Health {
    match timeout(CHECK_TIMEOUT, ask(connection)).await {
        Ok(Ok(Some(reply))) if reply.status() != ServingStatus::Serving => Health::NotServing,
        Ok(Ok(_)) => Health::Serving,
        Ok(Err(_)) | Err(_) => Health::Unanswered,
    }
}

async fn ask(connection: &Connection) -> Result<Option<HealthCheckResponse>, h2::Error> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
    let (response, mut body) = connection.send(path, headers, false)?;
    body.send_data(WHOLE_SERVER, true)?;
    let mut body = response.await?.into_body();
    let mut reply = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        reply.extend_from_slice(&data);
        if reply.len() > MAX_REPLY {
            return Ok(None);
        }
    }
    if reply.len() < WHOLE_SERVER.len() {
        return Ok(None);
    }
    reply.advance(WHOLE_SERVER.len());
    Ok(HealthCheckResponse::decode(reply).ok())
}
