//! Measures what the project promises about speed and memory, each figure beside its reference in the same run.

mod case;
mod caseload;
mod cpu;
mod durable;
mod gateway;
mod registration;
mod report;
mod search;
mod startup;
mod transition;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// More rounds and calls; without it all benchmarks end within ten minutes.
    #[arg(long)]
    full: bool,
    /// Runs one benchmark only: search, gateway, registration, transition, case,
    /// caseload or startup.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench/results.json")]
    out: PathBuf,
    /// Plays a part in the benchmark of the gateway, as its child process.
    #[arg(long, hide = true)]
    gateway_part: Option<gateway::parts::Part>,
    /// Plays the reference of the benchmark of transitions on this database.
    #[arg(long, hide = true)]
    transition_bare: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(part) = arguments.gateway_part {
        return part.play().await;
    }
    if let Some(database_url) = arguments.transition_bare {
        return transition::serve_bare(&database_url).await;
    }
    let wanted = |name: &str| arguments.only.as_deref().is_none_or(|only| only == name);
    let mut figures = Vec::new();
    if wanted("search") {
        figures.extend(search::run(arguments.full).await?);
    }
    if wanted("gateway") {
        figures.extend(gateway::run(arguments.full).await?);
    }
    if wanted("registration") {
        figures.extend(registration::run(arguments.full).await?);
    }
    if wanted("transition") {
        figures.extend(transition::run(arguments.full).await?);
    }
    if wanted("case") {
        figures.extend(case::run().await?);
    }
    if wanted("caseload") {
        figures.extend(caseload::run().await?);
    }
    if wanted("startup") {
        figures.extend(startup::run().await?);
    }
    if figures.is_empty() {
        return Err("there is no benchmark of that name".into());
    }
    report::publish(&figures, &arguments.out)?;
    Ok(())
}
