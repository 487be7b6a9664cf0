//! Why a row is refused, in Chinese and English, and the report that an office gets back.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::field::Field;
use super::text::shortened;

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The row's first line in a text file, its number in a sheet; 1-based.
    pub row: u64,
    /// Header of the column at fault, where it is one column.
    pub column: Option<String>,
    pub reason: Reason,
    /// The value at fault, at most 100 characters of it.
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A title or provider that is empty or says nothing, and has no default.
    Missing(Field),
    TooLong {
        field: Field,
        characters: usize,
        limit: usize,
    },
    /// More cells with text than the header has columns.
    TooManyColumns {
        found: usize,
        expected: usize,
    },
    /// The row ends before the column of a required field.
    TooFewColumns {
        found: usize,
        expected: usize,
    },
    Undecodable,
    OpenQuote,
    RowTooLong,
    HeaderRepeated,
    /// A note, a total or who filled in the table.
    Note,
    /// Another row of the file has the same source address and other content.
    SameSource {
        first: u64,
    },
    /// The row repeats an earlier one in every field; nothing is lost by leaving it out.
    Duplicate {
        first: u64,
    },
    /// The file could not be read on from here.
    ReadFailed(String),
    /// The platform refused the row; its own words, English and Chinese with ` / ` between.
    Platform(String),
}

impl Refused {
    pub(super) fn new(row: u64, column: Option<&str>, reason: Reason, value: &str) -> Self {
        Self { row, column: column.map(str::to_owned), reason, value: shortened(value, 100) }
    }

    /// True for a row that only repeats an earlier one.
    pub fn is_duplicate(&self) -> bool {
        matches!(self.reason, Reason::Duplicate { .. })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        write!(f, ": {}", self.reason.en())
    }
}

impl Reason {
    pub fn en(&self) -> String {
        match self {
            Self::Missing(field) => format!("the {field} is missing"),
            Self::TooLong { field, characters, limit } => {
                format!("the {field} has {characters} characters; {limit} are allowed")
            }
            Self::TooManyColumns { found, expected } => {
                format!("the row has {found} columns, the header {expected}")
            }
            Self::TooFewColumns { found, expected } => {
                format!("the row has {found} columns of {expected} and ends before a required one")
            }
            Self::Undecodable => "the bytes are no text in the file's encoding".to_owned(),
            Self::OpenQuote => "a quotation mark opens here and does not close".to_owned(),
            Self::RowTooLong => "the row is longer than 1 MiB".to_owned(),
            Self::HeaderRepeated => "the row repeats the header".to_owned(),
            Self::Note => "the row is a note, a total or who filled in the table, no resource".to_owned(),
            Self::SameSource { first } => {
                format!("row {first} has the same source address and other content")
            }
            Self::Duplicate { first } => format!("the row repeats row {first} in every field"),
            Self::ReadFailed(error) => format!("the file could not be read on from here: {error}"),
            Self::Platform(words) => words.split_once(" / ").map_or(words.as_str(), |(en, _)| en).to_owned(),
        }
    }

    pub fn zh(&self) -> String {
        match self {
            Self::Missing(field) => format!("缺少{}", zh(*field)),
            Self::TooLong { field, characters, limit } => {
                format!("{}有 {characters} 个字，超过 {limit} 个字的上限", zh(*field))
            }
            Self::TooManyColumns { found, expected } => format!("本行有 {found} 列，表头只有 {expected} 列"),
            Self::TooFewColumns { found, expected } => {
                format!("本行只有 {found} 列（表头 {expected} 列），缺少必填列")
            }
            Self::Undecodable => "本行的字节不符合文件的编码".to_owned(),
            Self::OpenQuote => "引号在本行开始而没有结束".to_owned(),
            Self::RowTooLong => "本行超过 1 MiB".to_owned(),
            Self::HeaderRepeated => "本行重复表头".to_owned(),
            Self::Note => "本行是注释、合计或者填表信息，不是信息资源".to_owned(),
            Self::SameSource { first } => format!("与第 {first} 行的来源网址相同而内容不同"),
            Self::Duplicate { first } => format!("与第 {first} 行完全相同"),
            Self::ReadFailed(error) => format!("文件自此处无法读取：{error}"),
            Self::Platform(words) => words.split_once(" / ").map_or(words.as_str(), |(_, zh)| zh).to_owned(),
        }
    }
}

fn zh(field: Field) -> &'static str {
    match field {
        Field::Title => "信息资源名称",
        Field::Abstract => "信息资源摘要",
        Field::Provider => "信息资源提供方",
        other => other.name(),
    }
}

/// The refused rows as a CSV file that office software opens: UTF-8 with a byte order mark.
#[derive(Debug)]
pub struct RefusalReport {
    writer: csv::Writer<File>,
}

impl RefusalReport {
    /// Creates the file, over an earlier one of this name, and writes its header.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, csv::Error> {
        let mut file = File::create(path)?;
        file.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(["行 row", "列 column", "原因", "reason", "值 value"])?;
        Ok(Self { writer })
    }

    pub fn add(&mut self, refused: &Refused) -> Result<(), csv::Error> {
        let column = refused.column.as_deref().unwrap_or_default();
        let Refused { row, reason, value, .. } = refused;
        self.writer.write_record([
            &row.to_string(),
            &inert(column),
            &reason.zh(),
            &reason.en(),
            &inert(value),
        ])
    }

    /// Writes out what is buffered.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Text that a spreadsheet program would run as a formula gets an apostrophe in front.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
