//! Which events count for which unit, without a database.

mod counted;
mod rules;
