//! Update schedules in PostgreSQL. Takes only transitions, and writes each with its audit event; publications of
//! entries are followed set by set.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use prost::Message;
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::convert;
use super::schedule::{Cycle, Happened, Schedule, Transition};
use crate::error::lost_race;

#[derive(Clone)]
pub struct ScheduleStore {
    database: Database,
    info_office: UnitId,
}

/// Which schedules a list wants.
pub struct Filter<'f> {
    pub provider: Option<&'f UnitId>,
    pub late: bool,
    pub due_until: Option<Date>,
    pub after: Option<(Date, Uuid)>,
    pub limit: i64,
}

impl ScheduleStore {
    pub fn new(database: Database, info_office: UnitId) -> Self {
        Self { database, info_office }
    }

    pub async fn load(&self, entry: EntryId) -> Result<Schedule, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT entry_id, provider, title, cycle, published_on, last_update, late_at, version \
             FROM catalog.update_schedules WHERE entry_id = $1",
            entry.0
        )
        .fetch_optional(self.database.pool())
        .await?;
        row.ok_or_else(|| Refusal::not_found("update-schedule", entry))?.try_into()
    }

    /// `None`: the entry was never published.
    pub async fn find_for_update(
        &self,
        tx: &mut PgConnection,
        entry: EntryId,
    ) -> Result<Option<Schedule>, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT entry_id, provider, title, cycle, published_on, last_update, late_at, version \
             FROM catalog.update_schedules WHERE entry_id = $1 FOR UPDATE",
            entry.0
        )
        .fetch_optional(tx)
        .await?;
        row.map(Schedule::try_from).transpose()
    }

    /// Schedules of published entries by day.
    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Schedule>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT s.entry_id, s.provider, s.title, s.cycle, s.published_on, s.last_update, s.late_at, s.version \
             FROM catalog.update_schedules s JOIN catalog.entries e ON e.id = s.entry_id AND e.state = 'PUBLISHED' \
             WHERE s.next_due IS NOT NULL AND ($1::text IS NULL OR s.provider = $1) \
               AND (NOT $2 OR s.late_at IS NOT NULL) AND ($3::date IS NULL OR s.next_due <= $3) \
               AND ($4::date IS NULL OR (s.next_due, s.entry_id) > ($4, $5)) \
             ORDER BY s.next_due, s.entry_id LIMIT $6",
            filter.provider.map(UnitId::as_str),
            filter.late,
            filter.due_until,
            filter.after.map(|(day, _)| day),
            filter.after.map_or(Uuid::nil(), |(_, id)| id),
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Schedule::try_from).collect()
    }

    /// Up to `limit` schedules of published entries whose day was before `today`, locked; rows that another replica
    /// holds are passed over.
    pub async fn claim_late(&self, tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Schedule>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT s.entry_id, s.provider, s.title, s.cycle, s.published_on, s.last_update, s.late_at, s.version \
             FROM catalog.update_schedules s JOIN catalog.entries e ON e.id = s.entry_id \
             WHERE s.late_at IS NULL AND s.next_due < $1 AND e.state = 'PUBLISHED' \
             ORDER BY s.next_due LIMIT $2 FOR UPDATE OF s SKIP LOCKED",
            today,
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter().map(Schedule::try_from).collect()
    }

    /// Takes up to `limit` entries off the list of those without a schedule, and locks them against another publication.
    pub async fn take_unscheduled(&self, tx: &mut Tx, limit: i64) -> Result<Vec<EntryId>, Failure> {
        let taken = sqlx::query_scalar!(
            "DELETE FROM catalog.unscheduled_entries \
             WHERE entry_id = ANY (ARRAY ( \
               SELECT entry_id FROM catalog.unscheduled_entries ORDER BY entry_id LIMIT $1)) \
             RETURNING entry_id",
            limit
        )
        .fetch_all(&mut **tx)
        .await?;
        let locked = sqlx::query_scalar!(
            "SELECT id FROM catalog.entries WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            &taken
        )
        .fetch_all(&mut **tx)
        .await?;
        Ok(locked.into_iter().map(EntryId).collect())
    }

    /// Writes a change and its event. `actor` is `None` when the platform itself or another service acts.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transition: &Transition,
        actor: Option<&Actor>,
    ) -> Result<(), Failure> {
        let schedule = transition.schedule();
        let written = sqlx::query!(
            "UPDATE catalog.update_schedules SET last_update = $2, next_due = $3, late_at = $4, version = $5::bigint \
             WHERE entry_id = $1 AND version = $5::bigint - 1",
            schedule.entry.0,
            schedule.last_update,
            schedule.next_due(),
            schedule.late,
            schedule.version
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(lost_race().into());
        }
        tx.set_tasks(&aggregate(schedule.entry), "", schedule.tasks());
        tx.emit(actor, &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let schedule = transition.schedule();
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let mut attributes = BTreeMap::from([
            ("provider", schedule.provider.to_string()),
            ("update_cycle", schedule.cycle.name().to_owned()),
            ("next_due", day(schedule.next_due())),
        ]);
        let kind = match transition.happened() {
            Happened::Updated { late_by } => {
                attributes.insert("day", day(schedule.last_update));
                attributes.insert("days_late", late_by.to_string());
                "entry.update-recorded"
            }
            Happened::FoundLate => "entry.update-late",
        };
        Event {
            aggregate: aggregate(schedule.entry),
            version: schedule.version,
            kind,
            case: String::new(),
            state: schedule.standing(),
            article: "19",
            concerns: vec![schedule.provider.clone(), self.info_office.clone()],
            attributes,
        }
    }
}

fn aggregate(entry: EntryId) -> String {
    format!("update-schedule/{entry}")
}

/// Nobody waits for data of an entry that is retired.
pub fn forget(tx: &mut Tx, entry: EntryId) {
    tx.set_tasks(&aggregate(entry), "", Vec::new());
}

/// Puts entries that were just published on the calendar, or moves them to the cycle of their new version. No event: it
/// is part of the publication.
pub async fn follow(tx: &mut Tx, published: &[EntryId], today: Date) -> Result<(), Failure> {
    if published.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = published.iter().map(|entry| entry.0).collect();
    let rows = sqlx::query!(
        r#"SELECT e.id, e.provider, v.title, v.content, s.cycle AS "cycle?", s.published_on AS "published_on?",
             s.last_update, s.late_at, s.version AS "version?"
           FROM catalog.entries e
           JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
           LEFT JOIN catalog.update_schedules s ON s.entry_id = e.id
           WHERE e.id = ANY($1) ORDER BY e.id"#,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut schedules = Vec::with_capacity(rows.len());
    for row in rows {
        let content = pb::EntryContent::decode(row.content.as_slice()).map_err(Failure::internal)?;
        let cycle = convert::cycle(content.update_cycle());
        let former = row.cycle.as_deref().map(known_cycle).transpose()?;
        let former = Schedule {
            entry: EntryId(row.id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            title: String::new(),
            cycle: former.unwrap_or(cycle),
            published: row.published_on.unwrap_or(today),
            last_update: row.last_update,
            late: row.late_at,
            version: row.version.unwrap_or_default(),
        };
        let schedule = former.republished(row.title, cycle, today);
        if row.late_at.is_some() {
            tx.set_tasks(&aggregate(schedule.entry), "", schedule.tasks());
        }
        schedules.push(schedule);
    }
    let ids: Vec<_> = schedules.iter().map(|schedule| schedule.entry.0).collect();
    let providers: Vec<_> = schedules.iter().map(|schedule| schedule.provider.to_string()).collect();
    let titles: Vec<_> = schedules.iter().map(|schedule| schedule.title.clone()).collect();
    let cycles: Vec<_> = schedules.iter().map(|schedule| schedule.cycle.name()).collect();
    let published: Vec<_> = schedules.iter().map(|schedule| schedule.published).collect();
    let updates: Vec<_> = schedules.iter().map(|schedule| schedule.last_update).collect();
    let days: Vec<_> = schedules.iter().map(Schedule::next_due).collect();
    let late: Vec<_> = schedules.iter().map(|schedule| schedule.late).collect();
    sqlx::query!(
        "INSERT INTO catalog.update_schedules (entry_id, provider, title, cycle, published_on, last_update, \
           next_due, late_at, version) \
         SELECT entry_id, provider, title, cycle, published_on, last_update, next_due, late_at, 0 \
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::date[], \
           $8::timestamptz[]) \
           AS new (entry_id, provider, title, cycle, published_on, last_update, next_due, late_at) \
         ON CONFLICT (entry_id) DO UPDATE SET title = excluded.title, cycle = excluded.cycle, \
           published_on = excluded.published_on, next_due = excluded.next_due, late_at = excluded.late_at",
        &ids,
        &providers,
        &titles,
        &cycles as &[&str],
        &published,
        &updates as &[Option<Date>],
        &days as &[Option<Date>],
        &late as &[Option<OffsetDateTime>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn known_cycle(name: &str) -> Result<Cycle, Failure> {
    let known = Cycle::ALL.into_iter().find(|cycle| cycle.name() == name);
    known.ok_or_else(|| Failure::internal(format!("no cycle is {name}")))
}

struct Row {
    entry_id: Uuid,
    provider: String,
    title: String,
    cycle: String,
    published_on: Date,
    last_update: Option<Date>,
    late_at: Option<OffsetDateTime>,
    version: i64,
}

impl TryFrom<Row> for Schedule {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        Ok(Self {
            entry: EntryId(row.entry_id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            title: row.title,
            cycle: known_cycle(&row.cycle)?,
            published: row.published_on,
            last_update: row.last_update,
            late: row.late_at,
            version: row.version,
        })
    }
}
