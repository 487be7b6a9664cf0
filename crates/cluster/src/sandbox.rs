//! The whole cluster as real processes: database, keys, migrations, services, gateway; each up before the next needs
//! it, and down in the reverse order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use govshare_model::Role;
use govshare_model::id::UnitId;
use tempfile::TempDir;

use crate::addresses::{Addresses, Replica};
use crate::database::{ensure_database, url_for};
use crate::error::{Error, FileResult};
use crate::files;
use crate::keys::{AUDIENCE, ISSUER, Identity};
use crate::postgres::{Durability, Postgres, PostgresOptions};
use crate::process::{Process, Program};
use crate::seed_data::Seed;
use crate::services::{GATEWAY, SERVICES, Service, upstream_setting};
use crate::state_dir::{SandboxFile, StateDir};

const DATABASE: &str = "govshare";
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A service drains and exits within 25 s, whatever its clients do.
const STOPPED_WITHIN: Duration = Duration::from_secs(27);

/// Where the cluster keeps its state.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In this directory, over restarts. An existing server is used instead of a private one if
    /// `GOVSHARE_DATABASE_URL` names it.
    Sandbox(PathBuf),
    /// In temporary directories on a private, disposable server; all gone with the cluster.
    Disposable,
}

/// What cluster to start.
#[derive(Debug, Clone)]
pub struct Options {
    pub storage: Storage,
    /// The gateway's port; `None` takes any free one, for every service too.
    pub gateway_port: Option<u16>,
    /// Replicas by service name; who is not named has one.
    pub replicas: BTreeMap<String, usize>,
    /// Whether what dies is started again.
    pub revive: bool,
    /// Log filter of every service.
    pub log: String,
    /// Added to the environment of every service.
    pub env: Vec<(String, String)>,
}

impl Options {
    pub fn sandbox(dir: impl Into<PathBuf>, gateway_port: u16) -> Self {
        Self { storage: Storage::Sandbox(dir.into()), gateway_port: Some(gateway_port), ..Self::disposable() }
    }

    pub fn disposable() -> Self {
        Self {
            storage: Storage::Disposable,
            gateway_port: None,
            replicas: BTreeMap::new(),
            revive: true,
            log: "info".to_owned(),
            env: Vec::new(),
        }
    }
}

/// A running cluster. [`Cluster::stop`] ends it in order; dropped, it is ended at once.
pub struct Cluster {
    // Dropped in this order: whoever uses something before what it uses.
    gateway: Process,
    services: BTreeMap<&'static str, Vec<Process>>,
    postgres: Option<Postgres>,
    identity: Identity,
    addresses: Addresses,
    database_url: String,
    state: State,
}

/// The directory of a cluster, held for as long as it runs.
enum State {
    Kept(StateDir),
    Temporary(Disposable),
}

/// A directory that goes with its cluster. Where a failing test takes it down, what the services logged last is told
/// before it is gone.
struct Disposable(TempDir);

/// Of each log that a failing test tells.
const LAST_LINES: usize = 30;

impl Drop for Disposable {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let logs = std::fs::read_dir(self.0.path().join("logs")).into_iter().flatten().flatten();
        for log in logs {
            let text = std::fs::read_to_string(log.path()).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            eprintln!("--- {}, the last of {} lines:\n{last}", log.path().display(), lines.len());
        }
    }
}

impl State {
    fn path(&self) -> &Path {
        match self {
            State::Kept(dir) => dir.path(),
            State::Temporary(Disposable(dir)) => dir.path(),
        }
    }
}

impl Cluster {
    /// Returns once the gateway and every replica of every service serve.
    pub async fn start(options: Options) -> Result<Cluster, Error> {
        let binaries = binaries()?;
        let state = match &options.storage {
            Storage::Sandbox(dir) => State::Kept(StateDir::claim(dir)?),
            Storage::Disposable => State::Temporary(Disposable(
                TempDir::with_prefix("govshare-").or_file("create a directory in", &std::env::temp_dir())?,
            )),
        };
        let (addresses, held_ports) = Addresses::choose(options.gateway_port, &options.replicas)?;
        let (postgres, database_url) = start_database(&state).await?;
        ensure_database(&database_url).await?;
        let identity = Identity::open(state.path(), &Seed::builtin())?;
        let launch = Launch {
            binaries: &binaries,
            dir: state.path(),
            identity: &identity,
            addresses: &addresses,
            database_url: &database_url,
            options: &options,
        };
        launch.prepare_dirs()?;
        try_join_all(SERVICES.iter().map(|service| launch.migrate(service))).await?;
        drop(held_ports);
        let (services, gateway) = launch.spawn_all()?;
        let all = services.values().flatten().chain([&gateway]);
        try_join_all(all.map(|process| process.ready(READY_WITHIN))).await?;
        Ok(Cluster { gateway, services, postgres, identity, addresses, database_url, state })
    }

    /// Lets clients find this cluster by its directory; a disposable one has none.
    pub fn announce(&self) -> Result<(), Error> {
        match &self.state {
            State::Kept(dir) => dir.announce(&self.description()),
            State::Temporary(_) => Ok(()),
        }
    }

    /// Endpoints and the places of keys and tokens.
    pub fn description(&self) -> SandboxFile {
        SandboxFile {
            pid: std::process::id(),
            gateway: self.gateway_endpoint(),
            data: self.data_endpoint(),
            tokens: self.identity.tokens_dir().to_owned(),
            keys: self.identity.keys_dir().to_owned(),
            admin: self.addresses.admin(),
        }
    }

    /// `http://address:port` of the gateway.
    pub fn gateway_endpoint(&self) -> String {
        self.addresses.gateway.endpoint()
    }

    /// Where exchange delivers data.
    pub fn data_endpoint(&self) -> String {
        self.addresses.data_endpoint()
    }

    /// gRPC endpoint of one replica of a service, past the gateway.
    pub fn endpoint(&self, service: &str, replica: usize) -> Result<String, Error> {
        Ok(self.addresses.replica(service, replica)?.endpoint())
    }

    /// Superuser's (or GOVSHARE_DATABASE_URL's) access to the database, for checks from outside the services.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A fresh token for a unit's person with this role.
    pub fn token(&self, unit: &UnitId, role: Role) -> Result<String, Error> {
        self.identity.mint(unit, role)
    }

    /// The process of one replica of a service, or of the gateway.
    pub fn process(&self, service: &str, replica: usize) -> Result<&Process, Error> {
        let found = match service {
            name if name == GATEWAY.name => (replica == 0).then_some(&self.gateway),
            name => self.services.get(name).and_then(|replicas| replicas.get(replica)),
        };
        found.ok_or_else(|| Error::NoReplica { service: service.to_owned(), replica })
    }

    /// SIGKILL for one replica; it stays down until [`Cluster::restart`].
    pub async fn kill9(&self, service: &str, replica: usize) -> Result<(), Error> {
        self.process(service, replica)?.kill9().await;
        Ok(())
    }

    /// Starts a killed replica again on its address and returns once it serves.
    pub async fn restart(&self, service: &str, replica: usize) -> Result<(), Error> {
        let process = self.process(service, replica)?;
        process.restart().await?;
        process.ready(READY_WITHIN).await
    }

    /// Stops the gateway, then the services, then PostgreSQL.
    pub async fn stop(mut self) -> Result<(), Error> {
        if let State::Kept(dir) = &self.state {
            dir.withdraw()?;
        }
        self.gateway.stop(STOPPED_WITHIN).await;
        join_all(self.services.values().flatten().map(|process| process.stop(STOPPED_WITHIN))).await;
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
        Ok(())
    }
}

/// The server and the URL of its administrator for our database.
async fn start_database(state: &State) -> Result<(Option<Postgres>, String), Error> {
    let options = match state {
        State::Kept(dir) => {
            if let Ok(existing) = std::env::var("GOVSHARE_DATABASE_URL") {
                return Ok((None, existing));
            }
            let options = PostgresOptions { dir: dir.postgres(), durability: Durability::Durable };
            dir.note_postgres_home(&options.home()?)?;
            options
        }
        State::Temporary(_) => PostgresOptions::disposable()?,
    };
    let postgres = Postgres::start(&options).await?;
    let url = postgres.url(DATABASE);
    Ok((Some(postgres), url))
}

/// The directory of the services' binaries: GOVSHARE_BIN_DIR, or where this program (or, in a test, its parent
/// directory) is.
fn binaries() -> Result<PathBuf, Error> {
    let dir = match std::env::var_os("GOVSHARE_BIN_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => {
            let ourselves = std::env::current_exe().or_file("locate", Path::new("this program"))?;
            let is_test = |dir: &&Path| dir.ends_with("deps") || dir.ends_with("examples");
            let dir = ourselves.parent().unwrap_or(Path::new("/"));
            Some(dir).filter(is_test).and_then(Path::parent).unwrap_or(dir).to_owned()
        }
    };
    let names: Vec<String> = SERVICES.iter().chain([&GATEWAY]).map(Service::binary).collect();
    let missing: Vec<String> = names.into_iter().filter(|name| !dir.join(name).exists()).collect();
    if missing.is_empty() { Ok(dir) } else { Err(Error::BinariesMissing { dir, names: missing }) }
}

/// Everything that a service's environment is made of.
struct Launch<'a> {
    binaries: &'a Path,
    dir: &'a Path,
    identity: &'a Identity,
    addresses: &'a Addresses,
    database_url: &'a str,
    options: &'a Options,
}

impl Launch<'_> {
    /// Logs begin anew at every start; those of the run before are kept beside them.
    fn prepare_dirs(&self) -> Result<(), Error> {
        let (logs, previous) = (self.dir.join("logs"), self.dir.join("logs.previous"));
        if logs.exists() {
            if previous.exists() {
                std::fs::remove_dir_all(&previous).or_file("remove", &previous)?;
            }
            std::fs::rename(&logs, &previous).or_file("rename", &logs)?;
        }
        for name in ["logs", "objects", "index"] {
            files::make_dir(&self.dir.join(name))?;
        }
        Ok(())
    }

    /// Runs `migrate` of a service to its end.
    async fn migrate(&self, service: &'static Service) -> Result<(), Error> {
        let replica = self.addresses.replica(service.name, 0)?;
        let mut env = self.environment(service, replica)?;
        env.push(("GOVSHARE__MIGRATE__URL".to_owned(), self.database_url.to_owned()));
        let program = self.program(service, replica, "migrate", env);
        program.run_to_end().await
    }

    /// Starts every replica of every service, and the gateway.
    fn spawn_all(&self) -> Result<(BTreeMap<&'static str, Vec<Process>>, Process), Error> {
        let spawn = |service, replica| {
            let env = self.environment(service, replica)?;
            Process::spawn(self.program(service, replica, "serve", env))
        };
        let mut services = BTreeMap::new();
        for service in &SERVICES {
            let replicas =
                self.addresses.replicas(service.name).iter().map(|replica| spawn(service, replica));
            services.insert(service.name, replicas.collect::<Result<Vec<_>, _>>()?);
        }
        Ok((services, spawn(&GATEWAY, &self.addresses.gateway)?))
    }

    fn program(
        &self,
        service: &Service,
        replica: &Replica,
        command: &str,
        env: Vec<(String, String)>,
    ) -> Program {
        let name = match replica.number {
            0 => service.name.to_owned(),
            number => format!("{}-{number}", service.name),
        };
        Program {
            binary: self.binaries.join(service.binary()),
            args: vec![command.to_owned()],
            env,
            health: replica.endpoint(),
            log: self.dir.join(format!("logs/{name}.log")),
            revive: self.options.revive,
            name,
        }
    }

    fn environment(&self, service: &Service, replica: &Replica) -> Result<Vec<(String, String)>, Error> {
        let identity = self.identity;
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut settings = vec![
            ("ENVIRONMENT", "sandbox".to_owned()),
            ("SERVER__LISTEN", replica.listen()),
            ("SERVER__ADMIN_LISTEN", replica.admin_listen()),
            ("IDENTITY__JWKS", path(identity.jwks())),
            ("IDENTITY__ISSUER", ISSUER.to_owned()),
            ("IDENTITY__AUDIENCE", AUDIENCE.to_owned()),
            ("SERVICE_IDENTITY__KEY_FILE", path(identity.service_key_file(service.name))),
            ("SERVICE_IDENTITY__JWKS", path(identity.services_jwks())),
            ("TELEMETRY__LOG", self.options.log.clone()),
        ];
        if service.name != GATEWAY.name {
            let role = service.database_role();
            let password = identity.database_password(&role)?;
            settings.push(("DATABASE__URL", url_for(self.database_url, &role, &password)?));
        }
        if let Some(data_port) = replica.data_port {
            settings.push(("SERVICE__DATA_LISTEN", format!("127.0.0.1:{data_port}")));
            settings.push(("SERVICE__DATA_ENDPOINT", format!("http://127.0.0.1:{data_port}")));
            settings.push(("SERVICE__STORE_DIR", path(self.dir.join("objects"))));
        }
        if service.name == "catalog" {
            settings.push(("SERVICE__INDEX_DIR", path(self.dir.join(format!("index/{}", replica.number)))));
            settings.push(("SERVICE__INFO_OFFICE_ROOT_KEY", identity.info_office_root_key()?));
        }
        let upstreams = service.upstreams.iter().map(|called| {
            let endpoints: Vec<String> =
                self.addresses.replicas(called).iter().map(Replica::endpoint).collect();
            (upstream_setting(called), endpoints.join(","))
        });
        let settings = settings.into_iter().map(|(name, value)| (format!("GOVSHARE__{name}"), value));
        Ok(settings.chain(upstreams).chain(self.options.env.iter().cloned()).collect())
    }
}
