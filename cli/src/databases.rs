//! `govshare database`: the register of shared databases (art. 5, 12).

use clap::Subcommand;
use govshare_proto::catalog::v1 as pb;

use crate::args::Global;
use crate::connect::pages;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the shared databases with those who lead them.
    List,
    /// Shows one shared database.
    Show { database: String },
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let output = global.output();
    match command {
        Command::List => {
            let (shared_databases, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.databases();
                async move {
                    let wanted = pb::ListSharedDatabasesRequest { page_size, page_token };
                    let page = client.list_shared_databases(wanted).await?.into_inner();
                    Ok((page.shared_databases, page.next_page_token))
                }
            })
            .await?;
            let columns = &["shared_database_id", "display_name", "kind", "leads", "basis"];
            let reply = pb::ListSharedDatabasesResponse { shared_databases, next_page_token };
            output.list(&reply, "shared_databases", columns);
        }
        Command::Show { database } => {
            let wanted = pb::GetSharedDatabaseRequest { shared_database_id: database };
            let reply = caller.databases().get_shared_database(wanted).await?.into_inner();
            output.record(&reply.shared_database.unwrap_or_default());
        }
    }
    Ok(())
}
