//! `govshare catalog import`: an office's catalogue file, registered row by row; repeatable as often as one likes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::StreamExt;
use govshare_proto::catalog::v1 as pb;
use indicatif::ProgressBar;
use prost::Message;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;

use super::{SharingType, entry_row};
use crate::args::Global;
use crate::catalogue_file::{
    Field, Layout, Mapping, Reason, RefusalReport, Refused, Source, Warning, propose,
};
use crate::connect::{Caller, request_id, retrying};
use crate::failure::Failure;
use crate::output::{Output, print};
use crate::progress;

/// Rows in one call, of which 1000 are allowed.
const ROWS: usize = 1000;
/// Bytes in one call, of which 4 MiB are allowed.
const BYTES: usize = 3 << 20;
/// Calls under way at once.
const IN_FLIGHT: usize = 4;
/// Refused rows that are told on the terminal; the report has all.
const TOLD: usize = 20;
/// Values not understood that are told of a column.
const VALUES_TOLD: usize = 8;

#[derive(Debug, Args)]
pub struct Import {
    /// CSV, XLSX or XLS with whatever headers it has.
    pub file: PathBuf,
    /// Which column holds which field; without it as --print-mapping proposes.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// Prints the proposed mapping, ready to edit, and imports nothing.
    #[arg(long, conflicts_with_all = ["dry_run", "report"])]
    pub print_mapping: bool,
    /// Says what would happen and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Registers unknown providers as provisional units (info office).
    #[arg(long)]
    pub create_units: bool,
    /// Sharing type (共享类型) of rows that do not say theirs.
    #[arg(long, value_enum)]
    pub sharing_type: Option<SharingType>,
    /// Sheet of a workbook to read, where it is not the first with a known header.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Provider of rows that do not say theirs.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Writes all refused rows to this CSV file: row, column, reason.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What became of a file's rows.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Rows after the header, without blank ones and those that only continue another.
    pub rows: u64,
    pub created: u64,
    pub revised: u64,
    pub unchanged: u64,
    /// By the file's own reading or by the platform.
    pub refused: u64,
    /// Rows that repeat another in every field.
    pub duplicates: u64,
    pub created_units: BTreeSet<String>,
    /// Values that their column's field could not take, by column: they stand among the entry's extras.
    pub not_understood: BTreeMap<String, NotUnderstood>,
    /// Sheets of the workbook that were not read.
    pub sheets_not_read: Vec<String>,
    /// Ids of the entries that the rows stand for now.
    #[serde(skip)]
    pub entries: HashSet<String>,
    pub seconds: f64,
}

/// Values of a column that are none of its field.
#[derive(Debug, Default, Serialize)]
pub struct NotUnderstood {
    pub count: u64,
    /// Some of them.
    pub values: BTreeSet<String>,
}

/// How to register a file.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub create_units: bool,
    pub dry_run: bool,
    pub output: Output,
}

/// Rows for one call, with where they stand in the file, and what was refused on the way to them.
#[derive(Default)]
struct Batch {
    rows: Vec<pb::RegisterEntriesRow>,
    at: Vec<(u64, String)>,
    refused: Vec<Refused>,
    warnings: Vec<Warning>,
    bytes: usize,
}

impl Import {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let (source, mapping) = self.open()?;
        if self.print_mapping {
            if self.mapping.is_some() {
                print(&mapping);
            } else {
                print(&propose(&source));
            }
            return Ok(());
        }
        let output = global.output();
        if !output.json && self.mapping.is_none() {
            eprintln!("{}", propose(&source));
        }
        let mut report =
            self.report.as_deref().map(RefusalReport::create).transpose().map_err(Failure::local)?;
        let mut told = Vec::new();
        let options = Options { create_units: self.create_units, dry_run: self.dry_run, output };
        let summary = import(&global.caller().await?, source, &mapping, options, |refused| {
            if told.len() < TOLD {
                told.push(refused.clone());
            }
            report.as_mut().map_or(Ok(()), |report| report.add(refused)).map_err(Failure::local)
        })
        .await?;
        if let Some(report) = report {
            report.finish().map_err(Failure::local)?;
        }
        self.tell(&summary, &told, output);
        if summary.refused > 0 && summary.created + summary.revised + summary.unchanged == 0 {
            return Err(Failure::local("every row was refused"));
        }
        Ok(())
    }

    fn open(&self) -> Result<(Source, Mapping), Failure> {
        let mut given = self.mapping.as_deref().map(read_mapping).transpose()?;
        let sheet = self.sheet.as_deref();
        if let (Some(mapping), Some(sheet)) = (&mut given, sheet) {
            mapping.sheet = Some(sheet.to_owned());
        }
        let opened = match &given {
            Some(mapping) => Source::open_with(&self.file, mapping),
            None => Source::open_sheet(&self.file, sheet),
        };
        let source = opened.map_err(|error| Failure::file("import", &self.file, error))?;
        let mut mapping = given.unwrap_or_else(|| propose(&source).mapping());
        if let Some(sharing_type) = self.sharing_type {
            mapping.defaults.insert(Field::SharingType, sharing_type.name().to_owned());
        }
        if let Some(provider) = &self.provider {
            mapping.defaults.insert(Field::Provider, provider.clone());
        }
        Ok((source, mapping))
    }

    fn tell(&self, summary: &Summary, told: &[Refused], output: Output) {
        let told: Vec<String> = told.iter().map(Refused::to_string).collect();
        output.say(&json!({ "import": summary, "dry_run": self.dry_run, "first_refused": told }), || {
            let mut words = summary.words(self.dry_run);
            for (column, not_understood) in &summary.not_understood {
                words.push_str(&format!("\n  {}", not_understood.words(column)));
            }
            if !summary.sheets_not_read.is_empty() {
                let sheets = summary.sheets_not_read.join(", ");
                words.push_str(&format!("\n  sheets not read: {sheets}; --sheet NAME reads another"));
            }
            for refused in &told {
                words.push_str(&format!("\n  {refused}"));
            }
            match &self.report {
                Some(report) => words.push_str(&format!("\nrefused rows: {}", report.display())),
                None if summary.refused > told.len() as u64 => {
                    words.push_str("\n  ... --report FILE has all")
                }
                None => {}
            }
            words
        });
    }
}

fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?;
    Mapping::parse(&text).map_err(|error| Failure::file("use", path, error))
}

impl NotUnderstood {
    fn words(&self, column: &str) -> String {
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        format!(
            "column {column:?}: {} values not understood or too long, kept beside the entry: {}{}",
            self.count,
            values.join(", "),
            if self.values.len() < VALUES_TOLD { "" } else { ", ..." }
        )
    }
}

impl Summary {
    pub fn words(&self, dry_run: bool) -> String {
        let would = if dry_run { " would be" } else { "" };
        format!(
            "{} rows in {:.1} s:{would} {} created, {} revised, {} unchanged, {} refused, {} repeated; {} new provisional units",
            self.rows,
            self.seconds,
            self.created,
            self.revised,
            self.unchanged,
            self.refused,
            self.duplicates,
            self.created_units.len()
        )
    }
}

/// Registers every row of `source`; `on_refused` hears of each refusal, a row's several one by one.
pub async fn import(
    caller: &Caller,
    source: Source,
    mapping: &Mapping,
    options: Options,
    mut on_refused: impl FnMut(&Refused) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let started = Instant::now();
    let bar = progress::records(options.output, source.estimated_rows(), "import");
    let (batches, queue) = mpsc::channel(IN_FLIGHT);
    let read_by = mapping.clone();
    let sheets_not_read = match source.layout() {
        Layout::Sheet { others, .. } => others,
        Layout::Delimited { .. } => Vec::new(),
    };
    let mut summary = Summary { sheets_not_read, ..Summary::default() };
    let reader = tokio::task::spawn_blocking(move || read(&source, &read_by, &batches));
    let mut replies =
        ReceiverStream::new(queue).map(|batch| register(caller, batch, options)).buffer_unordered(IN_FLIGHT);
    while let Some(reply) = replies.next().await {
        let (batch, reply) = reply?;
        summary.take(batch, reply, mapping, &bar, &mut on_refused)?;
    }
    drop(replies);
    reader.await.map_err(Failure::local)??;
    bar.finish_and_clear();
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// Reads the file into batches until it ends or nobody wants more.
fn read(source: &Source, mapping: &Mapping, batches: &mpsc::Sender<Batch>) -> Result<(), Failure> {
    let mut batch = Batch::default();
    for row in source.rows(mapping).map_err(Failure::local)? {
        match row {
            Err(refused) => batch.refused.push(refused),
            Ok(row) => {
                let at = (row.row, row.title.clone());
                let warnings = row.warnings.clone();
                let row = entry_row::to_proto(row);
                let bytes = row.encoded_len() + 8;
                if batch.bytes + bytes > BYTES && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                    return Ok(());
                }
                batch.bytes += bytes;
                batch.rows.push(row);
                batch.at.push(at);
                batch.warnings.extend(warnings);
            }
        }
        let full = batch.rows.len() == ROWS || batch.refused.len() == ROWS;
        if full && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    // Whoever no longer listens has failed already and says why.
    let _ = batches.blocking_send(batch);
    Ok(())
}

/// Registers a batch; a repeat after a lost reply is harmless, as the platform knows the rows by their source keys.
async fn register(
    caller: &Caller,
    mut batch: Batch,
    options: Options,
) -> Result<(Batch, pb::RegisterEntriesResponse), Failure> {
    if batch.rows.is_empty() {
        return Ok((batch, pb::RegisterEntriesResponse::default()));
    }
    let wanted = pb::RegisterEntriesRequest {
        rows: std::mem::take(&mut batch.rows),
        create_units: options.create_units,
        validate_only: options.dry_run,
        request_id: request_id(),
    };
    let reply = retrying(|| {
        let (mut client, wanted) = (caller.entries(), wanted.clone());
        async move { client.register_entries(wanted).await }
    })
    .await?;
    if reply.results.len() != batch.at.len() {
        return Err(Failure::local(format!(
            "the platform answered {} rows of {}",
            reply.results.len(),
            batch.at.len()
        )));
    }
    Ok((batch, reply))
}

impl Summary {
    fn take(
        &mut self,
        batch: Batch,
        reply: pb::RegisterEntriesResponse,
        mapping: &Mapping,
        bar: &ProgressBar,
        on_refused: &mut impl FnMut(&Refused) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let seen = (batch.at.len() + batch.refused.len()) as u64;
        self.rows += seen;
        bar.inc(seen);
        for warning in batch.warnings {
            let column = self.not_understood.entry(warning.column).or_default();
            column.count += 1;
            if column.values.len() < VALUES_TOLD {
                column.values.insert(warning.value);
            }
        }
        for refused in &batch.refused {
            if refused.is_duplicate() {
                self.duplicates += 1;
            } else {
                self.refused += 1;
            }
            on_refused(refused)?;
        }
        for ((row, title), result) in batch.at.into_iter().zip(reply.results) {
            if !result.entry_id.is_empty() {
                self.entries.insert(result.entry_id.clone());
            }
            use pb::RegisterOutcome::{Created, Refused as RowRefused, Revised, Unchanged, Unspecified};
            match result.outcome() {
                Created => self.created += 1,
                Revised => self.revised += 1,
                Unchanged => self.unchanged += 1,
                RowRefused | Unspecified => {
                    self.refused += 1;
                    for wrong in result.violations {
                        on_refused(&Refused {
                            row,
                            column: Some(entry_row::column(&wrong.field, mapping)),
                            reason: Reason::Platform(wrong.description),
                            value: title.clone(),
                        })?;
                    }
                }
            }
        }
        self.created_units.extend(reply.created_unit_ids);
        Ok(())
    }
}
