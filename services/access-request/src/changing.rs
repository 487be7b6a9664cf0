//! What the handlers of requests have in common: the one way of a change, and the number of the document that it issues.

use std::sync::Arc;

use govshare_model::id::{CaseId, UnitId};
use govshare_proto::access_request::v1 as pb;
use service_kit::{Begin, Call, Database, Failure, Tx, Violations};
use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::access_request::{AccessRequest, Transition};
use crate::convert::{self, authorize};
use crate::packs::{Holidays, Rules};
use crate::store::Store;
use crate::upstreams::{Catalog, RegisteredUnit};

pub struct Requests {
    pub database: Database,
    pub store: Store,
    pub catalog: Catalog,
    pub info_office: UnitId,
    pub rules: Arc<Rules>,
    pub holidays: Holidays,
}

pub type Reply<T> = Result<Response<T>, Status>;

impl Requests {
    pub fn now(&self) -> OffsetDateTime {
        self.database.clock().now()
    }

    pub fn show(&self, request: &AccessRequest, call: &Call) -> Option<pb::AccessRequest> {
        Some(convert::to_proto(request, Some(&call.actor), &self.info_office))
    }

    /// The steps that every transition of one record takes; `step` is the machine's.
    pub async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: CaseId,
        step: impl FnOnce(AccessRequest) -> Result<Transition, Failure>,
        reply: impl FnOnce(Option<pb::AccessRequest>) -> R,
    ) -> Result<Response<R>, Failure> {
        let no_document = Err(Failure::internal("a document of a step that was to issue none"));
        self.carry_out(call, (method, id), no_document, step, reply).await
    }

    /// As [`Requests::change`], for a step that issues a document of the caller's unit.
    pub async fn issue<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: CaseId,
        step: impl FnOnce(AccessRequest) -> Result<Transition, Failure>,
        reply: impl FnOnce(Option<pb::AccessRequest>) -> R,
    ) -> Result<Response<R>, Failure> {
        // Before the transaction, which waits for nobody; a repeat and a refused step do without.
        let unit = self.catalog.named(&call.actor.unit).await;
        self.carry_out(call, (method, id), unit, step, reply).await
    }

    pub async fn carry_out<R: prost::Message + Default>(
        &self,
        call: &Call,
        (method, id): (&str, CaseId),
        issuer: Result<RegisteredUnit, Failure>,
        step: impl FnOnce(AccessRequest) -> Result<Transition, Failure>,
        reply: impl FnOnce(Option<pb::AccessRequest>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let request = self.store.load_for_update(&mut tx, id).await?;
        authorize(&call.actor, method, &request)?;
        let transition = numbered(&mut tx, step(request)?, issuer).await?;
        self.store.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = reply(self.show(transition.request(), call));
        Ok(Response::new(tx.commit(call, reply).await?))
    }
}

/// Counts the document that a step issues: after all that may refuse the step, so that none is skipped.
pub async fn numbered(
    tx: &mut Tx,
    transition: Transition,
    issuer: Result<RegisteredUnit, Failure>,
) -> Result<Transition, Failure> {
    let Some((kind, unit)) = transition.issues() else { return Ok(transition) };
    let number = tx.next_document_number(unit, &issuer?.prefix, kind.series()).await?;
    Ok(transition.numbered(number.to_string()))
}

/// Id and request id of a transition without further fields.
pub fn parse<M: prost::Message>(
    request: &Request<M>,
    id: &str,
    request_id: &str,
) -> Result<(Call, CaseId), Failure> {
    parse_with(request, id, request_id, Violations::new())
}

/// As [`parse`], for a transition whose further fields `violations` has heard of.
pub fn parse_with<M: prost::Message>(
    request: &Request<M>,
    id: &str,
    request_id: &str,
    mut violations: Violations,
) -> Result<(Call, CaseId), Failure> {
    let call = Call::new(request, request_id, &mut violations)?;
    let id = violations.parse("access_request_id", id);
    violations.finish()?;
    Ok((call, given(id)))
}

/// As [`parse`], for a transition with one written statement, which stands in `field`.
pub fn written<M: prost::Message>(
    request: &Request<M>,
    id: &str,
    request_id: &str,
    (field, text): (&str, &str),
) -> Result<(Call, CaseId, String), Failure> {
    let mut violations = Violations::new();
    let call = Call::new(request, request_id, &mut violations)?;
    let id = violations.parse("access_request_id", id);
    let text = violations.text(field, text, 1, 4000);
    violations.finish()?;
    Ok((call, given(id), text))
}

/// An id that `violations` would have refused.
pub fn given(id: Option<CaseId>) -> CaseId {
    id.unwrap_or(CaseId(Uuid::nil()))
}
