//! Plans of what units collect, checked against the catalogue (art. 10, 17, 18).

mod check;
mod convert;
mod error;
mod grpc;
pub mod plan;
pub mod policy;
mod store;

pub use check::Check;
pub use grpc::Collection;
pub use store::PlanStore;
