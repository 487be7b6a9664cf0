//! The state machine of a request as a table, its invariants under random sequences, and the rule table.

mod command;
mod documents;
mod notes;
mod packs;
mod rules;
mod sequences;
mod steps;
mod support;
mod tasks;
mod third_bodies;
