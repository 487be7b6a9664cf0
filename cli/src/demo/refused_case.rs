//! A second application, which the provider refuses: with written reasons, and copies to whom they belong.

use govshare_model::Role;
use govshare_proto::access_request::v1::AccessRequestState;

use super::application::{self, expect_state};
use super::catalogue::Target;
use super::narration::{Narrator, ensure};
use super::parties::Parties;
use super::stage::Stage;
use crate::failure::Failure;
use crate::requests::{self, AnswerKind};

const REASONS: &str = "申请的信息项超出申请单位履行职责所需的范围（第二十三条），建议缩小范围后重新申请。";

/// Gives the case's id.
pub async fn play(
    stage: &Stage,
    narrator: &mut Narrator,
    parties: &Parties,
    target: &Target,
) -> Result<String, Failure> {
    let case = application::draft(stage, narrator, parties, target, "掌握全区情况").await?.access_request_id;
    application::submit(stage, narrator, parties, &case).await?;
    let drafter = stage.person(&parties.provider, Role::Drafter)?;
    application::propose(narrator, &drafter, &case, AnswerKind::Refusal, REASONS).await?;

    let approver = stage.person(&parties.provider, Role::Approver)?;
    let tried = requests::refuse(&approver.caller, &case, "").await;
    narrator.refused(&approver.name, "refuses without reasons", ("REASONS_MISSING", "26"), tried)?;
    let tried = requests::consent(&approver.caller, &case).await;
    narrator.refused(
        &approver.name,
        "consents where a refusal is proposed",
        ("ANSWER_NOT_PROPOSED", "26"),
        tried,
    )?;
    let refused = requests::refuse(&approver.caller, &case, REASONS).await?;
    expect_state(&refused, AccessRequestState::Refused)?;
    narrator.done(&approver.name, "refuses with written reasons", "26(二)", "REFUSED");

    let answer = refused.answer.unwrap_or_default();
    for unit in [&parties.applicant, &parties.info_office] {
        ensure(answer.copies_to_unit_ids.iter().any(|copy| copy == unit.as_str()), || {
            format!("{unit} got no copy of the refusal (art. 26(二))")
        })?;
    }
    let applicant = stage.person(&parties.applicant, Role::Approver)?;
    let read = requests::get(&applicant.caller, &case).await?.answer.unwrap_or_default();
    ensure(read.reasons == REASONS, || "the applicant reads other reasons than were given".to_owned())?;
    narrator.note(format!("copies to {}: {REASONS}", answer.copies_to_unit_ids.join(", ")));
    Ok(case)
}
