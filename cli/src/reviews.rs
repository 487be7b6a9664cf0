//! `govshare review`: restrictions from general sharing (art. 24), units' secrecy rules (9), and the security levels of
//! their systems (30). The review of entries itself is part of `govshare catalog`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use govshare_proto::catalog::v1::{EntryVersionState, SharingType};
use govshare_proto::security_review::v1 as pb;
use serde_json::json;
use time::Date;

use crate::args::{Global, day, day_to_proto};
use crate::catalog::review::versions;
use crate::connect::{Caller, pages, request_id, retrying};
use crate::failure::Failure;
use crate::output::Output;

/// Entries or restrictions in one call.
const BATCH: usize = 1000;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// States why entries are shared on application only: one entry, or all drafts and versions under review of a unit.
    Restrict {
        /// The entry; without it every entry of --unit that is on application.
        entry: Option<String>,
        #[arg(long, required_unless_present = "entry")]
        unit: Option<String>,
        #[arg(long, value_enum)]
        basis: Basis,
        /// The provision with its article, or the explanation.
        #[arg(long)]
        words: String,
    },
    /// Approves a restriction, or without one all that wait, as the secrecy bureau.
    Approve { restriction: Option<String> },
    /// Rejects a restriction as the secrecy bureau.
    Reject {
        restriction: String,
        #[arg(long)]
        reasons: String,
    },
    /// Puts a restriction, or without one all that are approved, on file as the info office.
    File { restriction: Option<String> },
    /// Lists restrictions, newest first.
    Restrictions {
        #[arg(long, default_value = "")]
        unit: String,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Units' secrecy rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Information systems and their security levels.
    #[command(subcommand)]
    System(System),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Basis {
    /// 法律、法规、规章
    Law,
    /// 其他相关规定
    OtherRule,
    /// 说明
    Explanation,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Hands in the rules of your unit, or their next revision.
    File {
        #[arg(long)]
        title: String,
        /// Text file with the rules.
        file: PathBuf,
    },
    /// Tells a unit what to do better, as the secrecy bureau.
    Guide {
        unit: String,
        #[arg(long)]
        revision: i32,
        #[arg(long)]
        guidance: String,
    },
    /// Accepts the rules of a unit, as the secrecy bureau.
    Accept {
        unit: String,
        #[arg(long)]
        revision: i32,
    },
    /// Shows the rules of a unit.
    Show { unit: String },
    /// Lists the rules of all units that you may read.
    List,
}

#[derive(Debug, Subcommand)]
pub enum System {
    /// Registers a system of your unit.
    Register {
        name: String,
        /// Security level, 1 to 5.
        #[arg(long)]
        level: i32,
    },
    /// Raises the level of a system, or lowers it with authority.
    Level {
        system: String,
        #[arg(long)]
        level: i32,
        #[command(flatten)]
        authority: Authority,
    },
    /// Lists systems, newest first.
    List {
        #[arg(long, default_value = "")]
        unit: String,
    },
}

/// What allows to lower a level.
#[derive(Debug, Args)]
pub struct Authority {
    /// The body that allowed it.
    #[arg(long, requires_all = ["document", "dated"])]
    authority: Option<String>,
    /// Number of its document.
    #[arg(long, requires = "authority")]
    document: Option<String>,
    /// Date of the document.
    #[arg(long, value_parser = day, requires = "authority")]
    dated: Option<Date>,
}

impl From<Basis> for pb::RestrictionBasis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Law => Self::Law,
            Basis::OtherRule => Self::OtherRule,
            Basis::Explanation => Self::Explanation,
        }
    }
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let (caller, output) = (global.caller().await?, global.output());
    let mut client = caller.restrictions();
    let shown = match command {
        Command::Restrict { entry: Some(entry_id), basis, words, .. } => {
            let basis = pb::RestrictionBasis::from(basis).into();
            let wanted = pb::StateRestrictionRequest { entry_id, basis, words, request_id: request_id() };
            client.state_restriction(wanted).await?.into_inner().restriction
        }
        Command::Restrict { entry: None, unit, basis, words } => {
            let results = restrict(&caller, &unit.unwrap_or_default(), basis.into(), &words).await?;
            tell(output, "stated", &results);
            return Ok(());
        }
        Command::Approve { restriction: Some(restriction_id) } => {
            let wanted = pb::ApproveRestrictionRequest { restriction_id, request_id: request_id() };
            client.approve_restriction(wanted).await?.into_inner().restriction
        }
        Command::Approve { restriction: None } => {
            tell(output, "approved", &approve_all(&caller, |_| true).await?);
            return Ok(());
        }
        Command::Reject { restriction: restriction_id, reasons } => {
            let wanted = pb::RejectRestrictionRequest { restriction_id, reasons, request_id: request_id() };
            client.reject_restriction(wanted).await?.into_inner().restriction
        }
        Command::File { restriction: Some(restriction_id) } => {
            let wanted = pb::FileRestrictionRequest { restriction_id, request_id: request_id() };
            client.file_restriction(wanted).await?.into_inner().restriction
        }
        Command::File { restriction: None } => {
            tell(output, "put on file", &file_all(&caller, |_| true).await?);
            return Ok(());
        }
        Command::Restrictions { unit, limit } => {
            let reply = restrictions(&caller, &unit, pb::RestrictionState::Unspecified, limit).await?;
            let columns = &["state", "provider_unit_id", "title", "basis", "words", "restriction_id"];
            output.list(&reply, "restrictions", columns);
            return Ok(());
        }
        Command::Rules(command) => return rules(command, &caller, output).await,
        Command::System(command) => return system(command, &caller, output).await,
    };
    output.record(&shown.unwrap_or_default());
    Ok(())
}

/// States the same for every draft and version under review of a unit that is on application.
pub async fn restrict(
    caller: &Caller,
    unit: &str,
    basis: pb::RestrictionBasis,
    words: &str,
) -> Result<Vec<pb::RestrictionResult>, Failure> {
    let mut entries = versions(caller, unit, EntryVersionState::Draft).await?;
    entries.extend(versions(caller, unit, EntryVersionState::InReview).await?);
    entries.retain(|entry| {
        let content = entry.latest.as_ref().and_then(|version| version.content.as_ref());
        content.is_some_and(|content| content.sharing_type() == SharingType::Conditional)
    });
    let entries: Vec<_> = entries.into_iter().map(|entry| entry.entry_id).collect();
    state_all(caller, &entries, basis, words).await
}

/// States the same for all these entries.
pub async fn state_all(
    caller: &Caller,
    entries: &[String],
    basis: pb::RestrictionBasis,
    words: &str,
) -> Result<Vec<pb::RestrictionResult>, Failure> {
    let mut results = Vec::new();
    for entries in entries.chunks(BATCH) {
        let wanted = pb::BatchStateRestrictionsRequest {
            entry_ids: entries.to_vec(),
            basis: basis.into(),
            words: words.to_owned(),
            request_id: request_id(),
        };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.restrictions(), wanted.clone());
            async move { client.batch_state_restrictions(wanted).await }
        })
        .await?;
        results.extend(reply.results);
    }
    Ok(results)
}

/// Approves the restrictions that wait for the secrecy bureau and that `ours` picks.
pub async fn approve_all(
    caller: &Caller,
    ours: impl Fn(&pb::Restriction) -> bool,
) -> Result<Vec<pb::RestrictionResult>, Failure> {
    let mut results = Vec::new();
    for restriction_ids in waiting(caller, pb::RestrictionState::Stated, ours).await? {
        let wanted = pb::BatchApproveRestrictionsRequest { restriction_ids, request_id: request_id() };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.restrictions(), wanted.clone());
            async move { client.batch_approve_restrictions(wanted).await }
        })
        .await?;
        results.extend(reply.results);
    }
    Ok(results)
}

/// Puts the approved restrictions that `ours` picks on file.
pub async fn file_all(
    caller: &Caller,
    ours: impl Fn(&pb::Restriction) -> bool,
) -> Result<Vec<pb::RestrictionResult>, Failure> {
    let mut results = Vec::new();
    for restriction_ids in waiting(caller, pb::RestrictionState::Approved, ours).await? {
        let wanted = pb::BatchFileRestrictionsRequest { restriction_ids, request_id: request_id() };
        let reply = retrying(|| {
            let (mut client, wanted) = (caller.restrictions(), wanted.clone());
            async move { client.batch_file_restrictions(wanted).await }
        })
        .await?;
        results.extend(reply.results);
    }
    Ok(results)
}

/// Ids of the restrictions in a state, in batches.
async fn waiting(
    caller: &Caller,
    state: pb::RestrictionState,
    ours: impl Fn(&pb::Restriction) -> bool,
) -> Result<Vec<Vec<String>>, Failure> {
    let found = restrictions(caller, "", state, 0).await?.restrictions;
    let ids: Vec<_> = found.into_iter().filter(ours).map(|found| found.restriction_id).collect();
    Ok(ids.chunks(BATCH).map(<[String]>::to_vec).collect())
}

async fn restrictions(
    caller: &Caller,
    unit: &str,
    state: pb::RestrictionState,
    limit: usize,
) -> Result<pb::ListRestrictionsResponse, Failure> {
    let (restrictions, next_page_token) = pages(limit, |page_size, page_token| {
        let mut client = caller.restrictions();
        let wanted = pb::ListRestrictionsRequest {
            provider_unit_id: unit.to_owned(),
            entry_id: String::new(),
            state: state.into(),
            page_size,
            page_token,
        };
        async move {
            let page = client.list_restrictions(wanted).await?.into_inner();
            Ok((page.restrictions, page.next_page_token))
        }
    })
    .await?;
    Ok(pb::ListRestrictionsResponse { restrictions, next_page_token })
}

fn tell(output: Output, done: &str, results: &[pb::RestrictionResult]) {
    let refused: Vec<_> = results.iter().filter(|result| !result.reason.is_empty()).collect();
    let reasons: Vec<_> = refused.iter().map(|result| result.description.as_str()).collect();
    let count = results.len() - refused.len();
    output.say(&json!({ "done": count, "refused": reasons }), || {
        let refusals: String = reasons.iter().map(|reason| format!("\nrefused: {reason}")).collect();
        format!("{count} restrictions {done}{refusals}")
    });
}

async fn rules(command: Rules, caller: &Caller, output: Output) -> Result<(), Failure> {
    let mut client = caller.secrecy_rules();
    let shown = match command {
        Rules::File { title, file } => {
            let text = std::fs::read_to_string(&file).map_err(|error| Failure::file("read", &file, error))?;
            let wanted = pb::FileSecrecyRulesRequest { title, text, request_id: request_id() };
            client.file_secrecy_rules(wanted).await?.into_inner().secrecy_rules
        }
        Rules::Guide { unit: unit_id, revision, guidance } => {
            let wanted =
                pb::GuideSecrecyRulesRequest { unit_id, revision, guidance, request_id: request_id() };
            client.guide_secrecy_rules(wanted).await?.into_inner().secrecy_rules
        }
        Rules::Accept { unit: unit_id, revision } => {
            let wanted = pb::AcceptSecrecyRulesRequest { unit_id, revision, request_id: request_id() };
            client.accept_secrecy_rules(wanted).await?.into_inner().secrecy_rules
        }
        Rules::Show { unit: unit_id } => {
            let wanted = pb::GetSecrecyRulesRequest { unit_id };
            client.get_secrecy_rules(wanted).await?.into_inner().secrecy_rules
        }
        Rules::List => {
            let (secrecy_rules, next_page_token) = pages(0, |page_size, page_token| {
                let mut client = caller.secrecy_rules();
                async move {
                    let wanted = pb::ListSecrecyRulesRequest { state: 0, page_size, page_token };
                    let page = client.list_secrecy_rules(wanted).await?.into_inner();
                    Ok((page.secrecy_rules, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListSecrecyRulesResponse { secrecy_rules, next_page_token };
            output.list(&reply, "secrecy_rules", &["unit_id", "state", "revision", "title", "file_time"]);
            return Ok(());
        }
    };
    output.record(&shown.unwrap_or_default());
    Ok(())
}

async fn system(command: System, caller: &Caller, output: Output) -> Result<(), Failure> {
    let mut client = caller.systems();
    let shown = match command {
        System::Register { name, level } => {
            let wanted = pb::RegisterInformationSystemRequest { name, level, request_id: request_id() };
            client.register_information_system(wanted).await?.into_inner().information_system
        }
        System::Level { system: system_id, level, authority } => {
            let Authority { authority, document, dated } = authority;
            let authority = authority.map(|body| pb::LoweringAuthority {
                body,
                document_number: document.unwrap_or_default(),
                document_date: dated.map(day_to_proto),
            });
            let wanted =
                pb::ChangeSecurityLevelRequest { system_id, level, authority, request_id: request_id() };
            client.change_security_level(wanted).await?.into_inner().information_system
        }
        System::List { unit } => {
            let (information_systems, next_page_token) = pages(0, |page_size, page_token| {
                let (mut client, unit_id) = (caller.systems(), unit.clone());
                async move {
                    let wanted = pb::ListInformationSystemsRequest { unit_id, page_size, page_token };
                    let page = client.list_information_systems(wanted).await?.into_inner();
                    Ok((page.information_systems, page.next_page_token))
                }
            })
            .await?;
            let reply = pb::ListInformationSystemsResponse { information_systems, next_page_token };
            output.list(&reply, "information_systems", &["unit_id", "name", "level", "system_id"]);
            return Ok(());
        }
    };
    output.record(&shown.unwrap_or_default());
    Ok(())
}
