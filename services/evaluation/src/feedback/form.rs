//! The printable form (使用情况反馈表, art. 28). What the provider only prepares is not on it.

use govshare_model::calendar::shanghai_date;
use govshare_model::pack::{Aspect, Pack};
use service_kit::form::{Form, basis, day};

use crate::procedure::feedback::{Feedback, Outcome, State};

/// `pack` is that of its receipt; `None` where the installation does not know it any more.
pub fn filled(feedback: &Feedback, pack: Option<&Pack>, user: &str, provider: &str) -> Form {
    let Feedback { resource, receipt, .. } = feedback;
    let mut form = Form {
        title: "政务信息资源使用情况反馈表".to_owned(),
        number: feedback.number.clone(),
        seals: ["使用单位（盖章）", "提供单位（盖章）", "区政府信息办（盖章）"].map(str::to_owned).to_vec(),
        basis: pack.map(|pack| basis(pack, Some(&pack.feedback.article))).unwrap_or_default(),
        ..Form::default()
    }
    .row("使用单位", user)
    .row("提供单位", provider)
    .row("信息资源名称", format!("{}（第{}版）", resource.title, resource.version))
    .row("共享申请", feedback.case.map(|case| case.to_string()).unwrap_or_default())
    .row("提交日期", day(shanghai_date(receipt.at)))
    .row("答复期限", receipt.due.map_or_else(|| "及时".to_owned(), |due| day(due.date)));
    for (number, problem) in (1..).zip(&feedback.problems) {
        let items = match problem.items.as_slice() {
            [] => "全部信息项".to_owned(),
            items => items.join("、"),
        };
        let problem = format!("{}：{}\n涉及信息项：{items}", aspect(problem.aspect), problem.description);
        form = form.row(&format!("问题{number}"), problem);
    }
    let (mut answered, mut number, mut answered_on) = (String::new(), String::new(), String::new());
    if let Some(answer) = feedback.state.answer() {
        answered = format!("{}。{}", outcome(answer.proposal.outcome), answer.text);
        number.clone_from(&answer.number);
        answered_on = day(shanghai_date(answer.at));
    }
    let filed = match &feedback.state {
        State::Filed { filing, .. } => format!("{} {}", day(shanghai_date(filing.at)), filing.remark),
        _ => String::new(),
    };
    form = form
        .row("核实处理情况", answered)
        .row("答复文号", number)
        .row("答复日期", answered_on)
        .row("备案", filed.trim_end());
    match &feedback.state {
        State::Withdrawn { reason, at } => form.row("撤回", format!("{} {reason}", day(shanghai_date(*at)))),
        _ => form,
    }
}

/// The aspect as the policy names it (art. 32).
pub fn aspect(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Truth => "真实性",
        Aspect::Completeness => "完整性",
        Aspect::Accuracy => "准确性",
        Aspect::Timeliness => "时效性",
        Aspect::Degree => "信息共享程度",
        Aspect::Results => "共享应用绩效",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Corrected => "已更正",
        Outcome::ToBeCorrected => "将更正",
        Outcome::Confirmed => "经核实无误",
    }
}
