//! What the handlers of agreements have in common: parties and keys of the register, and the one way of a change.

use std::time::Duration;

use govshare_model::calendar::shanghai_date;
use govshare_model::id::{AgreementId, UnitId};
use govshare_model::pack::Packs;
use govshare_proto::agreement::v1 as pb;
use service_kit::document_number::Series;
use service_kit::{Begin, Call, Database, Failure, Tx};
use time::Date;
use tonic::Response;

use crate::agreement::{Agreement, DocumentKind, Transition};
use crate::case::{Case, NamedParties};
use crate::convert::{self, authorize};
use crate::signing::{self, Verified};
use crate::store::Store;
use crate::upstreams::{AGREED, Cases, Catalog};

/// How long the last signature waits for access-request to hear of it, so that its signer reads the case AGREED.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Agreements {
    pub database: Database,
    pub store: Store,
    pub cases: Cases,
    pub catalog: Catalog,
    pub info_office: UnitId,
    pub packs: Packs,
}

impl Agreements {
    pub(crate) fn today(&self) -> Date {
        shanghai_date(self.database.clock().now())
    }

    pub(crate) fn show(&self, agreement: &Agreement) -> Option<pb::Agreement> {
        Some(convert::to_proto(agreement, self.today()))
    }

    /// The parties of a case as the register names them today.
    pub(crate) async fn named_parties(&self, case: &Case) -> Result<NamedParties, Failure> {
        let (applicant, provider, info_office) = tokio::try_join!(
            self.catalog.party(&case.applicant),
            self.catalog.party(&case.provider),
            self.catalog.party(&self.info_office),
        )?;
        Ok(NamedParties { applicant, provider, info_office })
    }

    /// The next number among the info office's agreements. It is third party of each, so that its count is the
    /// register of the district (art. 26(一)).
    pub(crate) async fn next_number(&self, tx: &mut Tx, parties: &NamedParties) -> Result<String, Failure> {
        let office = &parties.info_office;
        Ok(tx.next_document_number(&office.unit, &office.prefix, Series::Agreement).await?.to_string())
    }

    /// Checks a signature by the caller's unit with the register's key. `None`: it is part of the agreement, whatever
    /// became of the key since.
    pub(crate) async fn verify(
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

    /// The steps that a change of one agreement takes; `step` is the machine's, `None` where nothing is to change. An
    /// activation that replaces another agreement ends that one in the same commit.
    pub(crate) async fn change<R: prost::Message + Default>(
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
        if let Some(replaced) = transition.replaced() {
            let former = self.store.load_for_update(&mut tx, replaced).await?;
            let ended = former.replace(transition.agreement(), self.database.clock().now())?;
            self.store.save(&mut tx, &ended, Some(&call.actor)).await?;
        }
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = tx.commit(call, reply(self.show(transition.agreement()))).await?;
        if transition.is_activation() {
            self.database.outbox().settle(AGREED, PATIENCE).await;
        }
        Ok(Response::new(reply))
    }
}
