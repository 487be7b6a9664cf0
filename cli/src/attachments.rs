//! `govshare attachment`: files that belong to written documents (附件), whichever service keeps the document.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use clap::Subcommand;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};

use crate::args::Global;
use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;
use crate::transfer::{self, Destination};

/// Bytes of a file in one message; 1 MiB are allowed.
const PIECE: usize = 512 << 10;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds a file to a record; its type, size and SHA-256 are checked.
    Add {
        /// The record, `kind/id`, e.g. explanation/0198…
        record: String,
        file: PathBuf,
        /// Media type; without it by the file's suffix.
        #[arg(long)]
        media_type: Option<String>,
    },
    /// Lists the files of a record.
    List {
        /// The record, `kind/id`.
        record: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Takes a file of a record, checks its SHA-256 and only then puts it in place.
    Get {
        /// The record, `kind/id`.
        record: String,
        attachment: String,
        /// File to write, or a directory to write the file into under its own name.
        #[arg(long, short, default_value = ".")]
        out: PathBuf,
        /// Write over an existing file.
        #[arg(long)]
        force: bool,
    },
}

/// The service that keeps records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Catalog,
    Review,
    Request,
    Agreement,
    Evaluation,
}

const KEEPERS: &[(&str, Keeper)] = &[
    ("explanation", Keeper::Catalog),
    ("regulation", Keeper::Catalog),
    ("collection-plan", Keeper::Catalog),
    ("archive-record", Keeper::Catalog),
    ("review", Keeper::Review),
    ("restriction", Keeper::Review),
    ("secrecy-rules", Keeper::Review),
    ("information-system", Keeper::Review),
    ("access-request", Keeper::Request),
    ("agreement", Keeper::Agreement),
    ("disclosure", Keeper::Agreement),
    ("outside-delivery", Keeper::Agreement),
    ("feedback", Keeper::Evaluation),
    ("self-evaluation", Keeper::Evaluation),
    ("yearly-evaluation", Keeper::Evaluation),
    ("inspection", Keeper::Evaluation),
    ("violation", Keeper::Evaluation),
    ("plan", Keeper::Evaluation),
];

impl Keeper {
    fn of(record: &str) -> Result<Self, Failure> {
        let kind = record.split_once('/').map(|(kind, _)| kind);
        let found = KEEPERS.iter().find(|(known, _)| Some(*known) == kind);
        found.map(|(_, keeper)| *keeper).ok_or_else(|| {
            let known: Vec<_> = KEEPERS.iter().map(|(kind, _)| *kind).collect();
            Failure::usage(format!("{record:?} is no kind/id; kinds are {}", known.join(", ")))
        })
    }
}

/// The calls of one service, whose messages stand in its own package.
macro_rules! service {
    ($package:ident, $client:ident) => {
        mod $package {
            use govshare_proto::$package::v1 as pb;

            use super::*;

            pub async fn add(
                caller: &Caller,
                header: AttachmentHeader,
                bytes: &[u8],
            ) -> Result<Attachment, Failure> {
                use pb::add_attachment_request::Part;
                let chunks = bytes.chunks(PIECE).map(|piece| Part::Chunk(piece.to_vec()));
                let parts = std::iter::once(Part::Header(header)).chain(chunks);
                let parts: Vec<_> = parts.map(|part| pb::AddAttachmentRequest { part: Some(part) }).collect();
                let reply = caller.unhurried().$client().add_attachment(tokio_stream::iter(parts)).await?;
                Ok(reply.into_inner().attachment.unwrap_or_default())
            }

            pub async fn list(
                caller: &Caller,
                record: &str,
                limit: usize,
            ) -> Result<(Vec<Attachment>, String), Failure> {
                pages(limit, |page_size, page_token| {
                    let (mut client, resource) = (caller.$client(), record.to_owned());
                    async move {
                        let wanted = pb::ListAttachmentsRequest { resource, page_size, page_token };
                        let page = client.list_attachments(wanted).await?.into_inner();
                        Ok((page.attachments, page.next_page_token))
                    }
                })
                .await
            }

            pub async fn get(
                caller: &Caller,
                attachment_id: String,
            ) -> Result<(Attachment, Vec<u8>), Failure> {
                use pb::get_attachment_response::Part;
                let wanted = pb::GetAttachmentRequest { attachment_id };
                let mut stream = caller.unhurried().$client().get_attachment(wanted).await?.into_inner();
                let (mut attachment, mut bytes) = (Attachment::default(), Vec::new());
                while let Some(message) = stream.message().await? {
                    match message.part {
                        Some(Part::Attachment(described)) => attachment = described,
                        Some(Part::Chunk(piece)) => bytes.extend(piece),
                        None => {}
                    }
                }
                Ok((attachment, bytes))
            }
        }
    };
}

service!(catalog, catalog_attachments);
service!(security_review, review_attachments);
service!(access_request, request_attachments);
service!(agreement, agreement_attachments);
service!(evaluation, evaluation_attachments);

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let output = global.output();
    match command {
        Command::Add { record, file, media_type } => {
            let keeper = Keeper::of(&record)?;
            let bytes = std::fs::read(&file).map_err(|error| Failure::file("read", &file, error))?;
            let header = header(record, &file, media_type, &bytes)?;
            let caller = &global.caller().await?;
            let added = match keeper {
                Keeper::Catalog => catalog::add(caller, header, &bytes).await?,
                Keeper::Review => security_review::add(caller, header, &bytes).await?,
                Keeper::Request => access_request::add(caller, header, &bytes).await?,
                Keeper::Agreement => agreement::add(caller, header, &bytes).await?,
                Keeper::Evaluation => evaluation::add(caller, header, &bytes).await?,
            };
            output.record(&added);
        }
        Command::List { record, limit } => {
            let keeper = Keeper::of(&record)?;
            let caller = &global.caller().await?;
            let (attachments, next_page_token) = match keeper {
                Keeper::Catalog => catalog::list(caller, &record, limit).await?,
                Keeper::Review => security_review::list(caller, &record, limit).await?,
                Keeper::Request => access_request::list(caller, &record, limit).await?,
                Keeper::Agreement => agreement::list(caller, &record, limit).await?,
                Keeper::Evaluation => evaluation::list(caller, &record, limit).await?,
            };
            let columns =
                &["attachment_id", "file_name", "media_type", "size_bytes", "unit_id", "create_time"];
            // Every service's reply has the fields of this one.
            let reply = govshare_proto::catalog::v1::ListAttachmentsResponse { attachments, next_page_token };
            output.list(&reply, "attachments", columns);
        }
        Command::Get { record, attachment, out, force } => {
            let keeper = Keeper::of(&record)?;
            let caller = &global.caller().await?;
            let (described, bytes) = match keeper {
                Keeper::Catalog => catalog::get(caller, attachment).await?,
                Keeper::Review => security_review::get(caller, attachment).await?,
                Keeper::Request => access_request::get(caller, attachment).await?,
                Keeper::Agreement => agreement::get(caller, attachment).await?,
                Keeper::Evaluation => evaluation::get(caller, attachment).await?,
            };
            if described.resource != record {
                return Err(Failure::local(format!("the file belongs to {}", described.resource)));
            }
            let destination = Destination { path: out, force };
            transfer::keep(&destination, &described.file_name, &bytes, &described.sha256, output)?;
        }
    }
    Ok(())
}

fn header(
    resource: String,
    file: &Path,
    media_type: Option<String>,
    bytes: &[u8],
) -> Result<AttachmentHeader, Failure> {
    Ok(AttachmentHeader {
        resource,
        file_name: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        media_type: media_type.unwrap_or_else(|| transfer::media_type(file).to_owned()),
        size_bytes: i64::try_from(bytes.len()).map_err(Failure::local)?,
        sha256: hex::encode(digest::digest(&digest::SHA256, bytes)),
        request_id: request_id(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_record_says_who_keeps_its_files() {
        assert_eq!(Keeper::of("explanation/1").expect("known"), Keeper::Catalog);
        assert_eq!(Keeper::of("plan/1").expect("known"), Keeper::Evaluation);
        for wrong in ["explanation", "entry/1", "", "/1"] {
            let refused = Keeper::of(wrong).expect_err(wrong).to_string();
            assert!(refused.contains("collection-plan"), "{refused}");
        }
    }

    #[test]
    fn a_file_is_announced_with_its_name_type_size_and_digest() {
        let announced = header("review/1".to_owned(), Path::new("a/意见.OFD"), None, b"abc").expect("small");
        assert_eq!(
            (announced.file_name.as_str(), announced.media_type.as_str()),
            ("意见.OFD", "application/ofd")
        );
        assert_eq!(announced.size_bytes, 3);
        assert!(announced.sha256.starts_with("ba7816bf"), "{}", announced.sha256);
    }
}
