//! The plan and the yearly plan (规划、年度计划, art. 6, 7, 8).

mod convert;
mod grpc;
pub mod policy;

pub use grpc::Plans;
