//! Technical schemes, measures, rules and procedures over the gateway, each with whoever decides on it.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::google::r#type::Date;
use integration_tests::refusal::refused;
use integration_tests::steps::request_id;
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::city::City;

const LEAD: &str = "jiaowei";
const OTHER: &str = "fagaiwei";

/// A thematic database that the lead unit leads until the end of June 2026.
async fn shared_database(city: &City) {
    let lead = catalog::Lead {
        unit_id: LEAD.to_owned(),
        start_date: Some(Date { year: 2014, month: 8, day: 1 }),
        end_date: Some(Date { year: 2026, month: 6, day: 30 }),
    };
    let database = catalog::SharedDatabase {
        shared_database_id: "jiaoyu".to_owned(),
        display_name: "教育共享专题数据库".to_owned(),
        kind: catalog::SharedDatabaseKind::Thematic.into(),
        leads: vec![lead],
        basis: "第十二条（八）".to_owned(),
        ..Default::default()
    };
    let request =
        catalog::CreateSharedDatabaseRequest { shared_database: Some(database), request_id: request_id() };
    city.info_office().databases().create_shared_database(request).await.expect("registered");
}

async fn create(city: &City, unit: &str, kind: catalog::RegulationKind) -> Result<String, Status> {
    let of_database = matches!(
        kind,
        catalog::RegulationKind::TechnicalScheme | catalog::RegulationKind::ManagementMeasures
    );
    let request = catalog::CreateRegulationRequest {
        kind: kind.into(),
        shared_database_id: if of_database { "jiaoyu".to_owned() } else { String::new() },
        title: "第一版".to_owned(),
        text: "第一条 ……".to_owned(),
        request_id: request_id(),
    };
    let created = city.person(unit, Role::Drafter).regulations().create_regulation(request).await?;
    Ok(created.into_inner().regulation.expect("a regulation").regulation_id)
}

async fn submit(city: &City, unit: &str, id: &str) -> Result<catalog::Regulation, Status> {
    let request = catalog::SubmitRegulationRequest { regulation_id: id.to_owned(), request_id: request_id() };
    let submitted = city.person(unit, Role::Approver).regulations().submit_regulation(request).await?;
    Ok(submitted.into_inner().regulation.expect("a regulation"))
}

fn approve(id: &str) -> catalog::ApproveRegulationRequest {
    catalog::ApproveRegulationRequest { regulation_id: id.to_owned(), request_id: request_id() }
}

async fn read(city: &City, unit: &str, id: &str) -> Result<catalog::GetRegulationResponse, Status> {
    let request = catalog::GetRegulationRequest { regulation_id: id.to_owned() };
    Ok(city.person(unit, Role::Drafter).regulations().get_regulation(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_3_5_shared_databases_are_registered_by_the_info_office_with_kind_and_leads() {
    let city = City::start().await;
    shared_database(&city).await;
    let get = catalog::GetSharedDatabaseRequest { shared_database_id: "jiaoyu".to_owned() };
    let seen =
        city.person(OTHER, Role::Drafter).databases().get_shared_database(get).await.expect("everybody's");
    let seen = seen.into_inner().shared_database.expect("a database");
    assert_eq!((seen.kind(), seen.leads[0].unit_id.as_str()), (catalog::SharedDatabaseKind::Thematic, LEAD));
    let unkind = catalog::SharedDatabase { kind: 0, shared_database_id: "other".to_owned(), ..seen };
    let create = |database: &catalog::SharedDatabase| catalog::CreateSharedDatabaseRequest {
        shared_database: Some(database.clone()),
        request_id: request_id(),
    };
    let bad = city.info_office().databases().create_shared_database(create(&unkind)).await;
    refused(bad, Code::InvalidArgument, "FIELD_INVALID").violates("shared_database.kind");
    let stranger =
        city.person(LEAD, Role::Approver).databases().create_shared_database(create(&unkind)).await;
    refused(stranger, Code::PermissionDenied, "ROLE_NOT_ALLOWED").article("12");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_12_the_working_group_approves_the_next_lead_that_the_info_office_settled() {
    let city = City::start().await;
    shared_database(&city).await;
    let lead = |unit: &str, month| catalog::Lead {
        unit_id: unit.to_owned(),
        start_date: Some(Date { year: 2026, month, day: 1 }),
        end_date: None,
    };
    let update = |leads, etag: &str| catalog::UpdateSharedDatabaseRequest {
        shared_database: Some(catalog::SharedDatabase {
            shared_database_id: "jiaoyu".to_owned(),
            leads,
            etag: etag.to_owned(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["leads".to_owned()] }),
        request_id: request_id(),
    };
    let mut office = city.info_office().databases();
    let none = office.update_shared_database(update(Vec::new(), "")).await;
    refused(none, Code::InvalidArgument, "FIELD_INVALID").violates("shared_database.leads").article("12");
    let proposed = office.update_shared_database(update(vec![lead(OTHER, 7)], "")).await.expect("proposed");
    let proposed = proposed.into_inner().shared_database.expect("a database");
    assert_eq!(proposed.leads[0].unit_id, LEAD, "the lead stays until the working group decides");
    assert_eq!(proposed.lead_proposal.clone().expect("a proposal").leads[0].unit_id, OTHER);
    let approve = || catalog::ApproveSharedDatabaseLeadsRequest {
        shared_database_id: "jiaoyu".to_owned(),
        etag: String::new(),
        request_id: request_id(),
    };
    let alone = office.approve_shared_database_leads(approve()).await;
    refused(alone, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let group = city.person("working-group", Role::WorkingGroup);
    let tasks = catalog::ListTasksRequest::default();
    let waiting = group.tasks_of_catalog().list_tasks(tasks).await.expect("a work list").into_inner().tasks;
    assert_eq!(waiting.iter().map(|task| task.kind.as_str()).collect::<Vec<_>>(), ["approve-leads"]);
    let back = catalog::ReturnSharedDatabaseLeadsRequest {
        shared_database_id: "jiaoyu".to_owned(),
        reasons: "未征求现牵头单位意见".to_owned(),
        etag: proposed.etag.clone(),
        request_id: request_id(),
    };
    group.databases().return_shared_database_leads(back).await.expect("returned");
    let early = group.databases().approve_shared_database_leads(approve()).await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("RETURNED").article("12(十九)");
    office.update_shared_database(update(vec![lead(OTHER, 7)], "")).await.expect("proposed anew");
    let unread = catalog::ApproveSharedDatabaseLeadsRequest { etag: proposed.etag, ..approve() };
    let unread = group.databases().approve_shared_database_leads(unread).await;
    refused(unread, Code::Aborted, "ETAG_MISMATCH");
    let handed = group.databases().approve_shared_database_leads(approve()).await.expect("handed over");
    let handed = handed.into_inner().shared_database.expect("a database");
    assert_eq!(handed.leads.iter().map(|lead| lead.unit_id.as_str()).collect::<Vec<_>>(), [OTHER]);
    assert_eq!(handed.display_name, "教育共享专题数据库", "what the mask does not name stays");
    let stale = office.update_shared_database(update(vec![lead(LEAD, 8)], "\"0\"")).await;
    refused(stale, Code::Aborted, "ETAG_MISMATCH");
    let stranger = city.person(LEAD, Role::Approver).databases();
    let stranger = stranger.clone().update_shared_database(update(vec![lead(LEAD, 8)], "")).await;
    refused(stranger, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_8_a_lead_units_technical_scheme_is_reviewed_by_the_info_office() {
    let city = City::start().await;
    shared_database(&city).await;
    let stranger = create(&city, OTHER, catalog::RegulationKind::TechnicalScheme).await;
    refused(stranger.map(tonic::Response::new), Code::FailedPrecondition, "NOT_LEAD_UNIT").article("12");
    let scheme = create(&city, LEAD, catalog::RegulationKind::TechnicalScheme).await.expect("drafted");
    submit(&city, LEAD, &scheme).await.expect("submitted");
    refused(read(&city, OTHER, &scheme).await.map(tonic::Response::new), Code::NotFound, "NOT_FOUND");

    let group = city.person("working-group", Role::WorkingGroup);
    let wrong = group.regulations().approve_regulation(approve(&scheme)).await;
    refused(wrong, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let back = catalog::ReturnRegulationRequest {
        regulation_id: scheme.clone(),
        reasons: "补充安全设计".to_owned(),
        request_id: request_id(),
    };
    let office = city.info_office();
    let returned = office.regulations().return_regulation(back).await.expect("returned").into_inner();
    assert_eq!(returned.regulation.expect("one").return_reasons, "补充安全设计");
    let update = catalog::UpdateRegulationRequest {
        regulation_id: scheme.clone(),
        title: "第一版".to_owned(),
        text: "第一条 …… 安全设计".to_owned(),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(LEAD, Role::Drafter).regulations().update_regulation(update).await.expect("rewritten");
    submit(&city, LEAD, &scheme).await.expect("submitted again");
    let approved = office.regulations().approve_regulation(approve(&scheme)).await.expect("approved");
    let approved = approved.into_inner().regulation.expect("one");
    assert_eq!(approved.state(), catalog::RegulationState::InForce);
    assert_eq!(approved.in_force.expect("an edition").text, "第一条 …… 安全设计");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_12_management_measures_are_in_force_once_the_working_group_approved_them() {
    let city = City::start().await;
    shared_database(&city).await;
    let measures = create(&city, LEAD, catalog::RegulationKind::ManagementMeasures).await.expect("drafted");
    submit(&city, LEAD, &measures).await.expect("submitted");
    refused(read(&city, OTHER, &measures).await.map(tonic::Response::new), Code::NotFound, "NOT_FOUND");
    let group = city.person("working-group", Role::WorkingGroup);
    let waiting = group.tasks_of_catalog().list_tasks(catalog::ListTasksRequest::default()).await;
    let waiting = waiting.expect("a work list").into_inner().tasks;
    assert_eq!((waiting[0].kind.as_str(), waiting[0].article.as_str()), ("approve", "12"));
    group.regulations().approve_regulation(approve(&measures)).await.expect("approved");
    let seen = read(&city, OTHER, &measures).await.expect("in force, so everybody's");
    assert_eq!(seen.regulation.and_then(|regulation| regulation.in_force).map(|now| now.number), Some(1));

    let update = catalog::UpdateRegulationRequest {
        regulation_id: measures.clone(),
        title: "第二版".to_owned(),
        text: "第一条 修订".to_owned(),
        etag: String::new(),
        request_id: request_id(),
    };
    city.person(LEAD, Role::Drafter).regulations().update_regulation(update).await.expect("drafted");
    let seen = read(&city, OTHER, &measures).await.expect("readable").regulation.expect("one");
    assert_eq!(
        (seen.pending, seen.in_force.map(|now| now.number)),
        (None, Some(1)),
        "what is in force stays"
    );
    city.travel_to(2026, 7, 1);
    let late = submit(&city, LEAD, &measures).await;
    refused(late.map(tonic::Response::new), Code::FailedPrecondition, "NOT_LEAD_UNIT").article("12");
    city.travel_to(2026, 6, 30);
    submit(&city, LEAD, &measures).await.expect("on the last day of the lead");
    group.regulations().approve_regulation(approve(&measures)).await.expect("approved");
    let seen = read(&city, OTHER, &measures).await.expect("readable");
    assert_eq!(seen.regulation.and_then(|regulation| regulation.in_force).map(|now| now.number), Some(2));
    assert_eq!(seen.former_editions.iter().map(|was| was.number).collect::<Vec<_>>(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_17_a_unit_sets_its_own_procedures_and_all_can_read_them() {
    let city = City::start().await;
    let procedure = create(&city, LEAD, catalog::RegulationKind::Procedure).await.expect("drafted");
    refused(read(&city, OTHER, &procedure).await.map(tonic::Response::new), Code::NotFound, "NOT_FOUND");
    let in_force = submit(&city, LEAD, &procedure).await.expect("set");
    assert_eq!(in_force.state(), catalog::RegulationState::InForce);
    let listed = catalog::ListRegulationsRequest {
        kind: catalog::RegulationKind::Procedure.into(),
        ..Default::default()
    };
    let listed =
        city.person(OTHER, Role::Drafter).regulations().list_regulations(listed).await.expect("listed");
    let listed = listed.into_inner().regulations;
    assert_eq!(listed.iter().map(|found| found.regulation_id.as_str()).collect::<Vec<_>>(), [procedure]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_35_a_units_implementing_rules_are_submitted_to_the_working_group_and_approved() {
    let city = City::start().await;
    let rules = create(&city, LEAD, catalog::RegulationKind::ImplementingRules).await.expect("drafted");
    let early = city.person("working-group", Role::WorkingGroup);
    refused(early.regulations().approve_regulation(approve(&rules)).await, Code::NotFound, "NOT_FOUND");
    submit(&city, LEAD, &rules).await.expect("submitted");
    let again = submit(&city, LEAD, &rules).await;
    refused(again.map(tonic::Response::new), Code::FailedPrecondition, "WRONG_STATE")
        .state("SUBMITTED")
        .article("35");
    early.regulations().approve_regulation(approve(&rules)).await.expect("approved");
    let seen = read(&city, OTHER, &rules).await.expect("in force").regulation.expect("one");
    assert_eq!(seen.state(), catalog::RegulationState::InForce);
}
