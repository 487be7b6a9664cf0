//! Who calls: people by the issuer's tokens, services by their own; and what a service lets them call.

pub mod access;
pub mod keys;
pub mod people;
pub mod services;

use govshare_proto::error::v1::Reason;

use crate::failure::Refusal;

/// Tolerated difference of clocks, in seconds.
pub const LEEWAY_SECONDS: u64 = 5;

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no bearer token")]
    Missing,
    #[error("token expired")]
    Expired,
    #[error("token invalid: {0}")]
    Invalid(&'static str),
}

impl TokenError {
    /// Short name for metrics and audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Invalid(problem) => problem,
        }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Missing => Refusal::new(
                Reason::TokenMissing,
                "send `authorization: Bearer <token>`",
                "缺少访问令牌，请在 authorization 中提供 Bearer 令牌",
            ),
            TokenError::Expired => Refusal::new(
                Reason::TokenExpired,
                "the token has expired; get a new one",
                "访问令牌已过期，请重新获取",
            ),
            TokenError::Invalid(problem) => Refusal::new(
                Reason::TokenInvalid,
                format!("the token is not accepted: {problem}"),
                "访问令牌无效",
            ),
        }
    }
}

/// The token of an `authorization: Bearer ...` value.
pub fn bearer(value: Option<&http::HeaderValue>) -> Result<&str, TokenError> {
    let value = value.ok_or(TokenError::Missing)?.to_str().map_err(|_| TokenError::Invalid("not ASCII"))?;
    let (scheme, token) = value.split_once(' ').ok_or(TokenError::Invalid("not a bearer token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::Invalid("not a bearer token"));
    }
    Ok(token.trim())
}
