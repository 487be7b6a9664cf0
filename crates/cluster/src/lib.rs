//! A private PostgreSQL and the whole cluster on it as supervised real binaries: for the sandbox (`make run`), the
//! demo, fault tests and benches. Tests of single services take only [`TestServer`] from here.

mod addresses;
mod database;
mod error;
mod files;
mod keys;
mod leash;
mod ports;
mod postgres;
mod process;
mod sandbox;
mod schemas;
mod seed;
mod seed_data;
mod services;
mod state_dir;
mod testing;

pub use database::ensure_database;
pub use error::Error;
pub use keys::{AUDIENCE, ISSUER, Identity, SigningKey};
pub use postgres::{Durability, Postgres, PostgresOptions};
pub use process::{Process, Program};
pub use sandbox::{Cluster, Options, Storage};
pub use schemas::with_database;
pub use seed_data::{DatabaseKind, Seed, SeedUnit, SharedDatabase, UnitKind};
pub use services::{GATEWAY, SERVICES, Service};
pub use state_dir::{SandboxFile, StateDir};
pub use testing::{TestDatabase, TestServer};
