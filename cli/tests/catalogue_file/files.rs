//! Files written for one test, and what is read from them.

use std::io::Write;
use std::path::Path;

use govshare_cli::catalogue_file::{CatalogueRow, Mapping, Reason, Refused, Source, Tally, propose};
use tempfile::NamedTempFile;

/// What came of a file's rows.
pub struct Outcome {
    pub accepted: Vec<CatalogueRow>,
    pub refused: Vec<Refused>,
    pub tally: Tally,
}

impl Outcome {
    pub fn titles(&self) -> Vec<&str> {
        self.accepted.iter().map(|row| row.title.as_str()).collect()
    }

    pub fn reasons(&self) -> Vec<(u64, Reason)> {
        self.refused.iter().map(|refused| (refused.row, refused.reason.clone())).collect()
    }
}

pub fn written(bytes: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes.as_ref()).expect("disk");
    file
}

/// Reads a file by its own proposal.
pub fn read(path: &Path) -> Outcome {
    let source = Source::open(path).expect("readable");
    rows(&source, &propose(&source).mapping())
}

pub fn read_with(path: &Path, mapping: &Mapping) -> Outcome {
    rows(&Source::open_with(path, mapping).expect("readable"), mapping)
}

pub fn rows(source: &Source, mapping: &Mapping) -> Outcome {
    let mut rows = source.rows(mapping).expect("a title and a provider");
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for row in rows.by_ref() {
        match row {
            Ok(row) => accepted.push(row),
            Err(reason) => refused.push(reason),
        }
    }
    let tally = rows.tally();
    assert_eq!(tally.rows, tally.accepted + tally.refused + tally.duplicates + tally.blank + tally.continued);
    assert_eq!(
        (tally.accepted, tally.refused + tally.duplicates),
        (accepted.len() as u64, refused.len() as u64)
    );
    Outcome { accepted, refused, tally }
}
