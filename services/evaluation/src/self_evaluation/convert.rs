//! Between contract and machine.

use govshare_model::pack::Aspect;
use govshare_proto::evaluation::v1 as pb;
use govshare_proto::google::r#type::Date;
use service_kit::validate::{date_to_proto, time_to_proto};
use service_kit::{Violations, etag};
use time::Duration;

use crate::feedback::aspect_to_proto;
use crate::procedure::self_evaluation::{Assessment, Period, SelfEvaluation, State};

pub fn period(start: Option<&Date>, end: Option<&Date>, violations: &mut Violations) -> Option<Period> {
    violations.check(start.is_some(), "period_start", "is required / 必填");
    violations.check(end.is_some(), "period_end", "is required / 必填");
    let (start, end) = (violations.date("period_start", start), violations.date("period_end", end));
    let (start, end) = start.zip(end)?;
    let fits = start <= end && end - start <= Duration::days(366);
    violations.check(
        fits,
        "period_end",
        "must not lie before period_start nor more than 366 days after it / 须不早于起始日且不超过一年",
    );
    Some(Period { start, end })
}

/// Parses assessments; `violations` hears of every bad field.
pub fn assessments(given: &[pb::Assessment], violations: &mut Violations) -> Vec<Assessment> {
    violations.check(given.len() <= 6, "assessments", "must not be more than six / 不得超过六项");
    let mut assessments: Vec<Assessment> = Vec::new();
    for (number, one) in given.iter().take(6).enumerate() {
        let field = |name: &str| format!("assessments[{number}].{name}");
        let aspect = match one.aspect() {
            pb::Aspect::Unspecified => None,
            pb::Aspect::Truth => Some(Aspect::Truth),
            pb::Aspect::Completeness => Some(Aspect::Completeness),
            pb::Aspect::Accuracy => Some(Aspect::Accuracy),
            pb::Aspect::Timeliness => Some(Aspect::Timeliness),
            pb::Aspect::Degree => Some(Aspect::Degree),
            pb::Aspect::Results => Some(Aspect::Results),
        };
        violations.check(aspect.is_some(), field("aspect"), "is required / 必填");
        let score = u8::try_from(one.score).ok().filter(|score| *score <= 100);
        violations.check(score.is_some(), field("score"), "must be 0 to 100 / 须为0至100");
        let remarks = violations.text(&field("remarks"), &one.remarks, 1, 2000);
        let (Some(aspect), Some(score)) = (aspect, score) else { continue };
        let again = assessments.iter().any(|known| known.aspect == aspect);
        violations.check(!again, field("aspect"), "is named twice / 重复");
        assessments.push(Assessment { aspect, score, remarks });
    }
    assessments.sort_by_key(|assessment| i32::from(aspect_to_proto(assessment.aspect)));
    assessments
}

pub fn state_name(state: pb::SelfEvaluationState) -> Option<&'static str> {
    match state {
        pb::SelfEvaluationState::Unspecified => None,
        pb::SelfEvaluationState::Draft => Some("DRAFT"),
        pb::SelfEvaluationState::Submitted => Some("SUBMITTED"),
        pb::SelfEvaluationState::Accepted => Some("ACCEPTED"),
    }
}

pub fn to_proto(found: &SelfEvaluation) -> pb::SelfEvaluation {
    let (state, submitted, accepted, given_back) = match &found.state {
        State::Draft { given_back } => (pb::SelfEvaluationState::Draft, None, None, given_back.as_ref()),
        State::Submitted { at, .. } => (pb::SelfEvaluationState::Submitted, Some(*at), None, None),
        State::Accepted { submitted, at, .. } => {
            (pb::SelfEvaluationState::Accepted, Some(*submitted), Some(*at), None)
        }
    };
    pb::SelfEvaluation {
        self_evaluation_id: found.head.id.to_string(),
        unit_id: found.unit.to_string(),
        period_start: Some(date_to_proto(found.period.start)),
        period_end: Some(date_to_proto(found.period.end)),
        assessments: found
            .assessments
            .iter()
            .map(|assessment| pb::Assessment {
                aspect: aspect_to_proto(assessment.aspect).into(),
                score: assessment.score.into(),
                remarks: assessment.remarks.clone(),
            })
            .collect(),
        state: state.into(),
        submit_time: submitted.map(time_to_proto),
        accept_time: accepted.map(time_to_proto),
        return_reasons: given_back.map(|given_back| given_back.reasons.clone()).unwrap_or_default(),
        update_time: Some(time_to_proto(found.head.updated)),
        document_number: found.number.clone(),
        etag: etag::of(found.head.version),
    }
}
