//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::update_calendar_service_server::UpdateCalendarService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use time::Date;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::schedule::{Schedule, Transition};
use super::store::{Filter, ScheduleStore};
use super::{convert, error, policy};
use crate::convert::given;
use crate::entries::entry::State;
use crate::entries::{self, EntryStore};

pub struct UpdateCalendar {
    pub database: Database,
    pub store: ScheduleStore,
    pub entries: EntryStore,
}

type Reply<T> = Result<Response<T>, Status>;

/// Refuses what the entry's own table hides, and whoever is not its provider.
fn authorize(call: &Call, entry: &entries::entry::Entry) -> Result<(), Failure> {
    let provider = &entry.provider;
    let is_listed = entry.state.published().is_some();
    let actor = &call.actor;
    if !is_listed && !entries::policy::sees_latest(actor, provider) {
        return Err(service_kit::Refusal::not_found("entry", entry.id).into());
    }
    service_kit::auth::access::authorize(
        policy::RULES,
        "RecordUpdate",
        policy::READ,
        actor,
        entries::policy::relations(actor, provider),
        entry.state.name(),
        ("entry", &entry.id),
    )?;
    match entry.state {
        State::Published { .. } | State::Suspended { .. } => Ok(()),
        State::Draft | State::Retired { .. } => Err(error::not_published(entry.state.name()).into()),
    }
}

#[tonic::async_trait]
impl UpdateCalendarService for UpdateCalendar {
    async fn record_update(
        &self,
        request: Request<pb::RecordUpdateRequest>,
    ) -> Reply<pb::RecordUpdateResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let call = Call::new(&request, &body.request_id, &mut violations)?;
        let id = violations.parse("entry_id", &body.entry_id);
        let day = violations.date("day", body.day.as_ref());
        let id: EntryId = given(id, violations)?;
        let now = self.database.clock().now();

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let entry = self.entries.load_for_update(&mut tx, id).await?;
        authorize(&call, &entry)?;
        let found = self.store.find_for_update(&mut tx, id).await?;
        let found = found.ok_or_else(|| error::not_published(entry.state.name()))?;
        let updated = found.clone().update(day.unwrap_or(shanghai_date(now)), now).map_err(Failure::from)?;
        if let Some(updated) = &updated {
            self.store.save(&mut tx, updated, Some(&call.actor)).await?;
        }
        let shown = convert::to_proto(updated.as_ref().map_or(&found, Transition::schedule));
        let reply = pb::RecordUpdateResponse { update_schedule: Some(shown) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_update_schedule(
        &self,
        request: Request<pb::GetUpdateScheduleRequest>,
    ) -> Reply<pb::GetUpdateScheduleResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("entry_id", &request.get_ref().entry_id);
        let id = given(id, violations)?;
        self.entries.view(id).await?.authorize(entries::policy::READ, &actor)?;
        let update_schedule = Some(convert::to_proto(&self.store.load(id).await?));
        Ok(Response::new(pb::GetUpdateScheduleResponse { update_schedule }))
    }

    async fn list_update_schedules(
        &self,
        request: Request<pb::ListUpdateSchedulesRequest>,
    ) -> Reply<pb::ListUpdateSchedulesResponse> {
        let body = request.into_inner();
        let filters =
            pb::ListUpdateSchedulesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<(i32, Uuid)> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let provider: Option<UnitId> = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        let due_until = violations.date("due_until", body.due_until.as_ref());
        violations.finish()?;
        let after = page.after.and_then(|(day, id)| Some((Date::from_julian_day(day).ok()?, id)));
        let after = after.filter(|(day, _)| day.year() >= 1900);
        let found = self
            .store
            .list(Filter {
                provider: provider.as_ref(),
                late: body.late,
                due_until,
                after,
                limit: page.size + 1,
            })
            .await?;
        let key = |schedule: &Schedule| {
            (schedule.next_due().unwrap_or(Date::MAX).to_julian_day(), schedule.entry.0)
        };
        let (update_schedules, next_page_token) =
            page.cut(found, key, |schedule| convert::to_proto(&schedule));
        Ok(Response::new(pb::ListUpdateSchedulesResponse { update_schedules, next_page_token }))
    }
}
