//! What the caller hears when a step on a collection plan is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::plan::Rejection;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let refusal = match rejection {
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the plan is {state}, which does not allow this step"),
                format!("采集计划当前状态为 {state}，不能执行此操作"),
            )
            .state(state)
            .article("18"),
            Rejection::SelfApproval => Refusal::new(
                Reason::SelfApproval,
                "you wrote or submitted this plan, so another approver has to take this step",
                "本人编制或报送的采集计划须由他人办理",
            )
            .article("18"),
            Rejection::NeedMissing { items } => {
                let mut violations = Violations::new();
                for place in &items {
                    let problem = "another unit has this already; say why you have to collect it yourself \
                                   / 其他单位已采集，确需自行采集的须写明理由";
                    violations.add(format!("items[{place}].need"), problem);
                }
                Refusal::new(
                    Reason::NeedMissing,
                    format!("{} items that other units have lack their need", items.len()),
                    format!("有{}项其他单位已采集的信息未写明自行采集的需要", items.len()),
                )
                .violations(violations.into_found())
                .article("18")
            }
            Rejection::Duplicates { names, article } => Refusal::new(
                Reason::DuplicateCollection,
                format!("sharing can give: {}", names.join(", ")),
                format!("以下信息可通过共享获取，不得重复采集：{}", names.join("、")),
            )
            .article(&article),
        };
        refusal.into()
    }
}
