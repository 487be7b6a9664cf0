//! A service as a process: arguments, configuration, telemetry, signals.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;

use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Config, Telemetry};
use crate::{database, telemetry};

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

/// A service before its start: what the process has to know of its configuration, and the service itself.
struct Prepared {
    listen: SocketAddr,
    admin_listen: SocketAddr,
    telemetry: Telemetry,
    /// URLs of the owner and of the runtime role.
    migrate: Option<(String, String)>,
    serve: Box<dyn FnOnce(Runtime) -> Serving>,
}

/// `main` of a service: `serve` or `migrate`, both with an optional `--config FILE`.
pub fn run<S: DeserializeOwned + 'static>(
    service: &'static str,
    defaults: &'static str,
    migrations: Option<&'static Migrator>,
    serve: fn(Config<S>, Runtime) -> Serving,
) -> ExitCode {
    // Only this depends on the service; what follows is compiled once for all.
    let prepare = move |file: Option<&Path>| {
        let config = Config::<S>::load(defaults, file)?;
        let migrate = match &config.migrate {
            Some(owner) => Some((owner.url.clone(), config.database()?.url.clone())),
            None => None,
        };
        Ok(Prepared {
            listen: config.server.listen,
            admin_listen: config.server.admin_listen,
            telemetry: config.telemetry.clone(),
            migrate,
            serve: Box::new(move |runtime| serve(config, runtime)),
        })
    };
    perform(service, &prepare, migrations)
}

fn perform(
    service: &'static str,
    prepare: &dyn Fn(Option<&Path>) -> Result<Prepared, Error>,
    migrations: Option<&'static Migrator>,
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
    let outcome = prepare(file.as_deref()).and_then(|prepared| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match (command.as_str(), migrations) {
            ("serve", _) => runtime.block_on(serve_process(service, prepared)),
            ("migrate", Some(migrations)) => runtime.block_on(migrate_process(service, prepared, migrations)),
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

async fn serve_process(service: &'static str, prepared: Prepared) -> Result<(), Error> {
    let _telemetry = telemetry::start(service, &prepared.telemetry)?;
    let bind = async |address: SocketAddr| {
        TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))
    };
    let runtime = Runtime {
        listener: bind(prepared.listen).await?,
        admin: Some(bind(prepared.admin_listen).await?),
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
    (prepared.serve)(runtime).await
}

async fn migrate_process(service: &str, prepared: Prepared, migrations: &Migrator) -> Result<(), Error> {
    let (owner, runtime) = prepared.migrate.ok_or("migrate.url is not set (GOVSHARE__MIGRATE__URL)")?;
    database::migrate(service, &owner, &runtime, migrations).await?;
    Ok(())
}
