//! Who acts in these tests, and when.

use evaluation::procedure::{Procedure, Rejection, Transition};
use govshare_model::id::UnitId;
use govshare_model::pack::{Pack, Packs};
use govshare_model::{Actor, Role, Subject};
use time::OffsetDateTime;
use time::macros::{date, datetime};

pub const NOW: OffsetDateTime = datetime!(2026-03-03 2:00 UTC);

pub fn unit(id: &str) -> UnitId {
    id.parse().expect("a unit id")
}

pub fn actor(unit_id: &str, subject: &str) -> Actor {
    Actor {
        subject: Subject(subject.to_owned()),
        unit: unit(unit_id),
        roles: [Role::Drafter].into_iter().collect(),
    }
}

pub fn pack() -> &'static Pack {
    Packs::builtin().in_force(date!(2026 - 03 - 03)).expect("xicheng-2014")
}

pub fn national() -> &'static Pack {
    Pack::builtin("national-2025").expect("shipped")
}

pub fn done<P: Procedure + std::fmt::Debug>(result: Result<Transition<P>, Rejection>) -> P {
    result.expect("a legal step").into_record()
}

/// Whether a document keeps everything of a record.
pub fn survives_storage<P: Procedure + PartialEq + std::fmt::Debug>(record: &P) {
    let document = serde_json::to_value(record).expect("a document");
    let read: P = serde_json::from_value(document).expect("the same release reads it");
    assert_eq!(&read, record);
}

pub fn task_kinds<P: Procedure>(record: &P) -> Vec<&'static str> {
    record.tasks().into_iter().map(|task| task.kind).collect()
}

type Steps<'s, P> =
    Vec<(&'static str, Box<dyn Fn(P) -> Result<Transition<P>, Rejection> + 's>, &'static [&'static str])>;

/// Tries each step in each state: it is possible in exactly the named ones.
pub fn each_step_is_possible_in_exactly<P: Procedure + std::fmt::Debug>(states: Vec<P>, steps: Steps<'_, P>) {
    for (name, step, allowed) in steps {
        for record in &states {
            let (state, version) = (record.state(), record.head().version);
            match step(record.clone()) {
                Ok(transition) => {
                    assert!(allowed.contains(&state), "{name} from {state} went through");
                    assert_eq!(transition.record().head().version, version + 1, "{name} from {state}");
                }
                Err(rejection) => assert!(!allowed.contains(&state), "{name} from {state}: {rejection:?}"),
            }
        }
    }
}
