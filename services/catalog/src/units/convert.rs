//! Units between contract and domain.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1 as pb;
use prost_types::FieldMask;
use service_kit::validate::time_to_proto;
use service_kit::{Refusal, Violations, etag};

use super::unit::{Contact, Field, Kind, Record, Unit};
use super::{error, policy};
use crate::convert;

/// Parses these fields of a record and leaves the others empty; `violations` hears of every bad one.
pub fn record(unit: &pb::Unit, fields: &[Field], violations: &mut Violations) -> Record {
    let mut record = Record::default();
    for field in fields {
        match field {
            Field::DisplayName => {
                record.name = violations.text("unit.display_name", &unit.display_name, 1, 200);
            }
            Field::Kind => record.kind = kind(unit.kind, violations),
            Field::Aliases => record.aliases = aliases(&unit.aliases, violations),
            Field::Section => record.section = violations.text("unit.section", &unit.section, 0, 200),
            Field::Contacts => record.contacts = contacts(&unit.contacts, violations),
            Field::CreditCode => {
                record.credit_code = violations.parse_optional("unit.credit_code", unit.credit_code.trim());
            }
            Field::ShortName => {
                record.short_name = violations.parse_optional("unit.short_name", unit.short_name.trim());
            }
        }
    }
    record
}

fn aliases(aliases: &[String], violations: &mut Violations) -> Vec<String> {
    violations.check(aliases.len() <= 100, "unit.aliases", "must not be more than 100 / 不得超过100个");
    aliases.iter().map(|alias| violations.text("unit.aliases", alias, 1, 200)).collect()
}

fn contacts(contacts: &[pb::Contact], violations: &mut Violations) -> Vec<Contact> {
    violations.check(contacts.len() <= 100, "unit.contacts", "must not be more than 100 / 不得超过100人");
    let mut parse = |contact: &pb::Contact| Contact {
        name: violations.text("unit.contacts.display_name", &contact.display_name, 1, 100),
        duty: violations.text("unit.contacts.duty", &contact.duty, 0, 100),
    };
    contacts.iter().map(&mut parse).collect()
}

fn kind(kind: i32, violations: &mut Violations) -> Option<Kind> {
    match pb::UnitKind::try_from(kind) {
        Ok(pb::UnitKind::Unspecified) => None,
        Ok(pb::UnitKind::AdministrativeOrgan) => Some(Kind::AdministrativeOrgan),
        Ok(pb::UnitKind::VerticalOrgan) => Some(Kind::VerticalOrgan),
        Ok(pb::UnitKind::DispatchedOrgan) => Some(Kind::DispatchedOrgan),
        Ok(pb::UnitKind::AuthorizedOrganization) => Some(Kind::AuthorizedOrganization),
        Ok(pb::UnitKind::EntrustedOrganization) => Some(Kind::EntrustedOrganization),
        Err(_) => {
            violations.add("unit.kind", format!("{kind} is not a kind of unit / 单位类别无效"));
            None
        }
    }
}

/// Parses an update mask.
pub fn mask(mask: Option<FieldMask>, violations: &mut Violations) -> Vec<Field> {
    convert::mask(mask, &Field::ALL.map(|field| (field.name(), field)), violations)
}

/// Refuses, by its name, the first field that is not the caller's to change.
pub fn authorize_fields(actor: &Actor, fields: &[Field]) -> Result<(), Refusal> {
    match fields.iter().find(|field| !policy::may_change(actor, **field)) {
        Some(field) => Err(error::field_not_yours(*field)),
        None => Ok(()),
    }
}

pub fn to_proto(unit: &Unit) -> pb::Unit {
    let record = &unit.record;
    let kind = match record.kind {
        None => pb::UnitKind::Unspecified,
        Some(Kind::AdministrativeOrgan) => pb::UnitKind::AdministrativeOrgan,
        Some(Kind::VerticalOrgan) => pb::UnitKind::VerticalOrgan,
        Some(Kind::DispatchedOrgan) => pb::UnitKind::DispatchedOrgan,
        Some(Kind::AuthorizedOrganization) => pb::UnitKind::AuthorizedOrganization,
        Some(Kind::EntrustedOrganization) => pb::UnitKind::EntrustedOrganization,
    };
    let contact =
        |contact: &Contact| pb::Contact { display_name: contact.name.clone(), duty: contact.duty.clone() };
    pb::Unit {
        unit_id: unit.id.to_string(),
        display_name: record.name.clone(),
        kind: kind.into(),
        aliases: record.aliases.clone(),
        section: record.section.clone(),
        contacts: record.contacts.iter().map(contact).collect(),
        credit_code: record.credit_code.as_ref().map(ToString::to_string).unwrap_or_default(),
        provisional: record.credit_code.is_none(),
        short_name: record.short_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        create_time: Some(time_to_proto(unit.created)),
        update_time: Some(time_to_proto(unit.updated)),
        etag: etag::of(unit.version),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(
    actor: &Actor,
    method: &str,
    unit: &UnitId,
    standing: &str,
    info_office: &UnitId,
) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        &policy::relations(actor, unit, info_office),
        standing,
        ("unit", unit),
    )
}
