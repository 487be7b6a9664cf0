//! What the caller hears when the leads of a shared database cannot be as asked.

use service_kit::{Failure, Violations};

use super::shared_database::Rejection;
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let problem = match rejection {
            Rejection::NoLead => "must name at least one lead unit / 须至少有一个牵头单位".to_owned(),
            Rejection::EndsBeforeStart(unit) => {
                format!("end_date of {unit} lies before its start_date / 结束日期早于开始日期")
            }
            Rejection::Overlap(unit) => format!("spans of {unit} overlap / 同一单位的牵头期间重叠"),
        };
        let mut violations = Violations::new();
        violations.add("shared_database.leads", problem);
        field_invalid(violations).article("12").into()
    }
}
