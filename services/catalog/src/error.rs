//! Refusals that all aggregates share, and races that only the database sees.

use service_kit::{Failure, Reason, Refusal, Violations};

/// A unique index found what the checks before it could not: another call committed the same at once.
pub fn race(error: sqlx::Error) -> Failure {
    match &error {
        sqlx::Error::Database(found) if found.is_unique_violation() => lost_race().into(),
        _ => error.into(),
    }
}

/// Another call changed the same at once.
pub fn lost_race() -> Refusal {
    Refusal::new(
        Reason::LostRace,
        "another call won the race; read again and repeat",
        "并发冲突，请重新读取后重试",
    )
}

/// The refusal that names these fields, of which there is at least one.
pub fn field_invalid(violations: Violations) -> Refusal {
    let fields: Vec<_> = violations.into_found();
    let names: Vec<_> = fields.iter().map(|violation| violation.field.as_str()).collect();
    let names = names.join(", ");
    Refusal::new(
        Reason::FieldInvalid,
        format!("these fields are wrong: {names}"),
        format!("以下字段有误：{names}"),
    )
    .violations(fields)
}
