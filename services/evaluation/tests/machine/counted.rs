//! Leaves as the services write them, and what they count for.

use std::collections::{BTreeMap, BTreeSet};

use evaluation::indicators::{Effect, Indicator, Malformed, Tally, effects, read};
use proptest::collection::vec;
use proptest::prelude::*;
use service_kit::event::Leaf;

use Indicator::*;

const PARTIES: &str = r#""applicant":"jiaowei","provider":"weishengju""#;

fn leaf(aggregate: &str, kind: &str, attributes: &str) -> Leaf {
    let text = format!(
        r#"{{"aggregate":"{aggregate}","article":"","attributes":{{{attributes}}},"case":"","concerns":[],"service":"x","state":"","subject":"","time":"2014-10-21T08:00:00Z","type":"{kind}","unit":"","v":1,"version":1}}"#
    );
    read(text.as_bytes()).expect("a leaf")
}

fn counted(unit: &str, indicator: Indicator) -> Effect {
    Effect::Counted { unit: unit.parse().expect("a slug"), indicator }
}

fn stands(unit: &str, indicator: Indicator, record: &str) -> Effect {
    Effect::Stands { unit: unit.parse().expect("a slug"), indicator, record: record.to_owned() }
}

fn falls(indicator: Indicator, record: &str) -> Effect {
    Effect::Falls { indicator, record: record.to_owned() }
}

#[test]
fn every_counted_event_counts_for_those_it_names() {
    let table = [
        (
            "unit/jiaowei",
            "unit.created",
            r#""display_name":"区教委""#.to_owned(),
            vec![Effect::Known { unit: "jiaowei".parse().expect("a slug") }],
        ),
        (
            "entry/1",
            "entry.published",
            r#""provider":"weishengju""#.to_owned(),
            vec![stands("weishengju", PublishedEntries, "entry/1")],
        ),
        (
            "entry/1",
            "entry.resumed",
            r#""provider":"weishengju""#.to_owned(),
            vec![stands("weishengju", PublishedEntries, "entry/1")],
        ),
        (
            "entry/1",
            "entry.suspended",
            r#""provider":"weishengju""#.to_owned(),
            vec![falls(PublishedEntries, "entry/1")],
        ),
        (
            "entry/1",
            "entry.retired",
            r#""provider":"weishengju""#.to_owned(),
            vec![falls(PublishedEntries, "entry/1")],
        ),
        (
            "access-request/1",
            "access-request.submitted",
            PARTIES.to_owned(),
            vec![counted("weishengju", RequestsReceived), counted("jiaowei", RequestsMade)],
        ),
        (
            "access-request/1",
            "access-request.overdue",
            PARTIES.to_owned(),
            vec![stands("weishengju", Overdue, "access-request/1")],
        ),
        (
            "access-request/1",
            "access-request.consented",
            format!(r#"{PARTIES},"in_time":"true""#),
            vec![counted("weishengju", Consents), counted("weishengju", AnsweredInTime)],
        ),
        (
            "access-request/1",
            "access-request.consented",
            format!(r#"{PARTIES},"in_time":"false""#),
            vec![
                counted("weishengju", Consents),
                counted("weishengju", AnsweredLate),
                stands("weishengju", Overdue, "access-request/1"),
            ],
        ),
        (
            "access-request/1",
            "access-request.refused",
            format!(r#"{PARTIES},"in_time":"true""#),
            vec![counted("weishengju", Refusals), counted("weishengju", AnsweredInTime)],
        ),
        (
            "access-request/1",
            "access-request.refused",
            format!(r#"{PARTIES},"in_time":"false""#),
            vec![
                counted("weishengju", Refusals),
                counted("weishengju", AnsweredLate),
                stands("weishengju", Overdue, "access-request/1"),
            ],
        ),
        (
            "agreement/1",
            "agreement.activated",
            PARTIES.to_owned(),
            vec![counted("weishengju", Agreements), counted("jiaowei", Agreements)],
        ),
        (
            "delivery/1",
            "delivery.completed",
            PARTIES.to_owned(),
            vec![counted("weishengju", DeliveriesGiven), counted("jiaowei", DeliveriesTaken)],
        ),
    ];
    let mut seen = BTreeSet::new();
    for (aggregate, kind, attributes, expected) in table {
        seen.extend(expected.iter().filter_map(|effect| match effect {
            Effect::Counted { indicator, .. } | Effect::Stands { indicator, .. } => Some(*indicator),
            Effect::Known { .. } | Effect::Falls { .. } => None,
        }));
        assert_eq!(effects(&leaf(aggregate, kind, &attributes)), Ok(expected), "{kind} {attributes}");
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        Indicator::ALL,
        "every indicator is counted by some event"
    );
}

#[test]
fn other_events_count_for_nobody() {
    for kind in
        ["access-request.drafted", "access-request.agreed", "delivery.started", "delivery.broken", "x"]
    {
        assert_eq!(effects(&leaf("x/1", kind, PARTIES)), Ok(Vec::new()), "{kind}");
    }
}

#[test]
fn a_leaf_that_lacks_what_is_counted_is_named() {
    let missing = |kind: &str, attribute| Malformed::Missing { kind: kind.to_owned(), attribute };
    let table = [
        (
            "access-request.submitted",
            r#""applicant":"jiaowei""#,
            missing("access-request.submitted", "provider"),
        ),
        ("delivery.completed", r#""provider":"jiaowei""#, missing("delivery.completed", "applicant")),
        ("access-request.consented", PARTIES, missing("access-request.consented", "in_time")),
        (
            "access-request.refused",
            r#""in_time":"yes","provider":"jiaowei""#,
            Malformed::Value { attribute: "in_time", value: "yes".to_owned() },
        ),
    ];
    for (kind, attributes, expected) in table {
        assert_eq!(effects(&leaf("x/1", kind, attributes)), Err(expected), "{kind} {attributes}");
    }
    assert!(matches!(
        effects(&leaf("entry/1", "entry.published", r#""provider":"A B""#)),
        Err(Malformed::Unit(_))
    ));
    assert!(matches!(effects(&leaf("unit/", "unit.created", "")), Err(Malformed::Unit(_))));
}

#[test]
fn what_is_no_leaf_of_this_envelope_is_not_read() {
    assert!(matches!(read(b"{}"), Err(Malformed::Json(_))));
    assert!(matches!(read(b"\xff"), Err(Malformed::Json(_))));
    let other = serde_json::to_vec(&Leaf { v: 2, ..leaf("x/1", "x", "") }).expect("a leaf renders");
    assert_eq!(read(&other).map(|leaf| leaf.v), Err(Malformed::Envelope(2)));
}

fn any_effect() -> impl Strategy<Value = Effect> {
    let unit = || prop_oneof![Just("jiaowei"), Just("weishengju")];
    prop_oneof![
        unit().prop_map(|unit| Effect::Known { unit: unit.parse().expect("a slug") }),
        unit().prop_map(|unit| counted(unit, Consents)),
        "[abc]".prop_map(|record| stands("jiaowei", PublishedEntries, &record)),
        "[abc]".prop_map(|record| falls(PublishedEntries, &record)),
    ]
}

/// The table of all units, one event after the other.
#[derive(Debug, Default, PartialEq)]
struct Counted {
    values: BTreeMap<(String, Indicator), i64>,
    standing: BTreeMap<(Indicator, String), String>,
}

impl Counted {
    fn apply(&mut self, tally: Tally) {
        for ((unit, indicator), number) in tally.counted {
            *self.values.entry((unit.to_string(), indicator)).or_default() += number;
        }
        for ((indicator, record), unit) in tally.records {
            let key = (indicator, record);
            match unit {
                Some(unit) => {
                    self.standing.entry(key).or_insert_with(|| unit.to_string());
                }
                None => {
                    self.standing.remove(&key);
                }
            }
        }
    }
}

proptest! {
    /// How the feed is cut into runs makes no difference.
    #[test]
    fn a_run_counts_as_its_events_one_by_one(effects in vec(any_effect(), 0..40), cut in 0..40_usize) {
        let mut one_by_one = Counted::default();
        for effect in &effects {
            let mut tally = Tally::default();
            tally.add(effect.clone());
            one_by_one.apply(tally);
        }
        let mut in_runs = Counted::default();
        let cut = cut.min(effects.len());
        for run in [&effects[..cut], &effects[cut..]] {
            let mut tally = Tally::default();
            run.iter().cloned().for_each(|effect| tally.add(effect));
            in_runs.apply(tally);
        }
        prop_assert_eq!(in_runs, one_by_one);
    }
}
