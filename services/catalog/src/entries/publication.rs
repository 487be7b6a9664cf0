//! Publishes many versions in one commit, each as a call of its own would.

use std::collections::HashMap;

use govshare_model::Actor;
use govshare_model::id::EntryId;
use govshare_proto::catalog::v1 as pb;
use service_kit::{Failure, Refusal, Tx, Violations};
use time::OffsetDateTime;
use uuid::Uuid;

use super::entry::{Entry, Transition};
use super::error;
use super::grpc::{Entries, authorize};

/// A version named by a caller.
pub struct Wanted {
    pub entry: EntryId,
    pub number: i32,
}

pub fn check_number(field: &str, number: i32, violations: &mut Violations) {
    violations.check(number > 0, field, "is required, from 1 on / 必填，自1起");
}

/// Parses the versions of a batch, each entry once.
pub fn parse(versions: &[pb::EntryVersionRef], violations: &mut Violations) -> Vec<Wanted> {
    violations.check((1..=1000).contains(&versions.len()), "versions", "must be 1 to 1000 / 须为1至1000个");
    let mut wanted: Vec<Wanted> = Vec::with_capacity(versions.len());
    for version in versions {
        let entry = violations.parse("versions.entry_id", &version.entry_id);
        check_number("versions.version", version.version, violations);
        wanted.extend(entry.map(|entry| Wanted { entry, number: version.version }));
    }
    let mut ids: Vec<_> = wanted.iter().map(|wanted| wanted.entry).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        violations.add("versions.entry_id", format!("names {} twice / 条目重复", twice[0]));
    }
    wanted
}

impl Entries {
    pub(super) async fn publish_all(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        wanted: &[Wanted],
    ) -> Result<Vec<pb::BatchPublishEntriesResult>, Failure> {
        let (now, authority_review) = (self.database.clock().now(), self.authority_review()?);
        let ids: Vec<Uuid> = wanted.iter().map(|wanted| wanted.entry.0).collect();
        let entries = self.store.load_all_for_update(tx, &ids).await?;
        let mut entries: HashMap<_, _> = entries.into_iter().map(|entry| (entry.id, entry)).collect();
        let mut transitions = Vec::with_capacity(wanted.len());
        let mut results = Vec::with_capacity(wanted.len());
        for version in wanted {
            let entry = entries.remove(&version.entry);
            let published = publish(entry, version, authority_review, actor, now);
            results.push(result(version, published.as_ref().err()));
            transitions.extend(published.ok().flatten());
        }
        self.store.save(tx, &transitions, Some(actor)).await?;
        Ok(results)
    }
}

fn publish(
    entry: Option<Entry>,
    version: &Wanted,
    authority_review: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Option<Transition>, Refusal> {
    let entry = entry.ok_or_else(|| Refusal::not_found("entry", version.entry))?;
    authorize(actor, "PublishEntry", &entry)?;
    entry
        .publish(version.number, authority_review, actor, now)
        .map_err(|rejection| error::refusal(rejection, version.entry))
}

fn result(version: &Wanted, refusal: Option<&Refusal>) -> pb::BatchPublishEntriesResult {
    pb::BatchPublishEntriesResult {
        entry_id: version.entry.to_string(),
        published: refusal.is_none(),
        reason: refusal.map(|refusal| refusal.reason_name().to_owned()).unwrap_or_default(),
        description: refusal
            .map(|refusal| format!("{} / {}", refusal.chinese(), refusal.english()))
            .unwrap_or_default(),
    }
}
