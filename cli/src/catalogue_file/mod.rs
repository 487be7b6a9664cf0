//! Reads an office's catalogue file (CSV, XLSX, XLS) with whatever headers it has into rows of the national
//! guideline's fields (发改高技〔2017〕1272号). No network, no clock.
//!
//! [`Source::open`] finds the header, [`propose`] a mapping, and [`Source::rows`] streams the rows.

mod date;
mod delimited;
mod encoding;
mod error;
mod field;
mod header;
mod identity;
mod list;
mod mapping;
mod propose;
mod refusal;
mod row;
mod rows;
mod sheet;
mod source;
mod text;
mod vocabulary;

pub use encoding::Encoding;
pub use error::Error;
pub use field::{Field, Target};
pub use list::{Format, Item};
pub use mapping::Mapping;
pub use propose::{Proposal, ProposedColumn, Why, propose};
pub use refusal::{Reason, RefusalReport, Refused};
pub use row::{CatalogueRow, Warning};
pub use rows::{Rows, Tally};
pub use source::{Layout, Source};
pub use vocabulary::{FormatClass, OpenToPublic, SharingType, UpdateCycle};
