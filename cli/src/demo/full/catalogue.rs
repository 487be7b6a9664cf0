//! Chapter 3 (art. 14-16): the catalogue as the standard, its classification, and an entry from draft to publication.

use govshare_model::Role;
use govshare_proto::catalog::v1 as catalog;

use super::steps;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::WITHIN;
use crate::demo::catalogue::{Imported, Target, find};
use crate::demo::narration::{ensure, until};
use crate::failure::Failure;
use crate::requests::{self, Form};

/// A branch of the classification of 发改高技〔2017〕1272号.
const BRANCH: [(&str, &str); 4] =
    [("3", "部门信息资源"), ("307", "教育"), ("307001", "学校"), ("3070010", "小学")];

/// What the chapter leaves for the later ones.
pub struct Listed {
    /// The provider's entry that goes through article 16, published.
    pub entry: String,
    pub title: String,
    /// A published entry of the district with grounds of article 31.
    pub sensitive: Target,
}

pub async fn play(walk: &mut Walk<'_>, imported: &Imported) -> Result<Listed, Failure> {
    walk.article(14)?;
    let title = walk.title("小学在校生人数");
    let sensitive = find(walk.stage, walk.narrator, imported).await?;
    let entry = draft(walk, &title).await?;
    walk.article(15)?;
    classification(walk, &entry).await?;
    walk.article(16)?;
    review_and_publish(walk, &entry, &title).await?;
    warnings(walk, &entry).await?;
    explanation(walk).await?;
    Ok(Listed { entry, title, sensitive })
}

/// Only what stands in the catalogue is used: a draft is nobody's but its unit's.
async fn draft(walk: &mut Walk<'_>, title: &str) -> Result<String, Failure> {
    let (drafter, other) = (walk.provider(Role::Drafter)?, walk.applicant(Role::Drafter)?);
    let silent = catalog::EntryContent {
        update_cycle: catalog::UpdateCycle::Unspecified.into(),
        ..steps::content(title.to_owned(), catalog::SharingType::Conditional)
    };
    let entry = steps::drafted(&drafter, silent).await?;
    let draft = entry.latest.unwrap_or_default();
    walk.reached(&drafter, format!("compiles 《{title}》"), state!(draft), "DRAFT")?;
    let wanted = catalog::GetEntryRequest { entry_id: entry.entry_id.clone() };
    let tried = call!(other, entries.get_entry, wanted);
    walk.refused(&other, "reads another unit's draft", "NOT_FOUND", tried)?;
    let tried = requests::create(&other.caller, &entry.entry_id, Form::default()).await;
    walk.refused(&other, "applies for what is not published", "NOT_FOUND", tried)?;
    Ok(entry.entry_id)
}

async fn classification(walk: &mut Walk<'_>, entry: &str) -> Result<(), Failure> {
    let (office, drafter) = (walk.office()?, walk.provider(Role::Drafter)?);
    let register = |branch: &[(&str, &str)]| catalog::RegisterClassificationNodesRequest {
        nodes: branch
            .iter()
            .map(|(code, name)| catalog::NewClassificationNode {
                code: (*code).to_owned(),
                display_name: (*name).to_owned(),
            })
            .collect(),
        request_id: request_id(),
    };
    let tried = call!(drafter, classification.register_classification_nodes, register(&BRANCH));
    walk.refused(&drafter, "registers a class, being no info office", "ROLE_NOT_ALLOWED", tried)?;
    let orphan = [("499", "无上级的项")];
    let tried = call!(office, classification.register_classification_nodes, register(&orphan));
    let wrong = ("FIELD_INVALID", &["nodes.code"][..]);
    walk.refused_fields(&office, "registers a 项 without its 类", wrong, tried)?;
    let kept = call!(office, classification.register_classification_nodes, register(&BRANCH))?;
    walk.done(&office, format!("registers 类 3 to 细目 3070010 ({} of them new)", kept.created));

    let assign = |node: &str| catalog::AssignResourceCodeRequest {
        entry_id: entry.to_owned(),
        classification_code: node.to_owned(),
        request_id: request_id(),
    };
    let tried = call!(drafter, entries.assign_resource_code, assign("307"));
    let wrong = ("FIELD_INVALID", &["classification_code"][..]);
    walk.refused_fields(&drafter, "wants a code under a 项", wrong, tried)?;
    let coded = call!(drafter, entries.assign_resource_code, assign("3070010"))?;
    let code = coded.entry.unwrap_or_default().resource_code;
    let wanted = catalog::CheckResourceCodeRequest { resource_code: code.clone() };
    let checked = call!(drafter, classification.check_resource_code, wanted)?;
    let right = checked.well_formed && checked.classified && checked.path.len() == BRANCH.len();
    ensure(right && checked.entry_id == entry, || format!("the resource code {code} does not check"))?;
    let path: Vec<_> = checked.path.iter().map(|node| node.display_name.as_str()).collect();
    walk.done(&drafter, format!("gets the resource code {code}: {}", path.join(" > ")));
    Ok(())
}

async fn review_and_publish(walk: &mut Walk<'_>, entry: &str, title: &str) -> Result<(), Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    let tried = steps::asked_for_review(&drafter, entry, 1).await;
    walk.refused(&drafter, "asks for the review of what lacks its update cycle", "ENTRY_INCOMPLETE", tried)?;
    let roles = [Role::Drafter, Role::Reviewer];
    let both = walk.stage.person_with(&walk.parties.provider, "drafter-reviewer", &roles)?;
    let content = steps::content(title.to_owned(), catalog::SharingType::Conditional);
    steps::revised(&both, entry, content).await?;
    let wanted =
        catalog::DiffEntryVersionsRequest { entry_id: entry.to_owned(), from_version: 1, to_version: 2 };
    let difference = call!(drafter, entries.diff_entry_versions, wanted)?;
    let changed: Vec<_> = difference.field_changes.iter().map(|change| change.field.as_str()).collect();
    ensure(changed == ["update_cycle"], || format!("versions 1 and 2 differ in {changed:?}"))?;
    walk.done(&both, "completes it; versions 1 and 2 differ in update_cycle");
    let asked = steps::asked_for_review(&drafter, entry, 2).await?;
    walk.reached(&drafter, "asks for the secrecy review of version 2", state!(asked), "OPEN")?;
    let stated = steps::restriction(&drafter, entry).await?.restriction_id;
    steps::approved(&walk.secrecy_bureau()?, &stated).await?;
    steps::filed(&walk.office()?, &stated).await?;
    walk.narrator.note("why it is on application is stated, approved and on file; article 24 shows how");
    let approver = walk.provider(Role::Approver)?;
    let tried = steps::publish(&approver, entry, 2).await;
    walk.refused(&approver, "publishes before the review", "NOT_REVIEWED", tried)?;
    let tried = steps::passed(&both, &asked).await;
    walk.refused(&both, "reviews the own draft", "SELF_APPROVAL", tried)?;
    let reviewer = walk.provider(Role::Reviewer)?;
    walk.waits_for(&reviewer, "review", |task| task.resource.ends_with(&asked.review_id)).await?;
    let passed = steps::passed(&reviewer, &asked).await?;
    walk.reached(&reviewer, "passes exactly this version", state!(passed), "PASSED")?;
    let published = steps::published(&approver, entry, 2).await?;
    walk.reached(&approver, "publishes it", state!(published), "PUBLISHED")?;

    let seeker = walk.applicant(Role::Drafter)?;
    let wanted = || catalog::SearchEntriesRequest {
        query: title.to_owned(),
        page_size: 20,
        ..catalog::SearchEntriesRequest::default()
    };
    let (_, waited) = until(WITHIN, "the entry in the search", async || {
        let found = call!(seeker, entries.search_entries, wanted())?;
        let ours = found.hits.iter().filter_map(|hit| hit.entry.as_ref());
        Ok(ours.into_iter().any(|found| found.entry_id == entry).then_some(()))
    })
    .await?;
    walk.done(&seeker, format!("finds it after {} ms", waited.as_millis()));
    Ok(())
}

async fn warnings(walk: &mut Walk<'_>, entry: &str) -> Result<(), Failure> {
    let (approver, user) = (walk.provider(Role::Approver)?, walk.applicant(Role::Drafter)?);
    let wanted = catalog::SuspendEntryRequest {
        entry_id: entry.to_owned(),
        reason: "核对数据".to_owned(),
        request_id: request_id(),
    };
    let suspended = call!(approver, entries.suspend_entry, wanted)?.entry.unwrap_or_default();
    walk.reached(&approver, "suspends it for a check", state!(suspended), "SUSPENDED")?;
    let look = || catalog::ListEntryWarningsRequest {
        entry_ids: vec![entry.to_owned()],
        ..catalog::ListEntryWarningsRequest::default()
    };
    let warned = call!(user, entries.list_entry_warnings, look())?.warnings;
    let reasons: Vec<_> = warned.iter().map(|warning| warning.reason.as_str()).collect();
    ensure(reasons == ["核对数据"], || format!("the users are warned of {reasons:?}"))?;
    walk.done(&user, "is warned of it: 核对数据");
    let wanted = catalog::ResumeEntryRequest { entry_id: entry.to_owned(), request_id: request_id() };
    let resumed = call!(approver, entries.resume_entry, wanted)?.entry.unwrap_or_default();
    walk.reached(&approver, "resumes it", state!(resumed), "PUBLISHED")?;
    let warned = call!(user, entries.list_entry_warnings, look())?.warnings;
    ensure(warned.is_empty(), || "the users are still warned".to_owned())
}

async fn explanation(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let roles = [Role::Drafter, Role::Approver];
    let both = walk.stage.person_with(&walk.parties.provider, "drafter-approver", &roles)?;
    let (approver, other) = (walk.provider(Role::Approver)?, walk.applicant(Role::Drafter)?);
    let create = |reasons: &str| catalog::CreateExplanationRequest {
        content: Some(catalog::ExplanationContent {
            subject: walk.title("教育督导案件线索"),
            reasons: reasons.to_owned(),
            basis: String::new(),
        }),
        request_id: request_id(),
    };
    let (silent, reasoned) = (create(""), create("正在办理，登记将影响调查"));
    let tried = call!(both, explanations.create_explanation, silent);
    let wrong = ("FIELD_INVALID", &["content.reasons"][..]);
    walk.refused_fields(&both, "explains without reasons what cannot be listed", wrong, tried)?;
    let drafted = call!(both, explanations.create_explanation, reasoned)?;
    let drafted = drafted.explanation.unwrap_or_default();
    walk.reached(&both, "writes the explanation with its reasons", state!(drafted), "DRAFT")?;
    let id = drafted.explanation_id;
    let file = || catalog::FileExplanationRequest { explanation_id: id.clone(), request_id: request_id() };
    let tried = call!(both, explanations.file_explanation, file());
    walk.refused(&both, "files what they wrote themselves", "SELF_APPROVAL", tried)?;
    let filed = call!(approver, explanations.file_explanation, file())?.explanation.unwrap_or_default();
    walk.reached(&approver, "files it with the info office", state!(filed), "FILED")?;
    let wanted = || catalog::GetExplanationRequest { explanation_id: id.clone() };
    let tried = call!(other, explanations.get_explanation, wanted());
    walk.refused(&other, "reads another unit's explanation", "NOT_FOUND", tried)?;
    let office = walk.office()?;
    let seen = call!(office, explanations.get_explanation, wanted())?.explanation.unwrap_or_default();
    walk.reached(&office, "reads it", state!(seen), "FILED")?;
    let wanted = catalog::GetExplanationDocumentRequest { explanation_id: id };
    let paper = call!(office, explanations.get_explanation_document, wanted)?;
    walk.printed(&office, &paper.file_name, &paper.content)
}
