//! The data port: DownloadService on a server of its own, beside the main one and stopping with it.

use std::path::Path;
use std::time::Duration;

use govshare_proto::exchange::v1::download_service_server::DownloadServiceServer;
use service_kit::bounded;
use service_kit::config::Server;
use service_kit::process::Error;
use service_kit::server::{connections, explained};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::http::Response;
use tonic::transport::server::Router;
use tonic::transport::{Identity, ServerTlsConfig};
use tower::layer::util::Stack;
use tower::util::MapResponseLayer;

use super::download::Downloads;
use super::recorder::Recorder;
use crate::settings::Settings;

type Explain = fn(Response<Body>) -> Response<Body>;
type Explained = Stack<MapResponseLayer<Explain>, tower::layer::util::Identity>;

/// A request is a ticket.
const MAX_REQUEST_BYTES: usize = 4096;
/// A chunk with its frame.
const MAX_REPLY_BYTES: usize = 512 << 10;

/// The port, bound and ready to serve.
pub struct DataPort {
    listener: TcpListener,
    router: Router<Explained>,
    bounds: Server,
    recorder: Recorder,
}

impl DataPort {
    pub fn new(
        settings: &Settings,
        server: &Server,
        listener: TcpListener,
        downloads: Downloads,
    ) -> Result<Self, Error> {
        // The windows that a download fills are the client's; what comes in here is small.
        let mut builder = tonic::transport::Server::builder()
            .layer(MapResponseLayer::new(explained as Explain))
            .timeout(Duration::from_secs(60))
            .max_concurrent_streams(server.max_concurrent_streams)
            .http2_max_header_list_size(server.max_header_bytes)
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            // With a grace besides, tonic would ask nobody to leave and cut what runs when the grace is over. What
            // runs on an aged connection is bounded by the recorder.
            .max_connection_age(Duration::from_secs(settings.connection_age_seconds));
        if let Some((cert, key)) = settings.data_tls() {
            let tls = ServerTlsConfig::new()
                .identity(Identity::from_pem(read(cert)?, read(key)?))
                .timeout(Duration::from_secs(server.handshake_seconds));
            builder = builder.tls_config(tls)?;
        }
        let recorder = downloads.recorder.clone();
        let service = bounded!(DownloadServiceServer::new(downloads), MAX_REQUEST_BYTES)
            .max_encoding_message_size(MAX_REPLY_BYTES);
        Ok(Self { listener, router: builder.add_service(service), bounds: server.clone(), recorder })
    }

    /// Serves until `shutdown`, drains under the deadline, cuts what is left, and returns once every end is
    /// recorded.
    pub async fn serve(self, shutdown: CancellationToken) {
        let connections = connections::bounded(self.listener, &self.bounds);
        let drain = Duration::from_secs(self.bounds.drain_seconds);
        let stopping = shutdown.clone().cancelled_owned();
        tokio::select! {
            ended = self.router.serve_with_incoming_shutdown(connections, stopping) => {
                if let Err(error) = ended {
                    tracing::error!(%error, "data port ended");
                    shutdown.cancel();
                }
            }
            () = async { shutdown.cancelled().await; tokio::time::sleep(drain).await } => {
                tracing::warn!("downloads still ran at the end of the drain and were cut");
            }
        }
        self.recorder.cut.cancel();
        self.recorder.tasks.close();
        self.recorder.tasks.wait().await;
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| format!("service.data_tls: {}: {error}", path.display()).into())
}
