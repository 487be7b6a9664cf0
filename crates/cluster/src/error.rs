//! What can go wrong around the cluster; every message is one that an operator can act on.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot start {program}: {source}")]
    Spawn { program: String, source: io::Error },
    #[error(
        "PostgreSQL 15 or later is missing; type `{install}`, or set GOVSHARE_PG_BIN to its bin directory"
    )]
    PostgresMissing { install: &'static str },
    #[error("GOVSHARE_PG_BIN={} holds no PostgreSQL 15 or later", .0.display())]
    NotPostgres(PathBuf),
    #[error("{} was made by PostgreSQL {version}, which is not installed; set GOVSHARE_PG_BIN to its bin directory", data.display())]
    OtherVersion { data: PathBuf, version: String },
    #[error(
        "PostgreSQL is installed, but there is no user `postgres` or `nobody` to run it as; it refuses root"
    )]
    NoAccount,
    #[error("{} already belongs to someone else; remove it or choose another directory", .0.display())]
    NotOurs(PathBuf),
    #[error("another PostgreSQL (pid {pid}) is running on {}", data.display())]
    DataInUse { pid: u32, data: PathBuf },
    #[error("{program} failed:\n{output}")]
    Failed { program: String, output: String },
    #[error("{program} {what}; the end of {}:\n{tail}", log.display())]
    NotReady { program: String, what: String, log: PathBuf, tail: String },
    #[error("no free TCP port on 127.0.0.1")]
    NoPort,
    #[error("port {0} for the gateway is taken; choose another with --gateway-port")]
    GatewayPortTaken(u16),
    #[error("the sandbox in {} already runs (pid {pid}, {gateway})", dir.display())]
    AlreadyRunning { dir: PathBuf, pid: String, gateway: String },
    #[error("{} is no sandbox directory; nothing removed", .0.display())]
    NotASandbox(PathBuf),
    #[error("missing in {}: {}; type `cargo build --workspace`", dir.display(), names.join(", "))]
    BinariesMissing { dir: PathBuf, names: Vec<String> },
    #[error("no replica {replica} of {service} in this cluster")]
    NoReplica { service: String, replica: usize },
    #[error("{} is not a key of the sandbox: {why}", path.display())]
    BadKey { path: PathBuf, why: String },
    #[error("the system gives no random numbers")]
    Randomness,
    #[error("cannot sign a token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("PostgreSQL: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the sandbox cannot be filled: {0}")]
    Seed(String),
    #[error("template database {name}: {source}")]
    Template { name: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// Names the file in what went wrong with it.
pub(crate) trait FileResult<T> {
    fn or_file(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> FileResult<T> for io::Result<T> {
    fn or_file(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::File { action, path: path.to_owned(), source })
    }
}
