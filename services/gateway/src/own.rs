//! What the gateway answers itself and without a token: its health, and reflection of what it routes.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use service_kit::process::Error;
use service_kit::shares::Share;
use tokio::time::Sleep;
use tonic::Status;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::routes::public_descriptors;

/// Calls at once of one source address, which needs no token for them.
pub const EACH: usize = 16;
/// A watch of the health, or a stream of reflection, is asked anew after so long.
const LONGEST: Duration = Duration::from_secs(60);

/// A reply of these services, which ends in time and counts as one of its source's until then.
pub struct OwnReply {
    body: tonic::body::Body,
    time: Pin<Box<Sleep>>,
    is_over: bool,
    _share: Share<IpAddr>,
}

impl OwnReply {
    pub fn new(body: tonic::body::Body, share: Share<IpAddr>) -> Self {
        Self { body, time: Box::pin(tokio::time::sleep(LONGEST)), is_over: false, _share: share }
    }

    pub fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        std::task::ready!(self.time.as_mut().poll(cx));
        self.is_over = true;
        let mut trailers = http::HeaderMap::new();
        let status = Status::deadline_exceeded("asked for long enough; ask again");
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }
}

/// The health of all that is routed: the gateway's, by the empty name, and that of each public service, whose calls
/// it takes as long as it takes any.
#[derive(Clone)]
pub struct OwnHealth {
    reporter: HealthReporter,
    names: Vec<String>,
}

impl OwnHealth {
    pub async fn set(&self, status: ServingStatus) {
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

pub async fn services() -> Result<(OwnHealth, Routes), Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let public = public_descriptors().file.into_iter().flat_map(|file| {
        let package = file.package().to_owned();
        file.service.into_iter().map(move |service| format!("{package}.{}", service.name()))
    });
    let own = OwnHealth { reporter, names: public.chain([String::new()]).collect() };
    own.set(ServingStatus::Serving).await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_file_descriptor_set(public_descriptors())
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Python's client still asks for v1alpha.
    let routes =
        Routes::new(health).add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?);
    Ok((own, routes))
}
