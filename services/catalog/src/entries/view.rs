//! Entries as callers see them: with the words of their latest and published versions.

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use prost::Message;
use prost_types::Timestamp;
use service_kit::validate::time_to_proto;
use service_kit::{Failure, Refusal, etag};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::policy;
use super::store::EntryStore;

/// An entry with its latest and its published version.
pub struct View {
    pub id: EntryId,
    pub provider: UnitId,
    /// Whether a version is or was published, so that everybody knows of the entry.
    pub is_listed: bool,
    pub entry: pb::Entry,
}

impl View {
    /// As a caller may see it; only for those who may see it at all. Who may not see the latest version does not learn
    /// from time or etag that there is one.
    pub fn shown_to(self, actor: &Actor) -> pb::Entry {
        let mut entry = self.entry;
        if !policy::sees_latest(actor, &self.provider) {
            let published = entry.published.as_ref().and_then(|version| version.publish_time);
            let told = published.into_iter().chain(entry.state_time).map(|time| (time.seconds, time.nanos));
            entry.update_time = told.max().map(|(seconds, nanos)| Timestamp { seconds, nanos });
            entry.latest = None;
            entry.etag = String::new();
            entry.etag = etag::of_shown(&entry);
        }
        entry
    }

    /// Refuses whoever may not know of the entry, as if it did not exist.
    pub fn authorize(&self, method: &str, actor: &Actor) -> Result<(), Refusal> {
        service_kit::auth::access::authorize(
            policy::RULES,
            method,
            policy::READ,
            actor,
            policy::relations(actor, &self.provider),
            policy::standing(self.is_listed),
            ("entry", &self.id),
        )
    }
}

impl EntryStore {
    pub async fn view(&self, id: EntryId) -> Result<View, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        let found = self.views(&mut connection, &[id.0]).await?.pop();
        Ok(found.ok_or_else(|| Refusal::not_found("entry", id))?)
    }

    /// Those of the entries that exist, in the order of `ids`.
    pub async fn views(&self, connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<View>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT e.id, e.provider, u.display_name, e.state, e.state_reason, e.state_since, e.resource_code, e.published, e.created_at,
                 e.updated_at, e.version, l.number, l.state AS version_state, l.content, l.content_digest,
                 l.created_at AS drafted_at, l.published_at, l.return_reasons, l.erased_at, p.content AS "former_content?",
                 p.content_digest AS "former_digest?", p.created_at AS "former_drafted_at?",
                 p.published_at AS former_published_at
               FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
               JOIN catalog.entries e ON e.id = wanted.id
               JOIN catalog.units u ON u.id = e.provider
               JOIN catalog.entry_versions l ON l.entry_id = e.id AND l.number = e.latest
               LEFT JOIN catalog.entry_versions p
                 ON p.entry_id = e.id AND p.number = e.published AND e.published <> e.latest
               ORDER BY wanted.place"#,
            ids
        )
        .fetch_all(connection)
        .await?;
        rows.into_iter().map(View::try_from).collect()
    }

    /// Versions of an entry, newest first.
    pub async fn versions(
        &self,
        id: EntryId,
        published_only: bool,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<pb::EntryVersion>, Failure> {
        let rows = sqlx::query_as!(
            VersionRow,
            "SELECT number, state, content, content_digest, created_at, published_at, return_reasons, erased_at FROM catalog.entry_versions \
             WHERE entry_id = $1 AND (NOT $2 OR published_at IS NOT NULL) AND ($3::int IS NULL OR number < $3) \
             ORDER BY number DESC LIMIT $4",
            id.0,
            published_only,
            before,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(|row| row.into_proto(id.0)).collect()
    }

    /// One version, of those that the caller may read.
    pub async fn readable_version(
        &self,
        id: EntryId,
        number: i32,
        published_only: bool,
    ) -> Result<pb::EntryVersion, Failure> {
        let found = self.versions(id, published_only, number.checked_add(1), 1).await?.pop();
        let found = found.filter(|version| version.version == number);
        Ok(found.ok_or_else(|| Refusal::not_found("entry-version", format!("{id}/{number}")))?)
    }

    /// One version, and who drafted it.
    pub async fn version(&self, id: EntryId, number: i32) -> Result<(pb::EntryVersion, String), Failure> {
        let missing = || Refusal::not_found("entry-version", format!("{id}/{number}"));
        let drafter = sqlx::query_scalar!(
            "SELECT drafted_by FROM catalog.entry_versions WHERE entry_id = $1 AND number = $2",
            id.0,
            number
        )
        .fetch_optional(self.database.pool())
        .await?;
        let drafter = drafter.ok_or_else(missing)?;
        let version = self.versions(id, false, number.checked_add(1), 1).await?.pop().ok_or_else(missing)?;
        Ok((version, drafter))
    }
}

struct VersionRow {
    number: i32,
    state: String,
    content: Vec<u8>,
    content_digest: Vec<u8>,
    created_at: OffsetDateTime,
    published_at: Option<OffsetDateTime>,
    return_reasons: Option<String>,
    erased_at: Option<OffsetDateTime>,
}

impl VersionRow {
    fn into_proto(self, entry: Uuid) -> Result<pb::EntryVersion, Failure> {
        let state = pb::EntryVersionState::from_str_name(&format!("ENTRY_VERSION_STATE_{}", self.state));
        let state = state.ok_or_else(|| Failure::internal(format!("no version is {}", self.state)))?;
        Ok(pb::EntryVersion {
            entry_id: entry.to_string(),
            version: self.number,
            state: state.into(),
            content: Some(pb::EntryContent::decode(self.content.as_slice()).map_err(Failure::internal)?),
            content_digest: hex::encode(self.content_digest),
            create_time: Some(time_to_proto(self.created_at)),
            publish_time: self.published_at.map(time_to_proto),
            return_reasons: self.return_reasons.unwrap_or_default(),
            erase_time: self.erased_at.map(time_to_proto),
        })
    }
}

/// `former_*` is the published version where another was drafted since.
struct Row {
    id: Uuid,
    provider: String,
    display_name: String,
    state: String,
    state_reason: Option<String>,
    state_since: Option<OffsetDateTime>,
    resource_code: Option<String>,
    published: Option<i32>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
    number: i32,
    version_state: String,
    content: Vec<u8>,
    content_digest: Vec<u8>,
    drafted_at: OffsetDateTime,
    published_at: Option<OffsetDateTime>,
    return_reasons: Option<String>,
    erased_at: Option<OffsetDateTime>,
    former_content: Option<Vec<u8>>,
    former_digest: Option<Vec<u8>>,
    former_drafted_at: Option<OffsetDateTime>,
    former_published_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for View {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = pb::EntryState::from_str_name(&format!("ENTRY_STATE_{}", row.state));
        let state = state.ok_or_else(|| Failure::internal(format!("no entry is {}", row.state)))?;
        let is_stopped = matches!(state, pb::EntryState::Suspended | pb::EntryState::Retired);
        let stopped = is_stopped.then(|| row.state_since.unwrap_or(row.updated_at));
        let latest = VersionRow {
            number: row.number,
            state: row.version_state,
            content: row.content,
            content_digest: row.content_digest,
            created_at: row.drafted_at,
            published_at: row.published_at,
            return_reasons: row.return_reasons,
            erased_at: row.erased_at,
        };
        let latest = latest.into_proto(row.id)?;
        let published = match (row.published, row.former_content, row.former_digest, row.former_drafted_at) {
            (None, ..) => None,
            (Some(number), Some(content), Some(content_digest), Some(created_at)) => Some(
                VersionRow {
                    number,
                    state: "PUBLISHED".to_owned(),
                    content,
                    content_digest,
                    created_at,
                    published_at: row.former_published_at,
                    return_reasons: None,
                    erased_at: None,
                }
                .into_proto(row.id)?,
            ),
            (Some(_), ..) => Some(latest.clone()),
        };
        Ok(Self {
            id: EntryId(row.id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            is_listed: row.published.is_some(),
            entry: pb::Entry {
                entry_id: row.id.to_string(),
                provider_unit_id: row.provider,
                provider_display_name: row.display_name,
                state: state.into(),
                latest: Some(latest),
                published,
                state_reason: row.state_reason.unwrap_or_default(),
                create_time: Some(time_to_proto(row.created_at)),
                update_time: Some(time_to_proto(row.updated_at)),
                etag: etag::of(row.version),
                resource_code: row.resource_code.unwrap_or_default(),
                state_time: stopped.map(time_to_proto),
            },
        })
    }
}
