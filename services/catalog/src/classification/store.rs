//! The classification in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::{BTreeMap, BTreeSet};

use govshare_model::Actor;
use service_kit::{Database, Event, Failure, Refusal, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::code::{ClassificationCode, ResourceCode};
use super::node::{Happened, Node, State, Transition, Wanted};
use crate::error::race;

#[derive(Clone)]
pub struct ClassificationStore {
    database: Database,
}

impl ClassificationStore {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, code: &ClassificationCode) -> Result<Node, Failure> {
        let found = self.find(std::slice::from_ref(code)).await?.pop();
        Ok(found.ok_or_else(|| Refusal::not_found("classification-node", code))?)
    }

    /// Those of the nodes that are registered, by code.
    pub async fn find(&self, codes: &[ClassificationCode]) -> Result<Vec<Node>, Failure> {
        let codes: Vec<_> = codes.iter().map(|code| code.as_str().to_owned()).collect();
        let rows = sqlx::query_as!(
            Row,
            "SELECT code, name, state, last_sequence, created_at, updated_at, version \
             FROM catalog.classification_nodes WHERE code = ANY($1) ORDER BY code",
            &codes
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Node::try_from).collect()
    }

    /// Nodes whose code begins with `prefix`, by code.
    pub async fn list(&self, prefix: &str, after: Option<&str>, limit: i64) -> Result<Vec<Node>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT code, name, state, last_sequence, created_at, updated_at, version \
             FROM catalog.classification_nodes \
             WHERE starts_with(code, $1) AND ($2::text IS NULL OR code > $2) ORDER BY code LIMIT $3",
            prefix,
            after,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Node::try_from).collect()
    }

    /// Those of the wanted nodes and of the nodes above them that are registered, locked.
    pub async fn load_with_parents(
        &self,
        tx: &mut PgConnection,
        wanted: &[Wanted],
    ) -> Result<BTreeMap<ClassificationCode, Node>, Failure> {
        let codes = wanted.iter().flat_map(|node| [Some(node.code.clone()), node.code.parent()]).flatten();
        let codes: BTreeSet<_> = codes.collect();
        let codes: Vec<_> = codes.iter().map(|code| code.as_str().to_owned()).collect();
        let rows = sqlx::query_as!(
            Row,
            "SELECT code, name, state, last_sequence, created_at, updated_at, version \
             FROM catalog.classification_nodes WHERE code = ANY($1) ORDER BY code FOR UPDATE",
            &codes
        )
        .fetch_all(tx)
        .await?;
        let nodes = rows.into_iter().map(Node::try_from);
        nodes.map(|node| node.map(|node| (node.code.clone(), node))).collect()
    }

    pub async fn load_for_update(
        &self,
        tx: &mut PgConnection,
        code: &ClassificationCode,
    ) -> Result<Node, Failure> {
        let row = sqlx::query_as!(
            Row,
            "SELECT code, name, state, last_sequence, created_at, updated_at, version \
             FROM catalog.classification_nodes WHERE code = $1 FOR UPDATE",
            code.as_str()
        )
        .fetch_optional(tx)
        .await?;
        row.ok_or_else(|| Refusal::not_found("classification-node", code))?.try_into()
    }

    /// Whether a node below this one is in use.
    pub async fn has_children(
        &self,
        tx: &mut PgConnection,
        code: &ClassificationCode,
    ) -> Result<bool, Failure> {
        let found = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM catalog.classification_nodes WHERE parent = $1 AND state = 'IN_USE')
               AS "found!""#,
            code.as_str()
        );
        Ok(found.fetch_one(tx).await?)
    }

    /// The next code below a node; `None` if nothing is coded below it, or it is not there or out of use.
    pub async fn next_code(
        &self,
        tx: &mut PgConnection,
        node: &ClassificationCode,
    ) -> Result<Option<ResourceCode>, Failure> {
        if !node.is_codable() {
            return Ok(None);
        }
        let sequence = sqlx::query_scalar!(
            "UPDATE catalog.classification_nodes SET last_sequence = last_sequence + 1 \
             WHERE code = $1 AND state = 'IN_USE' RETURNING last_sequence",
            node.as_str()
        )
        .fetch_optional(tx)
        .await?;
        let code = sequence.map(|sequence| ResourceCode::new(node.clone(), sequence));
        code.transpose().map_err(Failure::internal)
    }

    /// Writes changes and their events.
    pub async fn save(&self, tx: &mut Tx, changes: &[Transition], actor: &Actor) -> Result<(), Failure> {
        let Some(first) = changes.first() else { return Ok(()) };
        let nodes: Vec<_> = changes.iter().map(Transition::node).collect();
        let codes: Vec<_> = nodes.iter().map(|node| node.code.to_string()).collect();
        let parents: Vec<_> =
            nodes.iter().map(|node| node.code.parent().map(|code| code.to_string())).collect();
        let names: Vec<_> = nodes.iter().map(|node| node.name.clone()).collect();
        let states: Vec<_> = nodes.iter().map(|node| node.state.name()).collect();
        let versions: Vec<_> = nodes.iter().map(|node| node.version).collect();
        sqlx::query!(
            "INSERT INTO catalog.classification_nodes AS old \
               (code, parent, name, state, last_sequence, created_at, updated_at, version) \
             SELECT code, parent, name, state, 0, $6, $6, version \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) \
               AS new (code, parent, name, state, version) \
             ON CONFLICT (code) DO UPDATE SET name = excluded.name, state = excluded.state, \
               updated_at = excluded.updated_at, version = excluded.version \
             WHERE old.version = excluded.version - 1",
            &codes,
            &parents as &[Option<String>],
            &names,
            &states as &[&str],
            &versions,
            first.node().updated
        )
        .execute(&mut **tx)
        .await
        .map_err(race)
        .and_then(|written| match written.rows_affected() == changes.len() as u64 {
            true => Ok(()),
            false => Err(crate::error::lost_race().into()),
        })?;
        for change in changes {
            tx.emit(Some(actor), &event(change, actor))?;
        }
        Ok(())
    }
}

fn event(change: &Transition, actor: &Actor) -> Event {
    let node = change.node();
    Event {
        aggregate: format!("classification-node/{}", node.code),
        version: node.version,
        kind: match change.happened() {
            Happened::Registered => "classification-node.registered",
            Happened::Renamed => "classification-node.renamed",
            Happened::Retired => "classification-node.retired",
        },
        case: String::new(),
        state: node.state.name(),
        article: "15",
        concerns: vec![actor.unit.clone()],
        attributes: BTreeMap::from([("display_name", node.name.clone())]),
    }
}

struct Row {
    code: String,
    name: String,
    state: String,
    last_sequence: i64,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

impl TryFrom<Row> for Node {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let state = match row.state.as_str() {
            "IN_USE" => State::InUse,
            "RETIRED" => State::Retired,
            other => return Err(Failure::internal(format!("node {}: no state is {other}", row.code))),
        };
        Ok(Self {
            code: row.code.parse().map_err(Failure::internal)?,
            name: row.name,
            state,
            last_sequence: row.last_sequence,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
