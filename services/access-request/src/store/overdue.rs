//! What the sweeper reads and writes: many cases at a time, since a day's end may make many overdue at once.

use service_kit::{Failure, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::rows::Row;
use super::{Store, event};
use crate::access_request::{AccessRequest, Transition};

impl Store {
    /// Up to `limit` open requests whose last day was before `today`, locked; rows that another replica holds are
    /// passed over.
    pub async fn claim_overdue(
        &self,
        tx: &mut Tx,
        today: Date,
        limit: i64,
    ) -> Result<Vec<AccessRequest>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.access_requests \
             WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED') AND overdue_at IS NULL AND answer_due < $1 \
             ORDER BY answer_due LIMIT $2 FOR UPDATE SKIP LOCKED",
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter().map(AccessRequest::try_from).collect()
    }

    /// Writes transitions of claimed requests that did nothing but mark them overdue, with their events.
    pub async fn save_overdue(&self, tx: &mut Tx, transitions: &[Transition]) -> Result<(), Failure> {
        let requests = || transitions.iter().map(Transition::request);
        let ids: Vec<Uuid> = requests().map(|request| request.id.0).collect();
        let versions: Vec<i64> = requests().map(|request| request.version).collect();
        let overdue: Vec<Option<OffsetDateTime>> = requests().map(|request| request.overdue).collect();
        let updated: Vec<OffsetDateTime> = requests().map(|request| request.updated).collect();
        let shown: Vec<OffsetDateTime> = requests().map(|request| request.shown).collect();
        let written = sqlx::query!(
            "UPDATE access_request.access_requests AS request SET overdue_at = marked.overdue_at, \
               updated_at = marked.updated_at, shown_at = marked.shown_at, version = marked.version \
             FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) \
               AS marked (id, version, overdue_at, updated_at, shown_at) \
             WHERE request.id = marked.id AND request.version = marked.version - 1",
            &ids,
            &versions,
            &overdue as _,
            &updated,
            &shown
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() != ids.len() as u64 {
            return Err(Failure::internal("a claimed request changed under its lock"));
        }
        for transition in transitions {
            let event = event::event(transition, &self.info_office);
            tx.set_tasks(&event.aggregate, &event.case, transition.request().tasks());
            tx.emit(None, &event)?;
        }
        Ok(())
    }
}
