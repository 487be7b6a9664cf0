//! `govshare exchange defect`: defects of data versions, told by providers and acknowledged by users (art. 22).

use clap::Subcommand;
use govshare_proto::exchange::v1 as pb;

use crate::args::Global;
use crate::connect::{pages, request_id, retrying};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells of a defect of a data version (its provider's approver).
    Tell { data_version: String, description: String },
    /// Lists the defects of a data version.
    List {
        data_version: String,
        /// For users: your agreement on the entry, unless it is shared actively.
        #[arg(long, default_value = "")]
        agreement: String,
    },
    /// Acknowledges a defect; from then on your unit bears the risk of use.
    Acknowledge {
        data_version: String,
        defect: String,
        /// Your agreement; not needed for what is shared actively (art. 25).
        #[arg(long, default_value = "")]
        agreement: String,
    },
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let (caller, output) = (global.caller().await?, global.output());
    match command {
        Command::Tell { data_version: data_version_id, description } => {
            let request = pb::TellDefectRequest { data_version_id, description, request_id: request_id() };
            let told = retrying(|| {
                let (mut client, request) = (caller.defects(), request.clone());
                async move { client.tell_defect(request).await }
            })
            .await?;
            output.record(&told.defect.unwrap_or_default());
        }
        Command::List { data_version, agreement } => {
            let (defects, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.defects();
                let wanted = pb::ListDefectsRequest {
                    data_version_id: data_version.clone(),
                    agreement_id: agreement.clone(),
                    page_size,
                    page_token,
                };
                async move {
                    let page = client.list_defects(wanted).await?.into_inner();
                    Ok((page.defects, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListDefectsResponse { defects, next_page_token };
            output.list(&reply, "defects", &["defect_id", "description", "tell_time", "acknowledge_time"]);
        }
        Command::Acknowledge {
            data_version: data_version_id,
            defect: defect_id,
            agreement: agreement_id,
        } => {
            let request = pb::AcknowledgeDefectRequest {
                data_version_id,
                defect_id,
                agreement_id,
                request_id: request_id(),
            };
            let acknowledged = retrying(|| {
                let (mut client, request) = (caller.defects(), request.clone());
                async move { client.acknowledge_defect(request).await }
            })
            .await?;
            output.record(&acknowledged.defect.unwrap_or_default());
        }
    }
    Ok(())
}
