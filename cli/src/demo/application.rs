//! Application and answer (art. 26): who may read, propose and answer it, and who may not.

use govshare_model::Role;
use govshare_model::calendar::{Calendar, shanghai_date};
use govshare_proto::access_request::v1::{AccessRequest, AccessRequestState};
use time::{Date, Duration, OffsetDateTime};

use super::catalogue::Target;
use super::narration::{Narrator, ensure};
use super::parties::Parties;
use super::stage::{Person, Stage};
use super::today;
use crate::failure::Failure;
use crate::output::{shanghai, short};
use crate::requests::{self, AnswerKind, Form};

/// Working days for the answer under xicheng-2014 (art. 26).
const WORKING_DAYS: u16 = 15;
/// Items that are asked for, of those that the entry lists.
const ITEMS: usize = 3;

/// The case that the story is about.
pub struct Case {
    pub id: String,
    pub number: String,
    pub items: Vec<String>,
}

pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    target: &Target,
) -> Result<Case, Failure> {
    let draft = draft(stage, narrator, parties, target, "统筹全区公共服务设施规划，核定服务人口").await?;
    let case = &draft.access_request_id;
    let preparer = stage.person(&parties.provider, Role::Drafter)?;
    let tried = requests::get(&preparer.caller, case).await;
    narrator.refused(&preparer.name, "reads the applicant's draft", ("NOT_FOUND", "29"), tried)?;
    submit(stage, narrator, parties, case).await?;

    outsiders(stage, narrator, parties, case).await?;
    answer(stage, narrator, parties, case).await?;
    let items = draft.form.unwrap_or_default().items;
    Ok(Case { id: draft.access_request_id, number: draft.case_number, items })
}

/// A drafter of the applicant drafts an application for some of the entry's items.
pub async fn draft(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    target: &Target,
    purpose: &str,
) -> Result<AccessRequest, Failure> {
    let drafter = stage.person(&parties.applicant, Role::Drafter)?;
    let form = Form {
        purpose: purpose.to_owned(),
        basis: "本单位法定职责".to_owned(),
        items: target.items.iter().take(ITEMS).cloned().collect(),
        delivery: "数据文件，一次".to_owned(),
        until: Some(today() + Duration::days(365)),
        ..Form::default()
    };
    let draft = requests::create(&drafter.caller, &target.entry, form).await?;
    expect_state(&draft, AccessRequestState::Draft)?;
    narrator.about_case(&draft.case_number);
    narrator.done(&drafter.name, format!("drafts an application for 《{}》", target.title), "26", "DRAFT");
    Ok(draft)
}

/// Hands the application in and checks the clock that starts with it.
pub async fn submit(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    case: &str,
) -> Result<(), Failure> {
    let drafter = stage.person(&parties.applicant, Role::Drafter)?;
    let submitted = requests::submit(&drafter.caller, case).await?;
    expect_state(&submitted, AccessRequestState::Submitted)?;
    narrator.done(&drafter.name, "hands it in", "26", "SUBMITTED");
    let received = submitted.receive_time.unwrap_or_default();
    let receipt = OffsetDateTime::from_unix_timestamp(received.seconds).map_err(Failure::local)?;
    let due = Calendar::builtin().add_working_days(shanghai_date(receipt), WORKING_DAYS);
    let told = submitted.answer_due.unwrap_or_default();
    let told = (told.year, told.month, told.day);
    ensure(told == ymd(due.date), || {
        format!("the answer is due on {told:?}; {WORKING_DAYS} working days end on {}", due.date)
    })?;
    ensure(submitted.answer_due_provisional == due.provisional, || {
        "the last day is provisional, or is not told to be".to_owned()
    })?;
    let provisional = if due.provisional { ", provisional: a holiday notice is not out yet" } else { "" };
    narrator.note(format!(
        "received {}, answer due {} ({WORKING_DAYS} working days{provisional}), policy pack {}",
        shanghai(received.seconds),
        due.date,
        submitted.policy_pack
    ));
    Ok(())
}

fn ymd(date: Date) -> (i32, i32, i32) {
    (date.year(), i32::from(u8::from(date.month())), i32::from(date.day()))
}

/// Neither another unit nor a forged token gets to know of the case.
async fn outsiders(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    case: &str,
) -> Result<(), Failure> {
    let curious = stage.person(&parties.outsider, Role::Approver)?;
    let tried = requests::get(&curious.caller, case).await;
    narrator.refused(&curious.name, "reads another unit's case", ("NOT_FOUND", "29"), tried)?;
    let impostor = stage.impostor(&parties.provider, Role::Approver)?;
    let tried = requests::get(&impostor.caller, case).await;
    narrator.refused(&impostor.name, "reads it with a forged token", ("TOKEN_INVALID", "29"), tried)
}

/// One prepares the answer, another gives it.
async fn answer(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    case: &str,
) -> Result<(), Failure> {
    let approver = stage.person(&parties.provider, Role::Approver)?;
    let tried = requests::consent(&approver.caller, case).await;
    narrator.refused(
        &approver.name,
        "consents to what nobody proposed",
        ("ANSWER_NOT_PROPOSED", "26"),
        tried,
    )?;

    let both = stage.person_with(&parties.provider, "drafter-approver", &[Role::Drafter, Role::Approver])?;
    let tried = requests::propose(&both.caller, case, AnswerKind::Refusal, "").await;
    narrator.refused(&both.name, "proposes a refusal without reasons", ("REASONS_MISSING", "26"), tried)?;
    propose(narrator, &both, case, AnswerKind::Consent, "").await?;

    let drafter = stage.person(&parties.provider, Role::Drafter)?;
    let tried = requests::consent(&drafter.caller, case).await;
    narrator.refused(&drafter.name, "consents, being no approver", ("ROLE_NOT_ALLOWED", "26"), tried)?;
    let tried = requests::consent(&both.caller, case).await;
    narrator.refused(&both.name, "consents to the own proposal", ("SELF_APPROVAL", "26"), tried)?;

    let consented = requests::consent(&approver.caller, case).await?;
    expect_state(&consented, AccessRequestState::Consented)?;
    ensure(consented.overdue_time.is_none(), || {
        "an answer on the day of receipt is marked overdue".to_owned()
    })?;
    narrator.done(&approver.name, "consents", "26(一)", "CONSENTED");
    let tried = requests::consent(&approver.caller, case).await;
    narrator.refused(&approver.name, "consents once more", ("REQUEST_NOT_OPEN", "26"), tried)
}

pub async fn propose(
    narrator: &mut Narrator,
    by: &Person,
    case: &str,
    kind: AnswerKind,
    reasons: &str,
) -> Result<(), Failure> {
    let proposed = requests::propose(&by.caller, case, kind, reasons).await?;
    expect_state(&proposed, AccessRequestState::AnswerProposed)?;
    let what = match kind {
        AnswerKind::Consent => "proposes consent",
        AnswerKind::Refusal => "proposes a refusal with reasons",
    };
    narrator.done(&by.name, what, "26", "ANSWER_PROPOSED");
    Ok(())
}

pub fn expect_state(case: &AccessRequest, expected: AccessRequestState) -> Result<(), Failure> {
    let name = |state: AccessRequestState| short(state.as_str_name(), "ACCESS_REQUEST_STATE_");
    ensure(case.state() == expected, || {
        format!("case {} is {}, not {}", case.case_number, name(case.state()), name(expected))
    })
}
