//! Between contract and machine.

use govshare_proto::evaluation::v1 as pb;
use service_kit::validate::time_to_proto;
use service_kit::{Reason, Refusal, Violations};

use crate::measures::Measure;
use crate::procedure::Rejection;
use crate::procedure::scheme::{Scheme, UnitResult, Weight};
use crate::procedure::yearly_evaluation::{State, YearlyEvaluation};

/// Parses weights; a measure that is none is refused by its name, numbers out of range by their field.
pub fn scheme(given: &pb::EvaluationScheme) -> Result<Scheme, Refusal> {
    let mut violations = Violations::new();
    let mut weights = Vec::new();
    violations.check(
        given.weights.len() <= 100,
        "scheme.weights",
        "must not be more than 100 / 不得超过100项",
    );
    for (number, given) in given.weights.iter().take(100).enumerate() {
        let field = |name: &str| format!("scheme.weights[{number}].{name}");
        let measure = Measure::from_text(&given.measure);
        if measure.is_none() {
            let known: Vec<_> = Measure::ALL.iter().map(|measure| measure.as_str()).collect();
            violations.add(
                field("measure"),
                format!("is no measure; measures are {} / 无此指标", known.join(", ")),
            );
        }
        let weight = u8::try_from(given.weight).ok().filter(|weight| (1..=100).contains(weight));
        violations.check(weight.is_some(), field("weight"), "must be 1 to 100 / 须为1至100");
        if let (Some(measure), Some(weight)) = (measure, weight) {
            weights.push(Weight { measure, weight });
        }
    }
    let full_use = u32::try_from(given.full_use).ok().filter(|number| *number > 0);
    violations.check(full_use.is_some(), "scheme.full_use", "must be at least 1 / 须不小于1");
    let outstanding_from = u16::try_from(given.outstanding_from).ok().filter(|points| *points <= 10_000);
    violations.check(
        outstanding_from.is_some(),
        "scheme.outstanding_from",
        "must be 0 to 10000 / 须为0至10000",
    );
    match (full_use, outstanding_from, violations.is_empty()) {
        (Some(full_use), Some(outstanding_from), true) => Ok(Scheme { weights, full_use, outstanding_from }),
        _ => Err(Refusal::new(
            Reason::WeightsInvalid,
            "the weights are no scheme for an evaluation",
            "权重设置有误",
        )
        .violations(violations.into_found())
        .article("32")),
    }
}

/// The weights given and found right, or those that stand.
pub fn scheme_or(
    given: Option<&pb::EvaluationScheme>,
    otherwise: Scheme,
) -> Result<Scheme, service_kit::Failure> {
    let scheme = match given {
        Some(given) => scheme(given)?,
        None => otherwise,
    };
    let problems = scheme.problems();
    if problems.is_empty() { Ok(scheme) } else { Err(Rejection::WeightsInvalid { problems }.into()) }
}

fn scheme_to_proto(scheme: &Scheme) -> pb::EvaluationScheme {
    let weights = scheme.weights.iter().map(|weight| pb::MeasureWeight {
        measure: weight.measure.as_str().to_owned(),
        weight: weight.weight.into(),
    });
    pb::EvaluationScheme {
        weights: weights.collect(),
        full_use: i32::try_from(scheme.full_use).unwrap_or(i32::MAX),
        outstanding_from: scheme.outstanding_from.into(),
    }
}

pub fn state_name(state: pb::YearlyEvaluationState) -> Option<&'static str> {
    match state {
        pb::YearlyEvaluationState::Unspecified => None,
        pb::YearlyEvaluationState::Computed => Some("COMPUTED"),
        pb::YearlyEvaluationState::Frozen => Some("FROZEN"),
        pb::YearlyEvaluationState::Reported => Some("REPORTED"),
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub fn to_proto(found: &YearlyEvaluation) -> pb::YearlyEvaluation {
    let (state, frozen, report) = match &found.state {
        State::Computed => (pb::YearlyEvaluationState::Computed, None, None),
        State::Frozen { frozen } => (pb::YearlyEvaluationState::Frozen, Some(frozen), None),
        State::Reported { frozen, report } => {
            (pb::YearlyEvaluationState::Reported, Some(frozen), Some(report))
        }
    };
    let results = &found.computation.results;
    pb::YearlyEvaluation {
        yearly_evaluation_id: found.head.id.to_string(),
        year: found.year,
        scheme: Some(scheme_to_proto(&found.scheme)),
        state: state.into(),
        feed_position: found.computation.feed_position,
        results_sha256: found.computation.digest.clone(),
        unit_count: count(results.len()),
        ranked_count: count(results.iter().filter(|result| result.rank.is_some()).count()),
        create_time: Some(time_to_proto(found.head.created)),
        freeze_time: frozen.map(|frozen| time_to_proto(frozen.at)),
        report_time: report.map(|report| time_to_proto(report.at)),
        report_summary: report.map(|report| report.summary.clone()).unwrap_or_default(),
    }
}

pub fn result_to_proto(result: &UnitResult) -> pb::UnitResult {
    let measures = result.measured.iter().map(|one| pb::MeasuredValue {
        measure: one.measure.as_str().to_owned(),
        title: one.measure.chinese().to_owned(),
        applies: one.rate.is_some(),
        rate: one.rate.unwrap_or_default().into(),
        score: one.score.unwrap_or_default().into(),
    });
    pb::UnitResult {
        unit_id: result.unit.to_string(),
        display_name: result.name.clone(),
        rank: result.rank.and_then(|rank| i32::try_from(rank).ok()).unwrap_or_default(),
        total: result.total.unwrap_or_default().into(),
        outstanding: result.outstanding,
        measures: measures.collect(),
    }
}
