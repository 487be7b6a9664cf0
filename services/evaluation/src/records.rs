//! The written procedures in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::marker::PhantomData;

use govshare_model::Actor;
use govshare_model::id::{CaseId, UnitId};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::procedure::{Procedure, Transition};

/// The records of one kind.
pub struct Records<P> {
    database: Database,
    kind: PhantomData<fn() -> P>,
}

impl<P> Clone for Records<P> {
    fn clone(&self) -> Self {
        Self { database: self.database.clone(), kind: PhantomData }
    }
}

/// Which records a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    /// Whose list it is: records of which this unit is a party.
    pub viewer: &'f UnitId,
    /// States in which the caller reads every record, party or not.
    pub open: &'f [&'static str],
    /// Only records of which this unit is a party too.
    pub unit: Option<&'f UnitId>,
    /// Only records that the caller sees in this state.
    pub state: Option<&'f str>,
    pub overdue: bool,
    /// Newest first: only records with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl<'f> Filter<'f> {
    /// All that `viewer` sees as a party, and every record in one of the `open` states that is not withheld from it.
    pub fn of(viewer: &'f UnitId, open: &'f [&'static str]) -> Self {
        Self { viewer, open, unit: None, state: None, overdue: false, before: None, limit: 0 }
    }
}

impl<P: Procedure> Records<P> {
    pub fn new(database: Database) -> Self {
        Self { database, kind: PhantomData }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub async fn load(&self, id: Uuid) -> Result<P, Failure> {
        let document = sqlx::query_scalar!(
            "SELECT document FROM evaluation.records WHERE kind = $1 AND id = $2",
            P::KIND,
            id
        )
        .fetch_optional(self.database.pool())
        .await?;
        read(document.ok_or_else(|| Refusal::not_found(P::KIND, id))?)
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: Uuid) -> Result<P, Failure> {
        let document = sqlx::query_scalar!(
            "SELECT document FROM evaluation.records WHERE kind = $1 AND id = $2 FOR UPDATE",
            P::KIND,
            id
        )
        .fetch_optional(tx)
        .await?;
        read(document.ok_or_else(|| Refusal::not_found(P::KIND, id))?)
    }

    /// Up to `limit` records whose term ended before `today`, locked; those that another replica holds are passed over.
    pub async fn claim_overdue(&self, tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<P>, Failure> {
        let documents = sqlx::query_scalar!(
            "SELECT document FROM evaluation.records WHERE kind = $1 AND due < $2 \
             ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED",
            P::KIND,
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        documents.into_iter().map(read).collect()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<P>, Failure> {
        if filter.open.is_empty() { self.list_own(filter).await } else { self.list_open(filter).await }
    }

    /// Walks the unit's own records only, however many others there are.
    async fn list_own(&self, filter: Filter<'_>) -> Result<Vec<P>, Failure> {
        let documents = sqlx::query_scalar!(
            "SELECT r.document FROM evaluation.record_parties mine \
             JOIN evaluation.records r ON r.kind = mine.kind AND r.id = mine.id \
             WHERE mine.kind = $1 AND mine.unit = $2 \
               AND ($3::text IS NULL OR EXISTS (SELECT FROM evaluation.record_parties p \
                 WHERE p.kind = r.kind AND p.unit = $3 AND p.id = r.id)) \
               AND ($4::text IS NULL OR $4 = CASE WHEN r.preparing = $2 THEN r.state ELSE r.outer_state END) \
               AND (NOT $5 OR r.overdue_at IS NOT NULL) AND ($6::uuid IS NULL OR mine.id < $6) \
             ORDER BY mine.id DESC LIMIT $7",
            P::KIND,
            filter.viewer.as_str(),
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.overdue,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        documents.into_iter().map(read).collect()
    }

    async fn list_open(&self, filter: Filter<'_>) -> Result<Vec<P>, Failure> {
        let documents = sqlx::query_scalar!(
            "SELECT r.document FROM evaluation.records r WHERE r.kind = $1 \
               AND (r.state = ANY($2) OR EXISTS (SELECT FROM evaluation.record_parties p \
                 WHERE p.kind = r.kind AND p.unit = $3 AND p.id = r.id)) \
               AND ($4::text IS NULL OR EXISTS (SELECT FROM evaluation.record_parties p \
                 WHERE p.kind = r.kind AND p.unit = $4 AND p.id = r.id)) \
               AND ($5::text IS NULL OR $5 = CASE WHEN r.preparing = $3 THEN r.state ELSE r.outer_state END) \
               AND (NOT $6 OR r.overdue_at IS NOT NULL) AND r.withheld_from IS DISTINCT FROM $3 \
               AND ($7::uuid IS NULL OR r.id < $7) \
             ORDER BY r.id DESC LIMIT $8",
            P::KIND,
            filter.open as &[&str],
            filter.viewer.as_str(),
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.overdue,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        documents.into_iter().map(read).collect()
    }

    /// Writes a change and its event. `actor` is `None` when the platform itself acts.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transition: &Transition<P>,
        actor: Option<&Actor>,
    ) -> Result<(), Failure> {
        let record = transition.record();
        let head = record.head();
        let written = sqlx::query!(
            "INSERT INTO evaluation.records AS r (kind, id, state, outer_state, preparing, withheld_from, due, \
               overdue_at, document, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (kind, id) DO UPDATE SET state = excluded.state, outer_state = excluded.outer_state, \
               preparing = excluded.preparing, withheld_from = excluded.withheld_from, due = excluded.due, \
               overdue_at = excluded.overdue_at, document = excluded.document, updated_at = excluded.updated_at, \
               version = excluded.version \
             WHERE r.version = excluded.version - 1",
            P::KIND,
            head.id,
            record.state(),
            record.outer_state(),
            record.preparing().map(UnitId::as_str),
            record.withheld_from().map(UnitId::as_str),
            record.due(),
            record.overdue(),
            serde_json::to_value(record).map_err(Failure::internal)?,
            head.created,
            head.updated,
            head.version
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() != 1 {
            return Err(Failure::internal(format!("{} {} changed although it was locked", P::KIND, head.id)));
        }
        let parties: Vec<String> = record.parties().into_iter().map(String::from).collect();
        sqlx::query!(
            "INSERT INTO evaluation.record_parties (kind, unit, id) \
             SELECT DISTINCT $1, unit, $3::uuid FROM unnest($2::text[]) AS party (unit) ON CONFLICT DO NOTHING",
            P::KIND,
            &parties,
            head.id
        )
        .execute(&mut **tx)
        .await?;
        let event = event(transition);
        tx.set_tasks(&event.aggregate, &event.case, record.tasks());
        tx.emit(actor, &event)
    }
}

/// The parties of a case that the feed has named.
pub async fn parties_of_case(database: &Database, case: CaseId) -> Result<Option<(String, String)>, Failure> {
    let found =
        sqlx::query!("SELECT applicant, provider FROM evaluation.known_cases WHERE case_id = $1", case.0)
            .fetch_optional(database.pool())
            .await?;
    Ok(found.map(|case| (case.applicant, case.provider)))
}

/// A document that is no record is a fault of ours and is named as such.
pub fn read<P: Procedure>(document: serde_json::Value) -> Result<P, Failure> {
    serde_json::from_value(document)
        .map_err(|error| Failure::internal(format!("a stored {} cannot be read: {error}", P::KIND)))
}

fn event<P: Procedure>(transition: &Transition<P>) -> Event {
    let record = transition.record();
    Event {
        aggregate: format!("{}/{}", P::KIND, record.head().id),
        version: record.head().version,
        kind: transition.happened().kind,
        case: record.case().map(|case| case.to_string()).unwrap_or_default(),
        state: record.state(),
        article: transition.happened().article,
        concerns: record.concerns(),
        attributes: record.attributes(),
    }
}
