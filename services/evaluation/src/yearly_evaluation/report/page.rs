//! The report as one page without any outside resource, for screens and A4.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use service_kit::Failure;
use time::UtcOffset;

use super::{charts, district, mark};
use crate::procedure::yearly_evaluation::{State, YearlyEvaluation};

pub fn render(evaluation: &YearlyEvaluation) -> Result<String, Failure> {
    let results = &evaluation.computation.results;
    let months = district(evaluation);
    let totals: Vec<u32> = results.iter().filter_map(|result| result.total).map(u32::from).collect();
    let ranked = u32::try_from(totals.len()).unwrap_or(u32::MAX);
    let mean = totals.iter().sum::<u32>().checked_div(ranked).and_then(|mean| u16::try_from(mean).ok());
    let (in_time, overdue): (i64, i64) =
        months.iter().fold((0, 0), |(a, b), month| (a + month.in_time, b + month.overdue));
    let timely = (in_time + overdue > 0).then(|| format!("{}%", in_time * 100 / (in_time + overdue)));
    let summary = match &evaluation.state {
        State::Reported { report, .. } => report.summary.clone(),
        State::Computed | State::Frozen { .. } => String::new(),
    };
    let rows: Vec<_> = results
        .iter()
        .map(|result| {
            let scores = result.measured.iter().map(|one| one.score.map(mark));
            context! {
                rank => result.rank,
                name => result.name.clone(),
                total => result.total.map(mark),
                outstanding => result.outstanding,
                scores => scores.collect::<Vec<_>>(),
            }
        })
        .collect();
    let weights: Vec<_> = evaluation
        .scheme
        .weights
        .iter()
        .map(|weight| context! { title => weight.measure.chinese(), weight => weight.weight })
        .collect();
    let computed =
        evaluation.head.updated.to_offset(UtcOffset::from_hms(8, 0, 0).map_err(Failure::internal)?);
    let page = context! {
        year => evaluation.year,
        state => match evaluation.state {
            State::Computed => "测算稿，尚未核定",
            State::Frozen { .. } => "已核定",
            State::Reported { .. } => "已报告区政府",
        },
        date => computed.date().to_string(),
        ranked,
        units => results.len(),
        mean => mean.map(mark),
        received => months.iter().map(|month| month.received).sum::<i64>(),
        deliveries => months.iter().map(|month| month.deliveries).sum::<i64>(),
        timely,
        summary,
        priority => evaluation.outstanding().map(|result| result.name.clone()).collect::<Vec<_>>(),
        outstanding_from => mark(evaluation.scheme.outstanding_from),
        full_use => evaluation.scheme.full_use,
        weights,
        rows,
        bars => Value::from(Serde(charts::bars(results))),
        trend => Value::from(Serde(charts::trend(&months))),
        heat => Value::from(Serde(charts::heat(results))),
        feed_position => evaluation.computation.feed_position,
        digest => evaluation.computation.digest.clone(),
    };
    let mut templates = Environment::new();
    templates.add_template("report.html", include_str!("report.html")).map_err(Failure::internal)?;
    let template = templates.get_template("report.html").map_err(Failure::internal)?;
    template.render(page).map_err(Failure::internal)
}
