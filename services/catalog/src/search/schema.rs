//! How a document is laid out in tantivy.

use tantivy::schema::{FAST, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{IndexSettings, IndexSortByField, Order, TantivyDocument, Term};

use govshare_model::id::EntryId;

use super::document::{Document, Field, Texts};
use super::text::{Grams, grams};

type Column = tantivy::schema::Field;

/// Named in the stored schema, so that an index of former grams or texts is not taken for one of today's.
const GRAMS: &str = "grams-2";
const RANK: &str = "rank";

/// The columns of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// To delete by.
    id: Column,
    /// To keep the documents of each segment in order and to give it back.
    rank: Column,
    /// All texts in one, to verify hits by.
    stored: Column,
    filters: Column,
    texts: [Column; Field::ALL.len()],
}

impl Columns {
    pub(super) fn new() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let postings_only = |tokenizer| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(IndexRecordOption::Basic)
                .set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing)
        };
        let columns = Self {
            id: schema.add_bytes_field("id", INDEXED),
            rank: schema.add_bytes_field(RANK, FAST | STORED),
            stored: schema.add_text_field("stored", STORED),
            filters: schema.add_text_field("filters", postings_only("raw")),
            texts: Field::ALL.map(|field| schema.add_text_field(name(field), postings_only(GRAMS))),
        };
        (schema.build(), columns)
    }

    pub(super) fn document(&self, document: &Document) -> TantivyDocument {
        let mut laid_out = TantivyDocument::default();
        laid_out.add_bytes(self.id, document.entry_id.0.as_bytes());
        laid_out.add_bytes(self.rank, document.rank().as_bytes());
        laid_out.add_text(self.stored, Texts::new(document).as_str());
        for filter in &document.filters {
            laid_out.add_text(self.filters, filter.word());
        }
        for (column, (_, text)) in self.texts.into_iter().zip(document.texts()) {
            laid_out.add_text(column, text.as_str());
        }
        laid_out
    }

    pub(super) fn id_term(&self, entry_id: EntryId) -> Term {
        Term::from_field_bytes(self.id, entry_id.0.as_bytes())
    }

    pub(super) fn id(&self) -> Column {
        self.id
    }

    pub(super) fn filters(&self) -> Column {
        self.filters
    }

    pub(super) fn texts(&self) -> [Column; Field::ALL.len()] {
        self.texts
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Provider => "provider",
        Field::Items => "items",
        Field::Summary => "summary",
    }
}

/// Documents of a segment stand in rank order; they are stored uncompressed in blocks of one or two, because
/// verification reads them one by one.
pub(super) fn settings() -> IndexSettings {
    IndexSettings {
        sort_by_field: Some(IndexSortByField { field: RANK.to_owned(), order: Order::Asc }),
        docstore_compression: tantivy::store::Compressor::None,
        docstore_compress_dedicated_thread: false,
        docstore_blocksize: 1024,
        ..IndexSettings::default()
    }
}

pub(super) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(GRAMS, GramTokenizer::default());
    tokenizers
}

/// Keeps its token from text to text, whose buffer then is allocated once.
#[derive(Clone)]
struct GramTokenizer {
    token: Token,
}

impl Default for GramTokenizer {
    fn default() -> Self {
        Self { token: Token { position: 0, ..Token::default() } }
    }
}

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = GramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> GramStream<'a> {
        GramStream { grams: grams(text), token: &mut self.token }
    }
}

struct GramStream<'a> {
    grams: Grams<'a>,
    token: &'a mut Token,
}

impl TokenStream for GramStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(gram) = self.grams.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(gram);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
