//! Full-text index of the published entries, kept by each replica and rebuilt from PostgreSQL when it is lost.
//! A query finds exactly the entries for which SQL would find `field LIKE '%term%'`, for each term in at least
//! one of the four searched fields.
//!
//! The index lists, per field, the entries with each pair of neighbouring characters, or with a character that
//! ends the text. Two characters are answered by one list; a single one by the lists of all pairs that begin
//! with it; a longer term by the intersection of the lists of its pairs, verified on the stored text.
//!
//! The entries of every segment stand in rank order (date of issue descending, then id), and segments are
//! merged so; hits are therefore met in the order in which they are shown, class by class, and the search stops
//! when page and count are full. That order depends on the entries only, hence is the same on every replica,
//! and a page is continued from the key of its last hit.

mod cursor;
mod document;
mod query;
mod schema;
mod segment;
mod similar;
mod snapshot;
mod text;

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use govshare_model::id::EntryId;
use tantivy::directory::MmapDirectory;
use tantivy::indexer::{IndexWriterOptions, UserOperation};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError};

pub use document::{Document, Field, Filter, Key, Sharing};
pub use query::{
    COUNT_CAP, Count, DEFAULT_LIMIT, InvalidQuery, MAX_TERM_CHARS, MAX_TERMS, Page, Query, Term,
};
pub use similar::{LEAST_SCORE, Similar, Sketch};
pub use text::Text;

use schema::Columns;
use snapshot::Snapshot;

/// The index's own directory inside the one it is given; nothing else is ever removed.
const DIRECTORY: &str = "entries";

/// Most memory that one indexing thread fills before it writes a segment, in bytes.
const MEMORY_PER_THREAD: usize = 96 << 20;

/// Entries handed to an indexing thread at once; a smaller change makes a single segment.
const BATCH: usize = 256;
/// Threads that look for resembling entries at once.
const MOST_THREADS: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory holds no index, one of another format, or a damaged one: create it anew and rebuild.
    #[error("the search index cannot be used: {0}")]
    Unusable(String),
    /// The index could not be read or written, for example because the disk is full. Changes since the last
    /// commit are lost and must be applied again.
    #[error("search index: {0}")]
    Failed(#[from] TantivyError),
}

impl Error {
    fn unusable(reason: impl ToString) -> Self {
        Self::Unusable(reason.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The index. Searches may run at any time and see the last commit; changes are applied one caller at a time.
pub struct Index {
    index: tantivy::Index,
    columns: Columns,
    reader: IndexReader,
    snapshot: RwLock<Arc<Snapshot>>,
    changes: Mutex<Changes>,
    threads: usize,
}

/// What was applied since the last commit. The writer is opened by the first change.
#[derive(Default)]
struct Changes {
    writer: Option<IndexWriter>,
    upserted: HashSet<EntryId>,
}

impl Index {
    /// Makes an empty index below `directory`, in the place of a former one, or in memory without one.
    /// `threads` is how many threads index a large change.
    pub fn create(directory: Option<&Path>, threads: usize) -> Result<Self, Error> {
        let (schema, _) = Columns::new();
        let builder = tantivy::Index::builder().schema(schema).settings(schema::settings());
        let index = match directory {
            None => builder.create_in_ram()?,
            Some(directory) => {
                let directory = directory.join(DIRECTORY);
                if directory.exists() {
                    std::fs::remove_dir_all(&directory)?;
                }
                std::fs::create_dir_all(&directory)?;
                builder.create_in_dir(directory)?
            }
        };
        Self::new(index, threads)
    }

    /// Opens the index that stands below `directory`, having read it through once to compare its checksums
    /// (the short list of segments has none; it must be well-formed).
    ///
    /// Errors: [`Error::Unusable`] if there is none or it is not whole.
    pub fn open(directory: &Path, threads: usize) -> Result<Self, Error> {
        let directory = MmapDirectory::open(directory.join(DIRECTORY)).map_err(Error::unusable)?;
        let index = tantivy::Index::open(directory).map_err(Error::unusable)?;
        let (schema, _) = Columns::new();
        if index.schema() != schema || *index.settings() != schema::settings() {
            return Err(Error::unusable("it has another format"));
        }
        let damaged = index.validate_checksum().map_err(Error::unusable)?;
        if let Some(file) = damaged.iter().min() {
            return Err(Error::Unusable(format!("{} is damaged", file.display())));
        }
        Self::new(index, threads).map_err(Error::unusable)
    }

    fn new(mut index: tantivy::Index, threads: usize) -> Result<Self, Error> {
        index.set_tokenizers(schema::tokenizers());
        let (_, columns) = Columns::new();
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(0)
            .try_into()?;
        let snapshot = RwLock::new(Arc::new(Snapshot::open(reader.searcher(), &columns)?));
        Ok(Self { index, columns, reader, snapshot, changes: Mutex::default(), threads: threads.max(1) })
    }

    /// Adds these entries, each in the place of a former one of its id, and removes those. Nothing of it is
    /// found before the next commit. Blocks while the indexing threads are behind.
    pub fn apply(&self, upserts: &[Document], deletes: &[EntryId]) -> Result<(), Error> {
        let mut changes = self.changes();
        let applied = self.apply_to(&mut changes, upserts, deletes);
        if applied.is_err() {
            *changes = Changes::default();
        }
        applied
    }

    fn apply_to(
        &self,
        changes: &mut Changes,
        upserts: &[Document],
        deletes: &[EntryId],
    ) -> Result<(), Error> {
        let Changes { writer, upserted } = changes;
        let writer = match writer {
            Some(writer) => writer,
            None => writer.insert(self.writer()?),
        };
        let snapshot = self.snapshot();
        for &entry_id in deletes {
            if upserted.contains(&entry_id) || snapshot.may_contain(entry_id)? {
                writer.delete_term(self.columns.id_term(entry_id));
            }
        }
        for batch in upserts.chunks(BATCH) {
            let mut operations = Vec::with_capacity(batch.len());
            for document in batch {
                if !upserted.insert(document.entry_id) || snapshot.may_contain(document.entry_id)? {
                    operations.push(UserOperation::Delete(self.columns.id_term(document.entry_id)));
                }
                operations.push(UserOperation::Add(self.columns.document(document)));
            }
            writer.run(operations)?;
        }
        Ok(())
    }

    fn writer(&self) -> Result<IndexWriter, Error> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(self.threads)
            .memory_budget_per_thread(MEMORY_PER_THREAD)
            .num_merge_threads(1)
            .build();
        Ok(self.index.writer_with_options(options)?)
    }

    /// Makes what was applied durable and lets every later search find it. `position` tells how far the
    /// index has followed PostgreSQL and is kept with it.
    pub fn commit(&self, position: &str) -> Result<(), Error> {
        let mut changes = self.changes();
        let committed = self.commit_to(&mut changes, position);
        if committed.is_err() {
            *changes = Changes::default();
        }
        committed
    }

    fn commit_to(&self, changes: &mut Changes, position: &str) -> Result<(), Error> {
        let writer = match &mut changes.writer {
            Some(writer) => writer,
            None => changes.writer.insert(self.writer()?),
        };
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(position);
        commit.commit()?;
        changes.upserted = HashSet::new();
        self.reader.reload()?;
        let snapshot = Arc::new(Snapshot::open(self.reader.searcher(), &self.columns)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// The position given with the last commit; none for an index that never had one.
    pub fn position(&self) -> Result<Option<String>, Error> {
        Ok(self.index.load_metas()?.payload)
    }

    /// Answers `query` from the last commit.
    pub fn search(&self, query: &Query) -> Result<Page, Error> {
        self.snapshot().search(query)
    }

    /// For each sketch the entries that resemble it most, at most `limit` of them, all from the last commit. Entries
    /// with the property `except` are left out.
    pub fn similar(
        &self,
        sketches: &[Sketch],
        except: Option<&Filter>,
        limit: usize,
    ) -> Result<Vec<Vec<Similar>>, Error> {
        let snapshot = self.snapshot();
        let find = |sketches: &[Sketch]| -> Result<Vec<_>, Error> {
            sketches.iter().map(|sketch| similar::similar(&snapshot, sketch, except, limit)).collect()
        };
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
        let parts = std::thread::scope(|scope| {
            let parts = sketches.chunks(sketches.len().div_ceil(threads).max(1));
            let parts: Vec<_> = parts.map(|part| scope.spawn(|| find(part))).collect();
            let found =
                parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
            found.collect::<Result<Vec<_>, _>>()
        });
        Ok(parts?.into_iter().flatten().collect())
    }

    /// How many entries a search can find.
    pub fn len(&self) -> usize {
        self.snapshot().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
