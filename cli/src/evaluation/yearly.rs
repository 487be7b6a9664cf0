//! The yearly evaluation of the district: computed, frozen, verified, reported (art. 6, 32).

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use govshare_proto::evaluation::v1 as pb;
use serde_json::json;

use crate::connect::{Caller, pages, request_id, retrying};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Computes an evaluation of a year from the audit so far, under the default weights.
    Compute { year: i32 },
    /// Fixes the results of an evaluation for good.
    Freeze { evaluation: String },
    /// Lists the evaluations, newest first.
    List {
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Lists the units' results by rank; a unit sees its own.
    Results {
        evaluation: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Computes the results again from the audit and compares.
    Verify { evaluation: String },
    /// Says how many evaluations a year needs, and how many are missing.
    Check { year: i32 },
    /// Lists the units whose projects come first in the project plan (art. 6).
    Priority { year: i32 },
    /// Saves the report to the district government.
    Report {
        /// The year, whose last evaluation it is of.
        #[arg(long, required_unless_present = "evaluation")]
        year: Option<i32>,
        /// This evaluation and no other.
        #[arg(long)]
        evaluation: Option<String>,
        #[arg(long, value_enum, default_value = "html")]
        format: Format,
        /// Where to; without it the name that the platform gives.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replaces a file that is there.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    Html,
    Xlsx,
    Json,
}

const EVALUATIONS: &[&str] =
    &["yearly_evaluation_id", "year", "state", "ranked_count", "feed_position", "create_time"];
/// Columns of the table of results.
pub const RESULTS: &[&str] = &["rank", "unit_id", "display_name", "total", "outstanding"];

pub async fn run(command: Command, caller: &Caller, output: Output) -> Result<(), Failure> {
    let mut client = caller.yearly_evaluations();
    match command {
        Command::Compute { year } => {
            let wanted = pb::CreateYearlyEvaluationRequest { year, scheme: None, request_id: request_id() };
            let call =
                || async { caller.yearly_evaluations().create_yearly_evaluation(wanted.clone()).await };
            output.record(&retrying(call).await?.yearly_evaluation.unwrap_or_default());
        }
        Command::Freeze { evaluation } => {
            let wanted = pb::FreezeYearlyEvaluationRequest {
                yearly_evaluation_id: evaluation,
                request_id: request_id(),
            };
            let call =
                || async { caller.yearly_evaluations().freeze_yearly_evaluation(wanted.clone()).await };
            output.record(&retrying(call).await?.yearly_evaluation.unwrap_or_default());
        }
        Command::List { limit } => {
            output.list(&list(caller, limit).await?, "yearly_evaluations", EVALUATIONS)
        }
        Command::Results { evaluation, limit } => {
            output.list(&results(caller, &evaluation, limit).await?, "results", RESULTS);
        }
        Command::Verify { evaluation } => {
            let wanted = pb::VerifyYearlyEvaluationRequest { yearly_evaluation_id: evaluation };
            let verified = client.verify_yearly_evaluation(wanted).await?.into_inner();
            output.record(&verified);
            if !verified.reproduced {
                return Err(Failure::local("the audit gives other results than are stored"));
            }
        }
        Command::Check { year } => {
            let wanted = pb::CheckYearlyEvaluationsRequest { year };
            output.record(&client.check_yearly_evaluations(wanted).await?.into_inner());
        }
        Command::Priority { year } => {
            let wanted = pb::ListPriorityUnitsRequest { year };
            output.list(&client.list_priority_units(wanted).await?.into_inner(), "units", RESULTS);
        }
        Command::Report { year, evaluation, format, output: file, force } => {
            let id = match evaluation {
                Some(id) => id,
                None => latest(caller, year.unwrap_or_default()).await?,
            };
            save_report(caller, output, id, format, file, force).await?;
        }
    }
    Ok(())
}

/// The year's last frozen evaluation, or the last that was only computed.
async fn latest(caller: &Caller, year: i32) -> Result<String, Failure> {
    let of_year: Vec<_> =
        list(caller, 0).await?.yearly_evaluations.into_iter().filter(|found| found.year == year).collect();
    let frozen = of_year.iter().find(|found| found.freeze_time.is_some());
    let found = frozen.or(of_year.first());
    let none = || Failure::usage(format!("there is no evaluation of {year}; compute one first"));
    Ok(found.ok_or_else(none)?.yearly_evaluation_id.clone())
}

async fn save_report(
    caller: &Caller,
    output: Output,
    yearly_evaluation_id: String,
    format: Format,
    file: Option<PathBuf>,
    force: bool,
) -> Result<(), Failure> {
    let report = report(caller, &yearly_evaluation_id, format).await?;
    let path = file.unwrap_or_else(|| PathBuf::from(&report.file_name));
    if path.exists() && !force {
        return Err(Failure::usage(format!("{} is there already; --force replaces it", path.display())));
    }
    std::fs::write(&path, &report.content).map_err(Failure::local)?;
    let shown = path.display().to_string();
    let value = json!({"file": shown, "media_type": report.media_type, "bytes": report.content.len()});
    output.say(&value, || format!("{shown}: {} bytes, {}", report.content.len(), report.media_type));
    Ok(())
}

/// The report to the district government, as a file.
pub async fn report(
    caller: &Caller,
    yearly_evaluation_id: &str,
    format: Format,
) -> Result<pb::RenderYearlyReportResponse, Failure> {
    let format = match format {
        Format::Html => pb::ReportFormat::Html,
        Format::Xlsx => pb::ReportFormat::Xlsx,
        Format::Json => pb::ReportFormat::Json,
    };
    let wanted = pb::RenderYearlyReportRequest {
        yearly_evaluation_id: yearly_evaluation_id.to_owned(),
        format: format.into(),
    };
    Ok(caller.yearly_evaluations().render_yearly_report(wanted).await?.into_inner())
}

async fn list(caller: &Caller, limit: usize) -> Result<pb::ListYearlyEvaluationsResponse, Failure> {
    let (yearly_evaluations, next_page_token) = pages(limit, |page_size, page_token| async move {
        let wanted = pb::ListYearlyEvaluationsRequest { page_size, page_token, ..Default::default() };
        let page = caller.yearly_evaluations().list_yearly_evaluations(wanted).await?.into_inner();
        Ok((page.yearly_evaluations, page.next_page_token))
    })
    .await?;
    Ok(pb::ListYearlyEvaluationsResponse { yearly_evaluations, next_page_token })
}

pub async fn results(
    caller: &Caller,
    id: &str,
    limit: usize,
) -> Result<pb::ListUnitResultsResponse, Failure> {
    let (results, next_page_token) = pages(limit, |page_size, page_token| async move {
        let yearly_evaluation_id = id.to_owned();
        let wanted = pb::ListUnitResultsRequest { yearly_evaluation_id, page_size, page_token };
        let page = caller.yearly_evaluations().list_unit_results(wanted).await?.into_inner();
        Ok((page.results, page.next_page_token))
    })
    .await?;
    Ok(pb::ListUnitResultsResponse { results, next_page_token })
}
