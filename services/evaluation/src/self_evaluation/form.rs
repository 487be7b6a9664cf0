//! The printable form (使用情况反馈表) in its variant for a unit's evaluation of itself (art. 32).

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::Pack;
use service_kit::form::{Form, basis, day};

use crate::feedback::aspect;
use crate::procedure::self_evaluation::{SelfEvaluation, State};

/// `pack` is that of the day of submission, or of today; `None` where none is in force.
pub fn filled(found: &SelfEvaluation, pack: Option<&Pack>, unit: &str) -> Form {
    let (submitted, accepted, given_back) = match &found.state {
        State::Draft { given_back } => (None, None, given_back.as_ref()),
        State::Submitted { at, .. } => (Some(*at), None, None),
        State::Accepted { submitted, at, .. } => (Some(*submitted), Some(*at), None),
    };
    let on = |moment: Option<_>| moment.map(|at| day(shanghai_date(at))).unwrap_or_default();
    let mut form = Form {
        title: "政务信息资源使用情况反馈表（自评估）".to_owned(),
        number: found.number.clone(),
        seals: ["填报单位（盖章）", "区政府信息办（盖章）"].map(str::to_owned).to_vec(),
        basis: pack.map(|pack| basis(pack, Some(&pack.evaluation.aspects.article))).unwrap_or_default(),
        ..Form::default()
    }
    .row("填报单位", unit)
    .row("评估期间", format!("{}至{}", day(found.period.start), day(found.period.end)));
    for assessment in &found.assessments {
        let said = format!("{}分。{}", assessment.score, assessment.remarks);
        form = form.row(aspect(assessment.aspect), said);
    }
    form = form.row("报送日期", on(submitted)).row("接收日期", on(accepted));
    match given_back {
        Some(given_back) => {
            form.row("退回", format!("{} {}", day(shanghai_date(given_back.at)), given_back.reasons))
        }
        None => form,
    }
}
