//! The contract's methods: parse, load, authorize, transition, save, respond.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use govshare_model::Actor;
use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_proto::security_review::v1 as pb;
use govshare_proto::security_review::v1::security_review_service_server::SecurityReviewService;
use service_kit::packs::Policy;
use service_kit::page::Page;
use service_kit::{Begin, Call, Database, Failure, Reason, Refusal, Tx, Violations, call};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::convert::{self, authorize};
use crate::policy;
use crate::restriction::{self, Sharing};
use crate::review::{EntryVersion, Opening, Review, Transition};
use crate::store::{Filter, Store};
use crate::upstreams::{Catalog, OUTCOMES};

/// How long a decision waits for the catalogue to hear of it, so that its caller can publish at once.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Reviews {
    pub database: Database,
    pub store: Store,
    pub restrictions: restriction::store::Store,
    pub catalog: Catalog,
    pub policy: Policy,
}

type Reply<T> = Result<Response<T>, Status>;

/// What the listing of versions depends on.
struct Listing {
    /// Empty where the pack in force does not ask for a restriction on file (art. 24(二)).
    sharing: HashMap<EntryVersion, Sharing>,
    filed: HashSet<EntryId>,
}

impl Listing {
    fn check(&self, review: &Review) -> Result<(), restriction::Rejection> {
        let version = review.submission.version;
        let sharing = self.sharing.get(&version).copied().unwrap_or(Sharing::Unsaid);
        restriction::check_listing(sharing, self.filed.contains(&version.entry))
    }
}

/// Versions that have no review here, as the catalogue took them.
struct Begun {
    openings: Vec<Opening>,
    refused: HashMap<ReviewId, Refusal>,
}

impl Reviews {
    /// Begins the reviews in the catalogue before they are written here: a repeat heals what was lost between.
    async fn begin_unknown(
        &self,
        (actor, method): (&Actor, &str),
        versions: &[EntryVersion],
    ) -> Result<Begun, Failure> {
        let ids: Vec<_> = versions.iter().map(EntryVersion::review_id).collect();
        let known = self.store.load_each(self.database.pool(), &ids).await?;
        let unknown: Vec<_> =
            versions.iter().filter(|version| !known.contains_key(&version.review_id())).copied().collect();
        let mut begun = Begun { openings: Vec::new(), refused: HashMap::new() };
        let own = (!policy::submits_for_all(actor, method)).then_some(&actor.unit);
        let answers = self.catalog.begin_reviews(&unknown, own).await?;
        let now = self.database.clock().now();
        for (version, answer) in unknown.iter().zip(answers) {
            match answer {
                Ok(submission) => begun.openings.push(Review::open(submission, now)),
                Err(refusal) => {
                    begun.refused.insert(version.review_id(), refusal);
                }
            }
        }
        Ok(begun)
    }

    /// Writes what began and gives the review of each version, in their order.
    async fn open(
        &self,
        tx: &mut Tx,
        (actor, method): (&Actor, &str),
        versions: &[EntryVersion],
        mut begun: Begun,
    ) -> Result<Vec<Result<Review, Refusal>>, Failure> {
        self.store.open(tx, &begun.openings, actor).await?;
        let ids: Vec<_> = versions.iter().map(EntryVersion::review_id).collect();
        let mut stored = self.store.load_each(&mut **tx, &ids).await?;
        // Who may not know of a version hears of it what the catalogue says of one that is not there.
        let hidden = |version: &EntryVersion, refusal: Refusal| match refusal.reason() {
            Reason::NotFound => Refusal::not_found("entry-version", version),
            _ => refusal,
        };
        let of_version = |version: &EntryVersion| match stored.remove(&version.review_id()) {
            Some(review) => match authorize(actor, method, &review) {
                Ok(()) => Ok(review),
                Err(refusal) => Err(hidden(version, refusal)),
            },
            None => {
                let refused = begun.refused.remove(&version.review_id());
                Err(refused.unwrap_or_else(|| Refusal::not_found("entry-version", version)))
            }
        };
        Ok(versions.iter().map(of_version).collect())
    }

    /// How the versions under these reviews are shared, where it matters; asked before anything is locked.
    async fn sharing(&self, ids: &[ReviewId]) -> Result<HashMap<EntryVersion, Sharing>, Failure> {
        if !self.policy.today()?.restriction.filed_first.value {
            return Ok(HashMap::new());
        }
        let reviews = self.store.load_each(self.database.pool(), ids).await?;
        let versions: Vec<_> = reviews.values().map(|review| review.submission.version).collect();
        self.catalog.sharing(&versions).await
    }

    async fn listing(
        &self,
        tx: &mut Tx,
        sharing: HashMap<EntryVersion, Sharing>,
    ) -> Result<Listing, Failure> {
        let entries: Vec<_> = sharing.keys().map(|version| version.entry).collect();
        let filed =
            if entries.is_empty() { HashSet::new() } else { self.restrictions.filed(tx, &entries).await? };
        Ok(Listing { sharing, filed })
    }

    /// The steps that every decision on one review takes; `step` is the machine's.
    async fn decide<R: prost::Message + Default>(
        &self,
        call: &Call,
        method: &str,
        id: ReviewId,
        sharing: HashMap<EntryVersion, Sharing>,
        step: impl FnOnce(Review, &Listing) -> Result<Transition, Refusal>,
        reply: impl FnOnce(Option<pb::Review>) -> R,
    ) -> Result<Response<R>, Failure> {
        let mut tx = match self.database.begin(call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let found = self.store.load_for_update(&mut tx, &[id]).await?.remove(&id);
        let review = found.ok_or_else(|| Refusal::not_found("review", id))?;
        authorize(&call.actor, method, &review)?;
        let listing = self.listing(&mut tx, sharing).await?;
        let transition = step(review, &listing)?;
        self.store.decide(&mut tx, std::slice::from_ref(&transition), &call.actor).await?;
        let reply = tx.commit(call, reply(Some(convert::to_proto(transition.review())))).await?;
        self.database.outbox().settle(OUTCOMES, PATIENCE).await;
        Ok(Response::new(reply))
    }
}

#[tonic::async_trait]
impl SecurityReviewService for Reviews {
    async fn create_review(
        &self,
        request: Request<pb::CreateReviewRequest>,
    ) -> Reply<pb::CreateReviewResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let versions = [convert::version("", &body.entry_id, body.version, &mut violations)];
        violations.finish()?;
        let begun = self.begin_unknown((&call.actor, "CreateReview"), &versions).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let mut opened = self.open(&mut tx, (&call.actor, "CreateReview"), &versions, begun).await?;
        let review = opened.pop().ok_or_else(|| Failure::internal("no answer for a version"))??;
        let reply = pb::CreateReviewResponse { review: Some(convert::to_proto(&review)) };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn batch_create_reviews(
        &self,
        request: Request<pb::BatchCreateReviewsRequest>,
    ) -> Reply<pb::BatchCreateReviewsResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let versions = convert::versions(&request.get_ref().versions, &mut violations);
        violations.finish()?;
        let begun = self.begin_unknown((&call.actor, "BatchCreateReviews"), &versions).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let opened = self.open(&mut tx, (&call.actor, "BatchCreateReviews"), &versions, begun).await?;
        let reply = pb::BatchCreateReviewsResponse { results: opened.iter().map(convert::result).collect() };
        Ok(Response::new(tx.commit(&call, reply).await?))
    }

    async fn get_review(&self, request: Request<pb::GetReviewRequest>) -> Reply<pb::GetReviewResponse> {
        let actor = call::actor(&request)?;
        let mut violations = Violations::new();
        let id = violations.parse("review_id", &request.get_ref().review_id);
        violations.finish()?;
        let review = self.store.load(id.unwrap_or(ReviewId(Uuid::nil()))).await?;
        authorize(&actor, policy::READ, &review)?;
        Ok(Response::new(pb::GetReviewResponse { review: Some(convert::to_proto(&review)) }))
    }

    async fn list_reviews(&self, request: Request<pb::ListReviewsRequest>) -> Reply<pb::ListReviewsResponse> {
        let actor = call::actor(&request)?;
        let body = request.into_inner();
        let filters = pb::ListReviewsRequest { page_size: 0, page_token: String::new(), ..body.clone() };
        let mut violations = Violations::new();
        let page: Page<Uuid> =
            Page::parse(body.page_size, &body.page_token, 50, 1000, &filters, &mut violations);
        violations.known::<pb::ReviewState>("state", body.state);
        let provider: Option<UnitId> = violations.parse_optional("provider_unit_id", &body.provider_unit_id);
        violations.finish()?;
        let own = (!policy::reads_all(&actor)).then_some(&actor.unit);
        if own.is_some() && provider.is_some() && own != provider.as_ref() {
            return Ok(Response::new(pb::ListReviewsResponse::default()));
        }
        let found = self
            .store
            .list(Filter {
                provider: own.or(provider.as_ref()),
                state: convert::state_name(body.state()),
                after: page.after,
                limit: page.size + 1,
            })
            .await?;
        let show = |review| convert::to_proto(&review);
        let (reviews, next_page_token) = page.cut(found, |review| review.id.0, show);
        Ok(Response::new(pb::ListReviewsResponse { reviews, next_page_token }))
    }

    async fn pass_review(&self, request: Request<pb::PassReviewRequest>) -> Reply<pb::PassReviewResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let (id, digest) = convert::passed("", &body.review_id, &body.content_digest, &mut violations);
        violations.finish()?;
        let sharing = self.sharing(&[id]).await?;
        let now = self.database.clock().now();
        let pass = |review: Review, listing: &Listing| {
            listing.check(&review)?;
            Ok(review.pass(&digest, &call.actor, now)?)
        };
        let reply = |review| pb::PassReviewResponse { review };
        Ok(self.decide(&call, "PassReview", id, sharing, pass, reply).await?)
    }

    async fn batch_pass_reviews(
        &self,
        request: Request<pb::BatchPassReviewsRequest>,
    ) -> Reply<pb::BatchPassReviewsResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let wanted = convert::passed_reviews(&request.get_ref().reviews, &mut violations);
        violations.finish()?;
        let ids: Vec<_> = wanted.iter().map(|(id, _)| *id).collect();
        let sharing = self.sharing(&ids).await?;

        let mut tx = match self.database.begin(&call).await? {
            Begin::Replay(reply) => return Ok(Response::new(reply)),
            Begin::Fresh(tx) => tx,
        };
        let now = self.database.clock().now();
        let mut found = self.store.load_for_update(&mut tx, &ids).await?;
        let listing = self.listing(&mut tx, sharing).await?;
        let mut passed = Vec::new();
        let mut pass = |id: ReviewId, digest: &str| {
            let review = found.remove(&id).ok_or_else(|| Refusal::not_found("review", id))?;
            authorize(&call.actor, "BatchPassReviews", &review)?;
            listing.check(&review)?;
            let transition = review.pass(digest, &call.actor, now)?;
            let review = transition.review().clone();
            passed.push(transition);
            Ok(review)
        };
        let results = wanted.iter().map(|(id, digest)| convert::result(&pass(*id, digest))).collect();
        self.store.decide(&mut tx, &passed, &call.actor).await?;
        let reply = tx.commit(&call, pb::BatchPassReviewsResponse { results }).await?;
        if !passed.is_empty() {
            self.database.outbox().settle(OUTCOMES, PATIENCE).await;
        }
        Ok(Response::new(reply))
    }

    async fn reject_review(
        &self,
        request: Request<pb::RejectReviewRequest>,
    ) -> Reply<pb::RejectReviewResponse> {
        let mut violations = Violations::new();
        let call = Call::new(&request, &request.get_ref().request_id, &mut violations)?;
        let body = request.into_inner();
        let id = violations.parse("review_id", &body.review_id);
        let reasons = violations.text("reasons", &body.reasons, 0, 2000);
        violations.finish()?;
        let now = self.database.clock().now();
        let reject = |review: Review, _: &Listing| {
            Ok(if body.state_secret {
                review.reject_as_state_secret(&reasons, &call.actor, now)?
            } else {
                review.reject(reasons, &call.actor, now)?
            })
        };
        let reply = |review| pb::RejectReviewResponse { review };
        let id = id.unwrap_or(ReviewId(Uuid::nil()));
        Ok(self.decide(&call, "RejectReview", id, HashMap::new(), reject, reply).await?)
    }
}
