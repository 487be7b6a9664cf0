//! The yearly evaluation (art. 32): measures, weights, ranks, and the same account giving the same results.

use std::collections::BTreeMap;

use evaluation::indicators::Indicator::{self, *};
use evaluation::ledger::{Ledger, Month};
use evaluation::measures::{Figures, Measure};
use evaluation::procedure::scheme::{Scheme, SchemeProblem, Weight};
use evaluation::procedure::yearly_evaluation::{Computation, YearlyEvaluation};
use evaluation::procedure::{Procedure, Rejection};
use proptest::prelude::*;
use uuid::Uuid;

use crate::people::*;

fn month(month: u8) -> Month {
    Month { year: 2026, month }
}

/// Month, what, and how many.
type Changes<'c> = &'c [(u8, Indicator, i64)];
type Counted<'c> = &'c [(Indicator, i64)];

/// A ledger of units with what came in these months.
pub fn ledger(units: &[(&str, Changes)]) -> Ledger {
    let mut ledger = Ledger::default();
    for (id, changes) in units {
        let changes: BTreeMap<_, _> =
            changes.iter().map(|(at, indicator, number)| ((month(*at), *indicator), *number)).collect();
        ledger.changes.insert(unit(id), changes);
        ledger.names.insert(unit(id), format!("区{id}"));
    }
    ledger
}

pub fn computed(ledger: &Ledger) -> YearlyEvaluation {
    let scheme = Scheme::builtin();
    let computation = Computation::of(&scheme, ledger, 99, 2026);
    done(YearlyEvaluation::compute(Uuid::from_u128(1), 2026, scheme, computation, NOW))
}

#[test]
fn the_default_weights_are_a_scheme_over_all_measures() {
    let scheme = Scheme::builtin();
    assert_eq!(scheme.problems(), Vec::new());
    assert_eq!(scheme.weights.len(), Measure::ALL.len());
}

#[test]
fn weights_that_do_not_add_up_or_name_a_measure_twice_are_no_scheme() {
    let weight = |measure, weight| Weight { measure, weight };
    let scheme = |weights: &[Weight]| Scheme { weights: weights.to_vec(), ..Scheme::builtin() };
    let short = scheme(&[weight(Measure::Degree, 60), weight(Measure::Use, 30)]);
    assert_eq!(short.problems(), vec![SchemeProblem::Sum(90)]);
    let twice = scheme(&[weight(Measure::Degree, 50), weight(Measure::Degree, 50), weight(Measure::Use, 0)]);
    let expected = vec![SchemeProblem::Twice(Measure::Degree), SchemeProblem::Zero(Measure::Use)];
    assert_eq!(twice.problems(), expected);
    let range = Scheme { full_use: 0, outstanding_from: 10_001, ..Scheme::builtin() };
    assert_eq!(range.problems(), vec![SchemeProblem::FullUse, SchemeProblem::OutstandingFrom]);
    let computation = Computation::of(&short, &Ledger::default(), 0, 2026);
    let refused = YearlyEvaluation::compute(Uuid::nil(), 2026, short, computation, NOW);
    assert_eq!(refused, Err(Rejection::WeightsInvalid { problems: vec![SchemeProblem::Sum(90)] }));
}

#[test]
fn each_measure_is_the_share_that_its_article_speaks_of() {
    let table: [(Measure, Counted, Option<u16>); 14] = [
        (Measure::Completeness, &[(CompiledEntries, 4), (ListedEntries, 3)], Some(7500)),
        (Measure::Completeness, &[], None),
        (Measure::UpdateTimeliness, &[(DataUpdates, 10), (LateUpdates, 1)], Some(9000)),
        (Measure::UpdateTimeliness, &[(LateUpdates, 2)], Some(0)),
        (Measure::UpdateTimeliness, &[], None),
        (Measure::AnswerTimeliness, &[(AnsweredInTime, 2), (Overdue, 1)], Some(6666)),
        (Measure::AnswerTimeliness, &[(RequestsReceived, 5)], None),
        (Measure::Refusals, &[(Refusals, 1), (Consents, 3)], Some(2500)),
        (Measure::Objections, &[(Refusals, 4), (Objections, 1)], Some(2500)),
        (Measure::Degree, &[(ListedEntries, 2), (SharedEntries, 1)], Some(5000)),
        (Measure::Use, &[(DeliveriesGiven, 2), (DeliveriesTaken, 1)], Some(2500)),
        (Measure::Use, &[(DeliveriesGiven, 500)], Some(10_000)),
        (
            Measure::FeedbackHandling,
            // One was late; another is overdue and open.
            &[
                (FeedbackReceived, 4),
                (FeedbackAnswered, 3),
                (FeedbackAnsweredInTime, 2),
                (FeedbackOverdue, 2),
            ],
            Some(5000),
        ),
        (Measure::SelfEvaluation, &[(SelfEvaluations, 2)], Some(10_000)),
    ];
    for (measure, figures, expected) in table {
        let figures: Figures = figures.iter().copied().collect();
        assert_eq!(measure.rate(&figures, 12), expected, "{measure:?} of {figures:?}");
    }
    assert_eq!(Measure::Refusals.score(2500), 7500, "the fewer, the better");
    assert_eq!(Measure::Degree.score(2500), 2500);
}

#[test]
fn a_year_has_its_own_flows_and_the_stocks_at_its_end() {
    let mut account = ledger(&[("jiaowei", &[(3, AnsweredInTime, 1), (3, Overdue, 1)])]);
    let changes = account.changes.get_mut(&unit("jiaowei")).expect("a unit");
    changes.insert((Month { year: 2025, month: 12 }, CompiledEntries), 2);
    changes.insert((Month { year: 2025, month: 12 }, ListedEntries), 1);
    changes.insert((Month { year: 2025, month: 12 }, AnsweredInTime), 7);
    changes.insert((Month { year: 2027, month: 1 }, ListedEntries), 1);
    let results = Scheme::builtin().evaluate(&account, 2026);
    let rate = |measure| {
        let measured = &results[0].measured;
        measured.iter().find(|one| one.measure == measure).expect("weighted").rate
    };
    assert_eq!(rate(Measure::Completeness), Some(5000), "of the end of 2026");
    assert_eq!(rate(Measure::AnswerTimeliness), Some(5000), "of 2026 alone");
}

#[test]
fn units_rank_by_their_total_share_ranks_and_are_left_out_where_nothing_applies() {
    let good: &[(u8, Indicator, i64)] = &[(1, AnsweredInTime, 4)];
    let bad: &[(u8, Indicator, i64)] = &[(1, AnsweredInTime, 1), (2, Overdue, 3)];
    let idle: &[(u8, Indicator, i64)] = &[(1, RequestsMade, 3), (1, SelfEvaluations, 1)];
    let account = ledger(&[("a1", bad), ("b1", good), ("c1", idle), ("d1", good)]);
    let scheme = Scheme {
        weights: vec![
            Weight { measure: Measure::AnswerTimeliness, weight: 90 },
            Weight { measure: Measure::SelfEvaluation, weight: 10 },
        ],
        ..Scheme::builtin()
    };
    let ranks: Vec<_> = scheme
        .evaluate(&account, 2026)
        .into_iter()
        .map(|result| (result.unit.to_string(), result.rank, result.total, result.outstanding))
        .collect();
    let line = |unit: &str, rank, total, outstanding| (unit.to_owned(), rank, total, outstanding);
    let expected = [
        line("b1", Some(1), Some(9000), true),
        line("d1", Some(1), Some(9000), true),
        line("a1", Some(3), Some(2250), false),
        line("c1", None, None, false),
    ];
    assert_eq!(ranks, expected);
}

#[test]
fn an_evaluation_is_computed_anew_until_it_is_frozen_and_reported_once() {
    let (account, sun) = (ledger(&[("jiaowei", &[(1, AnsweredInTime, 1)])]), actor("info-office", "sun"));
    let found = computed(&account);
    let frozen = done(found.clone().freeze(&sun, NOW));
    let reported = done(frozen.clone().report("总体良好".to_owned(), &sun, NOW));
    let waits: Vec<_> = [&found, &frozen, &reported].into_iter().map(task_kinds).collect();
    assert_eq!(waits, [vec!["freeze"], vec!["report"], vec![]]);
    let states = vec![found, frozen, reported];
    states.iter().for_each(survives_storage);
    let again = || Computation::of(&Scheme::builtin(), &Ledger::default(), 100, 2026);
    each_step_is_possible_in_exactly(
        states,
        vec![
            (
                "recompute",
                Box::new(|found: YearlyEvaluation| found.recompute(Scheme::builtin(), again(), NOW)),
                &["COMPUTED"],
            ),
            ("freeze", Box::new(|found| found.freeze(&sun, NOW)), &["COMPUTED"]),
            ("report", Box::new(|found| found.report(String::new(), &sun, NOW)), &["FROZEN"]),
        ],
    );
}

#[test]
fn the_digest_is_of_the_results_and_of_nothing_else() {
    let one = computed(&ledger(&[("jiaowei", &[(1, AnsweredInTime, 1)])]));
    let same = computed(&ledger(&[("jiaowei", &[(1, AnsweredInTime, 1)])]));
    let other = computed(&ledger(&[("jiaowei", &[(1, AnsweredInTime, 1), (2, Overdue, 1)])]));
    assert_eq!(one.computation.digest, same.computation.digest);
    assert_ne!(one.computation.digest, other.computation.digest);
    assert_eq!(one.attributes()["results_sha256"], one.computation.digest);
}

proptest! {
    /// Totals stay within marks, ranks follow totals, and more answers in time never cost a unit anything.
    #[test]
    fn results_are_in_order_and_in_range(
        numbers in prop::collection::vec((0..20_i64, 0..20_i64, 0..20_i64, 0..20_i64), 1..12),
    ) {
        let mut account = Ledger::default();
        for (at, (in_time, overdue, compiled, listed)) in numbers.iter().enumerate() {
            let changes = [(AnsweredInTime, *in_time), (Overdue, *overdue), (CompiledEntries, *compiled),
                (ListedEntries, *listed)];
            let changes = changes.into_iter().map(|(indicator, number)| ((month(1), indicator), number)).collect();
            account.changes.insert(unit(&format!("u{at}")), changes);
        }
        let scheme = Scheme::builtin();
        let results = scheme.evaluate(&account, 2026);
        prop_assert_eq!(results.len(), numbers.len());
        for pair in results.windows(2) {
            prop_assert!(pair[0].total >= pair[1].total);
            if let (Some(first), Some(second)) = (pair[0].rank, pair[1].rank) {
                prop_assert_eq!(first == second, pair[0].total == pair[1].total);
            }
        }
        prop_assert!(results.iter().all(|result| result.total.is_none_or(|total| total <= 10_000)));
        let better = unit("u0");
        let total = |results: &[evaluation::procedure::scheme::UnitResult]| {
            results.iter().find(|result| result.unit == better).and_then(|result| result.total)
        };
        let before = total(&results);
        let answered = |account: &Ledger| account.changes[&better][&(month(1), AnsweredInTime)] + account.changes[&better][&(month(1), Overdue)];
        if answered(&account) > 0 {
            *account.changes.get_mut(&better).expect("u0").get_mut(&(month(1), AnsweredInTime)).expect("there") += 5;
            prop_assert!(total(&scheme.evaluate(&account, 2026)) >= before);
        }
    }
}
