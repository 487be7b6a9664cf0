//! Full-text search over published entries, against a GIN index over bigrams in PostgreSQL.

mod catalogue;
mod duplicates;
mod queries;
mod reference;
mod words;

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use catalog::search::{Document, Index, Query, Text};
use futures_util::TryStreamExt;
use govshare_cluster::{Postgres, PostgresOptions};
use govshare_model::id::EntryId;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::mpsc;

use crate::report::Figure;
use reference::Reference;

/// Threads that index, as many as the cores that the goals are given for.
const THREADS: usize = 2;
const BATCH: usize = 1_000;
const SIZE: u64 = 1_000_000;
const CHANGES: u64 = 25;
const SEARCHING: Duration = Duration::from_secs(3);

/// Measures in three rounds of all queries, in full in nine.
pub async fn run(full: bool) -> Result<Vec<Figure>, Box<dyn Error>> {
    let rounds = if full { 9 } else { 3 };
    let postgres = Postgres::start(&PostgresOptions::disposable()?).await?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let settings = "SET work_mem = '256MB'; SET jit = off; SET effective_cache_size = '8GB'";
                sqlx::raw_sql(settings).execute(connection).await.map(|_| ())
            })
        })
        .connect(&postgres.url("postgres"))
        .await?;
    reference::load(&pool, SIZE).await?;

    let directory = tempfile::tempdir()?;
    let index = Index::create(Some(directory.path()), THREADS)?;
    let mut figures = vec![rebuild(&index, &pool).await?];
    figures.push(Figure::info(
        "search: index on disk",
        bytes_below(directory.path())? as f64 / SIZE as f64,
        "bytes/entry",
    ));
    figures.extend(compare(&index, &pool, rounds).await?);
    figures.push(duplicates::run(&index, SIZE, rounds)?);
    figures.push(freshness(&index)?);
    figures.push(searches_beside_a_writer(&index)?);
    pool.close().await;
    postgres.stop().await;
    Ok(figures)
}

/// The whole way of a replica that lost its index: stream from PostgreSQL, index, commit.
async fn rebuild(index: &Index, pool: &PgPool) -> Result<Figure, Box<dyn Error>> {
    let started = Instant::now();
    let (batches, mut received) = mpsc::channel::<Vec<Document>>(4);
    let indexed = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let indexing = scope.spawn(move || {
                while let Some(batch) = received.blocking_recv() {
                    index.apply(&batch, &[])?;
                }
                index.commit("")
            });
            let streamed = tokio::runtime::Handle::current().block_on(async {
                let mut chunks = reference::entries(pool).try_chunks(BATCH);
                while let Some(batch) = chunks.try_next().await.map_err(|error| error.1)? {
                    if batches.send(batch).await.is_err() {
                        break;
                    }
                }
                drop(batches);
                Ok::<(), sqlx::Error>(())
            });
            (streamed, indexing.join().expect("indexing does not panic"))
        })
    });
    let (streamed, committed) = indexed;
    streamed?;
    committed?;
    let rate = SIZE as f64 / started.elapsed().as_secs_f64();
    assert_eq!(index.len() as u64, SIZE, "every entry is indexed");
    Ok(Figure::at_least("search: rebuild from PostgreSQL", rate, 50_000.0, "entries/s"))
}

/// Every query in turn on both, several rounds; the medians of the queries give the percentiles.
async fn compare(index: &Index, pool: &PgPool, rounds: usize) -> Result<Vec<Figure>, Box<dyn Error>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for query in queries::mix(SIZE) {
        let reference = Reference::new(&query);
        let (mut our_rounds, mut their_rounds) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let started = Instant::now();
            let page = index.search(&query)?;
            our_rounds.push(started.elapsed().as_secs_f64() * 1e6);
            let started = Instant::now();
            let expected = reference.search(pool).await?;
            their_rounds.push(started.elapsed().as_secs_f64() * 1e6);
            let found: Vec<EntryId> = page.hits.iter().map(|hit| hit.entry_id).collect();
            assert_eq!(found, expected, "PostgreSQL finds something else for {query:?}");
        }
        ours.push(percentile(&mut our_rounds, 50));
        theirs.push(percentile(&mut their_rounds, 50));
    }
    let figure = |percent, goal, ours: &mut [f64], theirs: &mut [f64]| {
        let name = format!("search: p{percent} of {} queries, {SIZE} entries", queries::QUERIES);
        Figure::faster(name, percentile(ours, percent), percentile(theirs, percent), goal, "µs")
    };
    Ok(vec![figure(50, 5.0, &mut ours, &mut theirs), figure(99, 10.0, &mut ours, &mut theirs)])
}

/// How long it takes at worst until a changed entry is found by its new title.
fn freshness(index: &Index) -> Result<Figure, Box<dyn Error>> {
    let mut worst = Duration::ZERO;
    for n in 0..CHANGES {
        let title = format!("第{n}次改名");
        let changed = Document { title: Text::new(&title), ..catalogue::entry(n * (SIZE / CHANGES)) };
        let started = Instant::now();
        index.apply(std::slice::from_ref(&changed), &[])?;
        index.commit("")?;
        let page = index.search(&Query::new([title.as_str()])?)?;
        worst = worst.max(started.elapsed());
        assert_eq!(page.hits.first().map(|hit| hit.entry_id), Some(changed.entry_id), "{title}");
    }
    Ok(Figure::at_most("search: slowest change until found", worst.as_secs_f64() * 1e3, 1_000.0, "ms"))
}

/// The mix over and over on two threads, while a third registers entries a hundred at a time.
fn searches_beside_a_writer(index: &Index) -> Result<Figure, Box<dyn Error>> {
    let mix = queries::mix(SIZE);
    let over = AtomicBool::new(false);
    let search = |first: usize| {
        let mut searches = 0_usize;
        while !over.load(Ordering::Relaxed) {
            index.search(&mix[(first + searches) % mix.len()])?;
            searches += 1;
        }
        Ok::<usize, catalog::search::Error>(searches)
    };
    let started = Instant::now();
    let searches = std::thread::scope(|scope| {
        let searching = [0, mix.len() / 2].map(|first| scope.spawn(move || search(first)));
        let mut written = Ok(());
        let mut next = SIZE;
        while written.is_ok() && started.elapsed() < SEARCHING {
            let batch: Vec<Document> = (next..next + 100).map(catalogue::entry).collect();
            next += 100;
            written = index.apply(&batch, &[]).and_then(|()| index.commit(""));
        }
        over.store(true, Ordering::Relaxed);
        let searches = searching.into_iter().map(|thread| thread.join().expect("searching does not panic"));
        let searches: usize = searches.sum::<Result<usize, _>>()?;
        written.map(|()| searches)
    })?;
    let rate = searches as f64 / started.elapsed().as_secs_f64();
    Ok(Figure::info("search: queries of the mix beside a busy writer", rate, "queries/s"))
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent).div_ceil(100).max(1) - 1]
}

fn bytes_below(directory: &Path) -> std::io::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}
