//! The register of shared databases and who leads them (art. 5, 12).

pub mod convert;
mod error;
mod grpc;
pub mod policy;
pub mod proposal;
pub mod shared_database;
mod store;

pub use grpc::SharedDatabases;
pub use store::SharedDatabaseStore;
