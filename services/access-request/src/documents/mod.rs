//! Prints the written documents of a case (art. 26, 27).

mod forms;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::UnitId;
use govshare_proto::access_request::v1 as pb;
use service_kit::{Failure, Violations, call};
use tonic::{Request, Response};

use self::forms::{Names, Written};
use crate::access_request::{AccessRequest, DocumentKind};
use crate::changing::{Reply, Requests, given};
use crate::convert::authorize;
use crate::policy::READ_DOCUMENT;

impl Requests {
    pub async fn document(
        &self,
        request: Request<pb::GetAccessRequestDocumentRequest>,
    ) -> Reply<pb::GetAccessRequestDocumentResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let mut violations = Violations::new();
        let id = violations.parse("access_request_id", &body.access_request_id);
        let wanted = kind(body.kind(), &mut violations);
        let contested = usize::try_from(body.contested_answer);
        let fits = matches!((wanted, &contested), (DocumentKind::Answer, Ok(_)) | (_, Ok(0)));
        violations.check(fits, "contested_answer", "belongs to an answer, from 0 / 仅限答复，从0起");
        violations.finish()?;
        let found = self.store.load(given(id)).await?;
        authorize(&actor, READ_DOCUMENT, &found)?;
        let written = Written::find(&found, wanted, contested.unwrap_or(0)).map_err(Failure::from)?;
        let names = self.names(&found).await?;
        let pack = match found.state.receipt() {
            Some(_) => self.rules.of(&found).ok(),
            None => self.rules.in_force(shanghai_date(self.now())).ok(),
        };
        let print = written.form(&found, &names, pack).print();
        Ok(Response::new(pb::GetAccessRequestDocumentResponse {
            content: print.content,
            content_type: print.content_type.to_owned(),
            sha256: print.sha256,
            file_name: print.file_name,
        }))
    }

    /// The parties as the register names them today.
    async fn names(&self, request: &AccessRequest) -> Result<Names, Failure> {
        let provider = async {
            match &request.provider {
                Some(provider) => self.name_of(provider).await,
                None => Ok(String::new()),
            }
        };
        let (applicant, provider, info_office) =
            tokio::try_join!(self.name_of(&request.applicant), provider, self.name_of(&self.info_office))?;
        Ok(Names { applicant, provider, info_office })
    }

    async fn name_of(&self, unit: &UnitId) -> Result<String, Failure> {
        Ok(self.catalog.named(unit).await?.name)
    }
}

fn kind(kind: pb::AccessRequestDocumentKind, violations: &mut Violations) -> DocumentKind {
    match kind {
        pb::AccessRequestDocumentKind::Application => DocumentKind::Application,
        pb::AccessRequestDocumentKind::Answer => DocumentKind::Answer,
        pb::AccessRequestDocumentKind::SuperiorStatement => DocumentKind::SuperiorStatement,
        pb::AccessRequestDocumentKind::Unspecified => {
            violations.add(
                "kind",
                "must be APPLICATION, ANSWER or SUPERIOR_STATEMENT / 须为申请单、答复或书面说明",
            );
            DocumentKind::Application
        }
    }
}
