//! Holiday notices that came after the release, and the calendar with them.

use std::collections::BTreeMap;
use std::time::Duration;

use govshare_model::Actor;
use govshare_model::calendar::{Calendar, HolidayYear};
use govshare_model::id::UnitId;
use govshare_proto::catalog::internal::v1::{LoadedHolidayNotice, RecordHolidayNoticeRequest};
use service_kit::{Database, Event, Failure, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::upstreams::HOLIDAY_NOTICES;

const RETRY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Holidays {
    database: Database,
    info_office: UnitId,
}

/// A notice as it was loaded.
pub(super) struct Loaded {
    pub year: HolidayYear,
    pub at: OffsetDateTime,
}

impl Holidays {
    pub fn new(database: Database, info_office: UnitId) -> Self {
        Self { database, info_office }
    }

    /// What receipts count working days by now.
    pub async fn calendar(&self) -> Result<Calendar, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        calendar_with(&self.loaded(&mut connection).await?)
    }

    pub(super) async fn loaded(&self, connection: &mut PgConnection) -> Result<Vec<Loaded>, Failure> {
        let rows = sqlx::query!("SELECT notice, loaded_at FROM access_request.holiday_notices ORDER BY year")
            .fetch_all(connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                let year = HolidayYear::from_toml(&row.notice).map_err(Failure::internal)?;
                Ok(Loaded { year, at: row.loaded_at })
            })
            .collect()
    }

    pub(super) async fn all(&self) -> Result<Vec<Loaded>, Failure> {
        let mut connection = self.database.pool().acquire().await?;
        self.loaded(&mut connection).await
    }

    /// The loaded notices while nobody else loads one: two neighbours could contradict each other.
    pub(super) async fn lock(&self, tx: &mut Tx) -> Result<Vec<Loaded>, Failure> {
        sqlx::query("LOCK TABLE access_request.holiday_notices IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut **tx)
            .await?;
        self.loaded(tx).await
    }

    /// Writes a notice and its event, and tells the catalogue, where services ask for it that this one must not call.
    pub(super) async fn save(
        &self,
        tx: &mut Tx,
        year: &HolidayYear,
        text: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let version = sqlx::query_scalar!(
            "INSERT INTO access_request.holiday_notices AS known (year, notice, loaded_by, loaded_at, version) \
             VALUES ($1, $2, $3, $4, 1) \
             ON CONFLICT (year) DO UPDATE SET notice = excluded.notice, loaded_by = excluded.loaded_by, \
               loaded_at = excluded.loaded_at, version = known.version + 1 \
             RETURNING version",
            year.year,
            text,
            by.subject.as_str(),
            now
        )
        .fetch_one(&mut **tx)
        .await?;
        let numbers: Vec<_> = year.notices.iter().map(|notice| notice.number.as_str()).collect();
        let notice = LoadedHolidayNotice { year: year.year, version, toml: text.to_owned() };
        service_kit::holidays::learn(tx, std::slice::from_ref(&notice)).await?;
        tx.command(HOLIDAY_NOTICES, &RecordHolidayNoticeRequest { notice: Some(notice) });
        let event = Event {
            aggregate: format!("holiday-notice/{}", year.year),
            version,
            kind: "holiday-notice.loaded",
            case: String::new(),
            state: "LOADED",
            article: "36",
            concerns: vec![self.info_office.clone()],
            attributes: BTreeMap::from([("year", year.year.to_string()), ("numbers", numbers.join(","))]),
        };
        tx.emit(Some(by), &event)
    }
}

/// Tells the catalogue of all notices once more, which takes repeats: it may have been restored from before it heard of
/// them.
pub async fn tell_again(database: Database, shutdown: CancellationToken) {
    loop {
        let told = told(&database).await;
        let Err(failure) = told else { return };
        tracing::warn!(error = %failure, "holiday notices not told again yet");
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

async fn told(database: &Database) -> Result<(), Failure> {
    let mut tx = database.transaction().await?;
    let notices = sqlx::query!("SELECT year, notice, version FROM access_request.holiday_notices")
        .fetch_all(&mut *tx)
        .await?;
    for known in notices {
        let notice = LoadedHolidayNotice { year: known.year, version: known.version, toml: known.notice };
        tx.command(HOLIDAY_NOTICES, &RecordHolidayNoticeRequest { notice: Some(notice) });
    }
    tx.commit_unasked().await
}

/// The calendar that ships with the loaded years on top.
pub(super) fn calendar_with(loaded: &[Loaded]) -> Result<Calendar, Failure> {
    let years = loaded.iter().map(|loaded| loaded.year.clone());
    Calendar::builtin().with_years(years).map_err(Failure::internal)
}
