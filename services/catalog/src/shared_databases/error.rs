//! What the caller hears when the leads of a shared database cannot be as asked.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::shared_database::Rejection;
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let leads = |problem: String| {
            let mut violations = Violations::new();
            violations.add("shared_database.leads", problem);
            field_invalid(violations).article("12")
        };
        let refusal = match rejection {
            Rejection::NoLead => leads("must name at least one lead unit / 须至少有一个牵头单位".to_owned()),
            Rejection::EndsBeforeStart(unit) => {
                leads(format!("end_date of {unit} lies before its start_date / 结束日期早于开始日期"))
            }
            Rejection::Overlap(unit) => leads(format!("spans of {unit} overlap / 同一单位的牵头期间重叠")),
            Rejection::WrongState { state } => Refusal::new(
                Reason::WrongState,
                format!("the shared database is {state}: no proposed leads wait for the working group"),
                format!("共享数据库当前状态为 {state}，没有待专项工作组批准的牵头单位"),
            )
            .state(state)
            .article("12(十九)"),
            Rejection::SelfApproval => Refusal::new(
                Reason::SelfApproval,
                "you proposed these leads, so somebody else of the working group has to approve them",
                "提出人不得批准自己提出的牵头单位",
            )
            .article("12(十九)"),
        };
        refusal.into()
    }
}
