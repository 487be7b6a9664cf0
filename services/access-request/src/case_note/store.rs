//! Notes in PostgreSQL: added with their audit event, read by case.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::{CaseId, NoteId};
use service_kit::{Database, Event, Failure, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Added, Note, Part};
use crate::store::sha256;

#[derive(Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How many notes a case has; the case is locked, so that no other comes in between.
    pub async fn count(&self, tx: &mut Tx, case: CaseId) -> Result<i32, Failure> {
        let last = sqlx::query_scalar!(
            "SELECT coalesce(max(number), 0) AS \"last!\" FROM access_request.case_notes WHERE case_id = $1",
            case.0
        )
        .fetch_one(&mut **tx)
        .await?;
        Ok(last)
    }

    /// Notes after the one of this number, oldest first.
    pub async fn list(&self, case: CaseId, after: i32, limit: i64) -> Result<Vec<Note>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT * FROM access_request.case_notes WHERE case_id = $1 AND number > $2 ORDER BY number LIMIT $3",
            case.0,
            after,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Note::try_from).collect()
    }

    pub async fn save(&self, tx: &mut Tx, added: &Added, actor: &Actor) -> Result<(), Failure> {
        let note = added.note();
        sqlx::query!(
            "INSERT INTO access_request.case_notes (id, case_id, number, unit, part, body, written_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            note.id.0,
            note.case.0,
            note.number,
            note.unit.as_str(),
            note.part.name(),
            note.body,
            note.at,
        )
        .execute(&mut **tx)
        .await?;
        tx.emit(Some(actor), &event(added))
    }
}

/// The body stays out of the leaf: people's names stand in notes.
fn event(added: &Added) -> Event {
    let note = added.note();
    Event {
        aggregate: format!("note/{}", note.id),
        version: 1,
        kind: "note.added",
        case: note.case.to_string(),
        state: "ADDED",
        article: "26",
        concerns: added.concerns().to_vec(),
        attributes: BTreeMap::from([
            ("body_sha256", sha256(note.body.as_bytes())),
            ("case_number", added.case_number().to_owned()),
            ("number", note.number.to_string()),
            ("part", note.part.name().to_owned()),
        ]),
    }
}

struct Row {
    id: Uuid,
    case_id: Uuid,
    number: i32,
    unit: String,
    part: String,
    body: String,
    written_at: OffsetDateTime,
}

impl TryFrom<Row> for Note {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let part = match row.part.as_str() {
            "APPLICANT" => Part::Applicant,
            "PROVIDER" => Part::Provider,
            "INFO_OFFICE" => Part::InfoOffice,
            "WORKING_GROUP" => Part::WorkingGroup,
            _ => return Err(Failure::internal(format!("note {}: {} writes no notes", row.id, row.part))),
        };
        Ok(Self {
            id: NoteId(row.id),
            case: CaseId(row.case_id),
            number: row.number,
            unit: row.unit.parse().map_err(Failure::internal)?,
            part,
            body: row.body,
            at: row.written_at,
        })
    }
}
