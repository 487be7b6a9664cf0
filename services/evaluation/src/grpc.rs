//! The contract's methods: parse, authorize, load, respond.

use govshare_model::id::UnitId;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::evaluation::v1::evaluation_service_server::EvaluationService;
use service_kit::auth::access::authorize;
use service_kit::page::Page;
use service_kit::{Failure, Violations, call};
use tonic::{Request, Response, Status};

use crate::ledger::Month;
use crate::procedure::scheme::Scheme;
use crate::store::{Line, Store};
use crate::upstreams::Catalog;
use crate::{convert, policy};

pub struct Evaluation {
    pub store: Store,
    pub catalog: Catalog,
}

#[tonic::async_trait]
impl EvaluationService for Evaluation {
    async fn get_unit_indicators(
        &self,
        request: Request<pb::GetUnitIndicatorsRequest>,
    ) -> Result<Response<pb::GetUnitIndicatorsResponse>, Status> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let unit: Option<UnitId> = violations.parse("unit_id", &request.get_ref().unit_id);
        violations.finish()?;
        let unit = unit.ok_or_else(|| Failure::internal("a unit that is neither parsed nor refused"))?;
        let relations = policy::relations(&actor, &unit);
        authorize(policy::RULES, policy::READ, policy::READ, &actor, &relations, "", ("unit", &unit))?;
        let feed_position = self.store.position().await?;
        let line = match self.store.line(&unit).await? {
            Some(line) => line,
            None => {
                // The identity provider vouches for the caller's own unit.
                if unit != actor.unit {
                    self.catalog.unit(&unit).await?;
                }
                Line::zeros(&unit)
            }
        };
        let unit_indicators = Some(convert::to_proto(&line));
        Ok(Response::new(pb::GetUnitIndicatorsResponse { unit_indicators, feed_position }))
    }

    async fn list_unit_indicators(
        &self,
        request: Request<pb::ListUnitIndicatorsRequest>,
    ) -> Result<Response<pb::ListUnitIndicatorsResponse>, Status> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListUnitIndicatorsRequest::default();
        let mut violations = Violations::new();
        let page: Page<String> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.finish()?;
        let feed_position = self.store.position().await?;
        let (unit_indicators, next_page_token) = if policy::reads_all(&actor) {
            let after = page.after.as_deref().unwrap_or_default();
            let lines = self.store.list(after, page.size + 1).await?;
            page.cut(lines, |line| line.unit.clone(), |line| convert::to_proto(&line))
        } else {
            let line = self.store.line(&actor.unit).await?;
            let line = line.unwrap_or_else(|| Line::zeros(&actor.unit));
            (vec![convert::to_proto(&line)], String::new())
        };
        Ok(Response::new(pb::ListUnitIndicatorsResponse { unit_indicators, next_page_token, feed_position }))
    }

    async fn get_unit_period(
        &self,
        request: Request<pb::GetUnitPeriodRequest>,
    ) -> Result<Response<pb::GetUnitPeriodResponse>, Status> {
        let actor = call::actor(&request)?;
        let body = request.get_ref();
        let mut violations = Violations::new();
        let unit: Option<UnitId> = violations.parse("unit_id", &body.unit_id);
        let year = body.period.len() == 4 && body.period.bytes().all(|digit| digit.is_ascii_digit());
        let known = year || Month::from_text(&body.period).is_some();
        violations.check(known, "period", "must be a year 2026 or a month 2026-03 / 须为年度或者月份");
        violations.finish()?;
        let unit = unit.ok_or_else(|| Failure::internal("a unit that is neither parsed nor refused"))?;
        let relations = policy::relations(&actor, &unit);
        let method = "GetUnitPeriod";
        authorize(policy::RULES, method, policy::READ, &actor, &relations, "", ("unit", &unit))?;
        let feed_position = self.store.position().await?;
        let figures = self.store.period(&unit, &body.period).await?;
        if figures.is_empty() && unit != actor.unit {
            self.catalog.unit(&unit).await?;
        }
        let measures = convert::measures(&figures, Scheme::builtin().full_use);
        let counted = convert::counted(&figures);
        Ok(Response::new(pb::GetUnitPeriodResponse { counted, measures, feed_position }))
    }
}
