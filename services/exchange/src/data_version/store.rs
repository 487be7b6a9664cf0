//! Data versions in PostgreSQL: only ever added, each with its audit event.

use std::collections::{BTreeMap, HashSet};

use govshare_model::Actor;
use govshare_model::id::{DataVersionId, EntryId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::upload::{Content, Header};
use super::{DataVersion, Publication};
use crate::upstreams;

#[derive(Clone)]
pub struct Versions {
    database: Database,
}

impl Versions {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The next version number of an entry; other publications of the entry wait until this one has ended.
    pub async fn next_number(&self, tx: &mut Tx, entry: EntryId) -> Result<i32, Failure> {
        let number = sqlx::query_scalar!(
            "INSERT INTO exchange.version_numbers AS numbers (entry_id, last_version) VALUES ($1, 1) \
             ON CONFLICT (entry_id) DO UPDATE SET last_version = numbers.last_version + 1 RETURNING last_version",
            entry.0
        )
        .fetch_one(&mut **tx)
        .await?;
        Ok(number)
    }

    pub async fn load(&self, id: DataVersionId) -> Result<DataVersion, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM exchange.data_versions WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("data-version", id))?.try_into()
    }

    /// Versions of an entry, newest first, below version number `before`.
    pub async fn list(
        &self,
        entry: EntryId,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<DataVersion>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM exchange.data_versions WHERE entry_id = $1 AND ($2::int IS NULL OR version < $2) \
             ORDER BY version DESC LIMIT $3",
            entry.0,
            before,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(DataVersion::try_from).collect()
    }

    /// Those of `ids` that are published.
    pub async fn known(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        let known = sqlx::query_scalar!("SELECT id FROM exchange.data_versions WHERE id = ANY($1)", ids)
            .fetch_all(self.database.pool())
            .await?;
        Ok(known.into_iter().collect())
    }

    /// Writes a new version and its event.
    pub async fn save(&self, tx: &mut Tx, publication: &Publication, actor: &Actor) -> Result<(), Failure> {
        let version = publication.version();
        let content = &version.content;
        sqlx::query!(
            "INSERT INTO exchange.data_versions (id, entry_id, provider, version, file_name, media_type, \
               size_bytes, sha256, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            version.id.0,
            version.entry.0,
            version.provider.as_str(),
            version.version,
            content.file_name(),
            content.media_type(),
            content.size().cast_signed(),
            &content.sha256(),
            version.published
        )
        .execute(&mut **tx)
        .await?;
        tx.command(upstreams::UPDATES, &upstreams::observe_update(version));
        tx.emit(Some(actor), &event(version))
    }
}

fn event(version: &DataVersion) -> Event {
    Event {
        aggregate: format!("data-version/{}", version.id),
        version: 1,
        kind: "data-version.published",
        case: String::new(),
        state: "PUBLISHED",
        article: "5",
        concerns: vec![version.provider.clone()],
        attributes: BTreeMap::from([
            ("entry_id", version.entry.to_string()),
            ("provider", version.provider.to_string()),
            ("version", version.version.to_string()),
            ("sha256", hex::encode(version.content.sha256())),
            ("size", version.content.size().to_string()),
        ]),
    }
}

struct Row {
    id: Uuid,
    entry_id: Uuid,
    provider: String,
    version: i32,
    file_name: String,
    media_type: String,
    size_bytes: i64,
    sha256: Vec<u8>,
    published_at: OffsetDateTime,
}

impl TryFrom<Row> for DataVersion {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible = |what: &str| Failure::internal(format!("data version {}: {what}", row.id));
        let sha256 = row.sha256.as_slice().try_into().map_err(|_| impossible("sha256"))?;
        Ok(Self {
            id: DataVersionId(row.id),
            entry: EntryId(row.entry_id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            version: row.version,
            content: Content::recorded(Header {
                file_name: row.file_name,
                media_type: row.media_type,
                size: row.size_bytes.cast_unsigned(),
                sha256,
            }),
            published: row.published_at,
        })
    }
}
