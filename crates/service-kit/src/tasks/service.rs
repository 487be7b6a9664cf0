//! `TaskService` of every service over its own table.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_model::{Actor, Subject};
use govshare_proto::error::v1::Reason;
use govshare_proto::task::v1 as pb;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::table::{self, Row};
use crate::call;
use crate::database::Database;
use crate::failure::{Failure, Refusal};
use crate::page::Page;
use crate::shares::{Share, Shares};
use crate::validate::Violations;
use crate::validate::{date_to_proto, time_to_proto};

const WATCH: Duration = Duration::from_secs(600);
const INTERVAL: Duration = Duration::from_secs(1);
const WATCHED: i64 = 1000;

/// Watches at once: of one person, and of all on a replica, as each asks the database once in [`INTERVAL`].
const WATCHES_EACH: usize = 4;
const WATCHES: usize = 256;

/// The work lists of one service.
#[derive(Clone)]
pub struct WorkList {
    database: Database,
    shutdown: CancellationToken,
    places: Arc<Semaphore>,
    persons: Shares<Subject>,
}

/// Among all watches and among those of the person.
type Place = (OwnedSemaphorePermit, Share<Subject>);

type Change = Result<(pb::TaskChange, pb::Task), Status>;

/// Tasks that a watcher was told of, by name.
type Told = BTreeMap<String, pb::Task>;

impl WorkList {
    pub fn new(database: Database, shutdown: CancellationToken) -> Self {
        let places = Arc::new(Semaphore::new(WATCHES));
        Self { database, shutdown, places, persons: Shares::of(WATCHES_EACH) }
    }

    fn show(&self, calendar: &Calendar, row: Row) -> pb::Task {
        let today = shanghai_date(self.database.clock().now());
        let left = row.due.map(|due| calendar.working_days_between(today, due));
        pb::Task {
            name: format!("{}/{}", row.aggregate, row.kind),
            resource: row.aggregate,
            kind: row.kind,
            action_zh: row.zh,
            action_en: row.en,
            subject: row.subject,
            article: row.article,
            case_id: row.case_id,
            due: row.due.map(date_to_proto),
            due_provisional: row.provisional,
            working_days_left: left.unwrap_or_default(),
            overdue: row.due.is_some_and(|due| due < today),
            create_time: Some(time_to_proto(row.create_time)),
            unit_id: row.unit,
            roles: row.roles,
        }
    }

    async fn list(
        &self,
        actor: &Actor,
        size: i32,
        token: &str,
        filters: &impl prost::Message,
    ) -> Result<(Vec<pb::Task>, String), Failure> {
        let mut violations = Violations::new();
        let page = Page::parse(size, token, 50, 1000, filters, &mut violations);
        violations.finish()?;
        let rows = table::list(self.database.pool(), actor, page.after.as_ref(), page.size + 1).await?;
        let calendar = self.database.calendar()?;
        Ok(page.cut(rows, Row::key, |row| self.show(&calendar, row)))
    }

    /// All that a watcher is told of.
    async fn waiting(&self, actor: &Actor) -> Result<Told, Failure> {
        let rows = table::list(self.database.pool(), actor, None, WATCHED).await?;
        let calendar = self.database.calendar()?;
        let tasks = rows.into_iter().map(|row| self.show(&calendar, row));
        Ok(tasks.map(|task| (task.name.clone(), task)).collect())
    }

    /// Tells `watcher` what changed since `told`; gives false when it is gone.
    async fn tell(&self, actor: &Actor, told: &mut Told, watcher: &mpsc::Sender<Change>) -> bool {
        let now = match self.waiting(actor).await {
            Ok(now) => now,
            Err(failure) => {
                let _ = watcher.send(Err(failure.into())).await;
                return false;
            }
        };
        let gone = told
            .keys()
            .filter(|name| !now.contains_key(*name))
            .map(|name| (pb::TaskChange::Removed, pb::Task { name: name.clone(), ..Default::default() }));
        let here = now.values().filter_map(|task| match told.get(&task.name) {
            None => Some((pb::TaskChange::Added, task.clone())),
            Some(before) if before != task => Some((pb::TaskChange::Changed, task.clone())),
            Some(_) => None,
        });
        for change in gone.chain(here) {
            if watcher.send(Ok(change)).await.is_err() {
                return false;
            }
        }
        *told = now;
        true
    }

    fn place(&self, actor: &Actor) -> Result<Place, Refusal> {
        let share = self.persons.take(actor.subject.clone()).ok_or_else(|| {
            Refusal::new(
                Reason::Overloaded,
                "you watch as many work lists as one may at once; end one of them",
                "同时订阅的待办已达上限，请先结束其中之一",
            )
            .with("max", WATCHES_EACH.to_string())
        })?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            Refusal::new(
                Reason::Overloaded,
                "too many work lists are watched; list them, or come back soon",
                "订阅待办的人数过多，请稍后重试或改为查询",
            )
            .retry_after(Duration::from_secs(5))
        })?;
        Ok((place, share))
    }

    fn watch(&self, actor: Arc<Actor>, place: Place) -> ReceiverStream<Change> {
        let (sender, receiver) = mpsc::channel(64);
        let list = self.clone();
        tokio::spawn(async move {
            let _place = place;
            let end = tokio::time::Instant::now() + WATCH;
            let mut told = Told::new();
            while list.tell(&actor, &mut told, &sender).await && tokio::time::Instant::now() < end {
                tokio::select! {
                    () = list.shutdown.cancelled() => return,
                    () = sender.closed() => return,
                    () = tokio::time::sleep(INTERVAL) => {}
                }
            }
        });
        ReceiverStream::new(receiver)
    }
}

/// The same implementation for the `TaskService` of each package.
macro_rules! serves {
    ($($package:ident),+) => {$(
        mod $package {
            use futures_util::StreamExt;
            use govshare_proto::$package::v1 as pb;
            use govshare_proto::$package::v1::task_service_server::TaskService;

            use super::*;

            #[tonic::async_trait]
            impl TaskService for WorkList {
                async fn list_tasks(
                    &self,
                    request: Request<pb::ListTasksRequest>,
                ) -> Result<Response<pb::ListTasksResponse>, Status> {
                    let actor = call::actor(&request)?;
                    let body = request.get_ref();
                    let filters = pb::ListTasksRequest::default();
                    let (tasks, next_page_token) =
                        self.list(&actor, body.page_size, &body.page_token, &filters).await?;
                    Ok(Response::new(pb::ListTasksResponse { tasks, next_page_token }))
                }

                type WatchTasksStream =
                    Pin<Box<dyn Stream<Item = Result<pb::WatchTasksResponse, Status>> + Send>>;

                async fn watch_tasks(
                    &self,
                    request: Request<pb::WatchTasksRequest>,
                ) -> Result<Response<Self::WatchTasksStream>, Status> {
                    let actor = call::actor(&request)?;
                    let place = self.place(&actor)?;
                    let changes = self.watch(actor, place).map(|change| {
                        let (change, task) = change?;
                        Ok(pb::WatchTasksResponse { change: change.into(), task: Some(task) })
                    });
                    Ok(Response::new(Box::pin(changes)))
                }
            }
        }
    )+};
}

serves!(access_request, agreement, catalog, evaluation, security_review);
