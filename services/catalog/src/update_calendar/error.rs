//! What the caller hears when an update cannot be recorded: reason, both languages, article.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::schedule::Rejection;
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::DayToCome => {
                let mut violations = Violations::new();
                violations.add("day", "must not lie after today / 更新日期不得晚于今日");
                field_invalid(violations).article("19").into()
            }
            Rejection::NotLate => {
                Refusal::new(Reason::WrongState, "the entry is not late", "条目未逾期").article("19").into()
            }
        }
    }
}

/// An entry that is not listed has no data that others take.
pub fn not_published(state: &'static str) -> Refusal {
    Refusal::new(
        Reason::WrongState,
        format!("the entry is {state}; updates are recorded for published entries"),
        format!("目录条目状态为 {state}，只有已发布的条目可以登记更新"),
    )
    .state(state)
    .article("19")
}
