//! The catalogue without database and network: codes, keys, records, the life of an entry, and the search index.

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
mod search;
mod shared_databases;
mod similar;
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
