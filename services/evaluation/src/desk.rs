//! What every handler of a written procedure does alike: parse, load, authorize, transition, save, respond.

use govshare_model::Actor;
use service_kit::document_number::Series;
use service_kit::page::Page;
use service_kit::{Begin, Call, Failure, Refusal, Tx, Violations};
use time::OffsetDateTime;
use tonic::{Request, Response};
use uuid::Uuid;

use crate::procedure::{Procedure, Transition};
use crate::records::{Filter, Records};

/// Decides a method on a record for a caller.
pub type Authorize<P> = fn(&Actor, &str, &P) -> Result<(), Refusal>;

/// The records of one kind with the rule who may do what to them.
pub struct Desk<P> {
    pub records: Records<P>,
    pub authorize: Authorize<P>,
}

/// Where the number of a document comes from: the caller's unit counts it in a series.
pub struct Numbers {
    /// 机关代字 of the caller's unit.
    pub prefix: String,
    pub series: Series,
}

/// What a step of the machine is given.
pub struct Step<'s> {
    pub actor: &'s Actor,
    pub now: OffsetDateTime,
}

impl<P: Procedure> Desk<P> {
    pub fn new(records: Records<P>, authorize: Authorize<P>) -> Self {
        Self { records, authorize }
    }

    pub fn now(&self) -> OffsetDateTime {
        self.records.database().clock().now()
    }

    /// Opens a new record; a document that it makes is numbered where `numbers` says from what.
    pub async fn open<R: prost::Message + Default>(
        &self,
        call: &Call,
        numbers: Option<Numbers>,
        open: impl FnOnce(Uuid, Step) -> Result<Transition<P>, Failure>,
        reply: impl FnOnce(&P) -> R,
    ) -> Result<Response<R>, Failure> {
        let tx = match self.records.database().begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let transition = open(Uuid::now_v7(), Step { actor: &call.actor, now: self.now() })?;
        self.finish(tx, call, numbers, transition, reply).await
    }

    /// Takes a record one step on.
    pub async fn change<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: Uuid,
        step: impl FnOnce(P, Step) -> Result<Transition<P>, Failure>,
        reply: impl FnOnce(&P) -> R,
    ) -> Result<Response<R>, Failure> {
        self.change_document(call, None, method, id, step, reply).await
    }

    /// As [`Desk::change`], for a step that makes a document; `numbers` say what its number is counted from.
    pub async fn change_document<R: prost::Message + Default>(
        &self,
        call: &Call,
        numbers: Option<Numbers>,
        method: &str,
        id: Uuid,
        step: impl FnOnce(P, Step) -> Result<Transition<P>, Failure>,
        reply: impl FnOnce(&P) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.records.database().begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let record = self.records.load_for_update(&mut tx, id).await?;
        (self.authorize)(&call.actor, method, &record)?;
        let transition = step(record, Step { actor: &call.actor, now: self.now() })?;
        self.finish(tx, call, numbers, transition, reply).await
    }

    /// Saves a step. Others of the unit wait for its number until the commit, so nothing may refuse after it.
    async fn finish<R: prost::Message + Default>(
        &self,
        mut tx: Tx,
        call: &Call,
        numbers: Option<Numbers>,
        mut transition: Transition<P>,
        reply: impl FnOnce(&P) -> R,
    ) -> Result<Response<R>, Failure> {
        if let (Some(Numbers { prefix, series }), Some(blank)) = (numbers, transition.unnumbered()) {
            *blank = tx.next_document_number(&call.actor.unit, &prefix, series).await?.to_string();
        }
        self.records.save(&mut tx, &transition, Some(&call.actor)).await?;
        let reply = reply(transition.record());
        Ok(Response::new(tx.commit(call, reply).await?))
    }

    /// Reads a record for a caller.
    pub async fn read(&self, actor: &Actor, method: &str, field: &str, id: &str) -> Result<P, Failure> {
        let mut violations = Violations::new();
        let id = violations.parse(field, id);
        violations.finish()?;
        let record = self.records.load(id.unwrap_or(Uuid::nil())).await?;
        (self.authorize)(actor, method, &record)?;
        Ok(record)
    }

    /// A page of records.
    pub async fn list<M: prost::Message>(
        &self,
        page: &Page<Uuid>,
        filter: Filter<'_>,
        show: impl Fn(P) -> M,
    ) -> Result<(Vec<M>, String), Failure> {
        let filter = Filter { before: page.after, limit: page.size + 1, ..filter };
        let found = self.records.list(filter).await?;
        Ok(page.cut(found, |record| record.head().id, show))
    }
}

/// Caller, id and request id of a step.
pub fn step<M: prost::Message>(
    request: &Request<M>,
    field: &str,
    id: &str,
    request_id: &str,
    violations: &mut Violations,
) -> Result<(Call, Uuid), Failure> {
    let call = Call::new(request, request_id, violations)?;
    Ok((call, violations.parse(field, id).unwrap_or(Uuid::nil())))
}

/// A required day from `first` on.
pub fn day(
    field: &str,
    given: Option<&govshare_proto::google::r#type::Date>,
    first: time::Date,
    violations: &mut Violations,
) -> time::Date {
    violations.check(given.is_some(), field, "is required / 必填");
    let day = violations.date(field, given);
    let early = day.is_some_and(|day| day < first);
    violations.check(!early, field, format!("must not lie before {first} / 不得早于{first}"));
    day.unwrap_or(first)
}
