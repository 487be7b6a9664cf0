//! Rate, errors and duration of every routed method, and the connections to the services.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use opentelemetry::metrics::{Histogram, ObservableGauge};
use opentelemetry::{KeyValue, global};
use tonic::Code;

use crate::routes::Route;
use crate::upstream::Upstream;

const CODES: usize = Code::Unauthenticated as usize + 1;
const METER: &str = "govshare";

/// Durations by method and status; the attributes of each pair are made once.
pub struct Durations {
    histogram: Histogram<f64>,
    attributes: Vec<OnceLock<Box<[KeyValue; 4]>>>,
}

impl Durations {
    pub fn new(routes: usize) -> Self {
        let histogram = global::meter(METER)
            .f64_histogram("rpc.server.call.duration")
            .with_unit("s")
            .with_boundaries(vec![
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            ])
            .build();
        Self { histogram, attributes: (0..routes * CODES).map(|_| OnceLock::new()).collect() }
    }

    pub fn record(&self, number: usize, route: &Route, code: Code, time: Duration) {
        let attributes = self.attributes[number * CODES + code as usize].get_or_init(|| {
            Box::new([
                KeyValue::new("rpc.system", "grpc"),
                KeyValue::new("rpc.service", route.service.clone()),
                KeyValue::new("rpc.method", route.method.clone()),
                KeyValue::new("rpc.grpc.status_code", i64::from(code as i32)),
            ])
        });
        self.histogram.record(time.as_secs_f64(), &attributes[..]);
    }
}

/// Live connections by service, looked at when the metrics are read.
pub fn watch_connections(upstreams: &[Arc<Upstream>]) -> ObservableGauge<u64> {
    let watched: Vec<(KeyValue, Weak<Upstream>)> = upstreams
        .iter()
        .map(|upstream| (KeyValue::new("upstream", upstream.name), Arc::downgrade(upstream)))
        .collect();
    global::meter(METER)
        .u64_observable_gauge("govshare.gateway.upstream.connections")
        .with_callback(move |observer| {
            for (name, upstream) in &watched {
                let connections = upstream.upgrade().map_or(0, |upstream| upstream.connections());
                observer.observe(connections as u64, std::slice::from_ref(name));
            }
        })
        .build()
}
