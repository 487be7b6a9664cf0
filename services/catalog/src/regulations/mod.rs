//! Technical schemes, management measures, implementing rules and procedures (art. 8, 12, 17, 35).

mod convert;
mod error;
mod grpc;
pub mod policy;
pub mod regulation;
mod store;

pub use grpc::Regulations;
pub use store::RegulationStore;
