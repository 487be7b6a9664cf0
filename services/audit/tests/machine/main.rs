//! What enters the log and where, without a database.

mod leaves;
mod positions;
mod rules;
