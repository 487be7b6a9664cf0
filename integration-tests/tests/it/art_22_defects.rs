//! Defects that the provider told: who takes the version acknowledges them first and bears the risk of use (art. 22).

use govshare_model::Role;
use govshare_proto::catalog::v1::SharingType;
use govshare_proto::exchange::v1 as pb;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id};
use integration_tests::{DATA, Person, eventually, redeem};
use tonic::{Code, Response, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const STRANGER: &str = "weishengju";

async fn tell(
    person: &Person,
    version: &str,
    description: &str,
) -> Result<Response<pb::TellDefectResponse>, Status> {
    let request = pb::TellDefectRequest {
        data_version_id: version.to_owned(),
        description: description.to_owned(),
        request_id: request_id(),
    };
    person.defects().tell_defect(request).await
}

/// A defect of a version, told by its provider.
async fn told(city: &City, version: &str) -> String {
    let told = tell(&city.person(PROVIDER, Role::Approver), version, "缺少民办学校数据").await;
    told.expect("told").into_inner().defect.expect("a defect").defect_id
}

async fn ticket(
    person: &Person,
    agreement: &str,
    version: &str,
) -> Result<Response<pb::CreateTicketResponse>, Status> {
    let request =
        pb::CreateTicketRequest { agreement_id: agreement.to_owned(), data_version_id: version.to_owned() };
    person.exchange().create_ticket(request).await
}

fn acknowledge(agreement: &str, version: &str, defect: &str) -> pb::AcknowledgeDefectRequest {
    pb::AcknowledgeDefectRequest {
        data_version_id: version.to_owned(),
        defect_id: defect.to_owned(),
        agreement_id: agreement.to_owned(),
        request_id: request_id(),
    }
}

async fn defects(person: &Person, agreement: &str, version: &str) -> Result<Vec<pb::Defect>, Status> {
    let request = pb::ListDefectsRequest {
        data_version_id: version.to_owned(),
        agreement_id: agreement.to_owned(),
        ..Default::default()
    };
    Ok(person.defects().list_defects(request).await?.into_inner().defects)
}

async fn takes(user: &Person, agreement: &str, version: &str) -> Vec<u8> {
    let given = ticket(user, agreement, version).await.expect("a ticket").into_inner();
    redeem(&given.download_uri, &given.ticket).await.expect("taken").bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_22_a_version_with_a_told_defect_is_delivered_only_to_who_acknowledged_it() {
    let city = City::start().await;
    let (case, agreement) = city.agreed_case(APPLICANT, PROVIDER).await;
    let version = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;
    let user = city.person(APPLICANT, Role::Drafter);
    assert_eq!(takes(&user, &agreement, &version).await, DATA);

    refused(tell(&user, &version, "不全").await, Code::PermissionDenied, "ROLE_NOT_ALLOWED").article("22");
    let users_approver = city.person(APPLICANT, Role::Approver);
    refused(tell(&users_approver, &version, "不全").await, Code::NotFound, "NOT_FOUND");
    let drafter = city.person(PROVIDER, Role::Drafter);
    refused(tell(&drafter, &version, "不全").await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let approver = city.person(PROVIDER, Role::Approver);
    let empty = tell(&approver, &version, "").await;
    refused(empty, Code::InvalidArgument, "FIELD_INVALID").violates("description").article("22");
    let defect = told(&city, &version).await;
    let aggregate = format!("defect/{defect}");
    eventually("who took the version before reads of the defect", async || {
        let events = city.events_of(&aggregate).await.map_err(|status| status.to_string())?;
        let event = events.first().ok_or("no event")?;
        assert_eq!((event.r#type.as_str(), event.article.as_str()), ("defect.told", "22"));
        let request = govshare_proto::audit::v1::ListEventsRequest {
            aggregate: aggregate.clone(),
            ..Default::default()
        };
        let own = user.audit().list_events(request).await.map_err(|status| status.to_string())?;
        if own.into_inner().events.is_empty() { Err("not shown".to_owned()) } else { Ok(()) }
    })
    .await;

    let unread = ticket(&user, &agreement, &version).await;
    refused(unread, Code::FailedPrecondition, "DEFECT_NOT_ACKNOWLEDGED").article("22");
    let stranger = city.person(STRANGER, Role::Drafter);
    let hidden = stranger.defects().acknowledge_defect(acknowledge(&agreement, &version, &defect)).await;
    refused(hidden, Code::NotFound, "NOT_FOUND");
    assert_eq!(defects(&stranger, &agreement, &version).await.expect_err("hidden").code(), Code::NotFound);
    let request = acknowledge(&agreement, &version, &defect);
    let acknowledged = user.defects().acknowledge_defect(request.clone()).await.expect("acknowledged");
    let again = user.defects().acknowledge_defect(request).await.expect("the first reply");
    assert_eq!(again.into_inner(), acknowledged.into_inner());
    assert_eq!(takes(&user, &agreement, &version).await, DATA);
    eventually("the acknowledgement stands once in the audit of the case", async || {
        let events = city.events_of_case(&case.id).await.map_err(|status| status.to_string())?;
        match events.iter().filter(|event| event.r#type == "defect.acknowledged").count() {
            1 => Ok(()),
            other => Err(format!("{other} of them")),
        }
    })
    .await;

    let second = told(&city, &version).await;
    let listed = defects(&user, &agreement, &version).await.expect("listed");
    let known: Vec<_> =
        listed.iter().map(|seen| (seen.defect_id.as_str(), seen.acknowledge_time.is_some())).collect();
    assert_eq!(known, [(defect.as_str(), true), (second.as_str(), false)]);
    let unread = ticket(&user, &agreement, &version).await;
    refused(unread, Code::FailedPrecondition, "DEFECT_NOT_ACKNOWLEDGED");
    let corrected = city.published_data(PROVIDER, &case.entry_id, DATA).await.data_version_id;
    assert_eq!(takes(&user, &agreement, &corrected).await, DATA, "the corrected version has no defect");
    let other = user.defects().acknowledge_defect(acknowledge(&agreement, &corrected, &second)).await;
    refused(other, Code::NotFound, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_22_25_each_unit_acknowledges_for_itself_what_is_shared_actively() {
    let city = City::start().await;
    let mut entry = content("小学在校生人数");
    entry.sharing_type = SharingType::Unconditional.into();
    let entry = city.drafted_entry(PROVIDER, entry).await.expect("drafted");
    city.reviewed_and_published(PROVIDER, &entry, 1).await.expect("published");
    let version = city.published_data(PROVIDER, &entry, DATA).await.data_version_id;
    let defect = told(&city, &version).await;
    let (one, other) = (city.person(APPLICANT, Role::Drafter), city.person(STRANGER, Role::Drafter));
    one.defects().acknowledge_defect(acknowledge("", &version, &defect)).await.expect("acknowledged");
    assert_eq!(takes(&one, "", &version).await, DATA);
    let unread = ticket(&other, "", &version).await;
    refused(unread, Code::FailedPrecondition, "DEFECT_NOT_ACKNOWLEDGED").article("22");
    let own = city.person(PROVIDER, Role::Drafter);
    let own = own.defects().acknowledge_defect(acknowledge("", &version, &defect)).await;
    refused(own, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
}
