//! The system user that PostgreSQL runs as when we are root, which it refuses, and where that user can reach.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};

use crate::error::{Error, FileResult};
use crate::files;

/// Who runs the server: ourselves, or another user because we are root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Ourselves { uid: u32 },
    Other { uid: u32, gid: u32 },
}

impl Account {
    pub(crate) fn choose() -> Result<Account, Error> {
        let uid = our_uid()?;
        if uid != 0 {
            return Ok(Account::Ourselves { uid });
        }
        let passwd = Path::new("/etc/passwd");
        let users = std::fs::read_to_string(passwd).or_file("read", passwd)?;
        let other = ["postgres", "nobody"].iter().find_map(|name| user(&users, name));
        other.map(|(uid, gid)| Account::Other { uid, gid }).ok_or(Error::NoAccount)
    }

    fn uid(self) -> u32 {
        match self {
            Account::Ourselves { uid } | Account::Other { uid, .. } => uid,
        }
    }

    /// Makes `command` run as this account. Its working directory is one that every account can enter.
    pub(crate) fn run(self, command: &mut Command) {
        command.current_dir("/");
        if let Account::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    pub(crate) fn own(self, path: &Path) -> Result<(), Error> {
        match self {
            Account::Ourselves { .. } => Ok(()),
            Account::Other { uid, gid } => {
                chown(path, Some(uid), Some(gid)).or_file("change the owner of", path)
            }
        }
    }

    /// Makes `home` for this account alone, or takes it as it is if it is this account's already: in a directory
    /// that everybody can write to, somebody else may have been there first.
    pub(crate) fn make_home(self, home: &Path) -> Result<(), Error> {
        match std::fs::symlink_metadata(home) {
            Ok(found) if found.is_dir() && found.uid() == self.uid() => Ok(()),
            Ok(found) if found.is_dir() && found.uid() == 0 && matches!(self, Account::Other { .. }) => {
                self.own(home)
            }
            Ok(_) => Err(Error::NotOurs(home.to_owned())),
            Err(_) => files::make_dir(home).and_then(|()| self.own(home)),
        }
    }

    /// Whether this account can enter every directory on the way to `path` (an absolute one).
    pub(crate) fn reaches(self, path: &Path) -> bool {
        let Account::Other { uid, gid } = self else { return true };
        path.ancestors().skip(1).filter_map(|dir| std::fs::metadata(dir).ok()).all(|dir| {
            let enter = match dir {
                _ if dir.uid() == uid => 0o100,
                _ if dir.gid() == gid => 0o010,
                _ => 0o001,
            };
            dir.mode() & enter != 0
        })
    }
}

/// Where to put what belongs to `dir` if an account cannot reach `dir`: the same place for the same `dir`.
pub(crate) fn reachable_substitute(dir: &Path) -> PathBuf {
    let digest = digest(&SHA256, dir.as_os_str().as_encoded_bytes());
    Path::new("/var/tmp").join(format!("govshare-{}", hex::encode(&digest.as_ref()[..6])))
}

fn our_uid() -> Result<u32, Error> {
    let output = Command::new("id").arg("-u").output();
    let output = output.map_err(|source| Error::Spawn { program: "id".to_owned(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| Error::Failed { program: "id -u".to_owned(), output: text.into_owned() })
}

/// uid and gid of `name` in the text of /etc/passwd.
fn user(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_account_does_not_reach_below_a_folder_closed_to_it() {
        let open = tempfile::tempdir().expect("a directory");
        let set =
            |dir: &Path, mode| std::fs::set_permissions(dir, Permissions::from_mode(mode)).expect("ours");
        set(open.path(), 0o711);
        let closed = open.path().join("closed");
        std::fs::create_dir(&closed).expect("a directory");
        set(&closed, 0o700);
        let ours = std::fs::metadata(&closed).expect("it is there");
        let (uid, gid) = (ours.uid() + 1, ours.gid() + 1);
        assert!(Account::Other { uid, gid }.reaches(&closed), "it is the folder's parents that count");
        assert!(!Account::Other { uid, gid }.reaches(&closed.join("home")));
        assert!(Account::Other { uid: ours.uid(), gid }.reaches(&closed.join("home")));
    }

    #[test]
    fn users_are_read_from_passwd() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\npostgres-old:x:1:2::/:\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(user(passwd, "postgres"), Some((101, 104)));
        assert_eq!(user(passwd, "nobody"), None);
    }
}
