//! The service's own schema in PostgreSQL: pool, migrations, and the transaction that holds a change together
//! with its audit events and its reply for repeats.

use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use govshare_model::{Actor, Task};
use prost::Message;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

use crate::call::Call;
use crate::clock::Clock;
use crate::config::DatabaseConfig;
use crate::event::{Event, Sealed};
use crate::failure::{Failure, database_is_gone};
use crate::holidays;
use crate::outbox::{AUDIT, Held, Outbox};
use crate::tasks;

/// Work in the database. Boxed, so that it is compiled once, here, and not for every reply of every service.
pub type Working<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// How long replies are kept for repeats with the same request_id.
pub const REPLAY_HOURS: i32 = 24;

/// The pool of one service, whose connections see its schema first.
#[derive(Clone)]
pub struct Database {
    pool: PgPool,
    service: &'static str,
    clock: Clock,
    outbox: Outbox,
    calendar: holidays::Known,
}

/// What [`Database::begin`] found.
pub enum Begin<R> {
    /// The call is new: do the work, then [`Tx::commit`].
    Fresh(Tx),
    /// The call was carried out before: this is its reply.
    Replay(R),
}

impl Database {
    /// A pool that connects when first used.
    pub fn connect(
        service: &'static str,
        config: &DatabaseConfig,
        clock: Clock,
    ) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(&config.url)?
            .application_name(service)
            .options([
                ("search_path", schema(service)),
                ("statement_timeout", config.statement_timeout_ms.to_string()),
                ("idle_in_transaction_session_timeout", (config.statement_timeout_ms * 2).to_string()),
            ])
            .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
        let pool = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
            .idle_timeout(Duration::from_secs(300))
            // `begin` retries over connections that died, which costs nothing while they live.
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { pool, service, clock, outbox: Outbox::default(), calendar: holidays::Known::default() })
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn known_calendar(&self) -> &holidays::Known {
        &self.calendar
    }

    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The reply of a call that was carried out before: for calls that ask other services something before they
    /// [`begin`](Self::begin), whose answers may have changed since.
    pub async fn replay<R: Message + Default>(&self, call: &Call) -> Result<Option<R>, Failure> {
        self.earlier(call).await?.map(decoded).transpose()
    }

    fn earlier<'a>(&'a self, call: &'a Call) -> Working<'a, Option<Vec<u8>>> {
        Box::pin(async move { earlier_reply(call, &mut *self.pool.acquire().await?).await })
    }

    /// Opens the transaction of a mutating call, or gives the reply of its first run. Repeats that come while
    /// the first still runs wait for it.
    pub async fn begin<R: Message + Default>(&self, call: &Call) -> Result<Begin<R>, Failure> {
        Ok(match self.begin_call(call).await? {
            Begin::Replay(reply) => Begin::Replay(decoded(reply)?),
            Begin::Fresh(tx) => Begin::Fresh(tx),
        })
    }

    fn begin_call<'a>(&'a self, call: &'a Call) -> Working<'a, Begin<Vec<u8>>> {
        Box::pin(async move {
            let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({})", call.lock_number());
            let mut tx = self.begin_with(begin).await?;
            Ok(match earlier_reply(call, &mut tx).await? {
                Some(reply) => Begin::Replay(reply),
                None => Begin::Fresh(self.tx(tx)),
            })
        })
    }

    /// Opens a transaction for what the platform itself does, or another service asks for.
    pub fn transaction(&self) -> Working<'_, Tx> {
        Box::pin(async move {
            let tx = self.begin_with("BEGIN".to_owned()).await?;
            Ok(self.tx(tx))
        })
    }

    fn tx(&self, inner: Transaction<'static, Postgres>) -> Tx {
        Tx {
            inner,
            service: self.service,
            clock: self.clock.clone(),
            outbox: self.outbox.clone(),
            rows: Vec::new(),
            tasks: tasks::Pending::default(),
        }
    }

    /// A pooled connection may have died with a restarted server: nothing was done on it yet, so take another.
    async fn begin_with(&self, statement: String) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tries = self.pool.size() + 1;
        loop {
            match self.pool.begin_with(AssertSqlSafe(statement.clone())).await {
                Err(error)
                    if tries > 0
                        && database_is_gone(&error)
                        && !matches!(error, sqlx::Error::PoolTimedOut) =>
                {
                    tries -= 1;
                }
                result => return result,
            }
        }
    }
}

/// The reply that is kept for repeats of a call; the same request_id with another body is refused.
async fn earlier_reply(call: &Call, connection: &mut PgConnection) -> Result<Option<Vec<u8>>, Failure> {
    let earlier: Option<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT request_hash, reply FROM idempotency \
         WHERE unit = $1 AND subject = $2 AND method = $3 AND request_id = $4",
    )
    .bind(call.actor.unit.as_str())
    .bind(call.actor.subject.as_str())
    .bind(&*call.method)
    .bind(call.request_id)
    .fetch_optional(connection)
    .await?;
    match earlier {
        Some((hash, _)) if hash != call.request_hash => Err(call.reused().into()),
        Some((_, reply)) => Ok(Some(reply)),
        None => Ok(None),
    }
}

fn decoded<R: Message + Default>(reply: Vec<u8>) -> Result<R, Failure> {
    R::decode(reply.as_slice()).map_err(Failure::internal)
}

/// A row for the outbox, written at commit.
struct OutboxRow {
    destination: &'static str,
    payload: Vec<u8>,
    disclosure: Vec<u8>,
}

/// One visible transaction: the change, its events, its commands to other services and its reply.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    service: &'static str,
    clock: Clock,
    outbox: Outbox,
    rows: Vec<OutboxRow>,
    tasks: tasks::Pending,
}

impl std::ops::Deref for Tx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl Tx {
    /// Business time.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Records what happened; `actor` is `None` when the platform itself acts.
    pub fn emit(&mut self, actor: Option<&Actor>, event: &Event) -> Result<(), Failure> {
        let Sealed { leaf, disclosure } = event.seal(self.service, actor, self.clock.now())?;
        self.rows.push(OutboxRow { destination: AUDIT, payload: leaf, disclosure });
        Ok(())
    }

    /// As [`Tx::emit`], for an event that has to stand in the audit before the caller goes on: after the commit the
    /// caller sends it with [`Held::append`].
    pub async fn emit_held(&mut self, actor: Option<&Actor>, event: &Event) -> Result<Held, Failure> {
        let sealed = event.seal(self.service, actor, self.clock.now())?;
        Ok(Held::write(&mut self.inner, sealed).await?)
    }

    /// Sends a command to another service after the commit, at least once.
    pub fn command(&mut self, destination: &'static str, command: &impl Message) {
        let payload = command.encode_to_vec();
        self.rows.push(OutboxRow { destination, payload, disclosure: Vec::new() });
    }

    /// Says all that waits on a record after this change; what waited before and is not among it waits no longer.
    /// `case` is empty outside of cases.
    pub fn set_tasks(&mut self, aggregate: &str, case: &str, tasks: Vec<Task>) {
        self.tasks.set(aggregate, case, tasks);
    }

    /// Empties the replies kept for repeats that say both of these, such as the id and the title of a record whose content
    /// had to be erased: a repeat is still not carried out twice, and hears nothing of it.
    pub async fn empty_replies(&mut self, id: &str, words: &str) -> Result<(), Failure> {
        sqlx::query(
            "UPDATE idempotency SET reply = '' \
             WHERE position(convert_to($1, 'UTF8') in reply) > 0 AND position(convert_to($2, 'UTF8') in reply) > 0",
        )
        .bind(id)
        .bind(words)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// Commits the call: change, work lists, outbox and the reply for repeats, in one statement.
    pub async fn commit<R: Message>(self, call: &Call, reply: R) -> Result<R, Failure> {
        self.commit_call(call, reply.encode_to_vec()).await?;
        Ok(reply)
    }

    fn commit_call(mut self, call: &Call, reply: Vec<u8>) -> Working<'_, ()> {
        Box::pin(async move {
            let pending = !self.rows.is_empty();
            let (destinations, payloads, disclosures) = columns(std::mem::take(&mut self.rows));
            let tasks = std::mem::take(&mut self.tasks);
            let statement = if tasks.is_empty() {
                format!("WITH sent AS ({}) {}", send(1), keep_reply(4))
            } else {
                format!("{}, sent AS ({}) {}", tasks::REPLACE, send(4), keep_reply(7))
            };
            let mut query = sqlx::query(AssertSqlSafe(statement));
            if !tasks.is_empty() {
                query = tasks.said().bind(query, self.clock.now())?;
            }
            query
                .bind(destinations)
                .bind(payloads)
                .bind(disclosures)
                .bind(call.actor.unit.as_str())
                .bind(call.actor.subject.as_str())
                .bind(&*call.method)
                .bind(call.request_id)
                .bind(&call.request_hash)
                .bind(reply)
                .execute(&mut *self.inner)
                .await?;
            self.inner.commit().await?;
            if pending {
                self.outbox.wake();
            }
            Ok(())
        })
    }

    /// Commits what has no request_id: change, work lists and outbox.
    pub fn commit_unasked(mut self) -> Working<'static, ()> {
        Box::pin(async move {
            let pending = !self.rows.is_empty();
            let (destinations, payloads, disclosures) = columns(std::mem::take(&mut self.rows));
            let tasks = std::mem::take(&mut self.tasks);
            if pending || !tasks.is_empty() {
                let statement =
                    if tasks.is_empty() { send(1) } else { format!("{} {}", tasks::REPLACE, send(4)) };
                let mut query = sqlx::query(AssertSqlSafe(statement));
                if !tasks.is_empty() {
                    query = tasks.said().bind(query, self.clock.now())?;
                }
                query.bind(destinations).bind(payloads).bind(disclosures).execute(&mut *self.inner).await?;
            }
            self.inner.commit().await?;
            if pending {
                self.outbox.wake();
            }
            Ok(())
        })
    }
}

/// Writes to the outbox; its three parameters start with `first`.
fn send(first: usize) -> String {
    let (second, third) = (first + 1, first + 2);
    format!(
        "INSERT INTO outbox (destination, payload, disclosure) \
         SELECT * FROM unnest(${first}::text[], ${second}::bytea[], ${third}::bytea[])"
    )
}

/// Keeps the reply for repeats; its six parameters start with `first`.
fn keep_reply(first: usize) -> String {
    let parameters: Vec<String> = (first..first + 6).map(|number| format!("${number}")).collect();
    format!(
        "INSERT INTO idempotency (unit, subject, method, request_id, request_hash, reply) VALUES ({})",
        parameters.join(", ")
    )
}

fn columns(rows: Vec<OutboxRow>) -> (Vec<&'static str>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        columns.0.push(row.destination);
        columns.1.push(row.payload);
        columns.2.push(row.disclosure);
    }
    columns
}

/// Schema of a service: its name with `_` for `-`.
pub fn schema(service: &str) -> String {
    service.replace('-', "_")
}

/// Runtime role of a service.
pub fn role(service: &str) -> String {
    format!("govshare_{}", schema(service))
}

/// Why a migration failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("database.url: the role must be {wanted} and have a password")]
    Role { wanted: String },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Makes schema, runtime role and tables of a service; safe to repeat and to run from several hosts at once.
///
/// `owner_url` may create roles and owns what it makes. The runtime role gets the password of `runtime_url`,
/// may use the tables of its schema as the migrations grant it, and sees no other schema.
pub async fn migrate(
    service: &str,
    owner_url: &str,
    runtime_url: &str,
    migrations: &Migrator,
) -> Result<(), MigrateError> {
    let (schema, role) = (schema(service), role(service));
    let runtime = url::Url::parse(runtime_url).map_err(|_| MigrateError::Role { wanted: role.clone() })?;
    let password = runtime.password().filter(|_| runtime.username() == role);
    let Some(password) = password else { return Err(MigrateError::Role { wanted: role }) };
    let password = percent_encoding::percent_decode_str(password).decode_utf8_lossy();

    let options = PgConnectOptions::from_str(owner_url)?.options([("search_path", schema.as_str())]);
    let mut connection = options.connect().await?;
    let password = password.replace('\'', "''");
    // All services migrate at once and touch the same catalogs: one at a time.
    let prepare = format!(
        "BEGIN; SELECT pg_advisory_xact_lock(724100000);
         DO $$ BEGIN
           IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN; END IF;
         END $$;
         ALTER ROLE {role} LOGIN PASSWORD '{password}' NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
         CREATE SCHEMA IF NOT EXISTS {schema};
         REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;
         GRANT USAGE ON SCHEMA {schema} TO {role};
         COMMIT"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await?;
    let shared = include_str!("../migrations/shared.sql").replace("{role}", &role);
    sqlx::raw_sql(AssertSqlSafe(shared)).execute(&mut connection).await?;
    migrations.run_direct(None, &mut connection, false).await?;
    connection.close().await?;
    Ok(())
}

/// Deletes replies that are kept no longer, once an hour, until `shutdown`.
pub async fn forget_replies(database: Database, shutdown: tokio_util::sync::CancellationToken) {
    loop {
        let forgotten = sqlx::query(
            "DELETE FROM idempotency WHERE create_time < clock_timestamp() - make_interval(hours => $1)",
        )
        .bind(REPLAY_HOURS)
        .execute(&database.pool)
        .await;
        if let Err(error) = forgotten {
            tracing::warn!(%error, "old replies not deleted");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
        }
    }
}
