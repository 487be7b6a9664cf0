//! Redeems tickets: the delivery stands in the audit before its first byte leaves.

use std::sync::Arc;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{DeliveryId, UnitId};
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::download_service_server::DownloadService;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use service_kit::client::Upstream;
use service_kit::clock::real_now;
use service_kit::server::connections::Cut;
use service_kit::shares::Shares;
use service_kit::{Database, Failure, Refusal, telemetry};
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status};
use tracing::Instrument;
use uuid::Uuid;

use super::recorder::Recorder;
use super::store::Deliveries;
use super::stream::{DeliveryStream, Place, Progress};
use super::{Delivery, Transition};
use crate::basis::Basis;
use crate::data_version::store::Versions;
use crate::data_version::{self, DataVersion};
use crate::error;
use crate::objects::Objects;
use crate::ticket::store::Tickets;
use crate::ticket::{self, Digest};
use crate::upstreams::{Agreements, Catalog};

#[derive(Clone)]
pub struct Downloads {
    pub database: Database,
    pub versions: Versions,
    pub tickets: Tickets,
    pub deliveries: Deliveries,
    pub objects: Objects,
    pub agreements: Agreements,
    pub catalog: Catalog,
    pub audit: Upstream,
    pub recorder: Recorder,
    /// Downloads at once; more are shed.
    pub places: Arc<Semaphore>,
    /// What of these one unit has.
    pub units: Shares<UnitId>,
    /// Calls by status code.
    pub calls: Counter<u64>,
}

#[tonic::async_trait]
impl DownloadService for Downloads {
    type DownloadStream = DeliveryStream;

    async fn download(
        &self,
        request: Request<pb::DownloadRequest>,
    ) -> Result<Response<DeliveryStream>, Status> {
        let span = tracing::info_span!("rpc", otel.kind = "server", rpc.method = "Download");
        let (metadata, extensions, body) = request.into_parts();
        telemetry::adopt(&span, &metadata.into_headers());
        let connection = extensions.get::<Cut>().cloned();
        let connection = connection.ok_or_else(|| Failure::internal("a request without its connection"))?;
        let downloads = self.clone();
        // In a task of its own, as a client who leaves must not cut the transaction in half.
        let opening = async move { downloads.open(&body.ticket, connection).await };
        let opened = tokio::spawn(opening.instrument(span)).await;
        let reply = opened.map_err(Failure::internal).flatten().map_err(Status::from);
        let code = reply.as_ref().map_or_else(Status::code, |_| Code::Ok);
        self.calls.add(1, &[KeyValue::new("rpc.grpc.status_code", i64::from(code as i32))]);
        reply.map(Response::new)
    }
}

impl Downloads {
    async fn open(&self, ticket: &str, connection: Cut) -> Result<DeliveryStream, Failure> {
        if !ticket::has_form(ticket) {
            return Err(Refusal::not_found("ticket", "as given").into());
        }
        let digest = Digest::of(ticket);
        let found = self.tickets.load(digest).await?;
        found.redeemable(real_now())?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| error::overloaded())?;
        let share = self.units.take(found.holder.unit.clone()).ok_or_else(error::unit_overloaded)?;
        let now = self.database.clock().now();
        let version = self.versions.load(found.data_version).await?;
        match found.basis {
            Basis::Agreement { id, .. } => {
                self.agreements.agreement(id).await?.lets_flow(shanghai_date(now))?
            }
            Basis::ActiveSharing => self.catalog.entry(version.entry).await?.lets_flow()?,
        }

        let mut tx = self.database.transaction().await?;
        let ticket = self.tickets.redeem(&mut tx, digest, &found, real_now()).await?;
        let start = Delivery::start(DeliveryId(Uuid::now_v7()), &ticket, &version, now);
        let started = self.deliveries.start(&mut tx, &start, &version, &ticket.holder).await?;
        tx.commit_unasked().await?;

        let (stream, progress) = self.stream(&start, &version, (place, share), connection);
        let id = start.delivery().id;
        self.recorder.follow(id, progress);
        // Without the audit the stream is dropped unread, which the recorder takes down as broken.
        started.append(&self.database, &self.audit).await.map_err(|failure| {
            tracing::error!(%id, error = %failure, "delivery not started, as the audit did not take it");
            error::audit_unavailable()
        })?;
        Ok(stream)
    }

    fn stream(
        &self,
        start: &Transition,
        version: &DataVersion,
        place: Place,
        connection: Cut,
    ) -> (DeliveryStream, Progress) {
        let opening = pb::DownloadOpening {
            delivery_id: start.delivery().id.to_string(),
            data_version: Some(data_version::convert::to_proto(version)),
        };
        let chunks = Box::pin(self.objects.read(version.id, version.content.size()));
        DeliveryStream::new(opening, chunks, place, self.recorder.cut.child_token(), connection)
    }
}
