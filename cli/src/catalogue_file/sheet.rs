//! Reads a sheet of a workbook (XLSX, XLS, and what else calamine knows) into rows of text, within stated limits.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Sheets};
use zip::ZipArchive;

use super::error::Error;
use super::source::RawRow;

/// A workbook is decompressed into memory, so its size is bounded; a CSV file's is not.
pub(super) const LARGEST_FILE: u64 = 32 << 20;
pub(super) const LARGEST_FILE_WORDS: &str = "32 MiB";
/// All parts of a packed workbook together.
const LARGEST_UNPACKED: u64 = 512 << 20;
const MOST_TEXT: usize = 256 << 20;
pub(super) const MOST_COLUMNS: usize = 1024;

pub(super) struct Workbook {
    sheets: Sheets<BufReader<File>>,
    /// Visible sheets with cells, in their order.
    pub names: Vec<String>,
}

impl Workbook {
    pub(super) fn open(path: &Path, file: File) -> Result<Self, Error> {
        let size = file.metadata().map_err(|source| Error::Io { path: path.to_owned(), source })?.len();
        if size > LARGEST_FILE {
            return Err(Error::too_large_file());
        }
        refuse_if_it_unpacks_to_too_much(&file)?;
        let sheets = open_by_content(file)?;
        let names = sheets
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        Ok(Self { sheets, names })
    }

    /// All rows with text, each with its number in the sheet (1-based).
    pub(super) fn rows(&mut self, name: &str) -> Result<Vec<RawRow>, Error> {
        let mut rows = Rows::default();
        if let Sheets::Xlsx(workbook) = &mut self.sheets {
            // Cell by cell: a single far-off cell must not make calamine fill the rectangle up to it.
            let mut cells = workbook.worksheet_cells_reader(name).map_err(unreadable)?;
            while let Some(cell) = cells.next_cell().map_err(unreadable)? {
                let (row, column) = cell.get_position();
                rows.put(row, column, text_ref(cell.get_value()))?;
            }
        } else {
            let range = self.sheets.worksheet_range(name).map_err(unreadable)?;
            let (first_row, first_column) = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                rows.put(first_row + row as u32, first_column + column as u32, text(value))?;
            }
        }
        Ok(rows.rows)
    }

    /// The cells of a sheet that are merged downwards; only XLSX tells.
    pub(super) fn merged_down(&mut self, name: &str) -> Result<Vec<MergedDown>, Error> {
        let Sheets::Xlsx(workbook) = &mut self.sheets else { return Ok(Vec::new()) };
        let regions = workbook.merge_cells_by_sheet_name(name).map_err(unreadable)?;
        let regions = regions.into_iter().map(|region| MergedDown {
            first: u64::from(region.start.0) + 1,
            last: u64::from(region.end.0) + 1,
            column: region.start.1 as usize,
        });
        Ok(regions.filter(|cells| cells.first < cells.last).collect())
    }
}

/// A cell that is merged with those below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct MergedDown {
    /// Row numbers, 1-based.
    pub first: u64,
    pub last: u64,
    pub column: usize,
}

/// By the sizes that a ZIP archive declares; what is none is looked at by its reader.
fn refuse_if_it_unpacks_to_too_much(file: &File) -> Result<(), Error> {
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else { return Ok(()) };
    let sizes = (0..archive.len()).filter_map(|part| archive.by_index_raw(part).ok().map(|part| part.size()));
    if sizes.fold(0, u64::saturating_add) > LARGEST_UNPACKED {
        return Err(Error::SpreadsheetTooLarge { what: "unpacks to", limit: "512 MiB" });
    }
    Ok(())
}

fn open_by_content(file: File) -> Result<Sheets<BufReader<File>>, Error> {
    let open = || file.try_clone().map(BufReader::new).map_err(unreadable);
    if let Ok(workbook) = calamine::Xlsx::new(open()?) {
        return Ok(Sheets::Xlsx(workbook));
    }
    if let Ok(workbook) = calamine::Xls::new(open()?) {
        return Ok(Sheets::Xls(workbook));
    }
    if let Ok(workbook) = calamine::Xlsb::new(open()?) {
        return Ok(Sheets::Xlsb(workbook));
    }
    calamine::Ods::new(open()?).map(Sheets::Ods).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Spreadsheet(error.to_string())
}

#[derive(Default)]
struct Rows {
    rows: Vec<RawRow>,
    text: usize,
}

impl Rows {
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let column = column as usize;
        if column >= MOST_COLUMNS {
            return Err(Error::SpreadsheetTooLarge { what: "has text in", limit: "1024 columns" });
        }
        self.text += text.len();
        if self.text > MOST_TEXT {
            return Err(Error::SpreadsheetTooLarge { what: "holds", limit: "256 MiB of text" });
        }
        let line = u64::from(row) + 1;
        if self.rows.last().is_none_or(|last| last.line < line) {
            self.rows.push(RawRow { line, cells: Vec::new() });
        }
        let Some(last) = self.rows.last_mut().filter(|last| last.line == line) else {
            return Err(unreadable(format_args!("row {line} stands after a later row")));
        };
        if last.cells.len() <= column {
            last.cells.resize(column + 1, String::new());
        }
        last.cells[column] = text;
        Ok(())
    }
}

fn text(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(instant) => date_text(instant),
        Data::Error(error) => error.to_string(),
    }
}

fn text_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_owned(),
        other => text(&Data::from(other.clone())),
    }
}

fn date_text(instant: &ExcelDateTime) -> String {
    if !instant.is_datetime() {
        return instant.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}
