//! What the node's probes ask, on the admin port.

use service_kit::server::admin;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

#[tokio::test]
async fn the_admin_port_answers_grpc_health_in_the_clear_until_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound port"));
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(admin::serve(listener, None, shutdown.clone()));
    let channel = Channel::from_shared(address).expect("an address").connect().await.expect("connected");
    let mut health = HealthClient::new(channel);
    let mut watched = health.watch(HealthCheckRequest::default()).await.expect("watched").into_inner();
    let mut status =
        async || watched.message().await.ok().flatten().map(|reply: HealthCheckResponse| reply.status());
    assert_eq!(status().await, Some(ServingStatus::Serving));
    let checked = health.check(HealthCheckRequest::default()).await.expect("checked").into_inner();
    assert_eq!(checked.status(), ServingStatus::Serving);

    shutdown.cancel();
    assert_eq!(status().await, Some(ServingStatus::NotServing));
    drop((watched, health));
    served.await.expect("it ends");
}
