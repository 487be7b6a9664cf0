//! Where PostgreSQL's programs are on this machine, and how they get there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, FileResult};

const OLDEST: u32 = 15;

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    bin: PathBuf,
    pub(crate) major: u32,
}

impl Installation {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// `GOVSHARE_PG_BIN`, else the first of PATH that is new enough, else the newest under the distributions' own
    /// directories; installed by the package manager if there is none and we are root. Data that exists already
    /// (`major`) needs the version that made it.
    pub(crate) fn find(major: Option<u32>) -> Result<Option<Installation>, Error> {
        let fits =
            |found: &Installation| found.major >= OLDEST && major.is_none_or(|major| found.major == major);
        if let Some(bin) = std::env::var_os("GOVSHARE_PG_BIN").map(PathBuf::from) {
            let found = Self::at(&bin).filter(|found| found.major >= OLDEST);
            return found.map(|found| fits(&found).then_some(found)).ok_or(Error::NotPostgres(bin));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).filter_map(|bin| Self::at(&bin)).find(fits);
        Ok(on_path.or_else(|| {
            let elsewhere = distribution_bins().into_iter().filter_map(|bin| Self::at(&bin)).filter(fits);
            elsewhere.max_by_key(|found| found.major)
        }))
    }

    fn at(bin: &Path) -> Option<Installation> {
        let postgres = bin.join("postgres").canonicalize().ok()?;
        let bin = postgres.parent()?.to_owned();
        if !bin.join("initdb").exists() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Installation { bin, major })
    }
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`, `postgres (PostgreSQL) 18beta1`
fn major_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Debian and Ubuntu, Red Hat's PGDG packages, Alpine.
fn distribution_bins() -> Vec<PathBuf> {
    let children =
        |dir: &str| std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let debian = children("/usr/lib/postgresql").map(|version| version.join("bin"));
    let named = |dir, prefix: &'static str| {
        children(dir)
            .filter(move |path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)))
    };
    let red_hat = named("/usr", "pgsql-").map(|version| version.join("bin"));
    debian.chain(red_hat).chain(named("/usr/libexec", "postgresql")).collect()
}

/// A package manager that can bring PostgreSQL.
struct PackageManager {
    program: &'static str,
    /// What a person types to the same end.
    typed: &'static str,
    steps: &'static [&'static [&'static str]],
}

const PACKAGE_MANAGERS: [PackageManager; 3] = [
    PackageManager {
        program: "apt-get",
        typed: "sudo apt-get update && sudo apt-get install -y postgresql",
        steps: &[&["update", "-qq"], &["install", "-qq", "-y", "--no-install-recommends", "postgresql"]],
    },
    PackageManager {
        program: "dnf",
        typed: "sudo dnf install -y postgresql-server",
        steps: &[&["install", "-q", "-y", "postgresql-server"]],
    },
    PackageManager {
        program: "apk",
        typed: "sudo apk add postgresql",
        steps: &[&["add", "--quiet", "postgresql"]],
    },
];

/// Installs PostgreSQL as root; as anyone else, or without a known package manager, says what to type.
pub(crate) fn install(is_root: bool) -> Result<(), Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let present = |program: &str| std::env::split_paths(&path).any(|dir| dir.join(program).exists());
    let Some(manager) = PACKAGE_MANAGERS.iter().find(|manager| present(manager.program)) else {
        return Err(Error::PostgresMissing {
            install: "your package manager's install command for postgresql",
        });
    };
    if !is_root {
        return Err(Error::PostgresMissing { install: manager.typed });
    }
    eprintln!("installing PostgreSQL with {}", manager.program);
    let without_cluster = NoSystemCluster::ask(manager.program == "apt-get")?;
    for step in manager.steps {
        let program = format!("{} {}", manager.program, step.join(" "));
        let ran = Command::new(manager.program).args(*step).env("DEBIAN_FRONTEND", "noninteractive").output();
        let ran = ran.map_err(|source| Error::Spawn { program: program.clone(), source })?;
        if !ran.status.success() {
            return Err(Error::Failed { program, output: String::from_utf8_lossy(&ran.stderr).into_owned() });
        }
    }
    drop(without_cluster);
    Ok(())
}

/// Debian's packages make and start a system-wide server unless this file, there while they are installed, says no.
struct NoSystemCluster(Option<PathBuf>);

impl NoSystemCluster {
    fn ask(is_debian: bool) -> Result<Self, Error> {
        if !is_debian {
            return Ok(Self(None));
        }
        let dir = Path::new("/etc/postgresql-common/createcluster.d");
        std::fs::create_dir_all(dir).or_file("create", dir)?;
        let file = dir.join("govshare.conf");
        std::fs::write(&file, "create_main_cluster = false\n").or_file("write", &file)?;
        Ok(Self(Some(file)))
    }
}

impl Drop for NoSystemCluster {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // Left behind, it only keeps later installations from making a cluster by themselves.
            let _ = std::fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_distributions_print() {
        let read = ["15.13 (Debian 15.13-0+deb12u1)\n", "16.4\n", "18beta1\n", "9.6.24"]
            .map(|version| major_version(&format!("postgres (PostgreSQL) {version}")));
        assert_eq!(read, [Some(15), Some(16), Some(18), Some(9)]);
        assert_eq!(major_version("mysqld 8.0"), None);
    }
}
