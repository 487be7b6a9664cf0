//! `govshare todo`: what waits for the caller in all services, the nearest due first.

use clap::Args;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use govshare_proto::task::v1::{Task, TaskChange};
use govshare_proto::{access_request, agreement, catalog, evaluation, security_review};

use crate::args::Global;
use crate::connect::{Caller, pages};
use crate::failure::Failure;
use crate::output::print;

/// What waits for you, in every service.
#[derive(Debug, Args)]
pub struct Todo {
    /// How many to list of each service; 0: all.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Goes on and tells every change.
    #[arg(long)]
    watch: bool,
}

/// Columns of the table.
pub const COLUMNS: &[&str] = &[
    "due",
    "working_days_left",
    "overdue",
    "article",
    "action_zh",
    "action_en",
    "subject",
    "unit_id",
    "resource",
];

type Changes = BoxStream<'static, Result<(TaskChange, Task), tonic::Status>>;

macro_rules! services {
    ($($package:ident = $client:ident),+ $(,)?) => {
        /// The lists of all services, merged.
        pub async fn list(caller: &Caller, limit: usize) -> Result<Vec<Task>, Failure> {
            let mut all = Vec::new();
            $({
                let (tasks, _) = pages(limit, |page_size, page_token| {
                    let mut client = caller.$client();
                    let wanted = $package::v1::ListTasksRequest { page_size, page_token };
                    async move {
                        let page = client.list_tasks(wanted).await?.into_inner();
                        Ok((page.tasks, page.next_page_token))
                    }
                })
                .await?;
                all.extend(tasks);
            })+
            all.sort_by_key(|task: &Task| {
                let due = task.due.map(|due| (due.year, due.month, due.day));
                (due.is_none(), due, task.name.clone())
            });
            Ok(all)
        }

        /// The changes in all services.
        async fn watch(caller: &Caller) -> Result<Changes, Failure> {
            let mut all: Vec<Changes> = Vec::new();
            $({
                let mut client = caller.unhurried().$client();
                let changes = client.watch_tasks($package::v1::WatchTasksRequest {}).await?.into_inner();
                all.push(
                    changes
                        .map(|change| {
                            let change = change?;
                            Ok((change.change(), change.task.unwrap_or_default()))
                        })
                        .boxed(),
                );
            })+
            Ok(stream::select_all(all).boxed())
        }
    };
}

services! {
    access_request = request_tasks,
    agreement = agreement_tasks,
    catalog = catalog_tasks,
    evaluation = evaluation_tasks,
    security_review = review_tasks,
}

pub async fn run(todo: Todo, global: &Global) -> Result<(), Failure> {
    let caller = global.caller().await?;
    if !todo.watch {
        let tasks = list(&caller, todo.limit).await?;
        let reply = access_request::v1::ListTasksResponse { tasks, next_page_token: String::new() };
        global.output().list(&reply, "tasks", COLUMNS);
        return Ok(());
    }
    loop {
        let mut changes = watch(&caller).await?;
        while let Some(change) = changes.next().await {
            let (change, task) = change?;
            tell(global, change, &task);
        }
    }
}

/// One change on one line.
fn tell(global: &Global, change: TaskChange, task: &Task) {
    let sign = match change {
        TaskChange::Removed => '-',
        TaskChange::Changed => '~',
        TaskChange::Added | TaskChange::Unspecified => '+',
    };
    if global.json {
        let task = serde_json::json!({
            "change": change.as_str_name(), "name": task.name, "kind": task.kind, "article": task.article,
            "subject": task.subject, "case_id": task.case_id, "working_days_left": task.working_days_left,
        });
        return print(&task);
    }
    let due = task.due.map(|due| format!("{:04}-{:02}-{:02} ", due.year, due.month, due.day));
    let due = due.unwrap_or_default();
    print(&format_args!("{sign} {due}{} {} {}", task.action_zh, task.subject, task.name));
}
