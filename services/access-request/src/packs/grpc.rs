//! `PolicyService`: the rules that hold, a try of others, and holiday notices.

use std::sync::Arc;

use govshare_model::calendar::HolidayYear;
use govshare_model::pack::InForce;
use govshare_proto::access_request::v1 as pb;
use govshare_proto::access_request::v1::policy_service_server::PolicyService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Refusal, Violations};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::holidays::calendar_with;
use super::{Holidays, Rules, convert};
use crate::store::Store;

/// Years that a calendar can know.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;
/// Open cases that one page of a dry run looks at.
const EXAMINED: i64 = 200;

pub struct Policies {
    pub database: Database,
    pub store: Store,
    pub rules: Arc<Rules>,
    pub holidays: Holidays,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl PolicyService for Policies {
    async fn list_policy_packs(
        &self,
        request: Request<pb::ListPolicyPacksRequest>,
    ) -> Reply<pb::ListPolicyPacksResponse> {
        let body = request.into_inner();
        let mut violations = Violations::new();
        let page: Page<usize> = Page::parse(
            body.page_size,
            &body.page_token,
            50,
            100,
            &pb::ListPolicyPacksRequest::default(),
            &mut violations,
        );
        violations.finish()?;
        let after = page.after.map_or(0, |last| last.saturating_add(1));
        let rows: Vec<_> = self.rules.all().iter().enumerate().skip(after).collect();
        let show = |(_, entry): (usize, &InForce)| convert::in_force(convert::summary(&entry.pack), entry);
        let (policy_packs, next_page_token) = page.cut(rows, |(number, _)| *number, show);
        Ok(Response::new(pb::ListPolicyPacksResponse { policy_packs, next_page_token }))
    }

    async fn get_policy_pack(
        &self,
        request: Request<pb::GetPolicyPackRequest>,
    ) -> Reply<pb::GetPolicyPackResponse> {
        let body = request.into_inner();
        let mut violations = Violations::new();
        let version = u32::try_from(body.version);
        violations.check(version.is_ok(), "version", "must not be negative / 不得为负");
        violations.finish()?;
        let version = version.unwrap_or_default();
        let named = |entry: &&InForce| {
            entry.pack.id == body.pack_id && (version == 0 || entry.pack.version == version)
        };
        let found = self.rules.all().iter().filter(named).max_by_key(|entry| entry.pack.version);
        let entry = found
            .ok_or_else(|| Refusal::not_found("policy-pack", format!("{}/{}", body.pack_id, body.version)))?;
        let policy_pack = Some(convert::in_force(convert::whole(&entry.pack), entry));
        Ok(Response::new(pb::GetPolicyPackResponse { policy_pack }))
    }

    async fn dry_run_policy_pack(
        &self,
        request: Request<pb::DryRunPolicyPackRequest>,
    ) -> Reply<pb::DryRunPolicyPackResponse> {
        let body = request.into_inner();
        let filters = pb::DryRunPolicyPackRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, EXAMINED, EXAMINED, &filters, &mut violations);
        violations.check(
            body.toml.chars().count() <= 200_000,
            "toml",
            "must not have more than 200,000 characters / 不得超过20万字符",
        );
        violations.finish()?;
        let pack = convert::pack(&body.toml)?;
        let calendar = self.holidays.calendar().await?;
        let mut cases = self.store.open_after(page.after, page.size + 1).await?;
        let more = i64::try_from(cases.len()).unwrap_or(i64::MAX) > page.size;
        cases.truncate(usize::try_from(page.size).unwrap_or(usize::MAX));
        let next_page_token =
            cases.last().filter(|_| more).map(|last| page.token(&last.id.0)).unwrap_or_default();
        let differences = cases.iter().filter_map(|case| case.under(&pack, &calendar));
        Ok(Response::new(pb::DryRunPolicyPackResponse {
            policy_pack: Some(convert::whole(&pack)),
            differences: differences.map(convert::difference).collect(),
            cases_examined: i32::try_from(cases.len()).unwrap_or(i32::MAX),
            next_page_token,
        }))
    }

    async fn list_holiday_notices(
        &self,
        request: Request<pb::ListHolidayNoticesRequest>,
    ) -> Reply<pb::ListHolidayNoticesResponse> {
        let body = request.into_inner();
        let filters = pb::ListHolidayNoticesRequest::default();
        let mut violations = Violations::new();
        let page: Page<i32> =
            Page::parse(body.page_size, &body.page_token, 50, 100, &filters, &mut violations);
        violations.finish()?;
        let loaded = self.holidays.all().await?;
        let calendar = calendar_with(&loaded)?;
        let years = YEARS.filter(|year| page.after.is_none_or(|after| *year > after));
        let rows: Vec<_> = years.filter_map(|year| calendar.year(year)).collect();
        let show = |year: &HolidayYear| {
            let at = loaded.iter().find(|loaded| loaded.year.year == year.year).map(|loaded| loaded.at);
            convert::notice(year, at)
        };
        let (holiday_notices, next_page_token) = page.cut(rows, |year| year.year, show);
        Ok(Response::new(pb::ListHolidayNoticesResponse { holiday_notices, next_page_token }))
    }

    async fn load_holiday_notice(
        &self,
        request: Request<pb::LoadHolidayNoticeRequest>,
    ) -> Reply<pb::LoadHolidayNoticeResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let text = request.into_inner().toml;
        let length = text.chars().count();
        violations.check(
            (1..=20_000).contains(&length),
            "toml",
            "must have 1 to 20,000 characters / 须为1至2万字符",
        );
        violations.finish()?;
        let year = HolidayYear::from_toml(&text).map_err(|error| convert::invalid_notice(&error))?;
        let mut violations = Violations::new();
        violations.check(
            YEARS.contains(&year.year),
            "toml",
            "year must lie between 2000 and 2100 / 年份须在2000至2100之间",
        );
        let named = (1..=10).contains(&year.notices.len());
        violations.check(
            named,
            "toml",
            "must name the notice, 10 of them at most / 须注明通知文号，不超过10件",
        );
        for notice in year.notices.iter().take(10) {
            violations.text("toml.notices.number", &notice.number, 1, 100);
            violations.text("toml.notices.source", &notice.source, 1, 500);
        }
        // Without any the year would count as known, and clocks over it as settled.
        violations.check(!year.off.is_empty(), "toml", "must name days off / 须列明放假日期");
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let loaded = self.holidays.lock(&mut tx).await?;
        calendar_with(&loaded)?.with_year(year.clone()).map_err(|error| convert::invalid_notice(&error))?;
        let now = self.database.clock().now();
        self.holidays.save(&mut tx, &year, &text, &call.actor, now).await?;
        let reply = pb::LoadHolidayNoticeResponse { holiday_notice: Some(convert::notice(&year, Some(now))) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }
}
