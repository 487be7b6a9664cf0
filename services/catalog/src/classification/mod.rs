//! The classification tree and the codes of resources (art. 15), after the national guideline of 2017.

pub mod code;
mod convert;
mod error;
mod grpc;
pub mod node;
pub mod policy;
mod store;

pub use grpc::Classification;
pub use store::ClassificationStore;
