//! `govshare evaluation`: what the units did, counted from the audit, the yearly evaluation over it (art. 32), and
//! feedback on data (art. 28).

mod feedback;
mod records;
pub mod yearly;

use std::cell::Cell;

use clap::Subcommand;
use govshare_proto::evaluation::v1 as pb;

use crate::args::Global;
use crate::connect::{Caller, pages};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the indicators of one unit, or of all that you may see.
    Show {
        unit: Option<String>,
        /// How many units to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows what was counted for a unit in a year (2026) or month (2026-03), and the measures over it.
    Period { unit: String, period: String },
    /// Problems found in data that was obtained (art. 28).
    #[command(subcommand)]
    Feedback(feedback::Command),
    #[command(flatten)]
    Yearly(yearly::Command),
    #[command(flatten)]
    Records(records::Command),
}

/// The columns of the table of units.
pub const COLUMNS: &[&str] = &[
    "unit_id",
    "published_entries",
    "requests_received",
    "answered_in_time",
    "answered_late",
    "overdue",
    "consents",
    "refusals",
    "requests_made",
    "agreements",
    "deliveries_given",
    "deliveries_taken",
];

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let output = global.output();
    match command {
        Command::Show { unit: Some(unit), .. } => output.record(&of_unit(&caller, &unit).await?),
        Command::Show { unit: None, limit } => {
            output.list(&list(&caller, limit).await?, "unit_indicators", COLUMNS);
        }
        Command::Period { unit, period } => {
            let wanted = pb::GetUnitPeriodRequest { unit_id: unit, period };
            output.record(&caller.evaluation().get_unit_period(wanted).await?.into_inner());
        }
        Command::Feedback(command) => feedback::run(command, &caller, output).await?,
        Command::Yearly(command) => yearly::run(command, &caller, output).await?,
        Command::Records(command) => records::run(command, &caller, output).await?,
    }
    Ok(())
}

pub async fn of_unit(caller: &Caller, unit: &str) -> Result<pb::GetUnitIndicatorsResponse, Failure> {
    let wanted = pb::GetUnitIndicatorsRequest { unit_id: unit.to_owned() };
    Ok(caller.evaluation().get_unit_indicators(wanted).await?.into_inner())
}

pub async fn list(caller: &Caller, limit: usize) -> Result<pb::ListUnitIndicatorsResponse, Failure> {
    let feed = Cell::new(0);
    let (unit_indicators, next_page_token) = pages(limit, |page_size, page_token| {
        let (mut client, feed) = (caller.evaluation(), &feed);
        async move {
            let wanted = pb::ListUnitIndicatorsRequest { page_size, page_token };
            let page = client.list_unit_indicators(wanted).await?.into_inner();
            feed.set(page.feed_position);
            Ok((page.unit_indicators, page.next_page_token))
        }
    })
    .await?;
    Ok(pb::ListUnitIndicatorsResponse { unit_indicators, next_page_token, feed_position: feed.get() })
}
