//! Chapter 6 (art. 29-31): who sees nothing, systems' security levels, and what is confidential.

use govshare_model::Role;
use govshare_proto::agreement::v1::DocumentKind;
use govshare_proto::catalog::v1 as catalog;
use govshare_proto::security_review::v1 as review;

use super::catalogue::Listed;
use super::sharing::Shared;
use super::steps::{self, in_days};
use super::walk::{Walk, call, state};
use crate::agreements::{self, Terms};
use crate::connect::request_id;
use crate::demo::narration::ensure;
use crate::demo::parties::{self, Parties};
use crate::demo::{application, proof};
use crate::failure::Failure;
use crate::requests::{self, AnswerKind};

pub async fn play(walk: &mut Walk<'_>, shared: &Shared, listed: &Listed) -> Result<(), Failure> {
    walk.article(29)?;
    guarded(walk, shared).await?;
    walk.article(30)?;
    levels(walk).await?;
    walk.article(31)?;
    unlisted(walk).await?;
    confidential(walk, listed).await
}

async fn guarded(walk: &mut Walk<'_>, shared: &Shared) -> Result<(), Failure> {
    walk.narrator.about_case(&shared.case.number);
    let curious = walk.stage.person(&walk.parties.outsider, Role::Approver)?;
    let tried = requests::get(&curious.caller, &shared.case.id).await;
    walk.refused(&curious, "reads another unit's case", "NOT_FOUND", tried)?;
    let impostor = walk.stage.impostor(&walk.parties.provider, Role::Approver)?;
    let tried = requests::get(&impostor.caller, &shared.case.id).await;
    walk.refused(&impostor, "reads it with a forged token", "TOKEN_INVALID", tried)?;
    let tried = crate::audit::events(&curious.caller, &shared.case.id, "", 0).await;
    walk.refused(&curious, "reads its audit", "NOT_FOUND", tried)?;
    proof::play(walk.stage, walk.narrator, &shared.case, &shared.agreed).await
}

async fn levels(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let approver = walk.provider(Role::Approver)?;
    let name = walk.title("学籍管理系统");
    let wanted =
        review::RegisterInformationSystemRequest { name: name.clone(), level: 2, request_id: request_id() };
    let system = call!(approver, systems.register_information_system, wanted)?;
    let system_id = system.information_system.unwrap_or_default().system_id;
    walk.done(&approver, format!("registers {name} at level 2"));
    let change = |level, authority| review::ChangeSecurityLevelRequest {
        system_id: system_id.clone(),
        level,
        authority,
        request_id: request_id(),
    };
    call!(approver, systems.change_security_level, change(3, None))?;
    walk.done(&approver, "raises it to level 3, which nobody need allow");
    let tried = call!(approver, systems.change_security_level, change(2, None));
    walk.refused(&approver, "lowers it", "LEVEL_LOWERED_WITHOUT_AUTHORITY", tried)?;
    let outsider = walk.stage.person(&walk.parties.outsider, Role::Approver)?;
    let tried = call!(outsider, systems.change_security_level, change(4, None));
    walk.refused(&outsider, "changes another unit's system", "NOT_FOUND", tried)?;
    let authority = review::LoweringAuthority {
        body: "市公安局网络安全保卫部门".to_owned(),
        document_number: "京公网安〔2026〕3号".to_owned(),
        document_date: in_days(-1),
    };
    let lowered = call!(approver, systems.change_security_level, change(2, Some(authority)))?;
    let lowered = lowered.information_system.unwrap_or_default();
    let document = lowered.authority.unwrap_or_default().document_number;
    ensure(lowered.level == 2, || format!("the system has level {}", lowered.level))?;
    walk.done(&approver, format!("lowers it to level 2 under {document}"));
    Ok(())
}

/// What is not listed, or not shared actively.
async fn unlisted(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    let with = |ground: catalog::Sensitivity, sharing| catalog::EntryContent {
        sensitivities: vec![ground.into()],
        ..steps::content(walk.title("某专项名单"), sharing)
    };
    let secret = with(catalog::Sensitivity::StateSecret, catalog::SharingType::Conditional);
    let open = with(catalog::Sensitivity::PersonalPrivacy, catalog::SharingType::Unconditional);
    let plain = steps::content(walk.title("某专项名单"), catalog::SharingType::Conditional);
    let tried = steps::drafted(&drafter, secret).await;
    walk.refused(&drafter, "lists a state secret", "STATE_SECRET_REFUSED", tried)?;
    let tried = steps::drafted(&drafter, open).await;
    walk.refused(&drafter, "lists personal data as shared actively", "SENSITIVE_NOT_ACTIVE", tried)?;
    let entry = steps::drafted(&drafter, plain).await?.entry_id;
    let asked = steps::asked_for_review(&drafter, &entry, 1).await?;
    let reviewer = walk.provider(Role::Reviewer)?;
    let wanted = review::RejectReviewRequest {
        review_id: asked.review_id,
        reasons: String::new(),
        request_id: request_id(),
        state_secret: true,
    };
    let rejected = call!(reviewer, reviews.reject_review, wanted)?.review.unwrap_or_default();
    ensure(rejected.reasons.contains("区保密局"), || {
        format!("the rejection does not say where it belongs: {}", rejected.reasons)
    })?;
    walk.reached(&reviewer, "finds a state secret in an entry", state!(rejected), "REJECTED")?;
    walk.narrator.note(rejected.reasons);
    let approver = walk.provider(Role::Approver)?;
    let wanted = catalog::RetireEntryRequest {
        entry_id: entry,
        reason: "不得在本平台登记".to_owned(),
        request_id: request_id(),
    };
    let retired = call!(approver, entries.retire_entry, wanted)?.entry.unwrap_or_default();
    walk.reached(&approver, "takes it out", state!(retired), "RETIRED")
}

/// A case on a resource with grounds of article 31: active only with both documents signed.
async fn confidential(walk: &mut Walk<'_>, listed: &Listed) -> Result<(), Failure> {
    let target = &listed.sensitive;
    let parties = Parties::around(&target.provider)?;
    parties::register(walk.stage, walk.narrator, &parties).await?;
    let purpose = "核定服务人口";
    let draft = application::draft(walk.stage, walk.narrator, &parties, target, purpose).await?;
    let id = draft.access_request_id;
    application::submit(walk.stage, walk.narrator, &parties, &id).await?;
    let drafter = walk.stage.person(&parties.provider, Role::Drafter)?;
    application::propose(walk.narrator, &drafter, &id, AnswerKind::Consent, "").await?;
    let approver = walk.stage.person(&parties.provider, Role::Approver)?;
    let consented = requests::consent(&approver.caller, &id).await?;
    walk.reached(&approver, "consents", state!(consented), "CONSENTED")?;
    let terms = Terms { items: draft.form.unwrap_or_default().items, ..steps::terms() };
    let agreement = agreements::create(&drafter.caller, &id, terms).await?;
    ensure(agreement.documents.len() == 2, || format!("{} documents, not 2", agreement.documents.len()))?;
    walk.reached(&drafter, "drafts both agreements", state!(agreement), "AWAITING_SIGNATURES")?;
    let agreement = agreement.agreement_id;
    let signed = steps::signed_by_three(walk.stage, &parties, &agreement).await?;
    let office = walk.stage.person(&parties.info_office, Role::Signatory)?;
    let what = "signs the agreement after both parties: that alone makes it not active";
    walk.reached(&office, what, state!(signed), "AWAITING_SIGNATURES")?;
    for (unit, state) in [(&parties.provider, "AWAITING_SIGNATURES"), (&parties.applicant, "ACTIVE")] {
        let (signatory, key) = (walk.stage.person(unit, Role::Signatory)?, walk.stage.unit_key(unit)?);
        let kind = DocumentKind::Confidentiality;
        let signed = agreements::sign(&signatory.caller, &agreement, kind, &key).await?;
        walk.reached(&signatory, "signs the confidentiality agreement", state!(signed), state)?;
    }
    Ok(())
}
