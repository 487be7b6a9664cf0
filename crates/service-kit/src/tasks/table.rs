//! The table of what waits: written at commit together with outbox and reply, read in the order of its index.

use std::collections::BTreeMap;

use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use time::{Date, OffsetDateTime};

use crate::failure::Failure;

/// What one transaction says of the tasks of the records that it changes.
#[derive(Default)]
pub(crate) struct Pending(BTreeMap<String, (String, Vec<Task>)>);

/// What a transaction says, as [`REPLACE`] takes it: the records it speaks of, and what waits on them as JSON.
#[derive(Default)]
pub(crate) struct Said {
    records: Vec<String>,
    rows: Vec<SaidRow>,
}

/// A row of the table by the names of its columns.
#[derive(Serialize)]
struct SaidRow {
    aggregate: String,
    kind: &'static str,
    role: &'static str,
    unit: String,
    roles: Vec<&'static str>,
    not_for: Vec<String>,
    case_id: String,
    zh: &'static str,
    en: &'static str,
    subject: String,
    article: &'static str,
    due: String,
    provisional: bool,
}

/// As parts of a statement with further changes: `gone` deletes what waits no longer, `waiting` writes what waits now.
/// What is said again as it stands is not touched: an upsert would lock the row, which writes it. `OFFSET 0` keeps
/// that a lookup by key, whatever the planner believes of the table's size.
/// Parameters from $1 to $3.
pub(crate) const REPLACE: &str = "WITH said AS (SELECT * FROM json_populate_recordset(NULL::tasks, $2::json)), \
     gone AS (DELETE FROM tasks WHERE aggregate = ANY($1::text[]) AND NOT EXISTS ( \
       SELECT FROM said WHERE said.aggregate = tasks.aggregate AND said.kind = tasks.kind AND said.role = tasks.role)), \
     waiting AS (INSERT INTO tasks (aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, \
         provisional, create_time) \
       SELECT aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, provisional, $3 \
       FROM said WHERE NOT EXISTS ( \
         SELECT FROM tasks WHERE (tasks.aggregate, tasks.kind, tasks.role) = (said.aggregate, said.kind, said.role) \
           AND (tasks.unit, tasks.roles, tasks.not_for, tasks.zh, tasks.en, tasks.subject, tasks.due, tasks.provisional) \
             = (said.unit, said.roles, said.not_for, said.zh, said.en, said.subject, said.due, said.provisional) \
         OFFSET 0) \
       ON CONFLICT (aggregate, kind, role) DO UPDATE SET unit = excluded.unit, roles = excluded.roles, \
         not_for = excluded.not_for, case_id = excluded.case_id, zh = excluded.zh, en = excluded.en, \
         subject = excluded.subject, article = excluded.article, due = excluded.due, \
         provisional = excluded.provisional)";

impl Pending {
    pub(crate) fn set(&mut self, aggregate: &str, case: &str, tasks: Vec<Task>) {
        self.0.insert(aggregate.to_owned(), (case.to_owned(), tasks));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn said(self) -> Said {
        let mut said = Said::default();
        for (aggregate, (case, tasks)) in self.0 {
            for task in tasks {
                for role in task.roles {
                    said.rows.push(SaidRow::new(&aggregate, &case, *role, &task));
                }
            }
            said.records.push(aggregate);
        }
        said
    }
}

impl SaidRow {
    fn new(aggregate: &str, case: &str, role: Role, task: &Task) -> Self {
        Self {
            aggregate: aggregate.to_owned(),
            kind: task.kind,
            role: role.as_str(),
            unit: match &task.waits_for {
                WaitsFor::Unit(unit) => unit.to_string(),
                WaitsFor::District => String::new(),
            },
            roles: task.roles.iter().map(|role| role.as_str()).collect(),
            not_for: task.not.iter().map(|subject| subject.as_str().to_owned()).collect(),
            case_id: case.to_owned(),
            zh: task.zh,
            en: task.en,
            subject: task.subject.clone(),
            article: task.article,
            due: task.due.map_or_else(|| "infinity".to_owned(), |due| due.date.to_string()),
            provisional: task.due.is_some_and(|due| due.provisional),
        }
    }
}

impl Said {
    /// Binds $1 to $3 of [`REPLACE`].
    pub(crate) fn bind(
        self,
        query: Query<'_, sqlx::Postgres, PgArguments>,
        now: OffsetDateTime,
    ) -> Result<Query<'_, sqlx::Postgres, PgArguments>, Failure> {
        let rows = serde_json::to_string(&self.rows).map_err(Failure::internal)?;
        Ok(query.bind(self.records).bind(rows).bind(now))
    }
}

/// Place in the order of a work list: by term (none last), then by record and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(deserialize_with = "day")]
    pub due: Option<Date>,
    pub aggregate: String,
    pub kind: String,
}

/// What the database could not hold is no key.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let day = Option::<Date>::deserialize(deserializer)?;
    let is_held = day.is_none_or(|day| (1900..=9999).contains(&day.year()));
    if is_held { Ok(day) } else { Err(D::Error::custom("no day of ours")) }
}

/// A task as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Row {
    pub aggregate: String,
    pub kind: String,
    pub unit: String,
    pub roles: Vec<String>,
    pub case_id: String,
    pub zh: String,
    pub en: String,
    pub subject: String,
    pub article: String,
    pub due: Option<Date>,
    pub provisional: bool,
    pub create_time: OffsetDateTime,
}

impl Row {
    pub(crate) fn key(&self) -> Key {
        Key { due: self.due, aggregate: self.aggregate.clone(), kind: self.kind.clone() }
    }
}

/// Up to `limit` tasks after `after` that wait for `actor`. Each pair of unit and role is read in the order of the index
/// and no further than the page needs.
pub(crate) async fn list(
    pool: &PgPool,
    actor: &Actor,
    after: Option<&Key>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let roles: Vec<&str> = actor.roles.iter().map(Role::as_str).collect();
    let due = match after {
        None => "-infinity".to_owned(),
        Some(Key { due: None, .. }) => "infinity".to_owned(),
        Some(Key { due: Some(due), .. }) => due.to_string(),
    };
    sqlx::query_as(
        "SELECT DISTINCT ON (found.due, aggregate, kind) aggregate, kind, unit, roles, case_id, zh, en, subject, \
           article, nullif(found.due, 'infinity') AS due, provisional, create_time \
         FROM unnest(ARRAY[$1::text, '']) AS units (for_unit) CROSS JOIN unnest($2::text[]) AS roles_of (for_role) \
         CROSS JOIN LATERAL ( \
           SELECT * FROM tasks WHERE unit = for_unit AND role = for_role AND NOT $3 = ANY(not_for) \
             AND (due, aggregate, kind) > ($4::text::date, $5, $6) \
           ORDER BY due, aggregate, kind LIMIT $7) AS found \
         ORDER BY found.due, aggregate, kind LIMIT $7",
    )
    .bind(actor.unit.as_str())
    .bind(roles)
    .bind(actor.subject.as_str())
    .bind(due)
    .bind(after.map_or("", |key| &key.aggregate))
    .bind(after.map_or("", |key| &key.kind))
    .bind(limit)
    .fetch_all(pool)
    .await
}
