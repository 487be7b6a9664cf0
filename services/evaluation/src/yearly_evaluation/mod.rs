//! The yearly evaluation of the district (年度考评, art. 32), its ranking and its report.

mod account;
mod convert;
mod grpc;
pub mod policy;
pub mod report;

use account::frozen;
pub use account::{Account, latest_frozen};
pub use grpc::YearlyEvaluations;
