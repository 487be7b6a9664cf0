//! Where the marks of the charts lie; how they look is the template's business.

use serde::Serialize;

use super::mark;
use crate::procedure::scheme::{MonthFigures, UnitResult};

/// Rows of one drawing: a page holds so many, and a drawing does not break over pages.
const ROWS: usize = 32;
const ROW: usize = 24;
/// Width of all drawings, and of the names at their left.
const WIDTH: usize = 720;
const NAMES: usize = 170;

/// Bars of the units' totals.
#[derive(Serialize)]
pub struct Bars {
    pub width: usize,
    pub height: usize,
    pub left: usize,
    pub grid: Vec<Tick>,
    pub rows: Vec<Bar>,
}

#[derive(Serialize)]
pub struct Tick {
    pub at: usize,
    pub label: String,
}

#[derive(Serialize)]
pub struct Bar {
    pub name: String,
    /// The name as far as there is room for it.
    pub label: String,
    pub y: usize,
    pub length: usize,
    pub mark: String,
    pub outstanding: bool,
}

pub fn bars(results: &[UnitResult]) -> Vec<Bars> {
    let ranked: Vec<_> = results.iter().filter_map(|result| Some((result, result.total?))).collect();
    let space = WIDTH - NAMES - 60;
    let drawing = |chunk: &[(&UnitResult, u16)]| Bars {
        width: WIDTH,
        height: chunk.len() * ROW + 26,
        left: NAMES,
        grid: (0..=4)
            .map(|part| Tick { at: NAMES + space * part / 4, label: (25 * part).to_string() })
            .collect(),
        rows: chunk
            .iter()
            .enumerate()
            .map(|(row, (result, total))| Bar {
                name: result.name.clone(),
                label: short(&result.name),
                y: row * ROW,
                length: space * usize::from(*total) / 10_000,
                mark: mark(*total),
                outstanding: result.outstanding,
            })
            .collect(),
    };
    ranked.chunks(ROWS).map(drawing).collect()
}

fn short(name: &str) -> String {
    const ROOM: usize = 13;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM - 1).chain(['…']).collect()
}

/// Lines over the twelve months.
#[derive(Serialize)]
pub struct Trend {
    pub width: usize,
    pub height: usize,
    pub left: usize,
    pub right: usize,
    pub bottom: usize,
    pub levels: Vec<Tick>,
    pub months: Vec<Tick>,
    pub series: Vec<Series>,
}

#[derive(Serialize)]
pub struct Series {
    pub name: &'static str,
    pub class: &'static str,
    /// `x,y x,y ...`.
    pub points: String,
    pub dots: Vec<(usize, usize)>,
    pub total: i64,
    /// Where its name stands, at the end of the line.
    pub label_y: usize,
}

pub fn trend(months: &[MonthFigures; 12]) -> Trend {
    let (left, right, top, bottom) = (44, 590, 12, 232);
    let named: [(_, _, fn(&MonthFigures) -> i64); 4] = [
        ("收到申请", "received", |month| month.received),
        ("按期答复", "in-time", |month| month.in_time),
        ("逾期", "overdue", |month| month.overdue),
        ("交付", "deliveries", |month| month.deliveries),
    ];
    let highest = months.iter().flat_map(|month| named.iter().map(|(_, _, of)| of(month))).max();
    let highest = usize::try_from(ceiling(highest.unwrap_or_default())).unwrap_or(4);
    let x = |month: usize| left + (right - left) * month / 11;
    let y = |value: i64| {
        let value = usize::try_from(value.max(0)).unwrap_or_default().min(highest);
        bottom - (bottom - top) * value / highest
    };
    let mut series: Vec<_> = named
        .iter()
        .map(|(name, class, of)| {
            let dots: Vec<_> = months.iter().enumerate().map(|(month, all)| (x(month), y(of(all)))).collect();
            let points: Vec<_> = dots.iter().map(|(x, y)| format!("{x},{y}")).collect();
            Series {
                name,
                class,
                points: points.join(" "),
                label_y: dots.last().map(|(_, y)| *y).unwrap_or(bottom),
                dots,
                total: months.iter().map(of).sum(),
            }
        })
        .collect();
    part_labels(&mut series, bottom);
    Trend {
        width: WIDTH,
        height: 262,
        left,
        right,
        bottom,
        levels: (0..=4)
            .map(|part| Tick {
                at: bottom - (bottom - top) * part / 4,
                label: (highest * part / 4).to_string(),
            })
            .collect(),
        months: (0..12).map(|month| Tick { at: x(month), label: format!("{}月", month + 1) }).collect(),
        series,
    }
}

/// The next number that four levels divide evenly and people read easily.
fn ceiling(highest: i64) -> i64 {
    let mut step = 4;
    while step < highest {
        step = if step.to_string().starts_with('2') { step * 2 } else { step * 5 / 2 };
        step += (4 - step % 4) % 4;
    }
    step
}

/// Names at the ends of lines must not lie on each other.
fn part_labels(series: &mut [Series], bottom: usize) {
    const APART: usize = 16;
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(series[*at].label_y));
    let mut limit = bottom;
    for at in order {
        series[at].label_y = series[at].label_y.min(limit);
        limit = series[at].label_y.saturating_sub(APART);
    }
}

/// Of each unit and month, the share of answers that came by their last day.
#[derive(Serialize)]
pub struct Heat {
    pub width: usize,
    pub height: usize,
    pub cell: usize,
    pub months: Vec<Tick>,
    pub rows: Vec<HeatRow>,
}

#[derive(Serialize)]
pub struct HeatRow {
    pub name: String,
    pub label: String,
    pub y: usize,
    pub cells: Vec<Cell>,
}

#[derive(Serialize)]
pub struct Cell {
    pub x: usize,
    pub class: &'static str,
    pub label: String,
    pub title: String,
}

pub fn heat(results: &[UnitResult]) -> Vec<Heat> {
    let answering = |result: &&UnitResult| {
        result.months.iter().any(|month| month.in_time + month.overdue > 0 || month.received > 0)
    };
    let shown: Vec<_> = results.iter().filter(answering).collect();
    let cell = (WIDTH - NAMES) / 12;
    let x = |month: usize| NAMES + cell * month;
    let drawing = |chunk: &[&UnitResult]| Heat {
        width: WIDTH,
        height: chunk.len() * ROW + 24,
        cell,
        months: (0..12)
            .map(|month| Tick { at: x(month) + cell / 2, label: format!("{}月", month + 1) })
            .collect(),
        rows: chunk
            .iter()
            .enumerate()
            .map(|(row, result)| HeatRow {
                name: result.name.clone(),
                label: short(&result.name),
                y: 24 + row * ROW,
                cells: result
                    .months
                    .iter()
                    .enumerate()
                    .map(|(month, figures)| heat_cell(x(month), month + 1, figures))
                    .collect(),
            })
            .collect(),
    };
    shown.chunks(ROWS).map(drawing).collect()
}

fn heat_cell(x: usize, month: usize, figures: &MonthFigures) -> Cell {
    let due = figures.in_time + figures.overdue;
    if due <= 0 {
        return Cell {
            x, class: "none", label: "–".to_owned(), title: format!("{month}月：无到期申请")
        };
    }
    let percent = figures.in_time * 100 / due;
    let class = match percent {
        95.. => "good",
        80.. => "fair",
        60.. => "poor",
        _ => "bad",
    };
    let title = format!("{month}月：按期{}件，逾期{}件", figures.in_time, figures.overdue);
    Cell { x, class, label: format!("{percent}%"), title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_reaches_over_every_value_and_divides_by_four() {
        for highest in [0, 1, 4, 5, 17, 99, 100, 1234, 99_999] {
            let ceiling = ceiling(highest);
            assert!(ceiling >= highest && ceiling % 4 == 0, "{highest}: {ceiling}");
        }
    }

    #[test]
    fn marks_stay_inside_their_drawing() {
        let months = [MonthFigures { received: 7, in_time: 5, overdue: 2, deliveries: 40 }; 12];
        let trend = trend(&months);
        for series in &trend.series {
            for (x, y) in &series.dots {
                assert!((trend.left..=trend.right).contains(x) && *y <= trend.bottom, "{x},{y}");
            }
        }
        let mut labels: Vec<_> = trend.series.iter().map(|series| series.label_y).collect();
        labels.sort_unstable();
        assert!(labels.windows(2).all(|pair| pair[1] - pair[0] >= 16), "{labels:?}");
    }

    #[test]
    fn a_month_is_coloured_by_the_share_of_answers_in_time() {
        let of = |in_time, overdue| {
            heat_cell(0, 1, &MonthFigures { received: 1, in_time, overdue, deliveries: 0 }).class
        };
        assert_eq!(
            [of(0, 0), of(1, 0), of(9, 1), of(6, 4), of(0, 1)],
            ["none", "good", "fair", "poor", "bad"]
        );
    }
}
