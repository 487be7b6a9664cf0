//! What the agreement service asks and tells about cases.

use govshare_model::id::{AgreementId, CaseId, UnitId};
use govshare_proto::access_request::internal::v1 as pb;
use govshare_proto::access_request::internal::v1::case_facts_service_server::CaseFactsService;
use service_kit::{Database, Failure, Violations};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::convert;
use crate::store::Store;

pub struct CaseFacts {
    pub database: Database,
    pub store: Store,
    pub info_office: UnitId,
}

#[tonic::async_trait]
impl CaseFactsService for CaseFacts {
    async fn get_case_facts(
        &self,
        request: Request<pb::GetCaseFactsRequest>,
    ) -> Result<Response<pb::GetCaseFactsResponse>, Status> {
        let mut violations = Violations::new();
        let id = violations.parse("case_id", &request.get_ref().case_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(CaseId(Uuid::nil()))).await?;
        let access_request = Some(convert::to_proto(&found, None, &self.info_office));
        Ok(Response::new(pb::GetCaseFactsResponse { access_request }))
    }

    async fn record_agreement(
        &self,
        request: Request<pb::RecordAgreementRequest>,
    ) -> Result<Response<pb::RecordAgreementResponse>, Status> {
        let mut violations = Violations::new();
        let id = violations.parse("case_id", &request.get_ref().case_id);
        let agreement = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let agreement = agreement.unwrap_or(AgreementId(Uuid::nil()));
        let mut tx = self.database.transaction().await?;
        let case = self.store.load_for_update(&mut tx, id.unwrap_or(CaseId(Uuid::nil()))).await?;
        let agreed = case.agree(agreement, self.database.clock().now()).map_err(Failure::from)?;
        if let Some(transition) = agreed {
            self.store.save(&mut tx, &transition, None).await?;
            tx.commit_unasked().await?;
        }
        Ok(Response::new(pb::RecordAgreementResponse {}))
    }
}
