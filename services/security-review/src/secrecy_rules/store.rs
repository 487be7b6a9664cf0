//! Units' secrecy rules in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::id::UnitId;
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Tx};
use time::OffsetDateTime;

use super::{SecrecyRules, State, Transition};
use crate::store::sha256;

#[derive(Clone)]
pub struct Store {
    database: Database,
    /// Reads events of rules beside the unit.
    bureau: UnitId,
}

/// Which rules a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    pub state: Option<&'static str>,
    /// Only units after this one.
    pub after: Option<String>,
    pub limit: i64,
}

impl Store {
    pub fn new(database: Database, bureau: UnitId) -> Self {
        Self { database, bureau }
    }

    pub async fn load(&self, unit: &UnitId) -> Result<Option<SecrecyRules>, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.secrecy_rules WHERE unit = $1",
            unit.as_str()
        )
        .fetch_optional(self.database.pool())
        .await?;
        row.map(SecrecyRules::try_from).transpose()
    }

    pub async fn load_for_update(&self, tx: &mut Tx, unit: &UnitId) -> Result<Option<SecrecyRules>, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT * FROM security_review.secrecy_rules WHERE unit = $1 FOR UPDATE",
            unit.as_str()
        )
        .fetch_optional(&mut **tx)
        .await?;
        row.map(SecrecyRules::try_from).transpose()
    }

    /// Without their text.
    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<SecrecyRules>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT unit, title, '' AS \"text!\", revision, filed_by, filed_at, state, guidance, decided_at, version \
             FROM security_review.secrecy_rules \
             WHERE ($1::text IS NULL OR unit = $1) AND ($2::text IS NULL OR state = $2) \
               AND ($3::text IS NULL OR unit > $3) \
             ORDER BY unit LIMIT $4",
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.after,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(SecrecyRules::try_from).collect()
    }

    /// Writes a change and its event. Two first revisions at once: one wins, the other is told to read again.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let rules = transition.rules();
        let written = sqlx::query!(
            "INSERT INTO security_review.secrecy_rules (unit, title, text, revision, filed_by, filed_at, state, \
               guidance, decided_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (unit) DO UPDATE SET title = excluded.title, text = excluded.text, \
               revision = excluded.revision, filed_by = excluded.filed_by, filed_at = excluded.filed_at, \
               state = excluded.state, guidance = excluded.guidance, decided_at = excluded.decided_at, \
               version = excluded.version \
             WHERE secrecy_rules.version = excluded.version - 1",
            rules.unit.as_str(),
            rules.title,
            rules.text,
            rules.revision,
            rules.filed_by.as_str(),
            rules.filed,
            rules.state.name(),
            rules.state.guidance(),
            rules.state.decided(),
            rules.version,
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(super::Rejection::OtherRevision { revision: rules.revision }.into());
        }
        let event = self.event(rules);
        tx.set_tasks(&event.aggregate, "", rules.tasks());
        tx.emit(Some(actor), &event)
    }

    fn event(&self, rules: &SecrecyRules) -> Event {
        let mut attributes = BTreeMap::from([
            ("revision", rules.revision.to_string()),
            ("text_sha256", sha256(rules.text.as_bytes())),
        ]);
        let kind = match &rules.state {
            State::Filed => "secrecy-rules.filed",
            State::Guided { guidance, .. } => {
                attributes.insert("guidance_sha256", sha256(guidance.as_bytes()));
                "secrecy-rules.guided"
            }
            State::Accepted { .. } => "secrecy-rules.accepted",
        };
        Event {
            aggregate: format!("secrecy-rules/{}", rules.unit),
            version: rules.version,
            kind,
            case: String::new(),
            state: rules.state.name(),
            article: "9",
            concerns: vec![rules.unit.clone(), self.bureau.clone()],
            attributes,
        }
    }
}

struct Row {
    unit: String,
    title: String,
    text: String,
    revision: i32,
    filed_by: String,
    filed_at: OffsetDateTime,
    state: String,
    guidance: String,
    decided_at: Option<OffsetDateTime>,
    version: i64,
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for SecrecyRules {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = match (row.state.as_str(), row.decided_at) {
            ("FILED", None) => State::Filed,
            ("GUIDED", Some(at)) => State::Guided { guidance: row.guidance, at },
            ("ACCEPTED", Some(at)) => State::Accepted { at },
            _ => return Err(Failure::internal(format!("secrecy rules of {}: impossible state", row.unit))),
        };
        Ok(Self {
            unit: row.unit.parse().map_err(Failure::internal)?,
            title: row.title,
            text: row.text,
            revision: row.revision,
            filed_by: Subject(row.filed_by),
            filed: row.filed_at,
            state,
            version: row.version,
        })
    }
}
