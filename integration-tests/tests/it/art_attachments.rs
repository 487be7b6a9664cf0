//! Files of written documents: kept as they came, shown to whoever reads the record, proved by the audit.

use govshare_model::Role;
use govshare_proto::attachment::v1::{Attachment, AttachmentHeader};
use govshare_proto::security_review::v1 as reviews;
use govshare_proto::security_review::v1::add_attachment_request::Part;
use govshare_proto::security_review::v1::get_attachment_response::Part as Shown;
use integration_tests::refusal::refused;
use integration_tests::steps::{content, request_id, sha256};
use integration_tests::{Person, eventually};
use prost::Message;
use serde_json::{Value as Json, json};
use tonic::{Code, Response, Status};

use crate::authorization_over_grpc::act;
use crate::city::City;
use crate::contract::send_all;

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

/// As [`add`], at the service of any package: their messages are the same but for its name.
async fn add_at(
    package: &str,
    person: &Person,
    header: AttachmentHeader,
    bytes: &[u8],
) -> Result<Response<Attachment>, Status> {
    let path = format!("/govshare.{package}.v1.AttachmentService/AddAttachment").parse().expect("a path");
    let parts = [Part::Header(header), Part::Chunk(bytes.to_vec())];
    let messages =
        parts.map(|part| reviews::AddAttachmentRequest { part: Some(part) }.encode_to_vec().into());
    let reply = send_all(person, path, messages.to_vec()).await?;
    let reply = reviews::AddAttachmentResponse::decode(reply).expect("the reply of the contract");
    Ok(Response::new(reply.attachment.expect("an attachment")))
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

/// A written document whose unit adds papers until somebody decides on it.
struct Document {
    package: &'static str,
    resource: String,
    writer: (&'static str, Role),
    /// Who decides, by which method of the document's service.
    decision: ((&'static str, Role), &'static str, &'static str, Json),
    decided: &'static str,
    article: &'static str,
}

const DRAFTER: (&str, Role) = (PROVIDER, Role::Drafter);
const APPROVER: (&str, Role) = (PROVIDER, Role::Approver);
const USER: (&str, Role) = ("fagaiwei", Role::Drafter);
const BUREAU: (&str, Role) = ("baomiju", Role::SecrecyBureau);
const ARCHIVES: (&str, Role) = ("danganju", Role::Approver);

const RESTRICTIONS: &str = "govshare.security_review.v1.RestrictionService";
const SECRECY_RULES: &str = "govshare.security_review.v1.SecrecyRulesService";
const SYSTEMS: &str = "govshare.security_review.v1.InformationSystemService";
const ARCHIVING: &str = "govshare.catalog.v1.ArchivingService";
const DISCLOSURES: &str = "govshare.agreement.v1.DisclosureService";
const OUTSIDE_DELIVERIES: &str = "govshare.agreement.v1.OutsideDeliveryService";

fn text(json: &Json) -> String {
    json.as_str().expect("a text").to_owned()
}

async fn documents(city: &City) -> Vec<Document> {
    let (case, agreement) = city.agreed_case(USER.0, PROVIDER).await;
    let third_of_march = json!({ "year": 2026, "month": 3, "day": 3 });

    let given = json!({ "entry_id": case.entry_id });
    let restriction = act(city, DRAFTER, RESTRICTIONS, "StateRestriction", given).await;
    let restriction = text(&restriction["restriction"]["restriction_id"]);
    act(city, APPROVER, SECRECY_RULES, "FileSecrecyRules", json!({})).await;
    let given = json!({
        "period_start": { "year": 2025, "month": 1, "day": 1 },
        "period_end": { "year": 2025, "month": 12, "day": 31 },
        "archive_due": { "year": 2026, "month": 6, "day": 30 },
    });
    let record = act(city, DRAFTER, ARCHIVING, "CreateArchiveRecord", given).await;
    let record = text(&record["archive_record"]["archive_record_id"]);
    let given = json!({ "archive_record_id": record, "day": third_of_march });
    act(city, DRAFTER, ARCHIVING, "RecordArchiving", given).await;
    let given = json!({ "agreement_id": agreement, "delivered_on": third_of_march });
    let disclosure = act(city, USER, DISCLOSURES, "RequestDisclosure", given.clone()).await;
    let disclosure = text(&disclosure["disclosure"]["disclosure_id"]);
    let delivery = act(city, DRAFTER, OUTSIDE_DELIVERIES, "RecordOutsideDelivery", given).await;
    let delivery = text(&delivery["outside_delivery"]["outside_delivery_id"]);
    vec![
        Document {
            package: "security_review",
            resource: format!("restriction/{restriction}"),
            writer: DRAFTER,
            decision: (BUREAU, RESTRICTIONS, "ApproveRestriction", json!({ "restriction_id": restriction })),
            decided: "APPROVED",
            article: "24(二)",
        },
        Document {
            package: "security_review",
            resource: format!("secrecy-rules/{PROVIDER}"),
            writer: APPROVER,
            decision: (BUREAU, SECRECY_RULES, "AcceptSecrecyRules", json!({ "unit_id": PROVIDER })),
            decided: "ACCEPTED",
            article: "9",
        },
        Document {
            package: "catalog",
            resource: format!("archive-record/{record}"),
            writer: DRAFTER,
            decision: (ARCHIVES, ARCHIVING, "ConfirmArchiving", json!({ "archive_record_id": record })),
            decided: "CONFIRMED",
            article: "20",
        },
        Document {
            package: "agreement",
            resource: format!("disclosure/{disclosure}"),
            writer: USER,
            decision: (APPROVER, DISCLOSURES, "RefuseDisclosure", json!({ "disclosure_id": disclosure })),
            decided: "REFUSED",
            article: "23",
        },
        Document {
            package: "agreement",
            resource: format!("outside-delivery/{delivery}"),
            writer: DRAFTER,
            decision: (
                USER,
                OUTSIDE_DELIVERIES,
                "ConfirmOutsideDelivery",
                json!({ "outside_delivery_id": delivery }),
            ),
            decided: "CONFIRMED",
            article: "26(一)",
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_9_20_23_24_26_every_written_document_takes_its_units_papers_until_it_is_decided() {
    let city = City::start().await;
    let stranger = city.person("weishengju", Role::Drafter);
    let auditor = city.someone("shenjiju", "auditor", &[Role::Auditor]);
    for document in documents(&city).await {
        let Document { package, resource, writer, decision: (by, service, method, given), .. } = &document;
        let writer = city.person(writer.0, writer.1);
        let added = add_at(package, &writer, header(resource, OPINION), OPINION).await;
        let added = added.unwrap_or_else(|status| panic!("{resource}: {status:?}")).into_inner();
        assert_eq!((&added.resource, added.sha256), (resource, sha256(OPINION)));
        let hidden = add_at(package, &stranger, header(resource, OPINION), OPINION).await;
        refused(hidden, Code::NotFound, "NOT_FOUND");
        let reads_only = add_at(package, &auditor, header(resource, OPINION), OPINION).await;
        refused(reads_only, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
        let aggregate = format!("attachment/{}", added.attachment_id);
        let event = eventually("the paper stands in the audit", async || {
            let events = city.events_of(&aggregate).await.map_err(|status| status.to_string())?;
            events.into_iter().next().ok_or_else(|| "no event".to_owned())
        })
        .await;
        assert_eq!((event.r#type.as_str(), event.article.as_str()), ("attachment.added", document.article));

        act(&city, *by, service, method, given.clone()).await;
        let late = add_at(package, &writer, header(resource, OPINION), OPINION).await;
        refused(late, Code::FailedPrecondition, "WRONG_STATE")
            .state(document.decided)
            .article(document.article);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn art_30_the_authority_that_lowered_a_systems_level_is_kept_with_it() {
    let city = City::start().await;
    let system = act(&city, DRAFTER, SYSTEMS, "RegisterInformationSystem", json!({ "level": 3 })).await;
    let id = text(&system["information_system"]["system_id"]);
    let resource = format!("information-system/{id}");
    let approver = city.person(PROVIDER, Role::Approver);
    let add = async || add_at("security_review", &approver, header(&resource, OPINION), OPINION).await;
    refused(add().await, Code::FailedPrecondition, "WRONG_STATE").article("30");
    let lower = json!({ "system_id": id, "level": 2, "authority": {
        "body": "市公安局", "document_number": "京公网安〔2026〕8号",
        "document_date": { "year": 2026, "month": 3, "day": 2 },
    } });
    act(&city, APPROVER, SYSTEMS, "ChangeSecurityLevel", lower).await;
    let added = add().await.expect("added").into_inner();
    let bureau = city.someone("baomiju", "baomiju.officer", &[Role::SecrecyBureau]);
    let (read, bytes) = get(&bureau, &added.attachment_id).await.expect("read");
    assert_eq!((read.resource, bytes.as_slice()), (resource, OPINION));
}
