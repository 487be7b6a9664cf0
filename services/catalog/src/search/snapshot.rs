//! The index as it stood after one commit, and how a query is answered on it.

use tantivy::{DocId, Searcher};

use govshare_model::id::EntryId;

use super::Error;
use super::cursor::Cursor;
use super::document::{Field, Rank};
use super::query::{COUNT_CAP, Count, Page, Query};
use super::schema::Columns;
use super::segment::{Plan, Segment};

pub(super) struct Snapshot {
    segments: Vec<Segment>,
    /// Keeps the files of the segments from being removed.
    _searcher: Searcher,
}

impl Snapshot {
    pub(super) fn open(searcher: Searcher, columns: &Columns) -> Result<Self, Error> {
        let segments = searcher.segment_readers().iter().map(|reader| Segment::open(reader, columns));
        Ok(Self { segments: segments.collect::<Result<_, _>>()?, _searcher: searcher })
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(super) fn len(&self) -> usize {
        self.segments.iter().map(Segment::len).sum()
    }

    pub(super) fn may_contain(&self, entry_id: EntryId) -> Result<bool, Error> {
        for segment in &self.segments {
            if segment.may_contain(entry_id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn search(&self, query: &Query) -> Result<Page, Error> {
        let plans = self.segments.iter().map(|segment| segment.plan(query));
        let plans: Vec<Plan<'_>> = plans.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let total = count(&plans, query)?;
        let mut page = Page { hits: Vec::new(), total, next: None };
        let mut last = None;
        let first_class = query.after.map_or(Field::Title, |after| after.class);
        for class in Field::ALL.into_iter().filter(|class| *class >= first_class) {
            if query.after.is_none() && Count::Exact(page.hits.len()) == total {
                break;
            }
            let mut streams = streams(&plans, query, class)?;
            while let Some((stream, rank)) = lowest(&mut streams) {
                if page.hits.len() == query.limit {
                    page.next = last;
                    return Ok(page);
                }
                let key = rank.key(class).ok_or(Error::unusable("an entry has no date of issue"))?;
                page.hits.push(key);
                last = Some(key);
                stream.advance()?;
            }
        }
        Ok(page)
    }
}

fn count(plans: &[Plan<'_>], query: &Query) -> Result<Count, Error> {
    // Titles alone often have hits enough; to ask them first costs little where nothing is to be verified.
    if query.is_decided_by_grams() {
        let in_titles = count_up_to(Field::Title, plans, query)?;
        if in_titles == Count::MoreThan(COUNT_CAP) {
            return Ok(in_titles);
        }
    }
    count_up_to(Field::Summary, plans, query)
}

/// Counts the hits of a class up to `class`.
fn count_up_to(class: Field, plans: &[Plan<'_>], query: &Query) -> Result<Count, Error> {
    let mut found = 0;
    for plan in plans {
        let Some(mut cursor) = plan.cursor(class)? else { continue };
        let mut next = 0;
        while let Some((doc, _)) = cursor.seek(next) {
            next = doc + 1;
            let is_hit = query.is_decided_by_grams() || {
                let true_class = plan.segment.record(doc)?.texts.class(query.terms());
                true_class.is_some_and(|true_class| true_class <= class)
            };
            if is_hit {
                found += 1;
                if found > COUNT_CAP {
                    return Ok(Count::MoreThan(COUNT_CAP));
                }
            }
        }
    }
    Ok(Count::Exact(found))
}

/// The hits of one class in one segment, in rank order.
struct Stream<'s> {
    plan: &'s Plan<'s>,
    query: &'s Query,
    class: Field,
    cursor: Cursor<'s>,
    next: DocId,
    head: Option<Rank>,
}

impl Stream<'_> {
    fn advance(&mut self) -> Result<(), Error> {
        self.head = None;
        while let Some((doc, least_class)) = self.cursor.seek(self.next) {
            self.next = doc + 1;
            if least_class < self.class && self.query.is_decided_by_grams() {
                continue;
            }
            let record = self.plan.segment.record(doc)?;
            if record.texts.class(self.query.terms()) == Some(self.class) {
                self.head = Some(record.rank);
                break;
            }
        }
        Ok(())
    }
}

fn streams<'s>(plans: &'s [Plan<'s>], query: &'s Query, class: Field) -> Result<Vec<Stream<'s>>, Error> {
    let mut streams = Vec::with_capacity(plans.len());
    let after = query.after.filter(|after| after.class == class);
    for plan in plans {
        let Some(cursor) = plan.cursor(class)? else { continue };
        let next = match after {
            Some(key) => plan.segment.first_after(Rank::new(key.issued, key.entry_id))?,
            None => 0,
        };
        let mut stream = Stream { plan, query, class, cursor, next, head: None };
        stream.advance()?;
        streams.push(stream);
    }
    Ok(streams)
}

fn lowest<'a, 's>(streams: &'a mut [Stream<'s>]) -> Option<(&'a mut Stream<'s>, Rank)> {
    streams
        .iter_mut()
        .filter_map(|stream| stream.head.map(|rank| (stream, rank)))
        .min_by_key(|(_, rank)| *rank)
}
