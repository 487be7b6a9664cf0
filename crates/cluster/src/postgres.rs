//! A PostgreSQL server of our own on 127.0.0.1, which ends with its owner.
//!
//! It listens on TCP only, with no Unix socket at all, and every role needs its password (SCRAM): nothing on the
//! machine is trusted for where it connects from, and socket paths have no length to run into.

mod account;
mod installation;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use account::{Account, reachable_substitute};
use installation::Installation;

use crate::database;
use crate::error::{Error, FileResult};
use crate::files;
use crate::leash::{Leash, leashed, send_signal};
use crate::ports::Ports;

const SUPERUSER: &str = "postgres";
/// A server whose owner was killed notices that at once; one that goes on is somebody's.
const PREDECESSOR_MAY_RUN: Duration = Duration::from_secs(2);
const START_MAY_TAKE: Duration = Duration::from_secs(60);
const STOP_MAY_TAKE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
const ATTEMPTS: usize = 5;

/// What becomes of the data if the machine, or the owner, goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What is committed stays.
    Durable,
    /// Fast and gone afterwards: no fsync, and the directory is removed when the server or its owner ends.
    Disposable,
}

#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Where data and log live; made if missing. If PostgreSQL's user cannot reach it, a folder under /var/tmp
    /// takes its place ([`PostgresOptions::home`]).
    pub dir: PathBuf,
    pub durability: Durability,
}

impl PostgresOptions {
    /// A disposable server in a temporary directory of its own.
    pub fn disposable() -> Result<Self, Error> {
        let temporary = std::env::temp_dir();
        let temporary =
            if Account::choose()?.reaches(&temporary.join("_")) { temporary } else { "/var/tmp".into() };
        let dir = temporary.join(format!("govshare-pg-{}", database::random_name()?));
        Ok(Self { dir, durability: Durability::Disposable })
    }

    /// Where the server really lives: `dir`, or its substitute.
    pub fn home(&self) -> Result<PathBuf, Error> {
        let dir = std::path::absolute(&self.dir).or_file("locate", &self.dir)?;
        if Account::choose()?.reaches(&dir.join("data")) { Ok(dir) } else { Ok(reachable_substitute(&dir)) }
    }
}

/// A running server. Dropping it stops it; so does the end of this process, however it ends.
pub struct Postgres {
    /// `None` once it has been ended.
    running: Option<(Child, Leash)>,
    pid: u32,
    port: u16,
    password: String,
    home: PathBuf,
    durability: Durability,
}

impl Postgres {
    /// Finds (or installs) PostgreSQL, makes the data directory if there is none, and starts on a free port.
    pub async fn start(options: &PostgresOptions) -> Result<Postgres, Error> {
        let account = Account::choose()?;
        if let Some(parent) = options.dir.parent() {
            std::fs::create_dir_all(parent).or_file("create", parent)?;
        }
        let home = options.home()?;
        account.make_home(&home)?;
        let data = home.join("data");
        wait_for_predecessor(&data).await?;
        let installation = installation_for(&data, account)?;
        let password_file = home.join("superuser-password");
        let password = files::read_or_make(&password_file, database::password)?;
        account.own(&password_file)?;
        if !data.exists() {
            init(&installation, account, &home, &password_file, options.durability)?;
        }
        let server = Server { installation, account, home, durability: options.durability };
        let (child, leash, port) = server.start().await?;
        let Server { home, durability, .. } = server;
        let pid = child.id();
        Ok(Postgres { running: Some((child, leash)), pid, port, password, home, durability })
    }

    /// Removes all that a server made for `dir`, once it has ended.
    pub async fn remove(dir: &Path) -> Result<(), Error> {
        for home in [dir.to_owned(), reachable_substitute(dir)] {
            if home.exists() {
                wait_for_predecessor(&home.join("data")).await?;
                std::fs::remove_dir_all(&home).or_file("remove", &home)?;
            }
        }
        Ok(())
    }

    /// URL of `database` for the superuser.
    pub fn url(&self, database: &str) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where data and log are.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Stops the server: what runs is rolled back, what is committed is on disk (fast shutdown).
    pub async fn stop(mut self) {
        let stopped = tokio::task::spawn_blocking(move || self.shut_down()).await;
        stopped.expect("shutting down does not panic");
    }

    /// Ends the server as if its machine had lost power, for fault tests; [`Postgres::start`] recovers the data.
    pub fn kill9(mut self) {
        self.end(Duration::ZERO);
    }

    fn shut_down(&mut self) {
        send_signal(self.pid, "INT");
        self.end(STOP_MAY_TAKE);
        if self.durability == Durability::Disposable {
            // What cannot be removed is left to the system's own cleaning of temporary files.
            let _ = std::fs::remove_dir_all(&self.home);
        }
    }

    /// Waits for the end, and brings it about when patience runs out.
    fn end(&mut self, patience: Duration) {
        let Some((mut child, leash)) = self.running.take() else { return };
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || {
            // Waiting for one's own child does not fail; a send does if nobody is patient any more.
            let _ = child.wait();
            let _ = ended.send(());
        });
        if end.recv_timeout(patience).is_err() {
            send_signal(self.pid, "KILL");
            let _ = end.recv();
        }
        leash.release();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.shut_down();
        }
    }
}

fn installation_for(data: &Path, account: Account) -> Result<Installation, Error> {
    let version = std::fs::read_to_string(data.join("PG_VERSION")).ok();
    let major = version.as_deref().and_then(|version| version.trim().parse().ok());
    if let Some(found) = Installation::find(major)? {
        return Ok(found);
    }
    if let Some(version) = version {
        return Err(Error::OtherVersion { data: data.to_owned(), version: version.trim().to_owned() });
    }
    installation::install(matches!(account, Account::Other { .. }))?;
    let install = "your package manager's install command for postgresql 15 or later";
    Installation::find(None)?.ok_or(Error::PostgresMissing { install })
}

/// Makes the data directory under another name first, so that an interrupted attempt is never taken for data.
fn init(
    installation: &Installation,
    account: Account,
    home: &Path,
    password_file: &Path,
    durability: Durability,
) -> Result<(), Error> {
    let unfinished = home.join("data.unfinished");
    let attempt = |ctype: &str| {
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).or_file("remove", &unfinished)?;
        }
        let mut initdb = Command::new(installation.program("initdb"));
        initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]);
        initdb.arg(format!("--lc-ctype={ctype}")).arg(format!("--username={SUPERUSER}"));
        initdb.arg("--pwfile").arg(password_file).arg("--pgdata").arg(&unfinished);
        if durability == Durability::Disposable {
            initdb.arg("--no-sync");
        }
        account.run(&mut initdb);
        initdb.output().map_err(|source| Error::Spawn { program: "initdb".to_owned(), source })
    };
    // Sorted by code point, and yet Chinese counts as letters; not every system has the locale for the latter.
    let mut output = attempt("C.UTF-8")?;
    if !output.status.success() {
        output = attempt("C")?;
    }
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Failed { program: "initdb".to_owned(), output });
    }
    let data = home.join("data");
    std::fs::rename(&unfinished, &data).or_file("rename", &unfinished)
}

/// Everything that a start needs, whichever port it will have.
struct Server {
    installation: Installation,
    account: Account,
    home: PathBuf,
    durability: Durability,
}

impl Server {
    /// Between choosing a port and listening on it somebody else may take it: then the next one.
    async fn start(&self) -> Result<(Child, Leash, u16), Error> {
        let log = self.home.join("postgres.log");
        let mut attempt = 1;
        loop {
            let port = Ports::default().any()?;
            let (mut child, leash, mut said) = self.spawn(port, &log)?;
            if self.is_ready(&mut child).await {
                return Ok((child, leash, port));
            }
            // It fails only if the server has ended, as it mostly has.
            let _ = child.kill();
            let _ = child.wait();
            leash.release();
            let mut output = String::new();
            said.read_to_string(&mut output).or_file("read", &log)?;
            let passing =
                ["Address already in use", "shared memory block"].iter().any(|why| output.contains(why));
            if !passing || attempt == ATTEMPTS {
                return Err(Error::Failed {
                    program: "postgres".to_owned(),
                    output: output.trim().to_owned(),
                });
            }
            attempt += 1;
            tokio::time::sleep(POLL * 10).await;
        }
    }

    /// The child, its leash, and the log from where this attempt begins.
    fn spawn(&self, port: u16, log: &Path) -> Result<(Child, Leash, File), Error> {
        let open = || OpenOptions::new().create(true).append(true).read(true).open(log);
        let output = open().or_file("open", log)?;
        let mut said = File::open(log).or_file("open", log)?;
        said.seek(SeekFrom::End(0)).or_file("read", log)?;
        let errors = output.try_clone().or_file("open", log)?;

        let leftover = (self.durability == Durability::Disposable).then_some(self.home.as_path());
        let mut postgres = leashed(&self.installation.program("postgres"), "INT", leftover);
        postgres.arg("-D").arg(self.home.join("data"));
        for setting in settings(self.durability).iter().copied().chain([format!("port={port}").as_str()]) {
            postgres.args(["-c", setting]);
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            postgres.env_remove(name);
        }
        self.account.run(&mut postgres);
        let spawned = postgres.stdout(output).stderr(errors).spawn();
        let mut child = spawned.map_err(|source| Error::Spawn { program: "postgres".to_owned(), source })?;
        let leash = Leash::new(child.stdin.take().expect("stdin is piped"));
        Ok((child, leash, said))
    }

    /// Waits for the status line that the server keeps in its pid file; false if it ends or takes too long.
    async fn is_ready(&self, child: &mut Child) -> bool {
        let pid_file = self.home.join("data/postmaster.pid");
        let pid = child.id().to_string();
        let deadline = Instant::now() + START_MAY_TAKE;
        while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
            let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
            if text.lines().next() == Some(&pid) && status(&text) == Some("ready") {
                return true;
            }
            tokio::time::sleep(POLL).await;
        }
        false
    }
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Durable => &[
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=64MB",
            "timezone=UTC",
        ],
        Durability::Disposable => &[
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=64MB",
            "timezone=UTC",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
        ],
    }
}

/// Lets a server that still runs on `data` end, and removes the pid file of one that crashed: its pid may belong to
/// another program by now, which would keep PostgreSQL from starting.
async fn wait_for_predecessor(data: &Path) -> Result<(), Error> {
    let pid_file = data.join("postmaster.pid");
    let since = Instant::now();
    loop {
        let Ok(text) = std::fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid: Option<u32> = text.lines().next().and_then(|line| line.trim().parse().ok());
        let Some(pid) = pid.filter(|pid| is_server_on(*pid, data)) else {
            return files::remove(&pid_file);
        };
        let patience = if status(&text) == Some("stopping") { STOP_MAY_TAKE } else { PREDECESSOR_MAY_RUN };
        if since.elapsed() >= patience {
            return Err(Error::DataInUse { pid, data: data.to_owned() });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The status line of a postmaster.pid: starting, ready, stopping.
fn status(pid_file: &str) -> Option<&str> {
    pid_file.lines().nth(7).map(str::trim)
}

/// Whether `pid` is a PostgreSQL that was started on `data`. Without /proc, any process of that pid counts.
fn is_server_on(pid: u32, data: &Path) -> bool {
    if !Path::new("/proc/self").exists() {
        let probe =
            Command::new("sh").args(["-c", "kill -0 \"$1\" 2>&1", "probe", &pid.to_string()]).output();
        return probe.is_ok_and(|probe| probe.status.success());
    }
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).any(|argument| argument == data.as_os_str().as_encoded_bytes())
}
