//! What the caller hears when a step is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use crate::agreement::Rejection;
use crate::agreement::lifecycle::Fault;
use crate::terms::TermsProblem;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        refusal(rejection).into()
    }
}

fn refusal(rejection: Rejection) -> Refusal {
    use Rejection::*;
    match rejection {
        CaseNotConsented { state } => Refusal::new(
            Reason::CaseNotConsented,
            format!("the case is {state}: only a consented one leads to an agreement"),
            format!("申请当前状态为 {state}，提供方同意后方可起草协议"),
        )
        .state(state)
        .article("26(一)"),
        AgreementExists => Refusal::new(
            Reason::AgreementExists,
            "the case has an agreement; cancel it before you draft another",
            "该申请已有协议，须先取消原协议",
        )
        .article("26(一)"),
        PackUnknown { pack } => Refusal::new(
            Reason::PolicyPackUnknown,
            format!("this installation does not list {pack}"),
            format!("本平台未列规则包 {pack}"),
        )
        .with("pack", pack)
        .article("37"),
        EntryNotPublished { state } => Refusal::new(
            Reason::EntryNotPublished,
            format!("the entry is {state}; only a published one is agreed on anew"),
            format!("目录条目状态为 {state}，只有已发布的条目可以变更或者续签协议"),
        )
        .state(state)
        .article("14"),
        Provisional { units } => {
            let units = units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Refusal::new(
                Reason::UnitProvisional,
                format!("the register records of these parties are provisional: {units}"),
                format!("以下单位尚为暂列，信息办核实登记后方可签订协议：{units}"),
            )
            .with("units", units)
            .article("2")
        }
        TermsInvalid { problems } => {
            let mut violations = Violations::new();
            for problem in &problems {
                let (field, words) = terms_problem(problem);
                violations.add(field, words);
            }
            Refusal::new(Reason::FieldInvalid, "the terms do not fit the case", "协议条款与申请或者资源不符")
                .violations(violations.into_found())
                .article("26(一)")
        }
        NoSuchDocument { agreement, kind } => {
            Refusal::not_found("agreement-document", format!("{agreement}/{}", kind.as_str()))
        }
        NotASignatory => Refusal::new(
            Reason::RoleNotAllowed,
            "your unit is not a party to this document",
            "贵单位不是该文件的签署方",
        )
        .article("26(一)"),
        WrongState { state } => Refusal::new(
            Reason::WrongState,
            format!("the agreement is {state}, which does not allow this step"),
            format!("协议当前状态为 {state}，不能执行此操作"),
        )
        .state(state)
        .article("26(一)"),
        ValidityOver => Refusal::new(
            Reason::WrongState,
            "the last day of validity has passed; cancel the agreement and draft another",
            "协议有效期已过，请取消后重新起草",
        )
        .state("AWAITING_SIGNATURES")
        .article("26(一)"),
        KeyNotActive => Refusal::new(
            Reason::KeyNotActive,
            "the key is not an active key of your unit",
            "该密钥不是贵单位在册有效的密钥",
        )
        .article("26(一)"),
        SignatureInvalid => {
            let mut violations = Violations::new();
            violations.add(
                "signature",
                "does not verify over the stored bytes with this key / 与存储文件及所列密钥不符",
            );
            Refusal::new(Reason::SignatureInvalid, "the signature is not valid", "签名验证未通过")
                .violations(violations.into_found())
                .article("26(一)")
        }
        AlreadySigned => Refusal::new(
            Reason::AlreadySigned,
            "your unit has signed this document with another signature",
            "贵单位已以其他签名签署该文件",
        )
        .state("AWAITING_SIGNATURES")
        .article("26(一)"),
        ReplacedOver { state } => Refusal::new(
            Reason::ReplacedAgreementOver,
            format!("the agreement that this one replaces is {state}; cancel this one and apply anew"),
            format!("被取代的协议状态为 {state}，请取消本协议并重新申请"),
        )
        .state(state)
        .article("26(一)"),
        Faulty(faults) => faulty(&faults),
        SuspendedByOther => Refusal::new(
            Reason::RoleNotAllowed,
            "another unit suspended the agreement; it resumes, or the info office",
            "协议由其他单位中止，应由该单位或者信息办恢复",
        )
        .state("SUSPENDED"),
        FiledBefore => {
            Refusal::new(Reason::WrongState, "the termination is on file already", "该终止已经备案")
                .state("TERMINATED")
                .article("26(一)")
        }
        DutyDischarged => Refusal::new(
            Reason::DutyDischarged,
            "what became of the copies is attested already",
            "信息处置情况已经申明",
        )
        .article("23"),
        DisposalNotAllowed => field(
            Refusal::new(
                Reason::DisposalNotAllowed,
                "the policy pack does not allow to dispose of the copies like this",
                "所适用的规定不允许这样处置所留信息",
            ),
            ("disposal", "is not one of those that the pack allows / 不在允许之列"),
        )
        .article("23"),
        DutyNotOverdue | NotOver => Refusal::new(Reason::WrongState, "nothing is overdue", "尚未到期"),
    }
}

/// What happens under an agreement needs an active one.
pub fn agreement_not_active(state: &'static str) -> Refusal {
    Refusal::new(
        Reason::AgreementNotActive,
        format!("the agreement is {state}; this needs an active one"),
        format!("协议状态为 {state}，只有生效中的协议可以执行此操作"),
    )
    .state(state)
}

/// The refusal of one field.
/// In the words of the first fault, with every field that is wrong.
fn faulty(faults: &[Fault]) -> Refusal {
    let mut violations = Violations::new();
    for fault in faults {
        let (field, problem) = match fault {
            Fault::GroundsMissing => ("grounds", "written grounds are required / 须书面说明理由"),
            Fault::MendingTermMissing => ("mend_until", "is required / 必填"),
            Fault::MendingTermPassed => ("mend_until", "must not lie before today / 不得早于今日"),
            Fault::MendingTermAfterEnd => {
                ("mend_until", "must not lie after the last day of validity / 不得晚于协议有效期的末日")
            }
            Fault::NegotiationMissing => ("negotiation", "is required / 必填"),
        };
        violations.add(field, problem);
    }
    let (reason, english, chinese, article) = match faults.first() {
        Some(Fault::MendingTermMissing) => (
            Reason::MendingTermMissing,
            "a suspension sets a term to mend what is wrong",
            "中止提供的，应当限期改正",
            "23",
        ),
        Some(Fault::MendingTermPassed) => {
            (Reason::FieldInvalid, "the term has passed already", "限期早于今日", "23")
        }
        Some(Fault::MendingTermAfterEnd) => (
            Reason::FieldInvalid,
            "the term lies after the last day of the agreement",
            "限期晚于协议的末日",
            "23",
        ),
        Some(Fault::NegotiationMissing) => (
            Reason::NegotiationMissing,
            "say how the termination was negotiated with the other party: it is filed with the info office",
            "终止协议应当与对方协商并报信息办备案，请写明协商情况",
            "26(一)",
        ),
        Some(Fault::GroundsMissing) | None => (
            Reason::ReasonsMissing,
            "suspension and termination need written grounds",
            "中止或者终止协议的，应当书面说明理由",
            "26(一)",
        ),
    };
    Refusal::new(reason, english, chinese).violations(violations.into_found()).article(article)
}

pub fn field(refusal: Refusal, (field, problem): (&str, &str)) -> Refusal {
    let mut violations = Violations::new();
    violations.add(field, problem);
    refusal.violations(violations.into_found())
}

fn terms_problem(problem: &TermsProblem) -> (&'static str, String) {
    match problem {
        TermsProblem::EndsBeforeStart => {
            ("terms.valid_until", "must not lie before valid_from / 不得早于起始日".to_owned())
        }
        TermsProblem::Over => ("terms.valid_until", "must not lie before today / 不得早于今日".to_owned()),
        TermsProblem::NotAskedFor { item } => {
            ("terms.items", format!("{item:?} was not asked for / 申请单未列此信息项"))
        }
        TermsProblem::WholeNotAskedFor => (
            "terms.items",
            "must name items: the whole resource was not asked for / 申请单仅列部分信息项，须逐项列明"
                .to_owned(),
        ),
        TermsProblem::ModeNotAllowed => {
            ("terms.delivery_mode", "is not one that the pack knows / 不在规定的共享方式之列".to_owned())
        }
        TermsProblem::StartsLater => (
            "terms.valid_from",
            "must not lie after today: it takes the other's place when all have signed / 不得晚于今日"
                .to_owned(),
        ),
        TermsProblem::NoLonger => (
            "terms.valid_until",
            "must lie after the last day of what is renewed / 须晚于原协议的末日".to_owned(),
        ),
        TermsProblem::Unknown { item } => {
            ("terms.items", format!("the entry has no item {item:?} / 目录中无此信息项"))
        }
    }
}
