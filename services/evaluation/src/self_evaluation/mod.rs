//! A unit's evaluation of itself (自评估, art. 32).

mod convert;
mod form;
mod grpc;
pub mod policy;

pub use grpc::SelfEvaluations;
