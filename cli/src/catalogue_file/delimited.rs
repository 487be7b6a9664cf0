//! Reads delimited text row by row with bounded memory and exact line numbers (RFC 4180, read leniently).
//!
//! The bytes are split before they are decoded: no byte of a GB18030 character can be a comma, a semicolon, a
//! tab, a quote or a line end. A quote that never closes costs its own line, not the rest of the file.

use std::io::{self, BufRead, Read};

use super::encoding::Encoding;
use super::source::RawRow;

/// Longest row, in bytes, and so the bound of the memory that a row takes.
pub(super) const LONGEST_ROW: usize = 1 << 20;
/// Most lines that one row may take; beyond it a quote counts as never closed.
const MOST_LINES: u64 = 1000;
/// The same once [`MANY_OPEN_QUOTES`] rows have gone beyond it, since each costs reading its lines again.
const MOST_LINES_THEN: u64 = 10;
const MANY_OPEN_QUOTES: u32 = 100;

/// One row's fields as bytes, and the line it begins on (1-based).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub line: u64,
    pub fields: Vec<Vec<u8>>,
}

impl Record {
    /// The row as text, or the first field whose bytes are none in this encoding.
    pub(super) fn decode(self, encoding: Encoding) -> Result<RawRow, Undecodable> {
        let decode = |(column, bytes)| encoding.decode(bytes).map_err(|bytes| Undecodable { column, bytes });
        let cells = self.fields.into_iter().enumerate().map(decode).collect::<Result<_, _>>()?;
        Ok(RawRow { line: self.line, cells })
    }
}

#[derive(Debug)]
pub(super) struct Undecodable {
    /// From 0.
    pub column: usize,
    pub bytes: Vec<u8>,
}

/// A row that could not be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsplit {
    /// A quote opens on this line and does not close, or closes in the middle of a later line's text.
    OpenQuote,
    /// More than [`LONGEST_ROW`] bytes.
    TooLong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// A quote inside a quoted field: its end, or the first of a doubled one.
    QuoteInQuoted,
}

#[derive(Debug)]
pub(super) struct Records<R> {
    input: R,
    delimiter: u8,
    line_end: u8,
    /// Lines that a failed multi-line row had taken and that are read again.
    again: io::Cursor<Vec<u8>>,
    line: u64,
    open_quotes: u32,
}

impl<R: BufRead> Records<R> {
    /// `line_end` is `\n`, or `\r` for files that know only that one.
    pub(super) fn new(input: R, delimiter: u8, line_end: u8) -> Self {
        Self { input, delimiter, line_end, again: io::Cursor::new(Vec::new()), line: 1, open_quotes: 0 }
    }

    /// The line that the next row begins on.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next row; an empty line is a row of one empty field. The row that cannot be split comes with its line.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Record, (u64, Unsplit)>>> {
        let first = self.line;
        let mut bytes = Vec::new();
        let mut splitter = Splitter::new(self.delimiter);
        let mut second_line_at = None;
        let most_lines = if self.open_quotes < MANY_OPEN_QUOTES { MOST_LINES } else { MOST_LINES_THEN };
        loop {
            let start = bytes.len();
            if !self.read_line(&mut bytes)? {
                if start == 0 {
                    return Ok(None);
                }
                return Ok(Some(Err(self.give_back(first, bytes, second_line_at))));
            }
            if bytes.len() > LONGEST_ROW {
                if second_line_at.is_some() {
                    self.open_quotes = self.open_quotes.saturating_add(1);
                    return Ok(Some(Err(self.give_back(first, bytes, second_line_at))));
                }
                if !bytes.ends_with(&[self.line_end]) {
                    self.skip_line()?;
                }
                self.line += 1;
                return Ok(Some(Err((first, Unsplit::TooLong))));
            }
            self.line += 1;
            splitter.line(&bytes[start..], self.line_end);
            let too_many_lines = self.line - first > most_lines;
            if too_many_lines || second_line_at.is_some() && splitter.text_after_quote {
                self.open_quotes = self.open_quotes.saturating_add(u32::from(too_many_lines));
                return Ok(Some(Err(self.give_back(first, bytes, second_line_at))));
            }
            if splitter.state != State::Quoted {
                return Ok(Some(Ok(Record { line: first, fields: splitter.finish() })));
            }
            second_line_at.get_or_insert(bytes.len());
        }
    }

    /// Appends one line with its end; at most one byte more than a row may have. False at the end of input.
    fn read_line(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let start = bytes.len();
        let room = (LONGEST_ROW + 1).saturating_sub(start) as u64;
        (&mut self.again).take(room).read_until(self.line_end, bytes)?;
        if bytes.len() == start || !(bytes.ends_with(&[self.line_end]) || bytes.len() > LONGEST_ROW) {
            let room = (LONGEST_ROW + 1).saturating_sub(bytes.len()) as u64;
            (&mut self.input).take(room).read_until(self.line_end, bytes)?;
        }
        Ok(bytes.len() > start)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        if self.again.skip_until(self.line_end)? == 0 || !self.again_ended_a_line() {
            self.input.skip_until(self.line_end)?;
        }
        Ok(())
    }

    fn again_ended_a_line(&self) -> bool {
        let read = self.again.position() as usize;
        read > 0 && self.again.get_ref().get(read - 1) == Some(&self.line_end)
    }

    /// Refuses the first line alone and puts what was read after it back.
    fn give_back(&mut self, first: u64, mut bytes: Vec<u8>, second_line_at: Option<usize>) -> (u64, Unsplit) {
        if let Some(at) = second_line_at {
            let unread = self.again.position() as usize;
            let mut again = bytes.split_off(at);
            again.extend_from_slice(&self.again.get_ref()[unread..]);
            self.again = io::Cursor::new(again);
        }
        self.line = first + 1;
        (first, Unsplit::OpenQuote)
    }
}

/// Splits the lines of one row into fields.
struct Splitter {
    delimiter: u8,
    state: State,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    text_after_quote: bool,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            state: State::FieldStart,
            fields: Vec::new(),
            field: Vec::new(),
            text_after_quote: false,
        }
    }

    fn line(&mut self, bytes: &[u8], line_end: u8) {
        let text = match bytes.strip_suffix(&[line_end]) {
            Some(text) if line_end == b'\n' => text.strip_suffix(b"\r").unwrap_or(text),
            Some(text) => text,
            None => bytes,
        };
        for &byte in text {
            self.byte(byte);
        }
        if self.state == State::Quoted {
            self.field.extend_from_slice(&bytes[text.len()..]);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::FieldStart, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::QuoteInQuoted,
            (State::Quoted, _) => self.push(byte, State::Quoted),
            (State::QuoteInQuoted, b'"') => self.push(byte, State::Quoted),
            (_, _) if byte == self.delimiter => {
                self.fields.push(std::mem::take(&mut self.field));
                State::FieldStart
            }
            (State::QuoteInQuoted, _) => {
                self.text_after_quote |= !byte.is_ascii_whitespace();
                self.push(byte, State::Plain)
            }
            (State::FieldStart | State::Plain, _) => self.push(byte, State::Plain),
        };
    }

    fn push(&mut self, byte: u8, state: State) -> State {
        self.field.push(byte);
        state
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        self.fields.push(self.field);
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = Result<(u64, Vec<String>), (u64, Unsplit)>;

    fn read(text: &[u8], delimiter: u8, line_end: u8) -> Vec<Row> {
        let mut records = Records::new(text, delimiter, line_end);
        let mut rows = Vec::new();
        while let Some(row) = records.next().expect("memory can be read") {
            rows.push(row.map(|record| {
                let fields = record.fields.into_iter().map(|field| String::from_utf8(field).expect("UTF-8"));
                (record.line, fields.collect())
            }));
        }
        rows
    }

    fn row(line: u64, fields: &[&str]) -> Row {
        Ok((line, fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn quotes_line_ends_and_empty_lines() {
        let rows = read(b"a,\"b\r\n\"\"c\"\"\",d\r\n\r\n,\n\"x\" y,z", b',', b'\n');
        let expected =
            [row(1, &["a", "b\r\n\"c\"", "d"]), row(3, &[""]), row(4, &["", ""]), row(5, &["x y", "z"])];
        assert_eq!(rows, expected);
        assert_eq!(read(b"a;b\rc;d\r", b';', b'\r'), [row(1, &["a", "b"]), row(2, &["c", "d"])]);
        assert_eq!(read(b"", b',', b'\n'), []);
    }

    #[test]
    fn a_stray_quote_costs_its_own_line_only() {
        let rows = read(b"1,\"a,b\n2,c,d\n3,e\n", b',', b'\n');
        assert_eq!(rows, [Err((1, Unsplit::OpenQuote)), row(2, &["2", "c", "d"]), row(3, &["3", "e"])]);
        let rows = read(b"1,\"a,b\n2,c\n3,\"e,f\n4,g\n", b',', b'\n');
        let open = |line| Err((line, Unsplit::OpenQuote));
        assert_eq!(rows, [open(1), row(2, &["2", "c"]), open(3), row(4, &["4", "g"])]);
    }

    #[test]
    fn a_row_takes_bounded_memory() {
        let mut text = vec![b'x'; 3 * LONGEST_ROW];
        text.extend_from_slice(b"\na,\"");
        text.extend(std::iter::repeat_n(b"yyyyyyy\n", LONGEST_ROW / 4).flatten());
        let rows = read(&text, b',', b'\n');
        assert_eq!(
            rows[..3],
            [Err((1, Unsplit::TooLong)), Err((2, Unsplit::OpenQuote)), row(3, &["yyyyyyy"])]
        );
        assert_eq!(rows.len(), 2 + LONGEST_ROW / 4 - 1);
    }

    #[test]
    fn a_file_full_of_open_quotes_is_read_in_reasonable_steps() {
        let lines = 3 * MOST_LINES as usize;
        let rows = read("x\",\"\n".repeat(lines).as_bytes(), b',', b'\n');
        assert_eq!(rows.len(), lines);
        assert!(rows.iter().all(|row| matches!(row, Err((_, Unsplit::OpenQuote)))));
        let cell = "y\n".repeat(MOST_LINES as usize - 1);
        assert_eq!(read(format!("a,\"{cell}\"").as_bytes(), b',', b'\n'), [row(1, &["a", &cell])]);
        assert_eq!(read(format!("a,\"y\n{cell}\"").as_bytes(), b',', b'\n')[0], Err((1, Unsplit::OpenQuote)));
    }

    #[test]
    fn a_line_of_the_greatest_length_does_not_swallow_the_next() {
        let text = |length| [vec![b'x'; length], b"\nb\n".to_vec()].concat();
        let rows = read(&text(LONGEST_ROW - 1), b',', b'\n');
        assert_eq!((rows.len(), &rows[1]), (2, &row(2, &["b"])));
        assert_eq!(read(&text(LONGEST_ROW), b',', b'\n'), [Err((1, Unsplit::TooLong)), row(2, &["b"])]);
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a-z,;\"\r\n\t 部]{0,6}", 2..5), 0..8)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("memory can be written");
            }
            let text = writer.into_inner().expect("memory can be written");
            let read: Vec<Vec<String>> = read(&text, b',', b'\n').into_iter().map(|row| row.expect("well formed").1).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn every_line_belongs_to_one_row(text in "[a,\"\n]{0,60}") {
            let rows = read(text.as_bytes(), b',', b'\n');
            let lines = text.split_inclusive('\n').count() as u64;
            let mut next = 1;
            for row in rows {
                let (line, taken) = match row {
                    Ok((line, fields)) => (line, 1 + fields.iter().map(|field| field.matches('\n').count() as u64).sum::<u64>()),
                    Err((line, _)) => (line, 1),
                };
                prop_assert_eq!(line, next);
                next += taken;
            }
            prop_assert_eq!(next, lines + 1);
        }
    }
}
