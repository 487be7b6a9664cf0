//! Inspections by the supervisors (监督检查, art. 33).

mod convert;
mod grpc;
pub mod policy;

pub use grpc::Inspections;
