//! Taking data with a ticket, at the exchange platform's own port.

use govshare_proto::exchange::v1::download_service_client::DownloadServiceClient;
use govshare_proto::exchange::v1::{DownloadRequest, download_response::Part};
use tonic::Status;
use tonic::transport::Endpoint;

/// A stream that came to its end.
#[derive(Debug)]
pub struct Download {
    pub delivery_id: String,
    pub bytes: Vec<u8>,
}

/// Redeems a ticket at `uri` and reads the stream to its end.
pub async fn redeem(uri: &str, ticket: &str) -> Result<Download, Status> {
    let port = Endpoint::from_shared(uri.to_owned()).expect("an address").connect_lazy();
    let request = DownloadRequest { ticket: ticket.to_owned() };
    let mut stream = DownloadServiceClient::new(port).download(request).await?.into_inner();
    let mut download = Download { delivery_id: String::new(), bytes: Vec::new() };
    while let Some(message) = stream.message().await? {
        match message.part.expect("every message carries something") {
            Part::Opening(opening) => download.delivery_id = opening.delivery_id,
            Part::Chunk(chunk) => download.bytes.extend(&chunk),
        }
    }
    Ok(download)
}
