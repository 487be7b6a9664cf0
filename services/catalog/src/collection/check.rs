//! The check of a plan against the catalogue (art. 18): the index ranks, PostgreSQL says what stands there now.

use std::collections::HashMap;
use std::sync::Arc;

use govshare_model::id::{EntryId, UnitId};
use service_kit::Failure;
use tokio::sync::watch;
use uuid::Uuid;

use super::plan::{Finding, Item};
use super::store::PlanStore;
use crate::entries::catching_up;
use crate::search::{Filter, Index, Similar, Sketch};

/// Findings told for one item.
const TOLD: usize = 5;
/// Similar entries asked for: some may be taken back since the index heard of them.
const ASKED: usize = 8;

/// Checks plans with the index that the follower keeps; there is none until it has caught up.
#[derive(Clone)]
pub struct Check {
    index: watch::Receiver<Option<Arc<Index>>>,
    store: PlanStore,
}

/// A published entry as it is told.
pub struct Published {
    pub provider: UnitId,
    pub provider_name: String,
    pub title: String,
    pub sharing: String,
}

impl Check {
    pub fn new(index: watch::Receiver<Option<Arc<Index>>>, store: PlanStore) -> Self {
        Self { index, store }
    }

    /// For each item the entries of other units than `unit` that resemble it, most similar first.
    pub async fn findings(&self, unit: &UnitId, items: &[Item]) -> Result<Vec<Vec<Finding>>, Failure> {
        let sketch = |item: &Item| Sketch::new(&item.name, item.item_names.iter().map(String::as_str));
        let sketches: Vec<Sketch> = items.iter().map(sketch).collect();
        let index = self.index.borrow().clone().ok_or_else(catching_up)?;
        let own = Filter::Unit(unit.clone());
        let similar = tokio::task::spawn_blocking(move || index.similar(&sketches, Some(&own), ASKED)).await;
        let similar = similar.map_err(Failure::internal)?.map_err(Failure::internal)?;
        let ids: Vec<Uuid> = similar.iter().flatten().map(|similar| similar.entry_id.0).collect();
        let published = self.store.published(&ids).await?;
        Ok(similar.iter().map(|similar| told(similar, &published, unit)).collect())
    }
}

fn told(similar: &[Similar], published: &HashMap<EntryId, Published>, unit: &UnitId) -> Vec<Finding> {
    let found = similar.iter().filter_map(|similar| {
        let entry = published.get(&similar.entry_id).filter(|entry| entry.provider != *unit)?;
        Some(Finding {
            entry: similar.entry_id,
            title: entry.title.clone(),
            provider: entry.provider.clone(),
            provider_name: entry.provider_name.clone(),
            sharing: entry.sharing.clone(),
            score: similar.score,
            name_score: similar.name,
            items_score: similar.items.unwrap_or_default(),
            duplicate: similar.is_the_same() && entry.sharing != "WITHHELD",
        })
    });
    found.take(TOLD).collect()
}
