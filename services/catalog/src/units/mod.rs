//! The register of units (各单位, art. 2 and 13).

pub mod convert;
pub mod credit_code;
mod error;
mod grpc;
pub mod policy;
pub mod short_name;
pub mod store;
pub mod unit;

pub use grpc::Units;
