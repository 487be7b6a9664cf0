//! Opens a catalogue file: tells its kind, encoding and delimiter, and finds its header.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::delimited::Records;
use super::encoding::Encoding;
use super::error::Error;
use super::field::{self, Field, Target};
use super::header::Header;
use super::mapping::Mapping;
use super::sheet::{MOST_COLUMNS, MergedDown, Workbook};

/// A row as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRow {
    /// The row's first line in a text file, its number in a sheet; 1-based.
    pub line: u64,
    pub cells: Vec<String>,
}

impl RawRow {
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// How a catalogue file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    Delimited {
        encoding: Encoding,
        delimiter: char,
    },
    /// The sheet that is read, and the other visible ones, which are not.
    Sheet {
        name: String,
        others: Vec<String>,
    },
}

/// An opened catalogue file whose header is known.
#[derive(Debug)]
pub struct Source {
    pub(super) path: PathBuf,
    pub(super) body: Body,
    pub(super) header: Header,
    /// Rows after the header, for the proposal of a mapping.
    pub(super) sample: Vec<RawRow>,
    estimated_rows: u64,
}

#[derive(Debug)]
pub(super) enum Body {
    Delimited { encoding: Encoding, delimiter: u8, line_end: u8, begins_at: u64 },
    Sheet { name: String, others: Vec<String>, rows: Vec<RawRow> },
}

/// Rows looked at for the header and for the values of its columns.
const PREVIEW_ROWS: usize = 120;
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

impl Source {
    /// Opens a CSV, XLSX or XLS file, told by its content; the header is found by its words.
    ///
    /// A text file is read through once (for its encoding) and later streamed, whatever its size; a workbook of
    /// more than 32 MiB is refused.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_sheet(path, None)
    }

    /// Like [`Self::open`], of a workbook the sheet of this name.
    pub fn open_sheet(path: impl AsRef<Path>, sheet: Option<&str>) -> Result<Self, Error> {
        Self::open_any(path.as_ref(), sheet, None)
    }

    /// Like [`Self::open`], but the header is the first row with all columns that `mapping` names, in the sheet
    /// that it names. [`Error::NoSuchColumn`] where no row has them.
    pub fn open_with(path: impl AsRef<Path>, mapping: &Mapping) -> Result<Self, Error> {
        Self::open_any(path.as_ref(), mapping.sheet.as_deref(), Some(mapping))
    }

    fn open_any(path: &Path, sheet: Option<&str>, mapping: Option<&Mapping>) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let mut start = Vec::new();
        (&mut file).take(1 << 16).read_to_end(&mut start).map_err(io)?;
        file.rewind().map_err(io)?;
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0") {
            return Self::open_workbook(path, Workbook::open(path, file)?, sheet, mapping);
        }
        let begins_at = refuse_what_is_no_text(&start)?;
        Self::open_delimited(path, file, &start, begins_at, mapping)
    }

    fn open_workbook(
        path: &Path,
        mut workbook: Workbook,
        wanted: Option<&str>,
        mapping: Option<&Mapping>,
    ) -> Result<Self, Error> {
        let candidates: Vec<String> = workbook
            .names
            .iter()
            .filter(|name| wanted.is_none_or(|wanted| wanted == *name))
            .cloned()
            .collect();
        if let (Some(wanted), true) = (wanted, candidates.is_empty()) {
            return Err(Error::NoSuchSheet { wanted: wanted.to_owned(), has: workbook.names });
        }
        let mut unrecognised = None;
        for name in candidates {
            let rows = workbook.rows(&name)?;
            let preview = &rows[..rows.len().min(PREVIEW_ROWS)];
            match find_header(preview, mapping) {
                Some(header) => {
                    let merged = workbook.merged_down(&name)?;
                    let rows = filled_down(rows, &header, mapping, &merged);
                    return Ok(Self::of_sheet(path, &workbook.names, name, rows, header));
                }
                None if unrecognised.is_none() && !rows.is_empty() => unrecognised = Some((name, rows)),
                None => {}
            }
        }
        let (name, rows) = unrecognised.ok_or(Error::Empty)?;
        let header = Header::guess(&rows[..rows.len().min(PREVIEW_ROWS)]).ok_or(Error::Empty)?;
        mapping.map_or(Ok(()), |mapping| mapping.fits(&header.names))?;
        Ok(Self::of_sheet(path, &workbook.names, name, rows, header))
    }

    fn of_sheet(path: &Path, names: &[String], name: String, rows: Vec<RawRow>, header: Header) -> Self {
        let others = names.iter().filter(|other| **other != name).cloned().collect();
        let mut body: Vec<RawRow> = rows.into_iter().filter(|row| row.line > header.last_line).collect();
        // A sheet ends a row at its last cell with text; that makes it no shorter than the header.
        for row in &mut body {
            row.cells.resize(row.cells.len().max(header.names.len()), String::new());
        }
        Self {
            path: path.to_owned(),
            sample: body.iter().take(PREVIEW_ROWS).cloned().collect(),
            estimated_rows: body.len() as u64,
            body: Body::Sheet { name, others, rows: body },
            header,
        }
    }

    fn open_delimited(
        path: &Path,
        mut file: File,
        start: &[u8],
        begins_at: u64,
        mapping: Option<&Mapping>,
    ) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let line_end = if start.contains(&b'\r') && !start.contains(&b'\n') { b'\r' } else { b'\n' };
        let (encoding, lines) = Encoding::detect(&file, line_end).map_err(io)?;
        let mut best: Option<Preview> = None;
        for delimiter in DELIMITERS {
            file.seek(SeekFrom::Start(begins_at)).map_err(io)?;
            let records = Records::new(BufReader::new(&file), delimiter, line_end);
            let preview = Preview::read(records, delimiter, encoding, mapping).map_err(io)?;
            if best.as_ref().is_none_or(|best| preview.worth() > best.worth()) {
                best = Some(preview);
            }
        }
        let Preview { delimiter, rows, header } = best.ok_or(Error::Empty)?;
        if let (None, Some(wide)) = (&header, rows.iter().find(|row| is_too_wide(row))) {
            return Err(Error::TooManyColumns { row: wide.line, most: MOST_COLUMNS });
        }
        let header = match header {
            Some(header) => header,
            None => {
                let header = Header::guess(&rows).ok_or(Error::Empty)?;
                mapping.map_or(Ok(()), |mapping| mapping.fits(&header.names))?;
                header
            }
        };
        Ok(Self {
            path: path.to_owned(),
            body: Body::Delimited { encoding, delimiter, line_end, begins_at },
            sample: rows.into_iter().filter(|row| row.line > header.last_line && !row.is_blank()).collect(),
            estimated_rows: lines.saturating_sub(header.last_line),
            header,
        })
    }

    /// The column names: the header's cells cleaned; one without a name is called by its place (`列3`), a repeated
    /// one gets its number (`名称 (2)`).
    pub fn headers(&self) -> &[String] {
        &self.header.names
    }

    /// Row number of the header (its first line), 1-based.
    pub fn header_row(&self) -> u64 {
        self.header.line
    }

    pub fn layout(&self) -> Layout {
        match &self.body {
            Body::Delimited { encoding, delimiter, .. } => {
                Layout::Delimited { encoding: *encoding, delimiter: char::from(*delimiter) }
            }
            Body::Sheet { name, others, .. } => Layout::Sheet { name: name.clone(), others: others.clone() },
        }
    }

    /// Rows after the header; in a text file the number of lines, so too many where cells hold line breaks.
    pub fn estimated_rows(&self) -> u64 {
        self.estimated_rows
    }
}

/// A text file's first rows, split at one of the delimiters that it may have.
struct Preview {
    delimiter: u8,
    rows: Vec<RawRow>,
    header: Option<Header>,
}

impl Preview {
    fn read(
        mut records: Records<BufReader<&File>>,
        delimiter: u8,
        encoding: Encoding,
        mapping: Option<&Mapping>,
    ) -> std::io::Result<Self> {
        let mut rows = Vec::new();
        for _ in 0..PREVIEW_ROWS {
            match records.next()? {
                Some(Ok(record)) => rows.extend(record.decode(encoding)),
                Some(Err(_)) => {}
                None => break,
            }
        }
        let narrow: Vec<RawRow> = rows.iter().filter(|row| !is_too_wide(row)).cloned().collect();
        Ok(Self { delimiter, header: find_header(&narrow, mapping), rows })
    }

    /// The right delimiter shows a header, in it the most known fields, and then the most cells.
    fn worth(&self) -> (bool, usize, usize) {
        let known = self.header.as_ref().map_or(0, |header| header.recognised);
        (self.header.is_some(), known, self.rows.iter().map(|row| row.cells.len()).sum())
    }
}

/// Rows with what a cell merged downwards says in each of its rows (提供部门 beside all resources of a unit), but for rows
/// without a title of their own, which continue the one above.
fn filled_down(
    mut rows: Vec<RawRow>,
    header: &Header,
    mapping: Option<&Mapping>,
    merged: &[MergedDown],
) -> Vec<RawRow> {
    let named = mapping.and_then(|mapping| mapping.column(Field::Title));
    let title = header.names.iter().position(|name| match named {
        Some(named) => name == named,
        None => field::read_header(name).is_some_and(|reading| {
            reading.target == Target::Field(Field::Title) && reading.confidence >= 0.6
        }),
    });
    let Some(title) = title else { return rows };
    let says =
        |row: &RawRow, column: usize| row.cells.get(column).is_some_and(|cell| !cell.trim().is_empty());
    for cells in merged.iter().filter(|cells| cells.first > header.last_line) {
        let from = rows.partition_point(|row| row.line < cells.first);
        let to = rows.partition_point(|row| row.line <= cells.last);
        let Some(text) = rows.get(from).and_then(|row| row.cells.get(cells.column)).cloned() else {
            continue;
        };
        for row in &mut rows[from..to] {
            if says(row, title) && !says(row, cells.column) {
                row.cells.resize(row.cells.len().max(cells.column + 1), String::new());
                row.cells[cells.column].clone_from(&text);
            }
        }
    }
    rows
}

fn is_too_wide(row: &RawRow) -> bool {
    row.cells.len() > MOST_COLUMNS
}

fn find_header(rows: &[RawRow], mapping: Option<&Mapping>) -> Option<Header> {
    match mapping {
        None => Header::recognise(rows),
        Some(mapping) => Header::with_columns(rows, mapping),
    }
}

/// Where the text begins, after a byte order mark.
fn refuse_what_is_no_text(start: &[u8]) -> Result<u64, Error> {
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(Error::NotACatalogue("UTF-16 text"));
    }
    let begins_at = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = start[begins_at..].trim_ascii_start();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.starts_with(b"<")
        && text.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || b"!?".contains(byte))
    {
        return Err(Error::NotACatalogue("HTML or XML, whatever its name ends with"));
    }
    if text.starts_with(b"{")
        || text.starts_with(b"[{")
        || text.starts_with(b"[\n")
        || text.starts_with(b"[\r\n")
    {
        return Err(Error::NotACatalogue("JSON, whatever its name ends with"));
    }
    if text.starts_with(b"%PDF") {
        return Err(Error::NotACatalogue("PDF"));
    }
    if start.contains(&0) {
        return Err(Error::NotACatalogue("binary data"));
    }
    Ok(begins_at as u64)
}
