//! Entries that resemble what somebody means to collect (art. 18), by their names and by their items.
//!
//! Two names resemble each other as far as they share grams. Every entry above the least similarity shares a certain
//! number of grams with what is wanted, hence at least one of the rarer ones: only the lists of these are read through,
//! the longer lists are asked about what was found there. Where the rarer lists, too, are longer than the budget, more
//! grams must be shared: the commoner the words, the closer an entry must come to be found. Of a name whose words are
//! all common, entries with every gram are found; items that are all common find nothing that the name does not.

use std::collections::BTreeMap;

use govshare_model::id::EntryId;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, InvertedIndexReader, TERMINATED};

use super::Error;
use super::cursor::forward;
use super::document::{Field, Filter, Key};
use super::segment::Segment;
use super::snapshot::Snapshot;
use super::text::{Text, grams, lines};

/// Least score of what is told, in percent.
pub const LEAST_SCORE: u8 = 50;
/// From this similarity of names on they are taken for the same, in percent.
pub const SAME_NAME: u8 = 80;
/// What the names weigh in the score where items are given, in percent; the items weigh the rest.
const NAME_WEIGHT: usize = 60;
/// Grams of items that are looked up at most.
const MOST_ITEM_GRAMS: usize = 24;

/// Places in lists that are read for one text in the whole index.
const BUDGET: usize = 4_096;
/// Entries that the longer lists are asked about for one text in the whole index.
const PROBED: usize = 48;
/// Entries whose texts are read and scored.
const READ: usize = 32;
/// Places of the shortest list that are looked up in the others together.
const AT_ONCE: usize = 4_096;
/// From place to place of a list it is quicker to step than to search, where so many places or fewer lie between.
const STEPS: usize = 8;
/// Least share of a segment in these, however small it is.
const LEAST_SHARE: usize = 16;

/// What somebody means to collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    name: Text,
    items: Text,
}

/// An entry that resembles a sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similar {
    pub entry_id: EntryId,
    /// Shared grams of both names, in percent of their mean number.
    pub name: u8,
    /// Items wanted that the entry has, in percent; `None` if none are wanted.
    pub items: Option<u8>,
    /// Of both, by their weights.
    pub score: u8,
}

impl Sketch {
    /// Several items given as one, with the signs that lists are written with between them, are several.
    pub fn new<'a>(name: &str, items: impl IntoIterator<Item = &'a str>) -> Self {
        let items = items.into_iter().flat_map(|item| item.split(['、', '，', ',', '；', ';']));
        Self {
            name: Text::stored(bare(Text::new(name).as_str())),
            items: Text::stored(bare(Text::of_items(items).as_str())),
        }
    }

    fn name_grams(&self) -> Vec<&str> {
        distinct(grams(self.name.as_str()))
    }

    fn item_grams(&self) -> Vec<&str> {
        distinct(grams(self.items.as_str()).take(MOST_ITEM_GRAMS))
    }

    /// Grams that an entry with a third of the name's similarity shares at least: of `n` and `m` grams it shares
    /// `s <= m`, and `2s / (n + m) >= 1/3`.
    fn least_of_name(&self) -> usize {
        self.name_grams().len().div_ceil(5)
    }

    /// Grams that an entry with half of the items shares at least: any half has an item with as many as the middle one.
    fn least_of_items(&self) -> usize {
        let mut counts: Vec<_> = lines(self.items.as_str()).map(|item| distinct(grams(item)).len()).collect();
        counts.sort_unstable();
        let middle = counts.len().div_ceil(2).saturating_sub(1);
        counts.get(middle).map_or(1, |count| (*count).min(self.item_grams().len()))
    }
}

/// What an entry is compared with, taken apart once for all of them.
struct Compared<'s> {
    name: Vec<&'s str>,
    items: Vec<&'s str>,
}

impl<'s> Compared<'s> {
    fn new(sketch: &'s Sketch) -> Self {
        Self { name: sketch.name_grams(), items: distinct(lines(sketch.items.as_str())) }
    }

    fn score(&self, entry_id: EntryId, title: &str, items: &str) -> Similar {
        let (title, items) = (bare(title), bare(items));
        let title = distinct(grams(&title));
        let name = percent(2 * shared(&self.name, &title), self.name.len() + title.len());
        let items = (!self.items.is_empty())
            .then(|| percent(shared(&self.items, &distinct(lines(&items))), self.items.len()));
        let score = match items {
            None => name,
            Some(items) => {
                let weighted = NAME_WEIGHT * usize::from(name) + (100 - NAME_WEIGHT) * usize::from(items);
                u8::try_from(weighted / 100).unwrap_or(100)
            }
        };
        Similar { entry_id, name, items, score }
    }
}

impl Similar {
    /// Whether the entry is what the sketch wants: the same name as far as one can tell, and every item.
    pub fn is_the_same(&self) -> bool {
        self.name >= SAME_NAME && self.items.is_none_or(|items| items == 100)
    }
}

/// Letters, figures and the ends of lines: what two names have to have in common. Signs and spaces between them make no
/// other information.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '\n').collect()
}

fn percent(part: usize, whole: usize) -> u8 {
    u8::try_from(part * 100 / whole.max(1)).unwrap_or(100)
}

fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut texts: Vec<_> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// How many texts stand in both of two ordered lists.
fn shared(one: &[&str], other: &[&str]) -> usize {
    one.iter().filter(|text| other.binary_search(text).is_ok()).count()
}

/// The entries most similar to `sketch`, at most `limit` of them, without those that have the property `except`.
/// Of equally similar ones the first in the order of search results come first.
pub(super) fn similar(
    snapshot: &Snapshot,
    sketch: &Sketch,
    except: Option<&Filter>,
    limit: usize,
) -> Result<Vec<Similar>, Error> {
    let (name, items) = (sketch.name_grams(), sketch.item_grams());
    let wanted = [
        (Field::Title, name, sketch.least_of_name(), NAME_WEIGHT),
        (Field::Items, items, sketch.least_of_items(), 100 - NAME_WEIGHT),
    ];
    let total = snapshot.segments().iter().map(|segment| segment.end() as usize).sum::<usize>().max(1);
    let mut candidates = Vec::new();
    for segment in snapshot.segments() {
        let share = |whole: usize| (whole * segment.end() as usize / total).max(LEAST_SHARE);
        let mut found: BTreeMap<DocId, usize> = BTreeMap::new();
        for (field, grams, least, weight) in wanted.iter().filter(|(_, grams, ..)| !grams.is_empty()) {
            let lists = Lists::find(segment.text(*field), grams)?;
            let common = match field {
                Field::Title => Common::ReadThrough,
                _ => Common::LeftOut,
            };
            for (doc, overlap) in lists.resembling(segment, *least, share(BUDGET), share(PROBED), common)? {
                *found.entry(doc).or_default() += weight * overlap * 10 / grams.len();
            }
        }
        let excluded = segment.having(except)?;
        candidates.extend(without(found, excluded).map(|(doc, overlap)| (overlap, segment, doc)));
    }
    candidates.sort_by_key(|(overlap, ..)| std::cmp::Reverse(*overlap));
    candidates.truncate(READ);
    let compared = Compared::new(sketch);
    let mut scored: Vec<(Key, Similar)> = Vec::with_capacity(candidates.len());
    for (_, segment, doc) in candidates {
        let record = segment.record(doc)?;
        let key = record.rank.key(Field::Title).ok_or(Error::unusable("an entry has no date of issue"))?;
        let (title, items) = (record.texts.field(Field::Title), record.texts.field(Field::Items));
        let similar = compared.score(key.entry_id, title, items);
        if similar.score >= LEAST_SCORE {
            scored.push((key, similar));
        }
    }
    scored.sort_by(|(a_key, a), (b_key, b)| b.score.cmp(&a.score).then(a_key.cmp(b_key)));
    scored.truncate(limit);
    Ok(scored.into_iter().map(|(_, similar)| similar).collect())
}

/// Those of `found`, in order, that do not stand in `excluded`.
fn without(
    found: BTreeMap<DocId, usize>,
    mut excluded: Option<SegmentPostings>,
) -> impl Iterator<Item = (DocId, usize)> {
    found.into_iter().filter(move |(doc, _)| match &mut excluded {
        Some(excluded) => forward(excluded, *doc) != *doc,
        None => true,
    })
}

/// What becomes of a text of which every gram is common.
#[derive(Clone, Copy)]
enum Common {
    /// An entry with all of it is found, wherever it stands.
    ReadThrough,
    /// It points at no entry: items that thousands have make two entries alike only where their names are, too.
    LeftOut,
}

/// The lists of some grams in one field of a segment, the shortest first.
struct Lists<'s> {
    index: &'s InvertedIndexReader,
    lists: Vec<List<'s>>,
}

struct List<'s> {
    gram: &'s str,
    places: TermInfo,
}

impl List<'_> {
    fn len(&self) -> usize {
        self.places.doc_freq as usize
    }
}

impl<'s> Lists<'s> {
    fn find(index: &'s InvertedIndexReader, grams: &[&'s str]) -> Result<Self, Error> {
        let mut lists = Vec::with_capacity(grams.len());
        for gram in grams {
            lists.extend(index.terms().get(gram)?.map(|places| List { gram, places }));
        }
        lists.sort_unstable_by_key(List::len);
        Ok(Self { index, lists })
    }

    /// Documents with at least one of the rarer grams, those with most of them first, and how many grams they have.
    fn resembling(
        &self,
        segment: &Segment,
        least: usize,
        budget: usize,
        probed: usize,
        common: Common,
    ) -> Result<Vec<(DocId, usize)>, Error> {
        let all = self.lists.len();
        let mut least = least.max(1);
        if all < least {
            return Ok(Vec::new());
        }
        let length = |least: usize| -> usize { self.lists[..=all - least].iter().map(List::len).sum() };
        while least < all && length(least) > budget {
            least += 1;
        }
        if length(least) > budget {
            return match common {
                Common::ReadThrough => self.with_all(segment, probed),
                Common::LeftOut => Ok(Vec::new()),
            };
        }
        let (rarer, commoner) = self.lists.split_at(all - least + 1);
        let mut found = self.counted(segment, rarer)?;
        if found.len() > probed {
            found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            found.truncate(probed);
            found.sort_unstable();
        }
        for list in commoner {
            let mut postings = self.read(list)?;
            for (doc, count) in &mut found {
                *count += usize::from(forward(&mut postings, *doc) == *doc);
            }
        }
        Ok(found)
    }

    /// The documents of these lists that are not deleted, in order, and in how many lists they stand.
    fn counted(&self, segment: &Segment, lists: &[List<'_>]) -> Result<Vec<(DocId, usize)>, Error> {
        let mut docs = Vec::new();
        for list in lists {
            let mut postings = self.read(list)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                docs.push(doc);
                doc = postings.advance();
            }
        }
        docs.sort_unstable();
        let runs = docs.chunk_by(|one, other| one == other).map(|run| (run[0], run.len()));
        Ok(runs.filter(|(doc, _)| segment.is_alive(*doc)).collect())
    }

    /// The first documents that stand in every list: even the shortest one is too long to be read through.
    fn with_all(&self, segment: &Segment, limit: usize) -> Result<Vec<(DocId, usize)>, Error> {
        let mut lists = Vec::with_capacity(self.lists.len());
        for list in self.least_alike_first() {
            lists.push((list.len(), self.read(list)?));
        }
        let Some(((_, shortest), others)) = lists.split_first_mut() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        while found.len() < limit && shortest.doc() != TERMINATED {
            let mut docs = Vec::with_capacity(AT_ONCE);
            while docs.len() < AT_ONCE && shortest.doc() != TERMINATED {
                docs.push(shortest.doc());
                shortest.advance();
            }
            for (length, other) in &mut *others {
                let (Some(first), Some(last)) = (docs.first(), docs.last()) else { break };
                let between = *length * (last - first) as usize / segment.end() as usize;
                let steps = if between <= STEPS * docs.len() { usize::MAX } else { 0 };
                docs.retain(|doc| walk(other, *doc, steps) == *doc);
            }
            docs.retain(|doc| segment.is_alive(*doc));
            found.extend(docs.into_iter().map(|doc| (doc, self.lists.len())));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The shortest list, then those of other words: neighbours in a word share most of their places, so that the list
    /// of one rules out little of the other's.
    fn least_alike_first(&self) -> impl Iterator<Item = &List<'s>> {
        let mut seen = Vec::new();
        let (strange, alike): (Vec<_>, Vec<_>) = self.lists.iter().partition(|list| {
            let strange = !list.gram.chars().any(|character| seen.contains(&character));
            if strange {
                seen.extend(list.gram.chars());
            }
            strange
        });
        strange.into_iter().chain(alike)
    }

    fn read(&self, list: &List<'_>) -> Result<SegmentPostings, Error> {
        Ok(self.index.read_postings_from_terminfo(&list.places, IndexRecordOption::Basic)?)
    }
}

/// As [`forward`], with up to so many steps before the list is searched.
fn walk(postings: &mut SegmentPostings, target: DocId, steps: usize) -> DocId {
    for _ in 0..steps {
        if postings.doc() >= target {
            return postings.doc();
        }
        postings.advance();
    }
    forward(postings, target)
}
