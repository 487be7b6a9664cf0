//! What the exchange asks about agreements.

use govshare_model::calendar::shanghai_date;
use govshare_model::id::AgreementId;
use govshare_proto::agreement::internal::v1 as pb;
use govshare_proto::agreement::internal::v1::agreement_facts_service_server::AgreementFactsService;
use service_kit::{Database, Violations};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::convert;
use crate::store::Store;

pub struct AgreementFacts {
    pub database: Database,
    pub store: Store,
}

#[tonic::async_trait]
impl AgreementFactsService for AgreementFacts {
    async fn get_agreement_facts(
        &self,
        request: Request<pb::GetAgreementFactsRequest>,
    ) -> Result<Response<pb::GetAgreementFactsResponse>, Status> {
        let mut violations = Violations::new();
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(AgreementId(Uuid::nil()))).await?;
        let today = shanghai_date(self.database.clock().now());
        let agreement = Some(convert::to_proto(&found, today));
        Ok(Response::new(pb::GetAgreementFactsResponse { agreement }))
    }
}
