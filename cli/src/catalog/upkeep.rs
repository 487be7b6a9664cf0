//! `govshare catalog`: what keeps the catalogue in order: codes, differences, warnings, updates, duplicates (art. 15-19).

use clap::Args;
use govshare_proto::catalog::v1 as pb;
use time::Date;

use crate::args::{Global, day, day_to_proto};
use crate::connect::{pages, request_id};
use crate::failure::Failure;

/// Gives an entry its resource code.
#[derive(Debug, Args)]
pub struct Code {
    pub entry: String,
    /// Code of a 目 or 细目, e.g. 3070010.
    pub classification: String,
}

/// Shows what is different between two versions of an entry.
#[derive(Debug, Args)]
pub struct Diff {
    pub entry: String,
    pub from: i32,
    pub to: i32,
}

/// Lists entries that are suspended or retired, for those who use them.
#[derive(Debug, Args)]
pub struct Warnings {
    /// Only these entries.
    pub entries: Vec<String>,
    /// How many to list; 0: all.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Lists when entries are to be updated, or what is late.
#[derive(Debug, Args)]
pub struct Calendar {
    /// Only entries of this unit.
    #[arg(long, default_value = "")]
    pub unit: String,
    /// Only late ones.
    #[arg(long)]
    pub late: bool,
    /// Only what is due on this day or before.
    #[arg(long, value_parser = day)]
    pub until: Option<Date>,
    /// How many to list; 0: all.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Records that the data of an entry was updated.
#[derive(Debug, Args)]
pub struct Updated {
    pub entry: String,
    /// Day of the update; without it today.
    #[arg(long, value_parser = day)]
    pub day: Option<Date>,
}

/// Looks for entries of other units that hold what one means to collect.
#[derive(Debug, Args)]
pub struct Duplicates {
    /// Name of the information.
    pub name: String,
    /// Name of an information item; can be repeated.
    #[arg(long = "item")]
    pub items: Vec<String>,
}

/// Lists the classification, or the part below a code.
#[derive(Debug, Args)]
pub struct Classification {
    #[arg(default_value = "")]
    pub code: String,
    /// How many to list; 0: all.
    #[arg(long, default_value_t = 200)]
    pub limit: usize,
}

impl Code {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let wanted = pb::AssignResourceCodeRequest {
            entry_id: self.entry,
            classification_code: self.classification,
            request_id: request_id(),
        };
        let reply = global.caller().await?.entries().assign_resource_code(wanted).await?.into_inner();
        global.output().record(&reply.entry.unwrap_or_default());
        Ok(())
    }
}

impl Diff {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let wanted = pb::DiffEntryVersionsRequest {
            entry_id: self.entry,
            from_version: self.from,
            to_version: self.to,
        };
        let reply = global.caller().await?.entries().diff_entry_versions(wanted).await?.into_inner();
        if global.json {
            global.output().record(&reply);
            return Ok(());
        }
        global.output().list(&reply, "field_changes", &["field", "kind", "before", "after"]);
        global.output().list(&reply, "item_changes", &["item_name", "kind", "before", "after"]);
        Ok(())
    }
}

impl Warnings {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (warnings, next_page_token) = pages(self.limit, |page_size, page_token| {
            let (mut client, entry_ids) = (caller.entries(), self.entries.clone());
            async move {
                let wanted =
                    pb::ListEntryWarningsRequest { entry_ids, page_size, page_token, ..Default::default() };
                let page = client.list_entry_warnings(wanted).await?.into_inner();
                Ok((page.warnings, page.next_page_token))
            }
        })
        .await?;
        let columns = &["entry_id", "title", "provider_unit_id", "state", "since", "reason"];
        let reply = pb::ListEntryWarningsResponse { warnings, next_page_token };
        global.output().list(&reply, "warnings", columns);
        Ok(())
    }
}

impl Calendar {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (update_schedules, next_page_token) = pages(self.limit, |page_size, page_token| {
            let mut client = caller.update_calendar();
            let wanted = pb::ListUpdateSchedulesRequest {
                provider_unit_id: self.unit.clone(),
                late: self.late,
                due_until: self.until.map(day_to_proto),
                page_size,
                page_token,
            };
            async move {
                let page = client.list_update_schedules(wanted).await?.into_inner();
                Ok((page.update_schedules, page.next_page_token))
            }
        })
        .await?;
        let columns = &["next_due", "late_time", "title", "provider_unit_id", "update_cycle", "entry_id"];
        let reply = pb::ListUpdateSchedulesResponse { update_schedules, next_page_token };
        global.output().list(&reply, "update_schedules", columns);
        Ok(())
    }
}

impl Updated {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let wanted = pb::RecordUpdateRequest {
            entry_id: self.entry,
            day: self.day.map(day_to_proto),
            request_id: request_id(),
        };
        let reply = global.caller().await?.update_calendar().record_update(wanted).await?.into_inner();
        global.output().record(&reply.update_schedule.unwrap_or_default());
        Ok(())
    }
}

impl Duplicates {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let item =
            pb::CollectionItem { name: self.name, item_names: self.items, ..pb::CollectionItem::default() };
        let wanted = pb::CheckDuplicatesRequest { items: vec![item] };
        let reply = global.caller().await?.collection().check_duplicates(wanted).await?.into_inner();
        let found = reply.findings.into_iter().next().unwrap_or_default();
        let columns = &["score", "duplicate", "title", "provider_display_name", "sharing_type", "entry_id"];
        global.output().list(&found, "similar_entries", columns);
        Ok(())
    }
}

impl Classification {
    pub async fn run(self, global: &Global) -> Result<(), Failure> {
        let caller = global.caller().await?;
        let (nodes, next_page_token) = pages(self.limit, |page_size, page_token| {
            let (mut client, code_prefix) = (caller.classification(), self.code.clone());
            async move {
                let wanted = pb::ListClassificationNodesRequest { code_prefix, page_size, page_token };
                let page = client.list_classification_nodes(wanted).await?.into_inner();
                Ok((page.nodes, page.next_page_token))
            }
        })
        .await?;
        let reply = pb::ListClassificationNodesResponse { nodes, next_page_token };
        global.output().list(&reply, "nodes", &["code", "display_name", "level", "state", "last_sequence"]);
        Ok(())
    }
}
