//! What the caller hears when a step is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use crate::access_request::{Fault, Rejection, Wrong};

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
        FormFaulty { faults, pack } => form_faulty(&faults, pack),
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
        EntryOfOtherUnit => Refusal::new(
            Reason::EntryOfOtherUnit,
            "the entry is another unit's than the provider's",
            "该目录条目不属于被申请方",
        )
        .article("26"),
        EntryNotNamed => Refusal::new(
            Reason::EntryNotNamed,
            "a consent needs a catalogue entry; name the entry first",
            "同意提供的资源须已列入目录，请先确定目录条目",
        )
        .article("14"),
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
        OwnDraft => Refusal::new(
            Reason::SelfApproval,
            "you drafted this application, so an approver of your unit has to hand it in",
            "起草人不得审批自己起草的申请",
        )
        .article("26"),
        ApproverSubmits { pack, article } => Refusal::new(
            Reason::RoleNotAllowed,
            format!("under {pack} an approver of the applicant hands the application in"),
            format!("依规则包 {pack}，申请须由申请方审批人提交"),
        )
        .with("pack", pack)
        .article(&article),
        ExtraConditions { pack, article } => Refusal::new(
            Reason::ExtraConditions,
            format!("{pack} allows no conditions beyond those of the entry"),
            format!("依规则包 {pack}，不得增设目录所列以外的共享条件"),
        )
        .with("pack", pack)
        .article(&article),
        SupplementFirst { pack, article } => Refusal::new(
            Reason::SupplementFirst,
            format!(
                "under {pack} incomplete material is no reason to refuse before a supplement was asked for"
            ),
            format!("依规则包 {pack}，材料不完整的应当一次性告知补正，不得直接拒绝"),
        )
        .with("pack", pack)
        .article(&article),
        SupplementNotAllowed { pack, article, times } => Refusal::new(
            Reason::SupplementNotAllowed,
            format!("{pack} allows {times} supplements of an application"),
            format!("规则包 {pack} 允许补正{times}次"),
        )
        .with("pack", pack)
        .article(&article),
        ExtensionNotAllowed { pack, article, days } => Refusal::new(
            Reason::ExtensionNotAllowed,
            format!("{pack} allows an extension of {days} working days, once"),
            format!("规则包 {pack} 允许延期{days}个工作日，限一次"),
        )
        .with("pack", pack)
        .article(&article),
        ExtensionTooLong { days, article } => {
            let mut violations = Violations::new();
            violations.add("working_days", format!("must be 1 to {days} / 须为1至{days}个工作日"));
            Refusal::new(
                Reason::FieldInvalid,
                format!("working_days must be 1 to {days}"),
                format!("延期须为1至{days}个工作日"),
            )
            .violations(violations.into_found())
            .article(&article)
        }
        ExtensionNotAsked => Refusal::new(
            Reason::ExtensionNotAsked,
            "no extension waits for a decision",
            "没有待决定的延期申请",
        )
        .article("26"),
        LastDayPassed => Refusal::new(
            Reason::LastDayPassed,
            "the last day for the answer has passed, so it cannot be put off",
            "答复期限已届满，不能再行推迟",
        )
        .article("26"),
        LiaisonExists => Refusal::new(
            Reason::LiaisonExists,
            "the case has a liaison with a superior body already",
            "该申请已有与上级机关的联系记录",
        )
        .article("27"),
        SuperiorNotIn { stage } => Refusal::new(
            Reason::SuperiorNotInState,
            format!("the matter with the superior body is {stage}, which does not allow this step"),
            format!("与上级机关联系的状态为 {stage}，不能执行此操作"),
        )
        .with("superior", stage)
        .article("27"),
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
        NotRenewable { state } => Refusal::new(
            Reason::NotRenewable,
            "only an agreed case of your unit for this entry can be renewed, before its use ends",
            "只能在使用期限届满前，续办本单位就该条目已达成协议的申请",
        )
        .state(state)
        .article("26"),
        ReceiptDayWrong => {
            let mut violations = Violations::new();
            violations
                .add("receive_date", "must not be after today nor five years ago / 不得晚于今日或早于五年前");
            Refusal::new(
                Reason::FieldInvalid,
                "receive_date must not be after today nor more than five years ago",
                "收到日期不得晚于今日，也不得早于五年前",
            )
            .violations(violations.into_found())
            .article("26")
        }
        NoPolicy => Refusal::new(
            Reason::WrongState,
            "no policy pack in force knows an application for this resource today",
            "当日没有适用于该资源申请的规则包",
        )
        .state("NO_PACK_IN_FORCE")
        .article("37"),
        NotOverdue => {
            Refusal::new(Reason::RequestNotOverdue, "the request is not overdue", "申请未逾期").article("26")
        }
        NothingOverdue { state } => {
            Refusal::new(Reason::RequestNotOverdue, "the answer is not overdue", "答复未逾期")
                .state(state)
                .article("26")
        }
        EscalatedEnough => Refusal::new(
            Reason::EscalatedEnough,
            "20 reminders and reports are recorded for this case",
            "该申请的催办、报告已达20次",
        )
        .article("26"),
    }
}

/// Every fault with its field; the words name the fields, and the article is that of the first.
fn form_faulty(faults: &[Fault], pack: String) -> Refusal {
    let mut violations = Violations::new();
    for Fault { field, wrong, article } in faults {
        let words = match wrong {
            Wrong::Missing => format!("is required ({article}) / 申请单必填项"),
            Wrong::ModeNotListed => {
                format!("is no mode that {pack} lists ({article}) / 规则包未列此共享方式")
            }
            Wrong::TermPassed => "must lie after today / 使用期限须晚于今日".to_owned(),
            Wrong::NoSuchItem(item) => format!("the entry has no item {item:?} / 目录中无此信息项"),
        };
        violations.add(*field, words);
    }
    let mut fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
    fields.dedup();
    let fields = fields.join(", ");
    let article = faults.first().map(|fault| fault.article.as_str()).unwrap_or_default();
    Refusal::new(
        Reason::FieldInvalid,
        format!("the application form is not in order: {fields}"),
        format!("申请单填写有误：{fields}"),
    )
    .violations(violations.into_found())
    .with("pack", pack)
    .article(article)
}
