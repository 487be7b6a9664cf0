//! Keeps this replica's search index equal to what PostgreSQL has published.
//!
//! Neither ids nor sequences nor times are in the order of commits: a reader that polls for `id > last` misses
//! what commits late. So each change of what search can find stamps its transaction's number on the row
//! (`entries.change_xid`, `units.renamed_xid`), and the follower's position is a `pg_snapshot`. What committed
//! since is exactly what that snapshot does not see, however long its transaction ran and whatever else still
//! runs. A row is read as it is now; one that changes while it is read is met again in the next round.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use prost::Message;
use service_kit::Database;
use time::Date;
use time::macros::date;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::convert;
use super::searching::sharing_filter;
use crate::search::{self, Document, Filter, Index, Text};

/// How long a change waits at most before the follower looks.
const POLL: Duration = Duration::from_millis(250);
/// Pause after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// Rows read and indexed at once.
const PAGE: i64 = 2_000;
/// What entries without a date of issue stand behind.
const UNDATED: Date = date!(0001 - 01 - 01);

/// The one writer of this replica's index.
pub struct Follower {
    database: Database,
    /// `None`: in memory.
    directory: Option<PathBuf>,
    threads: usize,
    /// The index once it has caught up.
    ready: watch::Sender<Option<Arc<Index>>>,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Index(#[from] search::Error),
    #[error("entry {0}: its content cannot be read")]
    Content(Uuid),
    #[error("the index is ahead of the database, which was restored from a backup")]
    Ahead,
    #[error("{0}")]
    Cut(#[from] tokio::task::JoinError),
}

/// An entry that changed. Without words it is not published any more.
struct Row {
    id: Uuid,
    /// Number of the transaction that changed it, to read on from.
    change: String,
    provider: String,
    display_name: String,
    content: Option<Vec<u8>>,
}

impl Follower {
    /// The follower of an index below `directory`, and where that index is to be had.
    pub fn new(
        database: Database,
        directory: Option<PathBuf>,
        threads: usize,
    ) -> (Self, watch::Receiver<Option<Arc<Index>>>) {
        let (ready, index) = watch::channel(None);
        (Self { database, directory, threads, ready }, index)
    }

    /// Opens or rebuilds the index and follows the database until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let follow = async {
            loop {
                let Err(error) = self.follow().await;
                tracing::error!(%error, "search index lost; it is opened again");
                self.ready.send_replace(None);
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = follow => {}
        }
    }

    async fn follow(&self) -> Result<std::convert::Infallible, Error> {
        let (mut index, mut position) = match self.open().await? {
            Some(opened) => opened,
            None => self.rebuild().await?,
        };
        loop {
            match self.catch_up(&index, &position).await {
                Ok(reached) => {
                    position = reached;
                    if self.ready.borrow().is_none() {
                        tracing::info!(entries = index.len(), "search index is up to date");
                        self.ready.send_replace(Some(Arc::clone(&index)));
                    }
                    tokio::time::sleep(POLL).await;
                }
                // What was indexed stays, and so does the position.
                Err(Error::Database(error)) => {
                    tracing::warn!(%error, "published entries not read");
                    tokio::time::sleep(RETRY).await;
                }
                Err(error @ Error::Ahead) => {
                    tracing::warn!(%error, "search index is built anew");
                    self.ready.send_replace(None);
                    (index, position) = self.rebuild().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The index as an earlier run left it, with its position.
    async fn open(&self) -> Result<Option<(Arc<Index>, String)>, Error> {
        let Some(directory) = self.directory.clone() else { return Ok(None) };
        let threads = self.threads;
        match spawn_blocking(move || Index::open(&directory, threads)).await? {
            Ok(index) => {
                let position = index.position()?.filter(|position| is_snapshot(position));
                Ok(position.map(|position| (Arc::new(index), position)))
            }
            Err(search::Error::Unusable(reason)) => {
                tracing::info!(%reason, "search index is built anew");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads every published entry, by id. What changes meanwhile is caught up from where this began.
    async fn rebuild(&self) -> Result<(Arc<Index>, String), Error> {
        let (directory, threads) = (self.directory.clone(), self.threads);
        let index = Arc::new(spawn_blocking(move || Index::create(directory.as_deref(), threads)).await??);
        let position = sqlx::query_scalar!(r#"SELECT pg_current_snapshot()::text AS "position!""#)
            .fetch_one(self.database.pool())
            .await?;
        let mut rows = self.published(Uuid::nil()).await?;
        while let Some(last) = rows.last().map(|row| row.id) {
            let indexing = apply(&index, rows);
            let reading = async { Ok(self.published(last).await?) };
            (_, rows) = tokio::try_join!(indexing, reading)?;
        }
        commit(&index, &position).await?;
        Ok((index, position))
    }

    /// Applies all that committed since `position`; gives the position reached.
    async fn catch_up(&self, index: &Arc<Index>, position: &str) -> Result<String, Error> {
        let round = sqlx::query!(
            r#"SELECT pg_current_snapshot()::text AS "reached!",
                 pg_snapshot_xmax($1::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()) AS "is_ahead!",
                 ARRAY(SELECT id FROM catalog.units
                   WHERE renamed_xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                     AND NOT pg_visible_in_snapshot(renamed_xid, $1::text::pg_snapshot)) AS "renamed!""#,
            position
        )
        .fetch_one(self.database.pool())
        .await?;
        if round.is_ahead {
            return Err(Error::Ahead);
        }
        let mut changed = false;
        let mut rows = self.changed(position, "0", Uuid::nil()).await?;
        while let Some((change, id)) = rows.last().map(|row| (row.change.clone(), row.id)) {
            changed = true;
            apply(index, rows).await?;
            rows = self.changed(position, &change, id).await?;
        }
        if !round.renamed.is_empty() {
            let mut rows = self.published_by(&round.renamed, Uuid::nil()).await?;
            while let Some(last) = rows.last().map(|row| row.id) {
                changed = true;
                apply(index, rows).await?;
                rows = self.published_by(&round.renamed, last).await?;
            }
        }
        if changed {
            commit(index, &round.reached).await?;
        }
        Ok(round.reached)
    }

    async fn published(&self, after: Uuid) -> Result<Vec<Row>, sqlx::Error> {
        sqlx::query_as!(
            Row,
            r#"SELECT e.id, e.change_xid::text AS "change!", e.provider, u.display_name, v.content AS "content?"
               FROM catalog.entries e JOIN catalog.units u ON u.id = e.provider
               JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
               WHERE e.published IS NOT NULL AND e.state = 'PUBLISHED' AND e.id > $1 ORDER BY e.id LIMIT $2"#,
            after,
            PAGE
        )
        .fetch_all(self.database.pool())
        .await
    }

    async fn published_by(&self, providers: &[String], after: Uuid) -> Result<Vec<Row>, sqlx::Error> {
        sqlx::query_as!(
            Row,
            r#"SELECT e.id, e.change_xid::text AS "change!", e.provider, u.display_name, v.content AS "content?"
               FROM catalog.entries e JOIN catalog.units u ON u.id = e.provider
               JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
               WHERE e.provider = ANY($1) AND e.state = 'PUBLISHED' AND e.id > $2 ORDER BY e.id LIMIT $3"#,
            providers,
            after,
            PAGE
        )
        .fetch_all(self.database.pool())
        .await
    }

    async fn changed(&self, position: &str, change: &str, after: Uuid) -> Result<Vec<Row>, sqlx::Error> {
        sqlx::query_as!(
            Row,
            r#"SELECT e.id, e.change_xid::text AS "change!", e.provider, u.display_name,
                 CASE WHEN e.state = 'PUBLISHED' THEN v.content END AS content
               FROM catalog.entries e JOIN catalog.units u ON u.id = e.provider
               JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
               WHERE e.change_xid IS NOT NULL AND e.change_xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                 AND NOT pg_visible_in_snapshot(e.change_xid, $1::text::pg_snapshot)
                 AND (e.change_xid, e.id) > ($2::text::xid8, $3)
               ORDER BY e.change_xid, e.id LIMIT $4"#,
            position,
            change,
            after,
            PAGE
        )
        .fetch_all(self.database.pool())
        .await
    }
}

/// Whether a position is one that PostgreSQL gave: `xmin:xmax:xip,xip,...`.
fn is_snapshot(position: &str) -> bool {
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    match position.split(':').collect::<Vec<_>>()[..] {
        [xmin, xmax, running] => {
            is_number(xmin)
                && is_number(xmax)
                && running.split(',').all(|xid| xid.is_empty() || is_number(xid))
        }
        _ => false,
    }
}

async fn apply(index: &Arc<Index>, rows: Vec<Row>) -> Result<(), Error> {
    let index = Arc::clone(index);
    spawn_blocking(move || {
        let mut documents = Vec::with_capacity(rows.len());
        let mut gone = Vec::new();
        for row in &rows {
            match &row.content {
                Some(content) => documents.push(document(row, content)?),
                None => gone.push(EntryId(row.id)),
            }
        }
        Ok(index.apply(&documents, &gone)?)
    })
    .await?
}

async fn commit(index: &Arc<Index>, position: &str) -> Result<(), Error> {
    let (index, position) = (Arc::clone(index), position.to_owned());
    Ok(spawn_blocking(move || index.commit(&position)).await??)
}

fn document(row: &Row, content: &[u8]) -> Result<Document, Error> {
    let content = pb::EntryContent::decode(content).map_err(|_| Error::Content(row.id))?;
    let unit: Option<UnitId> = row.provider.parse().ok();
    let sharing = convert::sharing(content.sharing_type()).and_then(sharing_filter);
    let mut unheard = service_kit::Violations::new();
    Ok(Document {
        entry_id: EntryId(row.id),
        issued: unheard.date("issue_date", content.issue_date.as_ref()).unwrap_or(UNDATED),
        title: Text::new(&content.title),
        provider: Text::new(&row.display_name),
        items: Text::of_items(content.items.iter().map(|item| item.name.as_str())),
        summary: Text::new(&content.r#abstract),
        filters: unit.map(Filter::Unit).into_iter().chain(sharing).collect(),
    })
}
