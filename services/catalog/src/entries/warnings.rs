//! Entries that were published and are suspended or retired now: what users of agreements on them are warned of.

use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use service_kit::page::{Moment, Page};
use service_kit::validate::time_to_proto;
use service_kit::{Failure, Violations};
use uuid::Uuid;

use super::store::EntryStore;

/// Since when, and the entry.
type PageKey = (Moment, Uuid);

/// A warning with its place in the list.
pub struct Warning {
    pub key: PageKey,
    pub shown: pb::EntryWarning,
}

impl EntryStore {
    pub async fn warnings_page(
        &self,
        request: pb::ListEntryWarningsRequest,
    ) -> Result<pb::ListEntryWarningsResponse, Failure> {
        let filters =
            pb::ListEntryWarningsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let mut violations = Violations::new();
        let page: Page<PageKey> =
            Page::parse(request.page_size, &request.page_token, 50, 1000, &filters, &mut violations);
        let count = request.entry_ids.len();
        violations.check(count <= 1000, "entry_ids", "must not be more than 1000 / 不得超过1000个");
        let ids = request.entry_ids.iter().take(1000);
        let ids: Vec<EntryId> = ids.filter_map(|id| violations.parse("entry_ids", id)).collect();
        let provider: Option<UnitId> =
            violations.parse_optional("provider_unit_id", &request.provider_unit_id);
        violations.finish()?;
        let found = self.warnings(&ids, provider.as_ref(), page.after, page.size + 1).await?;
        let (warnings, next_page_token) = page.cut(found, |warning| warning.key, |warning| warning.shown);
        Ok(pb::ListEntryWarningsResponse { warnings, next_page_token })
    }

    /// Warnings of these entries (none named: of all), latest first.
    pub async fn warnings(
        &self,
        ids: &[EntryId],
        provider: Option<&UnitId>,
        after: Option<PageKey>,
        limit: i64,
    ) -> Result<Vec<Warning>, Failure> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let before = after.map(|(Moment(since), _)| since);
        let rows = sqlx::query!(
            r#"SELECT e.id, e.provider, e.state, e.state_reason,
                 COALESCE(e.state_since, e.updated_at) AS "since!", v.title
               FROM catalog.entries e
               JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
               WHERE e.state IN ('SUSPENDED', 'RETIRED') AND e.published IS NOT NULL
                 AND (cardinality($1::uuid[]) = 0 OR e.id = ANY($1))
                 AND ($2::text IS NULL OR e.provider = $2)
                 AND ($3::timestamptz IS NULL OR (COALESCE(e.state_since, e.updated_at), e.id) < ($3, $4))
               ORDER BY COALESCE(e.state_since, e.updated_at) DESC, e.id DESC LIMIT $5"#,
            &ids,
            provider.map(UnitId::as_str),
            before,
            after.map_or(Uuid::max(), |(_, id)| id),
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        let warnings = rows.into_iter().map(|row| {
            let state = match row.state.as_str() {
                "SUSPENDED" => pb::EntryState::Suspended,
                _ => pb::EntryState::Retired,
            };
            Warning {
                key: (Moment(row.since), row.id),
                shown: pb::EntryWarning {
                    entry_id: row.id.to_string(),
                    title: row.title,
                    provider_unit_id: row.provider,
                    state: state.into(),
                    reason: row.state_reason.unwrap_or_default(),
                    since: Some(time_to_proto(row.since)),
                },
            }
        });
        Ok(warnings.collect())
    }
}
