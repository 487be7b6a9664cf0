//! What the caller hears when the tree cannot be as asked.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::node::Rejection;
use crate::error::field_invalid;

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let code = rejection.code().to_string();
        let refusal = match rejection {
            Rejection::Retired { .. } => Refusal::new(
                Reason::WrongState,
                format!("node {code} is retired for good"),
                format!("分类 {code} 已停用"),
            )
            .state("RETIRED")
            .article("15"),
            Rejection::HasChildren { .. } => Refusal::new(
                Reason::NodeHasChildren,
                format!("nodes below {code} are in use; retire them first"),
                format!("分类 {code} 的下级分类仍在使用，请先停用下级分类"),
            )
            .article("15"),
            Rejection::NoParent { .. } | Rejection::NamedTwice { .. } => return all(vec![rejection]),
        };
        refusal.resource("classification-node", code).into()
    }
}

impl Rejection {
    fn code(&self) -> &super::code::ClassificationCode {
        match self {
            Self::NoParent { code, .. }
            | Self::Retired { code }
            | Self::NamedTwice { code }
            | Self::HasChildren { code } => code,
        }
    }
}

/// One refusal that names every node that cannot be registered.
pub fn all(rejected: Vec<Rejection>) -> Failure {
    let only_retired = rejected.iter().all(|rejection| matches!(rejection, Rejection::Retired { .. }));
    if let ([rejection], true) = (rejected.as_slice(), only_retired) {
        return rejection.clone().into();
    }
    let mut violations = Violations::new();
    for rejection in rejected {
        let problem = match rejection {
            Rejection::NoParent { code, parent } => {
                format!("{code} has no node {parent} in use above it / 上级分类 {parent} 未登记或已停用")
            }
            Rejection::Retired { code } => format!("{code} is retired / 分类已停用"),
            Rejection::NamedTwice { code } => format!("{code} stands twice in this call / 分类代码重复"),
            Rejection::HasChildren { code } => format!("{code} has nodes below it / 存在下级分类"),
        };
        violations.add("nodes.code", problem);
    }
    field_invalid(violations).article("15").into()
}
