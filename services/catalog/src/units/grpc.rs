//! The methods for units and their keys: parse, load, authorize, transition, save, respond.

use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use govshare_proto::catalog::v1::unit_service_server::UnitService;
use service_kit::packs::Policy;
use service_kit::page::{Moment, Page};
use service_kit::{Begin, Call, Database, Failure, Refusal, Tx, Violations, etag};
use tonic::{Request, Response, Status};

use super::convert::{self, authorize};
use super::store::UnitStore;
use super::unit::{Field, Unit};
use crate::convert::given;
use crate::unit_keys::convert as key_convert;
use crate::unit_keys::key::{ALGORITHM, InfoOffice, Rejection, Transition, UnitKey};
use crate::unit_keys::public_key::{KeyId, PublicKey};
use crate::unit_keys::store::KeyStore;

pub struct Units {
    pub database: Database,
    pub units: UnitStore,
    pub keys: KeyStore,
    pub policy: Policy,
    pub info_office: InfoOffice,
}

type Reply<T> = Result<Response<T>, Status>;

impl Units {
    /// Whether the pack in force asks every unit for its responsible section.
    fn section_required(&self) -> Result<bool, Failure> {
        Ok(self.policy.today()?.unit.section_required.value)
    }

    /// A key of `unit`, whose keys nobody else changes until the commit, if the caller may call `method` on it.
    async fn locked_key(
        &self,
        tx: &mut Tx,
        unit: &UnitId,
        id: &KeyId,
        call: &Call,
        method: &str,
    ) -> Result<UnitKey, Failure> {
        let standing = self.units.load_for_update(tx, unit).await?.standing();
        authorize(&call.actor, method, unit, standing, &self.info_office.unit)?;
        Ok(self.keys.find(tx, id).await?.ok_or_else(|| Refusal::not_found("unit-key", id))?)
    }

    /// Writes changes in their order; gives the key of the last.
    async fn save_keys(&self, tx: &mut Tx, changes: &[Transition], call: &Call) -> Result<UnitKey, Failure> {
        for change in changes {
            self.keys.save(tx, change, &self.info_office.unit, &call.actor).await?;
        }
        let last = changes.last().ok_or_else(|| Failure::internal("a step on a key without a change"))?;
        Ok(last.key().clone())
    }
}

#[tonic::async_trait]
impl UnitService for Units {
    async fn create_unit(&self, request: Request<pb::CreateUnitRequest>) -> Reply<pb::CreateUnitResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner().unit.unwrap_or_default();
        let id: Option<UnitId> = violations.parse("unit.unit_id", &body.unit_id);
        let record = convert::record(&body, &Field::ALL, &mut violations);
        let id = given(id, violations)?;
        authorize(&call.actor, "CreateUnit", &id, record.standing(), &self.info_office.unit)?;
        if !record.aliases.is_empty() {
            convert::authorize_fields(&call.actor, &[Field::Aliases])?;
        }
        if record.short_name.is_some() {
            convert::authorize_fields(&call.actor, &[Field::ShortName])?;
        }

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let created = Unit::create(id, record, self.section_required()?, self.database.clock().now())
            .map_err(Failure::from)?;
        self.units.save(&mut tx, &created, &call.actor).await?;
        let reply = pb::CreateUnitResponse { unit: Some(convert::to_proto(created.unit())) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_unit(&self, request: Request<pb::GetUnitRequest>) -> Reply<pb::GetUnitResponse> {
        let mut violations = Violations::new();
        let id = violations.parse("unit_id", &request.get_ref().unit_id);
        let unit = self.units.load(&given(id, violations)?).await?;
        Ok(Response::new(pb::GetUnitResponse { unit: Some(convert::to_proto(&unit)) }))
    }

    async fn list_units(&self, request: Request<pb::ListUnitsRequest>) -> Reply<pb::ListUnitsResponse> {
        let body = request.into_inner();
        let filters =
            pb::ListUnitsRequest { page_size: 0, page_token: String::new(), names: body.names.clone() };
        let mut violations = Violations::new();
        let page: Page<String> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.check(body.names.len() <= 1000, "names", "must not be more than 1000 / 不得超过1000个");
        let named = body.names.iter().take(1000).enumerate();
        let names = named.map(|(place, name)| violations.text(&format!("names[{place}]"), name, 0, 200));
        let names: Vec<String> = names.collect();
        violations.finish()?;
        let names = (!names.is_empty()).then_some(names.as_slice());
        let found = self.units.list(names, page.after.as_deref(), page.size + 1).await?;
        let (units, next_page_token) =
            page.cut(found, |unit| unit.id.to_string(), |unit| convert::to_proto(&unit));
        Ok(Response::new(pb::ListUnitsResponse { units, next_page_token }))
    }

    async fn update_unit(&self, request: Request<pb::UpdateUnitRequest>) -> Reply<pb::UpdateUnitResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let new = body.unit.unwrap_or_default();
        let id: Option<UnitId> = violations.parse("unit.unit_id", &new.unit_id);
        let fields = convert::mask(body.update_mask, &mut violations);
        let record = convert::record(&new, &fields, &mut violations);
        let id = given(id, violations)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let unit = self.units.load_for_update(&mut tx, &id).await?;
        authorize(&call.actor, "UpdateUnit", &id, unit.standing(), &self.info_office.unit)?;
        convert::authorize_fields(&call.actor, &fields)?;
        etag::check(&new.etag, &etag::of(unit.version), "unit", &id)?;
        let record = unit.record.clone().with(&fields, record);
        let updated = unit
            .clone()
            .update(record, self.section_required()?, self.database.clock().now())
            .map_err(Failure::from)?;
        if let Some(updated) = &updated {
            self.units.save(&mut tx, updated, &call.actor).await?;
        }
        let unit = updated.as_ref().map_or(&unit, |updated| updated.unit());
        let reply = pb::UpdateUnitResponse { unit: Some(convert::to_proto(unit)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn register_unit_key(
        &self,
        request: Request<pb::RegisterUnitKeyRequest>,
    ) -> Reply<pb::RegisterUnitKeyResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let unit: Option<UnitId> = violations.parse("unit_id", &body.unit_id);
        violations.check(body.algorithm == ALGORITHM, "algorithm", "must be ed25519 / 须为 ed25519");
        let key = PublicKey::try_from(body.public_key.as_slice())
            .map_err(|error| violations.add("public_key", error.to_string()));
        let (unit, public_key) = given(unit.zip(key.ok()), violations)?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let standing = self.units.load_for_update(&mut tx, &unit).await?.standing();
        authorize(&call.actor, "RegisterUnitKey", &unit, standing, &self.info_office.unit)?;
        let key = match self.keys.find(&mut tx, &public_key.id()).await? {
            Some(known) if known.unit == unit => known,
            Some(_) => return Err(Failure::from(Rejection::OtherUnits).into()),
            None => {
                let active = self.keys.find_active(&mut tx, &unit).await?;
                let now = self.database.clock().now();
                let registered = UnitKey::register(unit, public_key, &self.info_office, active, now);
                self.save_keys(&mut tx, &registered.map_err(Failure::from)?, &call).await?
            }
        };
        let reply = pb::RegisterUnitKeyResponse { key: Some(key_convert::to_proto(&key)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn countersign_unit_key(
        &self,
        request: Request<pb::CountersignUnitKeyRequest>,
    ) -> Reply<pb::CountersignUnitKeyResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id: Option<KeyId> = violations.parse("key_id", &body.key_id);
        let by: Option<KeyId> = violations.parse("countersign_key_id", &body.countersign_key_id);
        violations.check(body.signature.len() == 64, "signature", "must have 64 bytes / 签名须为64字节");
        let (id, by) = given(id.zip(by), violations)?;

        let unit = self.keys.load(&id).await?.unit;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let key = self.locked_key(&mut tx, &unit, &id, &call, "CountersignUnitKey").await?;
        let by = self.keys.find_for_share(&mut tx, &by).await?;
        let by = by.ok_or(Rejection::KeyNotActive).map_err(Failure::from)?;
        let active = self.keys.find_active(&mut tx, &unit).await?;
        let now = self.database.clock().now();
        let changes = key.countersign(&by, body.signature, &self.info_office, active, now);
        let key = self.save_keys(&mut tx, &changes.map_err(Failure::from)?, &call).await?;
        let reply = pb::CountersignUnitKeyResponse { key: Some(key_convert::to_proto(&key)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn revoke_unit_key(
        &self,
        request: Request<pb::RevokeUnitKeyRequest>,
    ) -> Reply<pb::RevokeUnitKeyResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id: Option<KeyId> = violations.parse("key_id", &body.key_id);
        let reason = violations.text("reason", &body.reason, 1, 500);
        let id = given(id, violations)?;

        let unit = self.keys.load(&id).await?.unit;
        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let key = self.locked_key(&mut tx, &unit, &id, &call, "RevokeUnitKey").await?;
        let key = match key.clone().revoke(reason, self.database.clock().now()) {
            Some(revoked) => self.save_keys(&mut tx, &[revoked], &call).await?,
            None => key,
        };
        let reply = pb::RevokeUnitKeyResponse { key: Some(key_convert::to_proto(&key)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn list_unit_keys(
        &self,
        request: Request<pb::ListUnitKeysRequest>,
    ) -> Reply<pb::ListUnitKeysResponse> {
        let body = request.into_inner();
        let filters = pb::ListUnitKeysRequest { unit_id: body.unit_id.clone(), ..Default::default() };
        let mut violations = Violations::new();
        let page: Page<(Moment, String)> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        let unit = violations.parse("unit_id", &body.unit_id);
        let unit = self.units.load(&given(unit, violations)?).await?.id;
        let before = page.after.clone().map(|(Moment(at), id)| (at, id));
        let found = self.keys.list(&unit, before, page.size + 1).await?;
        let position = |key: &UnitKey| (Moment(key.registered), key.id.to_string());
        let (keys, next_page_token) = page.cut(found, position, |key| key_convert::to_proto(&key));
        Ok(Response::new(pb::ListUnitKeysResponse { keys, next_page_token }))
    }
}
