//! Streams a source's rows through a mapping: every row of the file comes out once, accepted or refused, or is
//! counted as blank or as part of the row before it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use super::delimited::{Record, Records, Unsplit};
use super::encoding::Encoding;
use super::error::Error;
use super::field::Field;
use super::identity::{self, Digest, Key};
use super::mapping::Mapping;
use super::refusal::{Reason, Refused};
use super::row::{CatalogueRow, Plan};
use super::source::{Body, RawRow, Source};

/// The rows of a source. Apart from one row it holds some fifty bytes for each row that it has accepted, to
/// know repeated addresses, contents and titles.
pub struct Rows<'a> {
    input: Input<'a>,
    source: &'a Source,
    plan: Plan,
    peeked: Option<Result<RawRow, Refused>>,
    /// Row and content of each source address met.
    addresses: HashMap<Key, (u64, Key)>,
    /// Row of each content met without an address.
    contents: HashMap<Key, u64>,
    occurrences: HashMap<Key, u32>,
    tally: Tally,
}

/// Where the rows of a file went. `rows` is counted as they are read, the others as they leave, so at the end
/// `rows == accepted + refused + duplicates + blank + continued`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows read after the header.
    pub rows: u64,
    pub accepted: u64,
    /// Without the duplicates.
    pub refused: u64,
    /// Rows that repeat an earlier one in every field.
    pub duplicates: u64,
    pub blank: u64,
    /// Rows that only name a further item (信息项) of the row before them.
    pub continued: u64,
}

enum Input<'a> {
    Delimited { records: Records<BufReader<File>>, encoding: Encoding },
    Sheet(std::slice::Iter<'a, RawRow>),
}

impl Source {
    /// The rows by a mapping; can be called again. Refused: a mapping with a column that the file does not have, or
    /// without a column for the title or a column or default for the provider.
    pub fn rows(&self, mapping: &Mapping) -> Result<Rows<'_>, Error> {
        mapping.fits(self.headers())?;
        let plan = Plan::new(self.headers(), mapping);
        for field in [Field::Title, Field::Provider] {
            if !plan.has(field) {
                return Err(Error::Unmapped { field, has: self.headers().to_vec() });
            }
        }
        let input = match &self.body {
            Body::Sheet { rows, .. } => Input::Sheet(rows.iter()),
            Body::Delimited { encoding, delimiter, line_end, begins_at } => {
                let io = |source| Error::Io { path: self.path.clone(), source };
                let mut file = File::open(&self.path).map_err(io)?;
                file.seek(SeekFrom::Start(*begins_at)).map_err(io)?;
                let records = Records::new(BufReader::with_capacity(1 << 16, file), *delimiter, *line_end);
                Input::Delimited { records, encoding: *encoding }
            }
        };
        Ok(Rows {
            input,
            source: self,
            plan,
            peeked: None,
            addresses: HashMap::new(),
            contents: HashMap::new(),
            occurrences: HashMap::new(),
            tally: Tally::default(),
        })
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<CatalogueRow, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.take_raw()? {
                Ok(raw) if raw.is_blank() => {
                    self.tally.blank += 1;
                    continue;
                }
                Ok(raw) => self.read(&raw),
                Err(refused) => Err(refused),
            };
            match &row {
                Ok(_) => self.tally.accepted += 1,
                Err(refused) if refused.is_duplicate() => self.tally.duplicates += 1,
                Err(_) => self.tally.refused += 1,
            }
            return Some(row);
        }
    }
}

impl Rows<'_> {
    /// The counts so far; complete once the iterator has ended.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn read(&mut self, raw: &RawRow) -> Result<CatalogueRow, Refused> {
        if self.source.header.repeats_in(raw) {
            return Err(Refused::new(raw.line, None, Reason::HeaderRepeated, &raw.cells[0]));
        }
        let mut row = match self.plan.build(raw) {
            Ok(row) => row,
            Err(refused) => {
                // A refused row has its place among those of its name, so that the others keep theirs when it is mended.
                if let Some((provider, title)) = self.plan.name_without_address(raw) {
                    self.occurrence(&provider, &title);
                }
                return Err(refused);
            }
        };
        while let Some(more) = self.take_continuation(raw) {
            self.plan.continue_row(&mut row, raw, &more);
        }
        Plan::shorten_extras(&mut row);
        let content = identity::content(&row);
        row.content_digest = identity::hex(content);
        match &row.source_uri {
            Some(address) => {
                self.claim_address(address, row.row, identity::key(content))?;
                row.identity = identity::by_address(address);
            }
            None => {
                let first = *self.contents.entry(identity::key(content)).or_insert(row.row);
                if first != row.row {
                    return Err(Refused::new(row.row, None, Reason::Duplicate { first }, &row.title));
                }
                let (name, occurrence) = self.occurrence(&row.provider, &row.title);
                row.identity = identity::by_name(name, occurrence);
            }
        }
        Ok(row)
    }

    /// The name of a row and how many rows had it so far, this one included.
    fn occurrence(&mut self, provider: &str, title: &str) -> (Digest, u32) {
        let name = identity::of(&[provider, title]);
        let occurrence = self.occurrences.entry(identity::key(name)).or_default();
        *occurrence += 1;
        (name, *occurrence)
    }

    fn claim_address(&mut self, address: &str, row: u64, content: Key) -> Result<(), Refused> {
        let key = identity::key(identity::of(&[address]));
        let (first, first_content) = *self.addresses.entry(key).or_insert((row, content));
        let reason = match first_content == content {
            _ if first == row => return Ok(()),
            true => Reason::Duplicate { first },
            false => Reason::SameSource { first },
        };
        Err(Refused::new(row, self.plan.name(Field::SourceUri), reason, address))
    }

    fn take_continuation(&mut self, first: &RawRow) -> Option<RawRow> {
        if !self.plan.has(Field::Items) {
            return None;
        }
        let next = self.take_raw()?;
        match next {
            Ok(raw) if self.plan.continues_items(&raw) || self.plan.repeats_resource(first, &raw) => {
                self.tally.continued += 1;
                Some(raw)
            }
            other => {
                self.peeked = Some(other);
                None
            }
        }
    }

    fn take_raw(&mut self) -> Option<Result<RawRow, Refused>> {
        if let Some(peeked) = self.peeked.take() {
            return Some(peeked);
        }
        loop {
            let raw = self.input.next(self.source.headers())?;
            let after_header = match &raw {
                Ok(raw) => raw.line > self.source.header.last_line,
                Err(Refused { reason: Reason::ReadFailed(_), .. }) => true,
                Err(refused) => refused.row > self.source.header.last_line,
            };
            if after_header {
                self.tally.rows += 1;
                return Some(raw);
            }
        }
    }
}

impl Input<'_> {
    fn next(&mut self, headers: &[String]) -> Option<Result<RawRow, Refused>> {
        let (records, encoding) = match self {
            Self::Sheet(rows) => return rows.next().cloned().map(Ok),
            Self::Delimited { records, encoding } => (records, *encoding),
        };
        let line = records.line();
        match records.next() {
            Ok(record) => record.map(|record| decode(record, encoding, headers)),
            Err(error) => {
                *self = Self::Sheet([].iter());
                Some(Err(Refused::new(line, None, Reason::ReadFailed(error.to_string()), "")))
            }
        }
    }
}

fn decode(
    record: Result<Record, (u64, Unsplit)>,
    encoding: Encoding,
    headers: &[String],
) -> Result<RawRow, Refused> {
    let record = record.map_err(|(line, unsplit)| {
        let reason = match unsplit {
            Unsplit::OpenQuote => Reason::OpenQuote,
            Unsplit::TooLong => Reason::RowTooLong,
        };
        Refused::new(line, None, reason, "")
    })?;
    let line = record.line;
    record.decode(encoding).map_err(|undecodable| {
        let column = headers.get(undecodable.column).map(String::as_str);
        Refused::new(line, column, Reason::Undecodable, &encoding.decode_lossily(&undecodable.bytes))
    })
}
