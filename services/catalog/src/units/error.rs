//! What the caller hears when a record of the register cannot be as asked.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::unit::{Field, Rejection};
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let mut violations = Violations::new();
        match rejection {
            Rejection::KindMissing => {
                violations
                    .add("unit.kind", "is required with a credit code / 有统一社会信用代码的单位须填写类别");
            }
            Rejection::CreditCodeGone => {
                violations.add("unit.credit_code", "can be replaced, not taken away / 可以更换，不得清空");
            }
            Rejection::SectionMissing => {
                let problem = "a unit with a credit code names its responsible section / 须明确责任科室";
                violations.add("unit.section", problem);
            }
            Rejection::NameTwice(name) => {
                violations.add("unit.aliases", format!("names {name:?} twice / 名称重复"));
            }
        }
        field_invalid(violations).article("13").into()
    }
}

pub(super) fn field_not_yours(field: Field) -> Refusal {
    Refusal::new(
        Reason::RoleNotAllowed,
        format!("{} is changed by the info office", field.name()),
        format!("{} 由信息办修改", field.name()),
    )
    .with("field", field.name())
    .article("13")
}
