//! When the data of published entries is due to be updated, and what is late (art. 19).

mod convert;
mod error;
mod grpc;
pub mod policy;
pub mod schedule;
mod store;
pub mod sweeper;

pub use grpc::UpdateCalendar;
pub use store::{ScheduleStore, follow, forget};
