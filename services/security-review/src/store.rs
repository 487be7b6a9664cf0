//! Secrecy reviews in PostgreSQL, many in one statement. Takes only openings and transitions, and writes each
//! with its audit event; a decision also goes to the catalogue.

use std::collections::{BTreeMap, HashMap, HashSet};

use govshare_model::id::{EntryId, ReviewId, UnitId};
use govshare_model::{Actor, Subject};
use serde_json::Value;
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgExecutor;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::erasure;
use crate::review::{Decision, EntryVersion, Happened, Opening, Review, State, Submission, Transition};
use crate::upstreams;

#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Which reviews a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub provider: Option<&'f UnitId>,
    pub state: Option<&'static str>,
    /// Only reviews with a greater id.
    pub after: Option<Uuid>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: ReviewId) -> Result<Review, Failure> {
        let found = self.load_each(self.database.pool(), &[id]).await?.remove(&id);
        found.ok_or_else(|| Refusal::not_found("review", id).into())
    }

    /// Those of `ids` that exist.
    pub async fn load_each(
        &self,
        executor: impl PgExecutor<'_>,
        ids: &[ReviewId],
    ) -> Result<HashMap<ReviewId, Review>, Failure> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query_as!(Row, "SELECT * FROM security_review.reviews WHERE id = ANY($1)", &ids)
            .fetch_all(executor)
            .await?;
        by_id(rows)
    }

    /// As [`Store::load_each`], locked; in the order of the ids, so that two batches do not block each other.
    pub async fn load_for_update(
        &self,
        tx: &mut Tx,
        ids: &[ReviewId],
    ) -> Result<HashMap<ReviewId, Review>, Failure> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.reviews WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            &ids
        )
        .fetch_all(&mut **tx)
        .await?;
        by_id(rows)
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Review>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.reviews \
             WHERE ($1::text IS NULL OR provider = $1) AND ($2::text IS NULL OR state = $2) \
               AND ($3::uuid IS NULL OR id > $3) \
             ORDER BY id LIMIT $4",
            filter.provider.map(UnitId::as_str),
            filter.state,
            filter.after,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Review::try_from).collect()
    }

    /// Writes new reviews with their events. A review that somebody else opened meanwhile stays as it is.
    pub async fn open(&self, tx: &mut Tx, openings: &[Opening], actor: &Actor) -> Result<(), Failure> {
        if openings.is_empty() {
            return Ok(());
        }
        let each = || openings.iter().map(Opening::review);
        let inserted = sqlx::query_scalar!(
            "INSERT INTO security_review.reviews (id, entry_id, entry_version, provider, title, content_digest, \
               drafted_by, also_written_by, state, reasons, created_at, version) \
             SELECT id, entry_id, entry_version, provider, title, content_digest, drafted_by, also_written_by, \
               'OPEN', '', created_at, 1 \
             FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], \
               $8::jsonb[], $9::timestamptz[]) AS opened (id, entry_id, entry_version, provider, title, \
               content_digest, drafted_by, also_written_by, created_at) \
             ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id",
            &each().map(|review| review.id.0).collect::<Vec<_>>(),
            &each().map(|review| review.submission.version.entry.0).collect::<Vec<_>>(),
            &each().map(|review| review.submission.version.version).collect::<Vec<_>>(),
            &each().map(|review| review.submission.provider.to_string()).collect::<Vec<_>>(),
            &each().map(|review| review.submission.title.clone()).collect::<Vec<_>>(),
            &each().map(|review| review.submission.content_digest.clone()).collect::<Vec<_>>(),
            &each().map(|review| review.submission.drafter.to_string()).collect::<Vec<_>>(),
            &each().map(|review| Json(&review.submission.also_written_by)).collect::<Vec<_>>() as _,
            &each().map(|review| review.created).collect::<Vec<_>>(),
        )
        .fetch_all(&mut **tx)
        .await?;
        let inserted: HashSet<_> = inserted.into_iter().collect();
        for review in each().filter(|review| inserted.contains(&review.id.0)) {
            let event = event(review, "review.opened", BTreeMap::new());
            tx.set_tasks(&event.aggregate, "", review.tasks());
            tx.emit(Some(actor), &event)?;
        }
        Ok(())
    }

    /// Writes decisions with their events, and the command that tells the catalogue.
    pub async fn decide(
        &self,
        tx: &mut Tx,
        transitions: &[Transition],
        actor: &Actor,
    ) -> Result<(), Failure> {
        if transitions.is_empty() {
            return Ok(());
        }
        let each = || transitions.iter().map(Transition::review);
        sqlx::query!(
            "UPDATE security_review.reviews AS review SET state = decided.state, reasons = decided.reasons, \
               decided_by = decided.by, decided_at = decided.at, version = decided.version \
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[]) \
               AS decided (id, state, reasons, by, at, version) \
             WHERE review.id = decided.id",
            &each().map(|review| review.id.0).collect::<Vec<_>>(),
            &each().map(|review| review.state.name().to_owned()).collect::<Vec<_>>(),
            &each().map(|review| review.state.reasons().to_owned()).collect::<Vec<_>>(),
            &transitions.iter().map(|decided| decided.decision().by.to_string()).collect::<Vec<_>>(),
            &transitions.iter().map(|decided| decided.decision().at).collect::<Vec<_>>(),
            &each().map(|review| review.version).collect::<Vec<_>>(),
        )
        .execute(&mut **tx)
        .await?;
        for transition in transitions {
            let review = transition.review();
            let (kind, further) = match transition.happened() {
                Happened::Passed => ("review.passed", BTreeMap::new()),
                Happened::Rejected => {
                    let digest = sha256(review.state.reasons().as_bytes());
                    ("review.rejected", BTreeMap::from([("reasons_sha256", digest)]))
                }
                Happened::RejectedAsStateSecret => {
                    let papers = erasure::erase(tx, review.submission.version.entry).await?;
                    let further =
                        [("ground", "STATE_SECRET".to_owned()), ("erased_attachments", papers.to_string())];
                    ("review.rejected", BTreeMap::from(further))
                }
            };
            let event = event(review, kind, further);
            tx.set_tasks(&event.aggregate, "", review.tasks());
            tx.emit(Some(actor), &event)?;
        }
        tx.command(upstreams::OUTCOMES, &upstreams::record_outcomes(transitions));
        Ok(())
    }
}

fn event(review: &Review, kind: &'static str, further: BTreeMap<&'static str, String>) -> Event {
    let submission = &review.submission;
    let mut attributes = further;
    attributes.insert("entry_id", submission.version.entry.to_string());
    attributes.insert("version", submission.version.version.to_string());
    attributes.insert("content_digest", submission.content_digest.clone());
    Event {
        aggregate: format!("review/{}", review.id),
        version: review.version,
        kind,
        case: String::new(),
        state: review.state.name(),
        article: "16",
        concerns: vec![submission.provider.clone()],
        attributes,
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

fn by_id(rows: Vec<Row>) -> Result<HashMap<ReviewId, Review>, Failure> {
    rows.into_iter().map(|row| Ok((ReviewId(row.id), row.try_into()?))).collect()
}

struct Row {
    id: Uuid,
    entry_id: Uuid,
    entry_version: i32,
    provider: String,
    title: String,
    content_digest: String,
    drafted_by: String,
    also_written_by: Value,
    state: String,
    reasons: String,
    decided_by: Option<String>,
    decided_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Review {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible =
            |what: &str| Failure::internal(format!("review {}: {what} does not fit its state", row.id));
        let decision = row.decided_by.zip(row.decided_at).map(|(by, at)| Decision { by: Subject(by), at });
        let decision = || decision.ok_or_else(|| impossible("decision"));
        let state = match row.state.as_str() {
            "OPEN" => State::Open,
            "PASSED" => State::Passed { decision: decision()? },
            "REJECTED" => State::Rejected { decision: decision()?, reasons: row.reasons },
            _ => return Err(impossible("state")),
        };
        Ok(Self {
            id: ReviewId(row.id),
            submission: Submission {
                version: EntryVersion { entry: EntryId(row.entry_id), version: row.entry_version },
                provider: row.provider.parse().map_err(Failure::internal)?,
                title: row.title,
                content_digest: row.content_digest,
                drafter: Subject(row.drafted_by),
                also_written_by: serde_json::from_value(row.also_written_by).map_err(Failure::internal)?,
            },
            state,
            created: row.created_at,
            version: row.version,
        })
    }
}
