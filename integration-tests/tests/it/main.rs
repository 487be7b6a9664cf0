//! Everything that is tested through the gateway, on real PostgreSQL, with all services running.

mod journeys;
mod schemas;
