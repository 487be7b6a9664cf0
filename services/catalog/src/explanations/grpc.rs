//! The contract's methods: parse, load, authorize, transition, save, respond.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::explanation_service_server::ExplanationService;
use service_kit::document_number::Series;
use service_kit::packs::Policy;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call, etag};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::explanation::{Explanation, Rejection, Transition};
use super::store::{ExplanationStore, Filter};
use super::{convert, form, policy};
use crate::convert::{given, parse_step};
use crate::units::store::UnitStore;

pub struct Explanations {
    pub database: Database,
    pub store: ExplanationStore,
    pub units: UnitStore,
    pub policy: Policy,
    pub info_office: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl Explanations {
    /// The steps that every transition of one explanation takes; `step` is the machine's.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        (id, sent): (Uuid, &str),
        step: impl FnOnce(Explanation) -> Result<Option<Transition>, Rejection>,
        reply: impl FnOnce(Option<pb::Explanation>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        convert::authorize(&call.actor, method, &found)?;
        etag::check(sent, &etag::of(found.version), "explanation", id)?;
        let changed = step(found.clone())?;
        if let Some(changed) = &changed {
            self.store.save(&mut tx, changed, &call.actor).await?;
        }
        let shown = convert::to_proto(changed.as_ref().map_or(&found, Transition::explanation));
        Ok(Response::new(tx.commit(call, reply(Some(shown))).await?))
    }
}

#[tonic::async_trait]
impl ExplanationService for Explanations {
    async fn create_explanation(
        &self,
        request: Request<pb::CreateExplanationRequest>,
    ) -> Reply<pb::CreateExplanationResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let content = convert::content(request.get_ref().content.as_ref(), &mut violations);
        violations.finish()?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let now = self.database.clock().now();
        let drafted = Explanation::draft(Uuid::now_v7(), content, &call.actor, now);
        self.store.save(&mut tx, &drafted, &call.actor).await?;
        let explanation = Some(convert::to_proto(drafted.explanation()));
        let reply = pb::CreateExplanationResponse { explanation };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_explanation(
        &self,
        request: Request<pb::GetExplanationRequest>,
    ) -> Reply<pb::GetExplanationResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("explanation_id", &request.get_ref().explanation_id);
        let found = self.store.load(given(id, violations)?).await?;
        convert::authorize(&actor, policy::READ, &found)?;
        Ok(Response::new(pb::GetExplanationResponse { explanation: Some(convert::to_proto(&found)) }))
    }

    async fn list_explanations(
        &self,
        request: Request<pb::ListExplanationsRequest>,
    ) -> Reply<pb::ListExplanationsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListExplanationsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::ExplanationState>("state", body.state);
        let unit: Option<UnitId> = violations.parse_optional("unit_id", &body.unit_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                unit: unit.as_ref(),
                state: convert::state_name(body.state()),
                viewer: &actor.unit,
                reads_all: policy::reads_all(&actor),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let (explanations, next_page_token) =
            page.cut(found, |found| found.id, |found| convert::to_proto(&found));
        Ok(Response::new(pb::ListExplanationsResponse { explanations, next_page_token }))
    }

    async fn update_explanation(
        &self,
        request: Request<pb::UpdateExplanationRequest>,
    ) -> Reply<pb::UpdateExplanationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let content = convert::content(body.content.as_ref(), &mut violations);
        let (call, id) =
            parse_step(&request, &body.request_id, "explanation_id", &body.explanation_id, violations)?;
        let now = self.database.clock().now();
        let revise = |found: Explanation| found.revise(content, &call.actor, now);
        let reply = |explanation| pb::UpdateExplanationResponse { explanation };
        Ok(self.change(&call, "UpdateExplanation", (id, &body.etag), revise, reply).await?)
    }

    async fn file_explanation(
        &self,
        request: Request<pb::FileExplanationRequest>,
    ) -> Reply<pb::FileExplanationResponse> {
        let body = request.get_ref();
        let (call, id) = parse_step(
            &request,
            &body.request_id,
            "explanation_id",
            &body.explanation_id,
            Violations::new(),
        )?;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        convert::authorize(&call.actor, "FileExplanation", &found)?;
        found.check_filing(&call.actor).map_err(Failure::from)?;
        let prefix = self.units.document_prefix(&mut tx, &found.unit).await?;
        let number = tx.next_document_number(&found.unit, prefix.as_str(), Series::Explanation).await?;
        let now = self.database.clock().now();
        let filed = found.file(number.to_string(), &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &filed, &call.actor).await?;
        let explanation = Some(convert::to_proto(filed.explanation()));
        let reply = pb::FileExplanationResponse { explanation };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_explanation_document(
        &self,
        request: Request<pb::GetExplanationDocumentRequest>,
    ) -> Reply<pb::GetExplanationDocumentResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("explanation_id", &request.get_ref().explanation_id);
        let found = self.store.load(given(id, violations)?).await?;
        convert::authorize(&actor, "GetExplanationDocument", &found)?;
        let unit = self.units.name(&found.unit).await?;
        let info_office = self.units.name(&self.info_office).await?;
        let pack = match found.state.filing() {
            Some(filing) => self.policy.on(shanghai_date(filing.at)),
            None => self.policy.today(),
        };
        let print = form::form(&found, pack.ok(), &unit, &info_office).print();
        Ok(Response::new(pb::GetExplanationDocumentResponse {
            content: print.content,
            content_type: print.content_type.to_owned(),
            sha256: print.sha256,
            file_name: print.file_name,
        }))
    }

    async fn withdraw_explanation(
        &self,
        request: Request<pb::WithdrawExplanationRequest>,
    ) -> Reply<pb::WithdrawExplanationResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let reason = violations.text("reason", &body.reason, 1, 500);
        let (call, id) =
            parse_step(&request, &body.request_id, "explanation_id", &body.explanation_id, violations)?;
        let now = self.database.clock().now();
        let withdraw = |found: Explanation| found.withdraw(reason, now).map(Some);
        let reply = |explanation| pb::WithdrawExplanationResponse { explanation };
        Ok(self.change(&call, "WithdrawExplanation", (id, ""), withdraw, reply).await?)
    }
}
