//! The contract's methods: parse, load, authorize, write, respond.

use govshare_model::Actor;
use govshare_model::id::{AgreementId, CaseId, DataVersionId};
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::defect_service_server::DefectService;
use service_kit::page::Page;
use service_kit::validate::time_to_proto;
use service_kit::{Begin, Call, Failure, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::store::Seen;
use super::{Acknowledgement, Notice};
use crate::data_version::DataVersion;
use crate::grpc::Exchange;
use crate::policy;

type Reply<T> = Result<Response<T>, Status>;

fn to_proto(seen: Seen) -> pb::Defect {
    pb::Defect {
        defect_id: seen.id.to_string(),
        data_version_id: seen.data_version_id.to_string(),
        description: seen.description,
        tell_time: Some(time_to_proto(seen.told_at)),
        acknowledge_time: seen.acknowledged_at.map(time_to_proto),
    }
}

impl Exchange {
    /// The version for a caller who may do `method` to it, as its provider or as a unit that may take it now.
    async fn version_for(
        &self,
        method: &'static str,
        actor: &Actor,
        version: DataVersionId,
        agreement: Option<AgreementId>,
    ) -> Result<DataVersion, Failure> {
        let version = self.versions.load(version).await?;
        let user = if actor.unit != version.provider {
            let entry = self.catalog.entry(version.entry).await?;
            self.user(actor, &entry, version.entry, agreement).await?
        } else {
            None
        };
        policy::authorize_defects(method, actor, &version, user.as_ref())?;
        Ok(version)
    }

    /// The case of the agreement that the caller's unit names for the version.
    async fn case_of(
        &self,
        actor: &Actor,
        version: &DataVersion,
        agreement: Option<AgreementId>,
    ) -> Result<Option<CaseId>, Failure> {
        let Some(agreement) = agreement else { return Ok(None) };
        let agreement = self.agreements.agreement(agreement).await?;
        let own = agreement.applicant == actor.unit && agreement.entry == version.entry;
        Ok(own.then_some(agreement.case))
    }
}

#[tonic::async_trait]
impl DefectService for Exchange {
    async fn tell_defect(&self, request: Request<pb::TellDefectRequest>) -> Reply<pb::TellDefectResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let version = violations.parse("data_version_id", &body.data_version_id);
        let description = violations.text("description", &body.description, 1, 2000);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let version = version.unwrap_or(DataVersionId(Uuid::nil()));
        let version = self.version_for("TellDefect", &call.actor, version, None).await?;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let id = version.id;
        let notice = Notice::tell(Uuid::now_v7(), version, description, self.database.clock().now());
        self.defects.tell(&mut tx, &notice, &call.actor).await?;
        let defect = self.defects.load(&mut tx, id, notice.id, &call.actor.unit).await?;
        let reply = pb::TellDefectResponse { defect: Some(to_proto(defect)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn acknowledge_defect(
        &self,
        request: Request<pb::AcknowledgeDefectRequest>,
    ) -> Reply<pb::AcknowledgeDefectResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let version = violations.parse("data_version_id", &body.data_version_id);
        let defect = violations.parse("defect_id", &body.defect_id);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let (version, defect) =
            (version.unwrap_or(DataVersionId(Uuid::nil())), defect.unwrap_or(Uuid::nil()));
        let version = self.version_for("AcknowledgeDefect", &call.actor, version, agreement).await?;
        let case = self.case_of(&call.actor, &version, agreement).await?;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let id = version.id;
        self.defects.load(&mut tx, id, defect, &call.actor.unit).await?;
        let now = self.database.clock().now();
        let acknowledgement = Acknowledgement::of(defect, version, case, &call.actor, now);
        self.defects.acknowledge(&mut tx, &acknowledgement, &call.actor).await?;
        let defect = self.defects.load(&mut tx, id, defect, &call.actor.unit).await?;
        let reply = pb::AcknowledgeDefectResponse { defect: Some(to_proto(defect)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn list_defects(&self, request: Request<pb::ListDefectsRequest>) -> Reply<pb::ListDefectsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListDefectsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let version = violations.parse("data_version_id", &body.data_version_id);
        let agreement = violations.parse_optional("agreement_id", &body.agreement_id);
        violations.finish()?;
        let version = version.unwrap_or(DataVersionId(Uuid::nil()));
        let version = self.version_for(policy::LIST_DEFECTS, &actor, version, agreement).await?;
        let found = self.defects.list(version.id, &actor.unit, page.after, page.size + 1).await?;
        let (defects, next_page_token) = page.cut(found, |seen| seen.id, to_proto);
        Ok(Response::new(pb::ListDefectsResponse { defects, next_page_token }))
    }
}
