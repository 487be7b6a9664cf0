//! The register of collected information and its archiving marks (art. 11, 20).

mod convert;
mod error;
mod grpc;
pub mod policy;
pub mod record;
mod store;

pub use grpc::Archiving;
pub use store::ArchiveStore;
