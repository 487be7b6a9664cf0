//! Finds the header among a file's first rows: below titles, and over one line or two.

use std::collections::HashSet;

use super::field::{self, Field};
use super::mapping::Mapping;
use super::source::RawRow;
use super::text::clean_line;

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// One a column; each differs from the others.
    pub names: Vec<String>,
    pub line: u64,
    /// Where a header of two lines ends; the rows after it are data.
    pub last_line: u64,
    /// Number of fields known by the header's words.
    pub recognised: usize,
}

/// A header stands within the first rows or nowhere.
const SEARCHED_ROWS: usize = 30;

impl Header {
    /// The first row in which a title and another field are recognised.
    pub(super) fn recognise(rows: &[RawRow]) -> Option<Self> {
        candidates(rows).find(|header| {
            header.recognised >= 2 && header.names.iter().any(|name| means(name, Field::Title))
        })
    }

    /// The first row with all columns that the mapping names.
    pub(super) fn with_columns(rows: &[RawRow], mapping: &Mapping) -> Option<Self> {
        candidates(rows).find(|header| mapping.fits(&header.names).is_ok())
    }

    /// Where no words are recognised: the first row with two cells, else the first with any.
    pub(super) fn guess(rows: &[RawRow]) -> Option<Self> {
        let filled = |row: &RawRow| row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let row =
            rows.iter().find(|row| filled(row) >= 2).or_else(|| rows.iter().find(|row| filled(row) == 1))?;
        Some(Self::of(row, None))
    }

    /// True for a row that says the column names once more, as at a page break.
    pub(super) fn repeats_in(&self, row: &RawRow) -> bool {
        let mut cells = row.cells.iter().zip(&self.names).filter(|(cell, _)| !cell.trim().is_empty());
        row.cells.len() >= 2 && cells.all(|(cell, name)| clean_line(cell) == *name)
    }

    /// Groups over general names: 信息资源 and 提供方, each over 名称 and 代码. A group goes on to the next one.
    fn grouped(groups: &RawRow, below: &RawRow) -> Self {
        let mut group = "";
        let joined = below.cells.iter().enumerate().map(|(column, name)| {
            let begun = groups.cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
            group = begun.unwrap_or(group);
            format!("{group}{}", name.trim())
        });
        let cells = joined.collect();
        Self { line: groups.line, ..Self::of(&RawRow { line: below.line, cells }, None) }
    }

    fn of(row: &RawRow, below: Option<&RawRow>) -> Self {
        let width = below.map_or(0, |below| below.cells.len()).max(row.cells.len());
        let cell = |row: Option<&RawRow>, column: usize| {
            row.and_then(|row| row.cells.get(column))
                .map(|cell| clean_line(cell))
                .filter(|cell| !cell.is_empty())
        };
        let mut names: Vec<Option<String>> =
            (0..width).map(|column| cell(below, column).or_else(|| cell(Some(row), column))).collect();
        while names.last().is_some_and(Option::is_none) {
            names.pop();
        }
        let words: Vec<String> = names.iter().flatten().cloned().collect();
        Self {
            recognised: field::recognised(&words).len(),
            names: distinct(names),
            line: row.line,
            last_line: below.map_or(row.line, |below| below.line),
        }
    }
}

fn candidates(rows: &[RawRow]) -> impl Iterator<Item = Header> {
    rows.iter().enumerate().take(SEARCHED_ROWS).filter(|(_, row)| !row.is_blank()).map(|(at, row)| {
        let next = rows.get(at + 1);
        let plain = Header::of(row, next.filter(|below| is_second_line(row, below)));
        let alone = next.map_or(0, |next| Header::of(next, None).recognised);
        let grouped = next.map(|next| Header::grouped(row, next));
        grouped.filter(|grouped| grouped.recognised > plain.recognised.max(alone) + 1).unwrap_or(plain)
    })
}

/// A row of sub-headers under a header of merged cells (信息项信息 over 信息项名称, 数据类型, ...): it has nothing under
/// the title's own cell, which data never lacks, and most of its words are headers.
fn is_second_line(header: &RawRow, below: &RawRow) -> bool {
    let Some(title) = header.cells.iter().position(|cell| means(cell, Field::Title)) else { return false };
    let words: Vec<String> = below.cells.iter().filter(|cell| !cell.trim().is_empty()).cloned().collect();
    let under_title = below.cells.get(title).is_none_or(|cell| cell.trim().is_empty());
    under_title && !words.is_empty() && 2 * field::recognised(&words).len() > words.len()
}

fn means(header: &str, wanted: Field) -> bool {
    field::recognised(&[header.to_owned()]).contains(&wanted)
}

fn distinct(names: Vec<Option<String>>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut distinct = Vec::with_capacity(names.len());
    for (column, name) in names.into_iter().enumerate() {
        let name = name.unwrap_or_else(|| format!("列{}", column + 1));
        let mut unique = name.clone();
        let mut number = 1;
        while !taken.insert(unique.clone()) {
            number += 1;
            unique = format!("{name} ({number})");
        }
        distinct.push(unique);
    }
    distinct
}
