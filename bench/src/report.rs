//! Figures of a run: each beside its reference and its goal, as a table for people and as JSON for programs.

use std::path::Path;

use comfy_table::Table;
use serde::Serialize;

/// One measured figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub ours: f64,
    /// What it is compared with, measured in the same run.
    pub reference: Option<f64>,
    /// How many times better than the reference; below 1 it is worse.
    pub ratio: Option<f64>,
    /// The goal in words, empty if the figure only informs.
    pub goal: String,
    pub met: Option<bool>,
    pub unit: &'static str,
}

impl Figure {
    /// A figure without goal.
    pub fn info(name: impl Into<String>, ours: f64, unit: &'static str) -> Self {
        Self { name: name.into(), ours, reference: None, ratio: None, goal: String::new(), met: None, unit }
    }

    /// A figure that shall be at least `goal`.
    pub fn at_least(name: impl Into<String>, ours: f64, goal: f64, unit: &'static str) -> Self {
        Self { goal: format!(">= {goal}"), met: Some(ours >= goal), ..Self::info(name, ours, unit) }
    }

    /// A figure that shall be at most `goal`.
    pub fn at_most(name: impl Into<String>, ours: f64, goal: f64, unit: &'static str) -> Self {
        Self { goal: format!("<= {goal}"), met: Some(ours <= goal), ..Self::info(name, ours, unit) }
    }

    /// A duration that shall be at least `goal` times shorter than that of the reference.
    pub fn faster(name: impl Into<String>, ours: f64, reference: f64, goal: f64, unit: &'static str) -> Self {
        let ratio = reference / ours;
        Self {
            reference: Some(reference),
            ratio: Some(ratio),
            goal: format!(">= {goal}x"),
            met: Some(ratio >= goal),
            ..Self::info(name, ours, unit)
        }
    }
}

/// Prints the table and writes the figures to `file`.
pub fn publish(figures: &[Figure], file: &Path) -> std::io::Result<()> {
    let mut table = Table::new();
    table.set_header(["figure", "ours", "reference", "ratio", "goal", "met", "unit"]);
    let number = |value: Option<f64>| value.map(rounded).unwrap_or_default();
    for figure in figures {
        table.add_row([
            figure.name.clone(),
            rounded(figure.ours),
            number(figure.reference),
            number(figure.ratio),
            figure.goal.clone(),
            figure.met.map(|met| if met { "yes" } else { "NO" }).unwrap_or_default().to_owned(),
            figure.unit.to_owned(),
        ]);
    }
    println!("{table}");
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(file, serde_json::to_vec_pretty(figures)?)
}

/// Three significant digits are more than a measurement on a shared machine is good for.
fn rounded(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The middle one of the rounds.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
