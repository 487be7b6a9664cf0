//! What the caller hears when a step is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use crate::procedure::Rejection;
use crate::procedure::scheme::SchemeProblem;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        refusal(rejection).into()
    }
}

fn refusal(rejection: Rejection) -> Refusal {
    use Rejection::*;
    match rejection {
        WrongState { state, article } => Refusal::new(
            Reason::WrongState,
            format!("the record is {state}, which does not allow this step"),
            format!("当前状态为 {state}，不能执行此操作"),
        )
        .state(state)
        .article(article),
        SelfApproval { article } => Refusal::new(
            Reason::SelfApproval,
            "you prepared this, so another person has to decide it",
            "拟稿人不得审批自己拟定的内容",
        )
        .article(article),
        FormIncomplete { missing, article } => {
            let mut violations = Violations::new();
            for field in &missing {
                violations.add(field, "is a mandatory part of the form / 表格必填项");
            }
            let fields = missing.join(", ");
            Refusal::new(
                Reason::FormIncomplete,
                format!("the form lacks {fields}"),
                format!("表格缺少必填项：{fields}"),
            )
            .violations(violations.into_found())
            .article(article)
        }
        WeightsInvalid { problems } => {
            let mut violations = Violations::new();
            for problem in problems {
                let (field, what) = scheme_problem(&problem);
                violations.add(field, what);
            }
            Refusal::new(
                Reason::WeightsInvalid,
                "the weights are no scheme for an evaluation",
                "权重设置有误",
            )
            .violations(violations.into_found())
            .article("32")
        }
        TooEarly { state, from, article } => Refusal::new(
            Reason::WrongState,
            format!("this is possible from {from} on"),
            format!("{from} 之前不能执行此操作"),
        )
        .state(state)
        .with("from", from.to_string())
        .article(article),
        NotHeard { until, article } => Refusal::new(
            Reason::NotHeard,
            format!("the unit has not spoken yet and may until {until}"),
            format!("该单位尚未陈述说明，期限至 {until}"),
        )
        .with("until", until.to_string())
        .article(article),
        NotGrave => Refusal::new(
            Reason::NotGrave,
            "no bad effect and serious consequence was found, so nothing is sanctioned",
            "未认定造成不良影响和严重后果，不予移送追究",
        )
        .article("34"),
        UnknownKind { known } => field(
            "kind",
            format!("is no violation of the pack in force; it knows {} / 无此违规类型", known.join(", ")),
        )
        .article("34"),
        OwnUnit { article } => Refusal::new(
            Reason::OwnResource,
            "no unit inspects, reports or judges itself here",
            "不能对本单位执行此操作",
        )
        .article(article),
        UnknownItem => field("number", "is no item of the plan / 计划中无此项".to_owned()),
        NotLead => {
            Refusal::new(Reason::RoleNotAllowed, "another unit leads this item", "该项任务由其他单位牵头")
                .article("12")
        }
        OwnResource => Refusal::new(
            Reason::OwnResource,
            "the resource is your own unit's; correct it yourselves",
            "该资源由本单位提供，请自行更正",
        )
        .article("19"),
        NotOverdue => Refusal::new(Reason::WrongState, "the record is not overdue", "未逾期"),
        NoPolicy => {
            Refusal::new(Reason::WrongState, "no policy pack is in force today", "当日没有适用的规则包")
                .state("NO_PACK_IN_FORCE")
                .article("37")
        }
    }
}

fn scheme_problem(problem: &SchemeProblem) -> (&'static str, String) {
    match problem {
        SchemeProblem::Sum(sum) => {
            ("scheme.weights", format!("must add up to 100, add up to {sum} / 权重之和须为100，现为{sum}"))
        }
        SchemeProblem::Twice(measure) => {
            ("scheme.weights", format!("names {} twice / 指标重复：{}", measure.as_str(), measure.chinese()))
        }
        SchemeProblem::Zero(measure) => (
            "scheme.weights",
            format!(
                "gives {} no weight; leave it out / 权重不得为0：{}",
                measure.as_str(),
                measure.chinese()
            ),
        ),
        SchemeProblem::FullUse => ("scheme.full_use", "must not be 0 / 不得为0".to_owned()),
        SchemeProblem::OutstandingFrom => {
            ("scheme.outstanding_from", "must be 0 to 10000 / 须为0至10000".to_owned())
        }
    }
}

/// A refusal of one field.
fn field(name: &str, problem: String) -> Refusal {
    let mut violations = Violations::new();
    violations.add(name, problem);
    Refusal::new(
        Reason::FieldInvalid,
        format!("these fields are wrong: {name}"),
        format!("以下字段有误：{name}"),
    )
    .violations(violations.into_found())
}

/// A refusal for want of written reasons.
pub fn reasons_missing(field: &str, article: &str) -> Refusal {
    let mut violations = Violations::new();
    violations.add(field, "written reasons are required / 须书面说明理由");
    Refusal::new(Reason::ReasonsMissing, "this needs written reasons", "须书面说明理由")
        .violations(violations.into_found())
        .article(article)
}
