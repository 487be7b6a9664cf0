//! `govshare exchange`: publishing data, tickets, and deliveries that are checked before they count.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use govshare_proto::exchange::v1 as pb;
use serde_json::json;

use crate::args::Global;
use crate::connect::{Caller, pages};
use crate::defects;
use crate::failure::Failure;
use crate::transfer::{self, Destination};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publishes a file as the next version of an entry's data.
    Publish {
        entry: String,
        file: PathBuf,
        /// Media type; without it by the file's suffix.
        #[arg(long)]
        media_type: Option<String>,
    },
    /// Lists the versions of an entry's data, newest first.
    List {
        entry: String,
        /// For users: your agreement on the entry, unless it is shared actively.
        #[arg(long, default_value = "")]
        agreement: String,
    },
    /// Takes a ticket for one delivery.
    Ticket {
        data_version: String,
        /// Your agreement; not needed for what is shared actively (art. 25).
        #[arg(long, default_value = "")]
        agreement: String,
    },
    /// Defects of a data version: told, listed, acknowledged (art. 22).
    #[command(subcommand)]
    Defect(defects::Command),
    /// Takes the data, checks its SHA-256 and only then puts the file in place.
    Download(Download),
    /// Lists deliveries, newest first.
    Deliveries {
        #[arg(long, default_value = "")]
        case: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

#[derive(Debug, Args)]
pub struct Download {
    /// Your agreement; a ticket is taken under it.
    #[arg(required_unless_present_any = ["ticket", "entry"])]
    pub agreement: Option<String>,
    /// The data version; without it the newest.
    pub data_version: Option<String>,
    /// An actively shared entry, whose newest data is taken without an agreement (art. 25).
    #[arg(long, conflicts_with_all = ["agreement", "data_version", "ticket"])]
    pub entry: Option<String>,
    /// A ticket taken before, with its address in --from.
    #[arg(long, requires = "from", conflicts_with_all = ["agreement", "data_version"])]
    pub ticket: Option<String>,
    /// Address that the ticket is redeemed at.
    #[arg(long, value_name = "URL", requires = "ticket")]
    pub from: Option<String>,
    /// File to write, or a directory to write the file into under its own name.
    #[arg(long, short, default_value = ".")]
    pub out: PathBuf,
    /// Write over an existing file.
    #[arg(long)]
    pub force: bool,
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let output = global.output();
    match command {
        Command::Publish { entry, file, media_type } => {
            let media_type = media_type.unwrap_or_else(|| transfer::media_type(&file).to_owned());
            let caller = global.caller().await?;
            output.record(&transfer::publish(&caller, &entry, &file, &media_type, output).await?);
        }
        Command::List { entry, agreement } => {
            let caller = global.caller().await?;
            let data_versions = data_versions(&caller, &entry, &agreement).await?;
            let columns = &[
                "version",
                "file_name",
                "media_type",
                "size_bytes",
                "sha256",
                "publish_time",
                "data_version_id",
            ];
            let reply = pb::ListDataVersionsResponse { data_versions, next_page_token: String::new() };
            output.list(&reply, "data_versions", columns);
        }
        Command::Ticket { data_version, agreement } => {
            output.record(&ticket(&global.caller().await?, &agreement, &data_version).await?);
        }
        Command::Defect(command) => defects::run(command, global).await?,
        Command::Download(download) => download.run(global).await?,
        Command::Deliveries { case, limit } => {
            let caller = global.caller().await?;
            let (deliveries, next_page_token) = pages(limit, |page_size, page_token| {
                let (mut client, case_id) = (caller.exchange(), case.clone());
                async move {
                    let wanted = pb::ListDeliveriesRequest { case_id, page_size, page_token };
                    let page = client.list_deliveries(wanted).await?.into_inner();
                    Ok((page.deliveries, page.next_page_token))
                }
            })
            .await?;
            let columns = &[
                "start_time",
                "state",
                "sent_bytes",
                "applicant_unit_id",
                "provider_unit_id",
                "delivery_id",
            ];
            let reply = pb::ListDeliveriesResponse { deliveries, next_page_token };
            output.list(&reply, "deliveries", columns);
        }
    }
    Ok(())
}

impl Download {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let destination = Destination { path: self.out, force: self.force };
        let under = self.agreement.or(self.entry.is_some().then(String::new));
        let (ticket, from) = match (under, self.ticket, self.from) {
            (Some(agreement), _, _) => {
                let caller = global.caller().await?;
                let version = match (self.data_version, self.entry) {
                    (Some(version), _) => version,
                    (None, Some(entry)) => newest(&caller, &entry, "").await?,
                    (None, None) => {
                        let entry = crate::agreements::get(&caller, &agreement).await?.entry_id;
                        newest(&caller, &entry, &agreement).await?
                    }
                };
                let given = ticket(&caller, &agreement, &version).await?;
                destination.check(&given.data_version.unwrap_or_default().file_name)?;
                (given.ticket, given.download_uri)
            }
            (None, Some(ticket), Some(from)) => (ticket, from),
            (None, _, _) => {
                return Err(Failure::usage(
                    "name an agreement, an actively shared --entry, or --ticket with --from",
                ));
            }
        };
        let output = global.output();
        let taken = transfer::download(&from, global.ca.as_deref(), ticket, &destination, output).await?;
        let told = json!({
            "file": taken.path, "sha256": taken.sha256, "size_bytes": taken.size, "delivery_id": taken.delivery_id,
        });
        output.say(&told, || {
            format!("{}\n{} bytes, SHA-256 {} checked", taken.path.display(), taken.size, taken.sha256)
        });
        Ok(())
    }
}

/// The newest data version of an entry.
async fn newest(caller: &Caller, entry: &str, agreement: &str) -> Result<String, Failure> {
    let versions = data_versions(caller, entry, agreement).await?;
    let newest = versions.into_iter().next().map(|version| version.data_version_id);
    newest.ok_or_else(|| Failure::local("the provider has not published any data for this entry yet"))
}

/// Data versions of an entry, newest first; `agreement` may be empty for the provider, and for what is shared actively.
pub async fn data_versions(
    caller: &Caller,
    entry: &str,
    agreement: &str,
) -> Result<Vec<pb::DataVersion>, Failure> {
    let (versions, _) = pages(0, |page_size, page_token| {
        let mut client = caller.exchange();
        let (entry_id, agreement_id) = (entry.to_owned(), agreement.to_owned());
        async move {
            let wanted = pb::ListDataVersionsRequest { entry_id, agreement_id, page_size, page_token };
            let page = client.list_data_versions(wanted).await?.into_inner();
            Ok((page.data_versions, page.next_page_token))
        }
    })
    .await?;
    Ok(versions)
}

/// A ticket under an agreement; with an empty one, for what is shared actively.
pub async fn ticket(
    caller: &Caller,
    agreement: &str,
    data_version: &str,
) -> Result<pb::CreateTicketResponse, Failure> {
    let wanted = pb::CreateTicketRequest {
        agreement_id: agreement.to_owned(),
        data_version_id: data_version.to_owned(),
    };
    Ok(caller.exchange().create_ticket(wanted).await?.into_inner())
}

/// Whether a file of this name may be taken over from somebody else: a name, not a path.
pub fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|plain| plain == name)
}
