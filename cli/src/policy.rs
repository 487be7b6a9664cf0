//! `govshare policy`: packs with every provision, a try of another pack, and holiday notices (art. 36).

use std::path::{Path, PathBuf};

use clap::Subcommand;
use govshare_proto::access_request::v1 as pb;

use crate::args::Global;
use crate::connect::{pages, request_id};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the packs with the days on which applications are received under them.
    List,
    /// Shows a pack with every provision: value, article, interpretation.
    Show {
        /// e.g. xicheng-2014
        pack: String,
        /// Without it the newest listed.
        #[arg(long = "of-version", default_value_t = 0)]
        of_version: i32,
    },
    /// Tells which open cases would have differed under the pack in a TOML file; changes nothing (info office).
    DryRun { file: PathBuf },
    /// Lists the years whose holiday notice is known.
    Holidays,
    /// Loads the holiday notice of a year from a TOML file: it counts for receipts from now on (info office).
    LoadHolidays { file: PathBuf },
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let output = global.output();
    match command {
        Command::List => {
            let (policy_packs, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.policies();
                async move {
                    let wanted = pb::ListPolicyPacksRequest { page_size, page_token };
                    let page = client.list_policy_packs(wanted).await?.into_inner();
                    Ok((page.policy_packs, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListPolicyPacksResponse { policy_packs, next_page_token };
            let columns = &["pack_id", "version", "number", "title.zh", "in_force_from", "in_force_until"];
            output.list(&reply, "policy_packs", columns);
        }
        Command::Show { pack, of_version } => {
            let wanted = pb::GetPolicyPackRequest { pack_id: pack, version: of_version };
            let pack = caller.policies().get_policy_pack(wanted).await?.into_inner().policy_pack;
            let pack = pack.unwrap_or_default();
            if output.json {
                output.record(&pack);
            } else {
                let columns = &["key", "value", "article", "interpretation.zh"];
                output.list(&pack, "provisions", columns);
            }
        }
        Command::DryRun { file } => {
            let toml = read(&file)?;
            let mut pack = None;
            let mut examined = 0;
            let mut page_token = String::new();
            let mut differences = Vec::new();
            loop {
                let wanted = pb::DryRunPolicyPackRequest { toml: toml.clone(), page_size: 0, page_token };
                let page = caller.policies().dry_run_policy_pack(wanted).await?.into_inner();
                pack = pack.or(page.policy_pack);
                examined += page.cases_examined;
                differences.extend(page.differences);
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            let reply = pb::DryRunPolicyPackResponse {
                policy_pack: pack,
                differences,
                cases_examined: examined,
                next_page_token: page_token,
            };
            let columns = &[
                "case_number",
                "policy_pack",
                "answer_due",
                "other_answer_due",
                "missing_fields",
                "not_taken.zh",
            ];
            output.list(&reply, "differences", columns);
        }
        Command::Holidays => {
            let (holiday_notices, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.policies();
                async move {
                    let wanted = pb::ListHolidayNoticesRequest { page_size, page_token };
                    let page = client.list_holiday_notices(wanted).await?.into_inner();
                    Ok((page.holiday_notices, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListHolidayNoticesResponse { holiday_notices, next_page_token };
            output.list(&reply, "holiday_notices", &["year", "numbers", "load_time"]);
        }
        Command::LoadHolidays { file } => {
            let wanted = pb::LoadHolidayNoticeRequest { toml: read(&file)?, request_id: request_id() };
            let reply = caller.policies().load_holiday_notice(wanted).await?.into_inner();
            output.record(&reply.holiday_notice.unwrap_or_default());
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, error))
}
