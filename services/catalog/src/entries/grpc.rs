//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use govshare_model::id::{EntryId, UnitId};
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::entry_service_server::EntryService;
use service_kit::packs::Policy;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Refusal, Tx, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::entry::{Entry, Rejection, Transition};
use super::searching::Searching;
use super::store::{EntryStore, Filter};
use super::{convert, diff, error, policy, publication, registration};
use crate::classification::ClassificationStore;
use crate::classification::code::ClassificationCode;
use crate::convert::{given, parse_step};
use crate::units::store::UnitStore;

pub struct Entries {
    pub database: Database,
    pub store: EntryStore,
    pub units: UnitStore,
    pub classification: ClassificationStore,
    pub policy: Policy,
    pub searching: Searching,
}

type Reply<T> = Result<Response<T>, Status>;

/// Decides a call on a loaded entry.
pub(super) fn authorize(actor: &Actor, method: &str, entry: &Entry) -> Result<(), Refusal> {
    let relations = policy::relations(actor, &entry.provider);
    let standing = policy::standing_of(entry);
    let resource = ("entry", &entry.id as &dyn std::fmt::Display);
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        relations,
        standing,
        resource,
    )
}

impl Entries {
    /// Whether the pack in force has the info office review entries after the unit's own review.
    pub(super) fn authority_review(&self) -> Result<bool, Failure> {
        Ok(self.policy.today()?.entry.authority_review.value)
    }

    /// The steps that every transition of one entry takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: EntryId,
        step: impl FnOnce(Entry) -> Result<Option<Transition>, Rejection>,
        reply: impl FnOnce(Option<pb::Entry>) -> R,
    ) -> Result<Response<R>, Failure> {
        self.change_read(call, method, id, "", step, reply).await
    }

    /// As [`Entries::change`], if the entry is still as `sent` says.
    async fn change_read<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: EntryId,
        sent: &str,
        step: impl FnOnce(Entry) -> Result<Option<Transition>, Rejection>,
        reply: impl FnOnce(Option<pb::Entry>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let entry = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &entry)?;
        etag::check(sent, &etag::of(entry.version), "entry", id)?;
        if let Some(transition) = step(entry).map_err(|rejection| error::refusal(rejection, id))? {
            self.store.save(&mut tx, &[transition], Some(&call.actor)).await?;
        }
        let reply = reply(self.show(&mut tx, id, &call.actor).await?);
        Ok(Response::new(tx.commit(call, reply).await?))
    }

    async fn show(&self, tx: &mut Tx, id: EntryId, actor: &Actor) -> Result<Option<pb::Entry>, Failure> {
        Ok(self.store.views(tx, &[id.0]).await?.pop().map(|view| view.shown_to(actor)))
    }

    /// Refuses to draft for a unit that is not the caller's to draft for, or not registered.
    async fn check_provider(&self, tx: &mut Tx, actor: &Actor, provider: &UnitId) -> Result<(), Failure> {
        service_kit::auth::access::authorize(
            policy::RULES,
            "CreateEntry",
            policy::READ,
            actor,
            policy::relations(actor, provider),
            policy::standing(true),
            ("unit", provider),
        )?;
        let mut violations = Violations::new();
        if !self.units.unknown(tx, &[provider.to_string()]).await?.is_empty() {
            violations.add("provider_unit_id", format!("there is no unit {provider} / 单位未登记"));
        }
        Ok(violations.finish()?)
    }
}

#[tonic::async_trait]
impl EntryService for Entries {
    async fn create_entry(&self, request: Request<pb::CreateEntryRequest>) -> Reply<pb::CreateEntryResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let provider = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        let content = convert::content(body.content, &mut violations);
        let content = content.check(self.policy.today().ok(), &mut violations);
        violations.finish()?;
        let provider = provider.unwrap_or_else(|| call.actor.unit.clone());
        let content = content.map_err(Failure::from)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        self.check_provider(&mut tx, &call.actor, &provider).await?;
        let (id, now) = (EntryId(Uuid::now_v7()), self.database.clock().now());
        let drafted = Entry::draft(id, provider, None, content, &call.actor, now);
        self.store.save(&mut tx, &[drafted], Some(&call.actor)).await?;
        let reply = pb::CreateEntryResponse { entry: self.show(&mut tx, id, &call.actor).await? };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_entry(&self, request: Request<pb::GetEntryRequest>) -> Reply<pb::GetEntryResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("entry_id", &request.get_ref().entry_id);
        let view = self.store.view(given(id, violations)?).await?;
        view.authorize(policy::READ, &actor)?;
        Ok(Response::new(pb::GetEntryResponse { entry: Some(view.shown_to(&actor)) }))
    }

    async fn list_entries(&self, request: Request<pb::ListEntriesRequest>) -> Reply<pb::ListEntriesResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListEntriesRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::EntryVersionState>("latest_state", body.latest_state);
        let provider: Option<UnitId> = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        let sees_all = policy::sees_all(&actor);
        let sees_latest = sees_all || provider.as_ref() == Some(&actor.unit);
        let state = body.latest_state();
        let open = [pb::EntryVersionState::Unspecified, pb::EntryVersionState::Published].contains(&state);
        let problem = "other units' entries can be listed as PUBLISHED only / 外单位条目仅可按已发布查询";
        violations.check(sees_latest || open, "latest_state", problem);
        violations.finish()?;
        let ids = self
            .store
            .list(Filter {
                provider: provider.as_ref(),
                latest_state: convert::version_state_name(state).filter(|_| sees_latest),
                published_only: !sees_latest && state == pb::EntryVersionState::Published,
                viewer: (!sees_all).then_some(&actor.unit),
                after: page.after,
                limit: page.size + 1,
            })
            .await?;
        let mut connection = self.database.pool().acquire().await.map_err(Failure::from)?;
        let views = self.store.views(&mut connection, &ids).await?;
        let (entries, next_page_token) = page.cut(views, |view| view.id.0, |view| view.shown_to(&actor));
        Ok(Response::new(pb::ListEntriesResponse { entries, next_page_token }))
    }

    async fn list_entry_versions(
        &self,
        request: Request<pb::ListEntryVersionsRequest>,
    ) -> Reply<pb::ListEntryVersionsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListEntryVersionsRequest { entry_id: body.entry_id.clone(), ..Default::default() };
        let mut violations = Violations::new();
        let page: Page<i32> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let id = violations.parse("entry_id", &body.entry_id);
        let id = given(id, violations)?;
        let view = self.store.view(id).await?;
        view.authorize(policy::READ, &actor)?;
        let published_only = !policy::sees_latest(&actor, &view.provider);
        let found = self.store.versions(id, published_only, page.after, page.size + 1).await?;
        let (versions, next_page_token) = page.cut(found, |version| version.version, |version| version);
        Ok(Response::new(pb::ListEntryVersionsResponse { versions, next_page_token }))
    }

    async fn update_entry(&self, request: Request<pb::UpdateEntryRequest>) -> Reply<pb::UpdateEntryResponse> {
        let mut violations = Violations::new();
        let content = convert::content(request.get_ref().content.clone(), &mut violations);
        let content = content.check(self.policy.today().ok(), &mut violations);
        let (call, id) = parse_step(
            &request,
            &request.get_ref().request_id,
            "entry_id",
            &request.get_ref().entry_id,
            violations,
        )?;
        let content = content.map_err(Failure::from)?;
        let now = self.database.clock().now();
        let revise = |entry: Entry| entry.revise(content, &call.actor, now);
        let reply = |entry| pb::UpdateEntryResponse { entry };
        Ok(self.change_read(&call, "UpdateEntry", id, &request.get_ref().etag, revise, reply).await?)
    }

    async fn register_entries(
        &self,
        request: Request<pb::RegisterEntriesRequest>,
    ) -> Reply<pb::RegisterEntriesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        registration::check(&body, &call.actor, &mut violations);
        violations.finish()?;
        let validate_only = body.validate_only;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let reply = self.register(&mut tx, &call.actor, body).await?;
        if validate_only {
            // Dropped without a commit: not even the reply is kept.
            return Ok(Response::new(reply));
        }
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn approve_entry(
        &self,
        request: Request<pb::ApproveEntryRequest>,
    ) -> Reply<pb::ApproveEntryResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        publication::check_number("version", body.version, &mut violations);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let (now, authority_review) = (self.database.clock().now(), self.authority_review()?);
        let approve = |entry: Entry| entry.approve(body.version, authority_review, &call.actor, now);
        let reply = |entry| pb::ApproveEntryResponse { entry };
        Ok(self.change(&call, "ApproveEntry", id, approve, reply).await?)
    }

    async fn return_entry(&self, request: Request<pb::ReturnEntryRequest>) -> Reply<pb::ReturnEntryResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reasons = violations.text("reasons", &body.reasons, 1, 2000);
        publication::check_number("version", body.version, &mut violations);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let (now, authority_review) = (self.database.clock().now(), self.authority_review()?);
        let back = |entry: Entry| entry.give_back(body.version, reasons, authority_review, now).map(Some);
        let reply = |entry| pb::ReturnEntryResponse { entry };
        Ok(self.change(&call, "ReturnEntry", id, back, reply).await?)
    }

    async fn publish_entry(
        &self,
        request: Request<pb::PublishEntryRequest>,
    ) -> Reply<pb::PublishEntryResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        publication::check_number("version", body.version, &mut violations);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let now = self.database.clock().now();
        let authority_review = self.authority_review()?;
        let publish = |entry: Entry| entry.publish(body.version, authority_review, &call.actor, now);
        let reply = |entry| pb::PublishEntryResponse { entry };
        Ok(self.change(&call, "PublishEntry", id, publish, reply).await?)
    }

    async fn batch_publish_entries(
        &self,
        request: Request<pb::BatchPublishEntriesRequest>,
    ) -> Reply<pb::BatchPublishEntriesResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let wanted = publication::parse(&request.get_ref().versions, &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let results = self.publish_all(&mut tx, &call.actor, &wanted).await?;
        let reply = pb::BatchPublishEntriesResponse { results };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn suspend_entry(
        &self,
        request: Request<pb::SuspendEntryRequest>,
    ) -> Reply<pb::SuspendEntryResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reason = violations.text("reason", &body.reason, 1, 500);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let now = self.database.clock().now();
        let suspend = |entry: Entry| entry.suspend(reason, now).map(Some);
        let reply = |entry| pb::SuspendEntryResponse { entry };
        Ok(self.change(&call, "SuspendEntry", id, suspend, reply).await?)
    }

    async fn resume_entry(&self, request: Request<pb::ResumeEntryRequest>) -> Reply<pb::ResumeEntryResponse> {
        let body = request.get_ref();
        let (call, id) =
            parse_step(&request, &body.request_id, "entry_id", &body.entry_id, Violations::new())?;
        let now = self.database.clock().now();
        let resume = |entry: Entry| entry.resume(now).map(Some);
        let reply = |entry| pb::ResumeEntryResponse { entry };
        Ok(self.change(&call, "ResumeEntry", id, resume, reply).await?)
    }

    async fn retire_entry(&self, request: Request<pb::RetireEntryRequest>) -> Reply<pb::RetireEntryResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reason = violations.text("reason", &body.reason, 1, 500);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let now = self.database.clock().now();
        let retire = |entry: Entry| entry.retire(reason, now).map(Some);
        let reply = |entry| pb::RetireEntryResponse { entry };
        Ok(self.change(&call, "RetireEntry", id, retire, reply).await?)
    }

    async fn assign_resource_code(
        &self,
        request: Request<pb::AssignResourceCodeRequest>,
    ) -> Reply<pb::AssignResourceCodeResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let node = violations.parse::<ClassificationCode>("classification_code", &body.classification_code);
        let (call, id) = parse_step(&request, &body.request_id, "entry_id", &body.entry_id, violations)?;
        let node = given(node, Violations::new())?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let entry = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, "AssignResourceCode", &entry)?;
        let refused = |rejection| error::refusal(rejection, id);
        if entry.needs_code(&node).map_err(refused)? {
            let code = self.classification.next_code(&mut tx, &node).await?;
            let code = code.ok_or_else(|| error::not_codable(&node))?;
            let coded = entry.assign_code(code, self.database.clock().now()).map_err(refused)?;
            self.store.save(&mut tx, coded.as_slice(), Some(&call.actor)).await?;
        }
        let reply = pb::AssignResourceCodeResponse { entry: self.show(&mut tx, id, &call.actor).await? };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn diff_entry_versions(
        &self,
        request: Request<pb::DiffEntryVersionsRequest>,
    ) -> Reply<pb::DiffEntryVersionsResponse> {
        let actor = call::actor(&request)?;
        let body = request.get_ref();
        let mut violations = Violations::new();
        let id = violations.parse("entry_id", &body.entry_id);
        for (field, number) in [("from_version", body.from_version), ("to_version", body.to_version)] {
            violations.check(number > 0, field, "must be positive / 须为正数");
        }
        let id = given(id, violations)?;
        let view = self.store.view(id).await?;
        view.authorize(policy::READ, &actor)?;
        let published_only = !policy::sees_latest(&actor, &view.provider);
        let before = self.store.readable_version(id, body.from_version, published_only).await?;
        let after = self.store.readable_version(id, body.to_version, published_only).await?;
        let content = |version: pb::EntryVersion| version.content.unwrap_or_default();
        Ok(Response::new(diff::diff(&content(before), &content(after))))
    }

    async fn list_entry_warnings(
        &self,
        request: Request<pb::ListEntryWarningsRequest>,
    ) -> Reply<pb::ListEntryWarningsResponse> {
        Ok(Response::new(self.store.warnings_page(request.into_inner()).await?))
    }

    async fn search_entries(
        &self,
        request: Request<pb::SearchEntriesRequest>,
    ) -> Reply<pb::SearchEntriesResponse> {
        Ok(Response::new(self.searching.search(request.into_inner()).await?))
    }
}
