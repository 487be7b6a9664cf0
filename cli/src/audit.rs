//! `govshare audit`: what happened, as the append-only log has it.

use clap::Subcommand;
use govshare_proto::audit::v1 as pb;

use crate::args::Global;
use crate::connect::{Caller, pages};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the events of a case, in the order of the log.
    Show {
        /// The case (access request).
        case: String,
    },
    /// Lists events of one record, or all that you may see.
    List {
        /// The record, e.g. access-request/0192f0c1-...
        #[arg(long, default_value = "")]
        aggregate: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let (case, aggregate, limit) = match command {
        Command::Show { case } => (case, String::new(), 0),
        Command::List { aggregate, limit } => (String::new(), aggregate, limit),
    };
    let (events, next_page_token) = events(&caller, &case, &aggregate, limit).await?;
    let columns = &[
        "position",
        "occur_time",
        "type",
        "state",
        "actor_unit_id",
        "article",
        "aggregate",
        "aggregate_version",
    ];
    global.output().list(&pb::ListEventsResponse { events, next_page_token }, "events", columns);
    Ok(())
}

/// Events of a case or of a record (empty: any) by their position.
pub async fn events(
    caller: &Caller,
    case: &str,
    aggregate: &str,
    limit: usize,
) -> Result<(Vec<pb::Event>, String), Failure> {
    pages(limit, |page_size, page_token| {
        let mut client = caller.audit();
        let wanted = pb::ListEventsRequest {
            case_id: case.to_owned(),
            aggregate: aggregate.to_owned(),
            page_size,
            page_token,
        };
        async move {
            let page = client.list_events(wanted).await?.into_inner();
            Ok((page.events, page.next_page_token))
        }
    })
    .await
}
