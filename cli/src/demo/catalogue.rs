//! The demo's catalogue: imported, reviewed and published by three different people of each unit, and found.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use govshare_model::Role;
use govshare_model::id::UnitId;
use govshare_proto::catalog::v1::{self as pb, EntryVersionState};
use govshare_proto::security_review::v1 as review_pb;
use tempfile::NamedTempFile;

use super::WITHIN;
use super::narration::{Narrator, ensure, until};
use super::parties::info_office;
use super::stage::{Person, Stage};
use crate::catalog::import::{Options, Summary, import as register};
use crate::catalog::{entry_row, review};
use crate::catalogue_file::{Field, Mapping, Refused, Source, propose};
use crate::connect::request_id;
use crate::failure::Failure;
use crate::reviews;

/// An invented district: the data set that the project ships.
const SHIPPED: &[u8] = include_bytes!("../../data/demo/catalogue.csv");
/// Refused rows that are told.
const TOLD: usize = 5;
const TERMS: usize = 8;
const TERM_CHARACTERS: usize = 64;

/// A catalogue that is registered now.
pub struct Imported {
    entries: HashSet<String>,
    /// The row that the story will be about.
    chosen: pb::RegisterEntriesRow,
}

/// The resource that the story is about.
pub struct Target {
    pub entry: String,
    pub title: String,
    pub provider: UnitId,
    pub items: Vec<String>,
    /// Whether it has grounds of art. 31.
    pub sensitive: bool,
}

pub async fn import(
    stage: &Stage,
    narrator: &mut Narrator,
    catalogue: Option<&Path>,
) -> Result<Imported, Failure> {
    let mut shipped = NamedTempFile::with_suffix(".csv").map_err(Failure::local)?;
    shipped.write_all(SHIPPED).map_err(Failure::local)?;
    let path = catalogue.unwrap_or(shipped.path());
    let name =
        catalogue.map_or_else(|| "the shipped catalogue".to_owned(), |path| path.display().to_string());

    let mut mapping = propose(&open(path)?).mapping();
    let default = mapping.column(Field::SharingType).is_none();
    if default {
        mapping.defaults.insert(Field::SharingType, "conditional".to_owned());
    }
    let clerk = stage.person(&info_office(), Role::InfoOffice)?;
    let options = Options { create_units: true, dry_run: false, output: narrator.output() };
    let mut refused: Vec<Refused> = Vec::new();
    let first = register(&clerk.caller, open(path)?, &mapping, options, |row| {
        refused.push(row.clone());
        Ok(())
    })
    .await?;
    narrator.done(&clerk.name, format!("imports {name}: {}", first.words(false)), "16", "DRAFT");
    if default {
        narrator.note("it says no 共享类型: every entry is drafted as 有条件共享");
    }
    for row in refused.iter().filter(|row| !row.is_duplicate()).take(TOLD) {
        narrator.note(format!("refused: {row}"));
    }
    let second = register(&clerk.caller, open(path)?, &mapping, options, |_| Ok(())).await?;
    adds_nothing(&first, &second)?;
    narrator.done(
        &clerk.name,
        format!("imports it again: {} unchanged, nothing added", second.unchanged),
        "16",
        "",
    );
    Ok(Imported { chosen: choose(&open(path)?, &mapping)?, entries: first.entries })
}

fn open(path: &Path) -> Result<Source, Failure> {
    Source::open(path).map_err(|error| Failure::file("import", path, error))
}

fn adds_nothing(first: &Summary, second: &Summary) -> Result<(), Failure> {
    let good = first.created + first.revised + first.unchanged;
    ensure(good > 0, || "no row of the catalogue was registered".to_owned())?;
    ensure(second.unchanged == good && second.created_units.is_empty(), || {
        format!("the second import did more than nothing: {}", second.words(false))
    })
}

/// The first row that is shared on application, if possible with grounds of art. 31 and with items.
fn choose(source: &Source, mapping: &Mapping) -> Result<pb::RegisterEntriesRow, Failure> {
    let mut best: Option<(u8, pb::RegisterEntriesRow)> = None;
    for row in source.rows(mapping).map_err(Failure::local)?.flatten() {
        let row = entry_row::to_proto(row);
        let Some(content) = &row.content else { continue };
        let secret = content.sensitivities().any(|ground| ground == pb::Sensitivity::StateSecret);
        if content.sharing_type() != pb::SharingType::Conditional || secret {
            continue;
        }
        let worth = 2 * u8::from(!content.sensitivities.is_empty()) + u8::from(!content.items.is_empty());
        if best.as_ref().is_none_or(|(known, _)| worth > *known) {
            best = Some((worth, row));
        }
    }
    let nothing = || Failure::local("no row of the catalogue is shared on application (有条件共享)");
    best.map(|(_, row)| row).ok_or_else(nothing)
}

pub async fn review_and_publish(
    stage: &Stage,
    narrator: &mut Narrator,
    imported: &Imported,
) -> Result<(), Failure> {
    let clerk = stage.person(&info_office(), Role::InfoOffice)?;
    ask(&clerk, narrator, imported).await?;
    restrict(stage, narrator, imported).await?;
    let people = |unit: &UnitId, role| stage.person(unit, role).map(|person| person.caller);

    let mut open = review::open_reviews(&clerk.caller, "").await?;
    open.retain(|review| imported.entries.contains(&review.entry_id));
    let by_unit = review::grouped(open, |review| &review.provider_unit_id);
    let units = by_unit.len();
    let passed = review::by_unit(by_unit, Role::Reviewer, people, async |caller, reviews| {
        review::pass(&caller, &reviews).await
    })
    .await?;
    all_done("review", &passed)?;
    if passed.done > 0 {
        let what = format!("{units} reviewers pass {} versions", passed.done);
        narrator.done("<unit>.reviewer", what, "16", "REGISTERED");
    }

    let mut registered = review::versions(&clerk.caller, "", EntryVersionState::Registered).await?;
    registered.retain(|entry| imported.entries.contains(&entry.entry_id));
    let by_unit = review::grouped(registered, |entry| &entry.provider_unit_id);
    let units = by_unit.len();
    let published = review::by_unit(by_unit, Role::Approver, people, async |caller, entries| {
        review::publish(&caller, &entries).await
    })
    .await?;
    all_done("publication", &published)?;
    if published.done > 0 {
        let what = format!("{units} approvers publish {} versions", published.done);
        narrator.done("<unit>.approver", what, "16", "PUBLISHED");
    } else {
        narrator.note("everything is reviewed and published already");
    }
    Ok(())
}

/// The info office asks for the review of all drafts, on the units' behalf.
async fn ask(clerk: &Person, narrator: &mut Narrator, imported: &Imported) -> Result<(), Failure> {
    let mut drafts = review::versions(&clerk.caller, "", EntryVersionState::Draft).await?;
    drafts.retain(|entry| imported.entries.contains(&entry.entry_id));
    let asked = review::ask(&clerk.caller, &drafts).await?;
    for refused in &asked.refused {
        ensure(
            ["ENTRY_INCOMPLETE", "SHARING_TYPE_NOT_IN_POLICY"].contains(&refused.reason.as_str()),
            || format!("review of {}: {} {}", refused.title, refused.reason, refused.description),
        )?;
    }
    if asked.done > 0 {
        let what = format!("asks for the secrecy review of {} versions", asked.done);
        narrator.done(&clerk.name, what, "16", "IN_REVIEW");
    }
    if let Some(first) = asked.refused.first() {
        let (number, title, reason) = (asked.refused.len(), &first.title, &first.reason);
        narrator.note(format!(
            "{number} do not state what the policy asks of an entry and stay drafts, e.g. {title} ({reason})"
        ));
    }
    Ok(())
}

/// What is on application is so on a basis that the secrecy bureau approved and the info office has on file (art. 24).
async fn restrict(stage: &Stage, narrator: &mut Narrator, imported: &Imported) -> Result<(), Failure> {
    let clerk = stage.person(&info_office(), Role::InfoOffice)?;
    let bureau = stage.person(&"baomiju".parse().map_err(Failure::local)?, Role::SecrecyBureau)?;
    let mut open = review::versions(&clerk.caller, "", EntryVersionState::InReview).await?;
    open.retain(|entry| {
        let content = entry.latest.as_ref().and_then(|version| version.content.as_ref());
        imported.entries.contains(&entry.entry_id)
            && content.is_some_and(|content| content.sharing_type() == pb::SharingType::Conditional)
    });
    let entries: Vec<_> = open.into_iter().map(|entry| entry.entry_id).collect();
    let basis = review_pb::RestrictionBasis::Explanation;
    let words = "含不宜普遍共享的信息，按申请单位职责提供";
    let stated = reviews::state_all(&clerk.caller, &entries, basis, words).await?;
    for refused in stated.iter().filter(|result| !result.reason.is_empty()) {
        ensure(refused.reason == "RESTRICTION_EXISTS", || {
            format!("restriction: {} {}", refused.reason, refused.description)
        })?;
    }
    let ours = |found: &review_pb::Restriction| imported.entries.contains(&found.entry_id);
    let approved = reviews::approve_all(&bureau.caller, ours).await?;
    let filed = reviews::file_all(&clerk.caller, ours).await?;
    for result in approved.iter().chain(&filed) {
        ensure(result.reason.is_empty(), || {
            format!("restriction: {} {}", result.reason, result.description)
        })?;
    }
    if !filed.is_empty() {
        let count = filed.len();
        narrator.done(
            &bureau.name,
            format!("approves {count} restrictions to application"),
            "24(二)",
            "APPROVED",
        );
        narrator.done(&clerk.name, format!("puts {count} restrictions on file"), "24(二)", "FILED");
    }
    Ok(())
}

fn all_done(step: &str, outcome: &review::Outcome) -> Result<(), Failure> {
    match outcome.refused.first() {
        None => Ok(()),
        Some(refused) => Err(Failure::local(format!(
            "{step} of {} was refused: {} {}",
            refused.title, refused.reason, refused.description
        ))),
    }
}

/// Searches for the chosen row as an applicant would, until it is found.
pub async fn find(stage: &Stage, narrator: &mut Narrator, imported: &Imported) -> Result<Target, Failure> {
    let content = imported.chosen.content.clone().unwrap_or_default();
    let terms = content.title.split_whitespace().take(TERMS);
    let terms: Vec<String> = terms.map(|term| term.chars().take(TERM_CHARACTERS).collect()).collect();
    let seeker = stage.person(&"tongjiju".parse().map_err(Failure::local)?, Role::Drafter)?;
    let look = async || {
        let wanted = pb::SearchEntriesRequest {
            query: terms.join(" "),
            sharing_type: pb::SharingType::Conditional.into(),
            page_size: 100,
            ..pb::SearchEntriesRequest::default()
        };
        let page = seeker.caller.entries().search_entries(wanted).await?.into_inner();
        let total = page.total_size;
        let ours = page.hits.into_iter().filter_map(|hit| hit.entry).find(|entry| {
            let published = entry.published.as_ref().and_then(|version| version.content.as_ref());
            imported.entries.contains(&entry.entry_id)
                && published.is_some_and(|published| published.title == content.title)
        });
        Ok(ours.map(|entry| (entry, total)))
    };
    let ((entry, total), waited) = until(WITHIN, "the published entry in the search", look).await?;
    let published = entry.published.and_then(|version| version.content).unwrap_or_default();
    narrator.done(
        &seeker.name,
        format!(
            "finds 《{}》 of {} (hits: {total}, after {} ms)",
            published.title,
            entry.provider_display_name,
            waited.as_millis()
        ),
        "14",
        "PUBLISHED",
    );
    if !published.sensitivities.is_empty() {
        let grounds: Vec<&str> = published.sensitivities().map(|ground| ground.as_str_name()).collect();
        narrator.note(format!("it has grounds of art. 31: {}", grounds.join(", ")));
    }
    Ok(Target {
        entry: entry.entry_id,
        title: published.title,
        provider: entry.provider_unit_id.parse().map_err(Failure::local)?,
        items: published.items.into_iter().map(|item| item.name).collect(),
        sensitive: !published.sensitivities.is_empty(),
    })
}

/// A drafter who is also a reviewer cannot pass what they drafted; somebody else can, or rejects it.
pub async fn four_eyes(stage: &Stage, narrator: &mut Narrator, target: &Target) -> Result<(), Failure> {
    let both = stage.person_with(&target.provider, "drafter-reviewer", &[Role::Drafter, Role::Reviewer])?;
    let content = pb::EntryContent {
        title: "四眼原则演示条目".to_owned(),
        sharing_type: pb::SharingType::Unconditional.into(),
        update_cycle: pb::UpdateCycle::Irregular.into(),
        ..pb::EntryContent::default()
    };
    let wanted = pb::CreateEntryRequest {
        provider_unit_id: target.provider.to_string(),
        content: Some(content),
        request_id: request_id(),
    };
    let entry = both.caller.entries().create_entry(wanted).await?.into_inner().entry.unwrap_or_default();
    let wanted = review_pb::CreateReviewRequest {
        entry_id: entry.entry_id.clone(),
        version: 1,
        request_id: request_id(),
    };
    let asked = both.caller.reviews().create_review(wanted).await?.into_inner().review.unwrap_or_default();
    narrator.done(&both.name, "drafts an entry and asks for its review", "16", "IN_REVIEW");
    let own = review_pb::PassReviewRequest {
        review_id: asked.review_id.clone(),
        content_digest: asked.content_digest,
        request_id: request_id(),
    };
    let tried = both.caller.reviews().pass_review(own).await.map_err(Failure::from);
    narrator.refused(&both.name, "reviews the own draft", ("SELF_APPROVAL", "16"), tried)?;

    let reviewer = stage.person(&target.provider, Role::Reviewer)?;
    let wanted = review_pb::RejectReviewRequest {
        review_id: asked.review_id,
        reasons: "演示条目，不予登记".to_owned(),
        request_id: request_id(),
        state_secret: false,
    };
    reviewer.caller.reviews().reject_review(wanted).await?;
    narrator.done(&reviewer.name, "rejects it with written reasons", "16", "REJECTED");
    let approver = stage.person(&target.provider, Role::Approver)?;
    let wanted = pb::RetireEntryRequest {
        entry_id: entry.entry_id,
        reason: "演示结束".to_owned(),
        request_id: request_id(),
    };
    approver.caller.entries().retire_entry(wanted).await?;
    narrator.done(&approver.name, "retires it", "16", "RETIRED");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue_file::Reason;

    #[test]
    fn the_shipped_catalogue_has_good_rows_odd_ones_and_a_resource_with_grounds_of_article_31() {
        let mut file = NamedTempFile::with_suffix(".csv").expect("a file");
        file.write_all(SHIPPED).expect("disk");
        let source = open(file.path()).expect("a catalogue");
        let mapping = propose(&source).mapping();
        let rows: Vec<_> = source.rows(&mapping).expect("mapped").collect();
        let refused: Vec<&Reason> =
            rows.iter().filter_map(|row| row.as_ref().err()).map(|refused| &refused.reason).collect();
        assert_eq!(refused, [&Reason::Missing(Field::Title)]);
        assert_eq!(rows.len(), 64);
        let chosen = choose(&source, &mapping).expect("a resource on application");
        let content = chosen.content.expect("content");
        assert_eq!(content.title, "常住人口基础信息");
        assert_eq!(content.sensitivities().collect::<Vec<_>>(), [pb::Sensitivity::PersonalPrivacy]);
        assert_eq!(content.items.len(), 5);
    }
}
