//! The report to the district government (art. 32), as a page, a workbook and JSON. It says nothing that the stored
//! evaluation does not say, so the same evaluation gives the same bytes.

mod charts;
mod page;
mod workbook;

use govshare_proto::evaluation::v1 as pb;
use serde::Serialize;
use service_kit::{Failure, Reason, Refusal, Violations};

use crate::procedure::scheme::{MonthFigures, Scheme, UnitResult};
use crate::procedure::yearly_evaluation::YearlyEvaluation;

/// Replies are at most 4 MiB, by gRPC's default.
const MOST_BYTES: usize = 3 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Html,
    Xlsx,
    Json,
}

/// A file.
pub struct Rendered {
    pub content: Vec<u8>,
    pub media_type: &'static str,
    pub file_name: String,
}

impl Format {
    pub fn from_proto(format: pb::ReportFormat, violations: &mut Violations) -> Self {
        match format {
            pb::ReportFormat::Html => Self::Html,
            pb::ReportFormat::Xlsx => Self::Xlsx,
            pb::ReportFormat::Json => Self::Json,
            pb::ReportFormat::Unspecified => {
                violations.add("format", "is required / 必填");
                Self::Json
            }
        }
    }
}

pub fn render(evaluation: &YearlyEvaluation, format: Format) -> Result<Rendered, Failure> {
    let (content, media_type, suffix) = match format {
        Format::Html => (page::render(evaluation)?.into_bytes(), "text/html; charset=utf-8", "html"),
        Format::Xlsx => {
            let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            (workbook::render(evaluation)?, media, "xlsx")
        }
        Format::Json => (json(evaluation)?, "application/json", "json"),
    };
    if content.len() > MOST_BYTES {
        return Err(Refusal::new(
            Reason::Overloaded,
            "the report is larger than 3 MiB; take it as XLSX or list the results",
            "报告超过3 MiB，请改用电子表格或者分页读取",
        )
        .into());
    }
    Ok(Rendered { content, media_type, file_name: format!("evaluation-{}.{suffix}", evaluation.year) })
}

#[derive(Serialize)]
struct Document<'e> {
    yearly_evaluation_id: String,
    year: i32,
    state: &'static str,
    feed_position: i64,
    results_sha256: &'e str,
    scheme: &'e Scheme,
    results: &'e [UnitResult],
}

fn json(evaluation: &YearlyEvaluation) -> Result<Vec<u8>, Failure> {
    use crate::procedure::Procedure;
    let document = Document {
        yearly_evaluation_id: evaluation.head.id.to_string(),
        year: evaluation.year,
        state: evaluation.state(),
        feed_position: evaluation.computation.feed_position,
        results_sha256: &evaluation.computation.digest,
        scheme: &evaluation.scheme,
        results: &evaluation.computation.results,
    };
    serde_json::to_vec_pretty(&document).map_err(Failure::internal)
}

/// The whole district by month.
fn district(evaluation: &YearlyEvaluation) -> [MonthFigures; 12] {
    let mut sums = [MonthFigures::default(); 12];
    for result in &evaluation.computation.results {
        for (sum, month) in sums.iter_mut().zip(&result.months) {
            sum.received += month.received;
            sum.in_time += month.in_time;
            sum.overdue += month.overdue;
            sum.deliveries += month.deliveries;
        }
    }
    sums
}

/// Basis points as people read marks: `87.5`.
fn mark(points: u16) -> String {
    format!("{}.{:02}", points / 100, points % 100)
}
