//! Users of agreements in force hear that the entry they rest on is suspended or retired (art. 16).

use govshare_model::Role;
use govshare_proto::agreement::v1 as pb;
use govshare_proto::catalog::v1::{self as catalog, EntryState};
use integration_tests::eventually;
use integration_tests::steps::request_id;

use crate::city::City;

const USER: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";

/// What the user sees where they look: the agreement alone and in the list say the same.
async fn shown(city: &City, id: &str) -> pb::Agreement {
    let mut user = city.person(USER, Role::Drafter).agreements();
    let request = pb::GetAgreementRequest { agreement_id: id.to_owned() };
    let found = user.get_agreement(request).await.expect("readable").into_inner().agreement;
    let listed = user.list_agreements(pb::ListAgreementsRequest::default()).await.expect("a list");
    let found = found.expect("an agreement");
    let listed = listed.into_inner().agreements.into_iter().find(|listed| listed.agreement_id == id);
    listed.expect("it is listed");
    found
}

async fn tasks(city: &City, unit: &str) -> Vec<String> {
    let request = pb::ListTasksRequest { page_size: 1000, ..Default::default() };
    let drafter = city.person(unit, Role::Drafter);
    let tasks = drafter.agreement_tasks().list_tasks(request).await.expect("a work list").into_inner().tasks;
    tasks.into_iter().map(|task| task.kind).collect()
}

async fn warned(city: &City, id: &str, state: EntryState) -> pb::EntryWarning {
    eventually("the user is warned", async || {
        let found = shown(city, id).await.entry_warning.ok_or("no warning")?;
        if found.state() == state { Ok(found) } else { Err("another warning") }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art16_users_of_an_agreement_are_warned_while_its_entry_is_suspended_or_retired() {
    let city = City::start_with("agreement", &[("WARNING_SECONDS", "1")]).await;
    let (case, id) = city.agreed_case(USER, PROVIDER).await;
    assert_eq!(shown(&city, &id).await.entry_warning, None);

    let (entry_id, reason) = (case.entry_id.clone(), "数据口径调整".to_owned());
    let provider = city.person(PROVIDER, Role::Approver);
    let suspend =
        catalog::SuspendEntryRequest { entry_id: entry_id.clone(), reason, request_id: request_id() };
    let suspended = provider.entries().suspend_entry(suspend).await.expect("suspended").into_inner().entry;
    let warning = warned(&city, &id, EntryState::Suspended).await;
    assert_eq!((warning.reason.as_str(), warning.article.as_str()), ("数据口径调整", "16"));
    assert_eq!(warning.since, suspended.expect("an entry").update_time);
    assert_eq!(tasks(&city, USER).await, ["heed-suspended-entry"]);
    assert!(tasks(&city, PROVIDER).await.is_empty());

    let resume = catalog::ResumeEntryRequest { entry_id: entry_id.clone(), request_id: request_id() };
    provider.entries().resume_entry(resume).await.expect("resumed");
    eventually("the warning is lifted", async || match shown(&city, &id).await.entry_warning {
        None => Ok(()),
        Some(_) => Err("still warned"),
    })
    .await;
    assert!(tasks(&city, USER).await.is_empty());

    let (reason, request_id) = ("职能调整".to_owned(), request_id());
    let retire = catalog::RetireEntryRequest { entry_id, reason, request_id };
    provider.entries().retire_entry(retire).await.expect("retired");
    warned(&city, &id, EntryState::Retired).await;
    assert_eq!(tasks(&city, USER).await, ["heed-retired-entry"]);
    let terminate = pb::TerminateAgreementRequest {
        agreement_id: id.clone(),
        grounds: "目录条目已注销".to_owned(),
        negotiation: "已与提供方协商一致".to_owned(),
        request_id: integration_tests::steps::request_id(),
    };
    city.person(USER, Role::Approver).agreements().terminate_agreement(terminate).await.expect("ended");
    assert_eq!(shown(&city, &id).await.entry_warning, None);
    assert!(tasks(&city, USER).await.is_empty());

    let wanted = ["entry-warned", "entry-warning-lifted", "entry-warned", "terminated"];
    eventually("the audit tells when the user was warned", async || {
        let events = city.events_of(&format!("agreement/{id}")).await.map_err(|status| status.to_string())?;
        let kinds: Vec<_> =
            events.iter().filter_map(|event| event.r#type.strip_prefix("agreement.")).collect();
        if kinds.ends_with(&wanted) { Ok(()) } else { Err(format!("{kinds:?}")) }
    })
    .await;
}
