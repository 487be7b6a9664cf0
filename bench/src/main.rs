//! Measures what the project promises about speed and memory, each figure beside its reference in the same run.

mod case;
mod caseload;
mod cpu;
mod durable;
mod gateway;
mod registration;
mod report;
mod sandbox;
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
    let full = arguments.full;
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    // What was measured is told, whatever becomes of the others.
    for name in ["search", "gateway", "registration", "transition", "case", "caseload", "startup"] {
        if arguments.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let found = match name {
            "search" => search::run(full).await,
            "gateway" => gateway::run(full).await,
            "registration" => registration::run(full).await,
            "transition" => transition::run(full).await,
            "case" => case::run().await,
            "caseload" => caseload::run().await,
            _ => startup::run().await,
        };
        match found {
            Ok(found) => figures.extend(found),
            Err(error) => failed.push(format!("{name}: {error}")),
        }
    }
    if figures.is_empty() && failed.is_empty() {
        return Err("there is no benchmark of that name".into());
    }
    report::publish(&figures, &arguments.out)?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
}
