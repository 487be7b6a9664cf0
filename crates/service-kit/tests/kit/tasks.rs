//! Work lists: they say what waits for whom, change with the commit that changes the record, and tell watchers.

use std::sync::Arc;
use std::time::Duration;

use govshare_model::calendar::Due;
use govshare_model::{Actor, Role, Subject, Task, WaitsFor};
use govshare_proto::agreement::v1::task_service_server::TaskService;
use govshare_proto::agreement::v1::{ListTasksRequest, WatchTasksRequest, WatchTasksResponse};
use govshare_proto::task::v1::TaskChange;
use service_kit::call::Caller;
use service_kit::{Database, WorkList};
use time::Date;
use time::macros::{date, datetime};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::Request;

use crate::database::database;

const ANSWERING: &[Role] = &[Role::Drafter, Role::Approver];

fn task(kind: &'static str, unit: &str, roles: &'static [Role], due: Option<Date>) -> Task {
    let waits_for =
        if unit.is_empty() { WaitsFor::District } else { WaitsFor::Unit(unit.parse().expect("a unit")) };
    Task {
        kind,
        zh: "答复",
        en: "answer",
        subject: "2026-000001".to_owned(),
        article: "26",
        waits_for,
        roles,
        not: Vec::new(),
        due: due.map(|date| Due { date, provisional: false }),
    }
}

fn person<M>(subject: &str, unit: &str, roles: &[Role], message: M) -> Request<M> {
    let actor = Actor {
        subject: Subject(subject.to_owned()),
        unit: unit.parse().expect("a unit"),
        roles: roles.iter().copied().collect(),
    };
    let mut request = Request::new(message);
    request.extensions_mut().insert(Caller { actor: Arc::new(actor), method: "Test/ListTasks".into() });
    request
}

async fn set(database: &Database, aggregate: &str, tasks: Vec<Task>) {
    let mut tx = database.transaction().await.expect("begun");
    tx.set_tasks(aggregate, "", tasks);
    tx.commit_unasked().await.expect("committed");
}

async fn names(list: &WorkList, subject: &str, unit: &str, roles: &[Role]) -> Vec<String> {
    let request = person(subject, unit, roles, ListTasksRequest::default());
    let reply = list.list_tasks(request).await.expect("a list").into_inner();
    reply.tasks.into_iter().map(|task| task.name).collect()
}

fn work_list(database: &Database) -> WorkList {
    WorkList::new(database.clone(), CancellationToken::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_shows_each_task_once_to_those_it_waits_for_the_nearest_due_first() {
    let (_owned, database) = database().await;
    let list = work_list(&database);
    set(&database, "x/1", vec![task("answer", "jiaowei", ANSWERING, Some(date!(2026 - 03 - 09)))]).await;
    set(&database, "x/2", vec![task("answer", "jiaowei", ANSWERING, None)]).await;
    let own = Task {
        not: vec![Subject("wang".to_owned())],
        ..task("approve", "jiaowei", &[Role::Approver], Some(date!(2026 - 03 - 06)))
    };
    set(&database, "x/3", vec![own]).await;
    set(&database, "x/4", vec![task("coordinate", "", &[Role::WorkingGroup], None)]).await;
    set(&database, "x/5", vec![task("answer", "weijiwei", ANSWERING, None)]).await;

    let both = [Role::Drafter, Role::Approver];
    assert_eq!(names(&list, "li", "jiaowei", &both).await, ["x/3/approve", "x/1/answer", "x/2/answer"]);
    assert_eq!(names(&list, "wang", "jiaowei", &both).await, ["x/1/answer", "x/2/answer"]);
    assert_eq!(names(&list, "li", "jiaowei", &[Role::Drafter]).await, ["x/1/answer", "x/2/answer"]);
    assert_eq!(names(&list, "zhao", "fagaiwei", &[Role::WorkingGroup]).await, ["x/4/coordinate"]);
    assert!(names(&list, "zhao", "fagaiwei", &both).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_on_each_other_over_terms_and_none() {
    let (_owned, database) = database().await;
    let list = work_list(&database);
    for number in 0..10 {
        let due = (number % 3 != 0).then_some(date!(2026 - 03 - 09));
        set(&database, &format!("x/{number}"), vec![task("answer", "jiaowei", ANSWERING, due)]).await;
    }
    let (mut token, mut found) = (String::new(), Vec::new());
    loop {
        let request = ListTasksRequest { page_size: 3, page_token: token };
        let reply = list.list_tasks(person("li", "jiaowei", ANSWERING, request)).await.expect("a page");
        let reply = reply.into_inner();
        found.extend(reply.tasks.into_iter().map(|task| task.resource));
        token = reply.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let expected = ["x/1", "x/2", "x/4", "x/5", "x/7", "x/8", "x/0", "x/3", "x/6", "x/9"];
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn working_days_are_told_up_to_and_beyond_the_last_day() {
    let (_owned, database) = database().await;
    let list = work_list(&database);
    set(&database, "x/1", vec![task("answer", "jiaowei", ANSWERING, Some(date!(2026 - 03 - 09)))]).await;
    for (now, left, overdue) in [
        (datetime!(2026-03-05 04:00 UTC), 2, false),
        (datetime!(2026-03-09 15:59 UTC), 0, false),
        (datetime!(2026-03-09 16:00 UTC), -1, true),
    ] {
        database.clock().set(now);
        let request = person("li", "jiaowei", ANSWERING, ListTasksRequest::default());
        let task = list.list_tasks(request).await.expect("a list").into_inner().tasks.remove(0);
        assert_eq!((task.working_days_left, task.overdue), (left, overdue), "{now}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_anew_replaces_what_waited_and_what_is_rolled_back_does_not() {
    let (_owned, database) = database().await;
    let list = work_list(&database);
    let both =
        |due| vec![task("answer", "jiaowei", ANSWERING, due), task("note", "jiaowei", ANSWERING, None)];
    set(&database, "x/1", both(None)).await;
    let mut tx = database.transaction().await.expect("begun");
    tx.set_tasks("x/1", "", Vec::new());
    drop(tx);
    assert_eq!(names(&list, "li", "jiaowei", ANSWERING).await, ["x/1/answer", "x/1/note"]);
    set(&database, "x/1", vec![task("sign", "weijiwei", ANSWERING, None)]).await;
    assert!(names(&list, "li", "jiaowei", ANSWERING).await.is_empty());
    assert_eq!(names(&list, "li", "weijiwei", ANSWERING).await, ["x/1/sign"]);
    set(&database, "x/1", Vec::new()).await;
    assert!(names(&list, "li", "weijiwei", ANSWERING).await.is_empty());
}

type Watched = (TaskChange, String);

async fn next(
    stream: &mut (impl Stream<Item = Result<WatchTasksResponse, tonic::Status>> + Unpin),
) -> Watched {
    let change = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
    let change = change.expect("within 10 s").expect("the stream goes on").expect("no error");
    (change.change(), change.task.expect("a task").name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_is_told_what_waits_then_each_change_until_the_service_stops() {
    let (_owned, database) = database().await;
    let shutdown = CancellationToken::new();
    let list = WorkList::new(database.clone(), shutdown.clone());
    set(&database, "x/1", vec![task("answer", "jiaowei", ANSWERING, None)]).await;
    let request = person("li", "jiaowei", ANSWERING, WatchTasksRequest {});
    let mut stream = list.watch_tasks(request).await.expect("a stream").into_inner();
    assert_eq!(next(&mut stream).await, (TaskChange::Added, "x/1/answer".to_owned()));
    set(&database, "x/2", vec![task("answer", "jiaowei", ANSWERING, None)]).await;
    assert_eq!(next(&mut stream).await, (TaskChange::Added, "x/2/answer".to_owned()));
    set(&database, "x/1", vec![task("answer", "jiaowei", ANSWERING, Some(date!(2026 - 03 - 09)))]).await;
    assert_eq!(next(&mut stream).await, (TaskChange::Changed, "x/1/answer".to_owned()));
    set(&database, "x/2", Vec::new()).await;
    assert_eq!(next(&mut stream).await, (TaskChange::Removed, "x/2/answer".to_owned()));
    shutdown.cancel();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("within 10 s");
    assert!(end.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_watches_a_few_lists_at_once_and_others_are_not_held_up() {
    let (_owned, database) = database().await;
    let list = work_list(&database);
    let watch =
        |subject| list.watch_tasks(person(subject, "jiaowei", ANSWERING, WatchTasksRequest::default()));
    let mut watches = Vec::new();
    for _ in 0..4 {
        watches.push(watch("li").await.expect("a watch"));
    }
    let Err(refused) = watch("li").await else { panic!("a fifth watch") };
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    watch("wang").await.expect("another person");
    watches.pop();
    let again = async {
        while watch("li").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("the place is given back");
}
