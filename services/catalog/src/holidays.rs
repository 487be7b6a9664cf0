//! `HolidayService`: takes the loaded holiday notices from access-request and tells them to who asks (art. 36).

use govshare_model::calendar::HolidayYear;
use govshare_proto::catalog::internal::v1 as pb;
use govshare_proto::catalog::internal::v1::holiday_service_server::HolidayService;
use service_kit::{Database, Failure, Violations, holidays};
use tonic::{Request, Response, Status};

pub struct LoadedHolidays(pub Database);

#[tonic::async_trait]
impl HolidayService for LoadedHolidays {
    async fn record_holiday_notice(
        &self,
        request: Request<pb::RecordHolidayNoticeRequest>,
    ) -> Result<Response<pb::RecordHolidayNoticeResponse>, Status> {
        let notice = request.into_inner().notice.unwrap_or_default();
        let mut violations = Violations::new();
        match HolidayYear::from_toml(&notice.toml) {
            Ok(year) => violations.check(year.year == notice.year, "notice.year", "is not the notice's year"),
            Err(error) => violations.add("notice.toml", error.to_string()),
        }
        violations.check(notice.version > 0, "notice.version", "must be at least 1");
        violations.finish()?;
        let mut connection = self.0.pool().acquire().await.map_err(Failure::from)?;
        holidays::learn(&mut connection, &[notice]).await.map_err(Failure::from)?;
        Ok(Response::new(pb::RecordHolidayNoticeResponse {}))
    }

    async fn list_unknown_holiday_notices(
        &self,
        request: Request<pb::ListUnknownHolidayNoticesRequest>,
    ) -> Result<Response<pb::ListUnknownHolidayNoticesResponse>, Status> {
        let known = request.into_inner().known_versions;
        let notices = holidays::unknown(self.0.pool(), &known).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ListUnknownHolidayNoticesResponse { notices }))
    }
}
