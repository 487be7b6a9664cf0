//! Everything that is tested through the gateway, on real PostgreSQL, with all services running.

mod authorization;
mod bad_input;
mod faults;
mod journeys;
mod replicas;
mod schemas;
