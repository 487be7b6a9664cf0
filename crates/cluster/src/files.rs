//! The sandbox's own files and folders: written as a whole, closed to everybody but their owner.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{Error, FileResult};

/// Makes `dir` (and its parents) if it is missing and closes it to others.
pub(crate) fn make_dir(dir: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).or_file("create", dir)?;
    std::fs::set_permissions(dir, Permissions::from_mode(0o700)).or_file("restrict", dir)
}

/// Writes `path` as a whole or not at all, readable by its owner only.
pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let name = path.file_name().expect("callers name a file").to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(contents)?;
        std::fs::rename(&unfinished, path)
    };
    write().or_file("write", path)
}

/// What `path` holds; if it does not exist yet, `make`s it first.
pub(crate) fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = make()?;
            write(path, made.as_bytes())?;
            Ok(made)
        }
        read => read.or_file("read", path),
    }
}

/// Removes `path` if there is such a file.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).or_file("remove", path),
        _ => Ok(()),
    }
}
