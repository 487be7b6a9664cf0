//! What the caller hears when a key cannot be registered, countersigned or revoked.

use service_kit::{Failure, Reason, Refusal, Violations};

use super::key::Rejection;
use crate::error::field_invalid;

/// Keys are there for the agreements of three that units sign with them.
const ARTICLE: &str = "26(一)";

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        refusal(rejection).article(ARTICLE).into()
    }
}

fn refusal(rejection: Rejection) -> Refusal {
    match rejection {
        Rejection::WrongState { state } => Refusal::new(
            Reason::WrongState,
            format!("the key is {state}, which does not allow this step"),
            format!("密钥当前状态为 {state}，不能执行此操作"),
        )
        .state(state),
        Rejection::NotTheRootKey => public_key(
            "must be the configured root key, as the info office has no active key / 信息办首个密钥须为所配置的根密钥",
        ),
        Rejection::OtherUnits => public_key("is registered for another unit / 该公钥已由其他单位登记"),
        Rejection::KeyNotActive => Refusal::new(
            Reason::KeyNotActive,
            "countersign_key_id is not an active key of the info office",
            "副署密钥不是信息办的有效密钥",
        ),
        Rejection::SignatureInvalid => Refusal::new(
            Reason::SignatureInvalid,
            "the signature is not the countersigning key's over the key's statement",
            "副署签名验证不通过",
        ),
    }
}

fn public_key(problem: &str) -> Refusal {
    let mut violations = Violations::new();
    violations.add("public_key", problem);
    field_invalid(violations)
}
