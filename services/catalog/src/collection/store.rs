//! Collection plans in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest;
use govshare_model::id::{EntryId, UnitId};
use govshare_model::{Actor, Subject};
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::check::Published;
use super::plan::{Content, Finding, Happened, Item, Plan, State, Submission, Transition};
use crate::error::lost_race;

#[derive(Clone)]
pub struct PlanStore {
    database: Database,
    info_office: UnitId,
    statistics_bureau: UnitId,
}

/// Which plans a list wants; the caller's visibility is part of it.
pub struct Filter<'f> {
    pub unit: Option<&'f UnitId>,
    pub state: Option<&'static str>,
    /// The unit whose own plans are visible, submitted or not.
    pub viewer: &'f UnitId,
    /// Whether everybody's submitted ones are visible.
    pub reads_all: bool,
    /// Newest first: only plans with a smaller id.
    pub before: Option<Uuid>,
    pub limit: i64,
}

impl PlanStore {
    pub fn new(database: Database, info_office: UnitId, statistics_bureau: UnitId) -> Self {
        Self { database, info_office, statistics_bureau }
    }

    pub async fn load(&self, id: Uuid) -> Result<Plan, Failure> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, unit_id, title, items AS "items: Json<Vec<Item>>", written_by, state, submitted_at,
                 submitted_by, findings AS "findings: Json<Vec<Vec<Finding>>>", policy_pack, policy_pack_version,
                 survey_approved_at, state_reason, survey_returned, created_at, updated_at, version
               FROM catalog.collection_plans WHERE id = $1"#,
            id
        )
        .fetch_optional(self.database.pool())
        .await?;
        row.ok_or_else(|| Refusal::not_found("collection-plan", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: Uuid) -> Result<Plan, Failure> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, unit_id, title, items AS "items: Json<Vec<Item>>", written_by, state, submitted_at,
                 submitted_by, findings AS "findings: Json<Vec<Vec<Finding>>>", policy_pack, policy_pack_version,
                 survey_approved_at, state_reason, survey_returned, created_at, updated_at, version
               FROM catalog.collection_plans WHERE id = $1 FOR UPDATE"#,
            id
        )
        .fetch_optional(tx)
        .await?;
        row.ok_or_else(|| Refusal::not_found("collection-plan", id))?.try_into()
    }

    pub async fn list(&self, filter: Filter<'_>) -> Result<Vec<Plan>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, unit_id, title, items AS "items: Json<Vec<Item>>", written_by, state, submitted_at,
                 submitted_by, findings AS "findings: Json<Vec<Vec<Finding>>>", policy_pack, policy_pack_version,
                 survey_approved_at, state_reason, survey_returned, created_at, updated_at, version
               FROM catalog.collection_plans
               WHERE ($1::text IS NULL OR unit_id = $1) AND ($2::text IS NULL OR state = $2)
                 AND (unit_id = $3 OR ($4 AND submitted_at IS NOT NULL)) AND ($5::uuid IS NULL OR id < $5)
               ORDER BY id DESC LIMIT $6"#,
            filter.unit.map(UnitId::as_str),
            filter.state,
            filter.viewer.as_str(),
            filter.reads_all,
            filter.before,
            filter.limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Plan::try_from).collect()
    }

    /// Those of the entries that are published now.
    pub async fn published(&self, ids: &[Uuid]) -> Result<HashMap<EntryId, Published>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = sqlx::query!(
            r#"SELECT e.id, e.provider, u.display_name, v.title, v.sharing_type AS "sharing_type!"
               FROM catalog.entries e JOIN catalog.units u ON u.id = e.provider
               JOIN catalog.entry_versions v ON v.entry_id = e.id AND v.number = e.published
               WHERE e.id = ANY($1) AND e.state = 'PUBLISHED' AND v.sharing_type IS NOT NULL"#,
            ids
        )
        .fetch_all(self.database.pool())
        .await?;
        let published = rows.into_iter().map(|row| {
            let entry = Published {
                provider: row.provider.parse().map_err(Failure::internal)?,
                provider_name: row.display_name,
                title: row.title,
                sharing: row.sharing_type,
            };
            Ok((EntryId(row.id), entry))
        });
        published.collect()
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let plan = transition.plan();
        let submission = plan.state.submission();
        let written_by: Vec<_> = plan.written_by.iter().map(|subject| subject.as_str().to_owned()).collect();
        let pack_version = submission.map(|submission| i64::from(submission.pack_version));
        let written = sqlx::query!(
            "INSERT INTO catalog.collection_plans AS old (id, unit_id, title, items, written_by, state, \
               submitted_at, submitted_by, findings, policy_pack, policy_pack_version, survey_approved_at, \
               state_reason, survey_returned, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, items = excluded.items, \
               written_by = excluded.written_by, state = excluded.state, submitted_at = excluded.submitted_at, \
               submitted_by = excluded.submitted_by, findings = excluded.findings, \
               policy_pack = excluded.policy_pack, policy_pack_version = excluded.policy_pack_version, \
               survey_approved_at = excluded.survey_approved_at, state_reason = excluded.state_reason, \
               survey_returned = excluded.survey_returned, updated_at = excluded.updated_at, version = excluded.version \
             WHERE old.version = excluded.version - 1",
            plan.id,
            plan.unit.as_str(),
            plan.content.title,
            Json(&plan.content.items) as _,
            &written_by,
            plan.state.name(),
            submission.map(|submission| submission.at),
            submission.map(|submission| submission.by.as_str()),
            submission.map(|submission| Json(&submission.findings)) as _,
            submission.map(|submission| submission.pack.as_str()),
            pack_version,
            plan.state.survey_approved(),
            plan.state.reason(),
            plan.survey_returned,
            plan.created,
            plan.updated,
            plan.version
        )
        .execute(&mut **tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(lost_race().into());
        }
        let tasks = plan.tasks(&self.statistics_bureau);
        tx.set_tasks(&format!("collection-plan/{}", plan.id), "", tasks);
        tx.emit(Some(actor), &self.event(transition))
    }

    fn event(&self, transition: &Transition) -> Event {
        let plan = transition.plan();
        let mut concerns = vec![plan.unit.clone()];
        let mut attributes = BTreeMap::from([("items", plan.content.items.len().to_string())]);
        if let Some(submission) = plan.state.submission() {
            concerns.push(self.info_office.clone());
            if plan.content.items.iter().any(Item::needs_approval) {
                concerns.push(self.statistics_bureau.clone());
            }
            let duplicates =
                submission.findings.iter().filter(|found| found.iter().any(|finding| finding.duplicate));
            attributes.insert("duplicates", duplicates.count().to_string());
            attributes.insert("policy_pack", format!("{}/{}", submission.pack, submission.pack_version));
        }
        if let Some(reason) = plan.state.reason() {
            let words = digest::digest(&digest::SHA256, reason.as_bytes());
            attributes.insert("reason_sha256", hex::encode(words));
        }
        let (kind, article) = match transition.happened() {
            Happened::Drafted => ("collection-plan.drafted", "17"),
            Happened::Revised => ("collection-plan.revised", "17"),
            Happened::Submitted => ("collection-plan.submitted", "18"),
            Happened::SurveyApproved => ("collection-plan.survey-approved", "10"),
            Happened::SurveyReturned => ("collection-plan.survey-returned", "10"),
            Happened::Withdrawn => ("collection-plan.withdrawn", "17"),
        };
        Event {
            aggregate: format!("collection-plan/{}", plan.id),
            version: plan.version,
            kind,
            case: String::new(),
            state: plan.state.name(),
            article,
            concerns,
            attributes,
        }
    }
}

struct Row {
    id: Uuid,
    unit_id: String,
    title: String,
    items: Json<Vec<Item>>,
    written_by: Vec<String>,
    state: String,
    submitted_at: Option<OffsetDateTime>,
    submitted_by: Option<String>,
    findings: Option<Json<Vec<Vec<Finding>>>>,
    policy_pack: Option<String>,
    policy_pack_version: Option<i64>,
    survey_approved_at: Option<OffsetDateTime>,
    state_reason: Option<String>,
    survey_returned: bool,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

impl Row {
    fn submission(&self) -> Option<Submission> {
        Some(Submission {
            at: self.submitted_at?,
            by: Subject(self.submitted_by.clone()?),
            findings: self.findings.as_ref()?.0.clone(),
            pack: self.policy_pack.clone()?,
            pack_version: u32::try_from(self.policy_pack_version?).ok()?,
        })
    }
}

/// A row that no state allows is a fault of ours and is named as such.
impl TryFrom<Row> for Plan {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = match (row.state.as_str(), row.submission(), row.state_reason.clone()) {
            ("DRAFT", None, None) => State::Draft,
            ("AWAITING_SURVEY_APPROVAL", Some(submission), None) => {
                State::AwaitingSurveyApproval { submission }
            }
            ("RETURNED", Some(submission), Some(reasons)) => State::Returned { submission, reasons },
            ("FILED", Some(submission), None) => {
                State::Filed { submission, approved: row.survey_approved_at }
            }
            ("WITHDRAWN", submission, Some(reason)) => State::Withdrawn { submission, reason },
            _ => {
                let problem = format!("collection plan {} does not fit its state", row.id);
                return Err(Failure::internal(problem));
            }
        };
        Ok(Self {
            id: row.id,
            unit: row.unit_id.parse().map_err(Failure::internal)?,
            content: Content { title: row.title, items: row.items.0 },
            written_by: row.written_by.into_iter().map(Subject).collect(),
            state,
            survey_returned: row.survey_returned,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
