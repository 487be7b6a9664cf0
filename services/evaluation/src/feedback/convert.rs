//! Between contract and machine.

use govshare_model::Actor;
use govshare_model::id::UnitId;
use govshare_model::pack::Aspect;
use govshare_proto::evaluation::v1 as pb;
use service_kit::Violations;
use service_kit::validate::{date_to_proto, time_to_proto};

use crate::procedure::Procedure;
use crate::procedure::feedback::{Feedback, Outcome, Problem, State};

/// Parses the problems; `violations` hears of every bad field.
pub fn problems(given: &[pb::Problem], violations: &mut Violations) -> Vec<Problem> {
    let fits = (1..=50).contains(&given.len());
    violations.check(fits, "problems", "must be 1 to 50 problems / 问题须为1至50项");
    let mut problems = Vec::new();
    for (number, problem) in given.iter().take(50).enumerate() {
        let field = |name: &str| format!("problems[{number}].{name}");
        let description = violations.text(&field("description"), &problem.description, 1, 2000);
        violations.check(
            problem.items.len() <= 100,
            field("items"),
            "must not be more than 100 / 不得超过100项",
        );
        let items = problem.items.iter().take(100);
        let items = items.map(|item| violations.text(&field("items"), item, 1, 200)).collect();
        let aspect = match problem.aspect() {
            pb::Aspect::Truth => Aspect::Truth,
            pb::Aspect::Completeness => Aspect::Completeness,
            pb::Aspect::Accuracy => Aspect::Accuracy,
            pb::Aspect::Timeliness => Aspect::Timeliness,
            pb::Aspect::Degree | pb::Aspect::Results | pb::Aspect::Unspecified => {
                violations.add(
                    field("aspect"),
                    "must be truth, completeness, accuracy or timeliness / 须为真实性、完整性、准确性或时效性",
                );
                continue;
            }
        };
        problems.push(Problem { aspect, description, items });
    }
    problems
}

pub fn aspect_to_proto(aspect: Aspect) -> pb::Aspect {
    match aspect {
        Aspect::Truth => pb::Aspect::Truth,
        Aspect::Completeness => pb::Aspect::Completeness,
        Aspect::Accuracy => pb::Aspect::Accuracy,
        Aspect::Timeliness => pb::Aspect::Timeliness,
        Aspect::Degree => pb::Aspect::Degree,
        Aspect::Results => pb::Aspect::Results,
    }
}

pub fn outcome(outcome: pb::FeedbackOutcome, violations: &mut Violations) -> Outcome {
    match outcome {
        pb::FeedbackOutcome::Corrected => Outcome::Corrected,
        pb::FeedbackOutcome::ToBeCorrected => Outcome::ToBeCorrected,
        pb::FeedbackOutcome::Confirmed => Outcome::Confirmed,
        pb::FeedbackOutcome::Unspecified => {
            violations.add("outcome", "is required / 必填");
            Outcome::Confirmed
        }
    }
}

fn outcome_to_proto(outcome: Outcome) -> pb::FeedbackOutcome {
    match outcome {
        Outcome::Corrected => pb::FeedbackOutcome::Corrected,
        Outcome::ToBeCorrected => pb::FeedbackOutcome::ToBeCorrected,
        Outcome::Confirmed => pb::FeedbackOutcome::Confirmed,
    }
}

pub fn state_name(state: pb::FeedbackState) -> Option<&'static str> {
    match state {
        pb::FeedbackState::Unspecified => None,
        pb::FeedbackState::Submitted => Some("SUBMITTED"),
        pb::FeedbackState::Verifying => Some("VERIFYING"),
        pb::FeedbackState::AnswerProposed => Some("ANSWER_PROPOSED"),
        pb::FeedbackState::Answered => Some("ANSWERED"),
        pb::FeedbackState::Filed => Some("FILED"),
        pb::FeedbackState::Withdrawn => Some("WITHDRAWN"),
    }
}

/// A form as `viewer` may see it: what the provider prepares is shown to the provider only.
pub fn to_proto(feedback: &Feedback, viewer: &Actor, info_office: &UnitId) -> pb::Feedback {
    let prepares = viewer.unit == feedback.resource.provider;
    let (state, since) = match &feedback.state {
        State::Submitted => (pb::FeedbackState::Submitted, None),
        State::Verifying { since } => (pb::FeedbackState::Verifying, Some(*since)),
        State::AnswerProposed { since, .. } if prepares => (pb::FeedbackState::AnswerProposed, Some(*since)),
        State::AnswerProposed { since, .. } => (pb::FeedbackState::Verifying, Some(*since)),
        State::Answered { since, .. } => (pb::FeedbackState::Answered, Some(*since)),
        State::Filed { since, .. } => (pb::FeedbackState::Filed, Some(*since)),
        State::Withdrawn { .. } => (pb::FeedbackState::Withdrawn, None),
    };
    let mut answer = feedback.state.answer().map(|answer| pb::FeedbackAnswer {
        document_number: answer.number.clone(),
        outcome: outcome_to_proto(answer.proposal.outcome).into(),
        text: answer.text.clone(),
        propose_time: prepares.then(|| time_to_proto(answer.proposal.at)),
        answer_time: Some(time_to_proto(answer.at)),
        copies_to_unit_ids: vec![feedback.user.to_string(), info_office.to_string()],
    });
    let mut updated = feedback.head.updated;
    if let State::AnswerProposed { since, proposal } = &feedback.state {
        if prepares {
            answer = Some(pb::FeedbackAnswer {
                document_number: String::new(),
                outcome: outcome_to_proto(proposal.outcome).into(),
                text: proposal.text.clone(),
                propose_time: Some(time_to_proto(proposal.at)),
                answer_time: None,
                copies_to_unit_ids: Vec::new(),
            });
        } else {
            updated = feedback.overdue.map_or(*since, |overdue| overdue.max(*since));
        }
    }
    let filing = match &feedback.state {
        State::Filed { filing, .. } => Some(filing),
        _ => None,
    };
    let withdrawal_reason = match &feedback.state {
        State::Withdrawn { reason, .. } => reason.clone(),
        _ => String::new(),
    };
    let receipt = &feedback.receipt;
    pb::Feedback {
        feedback_id: feedback.head.id.to_string(),
        user_unit_id: feedback.user.to_string(),
        provider_unit_id: feedback.resource.provider.to_string(),
        entry_id: feedback.resource.entry.to_string(),
        entry_version: feedback.resource.version,
        entry_title: feedback.resource.title.clone(),
        case_id: feedback.case().map(|case| case.to_string()).unwrap_or_default(),
        problems: feedback
            .problems
            .iter()
            .map(|problem| pb::Problem {
                aspect: aspect_to_proto(problem.aspect).into(),
                description: problem.description.clone(),
                items: problem.items.clone(),
            })
            .collect(),
        state: state.into(),
        receive_time: Some(time_to_proto(receipt.at)),
        answer_due: receipt.due.map(|due| date_to_proto(due.date)),
        answer_due_provisional: receipt.due.is_some_and(|due| due.provisional),
        policy_pack: format!("{}/{}", receipt.pack, receipt.pack_version),
        overdue_time: feedback.overdue.map(time_to_proto),
        verify_time: since.map(time_to_proto),
        answer,
        filing_remark: filing.map(|filing| filing.remark.clone()).unwrap_or_default(),
        file_time: filing.map(|filing| time_to_proto(filing.at)),
        withdrawal_reason,
        update_time: Some(time_to_proto(updated)),
        document_number: feedback.number.clone(),
    }
}
