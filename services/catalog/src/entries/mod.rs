//! Catalogue entries and their versions (art. 14 to 16, 24), from draft to retirement, and their search.

pub mod content;
pub mod convert;
pub mod diff;
pub mod entry;
mod error;
mod follower;
mod grpc;
pub mod policy;
mod publication;
mod registration;
mod rejection;
mod save;
mod searching;
mod state;
mod store;
mod tasks;
mod version;
mod view;
mod warnings;

pub use error::refusal;
pub use follower::Follower;
pub use grpc::Entries;
pub use searching::{Searching, catching_up};
pub use store::EntryStore;
