//! The services of the cluster as the sandbox sees them: names, default ports, and who calls whom.

/// One service, its own binary `govshare-<name>`.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    pub name: &'static str,
    /// Port of its gRPC in a sandbox where nothing is in the way.
    pub port: u16,
    /// The services that it calls; along these there is no cycle.
    pub upstreams: &'static [&'static str],
}

/// Everything behind the gateway, in the order of the default ports.
pub const SERVICES: [Service; 7] = [
    Service { name: "catalog", port: 8101, upstreams: &["audit"] },
    Service { name: "security-review", port: 8102, upstreams: &["catalog", "audit"] },
    Service { name: "access-request", port: 8103, upstreams: &["catalog", "audit"] },
    Service { name: "agreement", port: 8104, upstreams: &["access-request", "catalog", "audit"] },
    Service { name: "exchange", port: 8105, upstreams: &["agreement", "catalog", "audit"] },
    Service { name: "audit", port: 8106, upstreams: &[] },
    Service { name: "evaluation", port: 8107, upstreams: &["audit", "catalog"] },
];

/// The one port that callers know.
pub const GATEWAY: Service = Service {
    name: "gateway",
    port: 8080,
    upstreams: &[
        "catalog",
        "security-review",
        "access-request",
        "agreement",
        "exchange",
        "audit",
        "evaluation",
    ],
};

/// Where exchange delivers data, beside its gRPC port.
pub(crate) const DATA_PORT: u16 = 8110;
/// The admin port (metrics, probes) is this far above the gRPC port.
pub(crate) const ADMIN_OFFSET: u16 = 1000;

impl Service {
    pub fn binary(&self) -> String {
        format!("govshare-{}", self.name)
    }

    /// The login role that it runs as; its schema is the same without the prefix.
    pub fn database_role(&self) -> String {
        format!("govshare_{}", self.name.replace('-', "_"))
    }
}

/// The setting that holds the endpoints of `service` for those who call it.
pub(crate) fn upstream_setting(service: &str) -> String {
    format!("GOVSHARE__UPSTREAMS__{}", service.replace('-', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Services command each other along a call graph without cycles: taking away those that call nobody who is
    /// left, again and again, leaves nothing.
    #[test]
    fn the_call_graph_has_no_cycle_and_no_unknown_name() {
        let mut left: Vec<&Service> = SERVICES.iter().chain([&GATEWAY]).collect();
        let names: Vec<&str> = left.iter().map(|service| service.name).collect();
        assert!(left.iter().flat_map(|service| service.upstreams).all(|called| names.contains(called)));
        while !left.is_empty() {
            let remaining: Vec<&str> = left.iter().map(|service| service.name).collect();
            let before = left.len();
            left.retain(|service| service.upstreams.iter().any(|called| remaining.contains(called)));
            assert!(left.len() < before, "a cycle among {remaining:?}");
        }
    }

    #[test]
    fn the_gateway_reaches_every_service() {
        assert_eq!(GATEWAY.upstreams, SERVICES.map(|service| service.name));
    }
}
