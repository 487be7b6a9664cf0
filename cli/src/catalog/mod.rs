//! `govshare catalog`: entries from an office's file to publication and search (art. 14-16).

pub mod archive;
pub mod entry_row;
pub mod filings;
pub mod import;
pub mod review;
pub mod upkeep;

use clap::{Args, Subcommand, ValueEnum};
use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1::{self as pb, EntryVersionState};
use serde_json::json;
use time::Duration;

use crate::args::Global;
use crate::catalogue_file;
use crate::connect::{Caller, connect, pages};
use crate::failure::Failure;
use crate::keys::INFO_OFFICE;
use crate::output::{Output, print};
use crate::sandbox::person;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Registers the rows of a CSV, XLSX or XLS file as drafts; a second run adds nothing.
    Import(import::Import),
    /// Finds published entries that hold every word, in title, provider, items or abstract.
    Search(Search),
    /// Shows one entry.
    Show {
        entry: String,
    },
    /// Lists entries with the state of their latest version.
    List {
        #[arg(long, default_value = "")]
        unit: String,
        #[arg(long, value_enum)]
        state: Option<VersionState>,
        /// How many to list; 0: all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Asks for the secrecy review of all drafts and passes it: two steps of two people.
    Review {
        /// Only entries of this unit.
        #[arg(long)]
        unit: Option<UnitId>,
        /// Which step to do; both only in the sandbox, by its own people.
        #[arg(long, value_enum)]
        step: Option<ReviewStep>,
    },
    /// Publishes all versions that passed the review.
    Publish {
        /// Only entries of this unit.
        #[arg(long)]
        unit: Option<UnitId>,
    },
    Classification(upkeep::Classification),
    Code(upkeep::Code),
    Diff(upkeep::Diff),
    Warnings(upkeep::Warnings),
    Calendar(upkeep::Calendar),
    Updated(upkeep::Updated),
    Duplicates(upkeep::Duplicates),
    #[command(subcommand)]
    Archive(archive::Archive),
    #[command(subcommand)]
    Explanation(filings::Explanation),
    #[command(subcommand)]
    Plan(filings::Plan),
    #[command(subcommand)]
    Regulation(filings::Regulation),
}

#[derive(Debug, Args)]
pub struct Search {
    /// Words that an entry must hold; without any, all entries.
    pub words: Vec<String>,
    /// Only entries of this unit.
    #[arg(long, default_value = "")]
    pub unit: String,
    #[arg(long, value_enum)]
    pub sharing_type: Option<SharingType>,
    /// All hits instead of the first 20.
    #[arg(long)]
    pub all: bool,
}

/// 共享类型
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SharingType {
    /// 无条件共享
    Unconditional,
    /// 有条件共享
    Conditional,
    /// 不予共享
    Withheld,
}

impl SharingType {
    fn as_read(self) -> catalogue_file::SharingType {
        match self {
            Self::Unconditional => catalogue_file::SharingType::Unconditional,
            Self::Conditional => catalogue_file::SharingType::Conditional,
            Self::Withheld => catalogue_file::SharingType::Withheld,
        }
    }

    /// The name in a mapping file.
    pub fn name(self) -> &'static str {
        self.as_read().name()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VersionState {
    Draft,
    InReview,
    Rejected,
    Registered,
    Published,
}

impl From<VersionState> for EntryVersionState {
    fn from(state: VersionState) -> Self {
        match state {
            VersionState::Draft => Self::Draft,
            VersionState::InReview => Self::InReview,
            VersionState::Rejected => Self::Rejected,
            VersionState::Registered => Self::Registered,
            VersionState::Published => Self::Published,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReviewStep {
    /// Ask for the review: a drafter of the unit, or the info office.
    Ask,
    /// Pass it: a reviewer of the unit who drafted none of it.
    Pass,
}

pub async fn run(command: Command, global: &Global) -> Result<(), Failure> {
    let output = global.output();
    match command {
        Command::Import(import) => import.run(global).await,
        Command::Search(search) => search.run(global).await,
        Command::Show { entry } => {
            let wanted = pb::GetEntryRequest { entry_id: entry };
            let reply = global.caller().await?.entries().get_entry(wanted).await?.into_inner();
            output.record(&reply.entry.unwrap_or_default());
            Ok(())
        }
        Command::List { unit, state, limit } => list(global, &unit, state, limit).await,
        Command::Review { unit, step } => review(global, unit, step).await,
        Command::Publish { unit } => publish(global, unit).await,
        Command::Classification(list) => list.run(global).await,
        Command::Code(code) => code.run(global).await,
        Command::Diff(diff) => diff.run(global).await,
        Command::Warnings(warnings) => warnings.run(global).await,
        Command::Calendar(calendar) => calendar.run(global).await,
        Command::Updated(updated) => updated.run(global).await,
        Command::Duplicates(duplicates) => duplicates.run(global).await,
        Command::Archive(archive) => archive.run(global).await,
        Command::Explanation(explanation) => explanation.run(global).await,
        Command::Plan(plan) => plan.run(global).await,
        Command::Regulation(regulation) => regulation.run(global).await,
    }
}

async fn list(global: &Global, unit: &str, state: Option<VersionState>, limit: usize) -> Result<(), Failure> {
    let caller = global.caller().await?;
    let (entries, next_page_token) = pages(limit, |page_size, page_token| {
        let mut client = caller.entries();
        let wanted = pb::ListEntriesRequest {
            provider_unit_id: unit.to_owned(),
            latest_state: state.map(EntryVersionState::from).unwrap_or_default().into(),
            page_size: page_size.min(500),
            page_token,
        };
        async move {
            let page = client.list_entries(wanted).await?.into_inner();
            Ok((page.entries, page.next_page_token))
        }
    })
    .await?;
    let columns = &[
        "entry_id",
        "provider_display_name",
        "state",
        "latest.version",
        "latest.state",
        "latest.content.title",
    ];
    global.output().list(&pb::ListEntriesResponse { entries, next_page_token }, "entries", columns);
    Ok(())
}

impl Search {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let mut found = pb::SearchEntriesResponse::default();
        loop {
            let wanted = pb::SearchEntriesRequest {
                query: self.words.join(" "),
                provider_unit_id: self.unit.clone(),
                sharing_type: self
                    .sharing_type
                    .map(|wanted| pb::SharingType::from(wanted.as_read()))
                    .unwrap_or_default()
                    .into(),
                page_size: if self.all { 100 } else { 20 },
                page_token: found.next_page_token,
            };
            let page = caller.entries().search_entries(wanted).await?.into_inner();
            found.hits.extend(page.hits);
            found.next_page_token = page.next_page_token;
            found.total_size = page.total_size;
            found.total_size_exceeded = page.total_size_exceeded;
            if !self.all || found.next_page_token.is_empty() {
                break;
            }
        }
        let columns = &[
            "entry.published.content.title",
            "entry.provider_display_name",
            "entry.published.content.sharing_type",
            "matched_field",
            "entry.entry_id",
        ];
        let (shown, total) = (found.hits.len(), found.total_size);
        let more_than = if found.total_size_exceeded { "more than " } else { "" };
        found.next_page_token.clear();
        global.output().list(&found, "hits", columns);
        if !global.json {
            print(&format_args!("{shown} of {more_than}{total}"));
        }
        Ok(())
    }
}

async fn review(global: &Global, unit: Option<UnitId>, step: Option<ReviewStep>) -> Result<(), Failure> {
    let named = global.token.is_some() || global.person.is_some();
    let unit_id = unit.as_ref().map(UnitId::as_str).unwrap_or_default();
    let info_office = INFO_OFFICE.parse().map_err(Failure::local)?;
    let reader = global.caller_or(&info_office, Role::InfoOffice).await?;
    if named && step.is_none() {
        return Err(Failure::usage("nobody does both steps; say --step ask or --step pass"));
    }
    if step != Some(ReviewStep::Pass) {
        let drafts = review::versions(&reader, unit_id, EntryVersionState::Draft).await?;
        tell(global.output(), "asked", &review::ask(&reader, &drafts).await?);
    }
    if step != Some(ReviewStep::Ask) {
        let open = review::open_reviews(&reader, unit_id).await?;
        let passed = if named {
            review::pass(&reader, &open).await?
        } else {
            let by_unit = review::grouped(open, |review| &review.provider_unit_id);
            let person = people(global).await?;
            review::by_unit(by_unit, Role::Reviewer, person, async |caller, reviews| {
                review::pass(&caller, &reviews).await
            })
            .await?
        };
        tell(global.output(), "passed", &passed);
    }
    Ok(())
}

async fn publish(global: &Global, unit: Option<UnitId>) -> Result<(), Failure> {
    let named = global.token.is_some() || global.person.is_some();
    let unit_id = unit.as_ref().map(UnitId::as_str).unwrap_or_default();
    let info_office = INFO_OFFICE.parse().map_err(Failure::local)?;
    let reader = global.caller_or(&info_office, Role::InfoOffice).await?;
    let registered = review::versions(&reader, unit_id, EntryVersionState::Registered).await?;
    let published = if named {
        review::publish(&reader, &registered).await?
    } else {
        let by_unit = review::grouped(registered, |entry| &entry.provider_unit_id);
        let person = people(global).await?;
        review::by_unit(by_unit, Role::Approver, person, async |caller, entries| {
            review::publish(&caller, &entries).await
        })
        .await?
    };
    tell(global.output(), "published", &published);
    Ok(())
}

/// The sandbox's people, each unit with its own.
async fn people(
    global: &Global,
) -> Result<impl Fn(&UnitId, Role) -> Result<Caller, Failure> + use<>, Failure> {
    let channel = connect(&global.gateway(), global.ca.as_deref()).await?;
    let issuer = global.sandbox().issuer()?;
    Ok(move |unit: &UnitId, role| {
        let token = issuer.mint(&person(unit, role), unit, &[role], Duration::hours(1))?;
        Caller::new(channel.clone(), &token)
    })
}

fn tell(output: Output, step: &str, outcome: &review::Outcome) {
    output.say(&json!({ step: outcome }), || {
        let mut words = format!("{step}: {}, refused: {}", outcome.done, outcome.refused.len());
        for refused in outcome.refused.iter().take(20) {
            let review::RefusedRecord { title, reason, description } = refused;
            words.push_str(&format!("\n  {title}: {reason}: {description}"));
        }
        words
    });
}
