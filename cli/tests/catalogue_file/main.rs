//! Catalogue files as offices write them: what is read, what is refused, and that every row is accounted for.

mod any_input;
mod files;
mod headers;
mod offices;
mod rows;
mod spreadsheets;
