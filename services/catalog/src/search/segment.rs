//! One segment of the index: its documents stand in rank order, so that a query can stop as soon as it has
//! enough of them.

use std::sync::Arc;

use tantivy::fastfield::AliveBitSet;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::schema::document::{
    DeserializeError, DocumentDeserialize, DocumentDeserializer, ValueDeserialize, ValueDeserializer,
};
use tantivy::store::StoreReader;
use tantivy::{DocId, InvertedIndexReader, SegmentReader};

use govshare_model::id::EntryId;

use super::Error;
use super::cursor::{All, Clause, Cursor};
use super::document::{Field, Filter, Rank, Texts};
use super::query::{Query, Term};
use super::schema::Columns;

pub(super) struct Segment {
    reader: SegmentReader,
    store: StoreReader,
    ids: Arc<InvertedIndexReader>,
    filters: Arc<InvertedIndexReader>,
    texts: Vec<(Field, Arc<InvertedIndexReader>)>,
}

impl Segment {
    pub(super) fn open(reader: &SegmentReader, columns: &Columns) -> Result<Self, Error> {
        let texts = Field::ALL.into_iter().zip(columns.texts());
        Ok(Self {
            store: reader.get_store_reader(0)?,
            ids: reader.inverted_index(columns.id())?,
            filters: reader.inverted_index(columns.filters())?,
            texts: texts
                .map(|(field, column)| Ok((field, reader.inverted_index(column)?)))
                .collect::<Result<_, Error>>()?,
            reader: reader.clone(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.reader.num_docs() as usize
    }

    /// The number of documents, deleted ones included.
    pub(super) fn end(&self) -> DocId {
        self.reader.max_doc()
    }

    pub(super) fn alive(&self) -> Option<&AliveBitSet> {
        self.reader.alive_bitset()
    }

    pub(super) fn is_alive(&self, doc: DocId) -> bool {
        self.alive().is_none_or(|alive| alive.is_alive(doc))
    }

    /// The lists of grams of one field.
    pub(super) fn text(&self, field: Field) -> &InvertedIndexReader {
        let place = Field::ALL.iter().position(|known| *known == field).unwrap_or_default();
        &self.texts[place].1
    }

    /// The documents with a property; none if no property is named or no document has it.
    pub(super) fn having(&self, filter: Option<&Filter>) -> Result<Option<SegmentPostings>, Error> {
        let Some(filter) = filter else { return Ok(None) };
        let Some(info) = self.filters.terms().get(filter.word())? else { return Ok(None) };
        Ok(Some(self.filters.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?))
    }

    /// Whether a document of this entry stands in the segment, deleted or not.
    pub(super) fn may_contain(&self, entry_id: EntryId) -> Result<bool, Error> {
        Ok(self.ids.terms().get(entry_id.0.as_bytes())?.is_some())
    }

    pub(super) fn record(&self, doc: DocId) -> Result<Record, Error> {
        Ok(self.store.get(doc)?)
    }

    /// The first document that comes after `rank`.
    pub(super) fn first_after(&self, rank: Rank) -> Result<DocId, Error> {
        let (mut first, mut end) = (0, self.reader.max_doc());
        while first < end {
            let middle = first + (end - first) / 2;
            if self.record(middle)?.rank <= rank {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(first)
    }

    /// Looks up what `query` needs; none if the segment certainly holds no hit.
    pub(super) fn plan(&self, query: &Query) -> Result<Option<Plan<'_>>, Error> {
        let mut filters = Vec::with_capacity(query.filters.len());
        for filter in &query.filters {
            match self.filters.terms().get(filter.word())? {
                Some(info) => filters.push(info),
                None => return Ok(None),
            }
        }
        let mut terms = Vec::with_capacity(query.terms().len());
        for term in query.terms() {
            let alternatives = self.fields_with(term)?;
            if alternatives.is_empty() {
                return Ok(None);
            }
            terms.push(alternatives);
        }
        Ok(Some(Plan { segment: self, filters, terms }))
    }

    /// The fields in which `term` may occur.
    fn fields_with<'s>(&'s self, term: &Term) -> Result<Vec<InField<'s>>, Error> {
        let pairs = term.pairs();
        let mut found = Vec::with_capacity(self.texts.len());
        for (field, index) in &self.texts {
            let alternatives = if pairs.is_empty() {
                beginning_with(index, term.as_str())?
            } else {
                let postings = pairs.iter().map(|pair| index.terms().get(pair));
                postings.collect::<Result<Option<Vec<_>>, _>>()?.into_iter().collect()
            };
            if !alternatives.is_empty() {
                found.push(InField { field: *field, index, alternatives });
            }
        }
        Ok(found)
    }
}

/// The postings of each gram that begins with `character`.
fn beginning_with(index: &InvertedIndexReader, character: &str) -> Result<Vec<Vec<TermInfo>>, Error> {
    let mut found = Vec::new();
    let mut grams = index.terms().range().ge(character).into_stream()?;
    while grams.advance() && grams.key().starts_with(character.as_bytes()) {
        found.push(vec![grams.value().clone()]);
    }
    Ok(found)
}

/// A query prepared for one segment.
pub(super) struct Plan<'s> {
    pub(super) segment: &'s Segment,
    filters: Vec<TermInfo>,
    terms: Vec<Vec<InField<'s>>>,
}

/// A term in one field: it may occur where all postings of an alternative meet.
struct InField<'s> {
    field: Field,
    index: &'s InvertedIndexReader,
    alternatives: Vec<Vec<TermInfo>>,
}

impl<'s> Plan<'s> {
    /// Walks the documents in which every term occurs in a field up to `class`; none if there are none.
    pub(super) fn cursor(&self, class: Field) -> Result<Option<Cursor<'s>>, Error> {
        let mut clauses = Vec::with_capacity(self.filters.len() + self.terms.len());
        for filter in &self.filters {
            let all = read_all(&self.segment.filters, std::slice::from_ref(filter))?;
            clauses.push(Clause::new(vec![(Field::Title, all)]));
        }
        for term in &self.terms {
            let mut alternatives = Vec::new();
            for InField { field, index, alternatives: postings } in term.iter().filter(|at| at.field <= class)
            {
                for postings in postings {
                    alternatives.push((*field, read_all(index, postings)?));
                }
            }
            if alternatives.is_empty() {
                return Ok(None);
            }
            clauses.push(Clause::new(alternatives));
        }
        let reader = &self.segment.reader;
        Ok(Some(Cursor::new(clauses, reader.alive_bitset(), reader.max_doc())))
    }
}

fn read_all(index: &InvertedIndexReader, postings: &[TermInfo]) -> Result<All, Error> {
    let postings = postings
        .iter()
        .map(|info| index.read_postings_from_terminfo(info, IndexRecordOption::Basic))
        .collect::<Result<_, _>>()?;
    Ok(All::new(postings))
}

/// What is stored of a document: the columns `rank` and `stored`, in this order.
pub(super) struct Record {
    pub(super) rank: Rank,
    pub(super) texts: Texts,
}

impl DocumentDeserialize for Record {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut columns: D) -> Result<Self, DeserializeError> {
        let rank = columns.next_field::<Bytes>()?.and_then(|(_, Bytes(bytes))| Rank::from_bytes(&bytes));
        let texts = columns.next_field::<Joined>()?.map(|(_, Joined(text))| Texts::stored(text));
        let record = rank.zip(texts).map(|(rank, texts)| Self { rank, texts });
        record.ok_or_else(|| DeserializeError::custom("not what is stored of an entry"))
    }
}

struct Bytes(Vec<u8>);

impl ValueDeserialize for Bytes {
    fn deserialize<'de, D: ValueDeserializer<'de>>(value: D) -> Result<Self, DeserializeError> {
        value.deserialize_bytes().map(Self)
    }
}

struct Joined(String);

impl ValueDeserialize for Joined {
    fn deserialize<'de, D: ValueDeserializer<'de>>(value: D) -> Result<Self, DeserializeError> {
        value.deserialize_string().map(Self)
    }
}
