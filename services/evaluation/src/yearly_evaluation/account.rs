//! What an evaluation is computed from: the account kept in the database, or the feed itself from its beginning.

use service_kit::{Database, Failure, Tx};

use crate::ledger::Ledger;
use crate::procedure::Procedure;
use crate::procedure::scheme::Scheme;
use crate::procedure::yearly_evaluation::{Computation, YearlyEvaluation};
use crate::store::Store;
use crate::upstreams::Audit;

pub struct Account {
    pub store: Store,
    pub audit: Audit,
}

impl Account {
    /// Computes from what is counted now; nothing is counted on until `tx` ends.
    pub async fn compute(&self, tx: &mut Tx, year: i32, scheme: &Scheme) -> Result<Computation, Failure> {
        let position = self.store.hold_position(tx).await?;
        let ledger = self.store.changes_until(tx, year).await?;
        Ok(Computation::of(scheme, &ledger, position, year))
    }

    /// Computes the same from the feed, event by event, up to the position that `found` was computed at.
    pub async fn recompute(&self, found: &YearlyEvaluation) -> Result<Computation, Failure> {
        let (mut ledger, mut position) = (Ledger::default(), 0);
        let end = found.computation.feed_position;
        while position < end {
            let leaves = self.audit.read(position).await?;
            let Some((last, _)) = leaves.last() else {
                return Err(Failure::internal(format!("the feed ends at {position}, before {end}")));
            };
            position = last + 1;
            for (_, leaf) in leaves.iter().filter(|(at, _)| *at < end) {
                // What cannot be read was not counted either.
                let _ = ledger.take(leaf);
            }
        }
        Ok(Computation::of(&found.scheme, &ledger, end, found.year))
    }
}

/// The frozen evaluations of a year, the last frozen first.
pub async fn frozen(database: &Database, year: i32) -> Result<Vec<YearlyEvaluation>, Failure> {
    let documents = sqlx::query_scalar!(
        "SELECT document FROM evaluation.records \
         WHERE kind = $1 AND state IN ('FROZEN', 'REPORTED') AND (document ->> 'year')::int = $2 ORDER BY id DESC",
        YearlyEvaluation::KIND,
        year
    )
    .fetch_all(database.pool())
    .await?;
    let found: Result<Vec<YearlyEvaluation>, Failure> =
        documents.into_iter().map(crate::records::read).collect();
    let mut found = found?;
    found.sort_by_key(|evaluation| std::cmp::Reverse(evaluation.frozen().map(|frozen| frozen.at)));
    Ok(found)
}

/// The last frozen evaluation up to and including a year.
pub async fn latest_frozen(database: &Database, year: i32) -> Result<Option<YearlyEvaluation>, Failure> {
    let last = sqlx::query_scalar!(
        "SELECT max((document ->> 'year')::int) FROM evaluation.records \
         WHERE kind = $1 AND state IN ('FROZEN', 'REPORTED') AND (document ->> 'year')::int <= $2",
        YearlyEvaluation::KIND,
        year
    )
    .fetch_one(database.pool())
    .await?;
    let Some(last) = last else { return Ok(None) };
    Ok(frozen(database, last).await?.into_iter().next())
}
