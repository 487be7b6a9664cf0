//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_model::id::{EntryId, RestrictionId, UnitId};
use govshare_proto::security_review::v1 as pb;
use govshare_proto::security_review::v1::restriction_service_server::RestrictionService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Tx, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{self, authorize, authorize_stating};
use super::store::{Filter, Store};
use super::{Basis, Listed, Rejection, Restriction, Transition, policy};
use crate::upstreams::Catalog;

pub struct Restrictions {
    pub database: Database,
    pub store: Store,
    pub catalog: Catalog,
}

type Reply<T> = Result<Response<T>, Status>;
type Each<T> = Vec<Result<T, Refusal>>;

impl Restrictions {
    /// States the same for each entry, as the catalogue knows them.
    async fn state(
        &self,
        tx: &mut Tx,
        (actor, method): (&Actor, &str),
        entries: Each<Listed>,
        (basis, words): (Basis, &str),
    ) -> Result<Each<Restriction>, Failure> {
        let now = self.database.clock().now();
        let stated: Vec<_> = entries
            .into_iter()
            .map(|listed| {
                let listed = listed?;
                authorize_stating(actor, method, &listed.provider, &listed.entry)?;
                let id = RestrictionId(Uuid::now_v7());
                Ok(Restriction::state(id, listed, basis, words.to_owned(), actor, now)?)
            })
            .collect::<Vec<Result<Transition, Refusal>>>();
        let new: Vec<_> = stated.iter().filter_map(|stated| stated.as_ref().ok()).cloned().collect();
        let written = self.store.state(tx, &new, actor).await?;
        let outcome = |stated: Result<Transition, Refusal>| {
            let restriction = stated?.restriction().clone();
            if written.contains(&restriction.id) { Ok(restriction) } else { Err(Rejection::Exists.into()) }
        };
        Ok(stated.into_iter().map(outcome).collect())
    }

    /// Takes the same step with each restriction; `step` is the machine's.
    async fn step(
        &self,
        tx: &mut Tx,
        (actor, method): (&Actor, &str),
        ids: &[RestrictionId],
        step: impl Fn(Restriction) -> Result<Transition, Rejection>,
    ) -> Result<Each<Restriction>, Failure> {
        let mut found = self.store.load_for_update(tx, ids).await?;
        let mut changed = Vec::new();
        let mut outcome = |id: &RestrictionId| {
            let restriction = found.remove(id).ok_or_else(|| Refusal::not_found("restriction", id))?;
            authorize(actor, method, &restriction)?;
            let transition = step(restriction)?;
            let restriction = transition.restriction().clone();
            changed.push(transition);
            Ok(restriction)
        };
        let outcomes = ids.iter().map(&mut outcome).collect();
        self.store.change(tx, &changed, actor).await?;
        Ok(outcomes)
    }

    /// One restriction's step from the call to the reply.
    async fn one<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: Option<RestrictionId>,
        step: impl Fn(Restriction) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Option<pb::Restriction>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let id = id.unwrap_or(RestrictionId(Uuid::nil()));
        let outcome = self.step(&mut tx, (&call.actor, method), &[id], step).await?.pop();
        let restriction = outcome.ok_or_else(|| Failure::internal("no answer for a restriction"))??;
        Ok(Response::new(tx.commit(call, reply(Some(convert::to_proto(&restriction)))).await?))
    }

    /// As [`Restrictions::one`], for a batch.
    async fn many<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        ids: &[RestrictionId],
        step: impl Fn(Restriction) -> Result<Transition, Rejection>,
        reply: impl FnOnce(Vec<pb::RestrictionResult>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let outcomes = self.step(&mut tx, (&call.actor, method), ids, step).await?;
        let results = outcomes.iter().map(convert::result).collect();
        Ok(Response::new(tx.commit(call, reply(results)).await?))
    }
}

#[tonic::async_trait]
impl RestrictionService for Restrictions {
    async fn state_restriction(
        &self,
        request: Request<pb::StateRestrictionRequest>,
    ) -> Reply<pb::StateRestrictionResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let basis = convert::basis(request.get_ref().basis(), &mut violations);
        let body = request.into_inner();
        let entry: Option<EntryId> = violations.parse("entry_id", &body.entry_id);
        let words = violations.text("words", &body.words, 1, 2000);
        violations.finish()?;
        let listed = self.catalog.latest(&[entry.unwrap_or(EntryId(Uuid::nil()))]).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let by = (&*call.actor, "StateRestriction");
        let stated = self.state(&mut tx, by, listed, (basis, &words)).await?.pop();
        let restriction = stated.ok_or_else(|| Failure::internal("no answer for an entry"))??;
        let reply = pb::StateRestrictionResponse { restriction: Some(convert::to_proto(&restriction)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn batch_state_restrictions(
        &self,
        request: Request<pb::BatchStateRestrictionsRequest>,
    ) -> Reply<pb::BatchStateRestrictionsResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let basis = convert::basis(request.get_ref().basis(), &mut violations);
        let body = request.into_inner();
        let entries = convert::ids("entry_ids", &body.entry_ids, &mut violations);
        let words = violations.text("words", &body.words, 1, 2000);
        violations.finish()?;
        let listed = self.catalog.latest(&entries).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let by = (&*call.actor, "BatchStateRestrictions");
        let stated = self.state(&mut tx, by, listed, (basis, &words)).await?;
        let reply =
            pb::BatchStateRestrictionsResponse { results: stated.iter().map(convert::result).collect() };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn approve_restriction(
        &self,
        request: Request<pb::ApproveRestrictionRequest>,
    ) -> Reply<pb::ApproveRestrictionResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("restriction_id", &request.get_ref().restriction_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let approve = |restriction: Restriction| restriction.approve(&call.actor, now);
        let reply = |restriction| pb::ApproveRestrictionResponse { restriction };
        Ok(self.one(&call, "ApproveRestriction", id, approve, reply).await?)
    }

    async fn batch_approve_restrictions(
        &self,
        request: Request<pb::BatchApproveRestrictionsRequest>,
    ) -> Reply<pb::BatchApproveRestrictionsResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let ids = convert::ids("restriction_ids", &request.get_ref().restriction_ids, &mut violations);
        violations.finish()?;
        let now = self.database.clock().now();
        let approve = |restriction: Restriction| restriction.approve(&call.actor, now);
        let reply = |results| pb::BatchApproveRestrictionsResponse { results };
        Ok(self.many(&call, "BatchApproveRestrictions", &ids, approve, reply).await?)
    }

    async fn reject_restriction(
        &self,
        request: Request<pb::RejectRestrictionRequest>,
    ) -> Reply<pb::RejectRestrictionResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("restriction_id", &body.restriction_id);
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let now = self.database.clock().now();
        let reject = |restriction: Restriction| restriction.reject(reasons.clone(), &call.actor, now);
        let reply = |restriction| pb::RejectRestrictionResponse { restriction };
        Ok(self.one(&call, "RejectRestriction", id, reject, reply).await?)
    }

    async fn file_restriction(
        &self,
        request: Request<pb::FileRestrictionRequest>,
    ) -> Reply<pb::FileRestrictionResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let id = violations.parse("restriction_id", &request.get_ref().restriction_id);
        violations.finish()?;
        let now = self.database.clock().now();
        let reply = |restriction| pb::FileRestrictionResponse { restriction };
        let file = |restriction: Restriction| restriction.file(now);
        Ok(self.one(&call, "FileRestriction", id, file, reply).await?)
    }

    async fn batch_file_restrictions(
        &self,
        request: Request<pb::BatchFileRestrictionsRequest>,
    ) -> Reply<pb::BatchFileRestrictionsResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let ids = convert::ids("restriction_ids", &request.get_ref().restriction_ids, &mut violations);
        violations.finish()?;
        let now = self.database.clock().now();
        let file = |restriction: Restriction| restriction.file(now);
        let reply = |results| pb::BatchFileRestrictionsResponse { results };
        Ok(self.many(&call, "BatchFileRestrictions", &ids, file, reply).await?)
    }

    async fn get_restriction(
        &self,
        request: Request<pb::GetRestrictionRequest>,
    ) -> Reply<pb::GetRestrictionResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("restriction_id", &request.get_ref().restriction_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(RestrictionId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        Ok(Response::new(pb::GetRestrictionResponse { restriction: Some(convert::to_proto(&found)) }))
    }

    async fn list_restrictions(
        &self,
        request: Request<pb::ListRestrictionsRequest>,
    ) -> Reply<pb::ListRestrictionsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListRestrictionsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::RestrictionState>("state", body.state);
        let provider: Option<UnitId> = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        let entry = violations.parse_optional("entry_id", &body.entry_id);
        violations.finish()?;
        let own = (!policy::reads_all(&actor)).then_some(&actor.unit);
        if own.is_some() && provider.as_ref().is_some_and(|provider| Some(provider) != own) {
            return Ok(Response::new(pb::ListRestrictionsResponse::default()));
        }
        let found = self
            .store
            .list(Filter {
                provider: own.or(provider.as_ref()),
                entry,
                state: convert::state_name(body.state()),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |restriction| convert::to_proto(&restriction);
        let (restrictions, next_page_token) = page.cut(found, |restriction| restriction.id.0, show);
        Ok(Response::new(pb::ListRestrictionsResponse { restrictions, next_page_token }))
    }
}
