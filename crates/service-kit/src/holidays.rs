//! The calendar by which a service counts working days: what ships, and the notices that the info office loaded since
//! (art. 36). access-request tells them to the catalogue, the others ask it; each keeps in its schema what it learnt.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use govshare_model::calendar::{Calendar, HolidayYear};
use govshare_proto::catalog::internal::v1::holiday_service_client::HolidayServiceClient;
use govshare_proto::catalog::internal::v1::{ListUnknownHolidayNoticesRequest, LoadedHolidayNotice};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::client::Upstream;
use crate::database::Database;
use crate::failure::Failure;

const INTERVAL: Duration = Duration::from_secs(1);

/// Notices that one reply tells at most.
const TOLD_AT_ONCE: i64 = 20;

/// What this replica counts by; `None` until it was read for the first time.
pub(crate) type Known = Arc<RwLock<Option<Arc<Calendar>>>>;

impl Database {
    /// What is counted by now. Refuses while the loaded notices could not be read yet: what is counted without them
    /// would be wrong for good.
    pub fn calendar(&self) -> Result<Arc<Calendar>, Failure> {
        let known = self.known_calendar().read().unwrap_or_else(|poisoned| poisoned.into_inner());
        known.clone().ok_or(Failure::NotReady("the calendar"))
    }

    /// Reads what this service has learnt.
    pub async fn read_calendar(&self) -> Result<(), Failure> {
        let notices: Vec<String> =
            sqlx::query_scalar("SELECT notice FROM learnt_holiday_notices").fetch_all(self.pool()).await?;
        let calendar = Arc::new(calendar_with(notices.iter().map(String::as_str))?);
        *self.known_calendar().write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(calendar);
        Ok(())
    }
}

/// The calendar that ships with these years on top, each written as it was loaded.
pub fn calendar_with<'n>(notices: impl IntoIterator<Item = &'n str>) -> Result<Calendar, Failure> {
    let years: Result<Vec<_>, _> = notices.into_iter().map(HolidayYear::from_toml).collect();
    years.and_then(|years| Calendar::builtin().with_years(years)).map_err(Failure::internal)
}

/// Keeps notices, of each year the latest version.
pub async fn learn(
    connection: &mut PgConnection,
    notices: &[LoadedHolidayNotice],
) -> Result<(), sqlx::Error> {
    let years: Vec<_> = notices.iter().map(|notice| notice.year).collect();
    let versions: Vec<_> = notices.iter().map(|notice| notice.version).collect();
    let texts: Vec<_> = notices.iter().map(|notice| notice.toml.as_str()).collect();
    sqlx::query(
        "INSERT INTO learnt_holiday_notices AS learnt (year, version, notice) \
         SELECT * FROM unnest($1::int[], $2::bigint[], $3::text[]) \
         ON CONFLICT (year) DO UPDATE SET version = excluded.version, notice = excluded.notice \
           WHERE learnt.version < excluded.version",
    )
    .bind(years)
    .bind(versions)
    .bind(texts)
    .execute(connection)
    .await?;
    Ok(())
}

/// Some notices that are not among the `known`.
pub async fn unknown(
    pool: &PgPool,
    known: &BTreeMap<i32, i64>,
) -> Result<Vec<LoadedHolidayNotice>, sqlx::Error> {
    let (years, versions): (Vec<i32>, Vec<i64>) = known.iter().unzip();
    let rows: Vec<(i32, i64, String)> = sqlx::query_as(
        "SELECT year, version, notice FROM learnt_holiday_notices learnt WHERE NOT EXISTS ( \
           SELECT FROM unnest($1::int[], $2::bigint[]) AS known (year, version) \
           WHERE known.year = learnt.year AND known.version >= learnt.version) \
         ORDER BY year LIMIT $3",
    )
    .bind(years)
    .bind(versions)
    .bind(TOLD_AT_ONCE)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(year, version, toml)| LoadedHolidayNotice { year, version, toml }).collect())
}

/// Keeps the calendar of this replica as the service has learnt it, from `catalog` where there is one, until `shutdown`.
pub(crate) async fn keep(database: Database, catalog: Option<Upstream>, shutdown: CancellationToken) {
    let catalog = catalog.map(HolidayServiceClient::new);
    let mut failing = false;
    loop {
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            outcome = look(&database, catalog.as_ref()) => outcome,
        };
        if let Err(problem) = &outcome
            && !failing
        {
            tracing::warn!(%problem, "holiday notices not read; those known before go on counting");
        }
        failing = outcome.is_err();
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

async fn look(database: &Database, catalog: Option<&HolidayServiceClient<Upstream>>) -> Result<(), Failure> {
    if let Some(catalog) = catalog {
        let known: Vec<(i32, i64)> = sqlx::query_as("SELECT year, version FROM learnt_holiday_notices")
            .fetch_all(database.pool())
            .await?;
        let request = ListUnknownHolidayNoticesRequest { known_versions: known.into_iter().collect() };
        let reply = catalog.clone().list_unknown_holiday_notices(request).await.map_err(Failure::Upstream)?;
        let notices = reply.into_inner().notices;
        if !notices.is_empty() {
            learn(&mut *database.pool().acquire().await?, &notices).await?;
        }
    }
    database.read_calendar().await
}
