//! The gateway between real clients and real HTTP/2 servers: tonic's own, and h2 where a server must misbehave.

mod city;
mod client;
mod faults;
mod identity;
mod keys;
mod limits;
mod peer;
mod routing;
mod shutdown;
mod tls;
