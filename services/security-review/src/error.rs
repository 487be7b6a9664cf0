//! What the caller hears when a step is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use crate::review::Rejection;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Refusal::from(rejection).into()
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        use Rejection::*;
        let refusal = match rejection {
            NotOpen { state } => Self::new(
                Reason::WrongState,
                format!("the review is decided: it is {state}"),
                format!("该审查已有结论（{state}）"),
            )
            .state(state),
            SelfApproval => Self::new(
                Reason::SelfApproval,
                "you wrote this version or one since the last publication, so another reviewer of your unit has to decide",
                "编制人（含上次发布以来各版本的编制人）不得审查自己编制的目录，请由本单位其他保密审查员审查",
            ),
            ContentMismatch => {
                let mut violations = Violations::new();
                violations.add(
                    "content_digest",
                    "is not the digest of the content under review; read it again / 与送审内容不一致，请重新阅读",
                );
                Self::new(
                    Reason::ContentMismatch,
                    "what you read is not what is under review",
                    "所阅内容与送审内容不一致",
                )
                .violations(violations.into_found())
            }
            ReasonsMissing => {
                let mut violations = Violations::new();
                violations.add("reasons", "written reasons are required / 须书面说明理由");
                Self::new(
                    Reason::ReasonsMissing,
                    "a rejection needs written reasons",
                    "审查不通过的，应当书面说明理由",
                )
                .violations(violations.into_found())
            }
        };
        refusal.article("16")
    }
}
