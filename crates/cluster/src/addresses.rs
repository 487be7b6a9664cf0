//! Who listens where: the default ports if they are free, others if not.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::ports::Ports;
use crate::services::{ADMIN_OFFSET, DATA_PORT, GATEWAY, SERVICES};

/// One replica of a service and its ports, all on 127.0.0.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replica {
    pub(crate) number: usize,
    port: u16,
    admin_port: u16,
    /// Exchange's port for downloads; others have none.
    pub(crate) data_port: Option<u16>,
}

impl Replica {
    pub(crate) fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn admin_listen(&self) -> String {
        format!("127.0.0.1:{}", self.admin_port)
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.listen())
    }
}

pub(crate) struct Addresses {
    pub(crate) gateway: Replica,
    services: BTreeMap<&'static str, Vec<Replica>>,
}

impl Addresses {
    /// With a gateway port, the first replicas get the default ports where these are free; without one, every port
    /// is any free one. The ports stay held until the second value is dropped.
    pub(crate) fn choose(
        gateway_port: Option<u16>,
        replicas: &BTreeMap<String, usize>,
    ) -> Result<(Addresses, Ports), Error> {
        if let Some((unknown, number)) =
            replicas.iter().find(|(name, _)| SERVICES.iter().all(|s| s.name != *name))
        {
            return Err(Error::NoReplica { service: unknown.clone(), replica: *number });
        }
        let mut ports = Ports::default();
        let gateway = match gateway_port {
            Some(port) if !ports.hold(port) => return Err(Error::GatewayPortTaken(port)),
            Some(port) => port,
            None => ports.any()?,
        };
        let use_defaults = gateway_port.is_some();
        let mut choose = |default: u16, number| match number {
            0 if use_defaults => ports.prefer(default),
            _ => ports.any(),
        };
        let mut services = BTreeMap::new();
        for service in &SERVICES {
            let count = replicas.get(service.name).copied().unwrap_or(1).max(1);
            let replica = |number| {
                let port = choose(service.port, number)?;
                let admin_port = choose(service.port + ADMIN_OFFSET, number)?;
                let delivers = service.name == "exchange";
                let data_port = delivers.then(|| choose(DATA_PORT, number)).transpose()?;
                Ok(Replica { number, port, admin_port, data_port })
            };
            services.insert(service.name, (0..count).map(replica).collect::<Result<_, Error>>()?);
        }
        let admin_port = choose(GATEWAY.port + ADMIN_OFFSET, 0)?;
        let gateway = Replica { number: 0, port: gateway, admin_port, data_port: None };
        Ok((Addresses { gateway, services }, ports))
    }

    /// None for a name that is no service.
    pub(crate) fn replicas(&self, service: &str) -> &[Replica] {
        self.services.get(service).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn replica(&self, service: &str, replica: usize) -> Result<&Replica, Error> {
        let found = self.replicas(service).get(replica);
        found.ok_or_else(|| Error::NoReplica { service: service.to_owned(), replica })
    }

    /// Where the first replica of exchange delivers data.
    pub(crate) fn data_endpoint(&self) -> String {
        let port = self.replicas("exchange").iter().find_map(|replica| replica.data_port);
        format!("http://127.0.0.1:{}", port.expect("exchange has a replica, and that a data port"))
    }

    pub(crate) fn admin(&self) -> BTreeMap<String, Vec<String>> {
        let services = self.services.iter().map(|(name, replicas)| (*name, replicas.as_slice()));
        let all = services.chain([(GATEWAY.name, std::slice::from_ref(&self.gateway))]);
        let endpoint = |replica: &Replica| format!("http://{}", replica.admin_listen());
        all.map(|(name, replicas)| (name.to_owned(), replicas.iter().map(endpoint).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn every_replica_has_ports_of_its_own() {
        let counts = BTreeMap::from([("exchange".to_owned(), 3), ("audit".to_owned(), 2)]);
        let (addresses, _ports) = Addresses::choose(None, &counts).expect("enough free ports");
        assert_eq!(addresses.replicas("exchange").len(), 3);
        assert_eq!(addresses.replicas("audit").len(), 2);
        assert_eq!(addresses.replicas("catalog").len(), 1);
        let all = addresses.services.values().flatten().chain([&addresses.gateway]);
        let mut ports: Vec<u16> =
            all.flat_map(|r| [Some(r.port), Some(r.admin_port), r.data_port]).flatten().collect();
        let count = ports.len();
        ports.sort();
        ports.dedup();
        let replicas = 3 + 2 + 5;
        assert_eq!(count, 2 * (replicas + 1) + 3, "two each, gateway included, and three for data");
        assert_eq!(ports.len(), count, "{ports:?}");
    }

    #[test]
    fn a_taken_gateway_port_names_the_option_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = taken.local_addr().expect("bound").port();
        let error = Addresses::choose(Some(port), &BTreeMap::new()).err().expect("taken").to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--gateway-port"), "{error}");
    }

    #[test]
    fn replicas_of_an_unknown_service_are_refused() {
        let error = Addresses::choose(None, &BTreeMap::from([("catalogue".to_owned(), 2)])).err();
        assert!(matches!(error, Some(Error::NoReplica { service, .. }) if service == "catalogue"));
    }
}
