//! Whoever acts on a platform, wherever it runs: people with their tokens, and the steps of a sharing case. The
//! journeys in `tests/` take them on all services in one process, the benchmarks on real processes.

mod downloads;
mod people;
mod platform;
pub mod refusal;
pub mod steps;

pub use downloads::{Download, redeem};
pub use people::Person;
pub use platform::{Platform, eventually};
pub use steps::{Case, DATA};
