//! What the caller hears when a step on an archive record is refused: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::record::Rejection;
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let (field, problem) = match rejection {
            Rejection::WrongState { state } => {
                return Refusal::new(
                    Reason::WrongState,
                    format!("the record is {state}, which does not allow this step"),
                    format!("归档记录当前状态为 {state}，不能执行此操作"),
                )
                .state(state)
                .article("20")
                .into();
            }
            Rejection::NotOverdue => {
                return Refusal::new(
                    Reason::WrongState,
                    "nothing was archived yet, and there is time until archive_due",
                    "尚未归档且未超过归档期限",
                )
                .state("TO_ARCHIVE")
                .article("11")
                .into();
            }
            Rejection::SelfApproval => {
                return Refusal::new(
                    Reason::SelfApproval,
                    "you recorded the archiving, so somebody else has to confirm it",
                    "归档登记人不得确认自己登记的归档",
                )
                .article("11")
                .into();
            }
            Rejection::EndsBeforeStart => {
                ("information.period_end", "lies before period_start / 结束日期早于开始日期")
            }
            Rejection::DueBeforeEnd => {
                ("information.archive_due", "lies before period_end / 归档期限早于采集结束日期")
            }
            Rejection::DayBeforeEnd => {
                ("day", "must not lie before the last day of the collection / 归档日期不得早于采集结束日期")
            }
            Rejection::DayToCome => ("day", "must not lie after today / 归档日期不得晚于今日"),
        };
        let mut violations = Violations::new();
        violations.add(field, problem);
        field_invalid(violations).article("20").into()
    }
}
