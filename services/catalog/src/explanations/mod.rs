//! Written explanations of what cannot be listed (art. 16(2)).

mod convert;
mod error;
pub mod explanation;
pub mod form;
mod grpc;
pub mod policy;
mod store;

pub use grpc::Explanations;
pub use store::ExplanationStore;
