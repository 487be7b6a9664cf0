//! What the caller hears when a step on a regulation is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal};

use super::regulation::Rejection;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::WrongState { state, article } => Refusal::new(
                Reason::WrongState,
                format!("the regulation is {state}, which does not allow this step"),
                format!("制度文件当前状态为 {state}，不能执行此操作"),
            )
            .state(state)
            .article(article),
            Rejection::SelfApproval { article } => Refusal::new(
                Reason::SelfApproval,
                "you wrote or submitted this edition, so somebody else has to take this step",
                "本人拟写或报送的制度文件须由他人办理",
            )
            .article(article),
            Rejection::NotLead => Refusal::new(
                Reason::NotLeadUnit,
                "your unit does not lead this shared database today",
                "本单位当日不是该共享数据库的牵头单位",
            )
            .article("12"),
        };
        refusal.into()
    }
}
