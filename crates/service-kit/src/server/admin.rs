//! The admin port, in the clear for the node's probes and scrapers: `/metrics` for Prometheus, `/livez`, `/readyz`
//! which asks the database, and gRPC health, which a kubelet cannot ask over the service's mTLS.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus::{Encoder, TextEncoder};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`.
pub async fn serve(listener: TcpListener, database: Option<PgPool>, shutdown: CancellationToken) {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let router = tonic::service::Routes::new(health_service)
        .into_axum_router()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || ready(database.clone())));
    let stopped = shutdown.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        stopped.cancelled().await;
        health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    });
    if let Err(error) = serving.await {
        tracing::error!(%error, "admin port ended");
    }
}

async fn metrics() -> impl IntoResponse {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&prometheus::gather(), &mut text) {
        Ok(()) => (StatusCode::OK, [("content-type", encoder.format_type().to_owned())], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [("content-type", "text/plain".to_owned())],
            error.to_string().into_bytes(),
        ),
    }
}

async fn ready(database: Option<PgPool>) -> (StatusCode, &'static str) {
    let Some(database) = database else { return (StatusCode::OK, "ok\n") };
    let asked =
        tokio::time::timeout(Duration::from_secs(2), sqlx::query("SELECT 1").execute(&database)).await;
    match asked {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
