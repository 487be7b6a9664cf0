//! The whole platform in the test's process, on a database of its own, with movable business time: what the
//! journeys, the authorization matrix and the service tests run against.

mod city;
mod cord;
mod people;
mod platform;
pub mod refusal;
pub mod steps;

pub use city::{City, Shape};
pub use people::Person;
pub use platform::{Platform, eventually};
pub use steps::{Case, DATA};
