//! A service as a process: arguments, configuration, telemetry, signals.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;

use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::{database, telemetry};

/// A call allocates often and little; with the system's allocator a transition costs more CPU and the search index is
/// built a tenth slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a service is given to run: bound sockets, business time, and the word to stop.
pub struct Runtime {
    pub listener: TcpListener,
    /// `/metrics`, `/livez` and `/readyz`; `None` where several services share a process.
    pub admin: Option<TcpListener>,
    pub clock: Clock,
    pub shutdown: CancellationToken,
}

/// Any error that ends a service at its start or end.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A service that runs until its word to stop. Boxed, so that it is compiled once, with its library, and not again in
/// every program that runs it.
pub type Serving = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// `main` of a service: `serve` or `migrate`, both with an optional `--config FILE`.
pub fn run<S: DeserializeOwned>(
    service: &'static str,
    defaults: &str,
    migrations: Option<&'static Migrator>,
    serve: impl FnOnce(Config<S>, Runtime) -> Serving,
) -> ExitCode {
    let usage = || {
        eprintln!("usage: govshare-{service} serve|migrate [--config FILE]");
        ExitCode::from(2)
    };
    let mut arguments = std::env::args().skip(1);
    let Some(command) = arguments.next() else { return usage() };
    let file = match (arguments.next().as_deref(), arguments.next()) {
        (None, None) => None,
        (Some("--config"), Some(path)) => Some(PathBuf::from(path)),
        _ => return usage(),
    };
    let outcome = Config::load(defaults, file.as_deref()).map_err(Error::from).and_then(|config| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match (command.as_str(), migrations) {
            ("serve", _) => runtime.block_on(serve_process(service, config, serve)),
            ("migrate", Some(migrations)) => runtime.block_on(migrate_process(service, config, migrations)),
            _ => Err("the command is not one of this service's".into()),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("govshare-{service}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve_process<S>(
    service: &'static str,
    config: Config<S>,
    serve: impl FnOnce(Config<S>, Runtime) -> Serving,
) -> Result<(), Error> {
    let _telemetry = telemetry::start(service, &config.telemetry)?;
    let bind = async |address: std::net::SocketAddr| {
        TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))
    };
    let runtime = Runtime {
        listener: bind(config.server.listen).await?,
        admin: Some(bind(config.server.admin_listen).await?),
        clock: Clock::default(),
        shutdown: CancellationToken::new(),
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = runtime.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    serve(config, runtime).await
}

async fn migrate_process<S>(service: &str, config: Config<S>, migrations: &Migrator) -> Result<(), Error> {
    let owner = config.migrate.as_ref().ok_or("migrate.url is not set (GOVSHARE__MIGRATE__URL)")?;
    database::migrate(service, &owner.url, &config.database()?.url, migrations).await?;
    Ok(())
}
