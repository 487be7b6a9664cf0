//! TCP ports on 127.0.0.1 for processes that are about to start.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::Error;

/// Below the range that systems take for outgoing connections, so that none of those gets in between.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// Chosen ports, held until this is dropped so that no two are the same.
#[derive(Default)]
pub(crate) struct Ports {
    held: Vec<TcpListener>,
}

impl Ports {
    /// A port that nobody listens on.
    pub(crate) fn any(&mut self) -> Result<u16, Error> {
        let mut random = [0; 2];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::Randomness)?;
        let offset = u16::from_ne_bytes(random) % (RANGE.end - RANGE.start);
        let middle = RANGE.start + offset;
        (middle..RANGE.end).chain(RANGE.start..middle).find(|port| self.hold(*port)).ok_or(Error::NoPort)
    }

    /// `port`, or any other if it is taken.
    pub(crate) fn prefer(&mut self, port: u16) -> Result<u16, Error> {
        if self.hold(port) { Ok(port) } else { self.any() }
    }

    /// Whether `port` was free; it is held then.
    pub(crate) fn hold(&mut self, port: u16) -> bool {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|listener| self.held.push(listener)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_avoided_and_none_is_given_twice() {
        let mut ports = Ports::default();
        let first = ports.any().expect("a free port");
        assert!(!ports.hold(first), "still held");
        let second = ports.prefer(first).expect("a free port");
        assert_ne!(first, second);
        drop(ports);
        assert!(Ports::default().hold(first), "free again");
    }
}
