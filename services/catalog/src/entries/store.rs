//! Entries in PostgreSQL, as the machine works on them: without the words of their versions.

use std::collections::{BTreeSet, HashMap};

use govshare_model::Subject;
use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_proto::catalog::v1 as pb;
use prost::Message;
use service_kit::packs::Policy;
use service_kit::{Database, Failure, Refusal};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::content::{ContentDigest, Sharing, Statement};
use super::convert;
use super::entry::{Entry, State, Version, VersionState};
use crate::classification::code::ResourceCode;

#[derive(Clone)]
pub struct EntryStore {
    pub(super) database: Database,
    pub(super) policy: Policy,
}

/// Which entries a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub provider: Option<&'f UnitId>,
    /// State of the latest version.
    pub latest_state: Option<&'static str>,
    /// Only entries that are published now.
    pub published_only: bool,
    /// The unit whose unpublished entries are visible; `None` for those who see all units'.
    pub viewer: Option<&'f UnitId>,
    pub after: Option<Uuid>,
    pub limit: i64,
}

impl EntryStore {
    pub fn new(database: Database, policy: Policy) -> Self {
        Self { database, policy }
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: EntryId) -> Result<Entry, Failure> {
        let found = self.load_all_for_update(tx, &[id.0]).await?.pop();
        Ok(found.ok_or_else(|| Refusal::not_found("entry", id))?)
    }

    /// Those of the entries that exist, by id, which is also the order in which all callers lock them.
    pub async fn load_all_for_update(
        &self,
        tx: &mut PgConnection,
        ids: &[Uuid],
    ) -> Result<Vec<Entry>, Failure> {
        // First the lock, then a snapshot of its own: it shows what the one who held the lock before wrote.
        sqlx::query!("SELECT id FROM catalog.entries WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
            .fetch_all(&mut *tx)
            .await?;
        load_all(tx, ids).await
    }

    /// What the latest versions of these entries state, of what packs may require.
    pub async fn statements(
        &self,
        tx: &mut PgConnection,
        ids: &[Uuid],
    ) -> Result<HashMap<EntryId, Vec<Statement>>, Failure> {
        let rows = sqlx::query!(
            "SELECT e.id, v.content FROM catalog.entries e \
             JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.latest WHERE e.id = ANY($1)",
            ids
        )
        .fetch_all(tx)
        .await?;
        let statements = rows.into_iter().map(|row| {
            let content = pb::EntryContent::decode(row.content.as_slice()).map_err(Failure::internal)?;
            Ok((EntryId(row.id), convert::statements(&content)))
        });
        statements.collect()
    }

    /// Locks the register records of `providers`, so that one call at a time registers rows of a provider.
    pub async fn lock_providers(
        &self,
        tx: &mut PgConnection,
        providers: &BTreeSet<UnitId>,
    ) -> Result<(), Failure> {
        let ids: Vec<_> = providers.iter().map(UnitId::as_str).collect();
        sqlx::query!(
            "SELECT id FROM catalog.units WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            &ids as &[&str]
        )
        .fetch_all(tx)
        .await?;
        Ok(())
    }

    /// The entries that are known by these pairs of provider and source key.
    pub async fn load_known_for_update(
        &self,
        tx: &mut PgConnection,
        providers: &[&str],
        source_keys: &[&str],
    ) -> Result<Vec<Entry>, Failure> {
        let ids = sqlx::query_scalar!(
            "SELECT e.id FROM catalog.entries e JOIN unnest($1::text[], $2::text[]) AS known (provider, source_key) \
               ON e.provider = known.provider AND e.source_key = known.source_key \
             ORDER BY e.id FOR UPDATE OF e",
            providers as &[&str],
            source_keys as &[&str]
        )
        .fetch_all(&mut *tx)
        .await?;
        load_all(tx, &ids).await
    }

    /// Reviews of those of these versions that others have followed since.
    pub async fn followed_reviews(
        &self,
        tx: &mut PgConnection,
        ids: &[Uuid],
        numbers: &[i32],
    ) -> Result<Vec<Uuid>, Failure> {
        let followed = sqlx::query_scalar!(
            r#"SELECT v.review_id AS "review_id!" FROM unnest($1::uuid[], $2::int[]) AS named (entry_id, number)
               JOIN catalog.entry_versions v ON v.entry_id = named.entry_id AND v.number = named.number
               JOIN catalog.entries e ON e.id = v.entry_id AND e.latest > v.number
               WHERE v.review_id IS NOT NULL"#,
            ids,
            numbers
        );
        Ok(followed.fetch_all(tx).await?)
    }

    /// The entry that was given a resource code.
    pub async fn with_code(&self, code: &ResourceCode) -> Result<Option<EntryId>, Failure> {
        let code = code.to_string();
        let found = sqlx::query_scalar!("SELECT id FROM catalog.entries WHERE resource_code = $1", code);
        Ok(found.fetch_optional(self.database.pool()).await?.map(EntryId))
    }

    /// Ids of a page of entries, ascending.
    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Uuid>, Failure> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM catalog.entries \
             WHERE ($1::text IS NULL OR provider = $1) AND ($2::text IS NULL OR latest_state = $2) \
               AND (NOT $3 OR state = 'PUBLISHED') \
               AND ($4::text IS NULL OR published IS NOT NULL OR provider = $4) \
               AND ($5::uuid IS NULL OR id > $5) \
             ORDER BY id LIMIT $6",
            filter.provider.map(UnitId::as_str),
            filter.latest_state,
            filter.published_only,
            filter.viewer.map(UnitId::as_str),
            filter.after,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        Ok(ids)
    }
}

async fn load_all(tx: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Entry>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT e.id, e.provider, e.source_key, e.resource_code, e.state_since, e.state, e.state_reason, e.published, e.created_at, e.updated_at, \
           e.version, v.number, v.state AS version_state, v.title, v.sharing_type, v.content_digest, \
           v.drafted_by, v.also_written_by AS \"also_written_by: Json<BTreeSet<Subject>>\", v.review_id, v.published_at \
         FROM catalog.entries e JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.latest \
         WHERE e.id = ANY($1) ORDER BY e.id",
        ids
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The sharing type of a stored name.
pub fn sharing(name: &str) -> Option<Sharing> {
    [Sharing::Unconditional, Sharing::Conditional, Sharing::Withheld]
        .into_iter()
        .find(|sharing| sharing.name() == name)
}

struct Row {
    id: Uuid,
    provider: String,
    source_key: Option<String>,
    resource_code: Option<String>,
    state_since: Option<OffsetDateTime>,
    state: String,
    state_reason: Option<String>,
    published: Option<i32>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    number: i32,
    version_state: String,
    title: String,
    sharing_type: Option<String>,
    content_digest: Vec<u8>,
    drafted_by: String,
    also_written_by: Json<BTreeSet<Subject>>,
    review_id: Option<Uuid>,
    published_at: Option<OffsetDateTime>,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Entry {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible =
            |what: &str| Failure::internal(format!("entry {}: {what} does not fit its state", row.id));
        let reason = || row.state_reason.clone().ok_or_else(|| impossible("reason"));
        let since = row.state_since.unwrap_or(row.updated_at);
        let state = match (row.state.as_str(), row.published) {
            ("DRAFT", None) => State::Draft,
            ("PUBLISHED", Some(published)) => State::Published { published },
            ("SUSPENDED", Some(published)) => State::Suspended { published, reason: reason()?, since },
            ("RETIRED", published) => State::Retired { published, reason: reason()?, since },
            _ => return Err(impossible("published version")),
        };
        let review = row.review_id.map(ReviewId);
        let reviewed = || review.ok_or_else(|| impossible("review"));
        let version_state = match row.version_state.as_str() {
            "DRAFT" => VersionState::Draft,
            "IN_REVIEW" => VersionState::InReview { review: reviewed()? },
            "REJECTED" => VersionState::Rejected { review: reviewed()? },
            "REGISTERED" => VersionState::Registered { review: reviewed()? },
            "APPROVED" => VersionState::Approved { review: reviewed()? },
            "PUBLISHED" => VersionState::Published {
                review: reviewed()?,
                at: row.published_at.ok_or_else(|| impossible("time of publication"))?,
            },
            "SUPERSEDED" => VersionState::Superseded { review, published: row.published_at },
            _ => return Err(impossible("version")),
        };
        let digest = row.content_digest.try_into().map_err(|_| impossible("digest"))?;
        let latest = Version {
            number: row.number,
            state: version_state,
            title: row.title,
            sharing: row.sharing_type.as_deref().and_then(sharing),
            digest: ContentDigest(digest),
            drafted_by: Subject(row.drafted_by),
            also_written_by: row.also_written_by.0,
        };
        Ok(Self {
            id: EntryId(row.id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            source_key: row.source_key,
            code: row.resource_code.map(|code| code.parse()).transpose().map_err(Failure::internal)?,
            state,
            latest,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
