//! Downloads whose clients do not behave, at exchange's own port, by clients that decide themselves what they read.

use std::time::Duration;

use bytes::Bytes;
use govshare_model::Role;
use govshare_proto::exchange::v1::download_service_client::DownloadServiceClient;
use govshare_proto::exchange::v1::{
    CreateTicketRequest, CreateTicketResponse, Delivery, DeliveryState, DownloadRequest,
    ListDeliveriesRequest,
};
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use integration_tests::eventually;
use integration_tests::refusal::refused;
use prost::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Endpoint;

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

/// Sends a body to the method; nothing of the reply is read yet but its headers.
async fn post(
    sender: &SendRequest<Bytes>,
    ticket: &CreateTicketResponse,
    sent: Vec<u8>,
) -> http::Response<RecvStream> {
    let path = "/govshare.exchange.v1.DownloadService/Download";
    let request = http::Request::post(format!("{}{path}", ticket.download_uri))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("a request");
    let mut ready = sender.clone().ready().await.expect("an open connection");
    let (reply, mut body) = ready.send_request(request, false).expect("sent");
    body.send_data(sent.into(), true).expect("sent");
    reply.await.expect("a reply")
}

/// Redeems a ticket; nothing is read yet.
async fn redeem(sender: &SendRequest<Bytes>, ticket: &CreateTicketResponse) -> RecvStream {
    let message = DownloadRequest { ticket: ticket.ticket.clone() }.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).expect("short").to_be_bytes());
    frame.extend(message);
    let reply = post(sender, ticket, frame).await;
    assert_eq!(reply.headers().get("grpc-status"), None, "refused: {:?}", reply.headers());
    reply.into_body()
}

async fn deliveries(city: &City) -> Vec<Delivery> {
    let mut taker = city.person(APPLICANT, Role::Drafter).exchange();
    taker.list_deliveries(ListDeliveriesRequest::default()).await.expect("listed").into_inner().deliveries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_ticket_is_refused_in_words_at_the_data_port() {
    let city = City::start().await;
    let [ticket] = tickets(&city).await;
    let sender = connect(&ticket).await;
    let framed = |flag: u8, message: &[u8]| {
        let length = u32::try_from(message.len()).expect("short").to_be_bytes();
        [&[flag][..], &length, message].concat()
    };
    let not_utf8 = framed(0, b"\x0a\x02\xd6\xd0");
    let (compressed, too_long) = (framed(1, b""), framed(0, &vec![b' '; 5000]));
    for body in [Vec::new(), not_utf8, framed(0, b"\x0a\x7f"), compressed, too_long, vec![0, 0, 0, 0, 9, 1]] {
        let reply = post(&sender, &ticket, body.clone()).await;
        let header = |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("grpc-status"), Some("3"), "{body:?}: {reply:?}");
        assert!(header("grpc-status-details-bin").is_some(), "{body:?}");
    }
    let body = redeem(&sender, &ticket).await;
    assert!(!body.is_end_stream(), "the ticket is still good");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_who_does_not_read_is_cut_off_and_until_then_holds_no_more_than_its_units_share() {
    let city = City::start_with_exchange(&[("STALL_SECONDS", "3"), ("MAX_DOWNLOADS_PER_UNIT", "1")]).await;
    let [stalled, next] = tickets(&city).await;
    let sender = connect(&stalled).await;
    let mut unread = redeem(&sender, &stalled).await;

    let channel = Endpoint::from_shared(next.download_uri.clone()).expect("an address").connect_lazy();
    let mut port = DownloadServiceClient::new(channel);
    let request = DownloadRequest { ticket: next.ticket.clone() };
    refused(port.download(request.clone()).await, Code::ResourceExhausted, "OVERLOADED").retry();
    let ended = eventually("the delivery has ended", async || {
        let mut deliveries = deliveries(&city).await;
        assert_eq!(deliveries.len(), 1, "the refused one was not begun");
        let delivery = deliveries.remove(0);
        if delivery.state() == DeliveryState::Started { Err("it runs") } else { Ok(delivery) }
    })
    .await;
    assert_eq!(ended.state(), DeliveryState::Broken, "{ended:?}");
    // What was under way still arrives, then the connection ends.
    let reading = async {
        while let Some(Ok(_)) = unread.data().await {}
        sender.clone().ready().await
    };
    let lost = timeout(Duration::from_secs(20), reading).await.expect("not left open");
    assert!(lost.is_err(), "its connection is closed");

    let mut stream = eventually("the ticket is still good, and the place is free", async || {
        port.clone().download(request.clone()).await
    })
    .await
    .into_inner();
    while stream.message().await.expect("all of it").is_some() {}
    eventually("it is completed", async || {
        let newest = deliveries(&city).await.remove(0);
        if newest.state() == DeliveryState::Completed { Ok(()) } else { Err(format!("{newest:?}")) }
    })
    .await;
}
