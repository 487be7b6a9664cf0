//! Search: the index gives keys in order, PostgreSQL what stands there now.

use std::sync::Arc;
use std::time::Duration;

use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use service_kit::page::Page;
use service_kit::{Failure, Reason, Refusal, Violations};
use time::Date;
use tokio::sync::watch;
use uuid::Uuid;

use super::content::Sharing;
use super::convert;
use super::store::EntryStore;
use crate::search::{Count, Field, Filter, Index, Key, Query};

/// Searches the index that the follower keeps; there is none until it has caught up.
#[derive(Clone)]
pub struct Searching {
    index: watch::Receiver<Option<Arc<Index>>>,
    store: EntryStore,
}

/// Class, day of issue as a Julian day, and id of the last hit of a page.
type PageKey = (u8, i32, Uuid);

impl Searching {
    pub fn new(index: watch::Receiver<Option<Arc<Index>>>, store: EntryStore) -> Self {
        Self { index, store }
    }

    pub async fn search(
        &self,
        request: pb::SearchEntriesRequest,
    ) -> Result<pb::SearchEntriesResponse, Failure> {
        let filters = pb::SearchEntriesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let mut violations = Violations::new();
        let page: Page<PageKey> =
            Page::parse(request.page_size, &request.page_token, 20, 100, &filters, &mut violations);
        let mut query = parse(&request, violations)?;
        query.limit = usize::try_from(page.size).unwrap_or(usize::MAX);
        query.after = page.after.and_then(from_page_key);
        let is_for_all = query.terms().is_empty();

        let index = self.index.borrow().clone().ok_or_else(catching_up)?;
        let found = tokio::task::spawn_blocking(move || index.search(&query)).await;
        let found = found.map_err(Failure::internal)?.map_err(Failure::internal)?;
        let (total, exceeded) = match found.total {
            Count::Exact(total) => (total, false),
            Count::MoreThan(total) => (total, true),
        };
        let rows = self.load(&found.hits, is_for_all).await?;
        let (hits, cut) = page.cut(rows, |(key, _)| to_page_key(*key), |(_, hit)| hit);
        let rest = found.next.filter(|_| cut.is_empty()).map(|key| page.token(&to_page_key(key)));
        Ok(pb::SearchEntriesResponse {
            hits,
            next_page_token: rest.unwrap_or(cut),
            total_size: i32::try_from(total).unwrap_or(i32::MAX),
            total_size_exceeded: exceeded,
        })
    }

    /// The hits as anybody sees them, without those that were taken back since the index heard of them.
    async fn load(&self, hits: &[Key], is_for_all: bool) -> Result<Vec<(Key, pb::SearchHit)>, Failure> {
        if hits.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = hits.iter().map(|hit| hit.entry_id.0).collect();
        let mut connection = self.store.database.pool().acquire().await?;
        let views = self.store.views(&mut connection, &ids).await?;
        let matched = |key: &Key| match key.class {
            _ if is_for_all => pb::MatchedField::Unspecified,
            Field::Title => pb::MatchedField::Title,
            Field::Provider => pb::MatchedField::Provider,
            Field::Items => pb::MatchedField::Items,
            Field::Summary => pb::MatchedField::Abstract,
        };
        let published = views.into_iter().filter(|view| view.entry.state() == pb::EntryState::Published);
        let shown = published.filter_map(|view| {
            let key = hits.iter().find(|hit| hit.entry_id == view.id)?;
            let entry = pb::Entry { latest: None, ..view.entry };
            Some((*key, pb::SearchHit { matched_field: matched(key).into(), entry: Some(entry) }))
        });
        Ok(shown.collect())
    }
}

fn parse(request: &pb::SearchEntriesRequest, mut violations: Violations) -> Result<Query, Failure> {
    let query = Query::words(&request.query).map_err(|error| {
        violations.add("query", format!("{error} / 检索词不得超过8个，每个不得超过64个字符"));
    });
    let says_nothing = query.as_ref().is_ok_and(|query| query.terms().is_empty());
    violations.check(
        !says_nothing || request.query.trim().is_empty(),
        "query",
        "has no character that can be searched / 没有可检索的字符",
    );
    let unit: Option<UnitId> = violations.parse_optional("provider_unit_id", &request.provider_unit_id);
    let sharing = pb::SharingType::try_from(request.sharing_type).map_err(|_| {
        violations.add("sharing_type", format!("{} is not a sharing type / 取值无效", request.sharing_type));
    });
    let sharing = sharing.ok().and_then(convert::sharing);
    let is_withheld = sharing == Some(Sharing::Withheld);
    violations.check(!is_withheld, "sharing_type", "WITHHELD is not searched by / 不支持按不予共享检索");
    let mut query = crate::convert::given(query.ok(), violations)?;
    query.filters.extend(unit.map(Filter::Unit));
    query.filters.extend(sharing.and_then(sharing_filter));
    Ok(query)
}

/// The property under which the index lists entries of a sharing type; it has none for what is withheld.
pub(super) fn sharing_filter(sharing: Sharing) -> Option<Filter> {
    match sharing {
        Sharing::Unconditional => Some(Filter::Sharing(crate::search::Sharing::Active)),
        Sharing::Conditional => Some(Filter::Sharing(crate::search::Sharing::OnApplication)),
        Sharing::Withheld => None,
    }
}

fn to_page_key(key: Key) -> PageKey {
    let class = Field::ALL.iter().position(|class| *class == key.class).unwrap_or_default();
    (class as u8, key.issued.to_julian_day(), key.entry_id.0)
}

fn from_page_key((class, day, id): PageKey) -> Option<Key> {
    let class = *Field::ALL.get(usize::from(class))?;
    Some(Key { class, issued: Date::from_julian_day(day).ok()?, entry_id: EntryId(id) })
}

/// The refusal of whatever needs the index before it has caught up.
pub fn catching_up() -> Refusal {
    Refusal::new(
        Reason::UpstreamUnavailable,
        "this replica is still reading the catalogue for its search; repeat in a moment",
        "检索索引正在建立，请稍后重试",
    )
    .retry_after(Duration::from_secs(1))
}
