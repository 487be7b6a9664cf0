//! Shared databases between contract and domain.

use govshare_proto::catalog::v1 as pb;
use prost_types::FieldMask;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Violations, etag};

use super::shared_database::{Field, Kind, Lead, Record, SharedDatabase};
use crate::convert;

/// Parses these fields of a record and leaves the others empty; `violations` hears of every bad one.
pub fn record(database: &pb::SharedDatabase, fields: &[Field], violations: &mut Violations) -> Record {
    let mut record =
        Record { name: String::new(), kind: Kind::Base, leads: Vec::new(), basis: String::new() };
    for field in fields {
        match field {
            Field::DisplayName => {
                record.name = violations.text("shared_database.display_name", &database.display_name, 1, 200);
            }
            Field::Kind => record.kind = kind(database.kind, violations),
            Field::Leads => record.leads = leads(&database.leads, violations),
            Field::Basis => record.basis = violations.text("shared_database.basis", &database.basis, 0, 200),
        }
    }
    record
}

/// Parses an update mask.
pub fn mask(mask: Option<FieldMask>, violations: &mut Violations) -> Vec<Field> {
    convert::mask(mask, &Field::ALL.map(|field| (field.name(), field)), violations)
}

fn kind(kind: i32, violations: &mut Violations) -> Kind {
    match pb::SharedDatabaseKind::try_from(kind) {
        Ok(pb::SharedDatabaseKind::Base) => Kind::Base,
        Ok(pb::SharedDatabaseKind::Thematic) => Kind::Thematic,
        Ok(pb::SharedDatabaseKind::Collaborative) => Kind::Collaborative,
        Ok(pb::SharedDatabaseKind::Unspecified) | Err(_) => {
            violations.add("shared_database.kind", "must be one of the three kinds of art. 5 / 须为三类之一");
            Kind::Base
        }
    }
}

fn leads(leads: &[pb::Lead], violations: &mut Violations) -> Vec<Lead> {
    violations.check(
        (1..=100).contains(&leads.len()),
        "shared_database.leads",
        "must be 1 to 100 / 牵头单位须为1至100个",
    );
    let mut parsed = Vec::with_capacity(leads.len());
    for lead in leads {
        let unit = violations.parse("shared_database.leads.unit_id", &lead.unit_id);
        let start = violations.date("shared_database.leads.start_date", lead.start_date.as_ref());
        violations.check(lead.start_date.is_some(), "shared_database.leads.start_date", "is required / 必填");
        let end = violations.date("shared_database.leads.end_date", lead.end_date.as_ref());
        parsed.extend(unit.zip(start).map(|(unit, start)| Lead { unit, start, end }));
    }
    // One order whatever the caller's, so that the same leads are the same record.
    parsed.sort_by(|a, b| (a.start, &a.unit).cmp(&(b.start, &b.unit)));
    parsed
}

pub fn to_proto(database: &SharedDatabase) -> pb::SharedDatabase {
    let record = &database.record;
    let kind = match record.kind {
        Kind::Base => pb::SharedDatabaseKind::Base,
        Kind::Thematic => pb::SharedDatabaseKind::Thematic,
        Kind::Collaborative => pb::SharedDatabaseKind::Collaborative,
    };
    let lead = |lead: &Lead| pb::Lead {
        unit_id: lead.unit.to_string(),
        start_date: Some(date_to_proto(lead.start)),
        end_date: lead.end.map(date_to_proto),
    };
    pb::SharedDatabase {
        shared_database_id: database.id.to_string(),
        display_name: record.name.clone(),
        kind: kind.into(),
        leads: record.leads.iter().map(lead).collect(),
        basis: record.basis.clone(),
        create_time: Some(time_to_proto(database.created)),
        update_time: Some(time_to_proto(database.updated)),
        etag: etag::of(database.version),
        lead_proposal: database.proposal.as_ref().map(|proposal| pb::LeadProposal {
            leads: proposal.leads.iter().map(lead).collect(),
            basis: proposal.basis.clone(),
            return_reasons: proposal.returned.clone().unwrap_or_default(),
        }),
    }
}
