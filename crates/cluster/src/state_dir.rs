//! The directory that a sandbox keeps its state in: one sandbox at a time, found by the command line, removable.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, FileResult};
use crate::files;
use crate::postgres::Postgres;

const LOCK: &str = "sandbox.lock";
const DESCRIPTION: &str = "sandbox.json";
const POSTGRES: &str = "postgres";
const POSTGRES_ELSEWHERE: &str = "postgres.location";

/// A state directory that is ours until this is dropped, or this process ends in whatever way (a file lock).
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

/// `sandbox.json`: how a client finds the sandbox that runs in a directory. It is there only while one runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxFile {
    pub pid: u32,
    /// gRPC endpoint of the gateway, `http://address:port`.
    pub gateway: String,
    /// Where exchange delivers data.
    pub data: String,
    /// Holds `<unit>.<role>.jwt`.
    pub tokens: PathBuf,
    /// Holds `units/<unit>.pem`, the units' signing keys.
    pub keys: PathBuf,
    /// Endpoints for metrics and probes, one per replica, by service.
    pub admin: BTreeMap<String, Vec<String>>,
}

impl SandboxFile {
    /// The description of the sandbox in `dir`; `None` if none runs there.
    pub fn read(dir: &Path) -> Option<SandboxFile> {
        serde_json::from_str(&std::fs::read_to_string(dir.join(DESCRIPTION)).ok()?).ok()
    }
}

impl StateDir {
    /// Makes `dir` if it is missing and claims it; [`Error::AlreadyRunning`] if another process has it.
    pub fn claim(dir: &Path) -> Result<StateDir, Error> {
        let path = std::path::absolute(dir).or_file("locate", dir)?;
        std::fs::create_dir_all(&path).or_file("create", &path)?;
        let lock_file = path.join(LOCK);
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&lock_file);
        let mut lock = open.or_file("open", &lock_file)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(already_running(path, lock)),
            Err(TryLockError::Error(source)) => {
                return Err(Error::File { action: "lock", path: lock_file, source });
            }
        }
        lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id())).or_file("write", &lock_file)?;
        let state = StateDir { path, _lock: lock };
        state.withdraw()?;
        Ok(state)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where PostgreSQL should live.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.path.join(POSTGRES)
    }

    /// Notes where PostgreSQL really lives if it is not within this directory.
    pub(crate) fn note_postgres_home(&self, home: &Path) -> Result<(), Error> {
        if home == self.postgres() {
            return Ok(());
        }
        println!("PostgreSQL's user cannot enter {}; its data is in {}", self.path.display(), home.display());
        let note = self.path.join(POSTGRES_ELSEWHERE);
        std::fs::write(&note, format!("{}\n", home.display())).or_file("write", &note)
    }

    /// Lets clients find the sandbox.
    pub(crate) fn announce(&self, sandbox: &SandboxFile) -> Result<(), Error> {
        let json = serde_json::to_string_pretty(sandbox).expect("strings and numbers only");
        let (file, unfinished) = (self.path.join(DESCRIPTION), self.path.join(".sandbox.json"));
        std::fs::write(&unfinished, json + "\n").or_file("write", &unfinished)?;
        std::fs::rename(&unfinished, &file).or_file("write", &file)
    }

    /// Takes back [`StateDir::announce`], ours or that of a sandbox that was killed.
    pub(crate) fn withdraw(&self) -> Result<(), Error> {
        files::remove(&self.path.join(DESCRIPTION))
    }

    /// Removes a sandbox with all its data, unless it runs or `dir` was never a sandbox's.
    pub async fn reset(dir: &Path) -> Result<(), Error> {
        if !dir.exists() {
            return Ok(());
        }
        if !dir.join(LOCK).exists() {
            return Err(Error::NotASandbox(dir.to_owned()));
        }
        let state = StateDir::claim(dir)?;
        Postgres::remove(&state.postgres()).await?;
        std::fs::remove_dir_all(&state.path).or_file("remove", &state.path)
    }
}

fn already_running(dir: PathBuf, mut lock: File) -> Error {
    let mut pid = String::new();
    if lock.read_to_string(&mut pid).is_err() || pid.is_empty() {
        pid = "unknown".to_owned();
    }
    let gateway = SandboxFile::read(&dir).map_or_else(|| "starting".to_owned(), |sandbox| sandbox.gateway);
    Error::AlreadyRunning { dir, pid, gateway }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> SandboxFile {
        SandboxFile {
            pid: 7,
            gateway: "http://127.0.0.1:8080".to_owned(),
            data: "http://127.0.0.1:8110".to_owned(),
            tokens: "/sandbox/tokens".into(),
            keys: "/sandbox/keys".into(),
            admin: BTreeMap::from([("audit".to_owned(), vec!["http://127.0.0.1:9106".to_owned()])]),
        }
    }

    #[tokio::test]
    async fn a_running_sandbox_is_named_with_its_pid_and_port_and_cannot_be_reset() {
        let dir = tempfile::tempdir().expect("a directory");
        let running = StateDir::claim(dir.path()).expect("nobody has it");
        running.announce(&description()).expect("ours");
        let second = StateDir::claim(dir.path()).err().expect("taken").to_string();
        let pid = format!("pid {}", std::process::id());
        assert!(second.contains(&pid) && second.contains(":8080") && second.lines().count() == 1, "{second}");
        let reset = StateDir::reset(dir.path()).await;
        assert!(matches!(reset, Err(Error::AlreadyRunning { .. })), "{reset:?}");
        assert_eq!(SandboxFile::read(dir.path()), Some(description()));
    }

    #[test]
    fn the_description_of_a_killed_sandbox_is_gone_with_the_next_claim() {
        let dir = tempfile::tempdir().expect("a directory");
        StateDir::claim(dir.path())
            .and_then(|killed| killed.announce(&description()))
            .expect("nobody has it");
        let _next = StateDir::claim(dir.path()).expect("free again");
        assert_eq!(SandboxFile::read(dir.path()), None);
    }

    #[tokio::test]
    async fn reset_removes_a_sandbox_and_nothing_else() {
        let parent = tempfile::tempdir().expect("a directory");
        let (sandbox, other) = (parent.path().join("sandbox"), parent.path().join("other"));
        drop(StateDir::claim(&sandbox).expect("nobody has it"));
        std::fs::create_dir_all(other.join("work")).expect("a directory");
        StateDir::reset(&sandbox).await.expect("it does not run");
        assert!(!sandbox.exists());
        let refused = StateDir::reset(&other).await;
        assert!(matches!(refused, Err(Error::NotASandbox(_))), "{refused:?}");
        assert!(other.join("work").exists());
        StateDir::reset(&sandbox).await.expect("nothing to do");
    }
}
