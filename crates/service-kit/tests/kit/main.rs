//! The kit from outside: configuration, tokens, pages, and the database's promises on a real PostgreSQL.

mod admin;
mod attachments;
mod config;
mod connections;
mod database;
mod document_number;
mod event;
mod form;
mod holidays;
mod media_type;
mod page;
mod refusal;
mod service_keys;
mod tasks;
mod tokens;
