//! Article 26: a case from its form to its delivery, refusals and what follows them, unknown providers, paper, renewal.

use govshare_model::Role;
use govshare_proto::access_request::v1 as pb;
use govshare_proto::agreement::v1 as agreement_pb;
use time::Duration;

use super::sharing::Shared;
use super::steps::in_days;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::catalogue::Target;
use crate::demo::narration::{ensure, until};
use crate::demo::{WITHIN, agreement, application, delivery, refused_case, today};
use crate::failure::Failure;
use crate::registers;
use crate::requests::steps::{Outcome, Step, take};
use crate::requests::{self, AnswerKind, Form};

/// Days before today on which the paper application arrived: more than 15 working days with any holidays between.
const PAPER: Duration = Duration::days(60);

pub async fn play(walk: &mut Walk<'_>, target: Target) -> Result<Shared, Failure> {
    let case = application::play(walk.stage, walk.narrator, &walk.parties, &target).await?;
    let agreed = agreement::play(walk.stage, walk.narrator, &walk.parties, &target, &case).await?;
    delivery::play(walk.stage, walk.narrator, &walk.parties, &agreed).await?;
    papers(walk, &case.id).await?;
    outside(walk, &agreed.agreement).await?;
    answered_anew(walk, &target).await?;
    refusal_stands(walk, &target).await?;
    unknown_provider(walk, &target).await?;
    on_paper(walk, &target).await?;
    renewed(walk, &target, &case.id).await?;
    register(walk).await?;
    Ok(Shared { target, case, agreed })
}

/// An application form for the whole resource.
pub fn form(purpose: &str) -> Form {
    Form {
        purpose: purpose.to_owned(),
        basis: "本单位法定职责".to_owned(),
        delivery: "数据文件，一次".to_owned(),
        until: Some(today() + Duration::days(365)),
        ..Form::default()
    }
}

/// An application that the provider received; gives the case.
pub async fn received(walk: &Walk<'_>, target: &Target, purpose: &str) -> Result<pb::AccessRequest, Failure> {
    let drafter = walk.applicant(Role::Drafter)?;
    let draft = requests::create(&drafter.caller, &target.entry, form(purpose)).await?;
    requests::submit(&drafter.caller, &draft.access_request_id).await
}

/// The provider's drafter proposes, its approver consents.
pub async fn consents(walk: &Walk<'_>, case: &str) -> Result<pb::AccessRequest, Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    requests::propose(&drafter.caller, case, AnswerKind::Consent, "").await?;
    requests::consent(&walk.provider(Role::Approver)?.caller, case).await
}

/// The provider's drafter proposes a refusal, its approver refuses.
pub async fn refuses(walk: &Walk<'_>, case: &str, reasons: &str) -> Result<pb::AccessRequest, Failure> {
    let drafter = walk.provider(Role::Drafter)?;
    requests::propose(&drafter.caller, case, AnswerKind::Refusal, reasons).await?;
    requests::refuse(&walk.provider(Role::Approver)?.caller, case, reasons).await
}

/// A case that the provider consented to; gives its id.
pub async fn consented(walk: &mut Walk<'_>, target: &Target, purpose: &str) -> Result<String, Failure> {
    let case = received(walk, target, purpose).await?;
    walk.narrator.about_case(&case.case_number);
    Ok(consents(walk, &case.access_request_id).await?.access_request_id)
}

/// The form and the answer as papers with their numbers, and a word between the parties.
async fn papers(walk: &mut Walk<'_>, case: &str) -> Result<(), Failure> {
    let (user, provider) = (walk.applicant(Role::Drafter)?, walk.provider(Role::Drafter)?);
    for kind in [pb::AccessRequestDocumentKind::Application, pb::AccessRequestDocumentKind::Answer] {
        let wanted = pb::GetAccessRequestDocumentRequest {
            access_request_id: case.to_owned(),
            kind: kind.into(),
            ..Default::default()
        };
        let paper = call!(user, access_requests.get_access_request_document, wanted)?;
        walk.printed(&user, &paper.file_name, &paper.content)?;
    }
    let note = pb::AddNoteRequest {
        access_request_id: case.to_owned(),
        body: "数据下周更新，请届时重新获取".to_owned(),
        request_id: request_id(),
    };
    call!(provider, notes.add_note, note)?;
    let list = pb::ListNotesRequest { access_request_id: case.to_owned(), ..Default::default() };
    let notes = call!(user, notes.list_notes, list)?.notes;
    ensure(notes.len() == 1, || format!("{} notes instead of one", notes.len()))?;
    walk.done(&user, format!("reads the provider's note: {}", notes[0].body));
    Ok(())
}

/// A delivery as the parties agree it, beside the platform.
async fn outside(walk: &mut Walk<'_>, agreement: &str) -> Result<(), Failure> {
    let (provider, user) = (walk.provider(Role::Drafter)?, walk.applicant(Role::Drafter)?);
    let record = || agreement_pb::RecordOutsideDeliveryRequest {
        agreement_id: agreement.to_owned(),
        description: "在校生名册，光盘一张".to_owned(),
        delivered_on: in_days(0),
        request_id: request_id(),
    };
    let tried = call!(user, outside_deliveries.record_outside_delivery, record());
    walk.refused(&user, "records a delivery to itself", "ROLE_NOT_ALLOWED", tried)?;
    let recorded = call!(provider, outside_deliveries.record_outside_delivery, record())?;
    let recorded = recorded.outside_delivery.unwrap_or_default();
    let id = recorded.outside_delivery_id.clone();
    walk.reached(&provider, "records a disc that was handed over", state!(recorded), "RECORDED")?;
    walk.waits_for(&user, "confirm", |task| task.resource.ends_with(&id)).await?;
    let wanted = agreement_pb::ConfirmOutsideDeliveryRequest {
        outside_delivery_id: id.clone(),
        request_id: request_id(),
    };
    let confirmed = call!(user, outside_deliveries.confirm_outside_delivery, wanted)?;
    let confirmed = confirmed.outside_delivery.unwrap_or_default();
    walk.reached(&user, "confirms that it came", state!(confirmed), "CONFIRMED")
}

/// A refusal, the objection to it, and the answer anew that the working group asks for.
async fn answered_anew(walk: &mut Walk<'_>, target: &Target) -> Result<(), Failure> {
    let case = refused_case::play(walk.stage, walk.narrator, &walk.parties, target).await?;
    let (applicant, group) = (walk.applicant(Role::Drafter)?, walk.working_group()?);
    let object = |grounds: &str| Step::Object { case: case.clone(), grounds: grounds.to_owned() };
    let tried = take(&applicant.caller, object(" ")).await;
    walk.refused_fields(&applicant, "objects without grounds", ("FIELD_INVALID", &["grounds"]), tried)?;
    let objected = take(&applicant.caller, object("只需各学校汇总数")).await?;
    walk.reached(&applicant, "objects with grounds", state!(objected), "OBJECTED")?;
    walk.waits_for(&group, "coordinate", |task| task.case_id == case).await?;
    let coordinate = || Step::Coordinate {
        case: case.clone(),
        outcome: Outcome::AnswerAnew,
        opinion: "可提供汇总数".to_owned(),
    };
    let office = walk.office()?;
    let tried = take(&office.caller, coordinate()).await;
    walk.refused(&office, "coordinates in the working group's place", "ROLE_NOT_ALLOWED", tried)?;
    let coordinated = take(&group.caller, coordinate()).await?;
    walk.reached(&group, "coordinates: to be answered anew", state!(coordinated), "COORDINATED")?;
    let due = coordinated.answer_due.unwrap_or_default();
    walk.narrator.note(format!("the new answer is due {:04}-{:02}-{:02}", due.year, due.month, due.day));
    let anew = consents(walk, &case).await?;
    walk.reached(&walk.provider(Role::Approver)?, "consents now", state!(anew), "CONSENTED")
}

async fn refusal_stands(walk: &mut Walk<'_>, target: &Target) -> Result<(), Failure> {
    let case = received(walk, target, "掌握全区情况").await?;
    walk.narrator.about_case(&case.case_number);
    let case = case.access_request_id;
    refuses(walk, &case, "超出申请单位履行职责所需的范围").await?;
    let (applicant, group) = (walk.applicant(Role::Drafter)?, walk.working_group()?);
    let object = || Step::Object { case: case.clone(), grounds: "仍需要".to_owned() };
    take(&applicant.caller, object()).await?;
    let coordinate = Step::Coordinate {
        case: case.clone(),
        outcome: Outcome::RefusalStands,
        opinion: "不予提供符合规定".to_owned(),
    };
    let stands = take(&group.caller, coordinate).await?;
    walk.reached(
        &group,
        "coordinates another objection: the refusal stands",
        state!(stands),
        "REFUSAL_STANDS",
    )?;
    let tried = take(&applicant.caller, object()).await;
    walk.refused(&applicant, "objects once more", "WRONG_STATE", tried)
}

/// The applicant does not know who has it: the info office forwards one application and settles another.
async fn unknown_provider(walk: &mut Walk<'_>, target: &Target) -> Result<(), Failure> {
    let (applicant, office) = (walk.applicant(Role::Drafter)?, walk.office()?);
    let (provider, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let sought = seek(walk, "各街道适龄儿童人数").await?;
    walk.narrator.about_case(&sought.case_number);
    walk.reached(&applicant, "applies without knowing the provider", state!(sought), "AT_INFO_OFFICE")?;
    let case = sought.access_request_id;
    let tried = requests::get(&provider.caller, &case).await;
    walk.refused(&provider, "reads it before it is forwarded", "NOT_FOUND", tried)?;
    walk.waits_for(&office, "forward", |task| task.case_id == case).await?;
    let forward = Step::Forward {
        case: case.clone(),
        unit: provider.unit.to_string(),
        entry: String::new(),
        note: "请你委办理".to_owned(),
    };
    let forwarded = take(&office.caller, forward).await?;
    walk.reached(&office, "forwards it: the 15 working days begin", state!(forwarded), "SUBMITTED")?;
    requests::propose(&provider.caller, &case, AnswerKind::Consent, "").await?;
    let tried = requests::consent(&approver.caller, &case).await;
    let unnamed = ("ENTRY_NOT_NAMED", "14");
    walk.refused_under(&approver, "consents before the entry is named", unnamed, tried)?;
    let named = Step::NameEntry { case: case.clone(), entry: target.entry.clone() };
    take(&provider.caller, named).await?;
    walk.done(&provider, format!("names the entry 《{}》", target.title));
    let consented = requests::consent(&approver.caller, &case).await?;
    walk.reached(&approver, "consents", state!(consented), "CONSENTED")?;

    let sought = seek(walk, "本区没有的信息").await?;
    walk.narrator.about_case(&sought.case_number);
    let settle =
        Step::Settle { case: sought.access_request_id, outcome: "经查，本区无此信息".to_owned() };
    let settled = take(&office.caller, settle).await?;
    walk.reached(&office, "settles another in writing: 经查，本区无此信息", state!(settled), "SETTLED")
}

async fn seek(walk: &Walk<'_>, wanted: &str) -> Result<pb::AccessRequest, Failure> {
    let applicant = walk.applicant(Role::Drafter)?;
    let create = pb::CreateAccessRequestRequest {
        wanted: wanted.to_owned(),
        form: Some(form("编制学位预测").into()),
        request_id: request_id(),
        ..pb::CreateAccessRequestRequest::default()
    };
    let draft = call!(applicant, access_requests.create_access_request, create)?;
    let draft = draft.access_request.unwrap_or_default();
    requests::submit(&applicant.caller, &draft.access_request_id).await
}

/// What came on paper counts from its day, which shows what an overdue answer leads to.
async fn on_paper(walk: &mut Walk<'_>, target: &Target) -> Result<(), Failure> {
    let (applicant, office) = (walk.applicant(Role::Drafter)?, walk.office()?);
    let enter = |received| Step::EnterPaper {
        applicant: applicant.unit.to_string(),
        entry: target.entry.clone(),
        form: form("核定服务人口"),
        received,
        reason: "申请方当日网络中断".to_owned(),
    };
    walk.narrator.about_case("");
    let tried = take(&office.caller, enter(today() + Duration::days(1))).await;
    let wrong = ("FIELD_INVALID", &["receive_date"][..]);
    walk.refused_fields(&office, "enters an application received tomorrow", wrong, tried)?;
    let received = today() - PAPER;
    let entered = take(&office.caller, enter(received)).await?;
    walk.narrator.about_case(&entered.case_number);
    let case = entered.access_request_id.clone();
    let due = entered.answer_due.unwrap_or_default();
    let due = format!("{:04}-{:02}-{:02}", due.year, due.month, due.day);
    let what = format!("enters an application received on paper on {received}, due {due}");
    walk.reached(&office, what, state!(entered), "SUBMITTED")?;
    let (_, waited) = until(WITHIN, "the mark of the overdue answer", async || {
        let found = requests::get(&applicant.caller, &case).await?;
        Ok(found.overdue_time.map(drop))
    })
    .await?;
    walk.done(&applicant, format!("sees it marked overdue after {} ms", waited.as_millis()));
    walk.waits_for(&office, "remind", |task| task.case_id == case).await?;
    let remind = || Step::Remind { case: case.clone(), statement: "请尽快答复".to_owned() };
    take(&office.caller, remind()).await?;
    let report = Step::Report { case: case.clone(), statement: "逾期未答复".to_owned() };
    let reported = take(&office.caller, report).await?;
    ensure(reported.escalations.len() == 2, || {
        format!("{} escalations stand on the case, not 2", reported.escalations.len())
    })?;
    walk.reached(&office, "reminds the provider and reports it", state!(reported), "SUBMITTED")?;
    let late = consents(walk, &case).await?;
    ensure(late.overdue_time.is_some(), || "the late answer does not show as late".to_owned())?;
    let approver = walk.provider(Role::Approver)?;
    walk.reached(&approver, "consents late: overdue never turned into consent", state!(late), "CONSENTED")?;
    let tried = take(&office.caller, remind()).await;
    walk.refused(&office, "reminds once more", "REQUEST_NOT_OVERDUE", tried)
}

/// The applicant applies to go on before the agreed use ends, and takes that back.
async fn renewed(walk: &mut Walk<'_>, target: &Target, agreed: &str) -> Result<(), Failure> {
    let applicant = walk.applicant(Role::Drafter)?;
    let outsider = walk.stage.person(&walk.parties.outsider, Role::Drafter)?;
    let renew = || pb::CreateAccessRequestRequest {
        entry_id: target.entry.clone(),
        form: Some(form("统筹全区公共服务设施规划").into()),
        renews_access_request_id: agreed.to_owned(),
        request_id: request_id(),
        ..pb::CreateAccessRequestRequest::default()
    };
    let tried = call!(outsider, access_requests.create_access_request, renew());
    walk.refused(&outsider, "renews another unit's case", "NOT_FOUND", tried)?;
    let draft = call!(applicant, access_requests.create_access_request, renew())?;
    let draft = draft.access_request.unwrap_or_default();
    walk.narrator.about_case(&draft.case_number);
    ensure(draft.renews_access_request_id == agreed, || "the draft renews nothing".to_owned())?;
    let id = draft.access_request_id;
    let submitted = requests::submit(&applicant.caller, &id).await?;
    walk.reached(&applicant, "applies to renew the agreed use", state!(submitted), "SUBMITTED")?;
    let wanted = pb::WithdrawAccessRequestRequest { access_request_id: id, request_id: request_id() };
    let withdrawn = call!(applicant, access_requests.withdraw_access_request, wanted)?;
    let withdrawn = withdrawn.access_request.unwrap_or_default();
    walk.reached(&applicant, "takes the renewal back", state!(withdrawn), "WITHDRAWN")?;
    walk.narrator.about_case("");
    Ok(())
}

async fn register(walk: &mut Walk<'_>) -> Result<(), Failure> {
    let office = walk.office()?;
    for name in ["requests", "agreements"] {
        let file = walk.folder.join(format!("{name}.xlsx"));
        let rows = registers::named(name)?.write(&office.caller, &[], &file).await?;
        walk.done(&office, format!("writes the register of {rows} rows into {}", file.display()));
    }
    Ok(())
}
