//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, CaseId, UnitId};
use govshare_proto::agreement::v1 as pb;
use govshare_proto::agreement::v1::agreement_service_server::AgreementService;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Violations, call};
use time::Date;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::agreement::{Agreement, DocumentKind, Parties, Transition};
use crate::case::{Case, NamedParties};
use crate::convert::{self, authorize, authorize_case};
use crate::policy;
use crate::signing::{self, Verified};
use crate::store::{Filter, Store};
use crate::upstreams::{AGREED, Cases, Catalog};

/// How long the last signature waits for access-request to hear of it, so that its signer reads the case AGREED.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Agreements {
    pub database: Database,
    pub store: Store,
    pub cases: Cases,
    pub catalog: Catalog,
    pub info_office: UnitId,
}

type Reply<T> = Result<Response<T>, Status>;

impl Agreements {
    fn today(&self) -> Date {
        shanghai_date(self.database.clock().now())
    }

    fn show(&self, agreement: &Agreement) -> Option<pb::Agreement> {
        Some(convert::to_proto(agreement, self.today()))
    }

    /// The parties of a case as the register names them today.
    async fn named_parties(&self, case: &Case) -> Result<NamedParties, Failure> {
        let (applicant, provider, info_office) = tokio::try_join!(
            self.catalog.party(&case.applicant),
            self.catalog.party(&case.provider),
            self.catalog.party(&self.info_office),
        )?;
        Ok(NamedParties { applicant, provider, info_office })
    }

    /// Checks a signature by the caller's unit with the register's key. `None`: it is part of the agreement, whatever
    /// became of the key since.
    async fn verify(
        &self,
        agreement: &Agreement,
        unit: &UnitId,
        kind: DocumentKind,
        key: &str,
        signature: Vec<u8>,
    ) -> Result<Option<Verified>, Failure> {
        if agreement.holds(kind, unit, key, &signature) {
            return Ok(None);
        }
        agreement.check_signable(kind, unit, self.database.clock().now())?;
        let key = self.catalog.key(key).await?;
        let document = self.store.document(agreement.id, kind).await?;
        Ok(Some(signing::verify(kind, &document.content, unit, &key, signature)?))
    }

    /// The steps that a change of one agreement takes; `step` is the machine's, `None` where nothing is to change.
    async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: AgreementId,
        step: impl FnOnce(Agreement) -> Result<Option<Transition>, Failure>,
        reply: impl FnOnce(Option<pb::Agreement>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &found)?;
        let Some(transition) = step(found.clone())? else {
            return Ok(Response::new(tx.commit(call, reply(self.show(&found))).await?));
        };
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let reply = tx.commit(call, reply(self.show(transition.agreement()))).await?;
        if transition.is_activation() {
            self.database.outbox().settle(AGREED, PATIENCE).await;
        }
        Ok(Response::new(reply))
    }
}

#[tonic::async_trait]
impl AgreementService for Agreements {
    async fn create_agreement(
        &self,
        request: Request<pb::CreateAgreementRequest>,
    ) -> Reply<pb::CreateAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let case = violations.parse("case_id", &body.case_id);
        let terms = convert::terms(body.terms, &mut violations);
        violations.finish()?;
        if let Some(reply) = self.database.replay(&call).await? {
            return Ok(Response::new(reply));
        }
        let case = self.cases.case(case.unwrap_or(CaseId(Uuid::nil()))).await?;
        let parties = Parties {
            applicant: case.applicant.clone(),
            provider: case.provider.clone(),
            info_office: self.info_office.clone(),
        };
        authorize_case(&call.actor, "CreateAgreement", &parties, &case.id)?;
        let (resource, named) = tokio::try_join!(
            self.catalog.resource(case.entry, case.entry_version),
            self.named_parties(&case),
        )?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let id = AgreementId(Uuid::now_v7());
        let now = self.database.clock().now();
        let transition =
            Agreement::draft(id, &case, &resource, &named, terms, &call.actor, now).map_err(Failure::from)?;
        self.store.save(&mut tx, &transition, &call.actor).await?;
        let reply = pb::CreateAgreementResponse { agreement: self.show(transition.agreement()) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_agreement(
        &self,
        request: Request<pb::GetAgreementRequest>,
    ) -> Reply<pb::GetAgreementResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(AgreementId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &found)?;
        Ok(Response::new(pb::GetAgreementResponse { agreement: self.show(&found) }))
    }

    async fn list_agreements(
        &self,
        request: Request<pb::ListAgreementsRequest>,
    ) -> Reply<pb::ListAgreementsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListAgreementsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let page: Page<Uuid> = Page::parse(body.page_size, &body.page_token, 50, 1000, &filters)?;
        let mut violations = Violations::new();
        let case: Option<CaseId> = violations.parse_optional("case_id", &body.case_id);
        violations.finish()?;
        let found = self
            .store
            .list(Filter {
                party: (!policy::reads_all(&actor)).then_some(&actor.unit),
                case,
                state: convert::state_name(body.state()),
                today: self.today(),
                before: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |agreement| self.show(&agreement).unwrap_or_default();
        let (agreements, next_page_token) = page.cut(found, |agreement| agreement.id.0, show);
        Ok(Response::new(pb::ListAgreementsResponse { agreements, next_page_token }))
    }

    async fn get_agreement_document(
        &self,
        request: Request<pb::GetAgreementDocumentRequest>,
    ) -> Reply<pb::GetAgreementDocumentResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("agreement_id", &request.get_ref().agreement_id);
        let kind = convert::kind(request.get_ref().kind(), &mut violations);
        violations.finish()?;
        let found = self.store.load(id.unwrap_or(AgreementId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ_DOCUMENT, &found)?;
        let rendered = self.store.document(found.id, kind).await?;
        Ok(Response::new(pb::GetAgreementDocumentResponse {
            document: Some(convert::document_to_proto(&rendered.document)),
            content: rendered.content,
        }))
    }

    async fn sign_agreement(
        &self,
        request: Request<pb::SignAgreementRequest>,
    ) -> Reply<pb::SignAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let kind = convert::kind(request.get_ref().kind(), &mut violations);
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        convert::signature(&body.key_id, &body.signature, &mut violations);
        violations.finish()?;
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        let found = self.store.load(id).await?;
        authorize(&call.actor, "SignAgreement", &found)?;
        let verified = self.verify(&found, &call.actor.unit, kind, &body.key_id, body.signature).await?;
        let now = self.database.clock().now();
        let sign = |agreement: Agreement| match &verified {
            Some(verified) => Ok(agreement.sign(verified, now)?),
            None => Ok(None),
        };
        let reply = |agreement| pb::SignAgreementResponse { agreement };
        Ok(self.change(&call, "SignAgreement", id, sign, reply).await?)
    }

    async fn cancel_agreement(
        &self,
        request: Request<pb::CancelAgreementRequest>,
    ) -> Reply<pb::CancelAgreementResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("agreement_id", &body.agreement_id);
        let reason = violations.text("reason", &body.reason, 1, 500);
        violations.finish()?;
        let now = self.database.clock().now();
        let cancel = |agreement: Agreement| Ok(Some(agreement.cancel(reason, now)?));
        let reply = |agreement| pb::CancelAgreementResponse { agreement };
        let id = id.unwrap_or(AgreementId(Uuid::nil()));
        Ok(self.change(&call, "CancelAgreement", id, cancel, reply).await?)
    }
}
