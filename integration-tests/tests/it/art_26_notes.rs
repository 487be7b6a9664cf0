//! Notes between the parties of a case (art. 26): what they ask and tell each other beside the written steps.

use govshare_model::Role;
use govshare_proto::access_request::v1::{self as pb, AnswerKind, NotePart};
use govshare_proto::audit::v1::{Event, ListEventsRequest};
use integration_tests::refusal::refused;
use integration_tests::steps::{request_id, sha256};
use integration_tests::{Case, Person, eventually};
use tonic::{Code, Response, Status};

use crate::city::City;

const APPLICANT: &str = "fagaiwei";
const PROVIDER: &str = "jiaowei";
const QUESTION: &str = "是否包括民办学校？\n联系人 <b>李</b>";

fn note(case: &Case, body: &str) -> pb::AddNoteRequest {
    pb::AddNoteRequest { access_request_id: case.id.clone(), body: body.to_owned(), request_id: request_id() }
}

async fn add(person: &Person, case: &Case, body: &str) -> Result<Response<pb::AddNoteResponse>, Status> {
    person.notes().add_note(note(case, body)).await
}

async fn page(
    person: &Person,
    case: &Case,
    page_size: i32,
    page_token: &str,
) -> Result<Response<pb::ListNotesResponse>, Status> {
    let (access_request_id, page_token) = (case.id.clone(), page_token.to_owned());
    person.notes().list_notes(pb::ListNotesRequest { access_request_id, page_size, page_token }).await
}

async fn parts(person: &Person, case: &Case) -> Vec<NotePart> {
    let notes = page(person, case, 0, "").await.expect("read").into_inner().notes;
    notes.iter().map(pb::Note::part).collect()
}

async fn request(person: &Person, case: &Case) -> pb::AccessRequest {
    let wanted = pb::GetAccessRequestRequest { access_request_id: case.id.clone() };
    let reply = person.requests().get_access_request(wanted).await.expect("read").into_inner();
    reply.access_request.expect("a request")
}

async fn note_events(person: &Person, case: &Case) -> Vec<Event> {
    eventually("the notes stand in the audit", async || {
        let request = ListEventsRequest { case_id: case.id.clone(), page_size: 1000, ..Default::default() };
        let reply = person.audit().list_events(request).await.map_err(|status| status.to_string())?;
        let events = reply.into_inner().events.into_iter().filter(|event| event.r#type == "note.added");
        let events: Vec<_> = events.collect();
        if events.len() == 2 { Ok(events) } else { Err(format!("{}", events.len())) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_notes_are_exchanged_between_the_parties_and_never_change() {
    let city = City::start().await;
    let case = city.submitted_request(APPLICANT, PROVIDER).await;
    let (applicant, provider) =
        (city.person(APPLICANT, Role::Drafter), city.person(PROVIDER, Role::Approver));
    let before = request(&applicant, &case).await;

    let asked = note(&case, QUESTION);
    let first =
        applicant.notes().add_note(asked.clone()).await.expect("taken").into_inner().note.expect("it");
    assert_eq!((first.number, first.part(), first.unit_id.as_str()), (1, NotePart::Applicant, APPLICANT));
    assert_eq!(first.body, QUESTION, "plain text stays what it is");
    let again = applicant.notes().add_note(asked).await.expect("the first reply").into_inner();
    assert_eq!(again.note.as_ref(), Some(&first));
    let answer = add(&provider, &case, "包括").await.expect("taken").into_inner().note.expect("it");
    assert_eq!((answer.number, answer.part()), (2, NotePart::Provider));

    let reader = city.someone("jianchaju", "jianchaju.auditor", &[Role::Auditor]);
    for person in [&applicant, &provider, &city.info_office(), &reader] {
        let one = page(person, &case, 1, "").await.expect("read").into_inner();
        assert_eq!(one.notes, std::slice::from_ref(&first), "the oldest first");
        let two = page(person, &case, 1, &one.next_page_token).await.expect("read").into_inner();
        assert_eq!((two.notes.as_slice(), two.next_page_token.as_str()), (std::slice::from_ref(&answer), ""));
    }
    refused(add(&reader, &case, "看过").await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let outsider = city.person("weishengju", Role::Drafter);
    refused(add(&outsider, &case, "你好").await, Code::NotFound, "NOT_FOUND");
    refused(page(&outsider, &case, 0, "").await, Code::NotFound, "NOT_FOUND");
    refused(add(&applicant, &case, " \n").await, Code::InvalidArgument, "FIELD_INVALID").violates("body");
    let long = "长".repeat(2001);
    refused(add(&applicant, &case, &long).await, Code::InvalidArgument, "FIELD_INVALID").violates("body");

    assert_eq!(request(&applicant, &case).await, before, "notes change neither state nor clock");
    let events = note_events(&provider, &case).await;
    let first = events.iter().find(|event| event.attributes["number"] == "1").expect("the first note");
    assert_eq!(first.attributes["body_sha256"], sha256(QUESTION.as_bytes()));
    assert!(!String::from_utf8_lossy(&first.leaf).contains("民办"), "the text stays out of the audit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_notes_are_written_after_the_draft_and_by_the_working_group_once_it_is_concerned() {
    let city = City::start().await;
    let entry_id = city.published_entry(PROVIDER).await;
    let (applicant, provider) = (city.person(APPLICANT, Role::Drafter), city.person(PROVIDER, Role::Drafter));
    let create = pb::CreateAccessRequestRequest {
        entry_id: entry_id.clone(),
        form: Some(integration_tests::steps::form()),
        request_id: request_id(),
        ..Default::default()
    };
    let draft = applicant.requests().create_access_request(create).await.expect("drafted").into_inner();
    let id = draft.access_request.expect("a request").access_request_id;
    let draft = Case { id, entry_id: entry_id.clone(), applicant: APPLICANT, provider: PROVIDER };
    let early = add(&applicant, &draft, "在吗").await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("DRAFT").article("26");
    refused(add(&provider, &draft, "在吗").await, Code::NotFound, "NOT_FOUND");

    let case = city.submitted_request_for(APPLICANT, PROVIDER, &entry_id).await;
    let group = city.person("info-office", Role::WorkingGroup);
    let early = add(&group, &case, "请说明").await;
    refused(early, Code::FailedPrecondition, "WRONG_STATE").state("SUBMITTED").article("26");
    city.proposed(&case, AnswerKind::Refusal, "不宜共享").await;
    let refuse = pb::RefuseAccessRequestRequest {
        access_request_id: case.id.clone(),
        reasons: "不宜共享".to_owned(),
        request_id: request_id(),
        etag: String::new(),
    };
    city.person(PROVIDER, Role::Approver).requests().refuse_access_request(refuse).await.expect("refused");
    add(&provider, &case, "详见答复").await.expect("answered, and still talking");
    let object = pb::ObjectToRefusalRequest {
        access_request_id: case.id.clone(),
        grounds: "只需汇总数".to_owned(),
        request_id: request_id(),
    };
    applicant.requests().object_to_refusal(object).await.expect("objected");
    add(&group, &case, "请双方说明口径").await.expect("concerned now");
    add(&city.info_office(), &case, "已转工作组").await.expect("the info office as well");
    let expected = [NotePart::Provider, NotePart::WorkingGroup, NotePart::InfoOffice];
    assert_eq!(parts(&applicant, &case).await, expected);
}
