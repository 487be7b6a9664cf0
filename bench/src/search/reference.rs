//! What the index is compared with: the same entries in PostgreSQL, their characters and pairs of characters in
//! an array under a GIN index, `LIKE` to verify, the same order.

use std::collections::BTreeSet;
use std::fmt::Write;

use catalog::search::{Document, Filter, Query, Sharing, Text};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use govshare_model::id::EntryId;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Acquire, AssertSqlSafe, Row};
use uuid::Uuid;

use super::catalogue::entry;

const TABLE: &str =
    "CREATE TABLE entry (entry_id uuid PRIMARY KEY, issued date NOT NULL, title text NOT NULL,
    provider text NOT NULL, items text NOT NULL, summary text NOT NULL, unit_id text NOT NULL,
    sharing text NOT NULL, grams text[] NOT NULL)";

const INDEXES: [&str; 3] = [
    "CREATE INDEX entry_grams ON entry USING gin (grams)",
    "CREATE INDEX entry_unit ON entry (unit_id)",
    "VACUUM ANALYZE entry",
];

/// Fills the table with the first `size` entries of the catalogue and gives PostgreSQL what it needs to be fast.
pub async fn load(pool: &PgPool, size: u64) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let connection = connection.acquire().await?;
    sqlx::query(TABLE).execute(&mut *connection).await?;
    let mut copy = connection.copy_in_raw("COPY entry FROM STDIN").await?;
    let mut lines = String::new();
    for n in 0..size {
        push_line(&mut lines, &entry(n));
        if lines.len() > 1 << 20 {
            copy.send(lines.as_bytes()).await?;
            lines.clear();
        }
    }
    copy.send(lines.as_bytes()).await?;
    copy.finish().await?;
    sqlx::query("SET maintenance_work_mem = '1GB'").execute(&mut *connection).await?;
    for statement in INDEXES {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

/// One line in the text format of COPY.
fn push_line(lines: &mut String, entry: &Document) {
    let (mut unit_id, mut sharing) = (String::new(), "");
    for filter in &entry.filters {
        match filter {
            Filter::Unit(unit) => unit_id = unit.to_string(),
            Filter::Sharing(way) => sharing = word(*way),
        }
    }
    let texts = [&entry.title, &entry.provider, &entry.items, &entry.summary].map(Text::as_str);
    let grams: BTreeSet<String> = texts.iter().flat_map(|text| grams(text)).collect();
    let quoted = |gram: &String| format!("\"{}\"", gram.replace('\\', "\\\\").replace('"', "\\\""));
    let array = format!("{{{}}}", grams.iter().map(quoted).collect::<Vec<_>>().join(","));
    let issued = entry.issued;
    let columns = [texts[0], texts[1], texts[2], texts[3], &unit_id, sharing, &array].map(escaped);
    writeln!(lines, "{}\t{issued}\t{}", entry.entry_id, columns.join("\t")).expect("a string takes all");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}

fn grams(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    (1..=2).flat_map(|length| characters.windows(length).map(String::from_iter).collect::<Vec<_>>()).collect()
}

fn word(way: Sharing) -> &'static str {
    match way {
        Sharing::Active => "active",
        Sharing::OnApplication => "on-application",
    }
}

/// Streams the entries as a replica that rebuilds its index reads them.
pub fn entries(pool: &PgPool) -> BoxStream<'_, Result<Document, sqlx::Error>> {
    let rows =
        sqlx::query("SELECT entry_id, issued, title, provider, items, summary, unit_id, sharing FROM entry");
    Box::pin(rows.fetch(pool).and_then(async |row| document(&row)))
}

fn document(row: &PgRow) -> Result<Document, sqlx::Error> {
    let unit: String = row.try_get(6)?;
    let sharing = match row.try_get(7)? {
        "active" => Sharing::Active,
        _ => Sharing::OnApplication,
    };
    Ok(Document {
        entry_id: EntryId(row.try_get(0)?),
        issued: row.try_get(1)?,
        title: Text::stored(row.try_get(2)?),
        provider: Text::stored(row.try_get(3)?),
        items: Text::stored(row.try_get(4)?),
        summary: Text::stored(row.try_get(5)?),
        filters: vec![
            Filter::Unit(unit.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?),
            Filter::Sharing(sharing),
        ],
    })
}

/// A query in SQL: the array narrows, `LIKE` decides.
pub struct Reference {
    sql: String,
    grams: Vec<String>,
    patterns: Vec<String>,
    filters: Vec<String>,
}

impl Reference {
    pub fn new(query: &Query) -> Self {
        let patterns: Vec<String> = query.terms().iter().map(|term| pattern(term.as_str())).collect();
        let mut parameter = 1;
        let mut next = || {
            parameter += 1;
            format!("${parameter}")
        };
        let (mut class, mut conditions) = ("0".to_owned(), "grams @> $1".to_owned());
        for _ in &patterns {
            let p = next();
            class += &format!(
                ", CASE WHEN title LIKE {p} THEN 0 WHEN provider LIKE {p} THEN 1 WHEN items LIKE {p} THEN 2 ELSE 3 END"
            );
            conditions +=
                &format!(" AND (title LIKE {p} OR provider LIKE {p} OR items LIKE {p} OR summary LIKE {p})");
        }
        let mut filters = Vec::new();
        for filter in &query.filters {
            let (column, value) = match filter {
                Filter::Unit(unit) => ("unit_id", unit.to_string()),
                Filter::Sharing(way) => ("sharing", word(*way).to_owned()),
            };
            conditions += &format!(" AND {column} = {}", next());
            filters.push(value);
        }
        let sql = format!(
            "SELECT entry_id FROM (SELECT entry_id, issued, GREATEST({class}) AS class FROM entry \
             WHERE {conditions}) AS found ORDER BY class, issued DESC, entry_id LIMIT {}",
            query.limit
        );
        let grams = query.terms().iter().flat_map(|term| needed(term.as_str())).collect();
        Self { sql, grams, patterns, filters }
    }

    pub async fn search(&self, pool: &PgPool) -> Result<Vec<EntryId>, sqlx::Error> {
        let mut query = sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(self.sql.as_str())).bind(&self.grams);
        for parameter in self.patterns.iter().chain(&self.filters) {
            query = query.bind(parameter);
        }
        Ok(query.fetch_all(pool).await?.into_iter().map(EntryId).collect())
    }
}

/// The grams that a text with this term must have: its pairs, or itself.
fn needed(term: &str) -> Vec<String> {
    let length = term.chars().count().min(2);
    grams(term).into_iter().filter(|gram| gram.chars().count() == length).collect()
}

fn pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
