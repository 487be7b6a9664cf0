//! What goes through, unchanged, and what does not exist for clients.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::city::City;
use crate::client::{Client, GET_UNIT, LIST_UNITS, PUBLISH, drain};
use crate::peer::{ECHO, FAIL, MANY, Peer, SWALLOW};

const MIB: usize = 1 << 20;

async fn city_with_client() -> (Peer, City, Client) {
    let peer = Peer::start("one");
    let city = City::start(&peer.origin()).await;
    let client = city.drafter("jiaowei").await;
    (peer, city, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unary_call_goes_through_with_its_metadata_small_and_big() {
    let (_peer, _city, client) = city_with_client().await;
    for size in [0, 1, 100, 20 * MIB] {
        let message = Bytes::from(vec![b'x'; size]);
        let reply = client.unary(GET_UNIT, message.clone()).await.expect("a reply");
        assert_eq!(reply.metadata().get("peer").map(|peer| peer.as_bytes()), Some(&b"one"[..]));
        assert!(reply.into_inner() == message, "{size} bytes come back as they were");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_upload_arrives_complete() {
    let (_peer, _city, client) = city_with_client().await;
    let chunks = std::iter::once(Bytes::from(SWALLOW)).chain((0..64).map(|_| Bytes::from(vec![7; MIB])));
    let reply = client.stream(PUBLISH, tokio_stream::iter(chunks)).await.expect("a reply");
    let (messages, status) = drain(reply.into_inner()).await;
    assert!(status.is_none(), "{status:?}");
    assert_eq!(messages, [Bytes::from((SWALLOW.len() + 64 * MIB).to_string())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_reply_arrives_complete() {
    let (_peer, _city, client) = city_with_client().await;
    let ask = Bytes::from(format!("{MANY} 64 {MIB}"));
    let reply = client.stream(LIST_UNITS, tokio_stream::once(ask)).await.expect("a reply");
    let (messages, status) = drain(reply.into_inner()).await;
    assert!(status.is_none(), "{status:?}");
    assert_eq!(messages.iter().map(Bytes::len).collect::<Vec<_>>(), [MIB; 64]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_directions_flow_at_once() {
    let (_peer, _city, client) = city_with_client().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    sender.send(Bytes::from(ECHO)).await.expect("room");
    let upward = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut downward = client.stream(PUBLISH, upward).await.expect("a reply").into_inner();
    assert_eq!(downward.message().await.expect("no error"), Some(Bytes::from(ECHO)));
    for number in 0..10 {
        let message = Bytes::from(vec![number; 300_000]);
        sender.send(message.clone()).await.expect("the call goes on");
        assert!(downward.message().await.expect("no error") == Some(message), "message {number} comes back");
    }
    drop(sender);
    assert_eq!(downward.message().await.expect("no error"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_keeps_its_words_details_and_metadata() {
    let (_peer, _city, client) = city_with_client().await;
    let reply = client.stream(LIST_UNITS, tokio_stream::once(Bytes::from(FAIL))).await.expect("a reply");
    let (messages, status) = drain(reply.into_inner()).await;
    let status = status.expect("it fails");
    assert_eq!(messages, [Bytes::from(FAIL)]);
    assert_eq!(
        (status.code(), status.message(), status.details()),
        (Code::Aborted, "没成 / failed", &b"\x08\x0a"[..])
    );
    assert_eq!(status.metadata().get("why").map(|why| why.as_bytes()), Some(&b"because"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_services_downloads_and_unknown_methods_are_not_routed() {
    let (peer, _city, client) = city_with_client().await;
    for path in [
        "/govshare.catalog.internal.v1.CatalogFactsService/GetEntryFacts",
        "/govshare.access_request.internal.v1.CaseFactsService/GetCaseFacts",
        "/govshare.agreement.internal.v1.AgreementFactsService/GetAgreementFacts",
        "/govshare.audit.internal.v1.AuditIngestService/AppendEvents",
        "/govshare.audit.internal.v1.AuditFeedService/ReadFeed",
        "/govshare.exchange.v1.DownloadService/Download",
        "/govshare.catalog.v1.UnitService/DropUnits",
        "/govshare.catalog.v1.UnitService/GetUnit/",
        "//govshare.catalog.v1.UnitService/GetUnit",
        "/govshare.catalog.v1.unitservice/GetUnit",
        "/nonsense",
    ] {
        let status = client.unary(path, ECHO).await.expect_err(path);
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status:?}");
    }
    client.unary(GET_UNIT, ECHO).await.expect("this one is");
    let paths: Vec<_> = peer.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, [GET_UNIT], "nothing else reached the peer");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_token() {
    let (_peer, _city, client) = city_with_client().await;
    let mut health = HealthClient::new(client.channel.clone());
    let reply = health.check(HealthCheckRequest::default()).await.expect("a reply").into_inner();
    assert_eq!(reply.status(), ServingStatus::Serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_of_both_versions_shows_what_is_routed_and_nothing_else() {
    use tonic_reflection::pb::{v1, v1alpha};
    let (_peer, _city, client) = city_with_client().await;
    let expected = [
        "govshare.access_request.v1.AccessRequestService",
        "govshare.access_request.v1.AttachmentService",
        "govshare.access_request.v1.CaseNoteService",
        "govshare.access_request.v1.PolicyService",
        "govshare.access_request.v1.TaskService",
        "govshare.agreement.v1.AgreementService",
        "govshare.agreement.v1.AttachmentService",
        "govshare.agreement.v1.DisclosureService",
        "govshare.agreement.v1.OutsideDeliveryService",
        "govshare.agreement.v1.TaskService",
        "govshare.audit.v1.AuditService",
        "govshare.catalog.v1.ArchivingService",
        "govshare.catalog.v1.AttachmentService",
        "govshare.catalog.v1.ClassificationService",
        "govshare.catalog.v1.CollectionService",
        "govshare.catalog.v1.EntryService",
        "govshare.catalog.v1.ExplanationService",
        "govshare.catalog.v1.RegulationService",
        "govshare.catalog.v1.SharedDatabaseService",
        "govshare.catalog.v1.TaskService",
        "govshare.catalog.v1.UnitService",
        "govshare.catalog.v1.UpdateCalendarService",
        "govshare.evaluation.v1.AttachmentService",
        "govshare.evaluation.v1.EvaluationService",
        "govshare.evaluation.v1.FeedbackService",
        "govshare.evaluation.v1.InspectionService",
        "govshare.evaluation.v1.PlanService",
        "govshare.evaluation.v1.SelfEvaluationService",
        "govshare.evaluation.v1.TaskService",
        "govshare.evaluation.v1.ViolationService",
        "govshare.evaluation.v1.YearlyEvaluationService",
        "govshare.exchange.v1.DefectService",
        "govshare.exchange.v1.ExchangeService",
        "govshare.security_review.v1.AttachmentService",
        "govshare.security_review.v1.InformationSystemService",
        "govshare.security_review.v1.RestrictionService",
        "govshare.security_review.v1.SecrecyRulesService",
        "govshare.security_review.v1.SecurityReviewService",
        "govshare.security_review.v1.TaskService",
        "grpc.health.v1.Health",
    ];

    let mut reflection = v1::server_reflection_client::ServerReflectionClient::new(client.channel.clone());
    let ask = |question| v1::ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    use v1::server_reflection_request::MessageRequest as Ask;
    use v1::server_reflection_response::MessageResponse as Answer;
    let questions = [
        ask(Ask::ListServices(String::new())),
        ask(Ask::FileContainingSymbol("govshare.audit.internal.v1.AuditIngestService".to_owned())),
        ask(Ask::FileContainingSymbol("govshare.exchange.v1.DownloadService".to_owned())),
        ask(Ask::FileContainingSymbol("govshare.catalog.v1.EntryService".to_owned())),
    ];
    let mut answers =
        reflection.server_reflection_info(tokio_stream::iter(questions)).await.expect("a reply").into_inner();
    let mut next = async || answers.message().await;
    let Some(Answer::ListServicesResponse(list)) =
        next().await.expect("a list").and_then(|a| a.message_response)
    else {
        panic!("not a list")
    };
    let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    names.retain(|name| !name.starts_with("grpc.reflection."));
    assert_eq!(names, expected);
    for hidden in ["ingest", "downloads"] {
        let answer = next().await;
        let known = matches!(
            answer.as_ref().map(|a| a.as_ref().and_then(|a| a.message_response.as_ref())),
            Ok(Some(Answer::FileDescriptorResponse(_)))
        );
        assert!(!known, "{hidden}: {answer:?}");
        if answer.is_err() {
            break;
        }
    }

    let mut older = v1alpha::server_reflection_client::ServerReflectionClient::new(client.channel.clone());
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut answers =
        older.server_reflection_info(tokio_stream::once(question)).await.expect("a reply").into_inner();
    let answer = answers.message().await.expect("a list").and_then(|answer| answer.message_response);
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) = answer
    else {
        panic!("not a list: {answer:?}")
    };
    assert!(expected.iter().all(|name| list.service.iter().any(|service| service.name == *name)), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_grpc_gets_a_short_answer() {
    let (_peer, city, client) = city_with_client().await;

    let mut plain = tokio::net::TcpStream::connect(city.address).await.expect("connected");
    plain.write_all(b"GET /metrics HTTP/1.1\r\nhost: gateway\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.expect("answered and closed");
    assert!(answer.starts_with("HTTP/1.1 415 ") && answer.contains("speaks gRPC"), "{answer}");

    let stream = tokio::net::TcpStream::connect(city.address).await.expect("connected");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    for content_type in ["application/json", "application/grpc-web+proto"] {
        let request = http::Request::post(format!("{}{GET_UNIT}", city.origin()))
            .header("content-type", content_type)
            .body(Full::new(Bytes::from_static(b"{}")))
            .expect("a request");
        let response = sender.send_request(request).await.expect("answered");
        assert_eq!(response.status(), 415, "{content_type}");
        let text = response.into_body().collect().await.expect("a body").to_bytes();
        assert!(text.starts_with(b"This port speaks gRPC"), "{text:?}");
    }
    client.unary(GET_UNIT, ECHO).await.expect("gRPC goes on");
}
