//! What a service hears when its events are refused.

use service_kit::{Reason, Refusal, Violations};

use crate::sequence::Mismatch;

impl From<Mismatch> for Refusal {
    fn from(Mismatch(events): Mismatch) -> Self {
        let mut violations = Violations::new();
        for index in &events {
            violations.add(
                format!("events[{index}].leaf"),
                "its aggregate and version are in the log with another leaf / 该版本已记录为不同内容",
            );
        }
        Refusal::new(
            Reason::ContentMismatch,
            format!("{} events are in the log with other content", events.len()),
            format!("{}个事件与已记录内容不一致", events.len()),
        )
        .violations(violations.into_found())
    }
}
