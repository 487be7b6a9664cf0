//! Violations and what follows from them (art. 34).

mod convert;
mod grpc;
pub mod policy;

pub use grpc::Violations;
