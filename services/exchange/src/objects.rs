//! The bytes of data versions in the object store: written in parts, read in blocks, in flat memory.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use govshare_model::id::DataVersionId;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};
use service_kit::Failure;
use service_kit::clock::real_now;
use time::OffsetDateTime;
use uuid::Uuid;

/// Largest chunk of a download.
pub const CHUNK_BYTES: usize = 256 << 10;
/// Part of an upload; object stores want at least 5 MiB.
const PART_BYTES: usize = 8 << 20;
/// Parts that are written while the next one fills.
const PARTS_UNDER_WAY: usize = 2;
/// What is read at once for a download, and how many such blocks are ahead of the client.
const BLOCK_BYTES: usize = 1 << 20;
const BLOCKS_AHEAD: usize = 2;

/// The store; an object's key is the id of its data version.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    dir: PathBuf,
}

/// An object that is being written; not visible before [`Writing::finish`].
pub struct Writing {
    upload: WriteMultipart,
    id: DataVersionId,
}

impl Objects {
    /// The store in a local directory, which is made if it is missing. What it acknowledges is on disk.
    pub fn local(dir: &FilePath) -> Result<Self, String> {
        let refused = |problem: String| format!("service.store_dir {}: {problem}", dir.display());
        std::fs::create_dir_all(dir).map_err(|error| refused(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(dir).map_err(|error| refused(error.to_string()))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), dir: dir.to_owned() })
    }

    pub async fn write(&self, id: DataVersionId) -> Result<Writing, Failure> {
        let upload = self.store.put_multipart(&key(id)).await.map_err(Failure::internal)?;
        Ok(Writing { upload: WriteMultipart::new_with_chunk_size(upload, PART_BYTES), id })
    }

    /// The `size` bytes of an object, cut from blocks without a copy.
    pub fn read(
        &self,
        id: DataVersionId,
        size: u64,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
        let (store, key) = (Arc::clone(&self.store), key(id));
        let read_block = move |start: u64| {
            let (store, key) = (Arc::clone(&store), key.clone());
            async move { store.get_range(&key, start..size.min(start + BLOCK_BYTES as u64)).await }
        };
        stream::iter((0..size).step_by(BLOCK_BYTES))
            .map(read_block)
            .buffered(BLOCKS_AHEAD)
            .map_ok(|block| stream::iter(chunks(block).map(Ok)))
            .try_flatten()
    }

    /// Removes an object that has no row. What cannot be removed now is left to the sweeper.
    pub async fn remove(&self, id: DataVersionId) {
        match self.store.delete(&key(id)).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%id, %error, "object not removed"),
        }
    }

    /// Objects last written more than `age` ago.
    pub async fn older_than(&self, age: Duration) -> Result<Vec<DataVersionId>, Failure> {
        let before = (real_now() - age).unix_timestamp();
        let mut found = Vec::new();
        let mut objects = self.store.list(None);
        while let Some(object) = objects.try_next().await.map_err(Failure::internal)? {
            let id = Uuid::parse_str(object.location.as_ref());
            if object.last_modified.timestamp() < before
                && let Ok(id) = id
            {
                found.push(DataVersionId(id));
            }
        }
        Ok(found)
    }

    /// Removes what uploads of killed processes left more than `age` ago. The local store keeps an unfinished
    /// upload as `<key>#<number>`, which it does not list; other stores have lifecycle rules for this.
    pub async fn remove_unfinished(&self, age: Duration) -> std::io::Result<usize> {
        let before = real_now() - age;
        let mut removed = 0;
        let mut files = tokio::fs::read_dir(&self.dir).await?;
        while let Some(file) = files.next_entry().await? {
            let unfinished = file.file_name().to_str().is_some_and(|name| name.contains('#'));
            if unfinished && OffsetDateTime::from(file.metadata().await?.modified()?) < before {
                tokio::fs::remove_file(file.path()).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl Writing {
    /// Takes the next bytes; waits while the store is behind.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        self.upload.wait_for_capacity(PARTS_UNDER_WAY).await.map_err(Failure::internal)?;
        self.upload.put(bytes);
        Ok(())
    }

    /// Makes the object durable and visible.
    pub async fn finish(self) -> Result<(), Failure> {
        self.upload.finish().await.map_err(Failure::internal)?;
        Ok(())
    }

    /// Leaves nothing of the object.
    pub async fn abort(self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(id = %self.id, %error, "unfinished object not removed");
        }
    }
}

fn key(id: DataVersionId) -> Path {
    Path::from(id.to_string())
}

fn chunks(mut block: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let size = block.len().min(CHUNK_BYTES);
        (size > 0).then(|| block.split_to(size))
    })
}
