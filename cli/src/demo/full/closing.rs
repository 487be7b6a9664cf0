//! Chapter 8 (art. 35-37): implementing rules, the policy's figures with their interpretation, and since when it holds.

use govshare_model::Role;
use govshare_proto::access_request::v1 as pb;
use govshare_proto::catalog::v1::RegulationKind;

use super::applications::received;
use super::regulations;
use super::sharing::Shared;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::narration::ensure;
use crate::demo::stage::Person;
use crate::failure::Failure;
use crate::output::listed;

/// Decree 809 as a pack, to be tried on the open cases.
const NATIONAL: &str = include_str!("../../../../crates/model/data/packs/national-2025.toml");
const DEFAULT: &str = "xicheng-2014";

pub async fn play(walk: &mut Walk<'_>, shared: &Shared) -> Result<(), Failure> {
    walk.article(35)?;
    implementing_rules(walk).await?;
    walk.article(36)?;
    interpreted(walk).await?;
    dry_run(walk, shared).await?;
    walk.article(37)?;
    in_force(walk).await
}

async fn implementing_rules(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let group = walk.working_group()?;
    let title = walk.title("区教委政务信息资源共享实施细则");
    let kind = RegulationKind::ImplementingRules;
    let id = regulations::create(&drafter, kind, "", &title).await?.regulation_id;
    let tried = regulations::approve(&group, &id).await;
    walk.refused(&group, "approves rules that were not submitted", "NOT_FOUND", tried)?;
    let submitted = regulations::submit(&approver, &id).await?;
    walk.reached(&approver, format!("submits 《{title}》"), state!(submitted), "SUBMITTED")?;
    let tried = regulations::submit(&approver, &id).await;
    walk.refused(&approver, "submits them twice", "WRONG_STATE", tried)?;
    let approved = regulations::approve(&group, &id).await?;
    walk.reached(&group, "approves them", state!(approved), "IN_FORCE")
}

async fn pack(reader: &Person) -> Result<pb::PolicyPack, Failure> {
    let wanted = pb::GetPolicyPackRequest { pack_id: DEFAULT.to_owned(), version: 0 };
    Ok(call!(reader, policies.get_policy_pack, wanted)?.policy_pack.unwrap_or_default())
}

async fn interpreted(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let reader = walk.stage.person(&walk.parties.outsider, Role::Reviewer)?;
    let mut pack = pack(&reader).await?;
    let days = pack.provisions.iter().find(|one| one.key == "classes.on_application.answer_working_days");
    let days = days.cloned().unwrap_or_default();
    ensure(days.value == "15" && days.article == "26", || format!("the pack says {days:?}"))?;
    let interpreted = pack.provisions.iter().filter(|one| one.interpretation.is_some()).count();
    let count = pack.provisions.len();
    walk.done(
        &reader,
        format!("reads the {count} provisions of {DEFAULT}, {interpreted} of them interpreted"),
    );
    pack.provisions.retain(|one| one.interpretation.is_some() || one.key == days.key);
    pack.provisions.truncate(6);
    walk.narrator.note(listed(&pack, "provisions", &["key", "value", "article", "interpretation.zh"]));
    Ok(())
}

/// What decree 809 would change for an open case, which stays as it is.
async fn dry_run(walk: &mut Walk<'_>, shared: &Shared) -> Result<(), Failure> {
    let (applicant, office) = (walk.applicant(Role::Drafter)?, walk.office()?);
    let open = received(walk, &shared.target, "核定服务人口").await?;
    walk.narrator.about_case(&open.case_number);
    let run = |toml: &str, page_token: String| pb::DryRunPolicyPackRequest {
        toml: toml.to_owned(),
        page_token,
        page_size: 0,
    };
    let tried = call!(applicant, policies.dry_run_policy_pack, run(NATIONAL, String::new()));
    walk.refused(&applicant, "tries another pack", "ROLE_NOT_ALLOWED", tried)?;
    let broken = NATIONAL.replacen("version = 1", "version = 0", 1);
    let tried = call!(office, policies.dry_run_policy_pack, run(&broken, String::new()));
    let wrong = ("POLICY_PACK_INVALID", &["version"][..]);
    walk.refused_fields(&office, "tries a pack that contradicts itself", wrong, tried)?;
    let mut differences = Vec::new();
    let (mut examined, mut page_token) = (0, String::new());
    loop {
        let page = call!(office, policies.dry_run_policy_pack, run(NATIONAL, page_token))?;
        examined += page.cases_examined;
        differences.extend(page.differences);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let id = open.access_request_id.clone();
    let ours = differences.iter().find(|found| found.access_request_id == id).cloned();
    let ours = ours.ok_or_else(|| Failure::local(format!("{} would not differ", open.case_number)))?;
    ensure(ours.answer_due == open.answer_due && ours.other_answer_due != ours.answer_due, || {
        format!("the dry run says {ours:?}")
    })?;
    walk.done(&office, format!("tries national-2025 on {examined} open cases: {} differ", differences.len()));
    let reply = pb::DryRunPolicyPackResponse { differences: vec![ours], ..Default::default() };
    let columns = ["case_number", "policy_pack", "answer_due", "other_answer_due", "missing_fields"];
    walk.narrator.note(listed(&reply, "differences", &columns));
    let wanted = pb::GetAccessRequestRequest { access_request_id: id.clone() };
    let after = call!(applicant, access_requests.get_access_request, wanted)?.access_request;
    ensure(after.as_ref() == Some(&open), || "the dry run changed the case".to_owned())?;
    let wanted = pb::WithdrawAccessRequestRequest { access_request_id: id, request_id: request_id() };
    let withdrawn = call!(applicant, access_requests.withdraw_access_request, wanted)?;
    let withdrawn = withdrawn.access_request.unwrap_or_default();
    walk.reached(&applicant, "finds the case unchanged, and takes it back", state!(withdrawn), "WITHDRAWN")?;
    walk.narrator.about_case("");
    Ok(())
}

async fn in_force(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let reader = walk.applicant(Role::Drafter)?;
    let listed = call!(reader, policies.list_policy_packs, pb::ListPolicyPacksRequest::default())?;
    let pack = listed.policy_packs.into_iter().find(|pack| pack.pack_id == DEFAULT).unwrap_or_default();
    let from = pack.in_force_from.unwrap_or_default();
    ensure((from.year, from.month, from.day) == (2014, 8, 1), || format!("{DEFAULT} holds from {from:?}"))?;
    walk.done(&reader, format!("reads that {} is in force from 2014-08-01", pack.number));
    Ok(())
}
