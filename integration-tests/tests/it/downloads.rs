//! Downloads whose clients do not behave, at exchange's own port, by clients that decide themselves what they read.

use bytes::Bytes;
use govshare_model::Role;
use govshare_proto::exchange::v1::{CreateTicketRequest, CreateTicketResponse, DownloadRequest};
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use integration_tests::eventually;
use prost::Message;
use tokio::net::TcpStream;

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
/// More than goes out before the client says that it read something.
const SIZE: usize = 1 << 20;

/// Tickets for a file of [`SIZE`].
async fn tickets<const N: usize>(city: &City) -> [CreateTicketResponse; N] {
    let (case, agreement_id) = city.agreed_case(APPLICANT, PROVIDER).await;
    let version = city.published_data(PROVIDER, &case.entry_id, &vec![7; SIZE]).await;
    let request = CreateTicketRequest { agreement_id, data_version_id: version.data_version_id };
    let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
    let mut tickets = Vec::new();
    for _ in 0..N {
        tickets.push(taker.create_ticket(request.clone()).await.expect("a ticket").into_inner());
    }
    tickets.try_into().expect("as many as asked for")
}

async fn connect(ticket: &CreateTicketResponse) -> SendRequest<Bytes> {
    let address = ticket.download_uri.strip_prefix("http://").expect("in the clear");
    let stream = TcpStream::connect(address).await.expect("exchange's data port");
    let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

/// Redeems a ticket; nothing is read yet.
async fn redeem(sender: &SendRequest<Bytes>, ticket: &CreateTicketResponse) -> RecvStream {
    let path = "/govshare.exchange.v1.DownloadService/Download";
    let request = http::Request::post(format!("{}{path}", ticket.download_uri))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("a request");
    let message = DownloadRequest { ticket: ticket.ticket.clone() }.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).expect("short").to_be_bytes());
    frame.extend(message);
    let mut ready = sender.clone().ready().await.expect("an open connection");
    let (reply, mut body) = ready.send_request(request, false).expect("sent");
    body.send_data(frame.into(), true).expect("sent");
    let reply = reply.await.expect("a reply");
    assert_eq!(reply.headers().get("grpc-status"), None, "refused: {:?}", reply.headers());
    reply.into_body()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aged_connection_takes_no_new_download_and_finishes_what_runs() {
    let city = City::start_with_exchange(&[("CONNECTION_AGE_SECONDS", "1")]).await;
    let [ticket] = tickets(&city).await;
    let sender = connect(&ticket).await;
    let mut running = redeem(&sender, &ticket).await;
    eventually("the client is asked to leave", async || match sender.clone().ready().await {
        Err(error) if error.is_go_away() && error.reason() == Some(Reason::NO_ERROR) => Ok(()),
        Err(error) => panic!("the connection was lost: {error}"),
        Ok(_) => Err("it may go on"),
    })
    .await;
    let mut taken = 0;
    while let Some(bytes) = running.data().await {
        let length = bytes.expect("the download goes on").len();
        running.flow_control().release_capacity(length).expect("what was received");
        taken += length;
    }
    let trailers = running.trailers().await.expect("an end").expect("trailers");
    assert_eq!(trailers.get("grpc-status").expect("a status"), "0");
    assert!(taken > SIZE, "{taken} bytes with their frames");
}
