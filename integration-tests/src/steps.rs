//! The steps of a sharing case, each by the person whose step it is, for journeys that need a case at some stage.

use govshare_cluster::Seed;
use govshare_model::Role;
use govshare_proto::access_request::v1 as requests;
use govshare_proto::agreement::v1 as agreements;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::exchange::v1 as exchange;
use govshare_proto::google::r#type::Date;
use govshare_proto::security_review::v1 as reviews;
use tonic::Status;
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::platform::{Platform, eventually};

/// What providers publish in the tests.
pub const DATA: &[u8] = "school,pupils\n第一小学,812\n".as_bytes();

/// A case and what belongs to it.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: String,
    pub entry_id: String,
    pub applicant: &'static str,
    pub provider: &'static str,
}

pub fn request_id() -> String {
    Uuid::now_v7().to_string()
}

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

impl Platform {
    /// Registers the units of the seed.
    pub async fn register_units(&self) {
        let mut units = self.info_office().units();
        for seed in Seed::builtin().units {
            let unit = catalog::Unit {
                unit_id: seed.id.to_string(),
                display_name: seed.name,
                aliases: seed.aliases,
                kind: catalog::UnitKind::AdministrativeOrgan.into(),
                credit_code: seed.credit_code,
                section: "信息科".to_owned(),
                short_name: seed.short_name,
                ..Default::default()
            };
            let request = catalog::CreateUnitRequest { unit: Some(unit), request_id: request_id() };
            units.create_unit(request).await.expect("a unit of the seed");
        }
    }

    /// Registers and countersigns the signing key of each unit.
    pub async fn register_keys(&self, units: &[&str]) {
        let root = self.identity.unit_key(&"info-office".parse().expect("a unit")).expect("the root key");
        let root_id = key_id(&root.public());
        for unit in std::iter::once(&"info-office").chain(units) {
            let key = self.identity.unit_key(&unit.parse().expect("a unit")).expect("a key");
            let request = catalog::RegisterUnitKeyRequest {
                unit_id: (*unit).to_owned(),
                algorithm: "ed25519".to_owned(),
                public_key: key.public().to_vec(),
                request_id: request_id(),
            };
            let mut signatory = self.person(unit, Role::Signatory).units();
            let key_id = signatory
                .register_unit_key(request)
                .await
                .expect("registered")
                .into_inner()
                .key
                .expect("a key")
                .key_id;
            if *unit == "info-office" {
                continue;
            }
            let statement = format!("govshare/unit-key/v1\n{unit}\ned25519\n{}\n", hex::encode(key.public()));
            let request = catalog::CountersignUnitKeyRequest {
                key_id,
                countersign_key_id: root_id.clone(),
                signature: root.sign(statement.as_bytes()),
                request_id: request_id(),
            };
            let mut office = self.person("info-office", Role::Signatory).units();
            office.countersign_unit_key(request).await.expect("countersigned");
        }
    }

    /// A draft entry of `provider`, shared on application.
    pub async fn drafted_entry(
        &self,
        provider: &str,
        content: catalog::EntryContent,
    ) -> Result<String, Status> {
        let mut drafter = self.person(provider, Role::Drafter).entries();
        let request = catalog::CreateEntryRequest {
            provider_unit_id: String::new(),
            content: Some(content),
            request_id: request_id(),
        };
        let entry = drafter.create_entry(request).await?.into_inner().entry;
        Ok(entry.expect("an entry").entry_id)
    }

    /// Has a version reviewed by another person and published by a third.
    pub async fn reviewed_and_published(
        &self,
        provider: &str,
        entry_id: &str,
        version: i32,
    ) -> Result<(), Status> {
        let request =
            reviews::CreateReviewRequest { entry_id: entry_id.to_owned(), version, request_id: request_id() };
        let mut drafter = self.person(provider, Role::Drafter).reviews();
        let review = drafter.create_review(request).await?.into_inner().review.expect("a review");
        let request = reviews::PassReviewRequest {
            review_id: review.review_id,
            content_digest: review.content_digest,
            request_id: request_id(),
        };
        let mut reviewer = self.person(provider, Role::Reviewer).reviews();
        if let Err(status) = reviewer.pass_review(request.clone()).await {
            let reason = status.get_details_error_info().map(|info| info.reason);
            if reason.as_deref() != Some("RESTRICTION_NOT_FILED") {
                return Err(status);
            }
            self.restricted(provider, entry_id).await?;
            reviewer.pass_review(request).await?;
        }
        eventually("the catalogue hears of the review", async || {
            let request = catalog::PublishEntryRequest {
                entry_id: entry_id.to_owned(),
                version,
                request_id: request_id(),
            };
            self.person(provider, Role::Approver).entries().publish_entry(request).await.map(|_| ())
        })
        .await;
        Ok(())
    }

    /// Has the restriction of an entry stated, approved by the secrecy bureau and filed (art. 24(二)).
    pub async fn restricted(&self, provider: &str, entry_id: &str) -> Result<(), Status> {
        let state = reviews::StateRestrictionRequest {
            entry_id: entry_id.to_owned(),
            basis: reviews::RestrictionBasis::Explanation.into(),
            words: "涉及未成年人个人信息，不宜普遍共享".to_owned(),
            request_id: request_id(),
        };
        let mut drafter = self.person(provider, Role::Drafter).restrictions();
        let stated = drafter.state_restriction(state).await?.into_inner().restriction.expect("a restriction");
        let restriction_id = stated.restriction_id;
        let approve = reviews::ApproveRestrictionRequest {
            restriction_id: restriction_id.clone(),
            request_id: request_id(),
        };
        let mut bureau = self.person("baomiju", Role::SecrecyBureau).restrictions();
        bureau.approve_restriction(approve).await?;
        let file = reviews::FileRestrictionRequest { restriction_id, request_id: request_id() };
        self.info_office().restrictions().file_restriction(file).await?;
        Ok(())
    }

    /// An entry of `provider` that is published and shared on application.
    pub async fn published_entry(&self, provider: &str) -> String {
        let entry = self.drafted_entry(provider, content("小学在校生人数")).await.expect("drafted");
        self.reviewed_and_published(provider, &entry, 1).await.expect("published");
        entry
    }

    /// A request that the provider has received.
    pub async fn submitted_request(&self, applicant: &'static str, provider: &'static str) -> Case {
        let entry_id = self.published_entry(provider).await;
        self.submitted_request_for(applicant, provider, &entry_id).await
    }

    pub async fn submitted_request_for(
        &self,
        applicant: &'static str,
        provider: &'static str,
        entry_id: &str,
    ) -> Case {
        let mut drafter = self.person(applicant, Role::Drafter).requests();
        let request = requests::CreateAccessRequestRequest {
            entry_id: entry_id.to_owned(),
            form: Some(form()),
            request_id: request_id(),
            ..Default::default()
        };
        let drafted = drafter.create_access_request(request).await.expect("drafted").into_inner();
        let id = drafted.access_request.expect("a request").access_request_id;
        let request =
            requests::SubmitAccessRequestRequest { access_request_id: id.clone(), request_id: request_id() };
        drafter.submit_access_request(request).await.expect("submitted");
        Case { id, entry_id: entry_id.to_owned(), applicant, provider }
    }

    /// The provider's drafter proposes an answer.
    pub async fn proposed(&self, case: &Case, kind: requests::AnswerKind, reasons: &str) {
        let request = requests::ProposeAnswerRequest {
            access_request_id: case.id.clone(),
            kind: kind.into(),
            reasons: reasons.to_owned(),
            request_id: request_id(),
            ..Default::default()
        };
        self.person(case.provider, Role::Drafter).requests().propose_answer(request).await.expect("proposed");
    }

    /// The provider's approver consents to what was proposed.
    pub async fn consent(&self, case: &Case) -> Result<requests::AccessRequest, Status> {
        let request = requests::ConsentAccessRequestRequest {
            access_request_id: case.id.clone(),
            request_id: request_id(),
            etag: String::new(),
        };
        let mut approver = self.person(case.provider, Role::Approver).requests();
        let reply = approver.consent_access_request(request).await?.into_inner();
        Ok(reply.access_request.expect("a request"))
    }

    pub async fn consented_request(&self, applicant: &'static str, provider: &'static str) -> Case {
        let case = self.submitted_request(applicant, provider).await;
        self.proposed(&case, requests::AnswerKind::Consent, "").await;
        self.consent(&case).await.expect("consented");
        case
    }

    /// The drafted agreement of a consented case.
    pub async fn drafted_agreement(&self, case: &Case) -> agreements::Agreement {
        let request = agreements::CreateAgreementRequest {
            case_id: case.id.clone(),
            terms: Some(terms()),
            request_id: request_id(),
        };
        let mut drafter = self.person(case.provider, Role::Drafter).agreements();
        drafter
            .create_agreement(request)
            .await
            .expect("drafted")
            .into_inner()
            .agreement
            .expect("an agreement")
    }

    /// A signature of `unit` over a document of the agreement.
    pub async fn signature(
        &self,
        agreement_id: &str,
        kind: agreements::DocumentKind,
        unit: &str,
    ) -> agreements::SignAgreementRequest {
        let signatory = self.person(unit, Role::Signatory);
        let request = agreements::GetAgreementDocumentRequest {
            agreement_id: agreement_id.to_owned(),
            kind: kind.into(),
        };
        let document = signatory.agreements().get_agreement_document(request).await.expect("a document");
        self.signed(agreement_id, kind, unit, &document.into_inner().content)
    }

    /// A signature of `unit` over these bytes.
    pub fn signed(
        &self,
        agreement_id: &str,
        kind: agreements::DocumentKind,
        unit: &str,
        document: &[u8],
    ) -> agreements::SignAgreementRequest {
        let name = match kind {
            agreements::DocumentKind::Confidentiality => "confidentiality",
            _ => "agreement",
        };
        let mut message = format!("govshare/{name}/v1\ned25519\n").into_bytes();
        message.extend(document);
        let key = self.identity.unit_key(&unit.parse().expect("a unit")).expect("a key");
        agreements::SignAgreementRequest {
            agreement_id: agreement_id.to_owned(),
            kind: kind.into(),
            key_id: key_id(&key.public()),
            signature: key.sign(&message),
            request_id: request_id(),
        }
    }

    /// Signs the three-party agreement for `unit`.
    pub async fn sign(&self, agreement_id: &str, unit: &str) -> Result<agreements::Agreement, Status> {
        let request = self.signature(agreement_id, agreements::DocumentKind::Agreement, unit).await;
        let mut signatory = self.person(unit, Role::Signatory).agreements();
        Ok(signatory.sign_agreement(request).await?.into_inner().agreement.expect("an agreement"))
    }

    /// A case with an active agreement; gives the agreement's id.
    pub async fn agreed_case(&self, applicant: &'static str, provider: &'static str) -> (Case, String) {
        let case = self.consented_request(applicant, provider).await;
        self.register_keys(&[applicant, provider]).await;
        let agreement = self.drafted_agreement(&case).await;
        for unit in [applicant, provider, "info-office"] {
            self.sign(&agreement.agreement_id, unit).await.expect("signed");
        }
        (case, agreement.agreement_id)
    }

    /// Publishes `bytes` as the next data version of an entry; gives its id.
    pub async fn published_data(
        &self,
        provider: &str,
        entry_id: &str,
        bytes: &[u8],
    ) -> exchange::DataVersion {
        let header = exchange::PublishDataVersionHeader {
            entry_id: entry_id.to_owned(),
            file_name: "pupils.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            size_bytes: bytes.len() as i64,
            sha256: sha256(bytes),
            request_id: request_id(),
        };
        let reply = self.publish(provider, header, bytes).await.expect("published");
        reply.data_version.expect("a version")
    }

    pub async fn publish(
        &self,
        provider: &str,
        header: exchange::PublishDataVersionHeader,
        bytes: &[u8],
    ) -> Result<exchange::PublishDataVersionResponse, Status> {
        use exchange::publish_data_version_request::Part;
        let mut parts = vec![exchange::PublishDataVersionRequest { part: Some(Part::Header(header)) }];
        for chunk in bytes.chunks(64 << 10) {
            parts
                .push(exchange::PublishDataVersionRequest { part: Some(Part::Chunk(chunk.to_vec().into())) });
        }
        let mut drafter = self.person(provider, Role::Drafter).exchange();
        let parts = tokio_stream::iter(parts);
        Ok(drafter.publish_data_version(parts).await?.into_inner())
    }
}

pub fn key_id(public: &[u8]) -> String {
    sha256(public)
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// Content of an entry that is shared on application.
pub fn content(title: &str) -> catalog::EntryContent {
    catalog::EntryContent {
        title: title.to_owned(),
        r#abstract: "按学校统计的在校生人数".to_owned(),
        items: vec![
            catalog::Item { name: "学校".to_owned(), ..Default::default() },
            catalog::Item { name: "人数".to_owned(), ..Default::default() },
        ],
        sharing_type: catalog::SharingType::Conditional.into(),
        sharing_conditions: "按需申请".to_owned(),
        update_cycle: catalog::UpdateCycle::Yearly.into(),
        issue_date: day(2026, 1, 5),
        ..Default::default()
    }
}

/// A complete application form.
pub fn form() -> requests::ApplicationForm {
    requests::ApplicationForm {
        purpose: "编制学位预测".to_owned(),
        scenario: "每学期测算学位缺口".to_owned(),
        basis: "三定规定：教育资源规划".to_owned(),
        items: Vec::new(),
        delivery: "文件，每学期一次".to_owned(),
        use_until: day(2027, 12, 31),
        ..Default::default()
    }
}

pub fn terms() -> agreements::Terms {
    agreements::Terms {
        purpose: "编制学位预测".to_owned(),
        items: Vec::new(),
        delivery: "通过交换平台，文件，每学期一次".to_owned(),
        valid_from: day(2026, 1, 1),
        valid_until: day(2027, 12, 31),
        retention: "期满后三十日内销毁".to_owned(),
        ..Default::default()
    }
}
