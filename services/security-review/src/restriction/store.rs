//! Restrictions in PostgreSQL, many in one statement. Takes only transitions, and writes each with its audit event.

use std::collections::{BTreeMap, HashMap, HashSet};

use govshare_model::id::{EntryId, RestrictionId, UnitId};
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Basis, Restriction, State, Transition};
use crate::review::Decision;
use crate::store::sha256;

#[derive(Clone)]
pub struct Store {
    database: Database,
    /// Read events of restrictions beside the providing unit.
    bureau: UnitId,
    info_office: UnitId,
}

/// Which restrictions a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub provider: Option<&'f UnitId>,
    pub entry: Option<EntryId>,
    pub state: Option<&'static str>,
    /// Newest first: only restrictions with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database, bureau: UnitId, info_office: UnitId) -> Self {
        Self { database, bureau, info_office }
    }

    pub async fn load(&self, id: RestrictionId) -> Result<Restriction, Failure> {
        let row = sqlx::query_as!(Row, "SELECT * FROM security_review.restrictions WHERE id = $1", id.0)
            .fetch_optional(self.database.pool())
            .await?;
        row.ok_or_else(|| Refusal::not_found("restriction", id))?.try_into()
    }

    /// Those of `ids` that exist, locked in the order of the ids, so that two batches do not block each other.
    pub async fn load_for_update(
        &self,
        tx: &mut Tx,
        ids: &[RestrictionId],
    ) -> Result<HashMap<RestrictionId, Restriction>, Failure> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.restrictions WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            &ids
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter().map(|row| Ok((RestrictionId(row.id), row.try_into()?))).collect()
    }

    /// Those of `entries` whose restriction is on file.
    pub async fn filed(&self, tx: &mut Tx, entries: &[EntryId]) -> Result<HashSet<EntryId>, Failure> {
        let entries: Vec<_> = entries.iter().map(|entry| entry.0).collect();
        let found = sqlx::query_scalar!(
            "SELECT entry_id FROM security_review.restrictions WHERE entry_id = ANY($1) AND state = 'FILED'",
            &entries
        )
        .fetch_all(&mut **tx)
        .await?;
        Ok(found.into_iter().map(EntryId).collect())
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Restriction>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.restrictions \
             WHERE ($1::text IS NULL OR provider = $1) AND ($2::uuid IS NULL OR entry_id = $2) \
               AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id < $4) \
             ORDER BY id DESC LIMIT $5",
            filter.provider.map(UnitId::as_str),
            filter.entry.map(|entry| entry.0),
            filter.state,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Restriction::try_from).collect()
    }

    /// Writes what was stated with its events; gives those that were written. An entry that has a restriction gets no
    /// other.
    pub async fn state(
        &self,
        tx: &mut Tx,
        stated: &[Transition],
        actor: &Actor,
    ) -> Result<HashSet<RestrictionId>, Failure> {
        if stated.is_empty() {
            return Ok(HashSet::new());
        }
        let each = || stated.iter().map(Transition::restriction);
        let inserted = sqlx::query_scalar!(
            "INSERT INTO security_review.restrictions (id, entry_id, provider, title, basis, words, stated_by, state, \
               reasons, created_at, version) \
             SELECT id, entry_id, provider, title, basis, words, stated_by, 'STATED', '', created_at, 1 \
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
               $8::timestamptz[]) AS stated (id, entry_id, provider, title, basis, words, stated_by, created_at) \
             ORDER BY entry_id ON CONFLICT (entry_id) WHERE state <> 'REJECTED' DO NOTHING RETURNING id",
            &each().map(|restriction| restriction.id.0).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.entry.0).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.provider.to_string()).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.title.clone()).collect::<Vec<_>>(),
            &each().map(|restriction| basis_name(restriction.basis).to_owned()).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.words.clone()).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.stated_by.to_string()).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.created).collect::<Vec<_>>(),
        )
        .fetch_all(&mut **tx)
        .await?;
        let inserted: HashSet<_> = inserted.into_iter().map(RestrictionId).collect();
        for restriction in each().filter(|restriction| inserted.contains(&restriction.id)) {
            self.tell(tx, restriction, actor)?;
        }
        Ok(inserted)
    }

    /// Writes later changes with their events.
    pub async fn change(
        &self,
        tx: &mut Tx,
        transitions: &[Transition],
        actor: &Actor,
    ) -> Result<(), Failure> {
        if transitions.is_empty() {
            return Ok(());
        }
        let each = || transitions.iter().map(Transition::restriction);
        let decision = |restriction: &Restriction| restriction.state.decision().cloned();
        sqlx::query!(
            "UPDATE security_review.restrictions AS restriction SET state = changed.state, \
               reasons = changed.reasons, decided_by = changed.by, decided_at = changed.at, \
               filed_at = changed.filed_at, version = changed.version \
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], \
               $7::bigint[]) AS changed (id, state, reasons, by, at, filed_at, version) \
             WHERE restriction.id = changed.id",
            &each().map(|restriction| restriction.id.0).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.state.name().to_owned()).collect::<Vec<_>>(),
            &each().map(|restriction| restriction.state.reasons().to_owned()).collect::<Vec<_>>(),
            &each().map(|found| decision(found).map(|it| it.by.to_string())).collect::<Vec<_>>() as _,
            &each().map(|found| decision(found).map(|it| it.at)).collect::<Vec<_>>() as _,
            &each().map(|restriction| restriction.state.filed()).collect::<Vec<_>>() as _,
            &each().map(|restriction| restriction.version).collect::<Vec<_>>(),
        )
        .execute(&mut **tx)
        .await?;
        for restriction in each() {
            self.tell(tx, restriction, actor)?;
        }
        Ok(())
    }

    fn tell(&self, tx: &mut Tx, restriction: &Restriction, actor: &Actor) -> Result<(), Failure> {
        let event = self.event(restriction);
        tx.set_tasks(&event.aggregate, "", restriction.tasks());
        tx.emit(Some(actor), &event)
    }

    fn event(&self, restriction: &Restriction) -> Event {
        let mut attributes = BTreeMap::from([
            ("entry_id", restriction.entry.to_string()),
            ("provider", restriction.provider.to_string()),
            ("basis", basis_name(restriction.basis).to_owned()),
            ("words_sha256", sha256(restriction.words.as_bytes())),
        ]);
        let kind = match &restriction.state {
            State::Stated => "restriction.stated",
            State::Approved { .. } => "restriction.approved",
            State::Rejected { reasons, .. } => {
                attributes.insert("reasons_sha256", sha256(reasons.as_bytes()));
                "restriction.rejected"
            }
            State::Filed { .. } => "restriction.filed",
        };
        Event {
            aggregate: format!("restriction/{}", restriction.id),
            version: restriction.version,
            kind,
            case: String::new(),
            state: restriction.state.name(),
            article: "24(二)",
            concerns: vec![restriction.provider.clone(), self.bureau.clone(), self.info_office.clone()],
            attributes,
        }
    }
}

fn basis_name(basis: Basis) -> &'static str {
    match basis {
        Basis::Law => "LAW",
        Basis::OtherRule => "OTHER_RULE",
        Basis::Explanation => "EXPLANATION",
    }
}

struct Row {
    id: Uuid,
    entry_id: Uuid,
    provider: String,
    title: String,
    basis: String,
    words: String,
    stated_by: String,
    state: String,
    reasons: String,
    decided_by: Option<String>,
    decided_at: Option<OffsetDateTime>,
    filed_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Restriction {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let impossible =
            |what: &str| Failure::internal(format!("restriction {}: {what} does not fit its state", row.id));
        let decision = row.decided_by.zip(row.decided_at).map(|(by, at)| Decision { by: Subject(by), at });
        let decision = || decision.ok_or_else(|| impossible("decision"));
        let state = match row.state.as_str() {
            "STATED" => State::Stated,
            "APPROVED" => State::Approved { approval: decision()? },
            "REJECTED" => State::Rejected { decision: decision()?, reasons: row.reasons },
            "FILED" => {
                State::Filed { approval: decision()?, at: row.filed_at.ok_or_else(|| impossible("filing"))? }
            }
            _ => return Err(impossible("state")),
        };
        let basis = match row.basis.as_str() {
            "LAW" => Basis::Law,
            "OTHER_RULE" => Basis::OtherRule,
            "EXPLANATION" => Basis::Explanation,
            _ => return Err(Failure::internal(format!("{} is no basis", row.basis))),
        };
        Ok(Self {
            id: RestrictionId(row.id),
            entry: EntryId(row.entry_id),
            provider: row.provider.parse().map_err(Failure::internal)?,
            title: row.title,
            basis,
            words: row.words,
            stated_by: Subject(row.stated_by),
            state,
            created: row.created_at,
            version: row.version,
        })
    }
}
