//! Files up and down: read or written in pieces, and what arrives is put in place only once its SHA-256 is right.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use govshare_proto::exchange::v1 as pb;
use govshare_proto::exchange::v1::download_service_client::DownloadServiceClient;
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::connect::{Caller, connect, request_id};
use crate::exchange::is_plain_name;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress;

/// Bytes of a file in one message; 1 MiB are allowed.
const PIECE: usize = 512 << 10;

/// Where a downloaded file goes.
#[derive(Debug, Clone)]
pub struct Destination {
    /// A file, or a directory that gets the file under its own name.
    pub path: PathBuf,
    /// Whether an existing file may be written over.
    pub force: bool,
}

/// A file that has arrived whole.
#[derive(Debug, Clone)]
pub struct Downloaded {
    pub path: PathBuf,
    pub size: u64,
    /// Of the bytes as they were written; equals that of the data version.
    pub sha256: String,
    pub delivery_id: String,
}

impl Destination {
    /// The file to write for a data version of this name, which must not be there yet.
    pub fn check(&self, file_name: &str) -> Result<PathBuf, Failure> {
        let file = if self.path.is_dir() {
            if !is_plain_name(file_name) {
                return Err(Failure::local(format!("{file_name:?} is no file name; give one with --out")));
            }
            self.path.join(file_name)
        } else {
            self.path.clone()
        };
        if !self.force && file.exists() {
            return Err(Failure::local(format!("{} is there already; see --force", file.display())));
        }
        Ok(file)
    }
}

/// Publishes a file as the next data version of an entry.
pub async fn publish(
    caller: &Caller,
    entry: &str,
    file: &Path,
    media_type: &str,
    output: Output,
) -> Result<pb::DataVersion, Failure> {
    let (path, measured) = (file.to_owned(), file.to_owned());
    let (size, sha256) = tokio::task::spawn_blocking(move || measure(&measured))
        .await
        .map_err(Failure::local)?
        .map_err(|error| Failure::file("read", file, error))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let header = pb::PublishDataVersionHeader {
        entry_id: entry.to_owned(),
        file_name: name,
        media_type: media_type.to_owned(),
        size_bytes: i64::try_from(size).map_err(Failure::local)?,
        sha256,
        request_id: request_id(),
    };
    let bar = progress::bytes(output, size, "publish");
    let (pieces, queue) = mpsc::channel(4);
    let sent = bar.clone();
    let reader = tokio::task::spawn_blocking(move || {
        use pb::publish_data_version_request::Part;
        let message = |part| pb::PublishDataVersionRequest { part: Some(part) };
        if pieces.blocking_send(message(Part::Header(header))).is_err() {
            return Ok(());
        }
        read_pieces(&path, |piece| {
            sent.inc(piece.len() as u64);
            pieces.blocking_send(message(Part::Chunk(Bytes::copy_from_slice(piece)))).is_ok()
        })
    });
    let reply = caller.unhurried().exchange().publish_data_version(ReceiverStream::new(queue)).await;
    reader.await.map_err(Failure::local)?.map_err(|error| Failure::file("read", file, error))?;
    bar.finish_and_clear();
    Ok(reply?.into_inner().data_version.unwrap_or_default())
}

fn measure(file: &Path) -> std::io::Result<(u64, String)> {
    let (mut digest, mut size) = (Context::new(&SHA256), 0);
    read_pieces(file, |piece| {
        digest.update(piece);
        size += piece.len() as u64;
        true
    })?;
    Ok((size, hex::encode(digest.finish())))
}

/// Gives a file's bytes to `take` until it wants no more.
fn read_pieces(file: &Path, mut take: impl FnMut(&[u8]) -> bool) -> std::io::Result<()> {
    let (mut file, mut piece) = (std::fs::File::open(file)?, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 || !take(&piece[..read]) {
            return Ok(());
        }
    }
}

/// Redeems a ticket at `from`. The file stands under its name only if every byte came and the SHA-256 is right.
pub async fn download(
    from: &str,
    ca: Option<&Path>,
    ticket: String,
    destination: &Destination,
    output: Output,
) -> Result<Downloaded, Failure> {
    use pb::download_response::Part;
    let mut client = DownloadServiceClient::new(connect(from, ca).await?);
    let mut stream = client.download(pb::DownloadRequest { ticket }).await?.into_inner();
    let Some(Part::Opening(opening)) = stream.message().await?.and_then(|message| message.part) else {
        return Err(Failure::local("the delivery does not open with a description"));
    };
    let version = opening.data_version.unwrap_or_default();
    let path = destination.check(&version.file_name)?;
    let mut file = beside(&path)?;
    let bar = progress::bytes(output, u64::try_from(version.size_bytes).unwrap_or_default(), "download");
    let (mut digest, mut size) = (Context::new(&SHA256), 0_u64);
    while let Some(message) = stream.message().await? {
        let Some(Part::Chunk(piece)) = message.part else {
            return Err(Failure::local("the delivery has something else than bytes in its middle"));
        };
        file.write_all(&piece).map_err(|error| Failure::file("write", &path, error))?;
        digest.update(&piece);
        size += piece.len() as u64;
        bar.set_position(size);
    }
    bar.finish_and_clear();
    let sha256 = hex::encode(digest.finish());
    if i64::try_from(size) != Ok(version.size_bytes) || sha256 != version.sha256 {
        return Err(Failure::local(format!(
            "what came has {size} bytes and SHA-256 {sha256}; it should be {} bytes and {}",
            version.size_bytes, version.sha256
        )));
    }
    place(file, &path, destination)?;
    Ok(Downloaded { path, size, sha256, delivery_id: opening.delivery_id })
}

/// A file beside `path`, to become it once it is whole.
fn beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    NamedTempFile::new_in(folder).map_err(|error| Failure::file("write in", folder, error))
}

fn place(file: NamedTempFile, path: &Path, destination: &Destination) -> Result<(), Failure> {
    file.as_file().sync_all().map_err(|error| Failure::file("write", path, error))?;
    let placed = if destination.force { file.persist(path) } else { file.persist_noclobber(path) };
    placed.map_err(|error| Failure::file("write", path, error.error))?;
    Ok(())
}

/// Puts a small file in place and says so, if its SHA-256 is right.
pub fn keep(
    destination: &Destination,
    file_name: &str,
    bytes: &[u8],
    sha256: &str,
    output: Output,
) -> Result<(), Failure> {
    let found = hex::encode(aws_lc_rs::digest::digest(&SHA256, bytes));
    if found != sha256 {
        return Err(Failure::local(format!("what came has SHA-256 {found}; it should be {sha256}")));
    }
    let path = destination.check(file_name)?;
    let mut file = beside(&path)?;
    file.write_all(bytes).map_err(|error| Failure::file("write", &path, error))?;
    place(file, &path, destination)?;
    let told = json!({ "file": path, "sha256": sha256, "size_bytes": bytes.len() });
    output.say(&told, || format!("{}\n{} bytes, SHA-256 {sha256} checked", path.display(), bytes.len()));
    Ok(())
}

/// Media type by a file's suffix.
pub fn media_type(file: &Path) -> &'static str {
    let suffix = file.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
    match suffix.as_deref() {
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        Some("xml") => "application/xml",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("xls") => "application/vnd.ms-excel",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("pdf") => "application/pdf",
        Some("ofd") => "application/ofd",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_into_a_directory_under_its_own_name_and_over_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let destination = Destination { path: folder.path().to_owned(), force: false };
        let file = destination.check("a.csv").expect("nothing is there");
        assert_eq!(file, folder.path().join("a.csv"));
        std::fs::write(&file, "old").expect("disk");
        let refused = destination.check("a.csv").expect_err("it is there now").to_string();
        assert!(refused.contains("--force"), "{refused}");
        assert!(Destination { force: true, ..destination }.check("a.csv").is_ok());
    }

    #[test]
    fn a_name_from_elsewhere_cannot_leave_the_directory() {
        let folder = tempfile::tempdir().expect("a folder");
        let destination = Destination { path: folder.path().to_owned(), force: true };
        for name in ["../a.csv", "/etc/passwd", "a/b", "..", ".", "", "a/"] {
            assert!(destination.check(name).is_err(), "{name}");
        }
        let named = Destination { path: folder.path().join("mine.csv"), force: true };
        assert_eq!(named.check("../a.csv").expect("our own name"), folder.path().join("mine.csv"));
    }

    #[test]
    fn a_small_file_is_kept_only_with_the_digest_that_was_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let destination = Destination { path: folder.path().to_owned(), force: false };
        let (output, digest) = (Output { json: true }, aws_lc_rs::digest::digest(&SHA256, b"page"));
        let refused =
            keep(&destination, "a.html", b"other", &hex::encode(digest), output).expect_err("other bytes");
        assert!(refused.to_string().contains("should be"), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        keep(&destination, "a.html", b"page", &hex::encode(digest), output).expect("kept");
        assert_eq!(std::fs::read(folder.path().join("a.html")).expect("there"), b"page");
    }

    #[test]
    fn a_file_is_measured_in_pieces() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("big");
        std::fs::write(&path, vec![7; PIECE * 2 + 1]).expect("disk");
        let (size, sha256) = measure(&path).expect("readable");
        let whole = aws_lc_rs::digest::digest(&SHA256, &vec![7; PIECE * 2 + 1]);
        assert_eq!((size, sha256), ((PIECE * 2 + 1) as u64, hex::encode(whole)));
    }
}
