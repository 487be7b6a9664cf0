//! The table of what waits: written at commit together with outbox and reply, read in the order of its index.

use std::collections::BTreeMap;

use govshare_model::task::{Task, WaitsFor};
use govshare_model::{Actor, Role};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use time::{Date, OffsetDateTime};

/// What one transaction says of the tasks of the records that it changes.
#[derive(Default)]
pub(crate) struct Pending(BTreeMap<String, (String, Vec<Task>)>);

/// Columns of [`Pending`] for the statements below, in the order of their parameters.
#[derive(Default)]
pub(crate) struct Columns {
    changed: Vec<String>,
    aggregate: Vec<String>,
    kind: Vec<&'static str>,
    role: Vec<&'static str>,
    unit: Vec<String>,
    roles: Vec<String>,
    not_for: Vec<String>,
    case: Vec<String>,
    zh: Vec<&'static str>,
    en: Vec<&'static str>,
    subject: Vec<String>,
    article: Vec<&'static str>,
    due: Vec<Option<Date>>,
    provisional: Vec<bool>,
}

/// As parts of a statement with further changes: `gone` deletes what waits no longer, `waiting` writes what waits now.
/// What is said again as it stands is not touched: an upsert would lock the row, which writes it.
/// Parameters from $1 to $15.
pub(crate) const REPLACE: &str = "WITH said AS ( \
       SELECT aggregate, kind, role, unit, string_to_array(roles, ',') AS roles, not_for, case_id, zh, en, subject, \
         article, coalesce(due, 'infinity') AS due, provisional \
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
         $9::text[], $10::text[], $11::text[], $12::text[], $13::date[], $14::boolean[]) \
       AS said (aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, provisional)), \
     gone AS (DELETE FROM tasks WHERE aggregate = ANY($1::text[]) AND NOT EXISTS ( \
       SELECT FROM said WHERE said.aggregate = tasks.aggregate AND said.kind = tasks.kind AND said.role = tasks.role)), \
     waiting AS (INSERT INTO tasks (aggregate, kind, role, unit, roles, not_for, case_id, zh, en, subject, article, due, \
         provisional, create_time) \
       SELECT said.*, $15 FROM said \
       LEFT JOIN tasks USING (aggregate, kind, role) \
       WHERE (tasks.unit, tasks.roles, tasks.not_for, tasks.zh, tasks.en, tasks.subject, tasks.due, tasks.provisional) \
         IS DISTINCT FROM (said.unit, said.roles, said.not_for, said.zh, said.en, said.subject, said.due, \
           said.provisional) \
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

    pub(crate) fn columns(self) -> Columns {
        let mut columns = Columns::default();
        for (aggregate, (case, tasks)) in self.0 {
            for task in tasks {
                for role in task.roles {
                    columns.push(&aggregate, &case, *role, &task);
                }
            }
            columns.changed.push(aggregate);
        }
        columns
    }
}

impl Columns {
    fn push(&mut self, aggregate: &str, case: &str, role: Role, task: &Task) {
        self.aggregate.push(aggregate.to_owned());
        self.kind.push(task.kind);
        self.role.push(role.as_str());
        self.unit.push(match &task.waits_for {
            WaitsFor::Unit(unit) => unit.to_string(),
            WaitsFor::District => String::new(),
        });
        self.roles.push(task.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(","));
        self.not_for.push(task.not.as_ref().map(|subject| subject.as_str().to_owned()).unwrap_or_default());
        self.case.push(case.to_owned());
        self.zh.push(task.zh);
        self.en.push(task.en);
        self.subject.push(task.subject.clone());
        self.article.push(task.article);
        self.due.push(task.due.map(|due| due.date));
        self.provisional.push(task.due.is_some_and(|due| due.provisional));
    }

    /// Binds $1 to $15 of [`REPLACE`].
    pub(crate) fn bind(
        self,
        query: Query<'_, sqlx::Postgres, PgArguments>,
        now: OffsetDateTime,
    ) -> Query<'_, sqlx::Postgres, PgArguments> {
        query
            .bind(self.changed)
            .bind(self.aggregate)
            .bind(self.kind)
            .bind(self.role)
            .bind(self.unit)
            .bind(self.roles)
            .bind(self.not_for)
            .bind(self.case)
            .bind(self.zh)
            .bind(self.en)
            .bind(self.subject)
            .bind(self.article)
            .bind(self.due)
            .bind(self.provisional)
            .bind(now)
    }
}

/// Place in the order of a work list: by term (none last), then by record and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub due: Option<Date>,
    pub aggregate: String,
    pub kind: String,
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
           SELECT * FROM tasks WHERE unit = for_unit AND role = for_role AND not_for <> $3 \
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
