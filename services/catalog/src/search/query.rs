//! A query and the page of hits that answers it.

use memchr::memmem::Finder;

use super::document::{Filter, Key};
use super::text::{Text, grams};

/// Counts are exact up to this many.
pub const COUNT_CAP: usize = 1_000;

/// Most terms in a query.
pub const MAX_TERMS: usize = 8;

/// Most characters in a term.
pub const MAX_TERM_CHARS: usize = 64;

/// Hits on a page unless the query says otherwise.
pub const DEFAULT_LIMIT: usize = 20;

/// What is searched for: entries in which every term occurs and which have every property asked for.
#[derive(Debug, Clone)]
pub struct Query {
    terms: Vec<Term>,
    pub filters: Vec<Filter>,
    /// Only hits after this key, the last of the page before.
    pub after: Option<Key>,
    /// Hits on the page.
    pub limit: usize,
}

/// Why a query cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    #[error("at most {MAX_TERMS} terms, not {0}")]
    TooManyTerms(usize),
    #[error("at most {MAX_TERM_CHARS} characters in a term, not {0}")]
    TermTooLong(usize),
}

impl Query {
    /// A query for each of these terms as a substring of one of the searched fields. Terms are normalised as
    /// [`Text`] is; those of which nothing is left count for nothing. No term at all finds every entry.
    pub fn new<'a>(terms: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidQuery> {
        let mut wanted: Vec<Term> = Vec::new();
        for term in terms {
            let text = Text::new(term);
            let length = text.as_str().chars().count();
            if length > MAX_TERM_CHARS {
                return Err(InvalidQuery::TermTooLong(length));
            }
            if length > 0 && !wanted.iter().any(|other| other.text == text) {
                wanted.push(Term { finder: Finder::new(text.as_str()).into_owned(), text, length });
            }
        }
        if wanted.len() > MAX_TERMS {
            return Err(InvalidQuery::TooManyTerms(wanted.len()));
        }
        Ok(Self { terms: wanted, filters: Vec::new(), after: None, limit: DEFAULT_LIMIT })
    }

    /// A query for the words of a line as a person types it.
    pub fn words(line: &str) -> Result<Self, InvalidQuery> {
        Self::new(Text::new(line).as_str().split(' '))
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether the index alone decides, without a look at the texts.
    pub(super) fn is_decided_by_grams(&self) -> bool {
        self.terms.iter().all(|term| term.length <= 2)
    }
}

/// A normalised, non-empty substring to look for.
#[derive(Debug, Clone)]
pub struct Term {
    text: Text,
    /// In characters.
    length: usize,
    finder: Finder<'static>,
}

impl Term {
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The pairs of neighbouring characters that every text with this term contains; none if it is one
    /// character.
    pub(super) fn pairs(&self) -> Vec<&str> {
        let mut pairs: Vec<&str> =
            grams(self.as_str()).filter(|gram| gram.chars().nth(1).is_some()).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Where the term first occurs, in bytes.
    pub(super) fn find_in(&self, text: &str) -> Option<usize> {
        self.finder.find(text.as_bytes())
    }
}

/// One page of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub hits: Vec<Key>,
    /// How many entries the query finds on all pages together.
    pub total: Count,
    /// The key to ask the next page with; none on the last page.
    pub next: Option<Key>,
}

/// A number of entries, counted no further than to [`COUNT_CAP`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Exact(usize),
    MoreThan(usize),
}
