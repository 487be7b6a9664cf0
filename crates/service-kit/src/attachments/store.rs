//! Attachments in the service's own schema: written once, read whole in pieces, never changed.

use govshare_model::Actor;
use govshare_proto::attachment::v1::Attachment;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::upload::Content;
use super::{MAX_PER_RECORD, Resource};
use crate::database::Tx;
use crate::failure::Failure;
use crate::validate::time_to_proto;

/// Bytes that are read at once.
pub(super) const PIECE_BYTES: i32 = 256 << 10;

/// An attachment without its bytes.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) resource: String,
    file_name: String,
    media_type: String,
    pub(super) size_bytes: i32,
    sha256: Vec<u8>,
    unit: String,
    create_time: OffsetDateTime,
}

const COLUMNS: &str = "id, resource, file_name, media_type, size_bytes, sha256, unit, create_time";

impl From<Row> for Attachment {
    fn from(row: Row) -> Self {
        Self {
            attachment_id: row.id.to_string(),
            resource: row.resource,
            file_name: row.file_name,
            media_type: row.media_type,
            size_bytes: row.size_bytes.into(),
            sha256: hex::encode(row.sha256),
            unit_id: row.unit,
            create_time: Some(time_to_proto(row.create_time)),
        }
    }
}

/// Writes an attachment of a record that is locked; `None` if the record has as many as it may have.
pub(super) async fn add(
    tx: &mut Tx,
    id: Uuid,
    content: Content,
    actor: &Actor,
) -> Result<Option<Attachment>, sqlx::Error> {
    let (header, bytes) = content.into_parts();
    let now = tx.now();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "INSERT INTO attachments (id, resource, file_name, media_type, size_bytes, sha256, unit, create_time, content) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 \
         WHERE (SELECT count(*) FROM attachments WHERE resource = $2) < $10 RETURNING {COLUMNS}"
    )))
    .bind(id)
    .bind(header.resource.to_string())
    .bind(&header.file_name)
    .bind(header.media_type.as_str())
    .bind(i32::try_from(header.size).unwrap_or(i32::MAX))
    .bind(&header.sha256[..])
    .bind(actor.unit.as_str())
    .bind(now)
    // Encoded here and dropped: the bytes are in memory no more than twice.
    .bind(bytes)
    .bind(MAX_PER_RECORD)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Attachment::from))
}

pub(super) async fn find(pool: &PgPool, id: Uuid) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM attachments WHERE id = $1")))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// Up to `limit` attachments of a record after `after`, in the order in which they were added.
pub(super) async fn list(
    pool: &PgPool,
    resource: &Resource,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM attachments WHERE resource = $1 AND ($2::uuid IS NULL OR id > $2) \
         ORDER BY id LIMIT $3"
    )))
    .bind(resource.to_string())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// The next bytes from `from` on; the content is stored uncompressed, so that this reads no more than them.
pub(super) async fn piece(pool: &PgPool, id: Uuid, from: i32) -> Result<Vec<u8>, Failure> {
    let piece: Vec<u8> =
        sqlx::query_scalar("SELECT substring(content FROM $2 + 1 FOR $3) FROM attachments WHERE id = $1")
            .bind(id)
            .bind(from)
            .bind(PIECE_BYTES)
            .fetch_one(pool)
            .await?;
    if piece.is_empty() { Err(Failure::internal(format!("attachment {id} is too short"))) } else { Ok(piece) }
}
