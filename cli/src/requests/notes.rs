//! `govshare request note`: what the parties of a case ask and tell each other beside the written steps (art. 26).

use clap::Subcommand;
use govshare_proto::access_request::v1 as pb;

use crate::connect::{Caller, pages, request_id};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds a note; nobody edits or deletes it.
    Add {
        case: String,
        /// Plain text, up to 2000 characters.
        body: String,
    },
    /// Lists the notes of a case, oldest first.
    List {
        case: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

pub async fn run(command: Command, caller: &Caller, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Add { case, body } => {
            let wanted = pb::AddNoteRequest { access_request_id: case, body, request_id: request_id() };
            output.record(&caller.notes().add_note(wanted).await?.into_inner().note.unwrap_or_default());
        }
        Command::List { case, limit } => {
            let (notes, next_page_token) = pages(limit, |page_size, page_token| {
                let (mut client, access_request_id) = (caller.notes(), case.clone());
                async move {
                    let wanted = pb::ListNotesRequest { access_request_id, page_size, page_token };
                    let page = client.list_notes(wanted).await?.into_inner();
                    Ok((page.notes, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListNotesResponse { notes, next_page_token };
            output.list(&reply, "notes", &["number", "create_time", "unit_id", "part", "body"]);
        }
    }
    Ok(())
}
