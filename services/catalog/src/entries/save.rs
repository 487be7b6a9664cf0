//! Writes transitions of entries with their audit events, any number at once in a handful of statements.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use govshare_model::Actor;
use govshare_model::calendar::shanghai_date;
use govshare_proto::catalog::v1 as pb;
use prost::Message;
use service_kit::{Event, Failure, Tx};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::content::{Content, STATE_SECRET, Sharing};
use super::entry::{Entry, Happened, Transition};
use super::store::EntryStore;
use crate::error::race;
use crate::update_calendar;

impl EntryStore {
    /// Writes changes, at most one of each entry. `actor` is `None` when another service tells of them.
    pub async fn save(
        &self,
        tx: &mut Tx,
        transitions: &[Transition],
        actor: Option<&Actor>,
    ) -> Result<(), Failure> {
        let mut drafted = Vec::new();
        let mut changed = Vec::new();
        let mut contents = Vec::new();
        let mut moved = Vec::new();
        for transition in transitions {
            let entry = transition.entry();
            match transition.happened() {
                Happened::Drafted(content) => {
                    drafted.push(entry);
                    contents.push((entry, content));
                }
                Happened::Revised(content) => {
                    changed.push(transition);
                    contents.push((entry, content));
                }
                Happened::ReviewBegun
                | Happened::Registered
                | Happened::ReviewRejected
                | Happened::FoundStateSecret
                | Happened::Approved
                | Happened::Returned(_)
                | Happened::Published => {
                    changed.push(transition);
                    moved.push(transition);
                }
                Happened::Suspended | Happened::Resumed | Happened::Retired | Happened::Coded => {
                    changed.push(transition);
                }
            }
        }
        insert_entries(tx, &drafted).await?;
        supersede_versions(tx, &changed).await?;
        insert_versions(tx, &contents).await?;
        move_versions(tx, &moved).await?;
        let secret = transitions.iter().filter(|change| *change.happened() == Happened::FoundStateSecret);
        erase_unpublished(tx, &secret.map(Transition::entry).collect::<Vec<_>>()).await?;
        update_entries(tx, &changed).await?;
        let published = transitions.iter().filter(|change| *change.happened() == Happened::Published);
        let published: Vec<_> = published.map(|change| change.entry().id).collect();
        if let Some(first) = transitions.first() {
            update_calendar::follow(tx, &published, shanghai_date(first.entry().updated)).await?;
        }
        let calendar = self.database.calendar()?;
        for transition in transitions {
            let entry = transition.entry();
            if *transition.happened() == Happened::Retired {
                update_calendar::forget(tx, entry.id);
            }
            if transition.concerns_tasks() {
                let tasks = entry.tasks(self.policy.today().ok(), &calendar);
                tx.set_tasks(&format!("entry/{}", entry.id), "", tasks);
            }
            tx.emit(actor, &event(transition))?;
        }
        Ok(())
    }
}

async fn insert_entries(tx: &mut Tx, entries: &[&Entry]) -> Result<(), Failure> {
    let Some(first) = entries.first() else { return Ok(()) };
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let providers: Vec<_> = entries.iter().map(|entry| entry.provider.as_str()).collect();
    let keys: Vec<_> = entries.iter().map(|entry| entry.source_key.as_deref()).collect();
    sqlx::query!(
        "INSERT INTO catalog.entries (id, provider, source_key, state, latest, latest_state, created_at, \
           updated_at, version) \
         SELECT id, provider, source_key, 'DRAFT', 1, 'DRAFT', $4, $4, 1 \
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, provider, source_key)",
        &ids,
        &providers as &[&str],
        &keys as &[Option<&str>],
        first.created
    )
    .execute(&mut **tx)
    .await
    .map_err(race)?;
    Ok(())
}

async fn supersede_versions(tx: &mut Tx, changed: &[&Transition]) -> Result<(), Failure> {
    let superseded = changed.iter().filter_map(|change| Some((change.entry().id.0, change.superseded()?)));
    let (ids, numbers): (Vec<Uuid>, Vec<i32>) = superseded.unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE catalog.entry_versions v SET state = 'SUPERSEDED' \
         FROM unnest($1::uuid[], $2::int[]) AS former (entry_id, number) \
         WHERE v.entry_id = former.entry_id AND v.number = former.number",
        &ids,
        &numbers
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_versions(tx: &mut Tx, contents: &[(&Entry, &Content)]) -> Result<(), Failure> {
    let Some((first, _)) = contents.first() else { return Ok(()) };
    let ids: Vec<_> = contents.iter().map(|(entry, _)| entry.id.0).collect();
    let numbers: Vec<_> = contents.iter().map(|(entry, _)| entry.latest.number).collect();
    let titles: Vec<_> = contents.iter().map(|(_, content)| content.title()).collect();
    let sharings: Vec<_> = contents.iter().map(|(_, content)| content.sharing().map(Sharing::name)).collect();
    let encoded: Vec<_> = contents.iter().map(|(_, content)| content.encoded()).collect();
    let digests: Vec<_> = contents.iter().map(|(_, content)| content.digest().0.to_vec()).collect();
    let drafters: Vec<_> = contents.iter().map(|(entry, _)| entry.latest.drafted_by.as_str()).collect();
    let also: Vec<_> = contents.iter().map(|(entry, _)| Json(&entry.latest.also_written_by)).collect();
    sqlx::query!(
        "INSERT INTO catalog.entry_versions (entry_id, number, state, title, sharing_type, content, \
           content_digest, drafted_by, also_written_by, created_at) \
         SELECT entry_id, number, 'DRAFT', title, sharing_type, content, content_digest, drafted_by, \
           also_written_by, $9 \
         FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[], \
           $8::jsonb[]) \
           AS new (entry_id, number, title, sharing_type, content, content_digest, drafted_by, also_written_by)",
        &ids,
        &numbers,
        &titles as &[&str],
        &sharings as &[Option<&str>],
        &encoded as &[&[u8]],
        &digests,
        &drafters as &[&str],
        &also as _,
        first.updated
    )
    .execute(&mut **tx)
    .await
    .map_err(race)?;
    Ok(())
}

/// The latest versions of these entries are in another state now.
async fn move_versions(tx: &mut Tx, moved: &[&Transition]) -> Result<(), Failure> {
    if moved.is_empty() {
        return Ok(());
    }
    let entries: Vec<_> = moved.iter().map(|change| change.entry()).collect();
    let returned = moved.iter().map(|change| match change.happened() {
        Happened::Returned(reasons) => Some(reasons.as_str()),
        _ => None,
    });
    let returned: Vec<_> = returned.collect();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let numbers: Vec<_> = entries.iter().map(|entry| entry.latest.number).collect();
    let states: Vec<_> = entries.iter().map(|entry| entry.latest.state.name()).collect();
    let reviews: Vec<_> = entries.iter().map(|entry| entry.latest.state.review().map(|id| id.0)).collect();
    let times: Vec<_> = entries.iter().map(|entry| entry.latest.state.published()).collect();
    sqlx::query!(
        "UPDATE catalog.entry_versions v \
         SET state = moved.state, review_id = moved.review_id, published_at = moved.published_at, \
           return_reasons = moved.return_reasons \
         FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[]) \
           AS moved (entry_id, number, state, review_id, published_at, return_reasons) \
         WHERE v.entry_id = moved.entry_id AND v.number = moved.number",
        &ids,
        &numbers,
        &states as &[&str],
        &reviews as &[Option<Uuid>],
        &times as &[Option<OffsetDateTime>],
        &returned as &[Option<&str>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Erases what these entries say beyond their last published versions: the version that was found to be a state secret,
/// and the drafts that it goes on from, also in the replies kept for repeats. Digests stay.
async fn erase_unpublished(tx: &mut Tx, entries: &[&Entry]) -> Result<(), Failure> {
    let Some(first) = entries.first() else { return Ok(()) };
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let erased = pb::EntryContent { title: STATE_SECRET.to_owned(), ..Default::default() };
    let former = sqlx::query!(
        "UPDATE catalog.entry_versions v SET content = $2, title = $3, erased_at = $4 \
         FROM catalog.entry_versions former \
         WHERE former.entry_id = v.entry_id AND former.number = v.number \
           AND v.entry_id = ANY($1) AND v.published_at IS NULL AND v.number > COALESCE(( \
           SELECT max(p.number) FROM catalog.entry_versions p \
           WHERE p.entry_id = v.entry_id AND p.published_at IS NOT NULL), 0) \
         RETURNING v.entry_id, former.title",
        &ids,
        erased.encode_to_vec(),
        STATE_SECRET,
        first.updated
    )
    .fetch_all(&mut **tx)
    .await?;
    for version in former {
        tx.empty_replies(&version.entry_id.to_string(), &version.title).await?;
    }
    Ok(())
}

async fn update_entries(tx: &mut Tx, changed: &[&Transition]) -> Result<(), Failure> {
    let entries: Vec<_> = changed.iter().map(|change| change.entry()).collect();
    let Some(first) = entries.first() else { return Ok(()) };
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let states: Vec<_> = entries.iter().map(|entry| entry.state.name()).collect();
    let reasons: Vec<_> = entries.iter().map(|entry| entry.state.reason()).collect();
    let latest: Vec<_> = entries.iter().map(|entry| entry.latest.number).collect();
    let latest_states: Vec<_> = entries.iter().map(|entry| entry.latest.state.name()).collect();
    let published: Vec<_> = entries.iter().map(|entry| entry.state.published()).collect();
    let versions: Vec<_> = entries.iter().map(|entry| entry.version).collect();
    let since: Vec<_> = entries.iter().map(|entry| entry.state.since()).collect();
    let codes: Vec<_> = entries.iter().map(|entry| entry.code.as_ref().map(ToString::to_string)).collect();
    let searched: Vec<_> = changed.iter().map(|change| change.concerns_search()).collect();
    let updated = sqlx::query!(
        "UPDATE catalog.entries e SET state = new.state, state_reason = new.reason, latest = new.latest, \
           latest_state = new.latest_state, published = new.published, updated_at = $9, version = new.version, \
           state_since = new.since, resource_code = new.code, \
           change_xid = CASE WHEN new.searched THEN pg_current_xact_id() ELSE e.change_xid END \
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::int[], $7::bigint[], \
           $8::bool[], $10::timestamptz[], $11::text[]) \
           AS new (id, state, reason, latest, latest_state, published, version, searched, since, code) \
         WHERE e.id = new.id AND e.version = new.version - 1",
        &ids,
        &states as &[&str],
        &reasons as &[Option<&str>],
        &latest,
        &latest_states as &[&str],
        &published as &[Option<i32>],
        &versions,
        &searched,
        first.updated,
        &since as &[Option<OffsetDateTime>],
        &codes as &[Option<String>]
    )
    .execute(&mut **tx)
    .await?;
    if updated.rows_affected() == entries.len() as u64 {
        Ok(())
    } else {
        Err(Failure::internal("an entry changed although it was locked"))
    }
}

fn event(transition: &Transition) -> Event {
    let entry = transition.entry();
    let (kind, article) = match transition.happened() {
        Happened::Drafted(_) => ("entry.drafted", "16"),
        Happened::Revised(_) => ("entry.revised", "16"),
        Happened::ReviewBegun => ("entry.review-begun", "16"),
        Happened::Registered => ("entry.registered", "16"),
        Happened::ReviewRejected => ("entry.review-rejected", "16"),
        Happened::FoundStateSecret => ("entry.erased-as-state-secret", "31"),
        Happened::Approved => ("entry.approved", "16"),
        Happened::Returned(_) => ("entry.returned", "16"),
        Happened::Published => match entry.latest.sharing {
            Some(Sharing::Unconditional) => ("entry.published", "24(一)"),
            Some(Sharing::Conditional) => ("entry.published", "24(二)"),
            Some(Sharing::Withheld) | None => ("entry.published", "16"),
        },
        Happened::Suspended => ("entry.suspended", "16"),
        Happened::Resumed => ("entry.resumed", "16"),
        Happened::Retired => ("entry.retired", "16"),
        Happened::Coded => ("entry.coded", "15"),
    };
    let mut attributes = BTreeMap::from([
        ("provider", entry.provider.to_string()),
        ("version", entry.latest.number.to_string()),
        ("content_digest", entry.latest.digest.to_string()),
    ]);
    if let Some(sharing) = entry.latest.sharing {
        attributes.insert("sharing_type", sharing.name().to_owned());
    }
    if let Some(review) = entry.latest.state.review() {
        attributes.insert("review_id", review.to_string());
    }
    if let Some(reason) = entry.state.reason() {
        // In people's own words, so only provable, not readable, in the audit.
        attributes.insert("reason_sha256", hex::encode(digest::digest(&digest::SHA256, reason.as_bytes())));
    }
    if let Happened::Returned(reasons) = transition.happened() {
        let words = digest::digest(&digest::SHA256, reasons.as_bytes());
        attributes.insert("reasons_sha256", hex::encode(words));
    }
    if let Some(code) = &entry.code {
        attributes.insert("resource_code", code.to_string());
    }
    if let Some(published) = entry.state.published() {
        attributes.insert("published_version", published.to_string());
    }
    Event {
        aggregate: format!("entry/{}", entry.id),
        version: entry.version,
        kind,
        case: String::new(),
        state: entry.state.name(),
        article,
        concerns: vec![entry.provider.clone()],
        attributes,
    }
}
