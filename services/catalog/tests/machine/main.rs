//! The pure parts of the catalogue: codes, keys, records, and the life of an entry.

mod access;
mod archiving;
mod classification;
mod collection;
mod content;
mod credit_code;
mod diff;
mod entry;
mod explanations;
mod keys;
mod regulations;
mod shared_databases;
mod units;
mod update_calendar;

use govshare_model::{Actor, Role, Subject};
use time::{Duration, OffsetDateTime};

/// A moment, some minutes after the first.
fn minute(count: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::minutes(count)
}

fn person(unit: &str, name: &str, roles: &[Role]) -> Actor {
    Actor {
        subject: Subject(name.to_owned()),
        unit: unit.parse().expect("a slug"),
        roles: roles.iter().copied().collect(),
    }
}
