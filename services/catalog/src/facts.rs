//! What other services ask of the catalogue, and the commands of the secrecy review (art. 16).

use std::collections::HashMap;

use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_proto::catalog::internal::v1 as pb;
use govshare_proto::catalog::internal::v1::catalog_facts_service_server::CatalogFactsService;
use govshare_proto::catalog::v1::EntryVersionState;
use service_kit::packs::Policy;
use service_kit::{Database, Failure, Refusal, Violations};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::convert::given;
use crate::entries::EntryStore;
use crate::entries::content::ContentDigest;
use crate::entries::entry::{Entry, Verdict};
use crate::entries::refusal;
use crate::unit_keys::convert as key_convert;
use crate::unit_keys::store::KeyStore;
use crate::units::convert as unit_convert;
use crate::units::store::UnitStore;
use crate::update_calendar::ScheduleStore;

pub struct CatalogFacts {
    pub database: Database,
    pub entries: EntryStore,
    pub units: UnitStore,
    pub keys: KeyStore,
    pub schedules: ScheduleStore,
    pub policy: Policy,
}

type Reply<T> = Result<Response<T>, Status>;

struct Begin {
    review: ReviewId,
    entry: EntryId,
    number: i32,
}

struct Outcome {
    review: ReviewId,
    entry: EntryId,
    number: i32,
    digest: ContentDigest,
    verdict: Verdict,
}

#[tonic::async_trait]
impl CatalogFactsService for CatalogFacts {
    async fn get_entry_facts(
        &self,
        request: Request<pb::GetEntryFactsRequest>,
    ) -> Reply<pb::GetEntryFactsResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let id = violations.parse("entry_id", &body.entry_id);
        violations.check(body.version >= 0, "version", "must not be negative / 不得为负");
        let id = given(id, violations)?;
        let entry = self.entries.view(id).await?.entry;
        let shown = entry.published.as_ref().or(entry.latest.as_ref());
        let number = if body.version == 0 { shown.map_or(0, |shown| shown.version) } else { body.version };
        let (version, drafter) = self.entries.version(id, number).await?;
        Ok(Response::new(pb::GetEntryFactsResponse { entry: Some(entry), version: Some(version), drafter }))
    }

    async fn get_unit_facts(
        &self,
        request: Request<pb::GetUnitFactsRequest>,
    ) -> Reply<pb::GetUnitFactsResponse> {
        let mut violations = Violations::new();
        let id = violations.parse("unit_id", &request.get_ref().unit_id);
        let unit = self.units.load(&given(id, violations)?).await?;
        Ok(Response::new(pb::GetUnitFactsResponse {
            unit: Some(unit_convert::to_proto(&unit)),
            document_prefix: unit.document_prefix().to_string(),
        }))
    }

    async fn get_unit_key_facts(
        &self,
        request: Request<pb::GetUnitKeyFactsRequest>,
    ) -> Reply<pb::GetUnitKeyFactsResponse> {
        let mut violations = Violations::new();
        let id = violations.parse("key_id", &request.get_ref().key_id);
        let key = self.keys.load(&given(id, violations)?).await?;
        Ok(Response::new(pb::GetUnitKeyFactsResponse { key: Some(key_convert::to_proto(&key)) }))
    }

    async fn get_entry_warnings(
        &self,
        request: Request<pb::GetEntryWarningsRequest>,
    ) -> Reply<pb::GetEntryWarningsResponse> {
        let ids = &request.get_ref().entry_ids;
        let mut violations = Violations::new();
        violations.check((1..=1000).contains(&ids.len()), "entry_ids", "must be 1 to 1000");
        let ids: Vec<EntryId> = ids.iter().filter_map(|id| violations.parse("entry_ids", id)).collect();
        violations.finish()?;
        let warnings = self.entries.warnings(&ids, None, None, 1000).await?;
        let warnings = warnings.into_iter().map(|warning| warning.shown).collect();
        Ok(Response::new(pb::GetEntryWarningsResponse { warnings }))
    }

    async fn observe_update(
        &self,
        request: Request<pb::ObserveUpdateRequest>,
    ) -> Reply<pb::ObserveUpdateResponse> {
        let body = request.get_ref();
        let mut violations = Violations::new();
        let entry = violations.parse("entry_id", &body.entry_id);
        violations.check(body.day.is_some(), "day", "is required");
        let day = violations.date("day", body.day.as_ref());
        let (entry, day) = given(entry.zip(day), violations)?;
        let mut tx = self.database.transaction().await?;
        self.entries.load_for_update(&mut tx, entry).await?;
        if let Some(schedule) = self.schedules.find_for_update(&mut tx, entry).await? {
            let updated = schedule.update(day, self.database.clock().now()).map_err(Failure::from)?;
            if let Some(updated) = &updated {
                self.schedules.save(&mut tx, updated, None).await?;
                tx.commit_unasked().await?;
            }
        }
        Ok(Response::new(pb::ObserveUpdateResponse {}))
    }

    async fn begin_reviews(
        &self,
        request: Request<pb::BeginReviewsRequest>,
    ) -> Reply<pb::BeginReviewsResponse> {
        let (begins, provider) = parse_begins(request.get_ref())?;
        let now = self.database.clock().now();
        let mut tx = self.database.transaction().await?;
        let ids: Vec<Uuid> = begins.iter().map(|begin| begin.entry.0).collect();
        let mut entries = by_id(self.entries.load_all_for_update(&mut tx, &ids).await?);
        let statements = self.entries.statements(&mut tx, &ids).await?;
        let pack = self.policy.today().map_err(Failure::from)?;
        let mut transitions = Vec::new();
        let mut results = Vec::with_capacity(begins.len());
        for begin in &begins {
            let is_meant = |entry: &&mut Entry| provider.as_ref().is_none_or(|unit| entry.provider == *unit);
            let Some(entry) = entries.get_mut(&begin.entry).filter(is_meant) else {
                results.push(refused(&Refusal::not_found("entry", begin.entry), None));
                continue;
            };
            let stated = statements.get(&begin.entry).map(Vec::as_slice).unwrap_or_default();
            match entry.clone().begin_review(begin.number, begin.review, stated, pack, now) {
                Ok(transition) => {
                    if let Some(begun) = &transition {
                        entry.clone_from(begun.entry());
                    }
                    transitions.extend(transition);
                    results.push(begun(entry));
                }
                Err(rejection) => results.push(refused(&refusal(rejection, begin.entry), Some(entry))),
            }
        }
        self.entries.save(&mut tx, &transitions, None).await?;
        tx.commit_unasked().await?;
        Ok(Response::new(pb::BeginReviewsResponse { results }))
    }

    async fn record_review_outcomes(
        &self,
        request: Request<pb::RecordReviewOutcomesRequest>,
    ) -> Reply<pb::RecordReviewOutcomesResponse> {
        let outcomes = parse_outcomes(&request.get_ref().outcomes)?;
        let now = self.database.clock().now();
        let mut tx = self.database.transaction().await?;
        let ids: Vec<Uuid> = outcomes.iter().map(|outcome| outcome.entry.0).collect();
        let numbers: Vec<i32> = outcomes.iter().map(|outcome| outcome.number).collect();
        let mut entries = by_id(self.entries.load_all_for_update(&mut tx, &ids).await?);
        let followed = self.entries.followed_reviews(&mut tx, &ids, &numbers).await?;
        let mut transitions = Vec::new();
        for outcome in outcomes.iter().filter(|outcome| !followed.contains(&outcome.review.0)) {
            let missing = || Failure::from(Refusal::not_found("entry", outcome.entry));
            let entry = entries.get_mut(&outcome.entry).ok_or_else(missing)?;
            let Outcome { review, entry: id, number, digest, verdict } = outcome;
            let ended = entry.clone().end_review(*number, *review, *digest, *verdict, now);
            if let Some(ended) = ended.map_err(|rejection| refusal(rejection, *id))? {
                entry.clone_from(ended.entry());
                transitions.push(ended);
            }
        }
        self.entries.save(&mut tx, &transitions, None).await?;
        tx.commit_unasked().await?;
        Ok(Response::new(pb::RecordReviewOutcomesResponse {}))
    }
}

fn by_id(entries: Vec<Entry>) -> HashMap<EntryId, Entry> {
    entries.into_iter().map(|entry| (entry.id, entry)).collect()
}

fn parse_begins(request: &pb::BeginReviewsRequest) -> Result<(Vec<Begin>, Option<UnitId>), Failure> {
    let mut violations = Violations::new();
    let provider = violations.parse_optional("provider_unit_id", &request.provider_unit_id);
    let reviews = &request.reviews;
    violations.check((1..=1000).contains(&reviews.len()), "reviews", "must be 1 to 1000 / 须为1至1000个");
    let mut begins = Vec::with_capacity(reviews.len());
    for review in reviews {
        let id = violations.parse("reviews.review_id", &review.review_id);
        let entry = violations.parse("reviews.entry_id", &review.entry_id);
        begins.extend(id.zip(entry).map(|(id, entry)| Begin { review: id, entry, number: review.version }));
    }
    violations.finish()?;
    Ok((begins, provider))
}

fn parse_outcomes(outcomes: &[pb::ReviewOutcome]) -> Result<Vec<Outcome>, Failure> {
    let mut violations = Violations::new();
    violations.check((1..=1000).contains(&outcomes.len()), "outcomes", "must be 1 to 1000 / 须为1至1000个");
    let mut parsed = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let review = violations.parse("outcomes.review_id", &outcome.review_id);
        let entry = violations.parse("outcomes.entry_id", &outcome.entry_id);
        let mut digest = [0; 32];
        let is_digest = hex::decode_to_slice(&outcome.content_digest, &mut digest).is_ok();
        violations.check(
            is_digest,
            "outcomes.content_digest",
            "must be a SHA-256 in hexadecimal / 须为十六进制 SHA-256",
        );
        let both = outcome.passed && outcome.state_secret;
        violations.check(
            !both,
            "outcomes.state_secret",
            "is no ground of what passed / 已通过的不得为国家秘密",
        );
        parsed.extend(review.zip(entry).map(|(review, entry)| Outcome {
            review,
            entry,
            number: outcome.version,
            digest: ContentDigest(digest),
            verdict: match (outcome.passed, outcome.state_secret) {
                (true, _) => Verdict::Passed,
                (false, false) => Verdict::Rejected,
                (false, true) => Verdict::StateSecret,
            },
        }));
    }
    violations.finish()?;
    Ok(parsed)
}

fn begun(entry: &Entry) -> pb::BeginReviewResult {
    pb::BeginReviewResult {
        provider_unit_id: entry.provider.to_string(),
        content_digest: entry.latest.digest.to_string(),
        drafter: entry.latest.drafted_by.to_string(),
        also_written_by: entry.latest.also_written_by.iter().map(ToString::to_string).collect(),
        title: entry.latest.title.clone(),
        ..Default::default()
    }
}

fn refused(refusal: &Refusal, entry: Option<&Entry>) -> pb::BeginReviewResult {
    let state = entry.and_then(|entry| {
        EntryVersionState::from_str_name(&format!("ENTRY_VERSION_STATE_{}", entry.latest.state.name()))
    });
    pb::BeginReviewResult {
        reason: refusal.reason_name().to_owned(),
        description: format!("{} / {}", refusal.chinese(), refusal.english()),
        provider_unit_id: entry.map(|entry| entry.provider.to_string()).unwrap_or_default(),
        state: state.unwrap_or(EntryVersionState::Unspecified).into(),
        article: refusal.named_article().unwrap_or_default().to_owned(),
        ..Default::default()
    }
}
