//! What the caller hears when a step on an explanation is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal};

use super::explanation::Rejection;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the explanation is {state}, which does not allow this step"),
                format!("书面说明当前状态为 {state}，不能执行此操作"),
            )
            .state(state),
            Rejection::SelfApproval => Refusal::new(
                Reason::SelfApproval,
                "you wrote on this explanation, so another approver has to file it",
                "拟稿人不得报送自己拟写的书面说明",
            ),
        };
        refusal.article("16").into()
    }
}
