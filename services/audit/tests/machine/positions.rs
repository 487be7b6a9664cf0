//! Batches against a log kept in memory: no gap, no double, each aggregate in order, each call as a whole.

use std::collections::{BTreeMap, HashMap};

use audit::leaf::Entry;
use audit::sequence::{Batch, Log, Mismatch, NOT_YET, place};
use proptest::collection::vec;
use proptest::prelude::*;

fn entry(aggregate: &str, version: i64, content: u8) -> Entry {
    Entry {
        leaf: vec![content],
        aggregate: aggregate.to_owned(),
        version,
        case: String::new(),
        concerns: Default::default(),
        disclosure: Vec::new(),
    }
}

fn place_all<'c>(log: &Log, calls: &'c [Vec<Entry>]) -> Batch<'c> {
    let calls: Vec<&[Entry]> = calls.iter().map(Vec::as_slice).collect();
    place(log, &calls)
}

#[test]
fn new_events_follow_the_end_of_the_log() {
    let log = Log { size: 7, last: HashMap::from([("a".to_owned(), 2)]), stored: HashMap::new() };
    let calls = [vec![entry("a", 3, 1), entry("b", 1, 1)], vec![entry("a", 4, 1)]];
    let batch = place_all(&log, &calls);
    assert_eq!(batch.outcomes, [Ok(vec![7, 8]), Ok(vec![9])]);
    assert_eq!(batch.appended, [&calls[0][0], &calls[0][1], &calls[1][0]]);
}

#[test]
fn a_repeat_gets_the_position_it_has() {
    let log = Log {
        size: 5,
        last: HashMap::from([("a".to_owned(), 1)]),
        stored: HashMap::from([(("a".to_owned(), 1), (4, vec![1]))]),
    };
    let calls = [vec![entry("a", 1, 1), entry("a", 2, 9), entry("a", 2, 9)], vec![entry("a", 2, 9)]];
    let batch = place_all(&log, &calls);
    assert_eq!(batch.outcomes, [Ok(vec![4, 5, 5]), Ok(vec![5])]);
    assert_eq!(batch.appended.len(), 1);
}

#[test]
fn an_event_before_its_predecessor_waits() {
    let calls = [vec![entry("a", 2, 1), entry("a", 1, 1), entry("b", 1, 1)], vec![entry("a", 2, 1)]];
    let batch = place_all(&Log::default(), &calls);
    assert_eq!(batch.outcomes, [Ok(vec![NOT_YET, 0, 1]), Ok(vec![2])]);
}

#[test]
fn another_leaf_under_a_taken_version_refuses_its_call_only() {
    let log = Log {
        size: 1,
        last: HashMap::from([("a".to_owned(), 1)]),
        stored: HashMap::from([(("a".to_owned(), 1), (0, vec![1]))]),
    };
    let calls = [
        vec![entry("b", 1, 1)],
        vec![entry("b", 2, 1), entry("a", 1, 2), entry("c", 1, 1), entry("b", 1, 3)],
        vec![entry("b", 2, 7), entry("c", 1, 8)],
    ];
    let batch = place_all(&log, &calls);
    assert_eq!(batch.outcomes, [Ok(vec![1]), Err(Mismatch(vec![1, 3])), Ok(vec![2, 3])]);
    assert_eq!(batch.appended, [&calls[0][0], &calls[2][0], &calls[2][1]]);
}

/// The log as the database would keep it.
#[derive(Default)]
struct Kept(Vec<Entry>);

impl Kept {
    fn about(&self, calls: &[Vec<Entry>]) -> Log {
        let mut log = Log { size: self.0.len() as i64, ..Log::default() };
        for asked in calls.iter().flatten() {
            for (position, entry) in (0..).zip(&self.0) {
                if entry.aggregate != asked.aggregate {
                    continue;
                }
                let last = log.last.entry(entry.aggregate.clone()).or_default();
                *last = entry.version.max(*last);
                if entry.version == asked.version {
                    let key = (entry.aggregate.clone(), entry.version);
                    log.stored.insert(key, (position, entry.leaf.clone()));
                }
            }
        }
        log
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    ("[abc]", 1..6_i64, prop_oneof![9 => Just(0_u8), 1 => Just(1_u8)])
        .prop_map(|(aggregate, version, content)| entry(&aggregate, version, content))
}

proptest! {
    #[test]
    fn whatever_comes_the_log_stays_whole(batches in vec(vec(vec(any_entry(), 1..6), 1..5), 1..12)) {
        let mut kept = Kept::default();
        for calls in &batches {
            let log = kept.about(calls);
            let batch = place_all(&log, calls);
            kept.0.extend(batch.appended.into_iter().cloned());
            for (call, outcome) in calls.iter().zip(batch.outcomes) {
                match outcome {
                    Ok(positions) => {
                        prop_assert_eq!(positions.len(), call.len());
                        for (entry, position) in call.iter().zip(positions) {
                            if position != NOT_YET {
                                prop_assert_eq!(&kept.0[position as usize], entry);
                            }
                        }
                    }
                    Err(Mismatch(events)) => {
                        prop_assert!(!events.is_empty());
                        for index in events {
                            let other = |kept: &&Entry| {
                                kept.aggregate == call[index].aggregate && kept.version == call[index].version
                            };
                            // The other leaf is in the log, or was one of the same refused call.
                            let found = kept.0.iter().chain(call).filter(other);
                            prop_assert!(found.into_iter().any(|known| known.leaf != call[index].leaf));
                        }
                    }
                }
            }
        }
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        for entry in &kept.0 {
            let before = last.insert(&entry.aggregate, entry.version).unwrap_or_default();
            prop_assert_eq!(entry.version, before + 1);
        }
    }

    /// Senders that repeat what was not taken get everything in, in whatever order it first came.
    #[test]
    fn repeating_gets_everything_in(order in Just((1..=5).flat_map(|v| ["a", "b", "c"].map(|a| (a, v))).collect::<Vec<_>>()).prop_shuffle()) {
        let mut kept = Kept::default();
        let mut waiting: Vec<Entry> = order.into_iter().map(|(a, v)| entry(a, v, 0)).collect();
        for _ in 0..5 {
            let calls = [waiting];
            let log = kept.about(&calls);
            let batch = place_all(&log, &calls);
            kept.0.extend(batch.appended.into_iter().cloned());
            let positions = batch.outcomes.into_iter().next().expect("one call").expect("no other leaf");
            let [call] = calls;
            waiting = call.into_iter().zip(positions).filter(|(_, at)| *at == NOT_YET).map(|(e, _)| e).collect();
        }
        prop_assert!(waiting.is_empty());
        prop_assert_eq!(kept.0.len(), 15);
    }
}
