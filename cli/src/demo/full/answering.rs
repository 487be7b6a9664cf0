//! Articles 27 and 28: resources of a superior body, and problems found in data that was obtained.

use govshare_model::Role;
use govshare_proto::access_request::v1::SuperiorState;
use govshare_proto::evaluation::v1 as pb;

use super::applications::{consents, received, refuses};
use super::sharing::Shared;
use super::walk::{Walk, call, state};
use crate::connect::request_id;
use crate::demo::WITHIN;
use crate::demo::catalogue::Target;
use crate::demo::narration::{ensure, until};
use crate::failure::Failure;
use crate::requests::steps::{Step, take};
use crate::requests::{self, AnswerKind};

pub async fn superior_body(walk: &mut Walk<'_>, target: &Target) -> Result<(), Failure> {
    let (drafter, approver) = (walk.provider(Role::Drafter)?, walk.provider(Role::Approver)?);
    let (applicant, office) = (walk.applicant(Role::Drafter)?, walk.office()?);
    let received = received(walk, target, "核定教育经费").await?;
    walk.narrator.about_case(&received.case_number);
    let case = received.access_request_id.clone();
    let start = || Step::StartLiaison {
        case: case.clone(),
        body: "市教委".to_owned(),
        statement: "请示提供学籍数据".to_owned(),
    };
    let liaison = take(&drafter.caller, start()).await?;
    ensure(liaison.answer_due == received.answer_due, || "the clock does not run on".to_owned())?;
    walk.reached(
        &drafter,
        "asks 市教委, whose resource it is; the clock runs on",
        state!(liaison),
        "SUBMITTED",
    )?;
    let tried = take(&drafter.caller, start()).await;
    walk.refused(&drafter, "begins a second liaison", "LIAISON_EXISTS", tried)?;
    requests::propose(&drafter.caller, &case, AnswerKind::Consent, "").await?;
    let tried = requests::consent(&approver.caller, &case).await;
    walk.refused(&approver, "consents before the superior body did", "SUPERIOR_NOT_IN_STATE", tried)?;
    let words = "市教委不予提供";
    let stated = Step::SuperiorRefuses { case: case.clone(), statement: words.to_owned() };
    take(&approver.caller, stated).await?;
    let matter = requests::get(&applicant.caller, &case).await?.superior.unwrap_or_default();
    ensure(matter.state() == SuperiorState::Refused && matter.copies_to_unit_ids.len() == 2, || {
        format!("the applicant reads {matter:?}")
    })?;
    let copies = matter.copies_to_unit_ids.join(", ");
    walk.done(&approver, format!("states in writing to {copies}: {words}"));
    let refused = refuses(walk, &case, words).await?;
    walk.reached(&approver, "refuses for that reason", state!(refused), "REFUSED")?;
    let ask = Step::AskCity { case: case.clone(), statement: "请市里协调".to_owned() };
    take(&office.caller, ask).await?;
    walk.done(&office, "asks the city's authority to coordinate");
    walk.waits_for(&office, "record-city", |task| task.case_id == case).await?;
    let outcome = "市里同意提供汇总数".to_owned();
    let record = Step::CityCoordinated { case: case.clone(), provided: true, outcome };
    let coordinated = take(&office.caller, record).await?;
    walk.reached(&office, "records that the city obtained it", state!(coordinated), "COORDINATED")?;
    let consented = consents(walk, &case).await?;
    walk.reached(&approver, "consents", state!(consented), "CONSENTED")
}

pub async fn feedback(walk: &mut Walk<'_>, shared: &Shared) -> Result<(), Failure> {
    let (user, provider) = (walk.applicant(Role::Drafter)?, walk.provider(Role::Drafter)?);
    let (approver, office) = (walk.provider(Role::Approver)?, walk.office()?);
    walk.narrator.about_case(&shared.case.number);
    let submit = |description: &str| pb::SubmitFeedbackRequest {
        entry_id: shared.target.entry.clone(),
        case_id: shared.case.id.clone(),
        problems: vec![pb::Problem {
            aspect: pb::Aspect::Accuracy.into(),
            description: description.to_owned(),
            items: vec!["人数".to_owned()],
        }],
        request_id: request_id(),
    };
    let tried = call!(user, feedback.submit_feedback, submit(""));
    let wrong = ("FIELD_INVALID", &["problems[0].description"][..]);
    walk.refused_fields(&user, "submits a form that says no problem", wrong, tried)?;
    let (form, _) = until(WITHIN, "the case in the evaluation", async || {
        match call!(user, feedback.submit_feedback, submit("人数与年鉴不符")) {
            Ok(submitted) => Ok(submitted.feedback),
            Err(failure) if failure.reason() == "FIELD_INVALID" => Ok(None),
            Err(failure) => Err(failure),
        }
    })
    .await?;
    walk.reached(&user, "submits the form: 人数与年鉴不符", state!(form), "SUBMITTED")?;
    let feedback_id = form.feedback_id;
    let answer = || pb::AnswerFeedbackRequest {
        feedback_id: feedback_id.clone(),
        text: "已更正并重新发布".to_owned(),
        request_id: request_id(),
    };
    let tried = call!(approver, feedback.answer_feedback, answer());
    walk.refused(&approver, "answers before it is verified", "WRONG_STATE", tried)?;
    walk.waits_for(&provider, "verify", |task| task.resource.ends_with(&feedback_id)).await?;
    let verify = pb::VerifyFeedbackRequest { feedback_id: feedback_id.clone(), request_id: request_id() };
    let verifying = call!(provider, feedback.verify_feedback, verify)?.feedback.unwrap_or_default();
    walk.reached(&provider, "verifies it", state!(verifying), "VERIFYING")?;
    let roles = [Role::Drafter, Role::Approver];
    let both = walk.stage.person_with(&walk.parties.provider, "drafter-approver", &roles)?;
    let propose = pb::ProposeFeedbackAnswerRequest {
        feedback_id: feedback_id.clone(),
        outcome: pb::FeedbackOutcome::Corrected.into(),
        text: "已更正并重新发布".to_owned(),
        request_id: request_id(),
    };
    let proposed = call!(both, feedback.propose_feedback_answer, propose)?.feedback.unwrap_or_default();
    walk.reached(&both, "proposes the answer", state!(proposed), "ANSWER_PROPOSED")?;
    let tried = call!(both, feedback.answer_feedback, answer());
    walk.refused(&both, "gives the answer they proposed", "SELF_APPROVAL", tried)?;
    let answered = call!(approver, feedback.answer_feedback, answer())?.feedback.unwrap_or_default();
    let written = answered.answer.clone().unwrap_or_default();
    ensure(written.copies_to_unit_ids.len() == 2, || {
        format!("copies went to {:?}", written.copies_to_unit_ids)
    })?;
    walk.reached(&approver, "answers in writing: 已更正并重新发布", state!(answered), "ANSWERED")?;
    let file = pb::FileFeedbackRequest {
        feedback_id: feedback_id.clone(),
        remark: "备案".to_owned(),
        request_id: request_id(),
    };
    let filed = call!(office, feedback.file_feedback, file)?.feedback.unwrap_or_default();
    walk.reached(&office, "puts it on file", state!(filed), "FILED")?;
    let wanted = pb::GetFeedbackDocumentRequest { feedback_id };
    let paper = call!(user, feedback.get_feedback_document, wanted)?;
    walk.printed(&user, &paper.file_name, &paper.content)
}
