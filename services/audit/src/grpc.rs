//! The contract's methods: parse, load, authorize, respond.

use govshare_proto::audit::v1 as pb;
use govshare_proto::audit::v1::audit_service_server::AuditService;
use service_kit::auth::access::authorize;
use service_kit::page::Page;
use service_kit::{Refusal, Violations, call};
use tonic::{Request, Response, Status};

use crate::convert;
use crate::policy;
use crate::store::{Scope, Store};

pub struct Audit {
    pub store: Store,
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn list_events(
        &self,
        request: Request<pb::ListEventsRequest>,
    ) -> Result<Response<pb::ListEventsResponse>, Status> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListEventsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<i64> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let case = violations.text("case_id", &body.case_id, 0, 200);
        let aggregate = violations.text("aggregate", &body.aggregate, 0, 200);
        violations.finish()?;
        let case = (!case.is_empty()).then_some(case.as_str());
        let (scope, asked) = match (aggregate.as_str(), case) {
            ("", None) => (Scope::All, None),
            ("", Some(case)) => (Scope::Case(case), Some(("case", case))),
            (aggregate, case) => (Scope::Aggregate(aggregate, case), Some(("record", aggregate))),
        };
        let unit = (!policy::reads_all(&actor)).then_some(&actor.unit);
        let found = self.store.find(scope, unit, page.after.unwrap_or(-1), page.size + 1).await?;
        let first = page.after.is_none();
        let (found, more) = convert::cut(found, page.size);
        let next_page_token =
            found.last().filter(|_| more).map(|last| page.token(&last.key)).unwrap_or_default();
        let positions: Vec<_> = found.iter().map(|event| event.position).collect();
        let mut events = Vec::new();
        for stored in self.store.read(&positions).await? {
            let leaf = convert::read(&stored)?;
            if policy::reads(&actor, &leaf) {
                events.push(convert::to_proto(stored, leaf)?);
            }
        }
        if let (Some((kind, name)), true, true, false) = (asked, first, events.is_empty(), more) {
            return Err(Refusal::not_found(kind, name).into());
        }
        Ok(Response::new(pb::ListEventsResponse { events, next_page_token }))
    }

    async fn get_event(
        &self,
        request: Request<pb::GetEventRequest>,
    ) -> Result<Response<pb::GetEventResponse>, Status> {
        let actor = call::actor(&request)?;
        let position = request.into_inner().position;
        let stored = self.store.read(&[position]).await?.pop();
        let stored = stored.ok_or_else(|| Refusal::not_found("event", position))?;
        let leaf = convert::read(&stored)?;
        let relations = policy::relations(&actor, &leaf);
        let event = ("event", &position as _);
        authorize(policy::RULES, policy::READ, policy::READ, &actor, &relations, &leaf.state, event)?;
        Ok(Response::new(pb::GetEventResponse { event: Some(convert::to_proto(stored, leaf)?) }))
    }
}
