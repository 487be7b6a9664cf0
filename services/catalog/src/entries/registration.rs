//! Registers rows of a catalogue, set by set: whatever the number of rows, a call takes a handful of statements
//! and one commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use govshare_model::id::{EntryId, UnitId};
use govshare_model::pack::Pack;
use govshare_model::{Actor, Role};
use govshare_proto::catalog::v1 as pb;
use service_kit::{Failure, Tx, Violations};
use time::OffsetDateTime;
use uuid::Uuid;

use super::content::Content;
use super::entry::{Entry, Transition};
use super::grpc::Entries;
use super::{convert, error, policy};
use crate::units::unit::Unit;

/// A row without a fault of its own.
struct Row {
    provider_name: String,
    source_key: String,
    content: Content,
}

/// A row whose provider is known and open to the caller.
struct Placed {
    provider: UnitId,
    source_key: String,
    content: Content,
}

/// What became of a row.
enum Outcome {
    Created(EntryId),
    Revised(EntryId, i32),
    Unchanged(EntryId, i32),
    Refused(Vec<pb::RegisterViolation>),
}

/// Violations that a refused row names.
const MOST_TOLD: usize = 10;

type Judged<T> = Result<T, Vec<pb::RegisterViolation>>;

/// Checks what concerns the whole request.
pub fn check(body: &pb::RegisterEntriesRequest, actor: &Actor, violations: &mut Violations) {
    let count = body.rows.len();
    violations.check((1..=1000).contains(&count), "rows", "must be 1 to 1000 / 须为1至1000行");
    violations.check(
        !body.create_units || actor.is(Role::InfoOffice),
        "create_units",
        "is for the info office / 仅信息办可自动登记单位",
    );
}

impl Entries {
    /// Registers the rows, or only says what would become of them.
    pub(super) async fn register(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        body: pb::RegisterEntriesRequest,
    ) -> Result<pb::RegisterEntriesResponse, Failure> {
        let now = self.database.clock().now();
        let pack = self.policy.today().ok();
        let rows: Vec<Judged<Row>> = body.rows.into_iter().map(|row| parse(row, pack)).collect();
        let names: BTreeSet<String> = rows.iter().flatten().map(|row| row.provider_name.clone()).collect();
        let mut providers = self.units.resolve(tx, &names.iter().cloned().collect::<Vec<_>>()).await?;
        let mut created_units = Vec::new();
        if body.create_units {
            let unknown = names.into_iter().filter(|name| !providers.contains_key(name));
            let new: Vec<_> = unknown.map(|name| Unit::create_provisional(name, now)).collect();
            created_units = self.create_units(tx, actor, &new, body.validate_only, &mut providers).await?;
        }

        let mut taken = HashSet::new();
        let rows: Vec<Judged<Placed>> =
            rows.into_iter().map(|row| place(row?, &providers, actor, &mut taken)).collect();
        let concerned: BTreeSet<_> = rows.iter().flatten().map(|row| row.provider.clone()).collect();
        self.store.lock_providers(tx, &concerned).await?;
        let mut known = self.known(tx, &rows).await?;

        let mut transitions = Vec::new();
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            outcomes.push(match row {
                Ok(row) => draft(row, &mut known, actor, now, &mut transitions),
                Err(violations) => Outcome::Refused(violations),
            });
        }
        if !body.validate_only {
            self.store.save(tx, &transitions, Some(actor)).await?;
        }
        let results = outcomes.into_iter().map(|outcome| outcome.into_proto(body.validate_only)).collect();
        Ok(pb::RegisterEntriesResponse { results, created_unit_ids: created_units })
    }

    /// Makes provisional units and adds them to `providers`; gives the ids of those that are new.
    async fn create_units(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        new: &[crate::units::unit::Transition],
        validate_only: bool,
        providers: &mut BTreeMap<String, UnitId>,
    ) -> Result<Vec<String>, Failure> {
        let ids: Vec<_> = new.iter().map(|new| new.unit().id.to_string()).collect();
        if validate_only {
            // An id that is taken under other names stays refused, as it would be.
            let free = self.units.unknown(tx, &ids).await?;
            let made =
                new.iter().map(|new| new.unit()).filter(|unit| free.iter().any(|id| id == unit.id.as_str()));
            providers.extend(made.map(|unit| (unit.record.name.clone(), unit.id.clone())));
            return Ok(free);
        }
        let made = self.units.save_provisional(tx, new, actor).await?;
        let names: Vec<_> = new.iter().map(|new| new.unit().record.name.clone()).collect();
        providers.extend(self.units.resolve(tx, &names).await?);
        Ok(made.iter().map(ToString::to_string).collect())
    }

    /// The entries that rows are known by, by provider and source key.
    async fn known(
        &self,
        tx: &mut Tx,
        rows: &[Judged<Placed>],
    ) -> Result<HashMap<(UnitId, String), Entry>, Failure> {
        let providers: Vec<_> = rows.iter().flatten().map(|row| row.provider.as_str()).collect();
        let source_keys: Vec<_> = rows.iter().flatten().map(|row| row.source_key.as_str()).collect();
        let known = self.store.load_known_for_update(tx, &providers, &source_keys).await?;
        let keyed = known.into_iter().filter_map(|entry| {
            let source_key = entry.source_key.clone()?;
            Some(((entry.provider.clone(), source_key), entry))
        });
        Ok(keyed.collect())
    }
}

fn parse(row: pb::RegisterEntriesRow, pack: Option<&Pack>) -> Judged<Row> {
    let mut violations = Violations::new();
    let provider_name = violations.text("provider_name", &row.provider_name, 1, 200);
    let bytes = row.source_key.len();
    if !(1..=512).contains(&bytes) || row.source_key.chars().any(char::is_control) {
        let problem = "must have 1 to 512 bytes without control characters / 须为1至512字节且不含控制字符";
        violations.add("source_key", problem);
    }
    match convert::content(row.content, &mut violations).check(pack, &mut violations) {
        Ok(content) if violations.is_empty() => {
            Ok(Row { provider_name, source_key: row.source_key, content })
        }
        Err(unlistable) if violations.is_empty() => {
            let (field, problem) = error::violation(unlistable);
            violations.add(field, problem);
            Err(told(violations))
        }
        _ => Err(told(violations)),
    }
}

/// The first of a row's violations, and how many more there are: those of all rows have to fit into one reply.
fn told(violations: Violations) -> Vec<pb::RegisterViolation> {
    let found = violations.into_found();
    let more = found.len().saturating_sub(MOST_TOLD);
    let first = found.into_iter().take(MOST_TOLD);
    let mut told: Vec<_> = first
        .map(|found| pb::RegisterViolation { field: found.field, description: found.description })
        .collect();
    if let (Some(last), 1..) = (told.last_mut(), more) {
        last.description.push_str(&format!(" (+{more})"));
    }
    told
}

/// Finds the provider of a row; `taken` are the keys of the rows before it.
fn place(
    row: Row,
    providers: &BTreeMap<String, UnitId>,
    actor: &Actor,
    taken: &mut HashSet<(UnitId, String)>,
) -> Judged<Placed> {
    let Row { provider_name, source_key, content } = row;
    let Some(provider) = providers.get(&provider_name) else {
        let problem = format!("no unit is called {provider_name:?} / 没有登记名为“{provider_name}”的单位");
        return refused("provider_name", problem);
    };
    if !policy::may_draft(actor, provider) {
        let problem = "is another unit, whose rows the info office registers / 非本单位的目录须由信息办登记";
        return refused("provider_name", problem);
    }
    if !taken.insert((provider.clone(), source_key.clone())) {
        return refused("source_key", "stands in an earlier row of this call / 与本次调用中前面的行重复");
    }
    Ok(Placed { provider: provider.clone(), source_key, content })
}

fn refused<T>(field: &str, description: impl Into<String>) -> Judged<T> {
    Err(vec![pb::RegisterViolation { field: field.to_owned(), description: description.into() }])
}

fn draft(
    row: Placed,
    known: &mut HashMap<(UnitId, String), Entry>,
    actor: &Actor,
    now: OffsetDateTime,
    transitions: &mut Vec<Transition>,
) -> Outcome {
    let Placed { provider, source_key, content } = row;
    let Some(entry) = known.remove(&(provider.clone(), source_key.clone())) else {
        let id = EntryId(Uuid::now_v7());
        transitions.push(Entry::draft(id, provider, Some(source_key), content, actor, now));
        return Outcome::Created(id);
    };
    let (id, number) = (entry.id, entry.latest.number);
    match entry.revise(content, actor, now) {
        Ok(None) => Outcome::Unchanged(id, number),
        Ok(Some(revised)) => {
            let number = revised.entry().latest.number;
            transitions.push(revised);
            Outcome::Revised(id, number)
        }
        Err(rejection) => {
            let refusal = error::refusal(rejection, id);
            let description = format!("{} / {}", refusal.english(), refusal.chinese());
            Outcome::Refused(vec![pb::RegisterViolation { field: "content".to_owned(), description }])
        }
    }
}

impl Outcome {
    fn into_proto(self, validate_only: bool) -> pb::RegisterEntriesResult {
        let (outcome, entry_id, version, violations) = match self {
            Self::Created(_) if validate_only => (pb::RegisterOutcome::Created, String::new(), 0, Vec::new()),
            Self::Created(id) => (pb::RegisterOutcome::Created, id.to_string(), 1, Vec::new()),
            Self::Revised(id, number) => (pb::RegisterOutcome::Revised, id.to_string(), number, Vec::new()),
            Self::Unchanged(id, number) => {
                (pb::RegisterOutcome::Unchanged, id.to_string(), number, Vec::new())
            }
            Self::Refused(violations) => (pb::RegisterOutcome::Refused, String::new(), 0, violations),
        };
        pb::RegisterEntriesResult { outcome: outcome.into(), entry_id, version, violations }
    }
}
