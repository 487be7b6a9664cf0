//! Databases, identity and real processes on this machine.

mod databases;
mod identity;
mod postgres;
mod supervision;
mod support;
