//! Leaves as the services write them, and what they count for.

use std::collections::{BTreeMap, BTreeSet};

use evaluation::indicators::{Effect, Indicator, Malformed, effects, read};
use evaluation::ledger::{Ledger, Month, records_named};
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
            r#""provider":"weishengju","sharing_type":"CONDITIONAL""#.to_owned(),
            vec![
                stands("weishengju", PublishedEntries, "entry/1"),
                stands("weishengju", ListedEntries, "entry/1"),
                stands("weishengju", SharedEntries, "entry/1"),
            ],
        ),
        (
            "entry/1",
            "entry.published",
            r#""provider":"weishengju","sharing_type":"WITHHELD""#.to_owned(),
            vec![
                stands("weishengju", PublishedEntries, "entry/1"),
                stands("weishengju", ListedEntries, "entry/1"),
                falls(SharedEntries, "entry/1"),
            ],
        ),
        (
            "entry/1",
            "entry.drafted",
            r#""provider":"weishengju""#.to_owned(),
            vec![stands("weishengju", CompiledEntries, "entry/1")],
        ),
        (
            "entry/1",
            "entry.update-late",
            r#""provider":"weishengju""#.to_owned(),
            vec![counted("weishengju", LateUpdates)],
        ),
        (
            "update-schedule/1",
            "entry.update-recorded",
            r#""provider":"weishengju""#.to_owned(),
            vec![counted("weishengju", DataUpdates)],
        ),
        (
            "access-request/1",
            "access-request.submitted-to-info-office",
            r#""applicant":"jiaowei""#.to_owned(),
            vec![counted("jiaowei", RequestsMade)],
        ),
        (
            "access-request/1",
            "access-request.forwarded",
            PARTIES.to_owned(),
            vec![counted("weishengju", RequestsReceived)],
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
            vec![
                falls(PublishedEntries, "entry/1"),
                falls(CompiledEntries, "entry/1"),
                falls(ListedEntries, "entry/1"),
                falls(SharedEntries, "entry/1"),
            ],
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
        // Answered anew after coordination: no further answer, and late it is overdue.
        (
            "access-request/1",
            "access-request.consented",
            format!(r#"{PARTIES},"answers_before":"1","in_time":"true""#),
            Vec::new(),
        ),
        (
            "access-request/1",
            "access-request.refused",
            format!(r#"{PARTIES},"answers_before":"1","in_time":"false""#),
            vec![stands("weishengju", Overdue, "access-request/1")],
        ),
        (
            "agreement/1",
            "agreement.activated",
            PARTIES.to_owned(),
            vec![counted("weishengju", Agreements), counted("jiaowei", Agreements)],
        ),
        (
            "agreement/2",
            "agreement.activated",
            format!(r#"{PARTIES},"replacement":"AMENDMENT","replaces":"1""#),
            Vec::new(),
        ),
        (
            "delivery/1",
            "delivery.completed",
            PARTIES.to_owned(),
            vec![counted("weishengju", DeliveriesGiven), counted("jiaowei", DeliveriesTaken)],
        ),
        (
            "access-request/1",
            "access-request.objected",
            PARTIES.to_owned(),
            vec![counted("weishengju", Objections)],
        ),
        (
            "feedback/1",
            "feedback.submitted",
            PARTIES.to_owned(),
            vec![stands("weishengju", FeedbackReceived, "feedback/1"), counted("jiaowei", FeedbackGiven)],
        ),
        ("feedback/1", "feedback.withdrawn", PARTIES.to_owned(), vec![falls(FeedbackReceived, "feedback/1")]),
        (
            "feedback/1",
            "feedback.overdue",
            PARTIES.to_owned(),
            vec![stands("weishengju", FeedbackOverdue, "feedback/1")],
        ),
        (
            "feedback/1",
            "feedback.answered",
            format!(r#"{PARTIES},"in_time":"false""#),
            vec![
                counted("weishengju", FeedbackAnswered),
                stands("weishengju", FeedbackOverdue, "feedback/1"),
            ],
        ),
        (
            "feedback/1",
            "feedback.answered",
            format!(r#"{PARTIES},"in_time":"true""#),
            vec![counted("weishengju", FeedbackAnswered), counted("weishengju", FeedbackAnsweredInTime)],
        ),
        (
            "self-evaluation/1",
            "self-evaluation.accepted",
            r#""owner":"jiaowei""#.to_owned(),
            vec![counted("jiaowei", SelfEvaluations)],
        ),
        (
            "violation/1",
            "violation.found",
            r#""owner":"jiaowei""#.to_owned(),
            vec![counted("jiaowei", Violations)],
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
        // The calendar of updates hears of published data, and says so once a day.
        [
            "access-request.drafted",
            "access-request.agreed",
            "data-version.published",
            "delivery.started",
            "x",
        ]
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

fn month(month: u8) -> Month {
    Month { year: 2026, month }
}

/// What the database does with the ledgers of consecutive runs.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    changes: BTreeMap<(String, Month, Indicator), i64>,
    standing: BTreeMap<(Indicator, String), govshare_model::id::UnitId>,
}

impl Kept {
    fn run(&mut self, effects: &[(Effect, Month)]) {
        let mut ledger = Ledger::from_standing(self.standing.clone());
        effects.iter().cloned().for_each(|(effect, month)| ledger.add(effect, month));
        for (unit, changes) in ledger.changes {
            for ((month, indicator), number) in changes {
                *self.changes.entry((unit.to_string(), month, indicator)).or_default() += number;
            }
        }
        self.standing = ledger.standing;
    }
}

proptest! {
    /// How the feed is cut into runs makes no difference.
    #[test]
    fn a_run_counts_as_its_events_one_by_one(
        effects in vec((any_effect(), (1..4_u8).prop_map(month)), 0..40), cut in 0..40_usize,
    ) {
        let mut one_by_one = Kept::default();
        for effect in &effects {
            one_by_one.run(std::slice::from_ref(effect));
        }
        let mut in_runs = Kept::default();
        let cut = cut.min(effects.len());
        in_runs.run(&effects[..cut]);
        in_runs.run(&effects[cut..]);
        prop_assert_eq!(&in_runs, &one_by_one);
        let standing = in_runs.standing.keys().filter(|(indicator, _)| *indicator == PublishedEntries).count();
        let changes = in_runs.changes.iter().filter(|((_, _, indicator), _)| *indicator == PublishedEntries);
        prop_assert_eq!(changes.map(|(_, number)| number).sum::<i64>(), i64::try_from(standing).expect("few"));
    }
}

#[test]
fn an_event_counts_in_the_month_of_shanghai() {
    let mut ledger = Ledger::default();
    for (time, expected) in [("2026-01-31T15:59:59Z", 1), ("2026-01-31T16:00:00Z", 2)] {
        let leaf =
            Leaf { time: time.to_owned(), ..leaf("access-request/1", "access-request.submitted", PARTIES) };
        ledger.take(&serde_json::to_vec(&leaf).expect("a leaf renders")).expect("counted");
        let unit = "weishengju".parse().expect("a slug");
        assert_eq!(ledger.changes[&unit].get(&(month(expected), RequestsReceived)), Some(&1), "{time}");
    }
    let bad = Leaf { time: "yesterday".to_owned(), ..leaf("unit/ab", "unit.created", "") };
    let bad = serde_json::to_vec(&bad).expect("a leaf renders");
    assert_eq!(ledger.take(&bad), Err(Malformed::Time("yesterday".to_owned())));
}

#[test]
fn a_self_evaluation_counts_for_the_year_in_which_its_period_ends() {
    let accepted = |end: &str| Leaf {
        time: "2026-01-20T02:00:00Z".to_owned(),
        ..leaf(
            "self-evaluation/1",
            "self-evaluation.accepted",
            &format!(r#""owner":"jiaowei","period_end":"{end}""#),
        )
    };
    let mut ledger = Ledger::default();
    ledger.take(&serde_json::to_vec(&accepted("2025-12-31")).expect("a leaf renders")).expect("counted");
    let december = Month { year: 2025, month: 12 };
    let unit = "jiaowei".parse().expect("a slug");
    assert_eq!(ledger.changes[&unit], [((december, SelfEvaluations), 1)].into());
    let bad = ledger.take(&serde_json::to_vec(&accepted("December")).expect("a leaf renders"));
    assert_eq!(bad, Err(Malformed::Value { attribute: "period_end", value: "December".to_owned() }));
}

#[test]
fn what_an_account_has_to_know_from_before_are_the_records_that_its_events_turn() {
    let leaves = [
        leaf("entry/1", "entry.published", r#""provider":"jiaowei""#),
        leaf("delivery/1", "delivery.completed", PARTIES),
        leaf("entry/2", "entry.suspended", r#""provider":"jiaowei""#),
    ];
    let leaves = leaves.map(|leaf| serde_json::to_vec(&leaf).expect("a leaf renders"));
    let named = records_named(leaves.iter().map(Vec::as_slice));
    let expected = [(PublishedEntries, "entry/1"), (PublishedEntries, "entry/2"), (ListedEntries, "entry/1")];
    assert_eq!(named, expected.map(|(indicator, record)| (indicator, record.to_owned())).into());
}
