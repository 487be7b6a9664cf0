//! Papers of a case: the parties put them beside application and answer, and nobody else sees them.

use govshare_model::Role;
use govshare_proto::access_request::v1 as requests;
use govshare_proto::access_request::v1::add_attachment_request::Part;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use integration_tests::Person;
use integration_tests::refusal::refused;
use integration_tests::steps::{request_id, sha256};
use tonic::{Code, Response, Status};

use crate::city::City;

const LETTER: &[u8] = b"%PDF-1.7\n% the letter that goes with the answer\n";

async fn add(person: &Person, resource: &str) -> Result<Response<requests::AddAttachmentResponse>, Status> {
    let header = AttachmentHeader {
        resource: resource.to_owned(),
        file_name: "复函.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: LETTER.len() as i64,
        sha256: sha256(LETTER),
        request_id: request_id(),
    };
    let parts = [Part::Header(header), Part::Chunk(LETTER.to_vec())]
        .map(|part| requests::AddAttachmentRequest { part: Some(part) });
    person.request_attachments().add_attachment(tokio_stream::iter(parts)).await
}

async fn list(
    person: &Person,
    resource: &str,
) -> Result<Response<requests::ListAttachmentsResponse>, Status> {
    let request = requests::ListAttachmentsRequest { resource: resource.to_owned(), ..Default::default() };
    person.request_attachments().list_attachments(request).await
}

async fn listed(person: &Person, resource: &str) -> Vec<Attachment> {
    list(person, resource).await.expect("read").into_inner().attachments
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_26_a_letter_beside_the_answer_is_read_by_both_parties_and_by_nobody_else() {
    let city = City::start().await;
    let case = city.submitted_request("fagaiwei", "jiaowei").await;
    let resource = format!("access-request/{}", case.id);
    let applicant = city.person("fagaiwei", Role::Drafter);
    let provider = city.person("jiaowei", Role::Drafter);

    let letter = add(&provider, &resource).await.expect("added").into_inner().attachment.expect("it");
    assert_eq!(listed(&applicant, &resource).await, std::slice::from_ref(&letter));
    let outsider = city.person("weishengju", Role::Drafter);
    refused(add(&outsider, &resource).await, Code::NotFound, "NOT_FOUND");
    refused(list(&outsider, &resource).await, Code::NotFound, "NOT_FOUND");
    let reader = city.someone("jianchaju", "jianchaju.auditor", &[Role::Auditor]);
    assert_eq!(listed(&reader, &resource).await.len(), 1);
    refused(add(&reader, &resource).await, Code::PermissionDenied, "ROLE_NOT_ALLOWED");

    let withdrawal = requests::WithdrawAccessRequestRequest {
        access_request_id: case.id.clone(),
        request_id: request_id(),
    };
    applicant.requests().withdraw_access_request(withdrawal).await.expect("withdrawn");
    refused(add(&provider, &resource).await, Code::FailedPrecondition, "WRONG_STATE").state("WITHDRAWN");
    assert_eq!(listed(&applicant, &resource).await, [letter]);
}
