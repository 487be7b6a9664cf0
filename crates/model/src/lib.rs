//! The words of the policy as types: who acts, what an id means, which day is a working day, what a rule pack
//! says. Pure: no clock, no I/O, no transport.

pub mod actor;
pub mod authority;
pub mod calendar;
pub mod id;
pub mod pack;
pub mod task;

pub use actor::{Actor, Role, Roles, Subject};
pub use authority::{Decision, Relation, Rule};
pub use task::{Task, WaitsFor};
