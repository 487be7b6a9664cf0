//! Files of written documents: kept as they came, shown to whoever reads the record, proved by the audit.

use govshare_model::Role;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use govshare_proto::security_review::v1 as reviews;
use govshare_proto::security_review::v1::add_attachment_request::Part;
use govshare_proto::security_review::v1::get_attachment_response::Part as Shown;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id, sha256};
use integration_tests::{Person, eventually};
use tonic::{Code, Response, Status};

use crate::city::City;

const PROVIDER: &str = "jiaowei";
const OPINION: &[u8] = b"%PDF-1.7\n% the reviewer's opinion\n";

async fn review(city: &City) -> reviews::Review {
    let entry_id = city.drafted_entry(PROVIDER, content("学校名录")).await.expect("drafted");
    let request = reviews::CreateReviewRequest { entry_id, version: 1, request_id: request_id() };
    let drafter = city.person(PROVIDER, Role::Drafter);
    drafter.reviews().create_review(request).await.expect("opened").into_inner().review.expect("a review")
}

async fn pass(reviewer: &Person, review: &reviews::Review) {
    let request = reviews::PassReviewRequest {
        review_id: review.review_id.clone(),
        content_digest: review.content_digest.clone(),
        request_id: request_id(),
    };
    reviewer.reviews().pass_review(request).await.expect("passed");
}

fn header(resource: &str, bytes: &[u8]) -> AttachmentHeader {
    AttachmentHeader {
        resource: resource.to_owned(),
        file_name: "保密审查意见.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: bytes.len() as i64,
        sha256: sha256(bytes),
        request_id: request_id(),
    }
}

async fn add(
    person: &Person,
    header: AttachmentHeader,
    bytes: &[u8],
) -> Result<Response<reviews::AddAttachmentResponse>, Status> {
    let chunks = bytes.chunks(10).map(|chunk| Part::Chunk(chunk.to_vec()));
    let parts: Vec<_> = [Part::Header(header)]
        .into_iter()
        .chain(chunks)
        .map(|part| reviews::AddAttachmentRequest { part: Some(part) })
        .collect();
    person.review_attachments().add_attachment(tokio_stream::iter(parts)).await
}

async fn get(person: &Person, id: &str) -> Result<(Attachment, Vec<u8>), Status> {
    let request = reviews::GetAttachmentRequest { attachment_id: id.to_owned() };
    let mut stream = person.review_attachments().get_attachment(request).await?.into_inner();
    let (mut attachment, mut bytes) = (None, Vec::new());
    while let Some(message) = stream.message().await? {
        match message.part.expect("a part") {
            Shown::Attachment(shown) => attachment = Some(shown),
            Shown::Chunk(chunk) => bytes.extend(chunk),
        }
    }
    Ok((attachment.expect("a description"), bytes))
}

async fn list(person: &Person, resource: &str) -> Result<Vec<Attachment>, Status> {
    let request = reviews::ListAttachmentsRequest { resource: resource.to_owned(), ..Default::default() };
    Ok(person.review_attachments().list_attachments(request).await?.into_inner().attachments)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_20_papers_of_a_review_are_kept_as_they_came_and_stand_in_the_audit() {
    let city = City::start().await;
    let found = review(&city).await;
    let resource = format!("review/{}", found.review_id);
    let reviewer = city.person(PROVIDER, Role::Reviewer);
    let announced = header(&resource, OPINION);
    let added = add(&reviewer, announced.clone(), OPINION).await.expect("added").into_inner();
    let added = added.attachment.expect("an attachment");

    let bureau = city.someone("baomiju", "baomiju.officer", &[Role::SecrecyBureau]);
    let (read, bytes) = get(&bureau, &added.attachment_id).await.expect("read");
    assert_eq!((&read, bytes.as_slice()), (&added, OPINION));
    let listed = list(&bureau, &resource).await.expect("listed");
    assert_eq!(listed, std::slice::from_ref(&added));

    let aggregate = format!("attachment/{}", added.attachment_id);
    let leaf = eventually("the attachment stands in the audit", async || {
        let events = city.events_of(&aggregate).await.map_err(|status| status.to_string())?;
        events.into_iter().next().ok_or_else(|| "no event".to_owned())
    })
    .await;
    let leaf = format!("{leaf:?}");
    assert!(leaf.contains("attachment.added") && leaf.contains(&sha256(OPINION)), "{leaf}");
    assert!(!leaf.contains("保密审查意见"), "{leaf}");

    pass(&reviewer, &found).await;
    let again = add(&reviewer, announced, OPINION).await.expect("the first reply").into_inner();
    assert_eq!(again.attachment, Some(added));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_20_a_file_that_is_not_what_it_says_or_comes_too_late_is_refused() {
    let city = City::start().await;
    let found = review(&city).await;
    let resource = format!("review/{}", found.review_id);
    let reviewer = city.person(PROVIDER, Role::Reviewer);
    let program = b"MZ\x90\0 a program";
    let disguised = add(&reviewer, header(&resource, program), program).await;
    refused(disguised, Code::InvalidArgument, "ATTACHMENT_TYPE_MISMATCH")
        .violates("media_type")
        .article("20");
    let altered = add(&reviewer, header(&resource, OPINION), &OPINION[1..]).await;
    refused(altered, Code::InvalidArgument, "CONTENT_MISMATCH").violates("size_bytes").article("20");

    let stranger = city.person("weishengju", Role::Drafter);
    let unseen = add(&stranger, header(&resource, OPINION), OPINION).await;
    refused(unseen, Code::NotFound, "NOT_FOUND");
    assert_eq!(list(&stranger, &resource).await.expect_err("hidden").code(), Code::NotFound);
    let approver = city.person(PROVIDER, Role::Approver);
    let forbidden = add(&approver, header(&resource, OPINION), OPINION).await;
    refused(forbidden, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let auditor = city.someone("shenjiju", "auditor", &[Role::Auditor]);
    let reads_only = add(&auditor, header(&resource, OPINION), OPINION).await;
    refused(reads_only, Code::PermissionDenied, "ROLE_NOT_ALLOWED");

    pass(&reviewer, &found).await;
    let late = add(&reviewer, header(&resource, OPINION), OPINION).await;
    refused(late, Code::FailedPrecondition, "WRONG_STATE").state("PASSED").article("16");
    assert!(list(&auditor, &resource).await.expect("listed").is_empty(), "nothing was kept");
}
