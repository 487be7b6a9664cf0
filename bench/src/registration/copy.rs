//! The reference: binary COPY of finished records, one transaction for as many rows as a call takes.

use std::error::Error;

use govshare_proto::catalog::v1::RegisterEntriesRow;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ROWS;
use crate::durable::{Cost, Meter};

const ENTRIES: &str = "COPY catalog.entries (id, provider, source_key, state, latest, latest_state, created_at, \
    updated_at, version) FROM STDIN (FORMAT binary)";
const VERSIONS: &str = "COPY catalog.entry_versions (entry_id, number, state, title, sharing_type, content, \
    content_digest, drafted_by, created_at) FROM STDIN (FORMAT binary)";
const OUTBOX: &str = "COPY catalog.outbox (destination, payload, disclosure) FROM STDIN (FORMAT binary)";

/// What a call's rows become in each table, made beforehand.
struct Tables {
    entries: Vec<u8>,
    versions: Vec<u8>,
    outbox: Vec<u8>,
}

/// Copies one call's rows after the other's.
pub async fn run(
    database: &mut PgConnection,
    calls: Vec<Vec<RegisterEntriesRow>>,
) -> Result<Cost, Box<dyn Error>> {
    let units: Vec<(String, String)> =
        sqlx::query_as("SELECT name, unit_id FROM catalog.unit_names").fetch_all(&mut *database).await?;
    let tables: Vec<Tables> = calls.iter().map(|rows| Tables::of(rows, &units)).collect();
    let mut meter = Meter::start(database, &[]).await?;
    for tables in tables {
        let database = meter.database();
        sqlx::query("BEGIN").execute(&mut *database).await?;
        for (statement, bytes) in
            [(ENTRIES, tables.entries), (VERSIONS, tables.versions), (OUTBOX, tables.outbox)]
        {
            let mut copy = database.copy_in_raw(statement).await?;
            copy.send(bytes).await?;
            copy.finish().await?;
        }
        sqlx::query("COMMIT").execute(&mut *database).await?;
    }
    meter.stop(calls.len() * ROWS).await
}

impl Tables {
    fn of(rows: &[RegisterEntriesRow], units: &[(String, String)]) -> Self {
        // Microseconds from 2000-01-01 to a day of 2026, as PostgreSQL counts.
        let now = 820_000_000_000_000_i64.to_be_bytes();
        let one = 1_i32.to_be_bytes();
        let (mut entries, mut versions, mut outbox) = (header(), header(), header());
        for row in rows {
            let id = Uuid::now_v7();
            let unit = units.iter().find(|(name, _)| *name == row.provider_name).map_or("", |unit| &unit.1);
            let content = row.content.clone().unwrap_or_default();
            let fields: [&[u8]; 9] = [
                id.as_bytes(),
                unit.as_bytes(),
                row.source_key.as_bytes(),
                b"DRAFT",
                &one,
                b"DRAFT",
                &now,
                &now,
                &1_i64.to_be_bytes(),
            ];
            tuple(&mut entries, &fields);
            let encoded = content.encode_to_vec();
            let fields: [&[u8]; 9] = [
                id.as_bytes(),
                &one,
                b"DRAFT",
                content.title.as_bytes(),
                b"CONDITIONAL",
                &encoded,
                // As long as a digest and as random.
                &[*id.as_bytes(), *id.as_bytes()].concat(),
                b"info-office.officer",
                &now,
            ];
            tuple(&mut versions, &fields);
            tuple(&mut outbox, &[b"audit", leaf(id, unit).as_bytes(), disclosure(id).as_bytes()]);
        }
        for table in [&mut entries, &mut versions, &mut outbox] {
            table.extend((-1_i16).to_be_bytes());
        }
        Self { entries, versions, outbox }
    }
}

fn leaf(id: Uuid, unit: &str) -> String {
    let digest = format!("{}{}", id.simple(), id.simple());
    format!(
        r#"{{"aggregate":"entry/{id}","article":"16","attributes":{{"content_digest":"{digest}","provider":"{unit}","sharing_type":"CONDITIONAL","version":"1"}},"case":"","concerns":["{unit}"],"service":"catalog","state":"DRAFT","subject":"{digest}","time":"2026-01-01T00:00:00.000000Z","type":"entry.drafted","unit":"info-office","v":1,"version":1}}"#
    )
}

fn disclosure(id: Uuid) -> String {
    format!(r#"{{"salt":"{}","subject":"info-office.officer"}}"#, id.simple())
}

/// The start of PostgreSQL's binary COPY format: signature, no flags, no extension.
fn header() -> Vec<u8> {
    [&b"PGCOPY\n\xff\r\n\0"[..], &[0; 8]].concat()
}

fn tuple(table: &mut Vec<u8>, fields: &[&[u8]]) {
    let count = i16::try_from(fields.len()).expect("few columns");
    table.extend(count.to_be_bytes());
    for field in fields {
        let length = i32::try_from(field.len()).expect("short values");
        table.extend(length.to_be_bytes());
        table.extend_from_slice(field);
    }
}
