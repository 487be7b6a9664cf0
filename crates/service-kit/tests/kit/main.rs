//! The kit from outside: configuration, tokens, pages, and the database's promises on a real PostgreSQL.

mod admin;
mod config;
mod connections;
mod database;
mod event;
mod form;
mod page;
mod service_keys;
mod tasks;
mod tokens;
