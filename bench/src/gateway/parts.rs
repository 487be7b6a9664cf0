//! What stands behind the proxies: a tonic server that does next to nothing, and a collector that swallows traces.
//! Each is this program started again.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use govshare_proto::evaluation::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use govshare_proto::evaluation::v1::{
    GetUnitIndicatorsRequest, GetUnitIndicatorsResponse, GetUnitPeriodRequest, GetUnitPeriodResponse,
    ListUnitIndicatorsRequest, ListUnitIndicatorsResponse, UnitIndicators,
};
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// A part with where it listens, `hello@127.0.0.1:1234`.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Hello(SocketAddr),
    Collector(SocketAddr),
}

impl FromStr for Part {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text.split_once('@').ok_or("a part is NAME@ADDRESS")?;
        let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
        match name {
            "hello" => Ok(Self::Hello(address)),
            "collector" => Ok(Self::Collector(address)),
            _ => Err(format!("{name} is not a part")),
        }
    }
}

impl Part {
    pub async fn play(self) -> Result<(), Box<dyn Error>> {
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let server = Server::builder().tcp_nodelay(true).add_service(health);
        match self {
            Self::Hello(address) => {
                server.add_service(EvaluationServiceServer::new(Hello)).serve(address).await?
            }
            Self::Collector(address) => server.add_service(Collector).serve(address).await?,
        }
        Ok(())
    }
}

struct Hello;

#[tonic::async_trait]
impl EvaluationService for Hello {
    async fn get_unit_indicators(
        &self,
        request: Request<GetUnitIndicatorsRequest>,
    ) -> Result<Response<GetUnitIndicatorsResponse>, Status> {
        let unit_indicators =
            Some(UnitIndicators { unit_id: request.into_inner().unit_id, ..Default::default() });
        Ok(Response::new(GetUnitIndicatorsResponse { unit_indicators, feed_position: 1 }))
    }

    async fn list_unit_indicators(
        &self,
        _: Request<ListUnitIndicatorsRequest>,
    ) -> Result<Response<ListUnitIndicatorsResponse>, Status> {
        Err(Status::unimplemented("only one unit is asked for"))
    }

    async fn get_unit_period(
        &self,
        _: Request<GetUnitPeriodRequest>,
    ) -> Result<Response<GetUnitPeriodResponse>, Status> {
        Err(Status::unimplemented("only one unit is asked for"))
    }
}

/// Answers every OTLP export of spans with an empty message.
#[derive(Clone)]
struct Collector;

impl NamedService for Collector {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

impl tower::Service<http::Request<Body>> for Collector {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::<(), ()>::default();
            let swallow = tower::service_fn(async |_: Request<()>| Ok::<_, Status>(Response::new(())));
            Ok(Grpc::new(codec).unary(swallow, request).await)
        })
    }
}
