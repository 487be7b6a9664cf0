//! Why a file or a mapping cannot be used at all. What is wrong with one row is a [`super::Refused`].

use std::io;
use std::path::PathBuf;

use super::field::Field;
use super::sheet;

/// The whole file or mapping is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the file has no row with text in it")]
    Empty,
    #[error("neither delimited text nor a spreadsheet ({0}); save it as XLSX or as CSV in UTF-8")]
    NotACatalogue(&'static str),
    #[error("row {row} has more than {most} columns, so the file is no catalogue; is the delimiter right?")]
    TooManyColumns { row: u64, most: usize },
    #[error(
        "the spreadsheet {what} more than {limit}; a text file (CSV) may be as long as one likes, with at most 1024 columns"
    )]
    SpreadsheetTooLarge { what: &'static str, limit: &'static str },
    #[error("the spreadsheet cannot be read: {0}")]
    Spreadsheet(String),
    #[error("the file has no visible sheet {wanted:?}; it has {}", quoted(has))]
    NoSuchSheet { wanted: String, has: Vec<String> },
    #[error("the mapping is no valid TOML: {0}")]
    MappingSyntax(String),
    #[error("{at}: {name:?} is no field; valid are {}", valid_names())]
    UnknownField { at: String, name: String },
    #[error("the mapping gives {field} to the columns {first:?} and {second:?}; one column holds one field")]
    FieldTwice { field: Field, first: String, second: String },
    #[error("the default {value:?} is no valid {field}: {expected}")]
    InvalidDefault { field: Field, value: String, expected: &'static str },
    #[error("the file has no column {}; its columns are {}", quoted(missing), quoted(has))]
    NoSuchColumn { missing: Vec<String>, has: Vec<String> },
    #[error("no column is mapped to {field}; the columns are {}", quoted(has))]
    Unmapped { field: Field, has: Vec<String> },
}

impl Error {
    pub(super) fn too_large_file() -> Self {
        Self::SpreadsheetTooLarge { what: "file has", limit: sheet::LARGEST_FILE_WORDS }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

fn valid_names() -> String {
    let mut names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    names.extend(["extra", "drop"]);
    names.join(", ")
}
