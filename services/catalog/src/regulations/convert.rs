//! Regulations between contract and domain.

use govshare_model::Actor;
use govshare_proto::catalog::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Refusal, Violations, etag};
use time::OffsetDateTime;

use super::policy;
use super::regulation::{Edition, Kind, Regulation, Stage};
use crate::shared_databases::shared_database::SharedDatabaseId;

/// Parses what an edition says; `violations` hears of every bad field.
pub fn words(title: &str, text: &str, violations: &mut Violations) -> (String, String) {
    (violations.text("title", title, 1, 200), violations.text("text", text, 1, 100_000))
}

/// `None` for the kind that is not said or not known.
pub fn kind(kind: i32) -> Option<Kind> {
    match pb::RegulationKind::try_from(kind).ok()? {
        pb::RegulationKind::Unspecified => None,
        pb::RegulationKind::TechnicalScheme => Some(Kind::TechnicalScheme),
        pb::RegulationKind::ManagementMeasures => Some(Kind::ManagementMeasures),
        pb::RegulationKind::ImplementingRules => Some(Kind::ImplementingRules),
        pb::RegulationKind::Procedure => Some(Kind::Procedure),
    }
}

/// The database that a kind has to name or must not name.
pub fn database(kind: Kind, id: &str, violations: &mut Violations) -> Option<SharedDatabaseId> {
    if kind.is_of_database() {
        return violations.parse("shared_database_id", id);
    }
    let problem = "is for technical schemes and management measures / 仅技术方案和管理办法可填";
    violations.check(id.is_empty(), "shared_database_id", problem);
    None
}

fn kind_to_proto(kind: Kind) -> pb::RegulationKind {
    match kind {
        Kind::TechnicalScheme => pb::RegulationKind::TechnicalScheme,
        Kind::ManagementMeasures => pb::RegulationKind::ManagementMeasures,
        Kind::ImplementingRules => pb::RegulationKind::ImplementingRules,
        Kind::Procedure => pb::RegulationKind::Procedure,
    }
}

/// A regulation as `viewer` may see it; in lists without the texts.
pub fn to_proto(regulation: &Regulation, viewer: &Actor, with_text: bool) -> pb::Regulation {
    let sees_pending = policy::sees_pending(viewer, regulation);
    let pending = regulation.pending.as_ref().filter(|_| sees_pending);
    let state = match pending.map(|pending| &pending.stage) {
        None => pb::RegulationState::InForce,
        Some(Stage::Draft) => pb::RegulationState::Draft,
        Some(Stage::Submitted) => pb::RegulationState::Submitted,
        Some(Stage::Returned { .. }) => pb::RegulationState::Returned,
    };
    let reasons = match pending.map(|pending| &pending.stage) {
        Some(Stage::Returned { reasons }) => reasons.clone(),
        Some(Stage::Draft | Stage::Submitted) | None => String::new(),
    };
    let in_force = regulation.in_force.as_ref();
    pb::Regulation {
        regulation_id: regulation.id.to_string(),
        unit_id: regulation.unit.to_string(),
        kind: kind_to_proto(regulation.kind).into(),
        shared_database_id: regulation.database.as_ref().map(ToString::to_string).unwrap_or_default(),
        state: state.into(),
        in_force: in_force.map(|now| edition_to_proto(&now.edition, Some(now.since), with_text)),
        pending: pending.map(|pending| edition_to_proto(&pending.edition, None, with_text)),
        return_reasons: reasons,
        create_time: Some(time_to_proto(regulation.created)),
        update_time: Some(time_to_proto(regulation.updated)),
        etag: etag::of(regulation.version),
    }
}

pub fn edition_to_proto(
    edition: &Edition,
    since: Option<OffsetDateTime>,
    with_text: bool,
) -> pb::RegulationEdition {
    pb::RegulationEdition {
        number: edition.number,
        title: edition.title.clone(),
        text: if with_text { edition.text.clone() } else { String::new() },
        text_sha256: edition.digest(),
        in_force_time: since.map(time_to_proto),
    }
}

/// The record named in a refusal and hidden from whoever may not read it.
pub fn authorize(actor: &Actor, method: &str, regulation: &Regulation) -> Result<(), Refusal> {
    service_kit::auth::access::authorize(
        policy::RULES,
        method,
        policy::READ,
        actor,
        policy::relations(actor, regulation),
        policy::standing(regulation),
        ("regulation", &regulation.id),
    )
}
