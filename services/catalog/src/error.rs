//! Races that only the database sees.

use service_kit::{Failure, Reason, Refusal};

/// A unique index found what the checks before it could not: another call committed the same at once.
pub fn race(error: sqlx::Error) -> Failure {
    match &error {
        sqlx::Error::Database(found) if found.is_unique_violation() => Refusal::new(
            Reason::LostRace,
            "another call won the race; read again and repeat",
            "并发冲突，请重新读取后重试",
        )
        .into(),
        _ => error.into(),
    }
}
