//! The weights of an evaluation, and what a ledger is worth under them: results, ranks and who is outstanding (art. 6, 32).

use std::collections::{BTreeMap, BTreeSet};

use govshare_model::id::UnitId;
use serde::{Deserialize, Serialize};

use crate::indicators::Indicator;
use crate::ledger::{Ledger, Month};
use crate::measures::{Figures, Measure, WHOLE};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    pub weights: Vec<Weight>,
    /// Deliveries given and taken in a year that make the use of a unit full.
    pub full_use: u32,
    /// Total from which on a unit is outstanding in sharing (art. 6), in basis points.
    pub outstanding_from: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    pub measure: Measure,
    /// Of 100.
    pub weight: u8,
}

/// What is wrong with a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeProblem {
    Sum(u32),
    Twice(Measure),
    Zero(Measure),
    FullUse,
    OutstandingFrom,
}

/// A unit's year. Where nothing was to be measured, nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitResult {
    pub unit: UnitId,
    pub name: String,
    pub measured: Vec<Measured>,
    /// Weighted over the measures that apply, in basis points.
    pub total: Option<u16>,
    /// From 1; units with one total share a rank.
    pub rank: Option<u32>,
    pub outstanding: bool,
    pub months: Vec<MonthFigures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    pub measure: Measure,
    /// In basis points.
    pub rate: Option<u16>,
    pub score: Option<u16>,
}

/// What a report draws by month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthFigures {
    pub received: i64,
    pub in_time: i64,
    pub overdue: i64,
    pub deliveries: i64,
}

impl Scheme {
    /// The default, for the info office to change.
    pub fn builtin() -> Self {
        toml::from_str(include_str!("../../data/scheme.toml"))
            .expect("a test loads the scheme that is compiled in")
    }

    pub fn problems(&self) -> Vec<SchemeProblem> {
        let mut problems = Vec::new();
        let sum = self.weights.iter().map(|weight| u32::from(weight.weight)).sum();
        if sum != 100 {
            problems.push(SchemeProblem::Sum(sum));
        }
        let mut seen = BTreeSet::new();
        for weight in &self.weights {
            if !seen.insert(weight.measure) {
                problems.push(SchemeProblem::Twice(weight.measure));
            }
            if weight.weight == 0 {
                problems.push(SchemeProblem::Zero(weight.measure));
            }
        }
        if self.full_use == 0 {
            problems.push(SchemeProblem::FullUse);
        }
        if self.outstanding_from > WHOLE {
            problems.push(SchemeProblem::OutstandingFrom);
        }
        problems
    }

    /// The results of all units of a ledger, by rank; those without a total last, by unit.
    pub fn evaluate(&self, ledger: &Ledger, year: i32) -> Vec<UnitResult> {
        let mut results: Vec<_> = ledger
            .changes
            .iter()
            .filter(|(_, changes)| changes.keys().any(|(month, _)| month.year <= year))
            .map(|(unit, changes)| {
                let name = ledger.names.get(unit).cloned().unwrap_or_else(|| unit.to_string());
                self.result(unit, name, changes, year)
            })
            .collect();
        results.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.unit.cmp(&b.unit)));
        let mut last = (None, 0);
        for (place, result) in results.iter_mut().enumerate() {
            let Some(total) = result.total else { break };
            if last.0 != Some(total) {
                last = (Some(total), u32::try_from(place + 1).unwrap_or(u32::MAX));
            }
            result.rank = Some(last.1);
        }
        results
    }

    fn result(
        &self,
        unit: &UnitId,
        name: String,
        changes: &BTreeMap<(Month, Indicator), i64>,
        year: i32,
    ) -> UnitResult {
        let figures = figures(changes, year);
        let measured: Vec<_> = self
            .weights
            .iter()
            .map(|weight| {
                let rate = weight.measure.rate(&figures, self.full_use);
                let score = rate.map(|rate| weight.measure.score(rate));
                Measured { measure: weight.measure, rate, score }
            })
            .collect();
        // Whoever had nothing to answer and nothing to share is not measured by reports and use alone.
        let applies = measured
            .iter()
            .any(|one| one.rate.is_some() && !matches!(one.measure, Measure::Use | Measure::SelfEvaluation));
        let scored = self.weights.iter().zip(&measured);
        let scored =
            scored.filter_map(|(weight, one)| Some((u32::from(weight.weight), u32::from(one.score?))));
        let (sum, weights) =
            scored.fold((0, 0), |(sum, weights), (weight, score)| (sum + weight * score, weights + weight));
        let total = (applies && weights > 0).then(|| u16::try_from(sum / weights).unwrap_or(WHOLE));
        let months = (1..=12).map(|month| month_figures(changes, Month { year, month })).collect();
        let outstanding = total.is_some_and(|total| total >= self.outstanding_from);
        UnitResult { unit: unit.clone(), name, measured, total, rank: None, outstanding, months }
    }
}

/// Flows of the year, stocks at its end.
fn figures(changes: &BTreeMap<(Month, Indicator), i64>, year: i32) -> Figures {
    let mut figures = Figures::new();
    for ((month, indicator), number) in changes {
        let counts = if indicator.is_stock() { month.year <= year } else { month.year == year };
        if counts {
            *figures.entry(*indicator).or_default() += number;
        }
    }
    figures
}

fn month_figures(changes: &BTreeMap<(Month, Indicator), i64>, month: Month) -> MonthFigures {
    let of = |indicator| changes.get(&(month, indicator)).copied().unwrap_or_default();
    MonthFigures {
        received: of(Indicator::RequestsReceived),
        in_time: of(Indicator::AnsweredInTime),
        overdue: of(Indicator::Overdue),
        deliveries: of(Indicator::DeliveriesGiven),
    }
}
