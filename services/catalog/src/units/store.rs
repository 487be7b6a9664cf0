//! Units in PostgreSQL. Takes only transitions, and writes each with its audit event.

use std::collections::BTreeMap;

use govshare_model::Actor;
use govshare_model::id::UnitId;
use serde::{Deserialize, Serialize};
use service_kit::{Database, Event, Failure, Reason, Refusal, Tx, Violations};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::short_name::ShortName;
use super::unit::{Contact, Field, Happened, Kind, Record, Transition, Unit};
use crate::error::race;

#[derive(Clone)]
pub struct UnitStore {
    database: Database,
}

impl UnitStore {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    pub async fn load(&self, id: &UnitId) -> Result<Unit, Failure> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, display_name, kind, aliases, section, contacts AS "contacts: _", credit_code, short_name,
                 created_at, updated_at, version FROM catalog.units WHERE id = $1"#,
            id.as_str()
        )
        .fetch_optional(self.database.pool())
        .await?;
        row.ok_or_else(|| Refusal::not_found("unit", id))?.try_into()
    }

    pub async fn load_for_update(&self, tx: &mut PgConnection, id: &UnitId) -> Result<Unit, Failure> {
        // Not FOR UPDATE, which would wait for every new record that refers to the unit.
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, display_name, kind, aliases, section, contacts AS "contacts: _", credit_code, short_name,
                 created_at, updated_at, version FROM catalog.units WHERE id = $1 FOR NO KEY UPDATE"#,
            id.as_str()
        )
        .fetch_optional(tx)
        .await?;
        row.ok_or_else(|| Refusal::not_found("unit", id))?.try_into()
    }

    /// What a unit is called; its id where the register does not know it.
    pub async fn name(&self, id: &UnitId) -> Result<String, Failure> {
        let name = sqlx::query_scalar!("SELECT display_name FROM catalog.units WHERE id = $1", id.as_str())
            .fetch_optional(self.database.pool())
            .await?;
        Ok(name.unwrap_or_else(|| id.to_string()))
    }

    /// What stands before the series in numbers of a unit's documents, whether the register knows it or not.
    pub async fn document_prefix(&self, tx: &mut PgConnection, id: &UnitId) -> Result<ShortName, Failure> {
        let row =
            sqlx::query!("SELECT display_name, short_name FROM catalog.units WHERE id = $1", id.as_str())
                .fetch_optional(tx)
                .await?;
        let (name, short) = row.map(|row| (row.display_name, row.short_name)).unwrap_or_default();
        let short = short.map(|short| short.parse()).transpose().map_err(Failure::internal)?;
        Ok(short.unwrap_or_else(|| ShortName::derived(&name, id)))
    }

    /// Units by id after `after`; with `names` only those that bear one of them.
    pub async fn list(
        &self,
        names: Option<&[String]>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Unit>, Failure> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, display_name, kind, aliases, section, contacts AS "contacts: _", credit_code, short_name,
                 created_at, updated_at, version FROM catalog.units
               WHERE ($1::text[] IS NULL OR id IN (SELECT unit_id FROM catalog.unit_names WHERE name = ANY($1)))
                 AND ($2::text IS NULL OR id > $2)
               ORDER BY id LIMIT $3"#,
            names,
            after,
            limit
        )
        .fetch_all(self.database.pool())
        .await?;
        rows.into_iter().map(Unit::try_from).collect()
    }

    /// The units that bear these names.
    pub async fn resolve(
        &self,
        tx: &mut PgConnection,
        names: &[String],
    ) -> Result<BTreeMap<String, UnitId>, Failure> {
        let rows = sqlx::query!("SELECT name, unit_id FROM catalog.unit_names WHERE name = ANY($1)", names)
            .fetch_all(tx)
            .await?;
        rows.into_iter().map(|row| Ok((row.name, row.unit_id.parse().map_err(Failure::internal)?))).collect()
    }

    /// Which of these ids are not registered.
    pub async fn unknown(&self, tx: &mut PgConnection, ids: &[String]) -> Result<Vec<String>, Failure> {
        let unknown = sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM unnest($1::text[]) AS wanted (id)
               WHERE NOT EXISTS (SELECT FROM catalog.units WHERE units.id = wanted.id)"#,
            ids
        );
        Ok(unknown.fetch_all(tx).await?)
    }

    /// Writes a change and its event.
    pub async fn save(&self, tx: &mut Tx, transition: &Transition, actor: &Actor) -> Result<(), Failure> {
        let Unit { id, record, created, updated, version } = transition.unit();
        self.check_unique(tx, transition).await?;
        let renamed = matches!(transition.happened(), Happened::Updated(fields) if fields.contains(&Field::DisplayName));
        sqlx::query!(
            "INSERT INTO catalog.units (id, display_name, kind, aliases, section, contacts, credit_code, \
               created_at, updated_at, version, short_name) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind, \
               aliases = excluded.aliases, section = excluded.section, contacts = excluded.contacts, \
               credit_code = excluded.credit_code, short_name = excluded.short_name, \
               updated_at = excluded.updated_at, version = excluded.version, \
               renamed_xid = CASE WHEN $12 THEN pg_current_xact_id() ELSE units.renamed_xid END",
            id.as_str(),
            record.name,
            record.kind.map(kind_name),
            &record.aliases,
            record.section,
            Json(record.contacts.iter().map(ContactRow::from).collect::<Vec<_>>()) as _,
            record.credit_code.as_ref().map(|code| code.as_str()),
            created,
            updated,
            version,
            record.short_name.as_ref().map(|name| name.as_str()),
            renamed,
        )
        .execute(&mut **tx)
        .await
        .map_err(race)?;
        let names: Vec<String> = record.names().map(str::to_owned).collect();
        sqlx::query!(
            "DELETE FROM catalog.unit_names WHERE unit_id = $1 AND name <> ALL($2)",
            id.as_str(),
            &names
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO catalog.unit_names (name, unit_id) SELECT name, $1 FROM unnest($2::text[]) AS new (name) \
             EXCEPT SELECT name, unit_id FROM catalog.unit_names WHERE unit_id = $1 ORDER BY 1",
            id.as_str(),
            &names
        )
        .execute(&mut **tx)
        .await
        .map_err(race)?;
        tx.emit(Some(actor), &event(transition))
    }

    /// Writes new provisional units and their events; gives those that were not there yet.
    pub async fn save_provisional(
        &self,
        tx: &mut Tx,
        transitions: &[Transition],
        actor: &Actor,
    ) -> Result<Vec<UnitId>, Failure> {
        let ids: Vec<_> = transitions.iter().map(|new| new.unit().id.as_str()).collect();
        let names: Vec<_> = transitions.iter().map(|new| new.unit().record.name.as_str()).collect();
        // In one order for all, so that two imports of the same catalogue wait for each other once.
        let inserted = sqlx::query_scalar!(
            "INSERT INTO catalog.units (id, display_name, aliases, section, contacts, created_at, updated_at, version) \
             SELECT id, name, '{}', '', '[]', $3, $3, 1 FROM unnest($1::text[], $2::text[]) AS new (id, name) \
             ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id",
            &ids as &[&str],
            &names as &[&str],
            transitions.first().map(|new| new.unit().created)
        )
        .fetch_all(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO catalog.unit_names (name, unit_id) \
             SELECT display_name, id FROM catalog.units WHERE id = ANY($1) ORDER BY display_name",
            &inserted
        )
        .execute(&mut **tx)
        .await
        .map_err(race)?;
        for new in transitions.iter().filter(|new| inserted.iter().any(|id| id == new.unit().id.as_str())) {
            tx.emit(Some(actor), &event(new))?;
        }
        inserted.iter().map(|id| id.parse().map_err(Failure::internal)).collect()
    }

    /// Names every id, name and code of a record that is another unit's.
    async fn check_unique(&self, tx: &mut PgConnection, transition: &Transition) -> Result<(), Failure> {
        let Unit { id, record, .. } = transition.unit();
        if *transition.happened() == Happened::Created
            && self.unknown(tx, &[id.to_string()]).await?.is_empty()
        {
            return Err(Refusal::new(
                Reason::AlreadyExists,
                format!("there is a unit {id} already"),
                format!("单位 {id} 已存在"),
            )
            .resource("unit", id)
            .article("13")
            .into());
        }
        let mut violations = Violations::new();
        let names: Vec<String> = record.names().map(str::to_owned).collect();
        for (name, owner) in self.resolve(tx, &names).await?.into_iter().filter(|(_, owner)| owner != id) {
            let field = if name == record.name { "unit.display_name" } else { "unit.aliases" };
            violations.add(field, format!("{name:?} is a name of unit {owner} / 名称已被其他单位使用"));
        }
        if let Some(code) = &record.credit_code {
            let owner = sqlx::query_scalar!(
                "SELECT id FROM catalog.units WHERE credit_code = $1 AND id <> $2",
                code.as_str(),
                id.as_str()
            )
            .fetch_optional(tx)
            .await?;
            if let Some(owner) = owner {
                violations.add("unit.credit_code", format!("is that of unit {owner} / 代码已被其他单位使用"));
            }
        }
        Ok(violations.finish()?)
    }
}

fn event(transition: &Transition) -> Event {
    let unit = transition.unit();
    let mut attributes = BTreeMap::from([("display_name", unit.record.name.clone())]);
    let (kind, article) = match transition.happened() {
        Happened::Created => ("unit.created", "2"),
        Happened::Updated(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| field.name()).collect();
            attributes.insert("fields", fields.join(","));
            ("unit.updated", "13")
        }
    };
    Event {
        aggregate: format!("unit/{}", unit.id),
        version: unit.version,
        kind,
        case: String::new(),
        state: unit.standing(),
        article,
        concerns: vec![unit.id.clone()],
        attributes,
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::AdministrativeOrgan => "ADMINISTRATIVE_ORGAN",
        Kind::VerticalOrgan => "VERTICAL_ORGAN",
        Kind::DispatchedOrgan => "DISPATCHED_ORGAN",
        Kind::AuthorizedOrganization => "AUTHORIZED_ORGANIZATION",
        Kind::EntrustedOrganization => "ENTRUSTED_ORGANIZATION",
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct ContactRow {
    name: String,
    duty: String,
}

impl From<&Contact> for ContactRow {
    fn from(contact: &Contact) -> Self {
        Self { name: contact.name.clone(), duty: contact.duty.clone() }
    }
}

struct Row {
    id: String,
    display_name: String,
    kind: Option<String>,
    aliases: Vec<String>,
    section: String,
    contacts: Json<Vec<ContactRow>>,
    credit_code: Option<String>,
    short_name: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    version: i64,
}

impl TryFrom<Row> for Unit {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let kind = row.kind.as_deref().map(|kind| match kind {
            "ADMINISTRATIVE_ORGAN" => Ok(Kind::AdministrativeOrgan),
            "VERTICAL_ORGAN" => Ok(Kind::VerticalOrgan),
            "DISPATCHED_ORGAN" => Ok(Kind::DispatchedOrgan),
            "AUTHORIZED_ORGANIZATION" => Ok(Kind::AuthorizedOrganization),
            "ENTRUSTED_ORGANIZATION" => Ok(Kind::EntrustedOrganization),
            other => Err(Failure::internal(format!("unit {}: no kind is {other}", row.id))),
        });
        let contacts = row.contacts.0.into_iter();
        Ok(Self {
            record: Record {
                name: row.display_name,
                kind: kind.transpose()?,
                aliases: row.aliases,
                section: row.section,
                contacts: contacts.map(|row| Contact { name: row.name, duty: row.duty }).collect(),
                credit_code: row
                    .credit_code
                    .map(|code| code.parse())
                    .transpose()
                    .map_err(Failure::internal)?,
                short_name: row.short_name.map(|name| name.parse()).transpose().map_err(Failure::internal)?,
            },
            id: row.id.parse().map_err(Failure::internal)?,
            created: row.created_at,
            updated: row.updated_at,
            version: row.version,
        })
    }
}
