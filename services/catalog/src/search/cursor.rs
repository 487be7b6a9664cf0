//! Walks the documents of one segment that satisfy a query, in rank order.

use tantivy::fastfield::AliveBitSet;
use tantivy::postings::SegmentPostings;
use tantivy::{DocId, DocSet, TERMINATED};

use super::document::Field;

/// Documents that stand in all of some postings; the shortest leads.
pub(super) struct All(Vec<SegmentPostings>);

impl All {
    /// `postings` must not be empty.
    pub(super) fn new(mut postings: Vec<SegmentPostings>) -> Self {
        postings.sort_by_key(SegmentPostings::doc_freq);
        let mut all = Self(postings);
        all.align(0);
        all
    }

    fn doc(&self) -> DocId {
        self.0[0].doc()
    }

    fn most(&self) -> u32 {
        self.0[0].doc_freq()
    }

    fn align(&mut self, target: DocId) -> DocId {
        let Some((lead, others)) = self.0.split_first_mut() else { return TERMINATED };
        let mut doc = forward(lead, target);
        while let Some(further) = others.iter_mut().map(|other| forward(other, doc)).find(|&at| at > doc) {
            doc = forward(lead, further);
        }
        doc
    }
}

pub(super) fn forward(postings: &mut SegmentPostings, target: DocId) -> DocId {
    if postings.doc() < target { postings.seek(target) } else { postings.doc() }
}

/// Documents that have a term or a property in at least one of some fields.
pub(super) struct Clause(Vec<(Field, All)>);

impl Clause {
    /// The alternatives in the order of their fields, not empty.
    pub(super) fn new(alternatives: Vec<(Field, All)>) -> Self {
        Self(alternatives)
    }

    fn most(&self) -> u32 {
        self.0.iter().map(|(_, all)| all.most()).sum()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.0
            .iter_mut()
            .map(|(_, all)| if all.doc() < target { all.align(target) } else { all.doc() })
            .min()
            .unwrap_or(TERMINATED)
    }

    /// The weightiest field in which the clause holds for `doc`, to which it must have been moved.
    fn class(&self, doc: DocId) -> Field {
        self.0.iter().find(|(_, all)| all.doc() == doc).map_or(Field::Summary, |(field, _)| *field)
    }
}

/// Documents for which all clauses hold and which are not deleted.
pub(super) struct Cursor<'s> {
    clauses: Vec<Clause>,
    alive: Option<&'s AliveBitSet>,
    end: DocId,
}

impl<'s> Cursor<'s> {
    /// `end` is the number of documents in the segment, deleted ones included.
    pub(super) fn new(mut clauses: Vec<Clause>, alive: Option<&'s AliveBitSet>, end: DocId) -> Self {
        clauses.sort_by_key(Clause::most);
        Self { clauses, alive, end }
    }

    /// The first document at or after `target`, which must not lie before a document already found, and its
    /// class as far as grams can tell: the true one is the same or, where a term has more than two characters,
    /// may be higher.
    pub(super) fn seek(&mut self, target: DocId) -> Option<(DocId, Field)> {
        let mut doc = target;
        loop {
            while let Some(further) =
                self.clauses.iter_mut().map(|clause| clause.seek(doc)).find(|&at| at > doc)
            {
                doc = further;
            }
            if doc >= self.end {
                return None;
            }
            if self.alive.is_none_or(|alive| alive.is_alive(doc)) {
                let class = self.clauses.iter().map(|clause| clause.class(doc)).max();
                return Some((doc, class.unwrap_or(Field::Title)));
            }
            doc += 1;
        }
    }
}
