//! `govshare-sandbox`: the whole platform on one machine, for trying it out and for integrators.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use govshare_cluster::{Cluster, Error, Options, Seed, StateDir};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(about = "Runs the whole platform on this machine, on a private PostgreSQL")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts everything and serves until Ctrl-C.
    Run {
        /// Where data, keys, tokens and logs stay over restarts.
        #[arg(long, default_value = ".govshare")]
        dir: PathBuf,
        /// The one port that clients need, on 127.0.0.1.
        #[arg(long, default_value_t = govshare_cluster::GATEWAY.port)]
        gateway_port: u16,
    },
    /// Runs a command with DATABASE_URL naming a disposable database that has the tables of all services.
    WithDatabase {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Removes a sandbox that does not run, with all its data.
    Reset {
        #[arg(long, default_value = ".govshare")]
        dir: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run { dir, gateway_port } => run(dir, gateway_port).await,
        Command::WithDatabase { command } => {
            match govshare_cluster::with_database(std::path::Path::new("."), &command).await {
                Ok(status) => return ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
                Err(error) => Err(error),
            }
        }
        Command::Reset { dir } => StateDir::reset(&dir).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(dir: PathBuf, gateway_port: u16) -> Result<(), Error> {
    let mut told_to_stop = std::pin::pin!(told_to_stop());
    let cluster = tokio::select! {
        started = Cluster::start(Options::sandbox(dir, gateway_port)) => started?,
        () = &mut told_to_stop => return Ok(()),
    };
    cluster.plant(&Seed::builtin()).await?;
    cluster.announce()?;
    let sandbox = cluster.description();
    println!("gateway    {}", sandbox.gateway);
    println!("downloads  {}", sandbox.data);
    println!("tokens     {}/<unit>.<role>.jwt", sandbox.tokens.display());
    println!("unit keys  {}/units/<unit>.pem", sandbox.keys.display());
    println!("Ctrl-C stops; the data stays");
    told_to_stop.await;
    println!("stopping");
    cluster.stop().await
}

/// Ctrl-C, a supervisor's SIGTERM, or the terminal's end.
async fn told_to_stop() {
    let catch = |kind| signal(kind).expect("signals can be caught from a runtime with I/O");
    let (mut interrupt, mut terminate) = (catch(SignalKind::interrupt()), catch(SignalKind::terminate()));
    let mut hang_up = catch(SignalKind::hangup());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}
