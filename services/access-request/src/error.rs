//! What the caller hears when a step is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use crate::access_request::Rejection;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        refusal(rejection).into()
    }
}

fn refusal(rejection: Rejection) -> Refusal {
    use Rejection::*;
    match rejection {
        WrongState { state } => Refusal::new(
            Reason::WrongState,
            format!("the request is {state}, which does not allow this step"),
            format!("申请当前状态为 {state}，不能执行此操作"),
        )
        .state(state)
        .article("26"),
        NotOpen { state } => Refusal::new(
            Reason::RequestNotOpen,
            format!("the request is not open for an answer: it is {state}"),
            format!("申请不在待答复状态（当前为 {state}）"),
        )
        .state(state)
        .article("26"),
        FormIncomplete { missing } => {
            let mut violations = Violations::new();
            for field in &missing {
                violations.add(*field, "is required by the application form / 申请单必填项");
            }
            let fields = missing.join(", ");
            Refusal::new(
                Reason::FieldInvalid,
                format!("the application form lacks {fields}"),
                format!("申请单缺少必填项：{fields}"),
            )
            .violations(violations.into_found())
            .article("26")
        }
        UnknownItems { items } => {
            let mut violations = Violations::new();
            for item in &items {
                violations.add("form.items", format!("the entry has no item {item:?} / 目录中无此信息项"));
            }
            Refusal::new(
                Reason::FieldInvalid,
                format!("the entry has no items {}", items.join(", ")),
                format!("目录条目中没有这些信息项：{}", items.join("、")),
            )
            .violations(violations.into_found())
        }
        TermPassed => {
            let mut violations = Violations::new();
            violations.add("form.use_until", "must lie after today / 使用期限须晚于今日");
            Refusal::new(Reason::FieldInvalid, "form.use_until must lie after today", "使用期限须晚于今日")
                .violations(violations.into_found())
        }
        ResourceNotPublished { state } => Refusal::new(
            Reason::EntryNotPublished,
            format!("the entry is {state}; only published entries can be applied for"),
            format!("目录条目状态为 {state}，只有已发布的条目可以申请"),
        )
        .state(state)
        .article("14"),
        SharedActively => Refusal::new(
            Reason::EntrySharedActively,
            "the resource is shared actively and needs no application",
            "该资源属主动共享，无需申请",
        )
        .article("24(一)"),
        NotShared => {
            Refusal::new(Reason::WrongState, "the resource is listed as not shared", "该资源属不予共享")
                .state("WITHHELD")
                .article("24")
        }
        OwnResource => Refusal::new(
            Reason::OwnResource,
            "the resource is your own unit's",
            "该资源由本单位提供，无需申请",
        )
        .article("26"),
        AnswerNotProposed { state } => Refusal::new(
            Reason::AnswerNotProposed,
            "no answer was proposed yet; a drafter of your unit proposes it first",
            "尚无拟稿答复，请先由本单位经办人拟稿",
        )
        .state(state)
        .article("26"),
        OtherAnswerProposed => Refusal::new(
            Reason::AnswerNotProposed,
            "the proposed answer is of the other kind; have it proposed anew",
            "拟稿答复与所作答复不一致，请重新拟稿",
        )
        .state("ANSWER_PROPOSED")
        .article("26"),
        SelfApproval => Refusal::new(
            Reason::SelfApproval,
            "you proposed this answer, so another approver has to give it",
            "拟稿人不得审批自己拟定的答复",
        )
        .article("26"),
        ReasonsMissing => {
            let mut violations = Violations::new();
            violations.add("reasons", "written reasons are required / 须书面说明理由");
            Refusal::new(
                Reason::ReasonsMissing,
                "a refusal needs written reasons",
                "不同意提供的，应当书面说明理由",
            )
            .violations(violations.into_found())
            .article("26(二)")
        }
        OtherAgreement => {
            Refusal::new(Reason::AgreementExists, "the case has another agreement", "该申请已有其他协议")
                .article("26(一)")
        }
        NoPolicy => Refusal::new(
            Reason::WrongState,
            "no policy pack in force knows an application for this resource today",
            "当日没有适用于该资源申请的规则包",
        )
        .article("37"),
        NotOverdue => {
            Refusal::new(Reason::WrongState, "the request is not overdue", "申请未逾期").article("26")
        }
    }
}
